"""A tree of D-Bus objects with properties, and method calls to the functions that serve them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from bumble.att import ATT_Error
from bumble.core import ProtocolError
from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

DBUS = "org.freedesktop.DBus"
OBJECTS = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"

Reply = tuple[str, list[Any]] | tuple[str, list[Any], list[int]] | None
"""Signature, body, file descriptors; None for nothing."""
Properties = dict[str, Variant]


class BluezError(Exception):
    """``org.bluez.Error.<name>``."""

    def __init__(self, name: str, text: str = "") -> None:
        super().__init__(text)
        self.name = f"org.bluez.Error.{name}"


_ATT_ERRORS = {
    0x02: BluezError("NotPermitted", "Read not permitted"),
    0x03: BluezError("NotPermitted", "Write not permitted"),
    0x06: BluezError("NotSupported", "Operation is not supported"),
}


class Tree:
    """``serve`` finds the function for ``(interface, member)``; ``left`` is told of clients that go."""

    def __init__(
        self,
        serve: Mapping[tuple[str, str], Callable[[Message], Coroutine[Any, Any, Reply]]],
        left: Callable[[str], Coroutine[Any, Any, None]],
    ) -> None:
        self.objects: dict[str, dict[str, Properties]] = {}
        self._serve = {
            **serve,
            (OBJECTS, "GetManagedObjects"): self._managed,
            (PROPERTIES, "Get"): self._get,
            (PROPERTIES, "GetAll"): self._get_all,
            (PROPERTIES, "Set"): self._assign,
        }
        self._left = left
        self._tasks: set[asyncio.Task[None]] = set()
        self._bus: MessageBus

    async def start(self, name: str) -> None:
        """Join the system bus under this name."""
        self._bus = await MessageBus(bus_type=BusType.SYSTEM, negotiate_unix_fd=True).connect()
        self._bus.add_message_handler(self._on_message)
        rule = f"type='signal',interface='{DBUS}',member='NameOwnerChanged'"
        await self._ask_bus("AddMatch", "s", [rule])
        await self._ask_bus("RequestName", "su", [name, 4])

    def stop(self) -> None:
        """Leave the bus."""
        for task in self._tasks:
            task.cancel()
        self._bus.disconnect()

    def add(self, path: str, interface: str, properties: Properties) -> None:
        """A new object, or a new interface of one."""
        self.objects.setdefault(path, {})[interface] = properties
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, {interface: properties}])

    def remove(self, path: str) -> None:
        """The object is gone."""
        if interfaces := list(self.objects.pop(path, {})):
            self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [path, interfaces])

    def change(self, path: str, interface: str, properties: Properties, gone: Iterable[str] = ()) -> None:
        """Properties that changed, and such as are no more."""
        if path not in self.objects:
            return
        self.objects[path][interface].update(properties)
        for name in gone:
            self.objects[path][interface].pop(name, None)
        body = [interface, properties, list(gone)]
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", body)

    def spawn(self, doing: Coroutine[Any, Any, None]) -> None:
        """Run it in the background, until ``stop`` at the latest."""
        task = asyncio.ensure_future(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask_bus(self, member: str, signature: str, body: list[Any]) -> None:
        path = "/org/freedesktop/DBus"
        await self._bus.call(
            Message(
                destination=DBUS, path=path, interface=DBUS, member=member, signature=signature, body=body
            )
        )

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if not self._bus.connected:  # nobody hears it while the service is down
            return
        self._bus.send(
            Message(
                message_type=MessageType.SIGNAL,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body,
            )
        )

    def _on_message(self, message: Message) -> bool | None:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            if not message.body[2]:
                self.spawn(self._left(message.body[0]))
            return None
        if message.message_type is MessageType.METHOD_CALL and message.interface != DBUS:
            self.spawn(self._answer(message))
            return True
        return None

    async def _answer(self, message: Message) -> None:
        bus = self._bus
        function = self._serve.get((str(message.interface), str(message.member)))
        known = message.path == "/" or message.path in self.objects
        if function is None or not known:
            text = f"no {message.path} {message.member}"
            bus.send(Message.new_error(message, f"{DBUS}.Error.UnknownObject", text))
            return
        try:
            signature, body, *descriptors = await function(message) or ("", [])
            fds = descriptors[0] if descriptors else []
            bus.send(Message.new_method_return(message, signature, body, fds))
        except BluezError as exc:
            bus.send(Message.new_error(message, exc.name, str(exc)))
        except (ATT_Error, ProtocolError) as exc:
            text = f"Operation failed with ATT error: 0x{exc.error_code or 0:02x}"
            error = _ATT_ERRORS.get(exc.error_code or 0, BluezError("Failed", text))
            bus.send(Message.new_error(message, error.name, str(error)))
        except (asyncio.CancelledError, TimeoutError):
            if bus.connected:
                bus.send(Message.new_error(message, "org.bluez.Error.Failed", "Not connected"))

    async def _managed(self, _: Message) -> Reply:
        return "a{oa{sa{sv}}}", [self.objects]

    async def _get(self, m: Message) -> Reply:
        return "v", [self.objects[str(m.path)][m.body[0]][m.body[1]]]

    async def _get_all(self, m: Message) -> Reply:
        return "a{sv}", [self.objects[str(m.path)][m.body[0]]]

    async def _assign(self, m: Message) -> Reply:
        self.change(str(m.path), m.body[0], {m.body[1]: m.body[2]})
        return None
