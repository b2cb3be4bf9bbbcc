"""Emulated sensors: each a real GATT server that behaves as the documents and captures say.

A pod measures from ``start`` on, whether anybody listens or not, as real ones do: what is not
notified because the link is down is what a receiver must count as lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from bumble import data_types
from bumble.core import UUID, AdvertisingData, DataType
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address

from monitor.devices.gatt import sig_uuid
from monitor.simulation.emulated.radio import Radio

_P, _R = Characteristic.Properties, Characteristic.Permissions
_ADVERTISING_MS = 100.0

_GattValue = CharacteristicValue[bytes] | bytes


def notifying(uuid: str) -> Characteristic[bytes]:
    """Return a characteristic that can only notify."""
    return Characteristic(uuid, _P.NOTIFY, _R(0), b"")


def readable(uuid: str, value: bytes) -> Characteristic[bytes]:
    """Return a characteristic that can only be read and never changes."""
    return Characteristic(uuid, _P.READ, _R.READABLE, value)


class Pod(ABC):
    """A peripheral with identity and battery, and one stream.

    ``advertised`` are the services in its advertisement.  ``notified`` counts notifications that were
    sent to somebody.  Each pod gets a fresh random address.
    """

    def __init__(
        self,
        radio: Radio,
        name: str,
        services: Sequence[Service],
        advertised: Iterable[str] = (),
        serial: str = "",
        battery_pct: int | None = 87,
    ) -> None:
        self.name = name
        self.notified = 0
        self.silent = False  # measures, and sends nothing
        self._radio = radio
        radio.pods.append(self)
        self._controller = radio.controller(name)
        self._address = Address.generate_static_address()
        config = DeviceConfiguration(
            name=name,
            address=self._address,
            advertising_interval_min=_ADVERTISING_MS,
            advertising_interval_max=_ADVERTISING_MS,
        )
        self.device = Device.from_config_with_hci(config, self._controller, self._controller)
        self.battery = readable(sig_uuid(0x2A19), bytes([battery_pct or 0]))
        standard = [] if battery_pct is None else [Service(UUID(sig_uuid(0x180F)), [self.battery])]
        if serial:
            identity = readable(sig_uuid(0x2A25), serial.encode())
            standard.append(Service(UUID(sig_uuid(0x180A)), [identity]))
        self.device.add_services([*services, *standard])
        self._advertised = tuple(advertised)
        self.rename(name)
        self.connections: list[Connection] = []
        self.device.on("connection", self._on_connection)
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def measure(self) -> None:
        """Measure and notify until the task is cancelled."""

    def forget(self) -> None:  # noqa: B027 - most keep nothing
        """Forget what the device keeps per connection; called when a link has ended."""

    def rename(self, name: str) -> None:
        """Set the name that it advertises from the next time on that it appears."""
        self.name = name
        self.device.advertising_data = _advertisement(name, self._advertised)

    async def start(self) -> None:
        """Switch on and begin to measure."""
        await self.device.power_on()
        await self.appear()
        self._task = asyncio.create_task(self.measure(), name=f"pod {self.name}")

    async def stop(self) -> None:
        """End the pod: links are closed, measuring ends."""
        if self._task is None:
            return
        task, self._task = self._task, None
        task.cancel()
        await asyncio.wait([task])
        await self.vanish()
        if not task.cancelled() and (trouble := task.exception()):
            raise trouble

    async def appear(self) -> None:
        """Begin to advertise, as when switched on or back in range."""
        await self.device.start_advertising(auto_restart=True)

    async def vanish(self) -> None:
        """Switch off: the pod says goodbye and is not to be seen any more."""
        await self.device.stop_advertising()
        await self.hang_up()

    async def hang_up(self) -> None:
        """End the link as a device does that decides to; it goes on advertising."""
        for connection in list(self.connections):
            with contextlib.suppress(asyncio.CancelledError):
                await connection.disconnect()

    async def wait_until_free(self) -> None:
        """Wait until nobody is connected any more."""
        while self.connections:  # noqa: ASYNC110 - bumble tells of ends one link at a time
            await asyncio.sleep(0.01)

    def cut(self) -> None:
        """Cut every link as when out of range for a moment: no goodbye, both ends notice."""
        self._radio.cut(self._controller, self._address)

    async def notify(self, characteristic: Characteristic[bytes], value: bytes) -> bool:
        """Send ``value`` to all that subscribed; return False if that is nobody."""
        subscribed = self.device.gatt_server.subscribers
        listening = [
            c for c in self.connections if any(subscribed.get(c, {}).get(characteristic.handle, b""))
        ]
        if self.silent or not any(c.att_mtu >= len(value) + 3 for c in listening):
            return False
        if characteristic.properties & _P.INDICATE:
            await self.device.indicate_subscribers(characteristic, value)
        else:
            await self.device.notify_subscribers(characteristic, value)
        self.notified += 1
        return True

    def _on_connection(self, connection: Connection) -> None:
        self.connections.append(connection)

        def ended(_reason: int) -> None:
            self.connections.remove(connection)
            self.forget()

        connection.on("disconnection", ended)


_LONGEST_ADVERTISEMENT = 31
"""Bytes of a legacy advertisement (Bluetooth Core, vol. 6, part B, 2.3.1): a kernel drops longer ones."""


def _advertisement(name: str, advertised: Iterable[str]) -> bytes:
    flags = AdvertisingData.Flags
    structures: list[DataType] = [
        data_types.Flags(flags.LE_GENERAL_DISCOVERABLE_MODE | flags.BR_EDR_NOT_SUPPORTED)
    ]
    if services := [UUID(s[4:8]) for s in advertised]:
        structures.append(data_types.IncompleteListOf16BitServiceUUIDs(services))
    structures.append(data_types.CompleteLocalName(name))
    advertisement = bytes(AdvertisingData(structures))
    if len(advertisement) > _LONGEST_ADVERTISEMENT:
        raise ValueError(f"the name {name!r} is too long to be advertised")
    return advertisement


class Ticker:
    """A clock of beats every ``period_s`` of the event loop; beats that are late are made up at once."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._next_s = asyncio.get_running_loop().time()

    async def wait(self) -> None:
        """Wait until the next beat is due."""
        self._next_s += self._period_s
        wait_s = self._next_s - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, wait_s))


