"""Signals that end a run, for however many sessions run in this program.

SIGINT (Ctrl-C), SIGTERM (``kill``, systemd, a shutdown) and SIGHUP (the terminal or the remote login is
gone; on Windows SIGBREAK, a closed console).  A SIGHUP that was ignored at the start stays so: ``nohup``
asks for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from monitor.core.lost_terminal import open_terminals, silence_lost_terminals


@contextlib.contextmanager
def handle_stop_signals(stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Let the signals that end a run call ``stop``; the block gets a function: has one come?"""
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


def interrupt_on_stop_signals() -> None:
    """Let the signals that end a run interrupt this program as Ctrl-C does: for work without a loop."""
    for number in _ending_signals():
        signal.signal(number, signal.default_int_handler)


class _StopSignals:
    """A signal stops every session that runs in this program.

    The handlers come with the first session and go with the last one, whichever that is: a handler that
    outlived its loop would raise from then on.
    """

    def __init__(self) -> None:
        self._stops: list[Callable[[], None]] = []
        self._before: dict[int, Any] = {}
        self._terminals: list[int] = []

    def add(self, stop: Callable[[], None]) -> None:
        """Call ``stop`` on each signal from now on; not in a thread: whoever started that stops it."""
        if threading.current_thread() is not threading.main_thread():
            return
        if not self._stops:
            self._terminals = open_terminals()
            self._before = {number: signal.signal(number, self._stop_all) for number in _ending_signals()}
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
        silence_lost_terminals(self._terminals)
        for stop in self._stops:
            stop()


def _ending_signals() -> list[signal.Signals]:
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        return [*numbers, signal.SIGBREAK]
    return numbers if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [*numbers, signal.SIGHUP]


_stop_signals = _StopSignals()
