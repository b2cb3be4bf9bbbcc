"""A red flag that another process writes down ends the cues of the run, a second later, once."""

from __future__ import annotations

import asyncio
import datetime
from pathlib import Path
from typing import Any

import pytest

from dsp.types import Cue
from monitor.core.errors import StoreError
from monitor.core.packet import Packet
from monitor.pipeline.session import Session
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.service.red_flag_watch import RedFlagWatch
from monitor.service.runner_wishes import RunnerWishes
from monitor.service.serve import serve
from tests.manual_clock import ManualClock
from tests.service.test_runner_wishes import SETTINGS, STARTED
from tests.service.test_serve import Given, Kept, readings

NOW = datetime.datetime(2026, 5, 4, 20, 0, tzinfo=datetime.UTC)


@pytest.fixture
def keeper(tmp_path: Path) -> PlanKeeper:
    return PlanKeeper(tmp_path, "ann")


async def pass_seconds(clock: ManualClock, seconds: int) -> None:
    """Let so many seconds pass for whoever looks in a thread between them."""
    for _ in range(seconds):
        while not clock.has_sleepers:  # noqa: ASYNC110 - what it waits for is a thread
            await asyncio.sleep(0)
        await clock.run(clock.now_s() + 1)


def write(keeper: PlanKeeper, kind: str, **fields: Any) -> str:
    """What another process does: it knows nothing of the run."""
    entry = new_entry(kind, fields, NOW)
    PlanKeeper(keeper.folder, keeper.athlete).add(entry)
    return entry.id


def test_only_a_new_line_makes_it_look_and_only_a_flag_that_stands_counts(keeper: PlanKeeper) -> None:
    watch = RedFlagWatch(keeper, lambda: NOW)
    assert not watch.has_new_stop()
    write(keeper, "morning", pain=9)
    assert not watch.has_new_stop()
    flag = write(keeper, "flag", flag="calf_hot")
    assert [watch.has_new_stop() for _ in range(2)] == [True, False]
    write(keeper, "withdrawn", replaces=flag)
    assert not watch.has_new_stop()
    write(keeper, "flag", flag="giving_way")
    write(keeper, "cleared", by="my doctor")
    assert not watch.has_new_stop()


async def test_a_flag_of_another_process_ends_the_cues_within_two_seconds(keeper: PlanKeeper) -> None:
    clock, packets = ManualClock(), list[Packet]()
    wishes = RunnerWishes(clock.now_s, RedFlagWatch(keeper, lambda: NOW))
    wishes.open(packets.append)
    following = asyncio.create_task(wishes.follow_red_flags(clock))
    await pass_seconds(clock, 3)
    assert packets == []
    await asyncio.to_thread(write, keeper, "flag", flag="chest")
    await pass_seconds(clock, 2)
    assert [p.payload for p in packets] == [b"asked"]
    await asyncio.to_thread(write, keeper, "flag", flag="calf_hot")
    assert wishes.stop_cues("asked")
    await pass_seconds(clock, 5)
    assert len(packets) == 1  # it is done already
    following.cancel()


async def test_the_running_service_ends_its_cues_by_a_flag_of_another_process(keeper: PlanKeeper) -> None:
    source, sink = Given(readings(60)), Kept()
    wishes = RunnerWishes(source.time.now_s, RedFlagWatch(keeper, lambda: NOW))
    run = serve([source], Session(SETTINGS), [sink], STARTED, wishes=wishes, time=source.time)
    task, ticked_s = asyncio.create_task(run), 0.0
    while not task.done():
        await source.time.run(source.time.now_s() + 0.5)
        await asyncio.sleep(0.01)
        if source.time.now_s() > 30 and not ticked_s:
            ticked_s = source.time.now_s()
            await asyncio.to_thread(write, keeper, "flag", flag="chest")
    await task
    (ended,) = [r for r in sink.records if isinstance(r, Cue) and r.wording == "cues_ended"]
    assert 0 < ended.t_s - ticked_s < 3


async def test_a_log_that_cannot_be_read_is_looked_at_again(
    keeper: PlanKeeper, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, packets = ManualClock(), list[Packet]()
    wishes = RunnerWishes(clock.now_s, RedFlagWatch(keeper, lambda: NOW))
    wishes.open(packets.append)
    await asyncio.to_thread(write, keeper, "flag", flag="chest")

    def broken(self: PlanKeeper, today: datetime.date) -> None:
        raise StoreError("error.log_unreadable", path=self.log.path, error="gone")

    with monkeypatch.context() as disk:
        disk.setattr(PlanKeeper, "load_stop", broken)
        following = asyncio.create_task(wishes.follow_red_flags(clock))
        await pass_seconds(clock, 3)
    assert packets == []
    assert caplog.text.count("cannot be read") == 1
    await pass_seconds(clock, 2)
    assert len(packets) == 1
    following.cancel()
