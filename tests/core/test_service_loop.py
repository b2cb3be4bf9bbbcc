"""The loop of a service: threads that hang leave others free."""

from __future__ import annotations

import asyncio
import threading

from monitor.core.service_loop import run_with_spare_threads


def test_forty_threads_that_hang_leave_one_for_whoever_needs_it() -> None:
    async def main() -> str:
        end = threading.Event()
        hanging = [asyncio.ensure_future(asyncio.to_thread(end.wait)) for _ in range(40)]
        try:
            async with asyncio.timeout(60):
                return await asyncio.to_thread(lambda: "done")
        finally:
            end.set()
            await asyncio.gather(*hanging)

    assert run_with_spare_threads(main()) == "done"
