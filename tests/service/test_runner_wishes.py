"""A wish of the runner goes the way of the packets: onto the tape, into the session, into the replay."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from dsp.types import Band, Cue, Metric, Placement
from monitor.core.line_answer import LineAnswer
from monitor.core.packet import (
    LAP,
    PAUSE,
    RESUME,
    STOP_CUES,
    Packet,
    say_line_packet,
    stop_cues_packet,
    wish_packet,
)
from monitor.core.records import SessionStarted
from monitor.core.session_settings import CoachSettings, SensorSettings, SessionSettings
from monitor.pipeline.session import Session
from monitor.recordings.tape import Tape, TapeHeader, TapeReader
from monitor.service.runner_wishes import RunnerWishes
from monitor.service.serve import STOPPED, serve
from monitor.sinks.live_state import LiveState
from monitor.storage.new_session import begin_run
from monitor.storage.recovery import rebuild_session, recover
from monitor.storage.session_data import load_session
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


def test_a_run_is_ended_once_and_then_another_may_be_asked_for() -> None:
    ended: list[str] = []
    wishes = RunnerWishes(lambda: 12.5)
    assert not wishes.end_run()
    wishes.open(lambda packet: None, lambda: ended.append("end"))
    assert not wishes.start_next(), "it goes on"
    assert wishes.end_run()
    assert not wishes.end_run()
    assert not wishes.ask_timer(PAUSE), "it has ended"
    assert (ended, wishes.ended, wishes.again.is_set()) == (["end"], True, False)
    assert wishes.start_next()
    assert wishes.again.is_set()


def test_a_run_that_waits_for_its_start_begins_as_a_pause() -> None:
    packets: list[Packet] = []
    RunnerWishes(lambda: 12.5, wait=True).open(packets.append)
    assert [(p.channel, p.arrival_ns) for p in packets] == [(PAUSE, 0)]


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
    page = LiveFeed(LiveState(), source.time, controls=wishes)
    assert wishes.stop_cues("red_flag") is False
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
            asked = wishes.stop_cues("red_flag")
    await task
    assert asked
    assert wishes.stop_cues("red_flag") is False
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


async def test_the_page_pauses_and_ends_a_run_which_then_stops_in_order(tape: Tape) -> None:
    source, sink = Given(readings(60)), Kept()
    wishes, session = RunnerWishes(source.time.now_s), Session(SETTINGS)
    task = asyncio.create_task(
        serve([source], session, [sink], STARTED, tape=tape, wishes=wishes, time=source.time)
    )
    asks = [
        (10, lambda: wishes.ask_timer(PAUSE)), (20, lambda: wishes.ask_timer(RESUME)),
        (25, lambda: wishes.ask_timer(LAP)), (40, wishes.end_run),
    ]  # fmt: skip
    while not task.done():
        await source.time.run(source.time.now_s() + 0.5)
        await asyncio.sleep(0.002)
        if asks and source.time.now_s() > asks[0][0]:
            assert asks.pop(0)[1]()
    ended = await task
    assert ended.reason == STOPPED
    assert 39 < ended.t_s < 42
    ((pause,), (lap,)) = session.timer.pauses, session.timer.laps
    assert pause.seconds == pytest.approx(10, abs=1)
    measured = [r.t_s for r in sink.records if isinstance(r, Metric)]
    assert measured
    assert not [t for t in measured if pause.start_s <= t < pause.end_s]
    packets = await asyncio.to_thread(packets_on, tape)
    assert len([p for p in packets if p.sensor == "pod"]) == 41, "the tape has the pause too"
    again = Session(SETTINGS)
    for packet in packets:
        again.push(packet)
    assert (again.timer.pauses, again.timer.laps) == ([pause], [lap])


def test_a_run_that_was_killed_is_recovered_with_its_pause_and_lap_once(tmp_path: Path) -> None:
    wishes = [wish_packet(20.5, LAP), wish_packet(30.2, PAUSE), wish_packet(45.0, RESUME)]
    packets = sorted([*readings(60), *wishes], key=lambda p: p.arrival_ns)
    with Store(tmp_path / "gaitcue.db") as store:
        started, tape = begin_run(store, tmp_path, "run", SETTINGS, STARTED)
        assert tape is not None
        for packet in packets:
            tape.append(packet)
        tape.commit()
        tape.close()
        recover(store)
        rebuild_session(store, store.session(started.session))
        facts = store.facts(started.session)
        run = load_session(store, started.session)
    assert [(lap.end_s, lap.trigger) for lap in facts.laps] == [(20.5, "manual")]
    assert [(p.start_s, round(p.seconds, 6)) for p in facts.pauses] == [(30.2, 14.8)]
    assert run.timer_s == pytest.approx(59 - 14.8, abs=1)
