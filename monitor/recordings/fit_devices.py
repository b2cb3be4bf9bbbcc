"""The devices that wrote into a FIT file: the watch, and each app with its developer fields.

Apps are told apart by the number that the file gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from monitor.recordings.fit_fields import developer_quantity
from monitor.recordings.watch_activity import WatchSeries

if TYPE_CHECKING:
    from monitor.recordings.fit_layouts import DeveloperValue
    from monitor.recordings.fit_messages import FitMessages

_APPLICATIONS: Mapping[bytes, str] = {
    bytes.fromhex("18fb2cf01a4b430dad66988c847421f4"): "stryd",
    bytes.fromhex("660a581e5301460c8f2f034c8b6dc90f"): "stryd",
    bytes.fromhex("14cc7713eff04136a643ac88baf99d02"): "stryd",
    bytes.fromhex("a26e535875264582af7e8606884d96bc"): "garmin running power",
    bytes.fromhex("c1f5c80a5a054e8a97b3fda34e957035"): "runscribe",
    bytes.fromhex("502092b3b0dd45ad89b3472ab2060ab6"): "runscribe",
}
"""Apps by their number, as they stand in files of twelve public projects."""
_TELLING_FIELDS: tuple[tuple[str, str], ...] = (
    ("form power", "stryd"),
    ("rp_", "garmin running power"),
    ("rs_", "runscribe"),
    ("impactgs", "runscribe"),
    ("contacttime", "runscribe"),
)
"""Beginnings of the names of fields that only this app writes."""


class DeviceSeries:
    """The series of every device of a file; ``watch`` is that of the watch itself."""

    def __init__(self, messages: FitMessages) -> None:
        self.watch = WatchSeries(_device_name(messages))
        self._names = _application_names(messages)
        self._apps: dict[int, WatchSeries] = {}
        self._quantities: dict[tuple[str, str], tuple[str, float]] = {}

    def add_developer(self, t_s: float, developer: Iterable[DeveloperValue]) -> None:
        """Keep what apps wrote at ``t_s``; of several fields for one quantity (two legs) the mean."""
        found: dict[tuple[int, str], list[float]] = {}
        for source, name, unit, value in developer:
            if (about := self._quantities.get((name, unit))) is None:
                about = self._quantities[name, unit] = developer_quantity(name, unit)
            quantity, factor = about
            if quantity and isinstance(value, (int, float)):
                found.setdefault((source, quantity), []).append(value * factor)
        for (source, quantity), values in found.items():
            self._app(source).add(quantity, t_s, sum(values) / len(values))

    def all_series(self) -> list[WatchSeries]:
        """Return the series of the watch and of all apps, every name once."""
        return [self.watch, *(self._apps[source] for source in sorted(self._apps))]

    def _app(self, source: int) -> WatchSeries:
        if source not in self._apps:
            taken = {s.name for s in self.all_series()}
            name = self._names.get(source, "")
            name = "developer fields" if not name or name in taken else name
            number = next(n for n in range(1, 1000) if _numbered(name, n) not in taken)
            self._apps[source] = WatchSeries(_numbered(name, number))
        return self._apps[source]


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


def _device_name(messages: FitMessages) -> str:
    file_id = messages.first("file_id")
    maker = str(file_id.get("manufacturer", "watch"))
    product = _product_name(file_id.get("product"), maker)
    name = f"{maker} {product}".strip() if not maker.isdigit() else "watch"
    return "".join(c for c in name if c.isalnum() or c in " -_")[:40] or "watch"


def _product_name(number: Any, maker: str) -> str:
    if maker != "garmin" or not isinstance(number, int):
        return ""
    from fitdecode.profile import FIELD_TYPES  # see fit_messages: not at start-up

    return str(FIELD_TYPES["garmin_product"].enum.get(number, number))


def _application_names(messages: FitMessages) -> dict[int, str]:
    """Return what apps are called, by their number in the file."""
    out: dict[int, str] = {}
    for m in messages.named("developer_data_id"):
        source, number = m.values.get("developer_data_index"), m.values.get("application_id")
        if isinstance(source, int) and isinstance(number, tuple) and None not in number:
            out[source] = _APPLICATIONS.get(bytes(number), out.get(source, ""))
    for m in messages.named("field_description"):
        source, field = m.values.get("developer_data_index"), str(m.values.get("field_name", "")).lower()
        name = next((app for start, app in _TELLING_FIELDS if field.startswith(start)), "")
        if isinstance(source, int) and name and not out.get(source):
            out[source] = name
    return out
