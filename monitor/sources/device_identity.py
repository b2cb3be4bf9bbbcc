"""Which device is whose: what a sensor's settings say of it, and who has which device in this run.

It is for all ways in by which Bluetooth devices come.  bleak is not imported here: reading settings must
not need it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from monitor.core.errors import ConfigError
from monitor.core.message_catalogues import UserMessage
from monitor.core.session_settings import SensorSettings
from monitor.devices.gatt import GattSpec
from monitor.devices.registry import DEVICES

_ADDRESS = re.compile(
    r"[0-9A-F]{2}(:[0-9A-F]{2}){5}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", re.IGNORECASE
)


def is_address(match: str | None) -> bool:
    """Return whether a ``match`` is an address: six bytes, or the UUID that macOS gives instead."""
    return _ADDRESS.fullmatch(match or "") is not None


def names_device(match: str, text: str) -> bool:
    """Return whether ``text`` holds ``match`` as whole words: ``Pod 1`` is not ``Pod 12``."""
    if is_address(match):
        return match.casefold() == text.casefold()
    return re.search(rf"(?<!\w){re.escape(match)}(?!\w)", text) is not None


def matches_of_others(sensor: SensorSettings, sensors: Sequence[SensorSettings]) -> tuple[str, ...]:
    """Return every ``match`` of another sensor that might be the same device as this one by its kind.

    A name may fit a device that another sensor is told by, by address or serial number: it is the other's.
    """
    mine = DEVICES[sensor.kind].gatt
    if mine is None:
        return ()
    return tuple(
        s.match
        for s in sensors
        if s.name != sensor.name
        and s.match
        and (theirs := DEVICES[s.kind].gatt) is not None
        and _may_be_one_device(mine(sensor), theirs(s))
    )


def check_unnamed(sensors: Sequence[SensorSettings]) -> None:
    """Raise ``ConfigError`` if two of a kind have no ``match``: left and right would then be luck."""
    kinds = Counter(s.kind for s in sensors)
    unnamed = [s for s in sensors if kinds[s.kind] > 1 and s.match is None]
    if unnamed:
        raise ConfigError.listing(
            UserMessage("error.match", {"name": s.name, "count": kinds[s.kind], "kind": s.kind})
            for s in unnamed
        )


def check_matches(sensors: Sequence[SensorSettings]) -> None:
    """Raise ``ConfigError`` if one device would fit the ``match`` of two sensors."""
    mistakes = list(_equal_matches(sensors))
    if mistakes:
        raise ConfigError.listing(mistakes)


def _equal_matches(sensors: Sequence[SensorSettings]) -> Iterator[UserMessage]:
    named = [
        (s, s.match, gatt(s)) for s in sensors if s.match and (gatt := DEVICES[s.kind].gatt) is not None
    ]
    for (a, a_match, a_gatt), (b, b_match, b_gatt) in combinations(named, 2):
        alike = names_device(a_match, b_match) or names_device(b_match, a_match)
        if alike and _may_be_one_device(a_gatt, b_gatt):
            places = {"first": a.name, "second": b.name, "match": min(a_match, b_match, key=len)}
            yield UserMessage("error.same_match", places)


def _may_be_one_device(a: GattSpec, b: GattSpec) -> bool:
    """False where the names or the services that two families advertise rule each other out."""
    shared_names = any(n.startswith(b.names) for n in a.names) or any(
        n.startswith(a.names) for n in b.names
    )
    shared_services = not set(a.services).isdisjoint(b.services)
    return (shared_names or not (a.names and b.names)) and (
        shared_services or not (a.services and b.services)
    )


class DeviceClaims:
    """Which device belongs to which sensor, by address, for as long as this process lives."""

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}
        self._serial: dict[str, str] = {}

    def take(self, address: str, sensor: str) -> None:
        """Set this device as the only one that belongs to that sensor from now on."""
        self.drop(sensor)
        self._owner[address] = sensor

    def drop(self, sensor: str) -> None:
        """Forget the device of this sensor."""
        self._owner = {a: s for a, s in self._owner.items() if s != sensor}

    def set_serial(self, address: str, serial: str) -> None:
        """Remember the serial number that the device at this address told."""
        self._serial[address] = serial

    def owner(self, address: str) -> str | None:
        """Return the sensor that this device belongs to, None if to none."""
        return self._owner.get(address)

    def device(self, sensor: str) -> str | None:
        """Return the address of this sensor's device, None if it has none."""
        return next((a for a, s in self._owner.items() if s == sensor), None)

    def serial(self, address: str) -> str | None:
        """Return the serial number of this device, None if it was not asked yet."""
        return self._serial.get(address)
