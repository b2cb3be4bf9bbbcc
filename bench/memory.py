"""Memory of the live service over a day (tape, store, page, log and summary around simulated packets), of
the program itself with a page that somebody looks at, and what commands that only read the store take.

``python -m bench.memory 24`` plays so many hours as fast as they are evaluated, and prints the memory of
this process (resident set, Linux) at every hour.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gc
import itertools
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

from monitor.core.monotonic import SystemClock
from monitor.core.records import SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.recordings.tape import Tape, TapeHeader
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


def resident_mb(process: int | str = "self") -> float:
    """Return the memory of a process in the machine, in MB; NaN where the system does not say."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
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


def page_memory(seconds: float, speed: float) -> dict[str, str | float]:
    """Measure the program as a runner starts it, with a page that is open all the time (Linux).

    ``gaitcue replay --web`` of a coached run, so many times faster than it was run: everything that
    ``gaitcue run`` has but the radio.  The memory after a tenth of the run, and at its end.
    """
    with tempfile.TemporaryDirectory() as folder:
        tape, port = Path(folder) / "coached.tape", _free_port()
        write_coached_tape(tape, seconds)
        words = ["-m", "monitor", "replay", str(tape), "--speed", str(speed), "--web", "--port", str(port)]
        around = os.environ | {"XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
        with subprocess.Popen([sys.executable, *words], env=around, stdout=subprocess.DEVNULL) as program:
            try:
                held_mb = dict(_page_memory(program.pid, port, (0.1 * seconds, 0.98 * seconds)))
            finally:
                program.terminate()
    early_mb, late_mb = held_mb.values()
    return {
        "case": f"memory: {seconds:.0f} s with an open page",
        "early_mb": early_mb,
        "late_mb": late_mb,
        "grown_mb": late_mb - early_mb,
    }


def write_coached_tape(path: Path, seconds: float) -> None:
    """Write the tape of a coached run of a runner who drifts and answers."""
    one = recording_of_run(drifting_bouts(min(_ROUND_S, seconds)))
    recording = repeat_recording(one, math.ceil(seconds / one.duration_s))
    tape = Tape(path, TapeHeader("bench", "", coached_settings(one.settings), "bench"))
    for number, packet in enumerate(recording.packets(), start=1):
        if packet.arrival_ns > seconds * 1e9:
            break
        tape.append(packet)
        if number % 300 == 0:
            tape.commit()
    tape.finish()


def _page_memory(process: int, port: int, marks_s: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Each of these seconds of the session, and what the program then held, in MB; read by a page."""
    waiting = list(marks_s)
    with _open_page(port) as page:
        for message in page:
            if json.loads(message)["at_s"] >= waiting[0]:
                yield waiting.pop(0), resident_mb(process)
                if not waiting:
                    return
    raise RuntimeError("the run ended before its time")


def _open_page(port: int) -> ClientConnection:
    """The page's connection, once the program answers."""
    for _ in range(300):
        with contextlib.suppress(OSError):
            return connect(f"ws://127.0.0.1:{port}/ws", max_size=None, ping_interval=None)
        time.sleep(0.1)
    raise RuntimeError("the page does not answer")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


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
