"""The plan and the log over the API: the runner's own, whoever else may see the runs."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from monitor.core.http_pairing import PairedDevices
from monitor.core.http_roles import AccessRole
from monitor.core.session_settings import CoachSettings, TodaysLimits
from monitor.review.training_plan import PLAN_RULES_VERSION, PlanKeeper
from monitor.service.runner_wishes import RunnerWishes
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.runner_log import RunnerLog, decision_log_path
from monitor.storage.store import Store
from monitor.training.plan_settings import PlanSettings
from tests.web.clients import page_client

EVENING = datetime.datetime(2026, 11, 24, 20, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
ROUTES = [("GET", "/plan"), ("GET", "/log"), ("POST", "/log")]


@pytest.fixture
def keeper(tmp_path: Path) -> PlanKeeper:
    return PlanKeeper(tmp_path, "ann", PlanSettings(emergency_number="112"))


@pytest.fixture
def api(tmp_path: Path, keeper: PlanKeeper) -> TestClient:
    return runner_client(tmp_path, keeper)


def runner_client(folder: Path, keeper: PlanKeeper | None, **more: Any) -> TestClient:
    """A client of a service whose clock stands on an evening until a test moves it."""
    client = page_client(folder, plan=keeper, **more)
    set_clock(client, 0)
    return client


def set_clock(client: TestClient, days: int, minutes: int = 0) -> None:
    now = EVENING + datetime.timedelta(days=days, minutes=minutes)
    client.app.state.runner_now = lambda: now  # type: ignore[attr-defined]


def write(client: TestClient, kind: str, replaces: str = "", /, **fields: Any) -> Any:
    answer = client.post("/api/v1/log", json={"kind": kind, "fields": fields, "replaces": replaces})
    assert answer.status_code == 200, answer.text
    return answer.json()["entry"]


def ended_cues(client: TestClient) -> list[str]:
    """What the run that goes on, here a stand-in, was asked: it must be asked on its own event loop."""
    asked = list[str]()

    class Wishes(RunnerWishes):
        def stop_cues(self, reason: str) -> bool:
            asyncio.get_running_loop()
            asked.append(reason)
            return True

    client.app.state.live_feed.controls = Wishes(lambda: 0.0)  # type: ignore[attr-defined]
    return asked


def declare(client: TestClient) -> None:
    write(client, "declare", place="behind", side="left", reference_km=30, longest_km=12)


def paired(client: TestClient, folder: Path, role: AccessRole, athlete: str | None) -> dict[str, str]:
    """The header of a device that was paired for this."""
    devices: PairedDevices = client.app.state.devices  # type: ignore[attr-defined]
    found = devices.exchange(devices.make_code(f"tablet of {athlete}", role, athlete))
    assert found is not None
    return {"Authorization": f"Bearer {found[0]}"}


def test_a_plan_begins_with_its_declaration_and_says_why_in_the_language_that_is_asked(
    api: TestClient,
) -> None:
    before = api.get("/api/v1/plan").json()
    assert (before["declared"], before["decision"]["phase"]) == (False, "none")
    assert before["decision"]["allowance"] is None
    declare(api)
    english = api.get("/api/v1/plan").json()
    decision = english["decision"]
    assert (english["athlete"], english["today"], decision["phase"]) == ("ann", "2026-11-24", "calm")
    assert decision["reasons"][0]["message"] == "Today: up to 6.0 km, easy."
    assert {r["grade"] for r in decision["reasons"]} <= set("ABCD")
    assert decision["week"]["limit_km"] == 18.0
    assert [q["kind"] for q in decision["questions"]] == ["morning"]
    assert {c["met"] for c in decision["checkpoints"]} == {True, False, None}
    german = api.get("/api/v1/plan?language=de").json()
    assert german["decision"]["reasons"][0]["message"] == "Heute: bis zu 6,0 km, locker."
    assert german["disclaimer"].startswith("Dieser Plan stellt keine Diagnose")
    assert english["disclaimer"] in [r["message"] for r in decision["reasons"]]


def test_a_past_day_is_told_as_it_was(api: TestClient) -> None:
    declare(api)
    run = write(api, "manual_run", km=5, minutes=30, start="2026-11-24T18:00:00")
    set_clock(api, 1)
    write(api, "after", session=run["id"], during=6, now=2, day="2026-11-24")
    now = api.get("/api/v1/plan").json()
    assert (now["runs"][0]["verdict"], now["runs"][0]["settled"]) == ("red", True)
    assert now["decision"]["hold_until"] is not None
    assert [d["verdict"] for d in now["calendar"]] == ["red", None]
    assert len(now["coming"]) == 7
    past = api.get("/api/v1/plan?day=2026-11-24").json()
    assert past["decision"]["hold_until"] is None  # nobody knew it then
    assert past["coming"] == []
    assert api.get("/api/v1/plan?day=2026-11-26").status_code == 404


def test_a_run_in_mind_is_told_against_the_day(api: TestClient) -> None:
    declare(api)
    assert api.get("/api/v1/plan").json()["planned"] == []
    more = api.get("/api/v1/plan?km=9&language=de").json()["planned"]
    assert [r["message"] for r in more] == ["9,0 km sind mehr, als heute erlaubt ist: 6,0 km."]
    assert api.get("/api/v1/plan?km=0").status_code == 422


def test_the_calendar_file_and_the_page_have_the_same_coming_days(api: TestClient) -> None:
    assert api.get("/api/v1/plan/calendar").status_code == 404
    declare(api)
    file = api.get("/api/v1/plan/calendar")
    assert file.headers["content-type"].startswith("text/calendar")
    assert 'filename="running-plan.ics"' in file.headers["content-disposition"]
    titles = re.findall("SUMMARY:(.*)\r\n", file.text)
    coming = [day["text"] for day in api.get("/api/v1/plan").json()["coming"]]
    assert [t.replace("\\,", ",") for t in titles[1:]] == coming
    assert {"Rest", "Run 6.0 km easy, flat"} <= set(coming)


def test_what_was_shown_on_a_past_day_is_told_where_it_was_something_else(
    api: TestClient, keeper: PlanKeeper
) -> None:
    declare(api)
    api.get("/api/v1/plan")
    write(api, "manual_run", km=5, minutes=30, start="2026-11-24T18:00:00")
    set_clock(api, 1)
    early = api.get("/api/v1/plan?day=2026-11-24").json()["then"]
    assert early == {"headline": "Today: up to 6.0 km, easy.", "same": False, "newer_rules": False}
    decisions = RunnerLog(decision_log_path(keeper.folder, keeper.athlete))
    kept = decisions.lines()
    assert {line["rules"] for line in kept} == {PLAN_RULES_VERSION}
    decisions.add(*({**line, "rules": 1} for line in kept))
    assert api.get("/api/v1/plan?day=2026-11-24").json()["then"]["newer_rules"] is True
    assert api.get("/api/v1/plan").json()["then"] is None


def test_only_the_runner_is_told_that_the_plan_may_be_asked(api: TestClient, tmp_path: Path) -> None:
    """The live page asks for it then, and nobody else's page asks for what it is refused."""
    assert api.get("/api/v1/plan/flags").json()["own"] is True
    for role, athlete, own in (
        (AccessRole.RUNNER, "ann", True),
        (AccessRole.RUNNER, "ben", False),
        (AccessRole.COACH, "ann", False),
        (AccessRole.READER, None, False),
    ):
        header = paired(api, tmp_path, role, athlete)
        flags = api.get("/api/v1/plan/flags", headers=header)
        assert flags.json()["own"] is own
        assert (api.get("/api/v1/plan", headers=header).status_code == 200) is own


