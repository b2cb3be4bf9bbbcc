"""A device comes in by its code, does what its role allows, and sees its own athlete only."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from monitor.core.http_guard import REFUSED_SOCKET
from monitor.core.http_guesses import MOST_GUESSES
from monitor.core.http_pairing import OVERLAP_S, RENEW_DAYS, PairedDevices
from monitor.core.http_roles import AccessRole
from monitor.core.http_sockets import NO_LONGER
from monitor.core.monotonic import SystemClock
from monitor.core.records import SessionStarted
from monitor.simulation.simulated_runner import simulated_recording
from monitor.sinks.live_state import LiveState
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.store import Store
from monitor.web.live_feed import LiveFeed
from tests.storage_of_files import copy_store
from tests.web.clients import NETWORK_SOCKET, page_client

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
ANN, BEN = "2026-11-24T12-00-00-ann", "2026-11-24T12-00-00-ben"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with Store(folder / DATABASE) as store:
        for athlete in ("ann", "ben"):
            import_recording(store, folder, simulated_recording(30.0), athlete, NOON)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return copy_store(made, tmp_path)


def device(
    folder: Path, role: AccessRole, athlete: str | None = None, sink: LiveFeed | None = None
) -> TestClient:
    """A client with a device's own token, as a program brings it."""
    client = page_client(folder, sink, network=True, token=False)
    code = PairedDevices(folder).make_code("tablet", role, athlete)
    paired = client.post("/api/v1/pair", json={"code": code}).json()
    client.headers["Authorization"] = f"Bearer {paired['token']}"
    return client


def test_a_browser_gets_its_token_as_a_cookie_that_no_script_sees(folder: Path) -> None:
    client = page_client(folder, network=True, token=False)
    assert client.get("/pair").status_code == 200
    code = PairedDevices(folder).make_code("phone", AccessRole.READER, None)
    answer = client.post("/api/v1/pair", json={"code": code, "as_cookie": True})
    assert answer.json() == {"name": "phone", "role": "read-only", "athlete": None, "token": None}
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert client.get("/review").status_code == 200
    assert client.delete(f"/api/v1/sessions/{ANN}?really={ANN}").status_code == 403
    PairedDevices(folder).revoke("phone")
    assert client.get("/review").status_code == 401


def test_codes_cannot_be_tried_out(folder: Path) -> None:
    client = page_client(folder, network=True, token=False)
    codes = [f"AAAA-AAA{chr(65 + n)}" for n in range(MOST_GUESSES + 1)]
    statuses = [client.post("/api/v1/pair", json={"code": code}).status_code for code in codes]
    assert statuses == [401] * MOST_GUESSES + [429]


def test_a_coach_tags_and_notes_but_neither_renames_nor_deletes(folder: Path) -> None:
    coach = device(folder, AccessRole.COACH)
    path = f"/api/v1/sessions/{ANN}"
    assert coach.patch(path, json={"tags": ["surface=track"]}).json()["tags"] == ["surface=track"]
    assert coach.patch(path, json={"title": "mine"}).status_code == 403
    notes = coach.post(f"{path}/notes", json={"text": "calf"})
    assert notes.status_code == 200
    assert coach.delete(f"{path}/notes/{notes.json()[0]['id']}").status_code == 403
    assert coach.put("/api/v1/import/x.fit", content=b"x").status_code == 403


def test_a_page_renews_the_cookie_of_a_device_and_nothing_else_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = page_client(folder, network=True, token=False)
    code = PairedDevices(folder).make_code("phone", AccessRole.READER, None)
    client.post("/api/v1/pair", json={"code": code, "as_cookie": True})
    first = client.cookies["gaitcue"]
    assert "set-cookie" not in client.get("/review").headers
    monkeypatch.setattr("monitor.core.http_pairing.RENEW_DAYS", 0)
    assert "set-cookie" not in client.get("/api/v1/sessions").headers
    client.get("/review")
    assert client.cookies["gaitcue"] != first
    monkeypatch.setattr("monitor.core.http_pairing.RENEW_DAYS", RENEW_DAYS)
    assert client.get("/api/v1/sessions").status_code == 200


def test_a_program_renews_its_token_and_the_old_one_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = device(folder, AccessRole.READER)
    old = client.headers["Authorization"]
    assert client.post("/api/v1/pair/renew").json() == {"token": None}, "it is younger than a week"
    monkeypatch.setattr("monitor.core.http_pairing.RENEW_DAYS", 0)
    new = f"Bearer {client.post('/api/v1/pair/renew').json()['token']}"
    assert new != old
    assert client.get("/api/v1/sessions").status_code == 200, "the answer could have been lost on its way"
    client.headers["Authorization"] = new
    assert client.get("/api/v1/sessions").status_code == 200
    later_s = time.time() + OVERLAP_S + 1
    monkeypatch.setattr(client.app.state.devices, "_now_s", lambda: later_s)  # type: ignore[attr-defined]
    statuses = []
    for token in (old, new):
        client.headers["Authorization"] = token
        statuses.append(client.get("/api/v1/sessions").status_code)
    assert statuses == [401, 200]


