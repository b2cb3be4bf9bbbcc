"""The service: what is slow, dead or full costs nobody else anything, and everything has an end."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import re
import shutil
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from dsp.types import Placement, Record
from monitor.core.channel import Channel
from monitor.core.errors import ConfigError, SensorLost, SinkError, SinkRefused, StoreError
from monitor.core.log_format import LogFormat
from monitor.core.outage import Outage
from monitor.core.packet import Packet
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted, SinkStatus
from monitor.core.retry import Backoff, retry_until_done
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.pipeline.session import Session
from monitor.recordings.tape import Tape, TapeHeader, TapeReader, finish_abandoned
from monitor.service.serve import ServeParams, serve
from monitor.sources.protocol import Emit
from tests.log_lines import captured_stderr
from tests.manual_clock import ManualClock

SETTINGS = SessionSettings(sensors=(SensorSettings(name="pod", kind="plain", placement=Placement.POD),))
STARTED = SessionStarted("2026-01-01T07-00-00-me", "me", "2026-01-01T07:00:00+00:00", ("pod",))


def readings(count: int) -> list[Packet]:
    return [
        Packet(
            "pod", k * 10**9, plain.VALUES, plain.encode_values({"cadence_spm": 170.0, "speed_mps": 2.8})
        )
        for k in range(count)
    ]


def big_packets(count: int) -> list[Packet]:
    """Packets with so much on a channel of no use that few of them fill a page of the tape."""
    return [replace(packet, payload=bytes(3000)) for packet in readings(count)]


class Given:
    """A source that gives these packets at their own pace, then fails or ends."""

    name = "given"
    live = False

    def __init__(self, packets: list[Packet], then: Exception | None = None) -> None:
        self._packets, self._then = packets, then
        self.time = ManualClock()

    async def run(self, emit: Emit) -> None:
        for packet in self._packets:
            await self.time.sleep(packet.arrival_ns * 1e-9 - self.time.now_s())
            emit(packet)
        if self._then is not None:
            raise self._then


class Kept:
    """A sink that keeps everything."""

    def __init__(self, name: str = "kept") -> None:
        self.name = name
        self.records: list[Out] = []

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        async for batch in batches:
            self.records += batch


class Failing(Kept):
    """Fails at each of the first ``times`` batches, before taking it."""

    def __init__(self, name: str, error: Callable[[], Exception], times: int) -> None:
        super().__init__(name)
        self.error, self.left = error, times

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        async for batch in batches:
            if self.left:
                self.left -= 1
                raise self.error()
            self.records += batch


class Stuck(Kept):
    """Takes one batch and never comes back."""

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        async for batch in batches:
            self.records += batch
            await asyncio.Event().wait()


async def served(
    source: Given, *sinks: Kept, tape: Tape | None = None, params: ServeParams | None = None
) -> SessionEnded:
    """Serve until it ends, in made-up time; a tape is written by real threads, which are waited for."""
    time = source.time
    task = asyncio.create_task(
        serve([source], Session(SETTINGS), sinks, STARTED, tape=tape, params=params, time=time)
    )
    while not task.done():
        await time.run(time.now_s() + 0.5)
        await asyncio.sleep(0.002 if tape else 0)
    return await task


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path / "a.tape", TapeHeader(STARTED.session, STARTED.started_utc, SETTINGS, "0"))


def on(tape: Tape) -> tuple[list[Packet], bool]:
    """What is on it, and whether it is finished."""
    with TapeReader(tape.path) as reader:
        return list(reader.packets()), reader.finished


def losses(tape: Tape) -> dict[str, int]:
    with TapeReader(tape.path) as reader:
        return reader.losses()


def told(kept: Kept, sink: str) -> list[str]:
    return [r.text for r in kept.records if isinstance(r, SinkStatus) and r.sink == sink]


async def test_a_session_has_a_first_and_a_last_record_and_everything_between() -> None:
    kept = Kept()
    ended = await served(Given(readings(30)), kept)
    assert kept.records[0] == STARTED
    assert kept.records[-1] == ended
    assert ended.reason == "the input ended"
    assert any(isinstance(r, SensorStatus) for r in kept.records)
    live = [r for r in kept.records if not isinstance(r, (SessionStarted, SessionEnded))]
    session = Session(SETTINGS)
    assert live == [r for p in readings(30) for r in session.push(p)] + session.finish()


async def test_a_failing_sink_is_tried_again_and_the_others_hear_of_it() -> None:
    kept, failing = Kept(), Failing("far", lambda: SinkError("far: refused the connection"), times=2)
    await served(Given(readings(30)), kept, failing)
    assert len(told(kept, "far")) == 2
    assert "refused the connection; next try in" in told(kept, "far")[0]
    assert failing.records[-1] == kept.records[-1]


async def test_a_sink_that_is_refused_is_given_up_and_said_so() -> None:
    kept, failing = Kept(), Failing("far", lambda: SinkRefused("far: wrong token"), times=1)
    await served(Given(readings(10)), kept, failing)
    assert told(kept, "far") == ["far: wrong token; given up"]


async def test_a_stuck_sink_delays_nobody_and_not_for_ever() -> None:
    kept, stuck = Kept(), Stuck("stuck")
    params = ServeParams(deadline_s=0.05)
    await served(Given(readings(30)), kept, stuck, params=params)
    assert isinstance(kept.records[-1], SessionEnded)


async def test_a_sink_with_a_bug_is_started_again_and_the_run_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept, buggy = Kept(), Failing("far", ZeroDivisionError, times=1)
    ended = await served(Given(readings(30)), kept, buggy)
    assert ended.reason == "the input ended"
    (text,) = told(kept, "far")
    assert text.startswith("far: an unexpected error (ZeroDivisionError); next try in ")
    assert buggy.records[-1] == kept.records[-1]
    (bug,) = [r for r in caplog.records if r.levelno >= logging.ERROR and r.name.startswith("monitor.")]
    assert bug.exc_info is not None


class HangingThreads:
    """Threads of the loop's pool that do not come back before the end of the test."""

    def __init__(self) -> None:
        self.end = threading.Event()
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
        self._hanging = [asyncio.ensure_future(asyncio.to_thread(self.end.wait)) for _ in range(4)]

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *exc: object) -> None:
        self.end.set()
        await asyncio.gather(*self._hanging)


