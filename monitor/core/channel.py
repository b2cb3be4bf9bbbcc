"""A bounded hand-over between tasks, with a definite end and a count of what it lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Channel(Generic[_T]):
    """A queue into which many may ``put`` (never blocks, never raises) and from which one takes batches.

    When full, the oldest goes and is counted in ``dropped``: a reader that comes back wants the
    present.  After ``close`` the reader gets what is left, then its loop ends.  One event loop
    only; a reader that is replaced (after a failure) goes on where the last one stopped.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        self.dropped = 0
        self._waiting: deque[_T] = deque(maxlen=capacity)
        self._closed = False
        self._stirred = asyncio.Event()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def closed(self) -> bool:
        """True once ``close`` was called; what still waits can be taken."""
        return self._closed

    def put(self, item: _T) -> None:
        """Hand over one item; after ``close`` it is dropped and counted."""
        if self._closed or len(self._waiting) == self._waiting.maxlen:
            self.dropped += 1
        if not self._closed:
            self._waiting.append(item)
            self._stirred.set()

    def close(self) -> None:
        """End the channel: nothing more is taken in, and ``batches`` ends after what waits."""
        self._closed = True
        self._stirred.set()

    async def batches(self) -> AsyncIterator[list[_T]]:
        """Yield all that waits, again and again, until closed and empty."""
        while True:
            await self._stirred.wait()
            if self._waiting:
                batch = list(self._waiting)
                self._waiting.clear()
                yield batch
            elif self._closed:
                return
            else:
                self._stirred.clear()
