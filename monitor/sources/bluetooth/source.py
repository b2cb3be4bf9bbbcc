"""Sensors over Bluetooth LE: each is sought, connected and kept streaming for as long as the run lasts.

A sensor is known by its kind and by the name or serial number in the settings, never by its address.
Whatever happens to a link (out of range, switched off, silent, refused, Bluetooth off), its
supervisor says so in a ``SensorStatus`` and tries again; the others go on.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.core.errors import BluetoothOff, ConfigError, MonitorError, SensorLost, SensorNotFound
from monitor.core.monotonic import MonotonicClock
from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.retry import Backoff, retry_until_done
from monitor.core.session_settings import SensorSettings
from monitor.devices.device_information import BATTERY
from monitor.devices.gatt import GattSpec
from monitor.devices.registry import DEVICES, SensorSpec
from monitor.sources.bluetooth.connection import Connection, connected
from monitor.sources.bluetooth.scanner import Advertisement, Scanner
from monitor.sources.bluetooth.settings import BluetoothSettings
from monitor.sources.protocol import Emit


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things are tried (choices)."""

    search_s: float = 8.0  # in one attempt; the others' turns lie between two of them
    by_name_s: float = 4.0  # then those are asked for their serial number whose name does not tell
    remind_s: float = 5.0  # between two statuses of a sensor that is not there
    backoff: Backoff = field(default_factory=lambda: Backoff(first_s=0.5, longest_s=3.0))

    def __post_init__(self) -> None:
        if not 0 < self.by_name_s <= self.search_s or self.remind_s <= 0:
            raise ValueError("by_name_s must be positive and within search_s, remind_s positive")


class BluetoothSource:
    """The source of all configured sensors that come over Bluetooth.  Runs until cancelled."""

    name = "bluetooth"

    def __init__(
        self,
        sensors: Sequence[SensorSettings],
        time: MonotonicClock,
        settings: BluetoothSettings | None = None,
        specs: Mapping[str, SensorSpec] = DEVICES,
        patience: Patience | None = None,
    ) -> None:
        self._settings = settings or BluetoothSettings()
        _check_told_apart(sensors)
        airs = [Scanner(time, adapter) for adapter in self._settings.adapters or (None,)]
        self._claims = Claims()
        self._pods = [
            _Pod(
                s, gatt(s), airs[n % len(airs)], self._claims, time, self._settings, patience or Patience()
            )
            for n, s in enumerate(sensors)
            if (gatt := specs[s.kind].gatt) is not None
        ]

    async def run(self, emit: Emit) -> None:
        """Keep every sensor streaming."""
        async with asyncio.TaskGroup() as group:
            for pod in self._pods:
                group.create_task(pod.run(emit), name=f"sensor {pod.name}")
                group.create_task(pod.remind(emit), name=f"status of {pod.name}")


class Claims:
    """Which device belongs to which sensor; of no use after this process has ended."""

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}
        self._serial: dict[str, str] = {}

    def take(self, address: str, sensor: str) -> None:
        """From now on this device is that sensor's, and no other is."""
        self.drop(sensor)
        self._owner[address] = sensor

    def drop(self, sensor: str) -> None:
        """The sensor has no device."""
        self._owner = {a: s for a, s in self._owner.items() if s != sensor}

    def know(self, address: str, serial: str) -> None:
        """What the device at this address says of itself."""
        self._serial[address] = serial

    def owner(self, address: str) -> str | None:
        """Whose it is."""
        return self._owner.get(address)

    def device(self, sensor: str) -> str | None:
        """The address of its device."""
        return next((a for a, s in self._owner.items() if s == sensor), None)

    def serial(self, address: str) -> str | None:
        """None if it was not asked yet."""
        return self._serial.get(address)


