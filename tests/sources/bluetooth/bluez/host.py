"""The genuine BlueZ of the guest: its kernel gets our controller, D-Bus switches its adapter."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bumble.controller import Controller
from bumble.hci import LeFeatureMask
from bumble.transport import open_transport
from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from monitor.simulation.emulated.radio import PacedLink, Radio


@contextlib.asynccontextmanager
async def kernel_radio() -> AsyncIterator[Radio]:
    """The kernel gets a controller by ``/dev/vhci``; pods share its link."""
    link = PacedLink()
    async with await open_transport("vhci") as transport:
        host = Controller("bluez", host_source=transport.source, host_sink=transport.sink, link=link)
        host.le_features &= ~(LeFeatureMask.LL_PRIVACY | LeFeatureMask.LE_EXTENDED_ADVERTISING)
        await power(True)
        radio = Radio(link, host)
        try:
            yield radio
        finally:
            await radio.clear()


async def power(on: bool) -> None:
    """Switch the adapter; waits until bluetoothd has it and obeys."""
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    message = Message(
        destination="org.bluez",
        path="/org/bluez/hci0",
        interface="org.freedesktop.DBus.Properties",
        member="Set",
        signature="ssv",
        body=["org.bluez.Adapter1", "Powered", Variant("b", on)],
    )
    try:
        async with asyncio.timeout(30):
            while (reply := await bus.call(message)) is None or (
                reply.message_type is not MessageType.METHOD_RETURN
            ):
                message.serial = 0
                await asyncio.sleep(0.05)
    finally:
        bus.disconnect()
