"""Memory of the live service over a day (tape, store, page, log and summary around simulated packets), and
what commands that only read the store take.

``python -m bench.memory 24`` plays so many hours as fast as they are evaluated, and prints the memory of
this process (resident set, Linux) at every hour.
"""

from __future__ import annotations

import asyncio
import datetime
import gc
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.core.monotonic import SystemClock
from monitor.core.records import SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.service.serve import serve
from monitor.simulation.drifting_runner import coached_settings, drifting_bouts
from monitor.simulation.simulated_runner import recording_of_run, repeat_recording, simulated_recording
from monitor.sinks.live_state import LiveState
from monitor.sinks.protocol import Sink
from monitor.sinks.run_summary import RunSummary
from monitor.sinks.session_log import SessionLog
from monitor.sinks.store import StoreSink
from monitor.sources.protocol import Emit
from monitor.storage.import_recording import import_recording
from monitor.storage.new_session import begin_session
from monitor.storage.store import Store
from monitor.web.live_feed import LiveFeed

_ROUND_S = 600.0
_AHEAD_S = 20.0  # of session time: no packet may be dropped because they come too fast


class EvaluatedSource:
    """A source as fast as the session evaluates its packets; ``on_hour`` is called each hour."""

    name = "bench"
    live = False

    def __init__(self, recording: Recording, session: Session, on_hour: Callable[[int], None]) -> None:
        self._recording, self._session, self._on_hour = recording, session, on_hour

    async def run(self, emit: Emit) -> None:
        """Emit every packet, never far ahead of the session."""
        hours = 0
        for packet in self._recording.packets():
            await self._wait_for_session(packet.arrival_ns * 1e-9 - _AHEAD_S)
            emit(packet)
            if self._session.t_s >= 3600 * (hours + 1):
                hours += 1
                self._on_hour(hours)

    async def _wait_for_session(self, t_s: float) -> None:
        for pause_s in itertools.repeat(0.001):
            if self._session.t_s >= t_s:
                return
            await asyncio.sleep(pause_s)


def resident_mb() -> float:
    """Return the memory of this process in the machine, in MB; NaN where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def memory_by_hour(hours: int, on_hour: Callable[[int], None] = lambda hour: None) -> list[float]:
    """Run the live service for so many hours of a coached run and return its MB at the end of each."""
    out: list[float] = []

    def note(hour: int) -> None:
        gc.collect()
        out.append(resident_mb())
        on_hour(hour)

    one = recording_of_run(drifting_bouts(_ROUND_S))
    settings = coached_settings(one.settings)
    recording = repeat_recording(one, round(hours * 3600 / _ROUND_S) + 1)
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "gaitcue.db") as store:
        asyncio.run(_run(store, Path(folder), settings, recording, note))
    return out


async def _run(
    store: Store,
    folder: Path,
    settings: SessionSettings,
    recording: Recording,
    note: Callable[[int], None],
) -> None:
    time, session = SystemClock(), Session(settings)
    sensors = tuple(s.name for s in settings.sensors)
    started = SessionStarted("bench", settings.athlete, "2026-01-01T07:00:00+00:00", sensors)
    tape = begin_session(store, folder, "bench", settings, started)
    page = LiveFeed(LiveState(), time, lambda: session.t_s)
    sinks: list[Sink] = [RunSummary(settings), SessionLog(), StoreSink(store, started.session, time), page]
    await serve([EvaluatedSource(recording, session, note)], session, sinks, started, tape=tape, time=time)


def growth(hours: int) -> dict[str, str | float]:
    """Measure by how much the memory of the service grows after its first hour."""
    by_hour = memory_by_hour(hours)
    return {
        "case": f"memory: {hours} hours live",
        "first_hour_mb": by_hour[0],
        "most_later_mb": max(by_hour[1:]),
        "grown_mb": max(by_hour[1:]) - by_hour[0],
    }


READING_COMMANDS = ("sessions list", "stack status", "config", "log list", "plan")
"""Commands that read the store and no more: nobody should wait for what only a run needs."""
_ONE_COMMAND = """
import resource, sys
from monitor.cli.main import main
sys.argv = ["gaitcue", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(status["VmHWM"].split()[0], used.ru_utime + used.ru_stime, file=sys.stderr)
"""
"""``ru_maxrss`` would count what the parent held when it forked."""


def command_costs() -> Iterator[dict[str, str | float]]:
    """Yield what each command that only reads takes, in a fresh process with a run in its store (Linux)."""
    with tempfile.TemporaryDirectory() as folder:
        data, began = Path(folder) / "gaitcue", datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)
        with Store(data / "gaitcue.db") as store:
            import_recording(store, data, simulated_recording(90.0), "me", began)
        around = os.environ | {"XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
        for number, command in enumerate(READING_COMMANDS * 2):
            words = [sys.executable, "-c", _ONE_COMMAND, *command.split()]
            done = subprocess.run(words, env=around, capture_output=True, text=True, check=True)
            most_kb, cpu_s = done.stderr.split()[-2:]
            if number >= len(READING_COMMANDS):  # the first round makes what is kept for the next
                yield {
                    "case": f"gaitcue {command}",
                    "memory_mb": float(most_kb) / 1024,
                    "cpu_s": float(cpu_s),
                }


if __name__ == "__main__":
    print(json.dumps(growth(int(sys.argv[1]))))
