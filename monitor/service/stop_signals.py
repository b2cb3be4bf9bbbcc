"""SIGINT and SIGTERM, for however many sessions run in this program."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def handle_stop_signals(stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Let SIGINT and SIGTERM call ``stop``; the block gets a function that says whether one came."""
    loop, times = asyncio.get_running_loop(), 0

    def stop_soon() -> None:
        nonlocal times
        times += 1
        loop.call_soon_threadsafe(stop)

    _stop_signals.add(stop_soon)
    try:
        yield lambda: times > 0
    finally:
        _stop_signals.remove(stop_soon)


class _StopSignals:
    """SIGINT and SIGTERM stop every session that runs in this program.

    The handlers come with the first session and go with the last one, whichever that is: a handler that
    outlived its loop would raise from then on.
    """

    def __init__(self) -> None:
        self._stops: list[Callable[[], None]] = []
        self._before: dict[int, Any] = {}

    def add(self, stop: Callable[[], None]) -> None:
        """Call ``stop`` on each signal from now on; not in a thread: whoever started that stops it."""
        if threading.current_thread() is not threading.main_thread():
            return
        if not self._stops:
            numbers = (signal.SIGINT, signal.SIGTERM)
            self._before = {number: signal.signal(number, self._stop_all) for number in numbers}
        self._stops.append(stop)

    def remove(self, stop: Callable[[], None]) -> None:
        """Forget ``stop``; after the last one the handlers are those of before."""
        if stop not in self._stops:
            return
        self._stops.remove(stop)
        if not self._stops:
            for number, handler in self._before.items():
                if signal.getsignal(number) == self._stop_all:
                    signal.signal(number, handler)

    def _stop_all(self, number: int, frame: object) -> None:
        for stop in self._stops:
            stop()


_stop_signals = _StopSignals()
