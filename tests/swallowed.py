"""A library that swallows a cancellation once, as ``asyncio.wait_for`` before Python 3.12 may do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


async def swallow_cancellation(what: Awaitable[_T]) -> _T | None:
    """Wait for something; when cancelled meanwhile, return nothing instead."""
    with contextlib.suppress(asyncio.CancelledError):
        return await what
    return None


async def ends_when_cancelled(work: Coroutine[Any, Any, Any] | asyncio.Task[Any]) -> None:
    """Fail unless what is at work ends by one cancellation."""
    task = work if isinstance(work, asyncio.Task) else asyncio.create_task(work)
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task], timeout=5.0)
    assert task.cancelled()