async def test_the_tape_waits_for_no_thread_that_hangs(tape: Tape) -> None:
    async with HangingThreads():
        await served(Given(readings(20)), Kept(), tape=tape)
    assert await asyncio.to_thread(on, tape) == (readings(20), True)


async def test_a_disk_that_hangs_does_not_stop_the_time(
    tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    back, kept, source = threading.Event(), Kept(), Given(readings(3))
    source.live = True
    monkeypatch.setattr(source, "run", functools.partial(_run_and_stay, source.run, source.time))
    monkeypatch.setattr(tape, "commit", back.wait)
    task = asyncio.create_task(
        serve([source], Session(SETTINGS), [kept], STARTED, tape=tape, time=source.time)
    )
    try:
        await source.time.run(9.0)
        links = [r.link for r in kept.records if isinstance(r, SensorStatus)]
    finally:
        back.set()
    assert links[-1] is LinkState.SILENT
    await source.time.run(20.0)
    while not task.done():
        await asyncio.sleep(0.002)
        await source.time.run(source.time.now_s() + 0.5)


async def _run_and_stay(
    run: Callable[[Emit], Coroutine[None, None, None]], time: ManualClock, emit: Emit
) -> None:
    await run(emit)
    await time.sleep(10.0)


async def test_a_source_that_fails_for_good_ends_the_session_with_its_reason_after_all_it_gave() -> None:
    kept = Kept()
    with pytest.raises(SensorLost, match="gone"):
        await served(Given(readings(20), then=SensorLost("pod: gone")), kept)
    assert kept.records[-1] == SessionEnded(STARTED.session, 19.0, "pod: gone")


async def test_a_bug_is_loud_and_the_tape_keeps_what_came(tape: Tape, nothing_blocks: BlockBuster) -> None:
    nothing_blocks.deactivate()  # the last commit of a dying service may block
    with pytest.raises(ZeroDivisionError):
        await served(Given(readings(20), then=ZeroDivisionError()), Kept(), tape=tape)
    assert await asyncio.to_thread(on, tape) == (readings(20), False)


class Breaking(Given):
    """A live source that breaks once, after the first five of its packets, in a way that nobody foresaw."""

    live = True

    def __init__(self, packets: list[Packet], error: BaseException) -> None:
        super().__init__(packets)
        self.error: BaseException | None = error

    async def run(self, emit: Emit) -> None:
        while self._packets:
            if len(self._packets) == 15 and self.error is not None:
                error, self.error = self.error, None
                raise error
            packet = self._packets.pop(0)
            await self.time.sleep(packet.arrival_ns * 1e-9 - self.time.now_s())
            emit(packet)


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), asyncio.CancelledError(), ExceptionGroup("", [KeyError()])]
)
async def test_a_live_source_with_a_bug_is_started_again_and_the_run_goes_on(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept()
    soon = ServeParams(backoff=Backoff(first_s=1.0, jitter=0.0))
    ended = await served(Breaking(readings(20), error), kept, params=soon)
    assert ended.reason == "the input ended"
    name = "KeyError" if isinstance(error, ExceptionGroup) else type(error).__name__  # what is in it
    assert told(kept, "given") == [f"given: an unexpected error ({name}); next try in 1 s", "works again"]
    (bug,) = [r for r in caplog.records if r.levelno >= logging.ERROR and r.name.startswith("monitor.")]
    assert bug.exc_info is not None
    assert bug.exc_info[1] is error
    assert [s.received for s in kept.records if isinstance(s, SensorStatus)][-1] == 20


async def test_links_of_a_source_that_was_started_again_are_new_ones(tape: Tape) -> None:
    await served(Breaking(readings(20), ZeroDivisionError()), Kept(), tape=tape)
    packets, _ = await asyncio.to_thread(on, tape)
    assert [p.link for p in packets] == [0] * 5 + [1] * 15


async def test_the_tape_holds_every_packet_and_is_finished_when_the_session_is(tape: Tape) -> None:
    await served(Given(readings(50)), Kept(), tape=tape)
    assert await asyncio.to_thread(on, tape) == (readings(50), True)


def fill_disk(tape: Tape) -> None:
    """Let SQLite report a full disk from now on."""
    tape._db.execute("PRAGMA journal_size_limit=0")
    (pages,) = tape._db.execute("PRAGMA page_count").fetchone()
    tape._db.execute(f"PRAGMA max_page_count={pages}")


def make_room(tape: Tape) -> None:
    tape._db.execute("PRAGMA max_page_count=1000000")


async def test_a_disk_that_fills_up_is_told_and_the_session_goes_on(
    tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, calls = tape.commit, 0

    def full_at_first() -> None:
        nonlocal calls
        calls += 1
        (fill_disk if calls <= 8 else make_room)(tape)
        commit()

    monkeypatch.setattr(tape, "commit", full_at_first)
    kept, source = Kept(), Given(big_packets(20))
    ended = await served(source, kept, tape=tape)
    first, last = told(kept, "tape")
    assert re.fullmatch(r"no room on the disk; \d+ packets wait in memory", first)
    assert last == "writing again"
    assert ended.reason == "the input ended"
    assert await asyncio.to_thread(on, tape) == (big_packets(20), True)


async def test_what_a_full_disk_costs_is_told_with_its_reason_and_stays_counted(tape: Tape) -> None:
    await asyncio.to_thread(fill_disk, tape)
    kept = Kept()
    ended = await served(Given(big_packets(20)), kept, tape=tape)
    lost = tape.missing
    assert 0 < lost == 20 - tape.committed
    assert ended.reason == f"the input ended; {lost} packets are lost: no room on the disk"
    assert told(kept, "tape")[-1] == f"{lost} packets are lost: no room on the disk"
    assert await asyncio.to_thread(finish_abandoned, tape.path) == lost
    assert await asyncio.to_thread(losses, tape) == {"no room on the disk": lost}


async def test_a_folder_that_vanishes_is_told_and_nothing_of_the_run_counts_as_written(tape: Tape) -> None:
    await asyncio.to_thread(shutil.rmtree, tape.path.parent)
    kept = Kept()
    ended = await served(Given(readings(20)), kept, tape=tape)
    assert told(kept, "tape")[0].startswith("the file or its folder is gone; ")
    assert ended.reason == "the input ended; 20 packets are lost: the file or its folder is gone"
    assert tape.missing == 20


async def test_a_sink_is_told_how_many_records_it_never_got() -> None:
    late = Failing("late", lambda: SinkError("full"), 1)
    params = ServeParams(records_waiting=3, backoff=Backoff(first_s=8.0, longest_s=8.0))
    await served(Given(readings(20)), late, params=params)
    mine = [r for r in late.records if isinstance(r, SinkStatus) and r.sink == "late"]
    assert mine
    assert mine[-1].dropped > 0


async def test_a_full_channel_drops_the_oldest_and_counts() -> None:
    channel: Channel[int] = Channel(3)
    for number in range(5):
        channel.put(number)
    channel.close()
    channel.put(9)
    assert [batch async for batch in channel.batches()] == [[2, 3, 4]]
    assert channel.dropped == 3


async def test_a_reader_that_is_replaced_goes_on_where_the_last_one_stopped() -> None:
    channel: Channel[int] = Channel(10)
    channel.put(1)
    async for batch in channel.batches():
        assert batch == [1]
        break
    channel.put(2)
    channel.close()
    assert [batch async for batch in channel.batches()] == [[2]]


def outage(time: ManualClock) -> Outage:
    return Outage(logging.getLogger("tests"), "it", time.now_s)


async def test_supervision_waits_longer_each_time_and_starts_over_after_health() -> None:
    time, waits, generations = ManualClock(), list[float](), list[int]()

    async def attempt(generation: int) -> None:
        generations.append(generation)
        if generation == 3:
            await time.sleep(60.0)  # healthy, then lost again
        if generation < 5:
            raise SensorLost("gone")

    task = asyncio.create_task(
        retry_until_done(
            attempt, lambda _, wait_s: waits.append(wait_s), outage(time), time, Backoff(jitter=0.0)
        )
    )
    await time.run(600.0)
    await task
    assert generations == [0, 1, 2, 3, 4, 5]
    assert waits == [0.5, 1.0, 2.0, 0.5, 1.0]


async def test_supervision_passes_on_what_trying_again_cannot_help() -> None:
    async def attempt(_: int) -> None:
        raise ConfigError("error.no_broker")

    with pytest.raises(ConfigError):
        await retry_until_done(attempt, lambda *_: None, outage(ManualClock()), ManualClock())


def logged(caplog: pytest.LogCaptureFixture, sink: str) -> list[tuple[str, str]]:
    """What was logged of a sink at info and above."""
    mine = [r for r in caplog.records if r.levelno >= logging.INFO and getattr(r, "sink", "") == sink]
    return [(r.levelname, r.getMessage()) for r in mine]


async def test_a_sink_that_fails_and_works_again_is_two_log_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "monitor")
    await served(Given(readings(30)), Kept(), Failing("far", lambda: SinkError("far: refused"), times=4))
    (failed, warning), (again, info) = ((text, level) for level, text in logged(caplog, "far"))
    assert (failed, warning, info) == ("far: refused", "WARNING", "INFO")
    assert "works again after" in again
    assert "4 tries" in again


async def test_a_sink_that_is_given_up_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    await served(Given(readings(5)), Failing("far", lambda: SinkRefused("far: wrong token"), times=1))
    assert logged(caplog, "far") == [("ERROR", "far: given up: far: wrong token")]


async def test_a_full_disk_is_logged_when_it_begins_and_when_it_is_over(
    tape: Tape, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    commit, calls = tape.commit, 0

    def full_at_first() -> None:
        nonlocal calls
        calls += 1
        if calls <= 3:
            raise StoreError("error.at", where="a.tape", what="database or disk is full")
        commit()

    monkeypatch.setattr(tape, "commit", full_at_first)
    await served(Given(readings(20)), Kept(), tape=tape)
    (first, second) = logged(caplog, "tape")
    assert first == ("WARNING", "tape: a.tape: database or disk is full")
    assert second[1].startswith("tape: writing again after")
    assert second[1].endswith("3 tries")


async def test_what_is_cut_short_at_the_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "monitor")
    await served(Given(readings(5)), Stuck("stuck"), params=ServeParams(deadline_s=0.05))
    assert "sink stuck: still at work 0.05 s after the end, cut short" in caplog.messages


async def test_a_slow_sink_is_one_line_however_much_it_drops(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "monitor")
    params = ServeParams(deadline_s=0.05, records_waiting=2)
    await served(Given(readings(30)), Stuck("stuck"), params=params)
    ((level, text),) = logged(caplog, "stuck")
    assert level == "WARNING"
    assert text.startswith("stuck: too slow; the oldest were dropped")


async def test_a_source_that_ends_for_good_and_a_bug_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SensorLost):
        await served(Given(readings(5), then=SensorLost("pod: gone")), Kept())
    with pytest.raises(ZeroDivisionError):
        await served(Given(readings(5), then=ZeroDivisionError()), Kept())
    assert [
        r.getMessage()
        for r in caplog.records
        if r.levelno >= logging.ERROR and r.name.startswith("monitor.")
    ] == [
        "the input from given has ended: pod: gone",
        "the session broke off (ZeroDivisionError)",
    ]


