"""bleak on bumble: a scanner, a client and an adapter whose host stack lives in this process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, ClassVar, TypeVar
from unittest import mock
from uuid import UUID as StandardUuid

from bleak.assigned_numbers import CharacteristicPropertyName
from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)
from bumble.att import ATT_Error
from bumble.core import UUID, AdvertisingData, ProtocolError
from bumble.core import ConnectionError as NoConnection
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.gatt import Characteristic

_T = TypeVar("_T")

EMULATED_MTU = 517
_P = Characteristic.Properties
_PROPERTIES: dict[Characteristic.Properties, CharacteristicPropertyName] = {
    _P.READ: "read",
    _P.WRITE_WITHOUT_RESPONSE: "write-without-response",
    _P.WRITE: "write",
    _P.NOTIFY: "notify",
    _P.INDICATE: "indicate",
}


class Stack:
    """The host stack of the central.  While ``powered`` is off, bleak finds Bluetooth switched off."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.powered = True

    def check(self) -> None:
        """Raise what bleak raises where Bluetooth is switched off."""
        if not self.powered:
            reason = BleakBluetoothNotAvailableReason.POWERED_OFF
            raise BleakBluetoothNotAvailableError("no powered adapter", reason)

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Make this the platform's Bluetooth: code under it uses bleak as always."""
        scanner = type("BumbleScanner", (_Scanner,), {"stack": self})
        client = type("BumbleClient", (_Client,), {"stack": self})
        adapter = type("BumbleAdapter", (_Adapter,), {"stack": self})
        with (
            mock.patch("bleak.get_platform_scanner_backend_type", return_value=(scanner, "bumble")),
            mock.patch("bleak.get_platform_client_backend_type", return_value=(client, "bumble")),
            mock.patch("bleak.get_platform_adapter_backend_type", return_value=(adapter, "bumble")),
            mock.patch("bleak_retry_connector.IS_LINUX", False),  # do not ask this machine's BlueZ
            mock.patch("bleak_retry_connector.bluez.IS_LINUX", False),
        ):
            yield


def uuid_text(uuid: UUID) -> str:
    """Return a UUID of bumble as bleak writes it."""
    return str(StandardUuid(bytes=bytes(reversed(uuid.to_bytes(force_128=True)))))


@contextlib.contextmanager
def _as_bleak() -> Iterator[None]:
    try:
        yield
    except (ATT_Error, ProtocolError) as exc:
        known = {int(code): code for code in BleakGATTProtocolErrorCode}
        if exc.error_code not in known:
            raise BleakError(str(exc)) from exc
        raise BleakGATTProtocolError(known[exc.error_code]) from exc


class _Adapter(BaseBleakAdapter):
    stack: ClassVar[Stack]

    @classmethod
    async def get(cls, **_: Any) -> _Adapter:
        return cls()

    async def get_connected_devices(self, service_uuids: frozenset[str]) -> list[BLEDevice]:
        return []  # links of this stack end with this process


class _Scanner(BaseBleakScanner):
    stack: ClassVar[Stack]

    def __init__(self, detection_callback: Any, service_uuids: Any, scanning_mode: str, **_: Any) -> None:
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode != "passive"
        self._known: dict[str, _Advertised] = {}

    async def start(self) -> None:
        self.stack.check()
        self.seen_devices, self._known = {}, {}
        self.stack.device.on("advertisement", self._on_advertisement)
        await self.stack.device.start_scanning(active=self._active, filter_duplicates=False)

    async def stop(self) -> None:
        self.stack.device.remove_listener("advertisement", self._on_advertisement)
        await self.stack.device.stop_scanning()

    def _on_advertisement(self, advertisement: Advertisement) -> None:
        if not self.stack.powered:
            return
        key = str(advertisement.address)
        known = self._known.setdefault(key, _Advertised())
        known.take(advertisement.data)
        if not self.is_allowed_uuid(known.services):
            return
        data = AdvertisementData(
            known.name, {}, {}, list(known.services), None, advertisement.rssi, (advertisement,)
        )
        address = advertisement.address.to_string(with_type_qualifier=False)
        details = {"address": advertisement.address}
        device = self.create_or_update_device(key, address, known.name, details, data)
        self.call_detection_callbacks(device, data)


