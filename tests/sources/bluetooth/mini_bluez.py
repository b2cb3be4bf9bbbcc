"""A small ``org.bluez`` whose radio is a bumble device: what bleak needs of bluetoothd, LE central only.

It keeps bluetoothd's habits that matter: GATT objects of a known device outlive its links, a client
that has not stopped its notifications gets those of the next link too, and all clients get each value.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import Any

from bumble.core import UUID, AdvertisingData
from bumble.core import ConnectionError as NoConnection
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.gatt import Characteristic
from bumble.gatt_client import CharacteristicProxy, DescriptorProxy
from bumble.hci import Address
from dbus_fast import Message, Variant

from monitor.simulation.emulated.backend import EMULATED_MTU, uuid_text
from tests.sources.bluetooth.tree import BluezError, Properties, Reply, Tree

ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"
SERVICE, CHARACTERISTIC = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
DESCRIPTOR = "org.bluez.GattDescriptor1"
FLAGS = ("broadcast", "read", "write-without-response", "write", "notify", "indicate")


class MiniBluez:
    """One adapter; ``path`` is hci0 until it comes back under another name."""

    def __init__(self, device: Device) -> None:
        self._radio = device
        self.path = "/org/bluez/hci0"
        self._address: dict[str, Address] = {}
        self._advertised: dict[str, tuple[str | None, dict[str, None]]] = {}
        self._connection: dict[str, Connection] = {}
        self._resolved: dict[str, asyncio.Event] = {}
        self._gatt: dict[str, list[str]] = {}  # device path -> its GATT objects
        self._proxy: dict[str, Any] = {}  # GATT object -> bumble's
        self._discovering: set[str] = set()  # D-Bus clients
        self._notified: dict[str, set[str]] = {}  # characteristic -> D-Bus clients; outlives the link
        self._sockets: dict[str, socket.socket] = {}
        serve = {
            (ADAPTER, "SetDiscoveryFilter"): self._nothing,
            (ADAPTER, "StartDiscovery"): self._start_discovery,
            (ADAPTER, "StopDiscovery"): self._stop_discovery,
            (ADAPTER, "RemoveDevice"): self._remove_device,
            (DEVICE, "Connect"): self._connect,
            (DEVICE, "Disconnect"): self._disconnect,
            (CHARACTERISTIC, "ReadValue"): self._read,
            (CHARACTERISTIC, "WriteValue"): self._write,
            (DESCRIPTOR, "ReadValue"): self._read,
            (DESCRIPTOR, "WriteValue"): self._write,
            (CHARACTERISTIC, "StartNotify"): self._start_notify,
            (CHARACTERISTIC, "StopNotify"): self._stop_notify,
            (CHARACTERISTIC, "AcquireNotify"): self._acquire_notify,
        }
        self._tree = Tree(serve, self._client_left)

    async def start(self) -> None:
        """On the bus, with the adapter switched on."""
        await self._tree.start("org.bluez")
        self._radio.on("advertisement", self._on_advertisement)
        self.plug()

    def stop(self) -> None:
        """Off the bus."""
        self._tree.stop()

    def plug(self, name: str = "hci0") -> None:
        """The adapter is there."""
        self.path = f"/org/bluez/{name}"
        address = self._radio.random_address.to_string(with_type_qualifier=False)
        self._tree.add(
            self.path,
            ADAPTER,
            {
                "Address": Variant("s", address),
                "Name": Variant("s", "mini"),
                "Alias": Variant("s", "mini"),
                "Powered": Variant("b", True),
                "Discovering": Variant("b", False),
                "UUIDs": Variant("as", []),
                "Roles": Variant("as", ["central"]),
            },
        )

    async def unplug(self) -> None:
        """The adapter is pulled out: links break, and all objects go."""
        for connection in list(self._connection.values()):
            await connection.disconnect()
        await self.pull()

    async def pull(self) -> None:
        """The adapter is gone, and no link is told to have ended."""
        links = list(self._connection.values())
        for device in list(self._address):
            self._forget(device)
        self._tree.remove(self.path)
        await self._end_everything(links)

    async def restart(self) -> None:
        """bluetoothd is killed and started anew: what it had said is void, and it tells nobody."""
        links = list(self._connection.values())
        self._tree.stop()
        self._tree.objects.clear()
        for forgotten in (self._address, self._gatt, self._proxy, self._notified):
            forgotten.clear()
        await self._end_everything(links)
        await self._tree.start("org.bluez")
        self.plug()

    async def _end_everything(self, links: list[Connection]) -> None:
        self._connection.clear()
        for link in links:
            await link.disconnect()
        if self._discovering:
            self._discovering.clear()
            await self._radio.stop_scanning()

    # ---- discovery

    async def _nothing(self, _: Message) -> Reply:
        return None

    async def _start_discovery(self, m: Message) -> Reply:
        await self._discover(str(m.sender), True)
        return None

    async def _stop_discovery(self, m: Message) -> Reply:
        if m.sender not in self._discovering:
            raise BluezError("Failed", "No discovery started")
        await self._discover(str(m.sender), False)
        return None

    async def _discover(self, client: str, on: bool) -> None:
        before = bool(self._discovering)
        (self._discovering.add if on else self._discovering.discard)(client)
        if bool(self._discovering) == before:
            return
        if before:
            await self._radio.stop_scanning()
            for path in self._address:
                self._tree.change(path, DEVICE, {}, ["RSSI"])
        else:
            await self._radio.start_scanning(filter_duplicates=False)
        self._tree.change(self.path, ADAPTER, {"Discovering": Variant("b", not before)})

    def _on_advertisement(self, advertisement: Advertisement) -> None:
        address = advertisement.address.to_string(with_type_qualifier=False)
        path = f"{self.path}/dev_{address.replace(':', '_')}"
        self._address[path] = advertisement.address
        name, services = self._advertised.get(path, (None, {}))
        for kind, value in advertisement.data.ad_structures:
            if kind in (AdvertisingData.COMPLETE_LOCAL_NAME, AdvertisingData.SHORTENED_LOCAL_NAME):
                name = value.decode("utf-8", "replace")
            elif kind in (2, 3, 6, 7):  # lists of 16-bit and of 128-bit services
                size = 2 if kind < 4 else 16
                pieces = (value[i : i + size] for i in range(0, len(value) - size + 1, size))
                services |= {uuid_text(UUID.from_bytes(piece)): None for piece in pieces}
        self._advertised[path] = name, services
        seen: Properties = {
            "RSSI": Variant("n", max(advertisement.rssi, -127)),
            "UUIDs": Variant("as", list(services)),
            "Alias": Variant("s", name or address.replace(":", "-")),
        }
        if name:
            seen["Name"] = Variant("s", name)
        if path in self._tree.objects:
            self._tree.change(path, DEVICE, seen)
        else:
            flags = ("Paired", "Bonded", "Trusted", "Blocked", "Connected", "ServicesResolved")
            seen |= {flag: Variant("b", False) for flag in flags}
            seen |= {"Address": Variant("s", address), "Adapter": Variant("o", self.path)}
            self._tree.add(path, DEVICE, seen | {"AddressType": Variant("s", "random")})

    async def _remove_device(self, m: Message) -> Reply:
        if m.body[0] in self._connection:
            await self._connection[m.body[0]].disconnect()
        self._forget(m.body[0])
        return None

    def _forget(self, device: str) -> None:
        for path in reversed(self._gatt.pop(device, [])):
            self._proxy.pop(path, None)
            self._notified.pop(path, None)
            self._tree.remove(path)
        self._address.pop(device, None)
        self._tree.remove(device)

    # ---- links

    async def _connect(self, m: Message) -> Reply:
        path = str(m.path)
        if path in self._connection:
            return None
        try:
            connection = await self._radio.connect(self._address[path], timeout=20)
        except (NoConnection, TimeoutError) as exc:
            raise BluezError("Failed", "le-connection-abort-by-local") from exc
        self._connection[path] = connection
        self._resolved[path] = asyncio.Event()
        connection.on("disconnection", lambda _: self._on_disconnection(path))
        self._tree.change(path, DEVICE, {"Connected": Variant("b", True)})
        self._tree.spawn(self._resolve_services(path, connection))
        return None

    async def _resolve_services(self, device: str, connection: Connection) -> None:
        peer = Peer(connection)
        try:
            mtu = await connection.cancel_on_disconnection(peer.request_mtu(EMULATED_MTU))
            await connection.cancel_on_disconnection(peer.discover_all())
        except asyncio.CancelledError:
            return
        known = self._gatt.setdefault(device, [])
        for path, interface, properties, proxy in _gatt_objects(device, peer, mtu):
            self._proxy[path] = proxy
            if path not in known:
                known.append(path)
                self._tree.add(path, interface, properties)
        uuids = [uuid_text(s.uuid) for s in peer.services]
        self._tree.change(device, DEVICE, {"UUIDs": Variant("as", uuids)})
        self._resolved[device].set()
        for path in known:
            if self._notified.get(path):  # of clients that never stopped
                await self._subscribe(path)
        self._tree.change(device, DEVICE, {"ServicesResolved": Variant("b", True)})

    def _on_disconnection(self, device: str) -> None:
        self._connection.pop(device, None)
        for path in [p for p in self._sockets if p.startswith(device)]:
            self._sockets.pop(path).close()
        for name in ("ServicesResolved", "Connected"):
            self._tree.change(device, DEVICE, {name: Variant("b", False)})

    async def _disconnect(self, m: Message) -> Reply:
        for path in self._gatt.get(str(m.path), []):
            self._notified.pop(path, None)
        if m.path in self._connection:
            await self._connection[str(m.path)].disconnect()
        return None

    # ---- values

    async def _live(self, path: str) -> tuple[Connection, Any]:
        """The link and bumble's object; calls that come before its services are known wait for them."""
        device = path[: path.index("/service")]
        connection = self._connection.get(device)
        if connection is None:
            raise BluezError("Failed", "Not connected")
        await connection.cancel_on_disconnection(self._resolved[device].wait())
        return connection, self._proxy[path]

    async def _read(self, m: Message) -> Reply:
        connection, proxy = await self._live(str(m.path))
        value = await connection.cancel_on_disconnection(proxy.read_value())
        return "ay", [bytes(value)]

    async def _write(self, m: Message) -> Reply:
        connection, proxy = await self._live(str(m.path))
        value, options = bytes(m.body[0]), m.body[1]
        response = options.get("type", Variant("s", "request")).value != "command"
        await connection.cancel_on_disconnection(proxy.write_value(value, with_response=response))
        return None

    async def _start_notify(self, m: Message) -> Reply:
        path = str(m.path)
        if path in self._sockets:
            raise BluezError("NotPermitted", "Notify acquired")
        clients = self._notified.setdefault(path, set())
        if not clients:
            await self._subscribe(path)
        clients.add(str(m.sender))
        return None

    async def _stop_notify(self, m: Message) -> Reply:
        clients = self._notified.get(str(m.path), set())
        if m.sender not in clients:
            raise BluezError("Failed", "No notify session started")
        clients.discard(str(m.sender))
        await self._unsubscribe_unused(str(m.path))
        return None

    async def _acquire_notify(self, m: Message) -> Reply:
        path = str(m.path)
        connection, _ = await self._live(path)
        if path in self._sockets or self._notified.get(path):
            raise BluezError("NotPermitted", "Notify acquired")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        await self._subscribe(path)
        self._sockets[path] = ours
        descriptor = theirs.detach()
        asyncio.get_running_loop().call_later(1, os.close, descriptor)  # once it has been sent
        return "hq", [0, connection.att_mtu], [descriptor]

    async def _subscribe(self, path: str) -> None:
        connection, proxy = await self._live(path)
        can = Characteristic.Properties.NOTIFY | Characteristic.Properties.INDICATE
        if not proxy.properties & can:
            raise BluezError("NotSupported", "Operation is not supported")
        subscribing = proxy.subscribe(lambda value: self._on_value(path, bytes(value)), prefer_notify=True)
        await connection.cancel_on_disconnection(subscribing)

    def _on_value(self, path: str, value: bytes) -> None:
        if acquired := self._sockets.get(path):
            with contextlib.suppress(OSError):
                acquired.send(value)
            return
        for _ in self._notified.get(path, ()):  # a signal for each client, as bluetoothd sends them
            self._tree.change(path, CHARACTERISTIC, {"Value": Variant("ay", value)})

    async def _unsubscribe_unused(self, path: str) -> None:
        with contextlib.suppress(BluezError):
            if not self._notified.get(path):
                connection, proxy = await self._live(path)
                await connection.cancel_on_disconnection(proxy.unsubscribe(force=True))

    async def _client_left(self, client: str) -> None:
        if client in self._discovering:
            await self._discover(client, False)
        for path, clients in list(self._notified.items()):
            if client in clients:
                clients.discard(client)
                await self._unsubscribe_unused(path)


