"""A worker in a process of its own, started anew when it is killed, as systemd or Kubernetes would."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

from monitor.core.errors import SinkError


class SupervisedWorker:
    """``SupervisedWorker`` is worker ``number`` of ``of`` with the settings in ``config``."""

    def __init__(self, number: int, of: int, config: Path) -> None:
        self.number, self.of = number, of
        self._config = config
        self._process: Process | None = None
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The id of its process, None while there is none."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    async def run(self) -> None:
        """Run until cancelled; ``SinkError`` if the worker ends by itself."""
        words = ["hub", "worker", "--number", str(self.number), "--of", str(self.of)]
        while True:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "monitor", *words, "--config", str(self._config)),
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=DEVNULL,
                start_new_session=True,  # Ctrl-C is for whoever supervises
            )
            code = await _wait_or_terminate(self._process)
            if code >= 0:
                raise SinkError(f"worker {self.number} has ended by itself (code {code})")
            self.restarts += 1

    def kill(self) -> None:
        """End its process as ``kill -9`` does."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()


async def _wait_or_terminate(process: Process) -> int:
    """Return the exit code; a cancellation ends the process, and is passed on when it has ended."""
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
