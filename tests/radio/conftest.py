"""One suite, several radios; ``GAITCUE_RADIO`` chooses, ``inproc,dbus`` if it is not set.

inproc  bleak on bumble in this process, on a clock that does not wait
dbus    bleak's own BlueZ backend on a private D-Bus, with a small org.bluez over bumble
bluez   bleak's own BlueZ backend, genuine bluetoothd and kernel (inside User Mode Linux)
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable

import pytest

from monitor.emulated.radio import Radio, in_process
from tests.radio.quick import QuickLoop

FACTORIES: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "inproc": QuickLoop,
}


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    levels = os.environ.get("GAITCUE_RADIO", "inproc").split(",")
    return {level: FACTORIES[level] for level in levels}


@pytest.fixture
async def radio() -> AsyncIterator[Radio]:
    async with in_process() as (radio, _):
        yield radio
