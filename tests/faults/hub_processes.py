"""A hub of processes of its own, which may be killed: workers, a store, a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from monitor.core.nats_client import HubSettings

ROOT = Path(__file__).parents[2]


def _catches(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (number - 1) & 1)


@dataclass
class HubProcesses:
    """Workers and a store as ``gaitcue hub`` runs them, with a settings file in ``folder``."""

    folder: Path
    settings: HubSettings
    workers: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _commands: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def start(self) -> None:
        """Start every worker and the store."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "gaitcue.toml").write_text(f'[hub]\nurl = "{self.settings.url}"\n')
        for number in range(self.workers):
            self._start(f"worker {number}", "worker", "--number", str(number), "--of", str(self.workers))
        self._start("store", "store", "--folder", str(self.folder / "stores"))

    def replace(self, name: str) -> None:
        """End a process with SIGKILL and start another, as its supervisor does."""
        process = self.running[name]
        process.send_signal(signal.SIGKILL)
        process.wait()
        self._start(name, *self._commands[name])

    def stop(self) -> dict[str, int]:
        """Ask every process to stop and return their exit codes; one that has only begun is let begin."""
        for process in self.running.values():
            while process.poll() is None and not _catches(process, signal.SIGTERM):
                time.sleep(0.02)
            process.terminate()
        return {name: process.wait(30) for name, process in self.running.items()}

    def log(self) -> str:
        """Return what all of them have said."""
        return (self.folder / "log").read_text()

    def _start(self, name: str, *arguments: str) -> None:
        self._commands[name] = arguments
        command = [sys.executable, "-m", "monitor", "hub", *arguments]
        command += ["--config", str(self.folder / "gaitcue.toml")]
        with (self.folder / "log").open("ab") as log:
            environment = {**os.environ, "XDG_DATA_HOME": str(self.folder / "data"), "LC_ALL": "C.UTF-8"}
            self.running[name] = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, cwd=ROOT
            )
