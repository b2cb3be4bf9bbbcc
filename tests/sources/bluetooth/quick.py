"""Event loops whose clocks wait less than they say: not at all, or a part where others must answer."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Mapping
from typing import Any

BRISK_PACE = 8.0
"""How much shorter a brisk loop waits.  A bus between it and itself answers in a millisecond; the shortest
time that is waited out for an answer, a second, still lasts over a tenth of one."""

Ready = list[tuple[selectors.SelectorKey, int]]


class QuickLoop(asyncio.SelectorEventLoop):
    """For code that waits for nothing but timers and itself: no sockets, no threads.

    When nothing is ready, its clock jumps to the next timer.
    """

    def __init__(self) -> None:
        self._quick = _Jumps()
        super().__init__(self._quick)

    def time(self) -> float:
        """Seconds since the loop was made, as if it had waited."""
        return self._quick.now_s


class BriskLoop(asyncio.SelectorEventLoop):
    """For code that also waits for another process which only passes on what it is given, as a bus does.

    While nothing is ready its clock goes faster than the true one; what is computed takes its time.
    """

    def __init__(self) -> None:
        self._brisk = _Hurries()
        super().__init__(self._brisk)

    def time(self) -> float:
        """Seconds of a clock, as if it had waited."""
        return time.monotonic() + self._brisk.ahead_s

    def keep_true_time(self) -> None:
        """Wait as long as it says from now on, for a process that has a clock of its own."""
        self._brisk.pace = 1.0


class _Wrapped(selectors.BaseSelector):
    """The selector of this system."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class _Jumps(_Wrapped):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> Ready:
        if timeout is None:
            return self._real.select(None)
        ready = self._real.select(0)
        if not ready and timeout > 0:
            self.now_s += timeout
        return ready


class _Hurries(_Wrapped):
    """``ahead_s`` is how far its clock has come before the true one."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead_s, self.pace = 0.0, BRISK_PACE

    def select(self, timeout: float | None = None) -> Ready:
        if timeout is None or timeout <= 0:
            return self._real.select(timeout)
        began_s = time.monotonic()
        ready = self._real.select(timeout / self.pace)
        waited_s = time.monotonic() - began_s
        self.ahead_s += max(0.0, min(waited_s * self.pace, timeout) - waited_s)  # never past the next timer
        return ready


class LoopTime:
    """``MonotonicClock`` on the clock of the running loop, from the moment this object was made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()

    def now_s(self) -> float:
        return self._loop.time() - self._began_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
