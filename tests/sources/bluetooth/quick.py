"""An event loop whose clock does not wait: when nothing is ready, it jumps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any


class QuickLoop(asyncio.SelectorEventLoop):
    """For code that waits for nothing but timers and itself: no sockets, no threads."""

    def __init__(self) -> None:
        self._quick = _Jumps()
        super().__init__(self._quick)

    def time(self) -> float:
        """Seconds since the loop was made, as if it had waited."""
        return self._quick.now_s


class _Jumps(selectors.BaseSelector):
    def __init__(self) -> None:
        self.now_s = 0.0
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return self._real.select(None)
        ready = self._real.select(0)
        if not ready and timeout > 0:
            self.now_s += timeout
        return ready

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


class LoopTime:
    """``MonotonicClock`` on the clock of the running loop, from the moment this object was made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()

    def now_s(self) -> float:
        return self._loop.time() - self._began_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
