"""What a page may ask of the run that goes on, and who may ask it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dsp.types import Placement, Side
from monitor.core.http_pairing import PairedDevices
from monitor.core.http_roles import AccessRole
from monitor.core.line_answer import LineAnswer
from monitor.core.monotonic import SystemClock
from monitor.core.packet import Packet
from monitor.core.records import SessionStarted
from monitor.core.session_settings import CoachSettings, SensorSettings, SessionSettings, TodaysLimits
from monitor.pipeline.session import Session
from monitor.service.runner_wishes import RunnerWishes
from monitor.sinks.live_state import LiveState
from monitor.web.api.models.live import LineAnswerJson
from monitor.web.live_feed import LiveFeed
from tests.web.api.test_pairing import device
from tests.web.clients import HOME_SOCKET, page_client


class AskedRun:
    """A run that goes on, and what was asked of it."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.ended = 0
        self.wishes = RunnerWishes(lambda: 12.0)
        self.wishes.open(self.packets.append, self._end)

    def _end(self) -> None:
        self.ended += 1

    def feed(self, run: Session | None = None) -> LiveFeed:
        return LiveFeed(LiveState(), SystemClock(), controls=self.wishes, run=run, again=True)


def ask(client: TestClient, do: str, **more: object) -> int:
    return client.post("/api/v1/run", json={"do": do, **more}).status_code


def test_a_page_pauses_goes_on_ends_a_lap_sets_intervals_and_ends_the_run() -> None:
    run = AskedRun()
    client = page_client(None, run.feed())
    assert [ask(client, do) for do in ("pause", "resume", "lap")] == [200, 200, 200]
    assert ask(client, "intervals", intervals={"repeats": 3, "work_s": 60, "easy_s": 60}) == 200
    assert ask(client, "intervals", intervals={"repeats": 4.0, "work_s": 60, "easy_s": 60}) == 200
    assert ask(client, "start") == 409, "it goes on"
    assert [p.channel for p in run.packets] == ["pause", "resume", "lap", "intervals", "intervals"]
    assert [json.loads(p.payload)["repeats"] for p in run.packets[-2:]] == [3, 4], "as JSON Schema has it"
    assert (ask(client, "end"), run.ended) == (200, 1)
    assert ask(client, "pause") == 409
    assert (ask(client, "start"), run.wishes.again.is_set()) == (200, True)


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "fly"},
        {},
        {"do": "intervals", "intervals": {"repeats": 1000, "work_s": 60, "easy_s": 60}},
        {"do": "intervals", "intervals": {"repeats": 3}},
        {"do": "intervals", "intervals": {"repeats": 3.5, "work_s": 60, "easy_s": 60}},
        {"do": "intervals", "intervals": {"repeats": True, "work_s": 60, "easy_s": 60}},
    ],
)
def test_what_no_run_could_do_is_refused(sent: dict[str, object]) -> None:
    run = AskedRun()
    assert page_client(None, run.feed()).post("/api/v1/run", json=sent).status_code == 422
    assert run.packets == []