class RunningPod(Pod):
    """A pod with Running Speed and Cadence: once a second 3 m/s, 170 per minute, stride 1.1 m."""

    def __init__(
        self, radio: Radio, name: str = "RunPod 1", *, serial: str = "", battery_pct: int | None = 87
    ) -> None:
        self._measurement = notifying(sig_uuid(0x2A53))
        feature = readable(sig_uuid(0x2A54), struct.pack("<H", 0x0007))
        service = Service(UUID(sig_uuid(0x1814)), [self._measurement, feature])
        super().__init__(radio, name, [service], [sig_uuid(0x1814)], serial, battery_pct)

    async def measure(self) -> None:
        """Send a measurement a second, with flags that say that the stride length is there."""
        beat = Ticker(1.0)
        while True:
            await beat.wait()
            await self.notify(self._measurement, struct.pack("<BHBH", 1, 768, 170, 110))


class Strap(Pod):
    """A pod with heart rate: one measurement a second with one R-R interval."""

    def __init__(self, radio: Radio, name: str = "Strap 7", *, battery_pct: int | None = 87) -> None:
        self._measurement = notifying(sig_uuid(0x2A37))
        super().__init__(
            radio,
            name,
            [Service(UUID(sig_uuid(0x180D)), [self._measurement])],
            [sig_uuid(0x180D)],
            "",
            battery_pct,
        )

    async def measure(self) -> None:
        """Send 150 beats a minute, and with each measurement an R-R of 0.4 s."""
        beat = Ticker(1.0)
        while True:
            await beat.wait()
            await self.notify(self._measurement, struct.pack("<BBH", 0x10, 150, 410))