async def test_lines_of_two_sessions_in_one_program_say_which_is_meant() -> None:
    class Speaking(Kept):
        async def run(self, batches: AsyncIterator[list[Out]]) -> None:
            async for _ in batches:
                logging.getLogger("monitor.tests").warning("a batch", extra={"sensor": self.name})

    async def one(name: str) -> None:
        source = Given(readings(2))
        started = SessionStarted(name, "me", STARTED.started_utc, ("pod",))
        time = source.time
        task = asyncio.create_task(serve([source], Session(SETTINGS), [Speaking(name)], started, time=time))
        while not task.done():
            await time.run(time.now_s() + 0.5)
        await task

    with captured_stderr(log_format=LogFormat.JSON) as stderr:
        await asyncio.gather(one("first"), one("second"))
    said = [json.loads(line) for line in stderr.getvalue().splitlines()]
    said = [line for line in said if line["message"] == "a batch"]
    assert {line["session"] for line in said} == {"first", "second"}
    assert all(line["session"] == line["sensor"] for line in said)


class Live(Given):
    """A source on the session's clock that says nothing after its packets, until it is stopped."""

    live = True

    async def run(self, emit: Emit) -> None:
        await super().run(emit)
        await asyncio.Event().wait()


async def test_a_sensor_that_stops_sending_is_told_though_no_packet_comes() -> None:
    source, kept = Live(readings(5)), Kept()
    task = asyncio.create_task(serve([source], Session(SETTINGS), [kept], STARTED, time=source.time))
    await source.time.run(30.0)
    statuses = [r for r in kept.records if isinstance(r, SensorStatus)]
    silent = [s for s in statuses if s.link is LinkState.SILENT]
    assert 7.0 < silent[0].t_s <= 9.0
    assert silent[-1].silent_s == pytest.approx(26.0, abs=1.0)
    assert [s.t_s for s in silent[:20]] == [silent[0].t_s + k for k in range(20)]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Lagging(Live):
    """A source whose packets may wait elsewhere: up to second 5 all is here, from second 40 on again."""

    def complete_until_s(self) -> float:
        return 5.0 if self.time.now_s() < 40.0 else float("inf")


