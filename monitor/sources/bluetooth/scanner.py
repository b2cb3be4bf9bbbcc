"""One adapter: a single scanner for all who look for something, and connections one at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from bleak import BleakAdapter, BleakScanner
from bleak.args.bluez import BlueZScannerArgs
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from monitor.core.monotonic import MonotonicClock
from monitor.devices.gatt import sig
from monitor.sources.bluetooth.error_messages import FAULTS, scanning

SCAN_S = 0.1  # between two looks at who was seen
DEAF_S = 15.0  # a scanner that hears nothing for so long is started anew (the adapter may have gone)
FORGET_S = 60.0  # unseen for so long: forgotten

GATT_SERVICE = sig(0x1801)


@dataclass(frozen=True, slots=True)
class Advertisement:
    """Somebody on the air.  ``rssi_dbm`` is None for one that is connected to this machine already."""

    device: BLEDevice
    name: str
    services: frozenset[str]
    rssi_dbm: int | None
    seen_s: float

    @property
    def address(self) -> str:
        """Tells devices apart on this machine, for now: some systems hide and change addresses."""
        return self.device.address


class Scanner:
    """Scans only while somebody looks and nobody connects."""

    def __init__(self, time: MonotonicClock, adapter: str | None = None) -> None:
        self.adapter = adapter
        self._time = time
        self._seen: dict[str, Advertisement] = {}
        self._turn = asyncio.Lock()
        self._looking = 0
        self._scanner: BleakScanner | None = None
        self._started_s = self._heard_s = 0.0

    async def find(self, wanted: Callable[[Advertisement], bool], within_s: float) -> Advertisement | None:
        """The strongest that is wanted among those heard since now; None if there is none in time.

        ``BluetoothOff`` if there is no scanning.
        """
        since_s = self._time.now_s()
        async with self._search():
            for s in await self._connected():
                if wanted(s):
                    return s
            while self._time.now_s() < since_s + within_s:
                await self._listen()
                await self._time.sleep(SCAN_S)
                found = [s for s in self.advertisements(since_s) if wanted(s)]
                if found:
                    return max(found, key=lambda s: -999 if s.rssi_dbm is None else s.rssi_dbm)
        return None

    async def check(self) -> None:
        """``BluetoothOff`` if there is no scanning."""
        async with self._search():
            await self._listen()

    async def watch(self, show: Callable[[list[Advertisement]], None], every_s: float = 0.5) -> None:
        """Scan until cancelled; ``show`` gets all that are on the air, the strongest first."""
        async with self._search():
            while True:
                await self._listen()
                await self._time.sleep(every_s)
                now_s = self._time.now_s()
                show(sorted(self.advertisements(now_s - FORGET_S), key=lambda s: -(s.rssi_dbm or -999)))

    def advertisements(self, since_s: float) -> list[Advertisement]:
        """Those heard since then."""
        return [s for s in self._seen.values() if s.seen_s >= since_s]

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """For connecting: nobody scans and nobody else connects meanwhile (BlueZ allows neither)."""
        async with self._turn:
            await self._hush()
            yield

    @contextlib.asynccontextmanager
    async def _search(self) -> AsyncIterator[None]:
        self._looking += 1
        try:
            yield
        finally:
            self._looking -= 1
            if not self._looking:
                async with self._turn:
                    await self._hush()

    async def _listen(self) -> None:
        """Have a scanner running that hears."""
        if self._scanner is not None and self._time.now_s() - self._heard_s < DEAF_S:
            return
        async with self._turn:
            await self._hush()
            args: BlueZScannerArgs = {} if self.adapter is None else {"adapter": self.adapter}
            with scanning():
                scanner = BleakScanner(self._on_advertisement, bluez=args)
                await scanner.start()
            self._scanner = scanner
            self._heard_s = self._time.now_s()

    async def _hush(self) -> None:
        if self._scanner is not None:
            scanner, self._scanner = self._scanner, None
            with contextlib.suppress(*FAULTS):
                await scanner.stop()

    async def _connected(self) -> list[Advertisement]:
        """Connected to this machine already, by a program that was killed: these do not advertise."""
        with contextlib.suppress(*FAULTS, NotImplementedError):
            adapter = await BleakAdapter.get(
                bluez={} if self.adapter is None else {"adapter": self.adapter}
            )
            devices = await adapter.get_connected_devices([GATT_SERVICE])
            now_s = self._time.now_s()
            return [Advertisement(d, d.name or "", _services(d), None, now_s) for d in devices]
        return []

    def _on_advertisement(self, device: BLEDevice, data: AdvertisementData) -> None:
        self._heard_s = now_s = self._time.now_s()
        before = self._seen.get(device.address)
        name = data.local_name or device.name or (before.name if before else "")
        services = frozenset(data.service_uuids)
        sighting = Advertisement(device, name, services, data.rssi, now_s)
        if before is not None:
            sighting = replace(sighting, services=services | before.services)
        self._seen[device.address] = sighting
        if len(self._seen) > 500:
            self._seen = {a: s for a, s in self._seen.items() if now_s - s.seen_s < FORGET_S}


def _services(device: BLEDevice) -> frozenset[str]:
    """What BlueZ knows of a connected device; other systems do not tell."""
    details = device.details
    props = details.get("props", {}) if isinstance(details, dict) else {}
    return frozenset(props.get("UUIDs", ()))