def test_what_was_decided_is_kept(api: TestClient, keeper: PlanKeeper) -> None:
    api.get("/api/v1/plan")
    assert keeper.stored_decisions().lines == {}  # nothing was declared
    declare(api)
    api.get("/api/v1/plan")
    (kept,) = keeper.stored_decisions().lines.values()
    assert kept["phase"] == "calm"


def test_an_entry_is_corrected_and_taken_back_by_others(api: TestClient) -> None:
    morning = write(api, "morning", pain=7, as_before=False)
    set_clock(api, 0, 1)
    better = write(api, "morning", morning["id"], pain=1, as_before=True, day="2026-11-24")
    (listed,) = api.get("/api/v1/log").json()["entries"]
    assert (listed["id"], listed["pain"]) == (better["id"], 1.0)
    set_clock(api, 0, 2)
    write(api, "withdrawn", better["id"])
    assert api.get("/api/v1/log").json()["entries"] == []


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("morning", {"pain": 11}, "pain must be between 0 and 10"),
        ("morning", {"pain": "3"}, "pain must be a number"),
        ("morning", {"pain": 1, "day": "2026-11-25"}, "has not come yet"),
        ("morning", {"pain": 10**400}, "nothing was written down"),
        ("morning", {"pain": 1, "mood": "fine"}, "nothing was written down"),
        ("shoe", {"shoe": "blue", "pods": [{}]}, "pods must be a list of texts"),
        ("diary", {}, '"diary" is no kind of entry'),
        ("withdrawn", {}, "there is no entry"),
    ],
)
def test_what_makes_no_entry_is_refused_in_words(
    api: TestClient, kind: str, fields: dict[str, Any], words: str
) -> None:
    answer = api.post("/api/v1/log", json={"kind": kind, "fields": fields})
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.text
    assert api.get("/api/v1/log").json()["entries"] == []


