"""The steady clock, as something that is passed in: real in service, made up in tests."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class MonotonicClock(Protocol):
    """A clock whose seconds never jump, and which waits for them."""

    def now_s(self) -> float:
        """Return the seconds since this clock began."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds of the clock."""
        ...


class SystemClock:
    """A clock that counts this machine's monotonic time from the moment it was made: session time."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()

    def now_s(self) -> float:
        """Return the seconds since this clock began."""
        return time.monotonic() - self._began_s

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds of the clock."""
        await asyncio.sleep(seconds)
