"""How the sensors are doing, as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from monitor.records import Link, SensorStatus

_COLOUR = {Link.STREAMING: "green", Link.LOST: "red", Link.OFF: "red", Link.SILENT: "yellow"}


def sensor_table(sensors: Mapping[str, SensorStatus]) -> Table:
    """One row per sensor; what is not known stays empty."""
    table = Table()
    table.add_column("sensor")
    table.add_column("state", overflow="fold")
    for heading in ("per second", "received", "lost", "battery"):
        table.add_column(heading, justify="right")
    table.add_column("time base", overflow="fold")
    for s in sensors.values():
        streams = s.link is Link.STREAMING
        table.add_row(
            Text(s.sensor),
            Text(s.text if s.text else s.link.value, style=_COLOUR.get(s.link, "")),
            f"{s.rate_hz:.0f}" if streams and s.rate_hz is not None else "",
            str(s.received),
            str(s.lost),
            f"{s.battery_pct:.0f} %" if s.battery_pct is not None else "",
            _time_base(s),
        )
    return table


def _time_base(s: SensorStatus) -> str:
    """Uncertainty, rate of the clock, and the jitter of arrival that was removed."""
    if s.clock_sd_ms is None or s.clock_ppm is None:
        return ""
    removed = f"; {s.clock_jitter_ms:.0f} ms of jitter removed" if s.clock_jitter_ms is not None else ""
    return f"± {s.clock_sd_ms:.1f} ms, {s.clock_ppm:+.0f} ppm{removed}"