def test_a_refusal_of_an_entry_is_in_the_language_of_the_page(api: TestClient) -> None:
    answer = api.post(
        "/api/v1/log",
        json={"kind": "morning", "fields": {"pain": 11}},
        headers={"Accept-Language": "de-AT"},
    )
    assert "Schmerz muss zwischen 0 und 10 liegen" in answer.json()["detail"]


@pytest.mark.parametrize("fields", [{}, {"by": ""}, {"by": "  "}])
def test_a_stop_does_not_end_before_it_is_said_who_looked_at_it(
    api: TestClient, fields: dict[str, str]
) -> None:
    write(api, "flag", flag="calf_hot")
    answer = api.post("/api/v1/log", json={"kind": "cleared", "fields": fields})
    assert answer.status_code == 422
    assert "say who looked at it" in answer.json()["detail"]
    assert api.get("/api/v1/plan").json()["decision"]["phase"] == "stop"


def test_a_body_has_its_bounds(api: TestClient) -> None:
    long = {"kind": "cleared", "fields": {"by": "x" * 9000}}
    assert api.post("/api/v1/log", json=long).status_code == 413
    many = {"kind": "shoe", "fields": {"shoe": "a", "pods": ["p"] * 200}}
    assert api.post("/api/v1/log", json=many).status_code == 422
    deep = {"kind": "shoe", "fields": {"shoe": "a", "pods": [[["p"]]]}}
    assert api.post("/api/v1/log", json=deep).status_code == 422
    name = write(api, "cleared", by="y" * 4000)
    assert len(name["by"]) < 1000
    half = b'{"kind": "cleared", "fields": {"by": "GP \\ud800"}}'  # half of a character
    answer = api.post("/api/v1/log", content=half, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["entry"]["by"]) == (200, "GP")


# ------------------------------------------------------------------ who


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("role", [AccessRole.READER, AccessRole.COACH])
def test_a_coach_is_told_that_the_runner_chooses_what_is_seen(
    api: TestClient, tmp_path: Path, method: str, path: str, role: AccessRole
) -> None:
    device = paired(api, tmp_path, role, "ann")
    wrote = {"kind": "morning", "fields": {"pain": 0}}
    refused = api.request(method, f"/api/v1{path}", json=wrote, headers=device)
    assert refused.status_code == 403
    assert "item by item what a coach sees: phase, allowance, pain" in refused.json()["detail"]
    german = api.request(method, f"/api/v1{path}", json=wrote, headers=device | {"Accept-Language": "de"})
    assert german.json()["detail"].startswith("Tagebuch und Plan gehören")
    assert api.get("/api/v1/log").json()["entries"] == []


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_another_runner_on_the_same_box_cannot_read_or_write_them(
    api: TestClient, tmp_path: Path, method: str, path: str
) -> None:
    declare(api)
    bob, ann = (paired(api, tmp_path, AccessRole.RUNNER, name) for name in ("bob", "ann"))
    wrote = {"kind": "morning", "fields": {"pain": 0}}
    refused = api.request(method, f"/api/v1{path}", json=wrote, headers=bob)
    assert (refused.status_code, refused.json()["detail"]) == (403, "This is the plan of somebody else.")
    assert api.request(method, f"/api/v1{path}", json=wrote, headers=ann).status_code == 200


@pytest.mark.parametrize("network", [False, True])
def test_the_token_is_needed_at_home_too(tmp_path: Path, keeper: PlanKeeper, network: bool) -> None:
    anyone = runner_client(tmp_path, keeper, network=network, token=False)
    for method, path in ROUTES:
        assert anyone.request(method, f"/api/v1{path}", json={}).status_code == 401
    assert anyone.get("/api/v1/plan/flags").status_code == (401 if network else 200)


