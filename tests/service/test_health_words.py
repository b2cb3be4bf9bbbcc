"""A law: no word of how a runner is reaches a coach, a reader, a server or a broker, unless it is shared.

One word stands in everything that a runner writes down: entries of the log, a pain noted of a session, its
shoe.  Numbers stand for what the plan allowed.  Every way out is walked.
"""

from __future__ import annotations

import asyncio
import datetime
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from starlette.testclient import TestClient

from dsp.types import Band
from monitor.core.http_pairing import PairedDevices
from monitor.core.http_roles import AccessRole
from monitor.core.message_catalogues import Language, _messages, _read
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out, SessionStarted
from monitor.core.session_settings import CoachSettings, TodaysLimits
from monitor.exports.formats import EXPORTS
from monitor.pipeline.announcements import SILENCES
from monitor.pipeline.cue_policy import notice
from monitor.pipeline.load_watch import PRIVATE_NOTICES
from monitor.recordings.tape import TapeReader
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.simulation.simulated_runner import simulated_recording
from monitor.sinks.influx.line_protocol import protocol_lines
from monitor.sinks.influx.points import note_points, record_points
from monitor.sinks.live_state import LiveState
from monitor.sinks.mqtt.messages import record_messages
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.store import Store
from monitor.training.entries import ENTRY_KINDS, SharedItem
from monitor.training.sharing import SHARED_ITEMS
from monitor.web.access_rules import ACCESS_RULES
from monitor.web.live_feed import LiveFeed
from tests.service.test_shared_plan import CANARY, entry_with_canaries
from tests.web.clients import page_client

NOW = datetime.datetime(2026, 11, 24, 20, 0, tzinfo=datetime.UTC)
LIMITS = TodaysLimits(most_km=5.4321, descent_m=19.8765, form_cues=False, silence="calm")
WRITTEN = (CANARY, "5.4321", "19.8765", "zwack", "effort=9")
"""What stands in everything that is the runner's own, and in nothing else."""
SECRETS = (*WRITTEN, *SILENCES.values(), *(f'"{wording}"' for wording in PRIVATE_NOTICES))
"""These, and the words with which a run tells of its runner's plan."""
PRIVATE: tuple[Out, ...] = (
    *(Band(float(n), "cadence_spm", 170, 165.0, 180, why) for n, why in enumerate(SILENCES.values())),
    *(
        notice(20.0 + n, wording, f"your plan {CANARY}")
        for n, wording in enumerate(sorted(PRIVATE_NOTICES))
    ),
)
OTHERS = (AccessRole.READER, AccessRole.COACH)


def silent_session(store: Store, folder: Path) -> str:
    """A session with all that tells of a plan, a noted pain, its effort and its shoe."""
    recording = simulated_recording(30.0)
    coach = CoachSettings(today=LIMITS, step_reason="zwack")
    settings = replace(recording.settings, athlete="ann", coach=coach)
    session = import_recording(store, folder, replace(recording, settings=settings), "ann", NOW).id
    store.write(session, PRIVATE)
    store.add_note(session, "pain", f"behind the knee {CANARY}", t_s=12.0, value=7.0)
    store.add_note(session, "note", "rain")
    store.tag(session, [f"shoe={CANARY}", "effort=9", "track"])
    return session


@pytest.fixture
def keeper(tmp_path: Path) -> PlanKeeper:
    """A runner's log with every kind of entry, of which nothing is shared."""
    keeper = PlanKeeper(tmp_path, "ann")
    kinds = [kind for kind in ENTRY_KINDS if kind not in ("withdrawn", "share")]
    keeper.add(*(entry_with_canaries(kind, NOW) for kind in kinds))
    return keeper


@pytest.fixture
def session(tmp_path: Path) -> str:
    with Store(tmp_path / DATABASE) as store:
        return silent_session(store, tmp_path)


@pytest.fixture
def page(tmp_path: Path, keeper: PlanKeeper, session: str) -> TestClient:
    feed = LiveFeed(LiveState(), SystemClock())
    client = page_client(tmp_path, feed, plan=keeper)
    client.app.state.runner_now = lambda: NOW  # type: ignore[attr-defined]
    return client


def device(page: TestClient, role: AccessRole) -> dict[str, str]:
    devices: PairedDevices = page.app.state.devices  # type: ignore[attr-defined]
    paired = devices.exchange(devices.make_code(f"tablet of {role}", role, "ann"))
    assert paired is not None
    return {"Authorization": f"Bearer {paired[0]}"}