def test_without_a_run_there_is_nobody_to_ask_and_the_page_says_so_in_its_language() -> None:
    answer = page_client().post("/api/v1/run", json={"do": "pause"}, headers={"Accept-Language": "de"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "Es läuft gerade nichts.")


@pytest.mark.parametrize("role", [AccessRole.READER, AccessRole.COACH])
def test_only_the_runner_may_ask(tmp_path: Path, role: AccessRole) -> None:
    run = AskedRun()
    client = page_client(tmp_path, run.feed(), token=False)
    assert ask(client, "end") == 401, "at home too"
    devices: PairedDevices = client.app.state.devices  # type: ignore[attr-defined]
    found = devices.exchange(devices.make_code("tablet", role, None))
    assert found is not None
    client.headers["Authorization"] = f"Bearer {found[0]}"
    assert ask(client, "end") == 403
    assert run.ended == 0
    with client.websocket_connect(HOME_SOCKET) as socket:
        assert socket.receive_json()["controls"] is False


def test_the_runners_page_is_told_of_the_timer_the_sensors_and_the_allowance() -> None:
    worn = SensorSettings(name="footL", kind="plain", placement=Placement.FOOT, side=Side.LEFT)
    coach = CoachSettings(today=TodaysLimits(most_km=5.0))
    session = Session(SessionSettings(sensors=(worn,), coach=coach))
    client = page_client(None, AskedRun().feed(session))
    with client.websocket_connect(HOME_SOCKET) as socket:
        told = socket.receive_json()
    assert (told["controls"], told["again"]) == (True, True)
    assert told["places"] == {"footL": {"placement": "foot", "side": "L"}}
    assert told["all"]["allowance"] == {"used": 0.0, "limit": 5.0, "unit": "km"}
    assert told["all"]["timer"]["paused_at_s"] is None
    client.headers.pop("Authorization")
    with client.websocket_connect(HOME_SOCKET) as socket:
        assert socket.receive_json()["controls"] is False, "nobody knows who it is"


class LineRun:
    """A run of ann's that takes lines, or answers as it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.answer = LineAnswer.WAITS
        self.wishes = RunnerWishes(lambda: 12.0)
        self.wishes.say_line = self._take  # type: ignore[method-assign]
        state = LiveState()
        state.push([SessionStarted("s", "ann", "2026-11-24T12:00:00+00:00", ())])
        self.feed = LiveFeed(state, SystemClock(), controls=self.wishes)

    def _take(self, text: str, *, when_stopped: bool) -> LineAnswer:
        assert when_stopped, "the runner has paired this device"
        self.lines.append(text)
        return self.answer


@pytest.mark.parametrize(
    ("role", "athlete", "status"),
    [
        (AccessRole.READER, None, 403),
        (AccessRole.COACH, None, 200),
        (AccessRole.COACH, "ann", 200),
        (AccessRole.COACH, "ben", 403),
        (AccessRole.RUNNER, None, 200),
    ],
)
def test_a_line_comes_from_a_coach_of_this_athlete(
    tmp_path: Path, role: AccessRole, athlete: str | None, status: int
) -> None:
    run = LineRun()
    client = device(tmp_path, role, athlete, run.feed)
    answer = client.post("/api/v1/live/line", json={"text": "Relax"})
    assert answer.status_code == status
    assert run.lines == (["Relax"] if status == 200 else [])


def test_without_a_token_nobody_says_a_line(tmp_path: Path) -> None:
    run = LineRun()
    client = page_client(tmp_path, run.feed, token=False)
    assert client.post("/api/v1/live/line", json={"text": "Relax"}).status_code == 401
    assert run.lines == []


def test_the_answer_says_what_becomes_of_it_in_the_language_asked_for(tmp_path: Path) -> None:
    run = LineRun()
    client = page_client(tmp_path, run.feed)
    answer = client.post("/api/v1/live/line", json={"text": "Relax"})
    assert LineAnswerJson.model_validate_json(answer.text, strict=True).state == "waits"
    german = {"Accept-Language": "de"}
    for word, status, text in (
        (LineAnswer.NO_RUN, 409, "Gerade läuft niemand."),
        (LineAnswer.NO_LINE, 422, "Schreib eine Zeile mit höchstens 140 Zeichen."),
        (LineAnswer.TOO_MANY, 429, "Fünf Zeilen in zehn Minuten sind genug."),
    ):
        run.answer = word
        answer = client.post("/api/v1/live/line", json={"text": "Relax"}, headers=german)
        assert (answer.status_code, answer.json()["detail"]) == (status, text)
    assert client.post("/api/v1/live/line", json={"text": 5}).status_code == 422


def test_without_a_run_nobody_hears_a_line(tmp_path: Path) -> None:
    answer = page_client(tmp_path).post("/api/v1/live/line", json={"text": "Relax"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "No run is going on.")