class _Advertised:
    """What a device has advertised so far, over several packets."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.services: list[str] = []

    def take(self, data: AdvertisingData) -> None:
        kinds = AdvertisingData.Type
        for kind, value in data.ad_structures:
            match kinds(kind):
                case kinds.COMPLETE_LOCAL_NAME | kinds.SHORTENED_LOCAL_NAME:
                    self.name = value.decode("utf-8", "replace")
                case (
                    kinds.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS
                    | kinds.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS
                ):
                    self._add(value, 2)
                case (
                    kinds.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS
                    | kinds.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS
                ):
                    self._add(value, 16)

    def _add(self, value: bytes, size: int) -> None:
        for at in range(0, len(value) - size + 1, size):
            uuid = uuid_text(UUID.from_bytes(value[at : at + size]))
            if uuid not in self.services:
                self.services.append(uuid)


class _Client(BaseBleakClient):
    stack: ClassVar[Stack]

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        services: Any = None,
        *,
        disconnected_callback: Callable[[], None] | None,
        timeout: float,
        **_: Any,
    ) -> None:
        super().__init__(
            address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout
        )
        if isinstance(address_or_ble_device, str):
            raise BleakError("the emulated radio connects to devices it has seen, not to addresses")
        self._ble = address_or_ble_device
        self._connection: Connection | None = None
        self._peer: Peer | None = None
        self._subscribed: dict[int, Callable[[bytes], None]] = {}
        self._gone = asyncio.Event()

    @property
    def name(self) -> str:
        return self._ble.name or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        return self._connection.att_mtu if self._connection else 23

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        if self.is_connected:
            raise BleakError("Client is already connected")
        self.stack.check()
        try:
            async with asyncio.timeout(kwargs.get("timeout", self._timeout)):
                connection = await self.stack.device.connect(self._ble.details["address"], timeout=None)
        except NoConnection as exc:
            raise BleakError(f"connect failed: {exc}") from exc
        self._gone.clear()
        self._connection, self._peer = connection, Peer(connection)
        connection.on("disconnection", self._on_disconnection)
        try:
            if pair:
                await connection.pair()
            await self._unless_cut(self._discover(self._peer))
        except BaseException:
            await self.disconnect()
            raise

    async def _discover(self, peer: Peer) -> None:
        await peer.request_mtu(EMULATED_MTU)
        await peer.discover_all()  # type: ignore[no-untyped-call]
        services = BleakGATTServiceCollection()
        for s in peer.services:
            service = BleakGATTService(s, s.handle, uuid_text(s.uuid))
            services.add_service(service)
            for c in s.characteristics:
                properties = [name for flag, name in _PROPERTIES.items() if flag in c.properties]
                characteristic = BleakGATTCharacteristic(
                    c, c.handle, uuid_text(c.uuid), properties, lambda: self.mtu_size - 3, service
                )
                services.add_characteristic(characteristic)
                for d in c.descriptors:
                    services.add_descriptor(
                        BleakGATTDescriptor(d, d.handle, uuid_text(d.type), characteristic)
                    )
        self.services = services

    def _on_disconnection(self, _reason: int) -> None:
        self._connection = self._peer = self.services = None
        self._subscribed.clear()
        self._gone.set()
        if self._disconnected_callback:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect()
            async with asyncio.timeout(10):
                await self._gone.wait()

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        if self._connection is not None:
            await self._connection.pair()

    async def unpair(self) -> None:
        await self.disconnect()

    def _live(self) -> Peer:
        if self._peer is None:
            raise BleakError("Not connected")
        return self._peer

    async def _unless_cut(self, doing: Awaitable[_T]) -> _T:
        """Await; a link that breaks meanwhile is a ``BleakError``."""
        connection, task = self._connection, asyncio.current_task()
        assert connection is not None
        assert task is not None
        try:
            with _as_bleak():
                return await connection.cancel_on_disconnection(doing)
        except asyncio.CancelledError:
            if task.cancelling():
                raise
            raise BleakError("disconnected") from None

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_: Any) -> bytearray:
        return bytearray(await self._unless_cut(self._live().read_value(characteristic.obj)))

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **_: Any) -> bytearray:
        return bytearray(await self._unless_cut(self._live().read_value(descriptor.obj)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: Any, response: bool
    ) -> None:
        value = bytes(data)
        await self._unless_cut(self._live().write_value(characteristic.obj, value, with_response=response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:
        await self._unless_cut(self._live().write_value(descriptor.obj, bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: Callable[[bytearray], None], **_: Any
    ) -> None:
        self._live()

        def subscriber(value: bytes) -> None:
            callback(bytearray(value))

        self._subscribed[characteristic.handle] = subscriber
        await self._unless_cut(characteristic.obj.subscribe(subscriber, prefer_notify=True))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        self._live()
        subscriber = self._subscribed.pop(characteristic.handle, None)
        await self._unless_cut(characteristic.obj.unsubscribe(subscriber))
