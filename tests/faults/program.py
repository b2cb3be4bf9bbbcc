"""The real program in a process of its own, to be stopped, killed and starved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monitor.recordings.tape import Tape, TapeHeader
from monitor.simulation.simulated_runner import RadioModel, simulated_recording
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

COMMAND = (sys.executable, "-m", "monitor")
PATIENCE_S = 100.0


class Home:
    """A user's folders, empty at first, and commands of theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data" / "gaitcue"
        self.environment = {
            **os.environ,
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "COLUMNS": "200",
            "GAITCUE_LOG_FORMAT": "text",
        }

    def run(
        self, *words: object, prefix: Sequence[str] = (), **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; ``more`` are variables of its environment."""
        return subprocess.run(
            [*prefix, *COMMAND, *map(str, words)],
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE_S,
        )

    def start(self, *words: object, prefix: Sequence[str] = (), **more: Any) -> subprocess.Popen[str]:
        """Start a command; ``more`` are arguments of ``Popen``.  Its errors and log are in ``log``."""
        with (self.folder / "log").open("w") as log:
            return subprocess.Popen(
                [*prefix, *COMMAND, *map(str, words)],
                preexec_fn=hear_hang_ups,
                **{"env": self.environment, "stdout": subprocess.PIPE, "stderr": log, "text": True, **more},
            )

    @property
    def log(self) -> str:
        """What the command that was started last has said on stderr."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def sessions(self) -> list[SessionInfo]:
        """The sessions as the store has them; none before there is a store."""
        if not (self.data / "gaitcue.db").exists():
            return []
        with Store(self.data / "gaitcue.db") as store:
            return store.sessions()

    def wait_for(self, text: str, process: subprocess.Popen[str]) -> None:
        """Wait until the log says ``text``; ``AssertionError`` if the program ends before."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.log:
            assert process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)


def hear_hang_ups() -> None:
    """In the child: whoever runs the tests with ``nohup`` has SIGHUP ignored, and it inherits that."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def make_tape(path: Path, seconds: float, radio: RadioModel | None = None, hour: int = 10) -> Path:
    """Write a tape of a simulated runner with two shoes and a belt, begun at this hour; return its path."""
    recording = simulated_recording(seconds, radio)
    tape = Tape(path, TapeHeader("made", f"2026-01-01T{hour:02}:00:00+00:00", recording.settings, "0.1.0"))
    for packet in recording.packets():
        tape.append(packet)
    tape.finish()
    return path


def end(process: subprocess.Popen[str], how: signal.Signals) -> int:
    """Send a signal, wait for the end and return the exit code."""
    process.send_signal(how)
    process.communicate(timeout=PATIENCE_S)
    return process.returncode


def only_environment(**values: str) -> Mapping[str, str]:
    """An environment of these variables, and what a program needs to be found."""
    needed = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {**needed, **values}
