"""One Bluetooth adapter: one scan for all that search, and one connection attempt at a time.

An adapter cannot scan twice at once, and BlueZ cannot scan while it connects.  So all searches share one
``BleakScanner``, which runs while there is a search and stops for each connection attempt.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from bleak import BleakAdapter, BleakScanner
from bleak.args.bluez import BlueZScannerArgs
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from monitor.core.monotonic import MonotonicClock
from monitor.core.safe_text import LONGEST_NAME, clean_line
from monitor.devices.gatt import sig_uuid
from monitor.sources.bluetooth.error_messages import BLEAK_ERRORS, adapter_errors
from monitor.sources.bluetooth.settings import BluetoothSettings

_log = logging.getLogger(__name__)

_POLL_S = 0.1  # between two looks at the advertisements received
_DEAF_S = 15.0  # a scanner that receives nothing for so long is started anew (the adapter may have gone)
_FORGET_S = 60.0  # after its last advertisement a device is forgotten
_ANSWER_S = 4.0  # for the system to start or end a scan; BlueZ takes up to 2 s
_TURN_S = 3.0  # that other sensors are searched for before one that could not be connected is tried again
_MOST_TURNS_S = 10.0  # and it waits for no longer

_GATT_SERVICE = sig_uuid(0x1801)


@dataclass(frozen=True, slots=True)
class Advertisement:
    """``Advertisement`` is what is known of a device that advertises, over all its packets.

    ``services`` are UUIDs; ``rssi_dbm`` is the last signal strength, None for a device that is connected to
    this machine already; ``seen_s`` is the clock's time of the last packet.
    """

    device: BLEDevice
    name: str
    services: frozenset[str]
    rssi_dbm: int | None
    seen_s: float

    @property
    def address(self) -> str:
        """The address tells devices apart on this machine, for now: some systems hide and change it."""
        return self.device.address


@dataclass(slots=True)
class _Search:
    """A search that goes on: how long it was listened for it."""

    listened_s: float = 0.0


class Scanner:
    """``Scanner`` is one adapter; it scans only while somebody searches and nobody connects.

    ``adapter`` is its name on Linux, None for the system's default.
    """

    def __init__(self, time: MonotonicClock, adapter: str | None = None) -> None:
        self.adapter = adapter
        self._time = time
        self._devices: dict[str, Advertisement] = {}
        self._exclusive = asyncio.Lock()
        self._searches: list[_Search] = []
        self._found: set[str] = set()  # addresses of devices that were found and are about to be connected
        self._scanner: BleakScanner | None = None
        self._started_s = self._received_s = 0.0

    async def find(
        self, wanted: Callable[[Advertisement], bool], within_s: float, *, advertising: bool = False
    ) -> Advertisement | None:
        """Return the strongest device that is ``wanted`` of those that advertise from now on.

        A device that is connected already comes first, unless it must be ``advertising``.  None if there is
        none in ``within_s`` seconds of listening; ``BluetoothOff`` if the adapter cannot scan.
        """
        since_s = self._time.now_s()
        async with self._search() as search:
            for s in () if advertising else await self._already_connected():
                if wanted(s):
                    return s
            while search.listened_s < within_s:  # not while another one is connected
                await self._ensure_scanning()
                await self._time.sleep(_POLL_S)
                search.listened_s += _POLL_S if self._scanner is not None else 0.0
                matches = [s for s in self.advertisements(since_s) if wanted(s)]
                if matches:
                    best = max(matches, key=lambda s: -999 if s.rssi_dbm is None else s.rssi_dbm)
                    self._found.add(best.address)
                    return best
        return None

    async def check(self) -> None:
        """Raise ``BluetoothOff`` if the adapter cannot scan."""
        async with self._search():
            await self._ensure_scanning()

    async def scan(
        self,
        report: Callable[[list[Advertisement]], None],
        seconds: float | None = None,
        every_s: float = 0.5,
    ) -> None:
        """Scan for ``seconds``, without them until cancelled.

        ``report`` gets all devices of the last minute, the strongest first.  ``BluetoothOff`` if the
        adapter cannot scan.
        """
        async with self._search():
            await self._ensure_scanning()
            began_s = self._time.now_s()
            while seconds is None or self._time.now_s() < began_s + seconds:
                await self._ensure_scanning()
                await self._time.sleep(every_s)
                now_s = self._time.now_s()
                recent = self.advertisements(now_s - _FORGET_S)
                report(sorted(recent, key=lambda s: -(s.rssi_dbm or -999)))

    def advertisements(self, since_s: float) -> list[Advertisement]:
        """Return the devices that advertised since then (a time of the clock)."""
        return [s for s in self._devices.values() if s.seen_s >= since_s]

    @contextlib.asynccontextmanager
    async def exclusive(self, address: str, *, failed_before: bool = False) -> AsyncIterator[None]:
        """Hold the adapter for connecting this device: nobody else scans or connects meanwhile (BlueZ
        allows neither).

        ``failed_before``: it did not stream the last time, so those that are searched for or were found
        come first.  Otherwise one flaky sensor would keep all the others from coming back.
        """
        self._found.discard(address)
        until_s = self._time.now_s() + (_MOST_TURNS_S if failed_before else 0.0)
        while True:
            while self._others_wait() and self._time.now_s() < until_s:
                await self._time.sleep(_POLL_S)
            async with self._exclusive:
                if self._others_wait() and self._time.now_s() < until_s:
                    continue  # somebody came while another one was connected
                await self._stop_scanning()
                yield
                return

    def _others_wait(self) -> bool:
        return bool(self._found) or any(s.listened_s < _TURN_S for s in self._searches)

    @contextlib.asynccontextmanager
    async def _search(self) -> AsyncIterator[_Search]:
        search = _Search()
        self._searches.append(search)
        try:
            yield search
        finally:
            self._searches = [s for s in self._searches if s is not search]
            if not self._searches:
                async with self._exclusive:
                    await self._stop_scanning()

    async def _ensure_scanning(self) -> None:
        """Start the scanner unless one is running that receives something."""
        if self._scanner is not None and self._time.now_s() - self._received_s < _DEAF_S:
            return
        async with self._exclusive:
            if self._scanner is not None and self._time.now_s() - self._received_s >= _DEAF_S:
                _log.debug("nothing received for %.0f s: the scan is started anew", _DEAF_S)
            await self._stop_scanning()
            args: BlueZScannerArgs = {} if self.adapter is None else {"adapter": self.adapter}
            with adapter_errors(_ANSWER_S):
                scanner = BleakScanner(self._on_advertisement, bluez=args)
                async with asyncio.timeout(_ANSWER_S):
                    await scanner.start()
            self._scanner = scanner
            self._received_s = self._time.now_s()

    async def _stop_scanning(self) -> None:
        if self._scanner is not None:
            scanner, self._scanner = self._scanner, None
            with contextlib.suppress(*BLEAK_ERRORS):
                async with asyncio.timeout(_ANSWER_S):
                    await scanner.stop()

    async def _already_connected(self) -> list[Advertisement]:
        """Return devices that a killed program left connected to this machine: these do not advertise."""
        with contextlib.suppress(*BLEAK_ERRORS, NotImplementedError):
            async with asyncio.timeout(_ANSWER_S):
                adapter = await BleakAdapter.get(
                    bluez={} if self.adapter is None else {"adapter": self.adapter}
                )
                devices = await adapter.get_connected_devices([_GATT_SERVICE])
            now_s = self._time.now_s()
            names = [clean_line(d.name or "", LONGEST_NAME) for d in devices]
            known = zip(devices, names, strict=True)
            return [Advertisement(d, name, _services(d), None, now_s) for d, name in known]
        return []

    def _on_advertisement(self, device: BLEDevice, data: AdvertisementData) -> None:
        self._received_s = now_s = self._time.now_s()
        before = self._devices.get(device.address)
        name = data.local_name or device.name or (before.name if before else "")
        services = frozenset(data.service_uuids)
        name = clean_line(name, LONGEST_NAME)  # anybody may send any
        advertisement = Advertisement(device, name, services, data.rssi, now_s)
        if before is not None:
            advertisement = replace(advertisement, services=services | before.services)
        self._devices[device.address] = advertisement
        if len(self._devices) > 500:
            self._devices = {a: s for a, s in self._devices.items() if now_s - s.seen_s < _FORGET_S}


async def check_adapters(settings: BluetoothSettings, time: MonotonicClock) -> None:
    """Raise ``BluetoothOff`` if an adapter of the settings, or the system's default, cannot scan."""
    for adapter in settings.adapters or (None,):
        await Scanner(time, adapter).check()


def _services(device: BLEDevice) -> frozenset[str]:
    """Return the services that BlueZ knows of a connected device; other systems do not tell."""
    details = device.details
    props = details.get("props", {}) if isinstance(details, dict) else {}
    return frozenset(props.get("UUIDs", ()))