GattObject = tuple[str, str, Properties, Any]


def _gatt_objects(device: str, peer: Peer, mtu: int) -> list[GattObject]:
    """Services, characteristics and descriptors as bluetoothd shows them."""
    out: list[GattObject] = []
    for s in peer.services:
        if uuid_text(s.uuid).startswith("00001800"):
            continue
        path = f"{device}/service{s.handle:04x}"
        properties = {
            "UUID": Variant("s", uuid_text(s.uuid)),
            "Device": Variant("o", device),
            "Primary": Variant("b", True),
            "Includes": Variant("ao", []),
        }
        out.append((path, SERVICE, properties, s))
        for c in s.characteristics:
            out += _characteristic(path, c, mtu)
    return out


def _characteristic(service: str, c: CharacteristicProxy[Any], mtu: int) -> list[GattObject]:
    path = f"{service}/char{c.handle - 1:04x}"
    flags = [name for bit, name in enumerate(FLAGS) if c.properties & (1 << bit)]
    properties = {
        "UUID": Variant("s", uuid_text(c.uuid)),
        "Service": Variant("o", service),
        "Value": Variant("ay", b""),
        "Flags": Variant("as", flags),
        "MTU": Variant("q", mtu),
    }
    if {"notify", "indicate"} & set(flags):
        properties |= {"Notifying": Variant("b", False), "NotifyAcquired": Variant("b", False)}
    return [(path, CHARACTERISTIC, properties, c), *(_descriptor(path, d) for d in c.descriptors)]


def _descriptor(characteristic: str, d: DescriptorProxy) -> GattObject:
    properties = {
        "UUID": Variant("s", uuid_text(d.type)),
        "Characteristic": Variant("o", characteristic),
        "Value": Variant("ay", b""),
    }
    return f"{characteristic}/desc{d.handle:04x}", DESCRIPTOR, properties, d
