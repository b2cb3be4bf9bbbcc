"""What lasts for a run while pages come and go: each sensor with its device, each browser with its queue.

Which device is whose: where the settings name one by ``match``, its name must hold that.  A browser tells
neither address nor serial number; where the settings name an address or nothing, the runner's choice on
the page counts.  Once a device has streamed, only that device goes on in this run.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.session_settings import SensorSettings
from monitor.devices.device_information import BATTERY, BATTERY_LEVEL
from monitor.devices.gatt import GattSpec, sig_uuid
from monitor.sources.device_identity import is_address, names_device
from monitor.sources.protocol import Emit
from monitor.sources.web_bluetooth.page_messages import PageDevice, PageNotification

_BATTERY_SERVICE = sig_uuid(0x180F)
_OPEN = "open the live page on the phone and tap Sensors there"
_AWAY = "the phone cannot be reached; what its sensors send waits in it"


AddLatePackets = Callable[[str, Sequence[Packet]], int]
"""Adds packets to a session that has ended; returns how many it did not have.  Blocks."""


@dataclass(slots=True)
class PageQueue:
    """``PageQueue`` is where one browser keeps what it heard; it outlives pages and connections.

    ``taken`` is the number of the last batch that came from it, ``heard_s`` the session second before which
    nothing more comes, ``page`` the page that is connected, None while it is away.
    """

    taken: int = -1
    heard_s: float = 0.0
    page: object | None = None


class PageSensor:
    """``PageSensor`` is one of our sensors, with the device that the runner chose and where it is heard."""

    def __init__(self, settings: SensorSettings, spec: GattSpec) -> None:
        self.name = settings.name
        self.spec = spec
        self.queue: PageQueue | None = None
        self._match = settings.match
        self._own: PageDevice | None = None  # that has streamed in this run
        self._connection: tuple[str, int] | None = None  # load of the page, and its count
        self._link = -1
        self._told: tuple[LinkState, str] | None = (LinkState.SEARCHING, _OPEN)

    def status(self, now_s: float) -> SensorStatus | None:
        """Return what is to be told of the link, None while it streams."""
        away = self.queue is not None and self.queue.page is None
        told = (LinkState.LOST, _AWAY) if away else self._told
        return None if told is None else SensorStatus(now_s, self.name, *told)

    def set_state(self, link: LinkState, text: str) -> None:
        """Set what is to be told until a packet comes."""
        self._told = (link, text)

    def refusal(self, device: PageDevice, queue: PageQueue) -> str:
        """Return why this device, heard there, cannot be this sensor; empty if it can."""
        own, same_browser, name = self._own, self.queue in (None, queue), device.name or "this device"
        if not same_browser and self.queue is not None and self.queue.page is not None:
            return "another phone or browser has this sensor already"
        if own is not None and (own.id != device.id if same_browser else own.name != device.name):
            return f"{name} is another one than before; to use it, end this run and start anew"
        if self._match is not None and not is_address(self._match) and not names_device(self._match, name):
            return f"{name} is not {self._match}, which the settings name"
        return ""

    def begin(self, queue: PageQueue) -> None:
        """Wait for what is heard there."""
        self.queue = queue

    def abandon(self) -> None:
        """Wait no more for a device that could not be set up and has never streamed."""
        if self._own is None:
            self.queue = None

    def own(self, device: PageDevice) -> None:
        """Take this device as the one that goes on in this run."""
        self._own = device

    def is_own(self, device: PageDevice) -> bool:
        """Return whether this is the device that has streamed in this run."""
        return self._own is not None and self._own.id == device.id

    def packet(self, heard: PageNotification, load: str, arrival_s: float) -> Packet | None:
        """Return a notification as a packet, None for one from a characteristic that is not ours."""
        if heard.channel != BATTERY and heard.channel not in self.spec.characteristics:
            return None
        if (load, heard.connection) != self._connection:
            self._connection, self._link = (load, heard.connection), self._link + 1
        if heard.channel != BATTERY:
            self._told = None
        return Packet(self.name, max(0, round(arrival_s * 1e9)), heard.channel, heard.payload, self._link)

    def for_page(self) -> dict[str, object]:
        """Return what a page must be told to find and open a device."""
        spec = self.spec
        return {
            "name": self.name,
            "match": self._match,
            "names": spec.names,
            "services": spec.services,
            "holders": sorted({*spec.services, *spec.holders, _BATTERY_SERVICE}),
            "silent_ms": round(1000 * max(2.0, 5 * spec.period_s)),
            "battery": [BATTERY_LEVEL, BATTERY],
        }


@dataclass(slots=True)
class PageRun:
    """``PageRun`` is what all pages of one run share; ``emit`` is None while nothing is taken.

    ``id`` is the session, by which a page knows whether what waits in it is of this run.  ``add_late``
    takes what is of an earlier one; None where nothing is kept.
    """

    sensors: Mapping[str, PageSensor]
    emit: Emit | None = None
    queues: dict[str, PageQueue] = field(default_factory=dict)
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    add_late: AddLatePackets | None = None
