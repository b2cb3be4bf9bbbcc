"""Points of a time series, and InfluxDB's line protocol."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from monitor.core.safe_text import tag_text

Value = float | int | bool | str

_MEASUREMENT = str.maketrans({c: f"\\{c}" for c in ", "} | {"\n": "\\n", "\t": "\\t", "\r": "\\r"})
_KEY = str.maketrans({c: f"\\{c}" for c in ",= "} | {"\n": "\\n", "\t": "\\t", "\r": "\\r"})
_TEXT = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": " "})
"""In a text.  Servers disagree about a new line in one: to VictoriaMetrics it ends the point."""


@dataclass(frozen=True, slots=True)
class Point:
    """The values of one series at one instant; ``t_ns`` are nanoseconds since 1970 (UTC).

    The same measurement, tags and time again replace the values, so sending a point twice is sending
    it once.  A tag that is None or empty and a value that is None or not finite are left out; a
    backslash in a tag becomes a slash.
    """

    measurement: str
    tags: Mapping[str, str | None]
    values: Mapping[str, Value | None]
    t_ns: int


def protocol_lines(points: Iterable[Point]) -> bytes:
    """Return the points as line protocol (UTF-8), a line for each that has any value.

    Source: docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol.
    """
    return b"\n".join(line.encode() for p in points if (line := _point_line(p)))


def _point_line(point: Point) -> str:
    values = [f"{_key(k)}={text}" for k, v in point.values.items() if (text := _field_text(v))]
    if not values:
        return ""
    return f"{_series(point.measurement, *point.tags.items())} {','.join(values)} {point.t_ns}"


@lru_cache(maxsize=1024)
def _key(name: str) -> str:
    return name.translate(_KEY)


@lru_cache(maxsize=256)
def _series(measurement: str, *tags: tuple[str, str | None]) -> str:
    """What the lines of all points with these tags begin with; a run has some fifteen."""
    texts = [f",{k.translate(_KEY)}={stored_tag(v).translate(_KEY)}" for k, v in sorted(tags) if v]
    return measurement.translate(_MEASUREMENT) + "".join(texts)


def stored_tag(value: str) -> str:
    """Return a tag as it stands at the server: without what nobody sees, and without a backslash.

    Servers disagree about one before a space.
    """
    return tag_text(value).replace("\\", "/")


def _field_text(value: Value | None) -> str:
    match value:
        case float():  # most of them
            return repr(float(value)) if math.isfinite(value) else ""
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value}i"
        case str():
            return _quoted(value)


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    """A text as it stands in a line: most of them say the same again and again."""
    return f'"{text.translate(_TEXT)}"'
