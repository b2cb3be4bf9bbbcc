"""Sensors over Bluetooth LE: each is searched, connected and kept streaming for as long as the run lasts.

A sensor is identified by its kind and by the name, serial number or address in the settings.  Once a device
has streamed, only that device goes on in this run, known by its address, else by its serial number; another
one that fits is told, and never taken.  Whatever happens to a link (out of range, switched off, silent,
refused, Bluetooth off, a bug in a library), its supervisor emits a ``SensorStatus`` and tries again; the
others go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.core.errors import BluetoothOff, MonitorError, SensorLost, SensorNotFound
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import Outage
from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.retry import Backoff, isolate_errors, retry_until_done
from monitor.core.session_settings import SensorSettings
from monitor.devices.device_information import BATTERY
from monitor.devices.gatt import GattSpec
from monitor.devices.registry import DEVICES, SensorSpec
from monitor.sources.bluetooth.connection import Connection, open_connection
from monitor.sources.bluetooth.scanner import Advertisement, Scanner
from monitor.sources.bluetooth.settings import BluetoothSettings
from monitor.sources.device_identity import (
    DeviceClaims,
    check_matches,
    check_unnamed,
    is_address,
    matches_of_others,
    names_device,
)
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
        check_unnamed(sensors)
        check_matches(sensors)
        scanners = [Scanner(time, adapter) for adapter in self._settings.adapters or (None,)]
        self._claims = DeviceClaims()
        self._links = [
            _SensorLink(
                s,
                matches_of_others(s, sensors),
                gatt(s),
                deque(scanners[n % len(scanners) :] + scanners[: n % len(scanners)]),
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


class _SensorLink:
    """The supervisor of one sensor.

    It uses the first of the ``scanners``; one that is off gives its place to the next.
    """

    def __init__(
        self,
        sensor: SensorSettings,
        matches_of_others: tuple[str, ...],
        spec: GattSpec,
        scanners: deque[Scanner],
        claims: DeviceClaims,
        time: MonotonicClock,
        settings: BluetoothSettings,
        timing: SearchTiming,
    ) -> None:
        self.name = sensor.name
        self._match = sensor.match
        self._matches_of_others = matches_of_others
        self._spec = spec
        self._scanners = scanners
        self._claims = claims
        self._time = time
        self._acquire = settings.acquire_notify
        self._timing = timing
        self._emit: Emit = lambda item: None
        self._status: SensorStatus | None = None  # None while it streams
        self._own: Advertisement | None = None  # the device that has streamed in this run
        self._failed_before = False  # the last attempt found it and did not come to stream
        self._fields = {"sensor": sensor.name}
        self._outage = Outage(_log, sensor.name, time.now_s, **self._fields)

    async def run(self, emit: Emit) -> None:
        """Connect and stream until cancelled, and try again after every error."""
        self._emit = emit
        _log.debug("%s: looking for it", self.name, extra=self._fields)
        backoff = self._timing.backoff
        await retry_until_done(self._attempt, self._report, self._outage, self._time, backoff)

    @property
    def _scanner(self) -> Scanner:
        return self._scanners[0]

    async def remind(self, emit: Emit) -> None:
        """Emit the last status again and again; while the sensor streams there is none."""
        while True:
            await self._time.sleep(self._timing.remind_s)
            if self._status is not None:
                self._set_status(self._status.link, self._status.text)

    async def _attempt(self, generation: int) -> None:
        with isolate_errors(_log, self.name):
            await self._connect_and_stream(generation)

    async def _connect_and_stream(self, generation: int) -> None:
        if self._status is None or generation == 0:
            self._set_status(
                LinkState.SEARCHING,
                f"looking for {self._describe_wanted_sensor()}: switch it on and keep it near",
            )
        failed_before, self._failed_before = self._failed_before, False
        advertisement = await self._find(advertising=failed_before)
        self._failed_before = True
        self._claims.take(advertisement.address, self.name)
        self._set_status(LinkState.CONNECTING, f"found {advertisement.name or 'it'}; connecting")
        async with open_connection(
            self._scanner,
            advertisement,
            self.name,
            self._spec,
            self._time,
            acquire=self._acquire,
            failed_before=failed_before,
        ) as connection:
            await self._check_serial(connection, advertisement)
            await self._stream(connection, advertisement, generation)

    async def _stream(self, connection: Connection, advertisement: Advertisement, generation: int) -> None:
        def packet(characteristic: str, payload: bytes) -> None:
            arrival_ns = round(self._time.now_s() * 1e9)
            self._emit(Packet(self.name, arrival_ns, characteristic, payload, generation))

        def notified(characteristic: str, payload: bytes) -> None:
            packet(characteristic, payload)
            self._own = advertisement

        await connection.start(notified)
        self._status, self._failed_before = None, False
        if not self._outage.over("connected"):
            _log.debug("%s: connected", self.name, extra=self._fields)
        if not self._claims.serial(advertisement.address) and (serial := await connection.serial()):
            self._claims.set_serial(advertisement.address, serial)
        await connection.wait_until_lost(lambda level: packet(BATTERY, level))

    async def _find(self, *, advertising: bool) -> Advertisement:
        """``advertising``: it is not enough that the system says it were connected already.

        bleak does not notice that bluetoothd was started anew, and goes on calling its devices connected.
        """
        since_s = self._time.now_s()
        match = await self._scanner.find(self._is_it, self._timing.by_name_s, advertising=advertising)
        if match is None:
            rest_s = self._timing.search_s - self._timing.by_name_s
            match = await self._scanner.find(self._may_be_it, rest_s, advertising=advertising)
        if match is None:
            raise self._missing_error(since_s)
        return match

    def _missing_error(self, since_s: float) -> SensorNotFound:
        """Tell of another one that fits, which a new run would take."""
        wanted, text = self._describe_wanted_sensor(), "is not to be seen: switch it on and keep it near"
        log_text = f"{self.name} {text}"
        others = [s for s in self._scanner.advertisements(since_s) if self._fits(s)]
        if self._own is None or not others:
            return SensorNotFound(f"{wanted} {text}", log_text=log_text)
        other = max(others, key=lambda s: -999 if s.rssi_dbm is None else s.rssi_dbm)
        name = other.name or "a sensor"
        return SensorNotFound(
            f"{wanted} is not to be seen; another one fits: {name}; to use it, end this run and start anew",
            log_text=log_text,
        )

    def _is_it(self, s: Advertisement) -> bool:
        """True for our device from before, else for the right kind with the right name or serial number."""
        owner = self._claims.owner(s.address)
        if owner is not None:
            return owner == self.name
        if not self._spec.matches(s.name, s.services):
            return False
        if self._own is not None:
            return self._own_serial is not None and self._claims.serial(s.address) == self._own_serial
        if self._match is None:
            return self._claims.device(self.name) is None and not self._is_anothers(s)
        return self._fits(s)

    def _may_be_it(self, s: Advertisement) -> bool:
        """True also for the right kind where only its serial number can tell."""
        if self._is_it(s):
            return True
        if self._claims.owner(s.address) is not None or not self._spec.matches(s.name, s.services):
            return False
        unknown = self._claims.serial(s.address) is None
        if self._own is not None:
            return unknown and self._own_serial is not None
        return self._match is None or (unknown and not is_address(self._match))

    def _fits(self, s: Advertisement) -> bool:
        """True for any free device that the settings allow, whether it is ours or not."""
        if self._claims.owner(s.address) is not None or not self._spec.matches(s.name, s.services):
            return False
        if self._is_anothers(s):
            return False
        told = (s.name, s.address, self._claims.serial(s.address) or "")
        return self._match is None or any(names_device(self._match, text) for text in told)

    def _is_anothers(self, s: Advertisement) -> bool:
        """True where the settings tell another sensor by this address or serial number."""
        told = (s.address, self._claims.serial(s.address) or "")
        return any(names_device(match, text) for match in self._matches_of_others for text in told)

    @property
    def _own_serial(self) -> str | None:
        """The serial number of the device that has streamed; None if it told none."""
        return None if self._own is None else self._claims.serial(self._own.address)

    async def _check_serial(self, connection: Connection, advertisement: Advertisement) -> None:
        """``SensorNotFound`` if it turns out to be another one."""
        own, wanted = self._own, self._match
        if own is not None:
            if advertisement.address == own.address:
                return
            wanted = self._own_serial
        fits = own is None and (
            wanted is None
            or any(names_device(wanted, text) for text in (advertisement.name, advertisement.address))
        )
        if fits and not self._may_be_anothers_by_serial():
            return
        serial = await connection.serial()
        self._claims.set_serial(advertisement.address, serial)
        anothers = self._is_anothers(advertisement)
        if anothers or not (fits or (wanted is not None and names_device(wanted, serial))):
            self._claims.drop(self.name)
            if own is not None:
                self._claims.take(own.address, self.name)
            told = f"{advertisement.name or 'a sensor'} has serial number {serial or '(none)'}"
            raise SensorNotFound(
                f"{told}, as another of your sensors" if anothers else f"{told}, not {wanted}",
                log_text="another device of this kind was there and was refused",
            )

    def _may_be_anothers_by_serial(self) -> bool:
        """True where another sensor is told by what is no address, nor in the name of a device here."""
        names = [s.name for s in self._scanner.advertisements(0.0)]
        return any(
            not is_address(match) and not any(names_device(match, name) for name in names)
            for match in self._matches_of_others
        )

    def _describe_wanted_sensor(self) -> str:
        return self._match or (self._own.name if self._own else "") or "a sensor of this kind"

    def _report(self, exc: MonitorError, wait_s: float) -> None:
        match exc:
            case BluetoothOff():
                link = LinkState.OFF
                self._scanners.rotate(-1)
            case SensorNotFound():
                link = LinkState.SEARCHING
            case _:
                link = LinkState.LOST
        again = "searching on" if isinstance(exc, SensorNotFound | SensorLost) else "trying again"
        self._set_status(link, f"{exc}; {again}")

    def _set_status(self, link: LinkState, text: str) -> None:
        self._status = SensorStatus(self._time.now_s(), self.name, link, text)
        self._emit(self._status)