def test_without_a_plan_there_is_none_to_be_had(tmp_path: Path) -> None:
    client = runner_client(tmp_path, None)
    for method, path in [*ROUTES, ("GET", "/plan/flags")]:
        answer = client.request(method, f"/api/v1{path}", json={"kind": "morning", "fields": {}})
        assert (answer.status_code, "no plan here" in answer.json()["detail"]) == (404, True)


# ------------------------------------------------------------------ red flags


def test_while_running_is_stopped_nobody_is_offered_a_test_of_the_calf(api: TestClient) -> None:
    """Heel raises until it goes no more, with a calf that is swollen and warm, were one tap away."""
    declare(api)
    assert api.get("/api/v1/plan").json()["benchmarks"] == ["heel_raise", "hamstring_curl"]
    write(api, "flag", flag="calf_hot")
    assert api.get("/api/v1/plan").json()["benchmarks"] == []
    write(api, "cleared", by="my doctor")
    assert len(api.get("/api/v1/plan").json()["benchmarks"]) == 2


def test_the_list_of_red_flags_has_its_answers_with_the_emergency_number(api: TestClient) -> None:
    flags = {f["name"]: f for f in api.get("/api/v1/plan/flags").json()["flags"]}
    assert flags["chest"]["answer_text"].startswith("Stop running and call 112 now.")
    german = {f["name"]: f for f in api.get("/api/v1/plan/flags?language=de").json()["flags"]}
    assert german.keys() == flags.keys()
    assert german["chest"]["text"] != flags["chest"]["text"]


def test_a_red_flag_stops_the_plan_until_it_is_cleared(api: TestClient) -> None:
    declare(api)
    write(api, "flag", flag="chest")
    set_clock(api, 5)
    stopped = api.get("/api/v1/plan").json()
    assert stopped["decision"]["phase"] == "stop"
    assert stopped["decision"]["allowance"]["run"] is False
    assert "call 112 now" in stopped["decision"]["stop"]["message"]
    (flag,) = stopped["flags"]
    assert flag.startswith("Chest pain")
    assert stopped["coming"] == []
    write(api, "cleared", by="GP")
    plan = api.get("/api/v1/plan").json()
    assert (plan["decision"]["phase"], plan["flags"]) == ("calm", [])
    assert [row["current"] for row in plan["ladder"]].index(True) == 0


def test_a_red_flag_ends_the_cues_of_a_run_at_once_whatever_the_disk_says(
    api: TestClient, keeper: PlanKeeper, tmp_path: Path
) -> None:
    ended = ended_cues(api)
    write(api, "morning", pain=8)
    assert ended == []
    write(api, "flag", flag="calf_hot")
    assert ended == ["asked"]
    keeper.log.path.unlink()
    keeper.log.path.mkdir()  # nothing can be written there
    answer = api.post("/api/v1/log", json={"kind": "flag", "fields": {"flag": "chest"}})
    assert (answer.status_code, ended) == (409, ["asked", "asked"])
    assert str(tmp_path) not in answer.text


def test_nobody_else_ends_the_cues_of_a_run(api: TestClient, tmp_path: Path) -> None:
    ended = ended_cues(api)
    coach = paired(api, tmp_path, AccessRole.COACH, "ann")
    wrong = {"kind": "flag", "fields": {}}
    assert api.post("/api/v1/log", json=wrong).status_code == 422
    assert api.post("/api/v1/log", json=wrong, headers=coach).status_code == 403
    assert ended == []


def test_what_a_plan_allowed_on_the_day_of_a_session_is_not_told_to_a_coach(
    api: TestClient, tmp_path: Path
) -> None:
    coach = CoachSettings(today=TodaysLimits(most_km=5.0, form_cues=False, silence="calm"))
    recording = simulated_recording(30.0)
    recording = dataclasses.replace(
        recording, settings=dataclasses.replace(recording.settings, athlete="ann", coach=coach)
    )
    with Store(tmp_path / DATABASE) as store:
        session = import_recording(store, tmp_path, recording, "ann", EVENING).id
    path = f"/api/v1/sessions/{session}"
    assert api.get(path).json()["settings"]["coach"]["today"]["most_km"] == 5.0
    for role in (AccessRole.READER, AccessRole.COACH):
        device = paired(api, tmp_path, role, "ann")
        assert api.get(path, headers=device).json()["settings"]["coach"]["today"] is None
