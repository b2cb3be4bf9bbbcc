"""Simulated runners: they send all of their runs, once, whatever the connection does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nats.errors
import pytest

from monitor.core.monotonic import SystemClock
from monitor.core.records import SessionEnded, SessionStarted
from monitor.hub.fleet_account import read_run_traces
from monitor.hub.hosted_run import HostedRun
from monitor.hub.local_server import running_server
from monitor.hub.simulated_fleet import SimulatedFleet
from monitor.hub.streams import hub_connection
from monitor.pipeline.session import Session
from monitor.simulation.simulated_runner import two_feet_recording
from monitor.sinks.hub.run_messages import unpack_end, unpack_packets, unpack_start
from tests.hub_rig import TENANT, running_hub, until
from tests.manual_clock import ManualClock


class Log:
    """A log that takes messages, and fails from the ``fails``th on until it is repaired."""

    def __init__(self, fails: int = 1_000_000) -> None:
        self.messages: dict[str, tuple[str, bytes]] = {}
        self.fails = fails

    async def publish(self, subject: str, data: bytes, headers: dict[str, str]) -> None:
        if len(self.messages) >= self.fails:
            raise nats.errors.ConnectionClosedError
        assert headers["Nats-Msg-Id"] not in self.messages
        self.messages[headers["Nats-Msg-Id"]] = subject, data


def sending(fleet: SimulatedFleet, log: Any, stop: asyncio.Event | None = None) -> Any:
    """Send the run of the first runner with a clock that stands still: everything is due."""
    time: Any = SimpleNamespace(now_s=lambda: 1e6)
    return fleet.runners[0].send(log, time, 0.0, 1.0, stop or asyncio.Event())


async def test_a_run_is_whole_and_evaluated_as_one_process_does_it() -> None:
    fleet, log = SimulatedFleet(1, 12.0, TENANT), Log()
    runner = fleet.runners[0]
    await sending(fleet, log)
    (_, start), *packets, (_, end) = log.messages.values()
    assert {subject for subject, _ in packets} == {runner.address.subject("packets")}
    run = HostedRun(unpack_start(start))
    records = [*run.begin().records]
    for _, data in packets:
        records += run.push(unpack_packets(data)).records
    records += run.finish(unpack_end(end)).records
    assert (run.packets, run.missing, run.repeated) == (runner.packets, 0, 0)
    assert runner.packets == len(list(two_feet_recording(12.0).packets()))
    assert runner.messages == fleet.messages == len(packets) == 12
    assert records == runner.undisturbed()
    assert isinstance(records[0], SessionStarted)
    assert isinstance(records[-1], SessionEnded)


async def test_it_goes_on_with_the_message_that_failed() -> None:
    fleet, log = SimulatedFleet(1, 6.0, TENANT), Log(fails=3)
    with pytest.raises(nats.errors.ConnectionClosedError):
        await sending(fleet, log)
    assert fleet.messages == 2
    log.fails = 1_000_000
    await sending(fleet, log)
    assert [subject.rpartition(".")[2] for subject, _ in log.messages.values()] == [
        "start", *["packets"] * 6, "end",
    ]  # fmt: skip
    assert fleet.running == 0


async def test_after_a_stop_only_the_end_is_sent() -> None:
    fleet, log, stop = SimulatedFleet(1, 6.0, TENANT), Log(), asyncio.Event()
    stop.set()
    await sending(fleet, log, stop)
    assert [subject.rpartition(".")[2] for subject, _ in log.messages.values()] == ["start", "end"]
    assert len(fleet.runners[0].undisturbed()) == 2 + len(
        Session(two_feet_recording(6.0).settings).finish()
    )


async def test_each_message_is_sent_when_its_second_is_over() -> None:
    fleet, log, clock = SimulatedFleet(2, 4.0, TENANT), Log(), ManualClock()
    late: Any = log
    task = asyncio.create_task(fleet.runners[1].send(late, clock, 0.0, 2.0, asyncio.Event()))
    sent = []
    for due_s in (0.75, 1.25, 1.75, 2.25):  # half a second later than the first runner's, twice as fast
        await clock.run(due_s - 0.01)
        sent.append(fleet.runners[1].messages)
        await clock.run(due_s + 0.01)
        sent.append(fleet.runners[1].messages)
    await task
    assert sent == [0, 1, 1, 2, 2, 3, 3, 4]


async def test_a_server_that_comes_back_gets_the_rest(tmp_path: Path) -> None:
    fleet = await asyncio.to_thread(SimulatedFleet, 3, 12.0, TENANT)
    async with running_hub(tmp_path) as hub:
        task = asyncio.create_task(fleet.send(hub, SystemClock(), asyncio.Event(), 4.0))
        await until(lambda: fleet.messages >= 6)
    async with running_server(tmp_path / "nats.conf"):
        await task
        async with hub_connection(hub) as streams:
            traces = await read_run_traces(streams)
    assert [len(trace.packets_s) for trace in traces.values()] == [12, 12, 12]