def every_answer(page: TestClient, session: str, header: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every GET route of the page with what it answers, also those that refuse."""
    for rule in ACCESS_RULES:
        method, _, path = rule.partition(" ")
        if method != "GET" or "{path:path}" in path:
            continue
        for format in EXPORTS if "{format}" in path else ("",):
            address = path.replace("{id}", session).replace("{format}", format)
            answer = page.get(address, headers=header, params={"session": [session]})
            yield f"{address} {format}", answer.content.decode("latin-1")


def secrets_in(text: str) -> list[str]:
    """The secrets in an answer; a page brings the words of all messages, so there those of this runner."""
    return [secret for secret in (WRITTEN if "<html" in text else SECRETS) if secret in text]


@pytest.mark.parametrize("role", OTHERS)
def test_no_answer_of_the_page_has_a_word_of_it_for_a_coach_or_a_reader(
    page: TestClient, session: str, role: AccessRole
) -> None:
    texts = (
        "/api/v1/plan/flags",
        "/",
        "/review",
        "/plan",
        "/api/v1/docs",
    )  # of the program, not the runner
    answers = {
        a: text for a, text in every_answer(page, session, device(page, role)) if a.strip() not in texts
    }
    assert len(answers) > 20
    assert {address: found for address, text in answers.items() if (found := secrets_in(text))} == {}


def test_the_runner_sees_all_of_it(page: TestClient, session: str) -> None:
    """Else the test above could not fail."""
    found = {s for _, text in every_answer(page, session, {}) for s in secrets_in(text)}
    assert found == set(SECRETS)


async def live_messages(feed: LiveFeed) -> list[str]:
    """What a page of the runner got of a run, and one of others."""
    pages = feed.attach(own=True), feed.attach(own=False)

    async def batches() -> AsyncIterator[list[Out]]:
        yield [SessionStarted("2026-11-24T20-00-00-ann", "ann", NOW.isoformat(), ()), *PRIVATE]

    await feed.run(batches())
    feed.close()
    return ["".join([text async for batch in page.batches() for text in batch]) for page in pages]


def test_a_live_page_of_others_has_no_word_of_it(page: TestClient) -> None:
    own, others = asyncio.run(live_messages(page.app.state.live_feed))  # type: ignore[attr-defined]
    assert "cadence_spm" in others
    assert secrets_in(own)
    assert secrets_in(others) == []
    assert secrets_in(page.get("/api/v1/live").text)
    for role in OTHERS:
        header = device(page, role)
        answer = page.get("/api/v1/live", headers=header)
        assert (answer.status_code, secrets_in(answer.text)) == (200, [])
        with page.websocket_connect("ws://127.0.0.1:8765/ws", headers=header) as socket:
            assert secrets_in(socket.receive_text()) == []


@pytest.mark.parametrize("role", OTHERS)
def test_of_a_noted_pain_its_number_is_there_where_pain_is_shared_and_never_its_words(
    page: TestClient, session: str, keeper: PlanKeeper, role: AccessRole
) -> None:
    path, header = f"/api/v1/sessions/{session}", device(page, role)

    def pains() -> list[tuple[float, str]]:
        notes = page.get(f"{path}/notes", headers=header).json()
        assert "rain" in [n["text"] for n in notes]
        return [(n["value"], n["text"]) for n in notes if n["kind"] == "pain"]

    def share(item: SharedItem, on: bool) -> None:
        keeper.add(new_entry("share", {"item": item, "on": on}, NOW))

    for item in SHARED_ITEMS:
        if item != "pain":
            share(item, on=True)
    assert pains() == []
    share("pain", on=True)
    assert pains() == [(7.0, "")]
    assert [s for _, text in every_answer(page, session, header) for s in secrets_in(text)] == []
    share("pain", on=False)
    assert pains() == []


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_else_notes_pain_or_tags_effort_and_shoes_and_their_tags_leave_those(
    page: TestClient, tmp_path: Path, session: str, role: AccessRole
) -> None:
    path, header = f"/api/v1/sessions/{session}", device(page, role)
    assert page.post(f"{path}/notes", json={"pain": 3}, headers=header).status_code == 403
    for tag in ("effort=2", "shoe=mine"):
        assert page.patch(path, json={"tags": [tag]}, headers=header).status_code == 403
    if role is AccessRole.COACH:
        assert page.patch(path, json={"tags": ["hills"]}, headers=header).json()["tags"] == ["hills"]
    with Store(tmp_path / DATABASE) as store:
        assert {f"shoe={CANARY}", "effort=9"} < set(store.session(session).tags)
        assert [n.value for n in store.notes(session) if n.kind == "pain"] == [7.0]


def test_points_and_messages_have_no_word_of_it(tmp_path: Path, session: str) -> None:
    with Store(tmp_path / DATABASE) as store:
        info, records = store.session(session), store.records(session)
        points = record_points(info, records, store.bands(session, 10**9)) + note_points(
            info, store.notes(session)
        )
    held = [r for r in PRIVATE if isinstance(r, Band)]
    points += record_points(info, records, held)
    lines = protocol_lines(points).decode()
    assert "rain" in lines
    assert "track" in lines
    assert "behind the knee" not in lines
    assert secrets_in(lines) == []
    messages = repr(list(record_messages("gait/ann", info, records)))
    assert len(messages) > 1000
    assert secrets_in(messages) == []


def test_a_tape_that_is_taken_away_does_not_say_what_was_allowed(
    page: TestClient, tmp_path: Path, session: str
) -> None:
    with Store(tmp_path / DATABASE) as store:
        own = Path(store.session(session).tape)
    assert secrets_in(own.read_bytes().decode("latin-1"))
    answer = page.get(f"/api/v1/sessions/{session}/export/tape")
    (tmp_path / "copy.tape").write_bytes(answer.content)
    assert secrets_in(answer.content.decode("latin-1")) == []
    with TapeReader(tmp_path / "copy.tape") as copy, TapeReader(own) as tape:
        assert list(copy.packets()) == list(tape.packets())
        assert copy.header.settings.athlete == "ann"


@pytest.mark.parametrize("language", get_args(Language))
def test_no_push_has_a_word_of_how_the_runner_is(language: Language) -> None:
    """A phone shows it while it is locked."""
    texts = {**_messages(language), **_read(f"plan_{language}")}
    kinds = ("push.", "notice.today", "notice.descent", "notice.no_run", "plan.remind.")
    pushed = {key: str(text) for key, text in texts.items() if key.startswith(kinds)}
    assert len(pushed) > 20
    health = re.compile(
        r"pain|knee|hurt|swell|swollen|stiff|tender|calm|rebuild|phase|warning"
        r"|schmerz|knie|weh|schwell|steif|empfindlich|beruhig|warnzeichen",
        re.IGNORECASE,
    )
    assert {key for key, text in pushed.items() if health.search(text)} == set()
