"""Sensors over Bluetooth LE: each is searched, connected and kept streaming for as long as the run lasts.

A sensor is identified by its kind and by the name or serial number in the settings, never by its address.
Whatever happens to a link (out of range, switched off, silent, refused, Bluetooth off), its
supervisor emits a ``SensorStatus`` and tries again; the others go on.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.core.errors import BluetoothOff, ConfigError, MonitorError, SensorLost, SensorNotFound
from monitor.core.message_catalogues import UserMessage
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import Outage
from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.retry import Backoff, retry_until_done
from monitor.core.session_settings import SensorSettings
from monitor.devices.device_information import BATTERY
from monitor.devices.gatt import GattSpec
from monitor.devices.registry import DEVICES, SensorSpec
from monitor.sources.bluetooth.connection import Connection, open_connection
from monitor.sources.bluetooth.scanner import Advertisement, Scanner
from monitor.sources.bluetooth.settings import BluetoothSettings
from monitor.sources.protocol import Emit

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTiming:
    """``SearchTiming`` says how long a sensor is searched before its status is told (choices)."""

    search_s: float = 8.0  # in one attempt; between two of them other sensors may connect
    by_name_s: float = 4.0  # then those are asked for their serial number whose name does not tell
    remind_s: float = 5.0  # between two statuses of a sensor that is not there
    backoff: Backoff = field(default_factory=lambda: Backoff(first_s=0.5, longest_s=3.0))

    def __post_init__(self) -> None:
        if not 0 < self.by_name_s <= self.search_s or self.remind_s <= 0:
            raise ValueError("by_name_s must be positive and within search_s, remind_s positive")


class BluetoothSource:
    """``BluetoothSource`` is the source of all configured sensors that come over Bluetooth.

    ``ConfigError`` if two sensors of a kind cannot be told apart.
    """

    name = "bluetooth"
    live = True

    def __init__(
        self,
        sensors: Sequence[SensorSettings],
        time: MonotonicClock,
        settings: BluetoothSettings | None = None,
        specs: Mapping[str, SensorSpec] = DEVICES,
        timing: SearchTiming | None = None,
    ) -> None:
        self._settings = settings or BluetoothSettings()
        _check_distinct(sensors)
        scanners = [Scanner(time, adapter) for adapter in self._settings.adapters or (None,)]
        self._claims = _Claims()
        self._links = [
            _SensorLink(
                s,
                gatt(s),
                scanners[n % len(scanners)],
                self._claims,
                time,
                self._settings,
                timing or SearchTiming(),
            )
            for n, s in enumerate(sensors)
            if (gatt := specs[s.kind].gatt) is not None
        ]

    async def run(self, emit: Emit) -> None:
        """Keep every sensor streaming until cancelled."""
        async with asyncio.TaskGroup() as group:
            for link in self._links:
                group.create_task(link.run(emit), name=f"sensor {link.name}")
                group.create_task(link.remind(emit), name=f"status of {link.name}")


class _Claims:
    """Which device belongs to which sensor, by address, for as long as this process lives."""

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}
        self._serial: dict[str, str] = {}

    def take(self, address: str, sensor: str) -> None:
        """From now on this device belongs to that sensor, and no other device does."""
        self.drop(sensor)
        self._owner[address] = sensor

    def drop(self, sensor: str) -> None:
        """Release the device of this sensor."""
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


class _SensorLink:
    """The supervisor of one sensor."""

    def __init__(
        self,
        sensor: SensorSettings,
        spec: GattSpec,
        scanner: Scanner,
        claims: _Claims,
        time: MonotonicClock,
        settings: BluetoothSettings,
        timing: SearchTiming,
    ) -> None:
        self.name = sensor.name
        self._match = sensor.match
        self._spec = spec
        self._scanner = scanner
        self._claims = claims
        self._time = time
        self._acquire = settings.acquire_notify
        self._timing = timing
        self._emit: Emit = lambda item: None
        self._status: SensorStatus | None = None  # None while it streams
        self._fields = {"sensor": sensor.name}
        self._outage = Outage(_log, sensor.name, time.now_s, **self._fields)

    async def run(self, emit: Emit) -> None:
        """Connect and stream until cancelled, and try again after every error."""
        self._emit = emit
        _log.debug("%s: looking for it", self.name, extra=self._fields)
        backoff = self._timing.backoff
        await retry_until_done(self._attempt, self._report, self._outage, self._time, backoff)

    async def remind(self, emit: Emit) -> None:
        """Emit the last status again and again; while the sensor streams there is none."""
        while True:
            await self._time.sleep(self._timing.remind_s)
            if self._status is not None:
                self._set_status(self._status.link, self._status.text)

    async def _attempt(self, generation: int) -> None:
        if self._status is None or generation == 0:
            self._set_status(
                LinkState.SEARCHING,
                f"looking for {self._describe_wanted_sensor()}: switch it on and keep it near",
            )
        advertisement = await self._find()
        self._claims.take(advertisement.address, self.name)
        self._set_status(LinkState.CONNECTING, f"found {advertisement.name or 'it'}; connecting")
        async with open_connection(
            self._scanner, advertisement, self.name, self._spec, self._time, acquire=self._acquire
        ) as connection:
            await self._check_serial(connection, advertisement)
            await self._stream(connection, generation)

    async def _stream(self, connection: Connection, generation: int) -> None:
        def packet(characteristic: str, payload: bytes) -> None:
            arrival_ns = round(self._time.now_s() * 1e9)
            self._emit(Packet(self.name, arrival_ns, characteristic, payload, generation))

        await connection.start(packet)
        self._status = None
        if not self._outage.over("connected"):
            _log.debug("%s: connected", self.name, extra=self._fields)
        await connection.wait_until_lost(lambda level: packet(BATTERY, level))

    async def _find(self) -> Advertisement:
        match = await self._scanner.find(self._is_it, self._timing.by_name_s)
        if match is None:
            rest_s = self._timing.search_s - self._timing.by_name_s
            match = await self._scanner.find(self._may_be_it, rest_s)
        if match is None:
            text = "is not to be seen: switch it on and keep it near"
            raise SensorNotFound(f"{self._describe_wanted_sensor()} {text}", log_text=f"{self.name} {text}")
        return match

    def _is_it(self, s: Advertisement) -> bool:
        """True for our device from before, else for the right kind with the right name or serial number."""
        owner, ours = self._claims.owner(s.address), self._claims.device(self.name)
        if owner is not None:
            return owner == self.name
        if not self._spec.matches(s.name, s.services):
            return False
        if self._match is None:
            return ours is None
        return self._names_it(s.name) or self._names_it(self._claims.serial(s.address) or "")

    def _may_be_it(self, s: Advertisement) -> bool:
        """True also for the right kind where only its serial number can tell, or that has a new address."""
        if self._is_it(s):
            return True
        free = self._claims.owner(s.address) is None
        unknown = self._match is None or self._claims.serial(s.address) is None
        return free and unknown and self._spec.matches(s.name, s.services)

    async def _check_serial(self, connection: Connection, advertisement: Advertisement) -> None:
        """``SensorNotFound`` if it turns out to be another one."""
        if self._match is None or self._names_it(advertisement.name):
            return
        serial = await connection.serial()
        self._claims.set_serial(advertisement.address, serial)
        if not self._names_it(serial):
            self._claims.drop(self.name)
            name = advertisement.name or "a sensor"
            raise SensorNotFound(
                f"{name} has serial number {serial or '(none)'}, not {self._match}",
                log_text="another device of this kind was there and was refused",
            )

    def _names_it(self, text: str) -> bool:
        """True if the text holds our match as whole words: ``Pod 1`` is not ``Pod 12``."""
        return re.search(rf"(?<!\w){re.escape(self._match or '')}(?!\w)", text) is not None

    def _describe_wanted_sensor(self) -> str:
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
        self._set_status(link, f"{exc}; {again}")

    def _set_status(self, link: LinkState, text: str) -> None:
        self._status = SensorStatus(self._time.now_s(), self.name, link, text)
        self._emit(self._status)


def _check_distinct(sensors: Sequence[SensorSettings]) -> None:
    """``ConfigError`` if two of a kind have no names: left and right would then be luck."""
    kinds = Counter(s.kind for s in sensors)
    unnamed = [s for s in sensors if kinds[s.kind] > 1 and s.match is None]
    if unnamed:
        raise ConfigError.listing(
            UserMessage("error.match", {"name": s.name, "count": kinds[s.kind], "kind": s.kind})
            for s in unnamed
        )
