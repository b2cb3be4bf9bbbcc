"""A steady clock that runs only when a test says so, or jumps from one sleeper to the next."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count


class ManualClock:
    """A clock without waiting: ``run`` wakes sleepers in the order of their time."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_s(self) -> float:
        return self._now_s

    @property
    def has_sleepers(self) -> bool:
        return bool(self._sleepers)

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + seconds, next(self._order), woken))
        await woken

    async def run(self, until_s: float) -> None:
        """Let everything happen that is due by ``until_s``."""
        while True:
            for _ in range(20):  # whoever can go on does
                await asyncio.sleep(0)
            if not self._sleepers or self._sleepers[0][0] > until_s:
                break
            self._now_s, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
        self._now_s = max(self._now_s, until_s)