def test_only_a_paired_program_gets_a_new_token(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.core.http_pairing.RENEW_DAYS", 0)
    owner = page_client(folder, network=True)
    assert owner.post("/api/v1/pair/renew").json() == {"token": None}, "the page's own token stays"
    assert page_client(folder, network=True, token=False).post("/api/v1/pair/renew").status_code == 401
    client = device(folder, AccessRole.COACH)
    PairedDevices(folder).revoke("tablet")
    assert client.post("/api/v1/pair/renew").status_code == 401


SESSION = f"/api/v1/sessions/{BEN}"
OF_ANOTHER = [
    ("GET", SESSION, {}),
    ("PATCH", SESSION, {"json": {"tags": ["x"]}}),
    ("DELETE", SESSION, {"params": {"really": BEN}}),
    ("POST", f"{SESSION}/split", {"json": {"at_s": 10}}),
    ("POST", f"{SESSION}/reanalyse", {}),
    ("GET", f"{SESSION}/notes", {}),
    ("POST", f"{SESSION}/notes", {"json": {"text": "x"}}),
    ("DELETE", f"{SESSION}/notes/1", {}),
    ("GET", f"{SESSION}/review", {}),
    ("GET", f"{SESSION}/page", {}),
    ("GET", f"{SESSION}/seconds", {}),
    ("GET", f"{SESSION}/steps", {}),
    ("GET", f"{SESSION}/events", {}),
    ("GET", f"{SESSION}/export/fit", {}),
    ("GET", f"{SESSION}/export/tape", {}),
    ("GET", "/api/v1/compare", {"params": {"session": [ANN, BEN]}}),
    ("POST", "/api/v1/merge", {"json": {"sessions": [ANN, BEN]}}),
]


@pytest.mark.parametrize(("method", "path", "sent"), OF_ANOTHER)
def test_another_athletes_session_is_not_there_even_for_a_runner(
    folder: Path, method: str, path: str, sent: dict[str, object]
) -> None:
    own = device(folder, AccessRole.RUNNER, "ann")
    assert own.request(method, path, **sent).status_code == 404  # type: ignore[arg-type]
    with Store(folder / DATABASE) as store:
        assert {s.id for s in store.sessions()} == {ANN, BEN}
        assert store.session(BEN).tags == ()


def test_every_route_of_a_session_was_asked_for_anothers() -> None:
    from monitor.web.access_rules import ACCESS_RULES

    paths = {key.split()[1] for key in ACCESS_RULES if "{id}" in key}
    asked = {path.replace(BEN, "{id}").replace("notes/1", "notes/{note}") for _, path, _ in OF_ANOTHER}
    asked = {path.replace("export/fit", "export/{format}") for path in asked}
    assert paths <= asked


def test_lists_trends_and_imports_are_of_ones_own_athlete(folder: Path) -> None:
    own = device(folder, AccessRole.RUNNER, "ann")
    assert [s["id"] for s in own.get("/api/v1/sessions").json()] == [ANN]
    assert own.get("/api/v1/trends?athlete=ben").json() == own.get("/api/v1/trends?athlete=ann").json()
    fit = own.get(f"/api/v1/sessions/{ANN}/export/fit").content
    kept = own.put("/api/v1/import/x.fit?athlete=ben", content=fit)
    assert kept.status_code == 422 or kept.json()["id"].endswith("-ann")


def test_the_live_run_of_somebody_else_is_not_shown(folder: Path) -> None:
    state = LiveState()
    state.push([SessionStarted("s", "ben", "2026-11-24T12:00:00+00:00", ())])
    own = device(folder, AccessRole.RUNNER, "ann", LiveFeed(state, SystemClock()))
    assert own.get("/api/v1/live").status_code == 403
    with own.websocket_connect(NETWORK_SOCKET) as socket, pytest.raises(WebSocketDisconnect):
        socket.receive_text()
    bens = device(folder, AccessRole.READER, "ben", LiveFeed(state, SystemClock()))
    assert bens.get("/api/v1/live").status_code == 200
    with bens.websocket_connect(NETWORK_SOCKET) as socket:
        assert "all" in socket.receive_text()


def test_the_open_page_of_a_device_that_is_locked_out_is_closed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.core.http_sockets.ASK_AGAIN_S", 0.0)
    state = LiveState()
    reader = device(folder, AccessRole.READER, sink=LiveFeed(state, SystemClock()))
    with reader.websocket_connect(NETWORK_SOCKET) as socket:
        assert "all" in socket.receive_text()
        PairedDevices(folder).revoke("tablet")
        socket.send_text("locked out")
        with pytest.raises(WebSocketDisconnect) as end:
            socket.receive_text()
    assert end.value.code == NO_LONGER
    with reader.websocket_connect(NETWORK_SOCKET) as socket, pytest.raises(WebSocketDisconnect) as end:
        socket.receive_text()
    assert end.value.code == REFUSED_SOCKET
