"""Ports for servers of the tests: free, and given to nobody else while the tests run."""

from __future__ import annotations

import contextlib
import os
import random
import socket

FIRST, LAST = 20_000, 32_000
"""Below what the system hands out by itself: a client that retries on one of those can meet itself."""

_ROOM = 2_000  # for each of the workers that run tests side by side
_given: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on, another one each time, and another one in each worker."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + worker * _ROOM % (LAST - FIRST)
    left = [port for port in range(first, first + _ROOM) if port not in _given]
    for port in random.sample(left, 100):
        with contextlib.suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", port))
            _given.add(port)
            return port
    raise AssertionError("there is no free port")
