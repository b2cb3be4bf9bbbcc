"""The event loop of a service: threads enough for what hangs.

Looking up a name in the network, and a library that knows no asyncio, block a thread of the loop's pool
until they come back, which without a network takes half a minute.  A pool of the usual size (six threads on
two cores) is then soon full, and whatever else needs a thread for a moment waits: the store, a connection
to be made again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_T = TypeVar("_T")

THREADS = 64
"""The most threads of the pool, made when they are needed.

A far end has one request at a time and gives up each after ten seconds, so that it leaves three or four
hanging; this is enough for a dozen of them, eight services of Apprise included (a choice).
"""


def run_with_spare_threads(main: Coroutine[Any, Any, _T]) -> _T:
    """Run ``main`` to its end as ``asyncio.run`` does, with a pool of ``THREADS`` threads."""
    with asyncio.Runner(loop_factory=_make_loop) as runner:
        return runner.run(main)


def _make_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="service"))
    return loop
