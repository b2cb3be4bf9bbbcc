"""The JSON API: what the pages show and do, for those who may."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.store import Store
from tests.storage_of_files import copy_store
from tests.web.clients import HOME, page_client

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
ONE, TWO = "2026-11-24T12-00-00-me", "2026-11-25T12-00-00-me"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions, made once."""
    folder = tmp_path_factory.mktemp("made")
    with Store(folder / DATABASE) as store:
        for day in (0, 1):
            import_recording(
                store,
                folder,
                simulated_recording(30.0, seed=day),
                "me",
                NOON + datetime.timedelta(days=day),
            )
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of them that a test may spoil."""
    return copy_store(made, tmp_path)


@pytest.fixture
def api(folder: Path) -> TestClient:
    return page_client(folder)


def test_sessions_are_listed_changed_and_deleted(api: TestClient, folder: Path) -> None:
    listed = api.get("/api/v1/sessions").json()
    assert [s["id"] for s in listed] == [TWO, ONE]
    assert listed[0]["tape_bytes"] > 10_000
    changed = api.patch(
        f"/api/v1/sessions/{ONE}", json={"title": "Sunday", "tags": ["shoe=x", "effort=4"]}
    ).json()
    assert (changed["title"], changed["tags"]) == ("Sunday", ["shoe=x", "effort=4"])
    assert api.delete(f"/api/v1/sessions/{ONE}").status_code == 422
    assert api.delete(f"/api/v1/sessions/{ONE}?really={ONE}").json()["freed_bytes"] > 10_000
    assert [s["id"] for s in api.get("/api/v1/sessions").json()] == [TWO]
    assert not (folder / "tapes" / f"{ONE}.tape").exists()


def test_notes_and_pain_come_and_go_and_reach_the_review(api: TestClient) -> None:
    path = f"/api/v1/sessions/{ONE}/notes"
    api.post(path, json={"text": "new shoes"})
    api.post(path, json={"text": "left calf", "pain": 4})
    assert api.post(path, json={"pain": 11}).status_code == 422
    assert api.post(path, json={"text": " "}).status_code == 422
    notes = api.get(f"/api/v1/sessions/{ONE}/review").json()["notes"]
    assert [(n["kind"], n["value"], n["text"]) for n in notes] == [
        ("note", None, "new shoes"),
        ("pain", 4.0, "left calf"),
    ]
    api.delete(f"{path}/{notes[0]['id']}")
    assert [n["text"] for n in api.get(path).json()] == ["left calf"]


def test_columns_and_steps_come_whole_or_chosen(api: TestClient) -> None:
    every = api.get(f"/api/v1/sessions/{ONE}/seconds").json()
    some = api.get(f"/api/v1/sessions/{ONE}/seconds?column=t_s&column=cadence_spm").json()
    assert set(some) == {"t_s", "cadence_spm"}
    assert some["cadence_spm"] == every["cadence_spm"]
    assert len(api.get(f"/api/v1/sessions/{ONE}/steps").json()["ic_s"]) > 60
    assert {e["kind"] for e in api.get(f"/api/v1/sessions/{ONE}/events").json()} >= {
        "session_started",
        "activity_change",
    }


@pytest.mark.parametrize(
    ("format", "begins"), [("fit", b"\x0e"), ("csv", b"PK"), ("tape", b"SQLite"), ("imu-csv", b"PK")]
)
def test_files_can_be_had(api: TestClient, format: str, begins: bytes) -> None:
    got = api.get(f"/api/v1/sessions/{ONE}/export/{format}")
    assert got.content.startswith(begins)
    assert ONE in got.headers["content-disposition"]


def test_a_file_is_brought_in_or_refused_in_one_line(api: TestClient) -> None:
    fit = api.get(f"/api/v1/sessions/{ONE}/export/fit").content
    kept = api.put("/api/v1/import/mine.fit?athlete=ada", content=fit).json()
    assert kept["id"].endswith("-ada")
    refused = api.put("/api/v1/import/mine.fit", content=b"nonsense")
    assert refused.status_code == 422
    assert refused.json()["detail"] == "mine.fit: is not a FIT file, or is empty"


def test_a_refusal_is_in_the_language_of_the_page(api: TestClient) -> None:
    german = {"Accept-Language": "de-AT,de;q=0.9"}
    refused = api.put("/api/v1/import/mine.fit", content=b"nonsense", headers=german)
    assert refused.json()["detail"] == "mine.fit: ist keine FIT-Datei oder leer"
    missing = api.get("/api/v1/sessions/nosuch", headers=german)
    assert (missing.status_code, missing.json()["detail"][:22]) == (404, "Den Lauf „nosuch“ gibt")
    sure = api.delete(f"/api/v1/sessions/{ONE}", headers=german)
    assert (sure.status_code, sure.json()["detail"][:11]) == (422, "gib really=")


def test_runs_are_compared_split_merged_and_made_anew(api: TestClient) -> None:
    rows = api.get(f"/api/v1/compare?session={ONE}&session={TWO}").json()
    assert rows[0]["metric"] == "cadence_spm"
    assert api.get(f"/api/v1/compare?session={ONE}").status_code == 422
    assert (
        "cadence_spm" in api.get("/api/v1/trends?weeks=4").json() or rows[0]["differences"][1]["v"] is None
    )
    assert api.post(f"/api/v1/sessions/{ONE}/reanalyse").json()["changed"] == []
    parts = api.post(f"/api/v1/sessions/{ONE}/split", json={"at_s": 14}).json()
    assert [p["id"] for p in parts] == [f"{ONE}-1", f"{ONE}-2"]
    joined = api.post("/api/v1/merge", json={"sessions": [p["id"] for p in parts]}).json()
    assert joined["duration_s"] == pytest.approx(30, abs=1)


def test_what_is_not_there_is_404(api: TestClient) -> None:
    for path in ("", "/review", "/seconds", "/notes", "/export/fit"):
        answer = api.get(f"/api/v1/sessions/nobody{path}")
        assert answer.status_code == 404, path
        assert "gaitcue sessions" in answer.json()["detail"]


def test_on_a_network_nothing_without_the_token(folder: Path) -> None:
    outside = page_client(folder, network=True, token=False)
    every = outside.app.openapi()["paths"]  # type: ignore[attr-defined]
    assert len(every) > 15
    for path, methods in every.items():
        if path == "/api/v1/pair":
            continue  # the way in: tests/web/api/test_pairing.py
        for method in methods:
            answer = outside.request(
                method, path.format(id=ONE, note=1, format="fit", name="x.fit"), json={}
            )
            assert answer.status_code == 401, (method, path)
    for page in ("/review", "/api/v1/docs", "/api/v1/openapi.json"):
        assert outside.get(page).status_code == 401
    bearer = {"Authorization": "Bearer let-me-in-please"}
    assert outside.get("/api/v1/sessions", headers=bearer).status_code == 200
    assert outside.get("/review?token=let-me-in-please").status_code == 200
    assert outside.get("/api/v1/sessions").status_code == 200  # by the cookie


def test_a_page_of_another_site_may_not_change_anything(api: TestClient) -> None:
    elsewhere = {"Origin": "http://elsewhere.example"}
    assert (
        api.post(f"/api/v1/sessions/{ONE}/notes", json={"text": "x"}, headers=elsewhere).status_code == 403
    )
    assert api.delete(f"/api/v1/sessions/{ONE}?really={ONE}", headers=elsewhere).status_code == 403
    ours = {"Origin": HOME}
    assert api.post(f"/api/v1/sessions/{ONE}/notes", json={"text": "x"}, headers=ours).status_code == 200


def test_every_path_says_what_it_is_and_the_docs_fetch_nothing_from_outside(api: TestClient) -> None:
    described = api.get("/api/v1/openapi.json").json()
    assert described["info"]["version"] == "1"
    for path, methods in described["paths"].items():
        assert path.startswith("/api/v1/")
        for what in methods.values():
            assert len(what["summary"]) > 10
    for name in ("/api/v1/docs", "/review", "/review/docs.js", "/review/sessions.js", "/review/review.css"):
        text = api.get(name).text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text


def test_the_review_is_one_file_to_take_away(api: TestClient) -> None:
    got = api.get(f"/api/v1/sessions/{ONE}/page")
    assert got.headers["content-disposition"].startswith(f'attachment; filename="{ONE}.html"')
    assert got.text.startswith("<!doctype html>")


@pytest.mark.parametrize(
    "name", ["..", ".", "C:x.fit", "..\\x.fit", "a\0b.fit", 300 * "ü" + ".fit", "%2e%2e", "con:.fit"]
)
def test_any_name_of_a_file_is_refused_or_taken_in_one_line(api: TestClient, name: str) -> None:
    answer = api.put(f"/api/v1/import/{quote(name, safe='')}", content=b"nonsense")
    assert answer.status_code in (401, 404, 422), answer.text


def test_no_answer_tells_where_the_files_are(api: TestClient, folder: Path) -> None:
    """Of every route, as it should be and as it should not."""
    answers = [
        api.get(f"/api/v1/{path}") for path in ("sessions", "live", "legend", "trends", "openapi.json")
    ]
    described = api.app.openapi()["paths"]  # type: ignore[attr-defined]
    for path, methods in described.items():
        for method in methods:
            for session in (ONE, "nobody", "..", "x" * 300):
                url = path.format(
                    id=session, note=1, format="fit" if session == ONE else "nosuch", name="x.fit"
                )
                sent = {"params": {"session": [session, TWO]}} if method == "get" else {}
                answers.append(api.request(method, url, **sent))
    (folder / "gaitcue.db").write_bytes(b"not a database at all" * 1000)
    answers += [api.get(f"/api/v1/{path}") for path in ("sessions", f"sessions/{ONE}")]
    shutil.rmtree(folder)
    answers += [api.get(f"/api/v1/{path}") for path in ("sessions", f"sessions/{ONE}")]
    assert {answer.status_code for answer in answers} >= {200, 404, 409, 422}
    for answer in answers:
        if "/export/" not in str(answer.url):
            assert str(folder) not in answer.text, answer.url
            assert "/tmp/" not in answer.text, answer.url


@pytest.mark.parametrize("t_s", ["1e999", "NaN", "-1", "1e18", "true", '"x"', "[]"])
def test_a_time_that_is_none_is_refused_and_leaves_nothing_behind(api: TestClient, t_s: str) -> None:
    own = f"/api/v1/sessions/{ONE}"
    headers = {"content-type": "application/json"}
    for path, body in (
        (f"{own}/notes", f'{{"text": "x", "t_s": {t_s}}}'),
        (f"{own}/split", f'{{"at_s": {t_s}}}'),
    ):
        if t_s != "true":  # the number 1, says pydantic
            assert api.post(path, content=body, headers=headers).status_code == 422, path
    assert api.get(f"{own}/notes").json() == []
    assert api.get(f"{own}/review").status_code == 200


def test_numbers_and_lists_that_are_too_large_are_refused(api: TestClient) -> None:
    own = f"/api/v1/sessions/{ONE}"
    assert api.delete(f"{own}/notes/{10**30}").status_code == 422
    assert api.patch(own, json={"tags": ["a"] * 51}).status_code == 422
    assert api.post("/api/v1/merge", json={"sessions": ["a"] * 101}).status_code == 422
    api.post(
        f"{own}/notes", content='{"text": "x", "pain": 1e999}', headers={"content-type": "application/json"}
    )
    assert api.get(f"{own}/notes").json() == []


@pytest.mark.parametrize(
    ("body", "english", "german"),
    [
        (b'{"sessions": ' + b"[" * 100, "The JSON has too many levels.", "zu tief verschachtelt"),
        (b'{"sessions": [' + b"0," * 30_000, "The JSON has too many values.", "zu viele Werte"),
        ('{"sessions": []}'.encode("utf-16"), "The JSON has zero bytes: it must be UTF-8.", "UTF-8 sein"),
        (b'{"sessions": [' + b"1" * 5000 + b"]}", "The body is no JSON that can be read.", "kein lesbares"),
    ],
)
def test_what_is_wrong_with_a_body_is_said(api: TestClient, body: bytes, english: str, german: str) -> None:
    for language, text in (("en", english), ("de", german)):
        headers = {"content-type": "application/json", "accept-language": language}
        answer = api.post("/api/v1/merge", content=body, headers=headers)
        assert answer.status_code == 422
        assert text in answer.json()["detail"]


def test_titles_tags_and_notes_are_cleaned_when_they_are_stored(api: TestClient) -> None:
    own, told = f"/api/v1/sessions/{ONE}", "\x1b[2J Łu\u202ekasz \x07 " + "e\u0301" * 300
    changed = api.patch(own, json={"title": told, "tags": [told, told]}).json()
    assert changed["title"] == ("[2J Łukasz " + "é" * 300)[:200]
    assert changed["tags"] == [changed["title"]]
    assert api.patch(own, json={"title": "\x00 "}).json()["title"] == ONE
    (note,) = api.post(f"{own}/notes", json={"text": "a\r\n\x1b[31mb"}).json()
    assert note["text"] == "a\n[31mb"


@pytest.mark.parametrize(
    "name", ["a" * 300 + ".csv", "%00.csv", "李" * 100 + ".csv", "..%2f..%2fx.csv", "%ff.csv"]
)
def test_a_file_of_any_name_is_brought_in_or_refused(api: TestClient, name: str) -> None:
    """Found by fuzzing: a long one was a mistake of the server."""
    assert api.put(f"/api/v1/import/{name}", content=b"x").status_code in (404, 422)


def test_a_number_too_long_to_be_read_is_a_malformed_body(api: TestClient) -> None:
    body = b'{"sessions": [' + b"9" * 5000 + b"]}"
    answer = api.post("/api/v1/merge", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
