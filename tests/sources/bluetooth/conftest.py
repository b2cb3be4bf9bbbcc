"""One suite, several radios; ``GAITCUE_RADIO`` chooses, ``inproc,dbus`` if it is not set.

inproc  bleak on bumble in this process, on a clock that does not wait
dbus    bleak's own BlueZ backend on a private D-Bus, with a small org.bluez over bumble, on a clock that
        waits an eighth of what it says
bluez   bleak's own BlueZ backend, genuine bluetoothd and kernel (inside User Mode Linux)
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from bleak_retry_connector.bleak_manager import _reset_dbus_socket_cache

from monitor.simulation.emulated.radio import PacedLink, Radio, central, emulated_radio
from monitor.sources.bluetooth.families import bluetooth_families
from tests.sources.bluetooth.mini_bluez import MiniBluez
from tests.sources.bluetooth.private_bus import dbus_daemon, private_bus
from tests.sources.bluetooth.quick import BriskLoop, QuickLoop

Loop = Callable[[], asyncio.AbstractEventLoop]
LOOPS: dict[str, Loop] = {
    "inproc": QuickLoop,
    "dbus": BriskLoop,
    "bluez": asyncio.new_event_loop,
}


def pytest_asyncio_loop_factories() -> dict[str, Loop]:
    """Every test of this folder runs once on each radio."""
    return {level: LOOPS[level] for level in os.environ.get("GAITCUE_RADIO", "inproc,dbus").split(",")}


@dataclass
class RadioUnderTest:
    """The radio of one test.  ``off`` and ``on`` unplug this machine's Bluetooth and bring it back.

    ``bluez`` is the small ``org.bluez`` where that is used.
    """

    radio: Radio
    off: Callable[[], Awaitable[None]]
    on: Callable[[], Awaitable[None]]
    level: str
    bluez: MiniBluez | None = None

    def small_bluez(self) -> MiniBluez:
        """The small ``org.bluez``; on other radios the test is skipped."""
        if self.bluez is None:
            pytest.skip("what bluetoothd does here is emulated on the D-Bus level")
        return self.bluez


@pytest.fixture(autouse=True)
def _families_are_read() -> None:
    """As ``gaitcue run`` has done when its event loop starts."""
    bluetooth_families()


@pytest.fixture
async def tested() -> AsyncIterator[RadioUnderTest]:
    """The radio of the level that this run of the test is for."""
    level = "bluez" if os.environ.get("GAITCUE_RADIO") == "bluez" else "dbus"
    opened = {"bluez": bluez, "dbus": dbus}[level]
    if isinstance(asyncio.get_running_loop(), QuickLoop):
        opened = inproc
    async with opened() as made:
        yield made


@pytest.fixture
def radio(tested: RadioUnderTest) -> Radio:
    """Where to put pods."""
    return tested.radio


@contextlib.asynccontextmanager
async def inproc() -> AsyncIterator[RadioUnderTest]:
    async with emulated_radio() as (radio, stack):

        async def off() -> None:
            stack.powered = False
            for connection in list(stack.device.connections.values()):
                await connection.disconnect()

        async def on() -> None:
            stack.powered = True

        yield RadioUnderTest(radio, off, on, "inproc")


@contextlib.asynccontextmanager
async def dbus() -> AsyncIterator[RadioUnderTest]:
    if dbus_daemon() is None:
        if os.environ.get("CI"):
            pytest.fail("dbus-daemon is missing: apt-get install dbus")
        pytest.skip("dbus-daemon is missing: apt-get install dbus")
    _reset_dbus_socket_cache()
    with private_bus():
        async with central(PacedLink()) as (radio, device):
            bluez = MiniBluez(device)
            await bluez.start()

            async def on() -> None:
                bluez.plug()

            yield RadioUnderTest(radio, bluez.unplug, on, "dbus", bluez)
            bluez.stop()


@contextlib.asynccontextmanager
async def bluez() -> AsyncIterator[RadioUnderTest]:
    from tests.sources.bluetooth.bluez.host import kernel_radio, power

    async with kernel_radio() as radio:
        yield RadioUnderTest(radio, lambda: power(False), lambda: power(True), "bluez")