class _Pod:
    """The supervisor of one sensor."""

    def __init__(
        self,
        sensor: SensorSettings,
        spec: GattSpec,
        air: Scanner,
        claims: Claims,
        time: MonotonicClock,
        settings: BluetoothSettings,
        patience: Patience,
    ) -> None:
        self.name = sensor.name
        self._match = sensor.match
        self._spec = spec
        self._air = air
        self._claims = claims
        self._time = time
        self._acquire = settings.acquire_notify
        self._patience = patience
        self._emit: Emit = lambda item: None
        self._status: SensorStatus | None = None  # None while it streams

    async def run(self, emit: Emit) -> None:
        """Connect, stream, and begin again."""
        self._emit = emit
        await retry_until_done(self._attempt, self._report, self._time, self._patience.backoff)

    async def remind(self, emit: Emit) -> None:
        """Say again what is the matter; while it streams, its packets speak for it."""
        while True:
            await self._time.sleep(self._patience.remind_s)
            if self._status is not None:
                self._say(self._status.link, self._status.text)

    async def _attempt(self, generation: int) -> None:
        if self._status is None or generation == 0:
            self._say(LinkState.SEARCHING, f"looking for {self._wanted()}: switch it on and keep it near")
        sighting = await self._find()
        self._claims.take(sighting.address, self.name)
        self._say(LinkState.CONNECTING, f"found {sighting.name or 'it'}; connecting")
        async with connected(
            self._air, sighting, self.name, self._spec, self._time, acquire=self._acquire
        ) as link:
            await self._check_serial(link, sighting)
            await self._stream(link, generation)

    async def _stream(self, link: Connection, generation: int) -> None:
        def packet(channel: str, payload: bytes) -> None:
            arrival_ns = round(self._time.now_s() * 1e9)
            self._emit(Packet(self.name, arrival_ns, channel, payload, generation))

        await link.listen(packet)
        self._status = None
        await link.keep(lambda level: packet(BATTERY, level))

    async def _find(self) -> Advertisement:
        found = await self._air.find(self._is_it, self._patience.by_name_s)
        if found is None:
            rest_s = self._patience.search_s - self._patience.by_name_s
            found = await self._air.find(self._may_be_it, rest_s)
        if found is None:
            raise SensorNotFound(f"{self._wanted()} is not to be seen: switch it on and keep it near")
        return found

    def _is_it(self, s: Advertisement) -> bool:
        """Ours from before, else the right kind under the right name or serial number."""
        owner, ours = self._claims.owner(s.address), self._claims.device(self.name)
        if owner is not None:
            return owner == self.name
        if not self._spec.matches(s.name, s.services):
            return False
        if self._match is None:
            return ours is None
        return self._told_by(s.name) or self._told_by(self._claims.serial(s.address) or "")

    def _may_be_it(self, s: Advertisement) -> bool:
        """The right kind, and only its serial number can tell; or it has a new address."""
        if self._is_it(s):
            return True
        free = self._claims.owner(s.address) is None
        unknown = self._match is None or self._claims.serial(s.address) is None
        return free and unknown and self._spec.matches(s.name, s.services)

    async def _check_serial(self, link: Connection, sighting: Advertisement) -> None:
        """``SensorNotFound`` if it turns out to be another one."""
        if self._match is None or self._told_by(sighting.name):
            return
        serial = await link.serial()
        self._claims.know(sighting.address, serial)
        if not self._told_by(serial):
            self._claims.drop(self.name)
            name = sighting.name or "a sensor"
            raise SensorNotFound(f"{name} has serial number {serial or '(none)'}, not {self._match}")

    def _told_by(self, text: str) -> bool:
        """Whole words only: ``Pod 1`` is not ``Pod 12``."""
        return re.search(rf"(?<!\w){re.escape(self._match or '')}(?!\w)", text) is not None

    def _wanted(self) -> str:
        return self._match or "a sensor of this kind"

    def _report(self, exc: MonitorError, wait_s: float) -> None:
        match exc:
            case BluetoothOff():
                link = LinkState.OFF
            case SensorNotFound():
                link = LinkState.SEARCHING
            case _:
                link = LinkState.LOST
        again = "searching on" if isinstance(exc, SensorNotFound | SensorLost) else "trying again"
        self._say(link, f"{exc}; {again}")

    def _say(self, link: LinkState, text: str) -> None:
        self._status = SensorStatus(self._time.now_s(), self.name, link, text)
        self._emit(self._status)


def _check_told_apart(sensors: Sequence[SensorSettings]) -> None:
    """Two of a kind are told apart by their names; without, left and right would be luck."""
    kinds = Counter(s.kind for s in sensors)
    unnamed = [s for s in sensors if kinds[s.kind] > 1 and s.match is None]
    if unnamed:
        raise ConfigError(
            *(
                f'[[sensor]] "{s.name}": there are {kinds[s.kind]} of kind "{s.kind}"; '
                "match must say which one it is (gaitcue scan shows their names)"
                for s in unnamed
            )
        )