async def test_what_may_still_come_is_no_silence(caplog: pytest.LogCaptureFixture) -> None:
    source, kept = Lagging(readings(5)), Kept()
    task = asyncio.create_task(serve([source], Session(SETTINGS), [kept], STARTED, time=source.time))
    await source.time.run(39.0)
    assert all(r.t_s <= 5.0 for r in kept.records if isinstance(r, SensorStatus))
    assert not any(r.link is LinkState.SILENT for r in kept.records if isinstance(r, SensorStatus))
    assert caplog.records == []  # and the machine is not called slow
    await source.time.run(45.0)
    assert any(r.link is LinkState.SILENT for r in kept.records if isinstance(r, SensorStatus))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


# ------------------------------------------------------------------ signals


class Endless(Given):
    """A source that gives nothing until it is stopped or ``end`` is set."""

    def __init__(self) -> None:
        super().__init__([])
        self.end = asyncio.Event()

    async def run(self, emit: Emit) -> None:
        await self.end.wait()


async def running(*sources: Endless) -> list[asyncio.Task[SessionEnded]]:
    """Sessions that are waiting for their input."""
    tasks = [
        asyncio.create_task(serve([s], Session(SETTINGS), [Kept()], STARTED, time=s.time)) for s in sources
    ]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


STOPPING = (signal.SIGINT, signal.SIGTERM)


