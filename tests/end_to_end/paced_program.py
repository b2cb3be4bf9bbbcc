"""``gaitcue`` with a clock whose pace comes on its standard input, a number a line: a long run in short.

``python -m tests.end_to_end.paced_program replay …``: the whole program, in a process of its own.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time

from monitor.cli.main import main
from monitor.service import live_session


class PacedClock:
    """A steady clock that runs as many times as fast as the true one as was said last."""

    def __init__(self) -> None:
        self._since = 1.0, 0.0, time.monotonic()  # pace, session second and true second when it was said
        threading.Thread(target=self._follow, daemon=True).start()

    def now_s(self) -> float:
        pace, session_s, true_s = self._since
        return session_s + pace * (time.monotonic() - true_s)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._since[0])

    def _follow(self) -> None:
        for line in sys.stdin:
            self._since = float(line), self.now_s(), time.monotonic()


if __name__ == "__main__":
    live_session.SystemClock = PacedClock  # type: ignore[assignment, misc]
    main()
