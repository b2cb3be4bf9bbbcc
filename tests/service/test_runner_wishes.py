"""A wish of the runner goes the way of the packets: onto the tape, into the session, into the replay."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from dsp.types import Band, Cue, Metric, Placement
from monitor.core.line_answer import LineAnswer
from monitor.core.packet import STOP_CUES, Packet, say_line_packet, stop_cues_packet
from monitor.core.records import SessionStarted
from monitor.core.session_settings import CoachSettings, SensorSettings, SessionSettings
from monitor.pipeline.session import Session
from monitor.recordings.tape import Tape, TapeHeader, TapeReader
from monitor.service.runner_wishes import RunnerWishes
from monitor.service.serve import serve
from monitor.sinks.live_state import LiveState
from monitor.storage.new_session import begin_run
from monitor.storage.recovery import recover
from monitor.storage.store import Store
from monitor.web.live_feed import LiveFeed
from tests.service.test_serve import Given, Kept, readings

SETTINGS = SessionSettings(
    sensors=(SensorSettings(name="pod", kind="plain", placement=Placement.POD),), coach=CoachSettings()
)
STARTED = SessionStarted("2026-01-01T07-00-00-me", "me", "2026-01-01T07:00:00+00:00", ("pod",))


def test_before_and_after_the_input_there_is_no_run_to_ask() -> None:
    packets: list[Packet] = []
    wishes = RunnerWishes(lambda: 12.5)
    assert wishes.stop_cues("red_flag") is False
    wishes.open(packets.append)
    assert wishes.stop_cues("red_flag") is True
    wishes.close()
    assert wishes.stop_cues("red_flag") is False
    assert packets == [stop_cues_packet(12.5, "red_flag")]
    assert (packets[0].channel, packets[0].payload) == (STOP_CUES, b"red_flag")


def test_a_coachs_line_is_a_packet_and_its_writer_is_told_what_becomes_of_it() -> None:
    packets, now = list[Packet](), [12.5]
    wishes = RunnerWishes(lambda: now[0])
    assert wishes.say_line("Hello", when_stopped=True) is LineAnswer.NO_RUN
    wishes.open(packets.append)
    assert wishes.say_line(" Relax your\n shoulders ", when_stopped=True) is LineAnswer.WAITS
    assert packets == [say_line_packet(12.5, "Relax your shoulders", when_stopped=True)]
    for no_line in ("", " \u202e ", "x" * 141):
        assert wishes.say_line(no_line, when_stopped=False) is LineAnswer.NO_LINE
    assert wishes.say_line("x" * 140, when_stopped=False) is LineAnswer.WAITS


def test_a_program_that_repeats_itself_is_not_heard() -> None:
    packets, now = list[Packet](), [0.0]
    wishes = RunnerWishes(lambda: now[0])
    wishes.open(packets.append)
    answers = []
    for second in range(700):
        now[0] = float(second)
        answers.append(wishes.say_line("Faster", when_stopped=False))
    assert [t for t, a in enumerate(answers) if a is LineAnswer.WAITS] == [*range(5), *range(600, 605)]
    assert answers.count(LineAnswer.TOO_MANY) == 690
    assert len(packets) == 10


def packets_on(tape: Tape) -> list[Packet]:
    with TapeReader(tape.path) as reader:
        return list(reader.packets())


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path / "a.tape", TapeHeader(STARTED.session, STARTED.started_utc, SETTINGS, "0"))


async def test_a_stop_that_the_page_asks_for_is_on_the_tape_on_the_page_and_in_the_replay(
    tape: Tape,
) -> None:
    source, sink = Given(readings(60)), Kept()
    wishes = RunnerWishes(source.time.now_s)
    page = LiveFeed(LiveState(), source.time, stop_cues=wishes.stop_cues)
    assert page.stop_cues("red_flag") is False
    task = asyncio.create_task(
        serve(
            [source], Session(SETTINGS), [sink, page], STARTED, tape=tape, wishes=wishes, time=source.time
        )
    )
    asked = False
    while not task.done():
        await source.time.run(source.time.now_s() + 0.5)
        await asyncio.sleep(0.002)
        if source.time.now_s() > 30 and not asked:
            asked = page.stop_cues("red_flag")
    await task
    assert asked
    assert page.stop_cues("red_flag") is False
    (ended,) = [r for r in sink.records if isinstance(r, Cue) and r.wording == "cues_ended"]
    assert 30 < ended.t_s < 32
    packets = await asyncio.to_thread(packets_on, tape)
    assert sum(p.channel == STOP_CUES for p in packets) == 1
    again = Session(SETTINGS)
    replayed = [r for p in packets for r in again.push(p)] + again.finish()
    assert [r for r in replayed if isinstance(r, Cue)] == [r for r in sink.records if isinstance(r, Cue)]
    assert page.live_state.state()["cues"][-1]["wording"] == "cues_ended"
    assert "red_flag" not in json.dumps(page.live_state.state())


def test_a_run_that_was_killed_after_a_stop_is_recovered_with_it(tmp_path: Path) -> None:
    packets = sorted([*readings(60), stop_cues_packet(30.2, "red_flag")], key=lambda p: p.arrival_ns)
    session = Session(SETTINGS)
    live = [r for p in packets for r in session.push(p)]
    with Store(tmp_path / "gaitcue.db") as store:
        started, tape = begin_run(store, tmp_path, "run", SETTINGS, STARTED)
        assert tape is not None
        for packet in packets:
            tape.append(packet)
        tape.commit()
        store.write(started.session, [r for r in live if r.t_s < 20 and isinstance(r, Metric)])
        tape.close()
        (recovered,) = recover(store)
        assert not recovered.lost
        said = [r for r in store.events(started.session) if isinstance(r, (Cue, Band))]
    assert said == [r for r in live if isinstance(r, (Cue, Band))]
    assert [c.t_s for c in said if isinstance(c, Cue) and c.wording == "cues_ended"] == [30.2]