async def test_a_signal_stops_every_session_of_the_program() -> None:
    sessions = await running(Endless(), Endless())
    signal.raise_signal(signal.SIGTERM)
    assert [ended.reason for ended in await asyncio.gather(*sessions)] == ["stopped", "stopped"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
async def test_the_handlers_of_signals_go_with_the_last_session(order: tuple[int, ...]) -> None:
    before = [signal.getsignal(number) for number in STOPPING]
    sources = [Endless(), Endless(), Endless()]
    sessions = await running(*sources)
    for k in order:
        assert [signal.getsignal(number) for number in STOPPING] != before
        sources[k].end.set()
        assert (await sessions[k]).reason == "the input ended"
    assert [signal.getsignal(number) for number in STOPPING] == before


async def test_a_session_in_a_thread_leaves_signals_alone() -> None:
    before = [signal.getsignal(number) for number in STOPPING]
    seen: list[object] = []

    async def run() -> SessionEnded:
        source = Endless()
        (session,) = await running(source)
        seen.extend(signal.getsignal(number) for number in STOPPING)
        source.end.set()
        return await session

    ended = await asyncio.to_thread(lambda: asyncio.run(run()))
    assert ended.reason == "the input ended"
    assert seen == before


def test_after_a_program_has_served_a_signal_does_what_it_did_before() -> None:
    """Two sessions, the first ends first; once a handler of it stayed and raised: its loop was closed."""
    caught: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: caught.append(number))

    async def run() -> None:
        sources = [Endless(), Endless()]
        for source, session in zip(sources, await running(*sources), strict=True):
            source.end.set()
            await session

    try:
        asyncio.run(run())
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught == [signal.SIGTERM]


class SlowStart(Session):
    """A session whose first second takes six of the clock."""

    def __init__(self, time: ManualClock) -> None:
        super().__init__(SETTINGS)
        self._time, self._ticks = time, 0

    def tick(self, now_s: float) -> list[Record | SensorStatus]:
        self._ticks += 1
        if self._ticks == 1:
            self._time.now_s = lambda before=self._time.now_s: before() + 6.0  # type: ignore[method-assign, misc]
        return super().tick(now_s)


async def test_a_machine_that_falls_behind_is_told_until_it_has_caught_up() -> None:
    """Cues that come out too late are not given: whoever looks on should know why."""
    source, kept = Endless(), Kept()
    source.live = True
    slow = SlowStart(source.time)
    running = asyncio.create_task(serve([source], slow, [kept], STARTED, time=source.time))
    await source.time.run(10.0)
    source.end.set()
    await source.time.run(20.0)
    await running
    told = [r for r in kept.records if isinstance(r, SinkStatus) and r.sink == "session"]
    assert [(r.ok, r.text) for r in told] == [
        (False, "this machine is too slow: 6 s behind; late cues are left out"),
        (True, "this machine has caught up"),
    ]
