"""The air: a virtual link between controllers that delivers at connection events, as a radio does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.device import Device, DeviceConfiguration
from bumble.hci import Address
from bumble.link import LocalLink

from monitor.simulation.emulated.backend import Stack

INTERVAL_S = 0.015  # between connection events; phones and PCs negotiate 7.5 to 50 ms
_SUPERVISION_TIMEOUT = 0x08  # HCI reason when a link dies of silence


class PacedLink(LocalLink):
    """A link on which everything waits for the next connection event, so notifications come in bursts.

    bumble's own link delivers at once; BlueZ then loses "Connected" when the ATT channel opens
    within a millisecond of the link.  And a host changes its address for every scan (Linux does);
    bumble would then no longer know whose data it is.
    """

    def __init__(self, interval_s: float = INTERVAL_S) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._interval_s = interval_s
        self._waiting: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None

    def send_acl_data(
        self, sender_controller: Controller, destination_address: Address, transport: Any, data: bytes
    ) -> None:
        """Deliver data of a connection at the next connection event."""
        if transport != PhysicalTransport.LE:
            super().send_acl_data(sender_controller, destination_address, transport, data)
            return
        link = sender_controller.le_connections.get(destination_address)
        source = sender_controller.random_address if link is None else link.self_address
        receiver = self.find_le_controller(destination_address)
        if receiver is not None:
            self._at_next_event(lambda: receiver.on_link_acl_data(source, transport, data))

    def send_ll_control_pdu(self, sender_address: Address, receiver_address: Address, packet: Any) -> None:
        """Deliver link layer control (connection parameters, termination) at the next event."""
        receiver = self.find_le_controller(receiver_address)
        if receiver is not None:
            self._at_next_event(lambda: receiver.on_ll_control_pdu(sender_address, packet))

    def _at_next_event(self, deliver: Callable[[], None]) -> None:
        self._waiting.append(deliver)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            due_s = (math.floor(loop.time() / self._interval_s) + 1) * self._interval_s
            self._timer = loop.call_at(due_s, self._event)

    def _event(self) -> None:
        waiting, self._waiting, self._timer = self._waiting, [], None
        for deliver in waiting:
            deliver()


class _Switchable(Protocol):
    """What the radio knows of its pods: each can be switched on and off."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Radio:
    """A radio with one central (ours) and the pods around it.  ``host`` is the central's controller."""

    def __init__(self, link: LocalLink, host: Controller) -> None:
        self.link = link
        self.host = host
        self.pods: list[_Switchable] = []

    def controller(self, name: str) -> Controller:
        """Return a controller for one more pod."""
        return Controller(name, link=self.link)

    async def clear(self) -> None:
        """Switch off every pod on this radio."""
        for pod in self.pods:
            await pod.stop()

    def cut(self, controller: Controller, address: Address) -> None:
        """Make both ends lose each other without a word, as when a shoe goes out of range."""
        for end in (self.host, controller):
            for connection in list(end.le_connections.values()):
                if end is controller or connection.peer_address == address:
                    end.on_le_disconnected(connection, _SUPERVISION_TIMEOUT)


@contextlib.asynccontextmanager
async def central(link: LocalLink) -> AsyncIterator[tuple[Radio, Device]]:
    """Yield the radio and the powered-on device of a central on this link."""
    host = Controller("central", link=link)
    config = DeviceConfiguration(name="central", address=Address("F0:00:00:00:00:01"))
    device = Device.from_config_with_hci(config, host, host)
    await device.power_on()
    radio = Radio(link, host)
    try:
        yield radio, device
    finally:
        await radio.clear()


@contextlib.asynccontextmanager
async def emulated_radio(interval_s: float = INTERVAL_S) -> AsyncIterator[tuple[Radio, Stack]]:
    """Let the Bluetooth of this process be the emulated one until the block ends."""
    logging.getLogger("bumble").setLevel(logging.CRITICAL)  # it mourns every link that ends
    async with central(PacedLink(interval_s)) as (radio, device):
        stack = Stack(device)
        with stack.installed():
            yield radio, stack
