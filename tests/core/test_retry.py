"""Cancellation that a library swallows."""

from __future__ import annotations

import asyncio
import logging

import pytest

from monitor.core.errors import SinkError
from monitor.core.monotonic import SystemClock
from monitor.core.outage import Outage
from monitor.core.retry import Backoff, pass_on_cancellation, retry_until_done
from tests.swallowed import ends_when_cancelled, swallow_cancellation

QUICK = Backoff(first_s=1e-3, longest_s=1e-3)


async def test_a_cancellation_that_was_swallowed_is_passed_on() -> None:
    async def work() -> None:
        while True:
            pass_on_cancellation()
            await swallow_cancellation(asyncio.sleep(60.0))

    await ends_when_cancelled(work())


async def test_nothing_is_passed_on_where_nobody_cancelled() -> None:
    pass_on_cancellation()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.0):
            await asyncio.sleep(60.0)
    pass_on_cancellation()  # the time-out was cancelled and is over


async def test_a_failure_in_place_of_a_cancellation_is_not_tried_again() -> None:
    async def attempt(generation: int) -> None:
        await swallow_cancellation(asyncio.sleep(60.0))
        raise SinkError("closed")

    outage = Outage(logging.getLogger("far"), "far", SystemClock().now_s)
    await ends_when_cancelled(
        retry_until_done(attempt, lambda exc, wait_s: None, outage, SystemClock(), QUICK)
    )
