"""A coach's line over the page: from a device that was paired for it, into the run of its athlete."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.http_roles import AccessRole
from monitor.core.line_answer import LineAnswer
from monitor.core.monotonic import SystemClock
from monitor.core.records import SessionStarted
from monitor.sinks.live_state import LiveState
from monitor.web.api.models.live import LineAnswerJson
from monitor.web.live_feed import LiveFeed
from tests.web.api.test_pairing import device
from tests.web.clients import page_client


class Run:
    """A run of ann's that takes lines, or answers as it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.answer = LineAnswer.WAITS
        state = LiveState()
        state.push([SessionStarted("s", "ann", "2026-11-24T12:00:00+00:00", ())])
        self.feed = LiveFeed(state, SystemClock(), say_line=self._take)

    def _take(self, text: str) -> LineAnswer:
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
    run = Run()
    client = device(tmp_path, role, athlete, run.feed)
    answer = client.post("/api/v1/live/line", json={"text": "Relax"})
    assert answer.status_code == status
    assert run.lines == (["Relax"] if status == 200 else [])


def test_nobody_without_a_token_says_anything(tmp_path: Path) -> None:
    run = Run()
    client = page_client(tmp_path, run.feed, token=False)
    assert client.post("/api/v1/live/line", json={"text": "Relax"}).status_code == 401
    assert run.lines == []


def test_the_answer_says_what_becomes_of_it_in_the_language_asked_for(tmp_path: Path) -> None:
    run = Run()
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


def test_without_a_run_there_is_nobody_to_hear_it(tmp_path: Path) -> None:
    answer = page_client(tmp_path).post("/api/v1/live/line", json={"text": "Relax"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "No run is going on.")
