"""The steady clock, as something that is passed in: real in service, made up in tests."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

_WITH_SLEEP: int | None = getattr(time, "CLOCK_BOOTTIME", None)  # Linux has it


class MonotonicClock(Protocol):
    """A clock whose seconds never jump, and which waits for them."""

    def now_s(self) -> float:
        """Return the seconds since this clock began."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds of the clock."""
        ...


class SystemClock:
    """A clock that counts this machine's steady time from the moment it was made: session time.

    On Linux it goes on while the machine sleeps (``CLOCK_BOOTTIME``), so that the sleep becomes a gap as
    long as it was; elsewhere that is left to the system's monotonic clock.
    """

    def __init__(self) -> None:
        self._began_s = _steady_s()

    def now_s(self) -> float:
        """Return the seconds since this clock began."""
        return _steady_s() - self._began_s

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds of the clock."""
        await asyncio.sleep(seconds)


def _steady_s() -> float:
    return time.monotonic() if _WITH_SLEEP is None else time.clock_gettime(_WITH_SLEEP)
