"""Columns of times in CSV files of samples: their unit, times that share rows, and times that were rounded.

Sensors are sampled 20 to 5000 times a second, so that of s, ms, us and ns one unit at most makes sense.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np

from dsp.types import GRAVITY_MS2, Array
from monitor.core.errors import InputError
from monitor.recordings.delimited_text import Sheet, parse_date_time
from monitor.recordings.signals import REST_HIGH_MS2, REST_LOW_MS2

TIME_UNITS: Mapping[str, float] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_RATES_HZ = (20.0, 5000.0)
_SAME_RUN = 0.8
"""If this share of times stands in as many rows each, they are those of packets and were not rounded."""
_FASTEST_RADS = 75.0


def fitting_unit(times: Array) -> str:
    """Return the unit in which times (n,) are those of a sensor's samples; empty if none fits."""
    span, rows = _span_without_holes(times), len(times) - 1
    for unit, factor in TIME_UNITS.items():
        if span > 0 and _RATES_HZ[0] <= rows / (span * factor) <= _RATES_HZ[1]:
            return unit
    return ""


def _span_without_holes(times: Array) -> float:
    """Return the time from first to last (n,), less holes of a thousand times the usual distance."""
    if len(times) < 2:
        return 0.0
    ahead = np.diff(times)
    ahead = ahead[ahead > 0]
    holes = ahead[ahead > 1000 * np.median(ahead)].sum() if len(ahead) else 0.0
    return float(np.ptp(times) - holes)


def sample_times_s(sheet: Sheet, name: str, unit: str, rest: str) -> Array:
    """Return the times (n,) in s of a sheet's column ``name`` in this unit, by its spacing if empty.

    ``rest`` is the map of the other columns, for the hint that an ``InputError`` gives: where another unit
    would fit, or where times are rounded so that rows cannot be told apart.
    """
    times = sheet.find(name)
    assert times is not None
    clock = name.lower() in {c.lower() for c in sheet.clocks}
    times = np.where(np.isfinite(times), times, np.nan)
    good = times[np.isfinite(times)]
    if _are_rounded(good):
        rate_hz = _rounded_rate(good, 1.0 if clock else TIME_UNITS[unit or fitting_unit(good) or "s"])
        raise InputError("error.csv_rounded", where=sheet.where, name=name, columns=f"t=@{rate_hz},{rest}")
    if clock:
        return _spread(_past_midnight(times))
    fits = fitting_unit(good)
    if unit and fits and fits != unit:
        columns = f"t={name}:{fits},{rest}"
        raise InputError("error.csv_unit", where=sheet.where, name=name, unit=unit, columns=columns)
    return _spread(times * TIME_UNITS[unit or fits or "s"])


def start_time(sheet: Sheet, name: str, times_s: Array) -> datetime.datetime | None:
    """Return the time of the first sample, with a zone; None where the column ``name`` names no day.

    ``times_s`` (n,) are its times in s.  A written time that names no zone is this machine's local time.
    """
    good = times_s[np.isfinite(times_s)]
    if not len(good) or not 1e9 < good[0] < 4e9:
        return None
    written = next((text for column, text in sheet.clocks.items() if column.lower() == name.lower()), None)
    if written is None:
        return datetime.datetime.fromtimestamp(float(good[0]), datetime.UTC)
    when = parse_date_time(written)
    return when.astimezone(datetime.UTC) if when is not None and when.tzinfo is None else when


def suggested_columns(sheet: Sheet) -> str:
    """Return a map for ``--columns``, guessed from headings and numbers; empty if it cannot be."""
    names = [name for name in sheet.columns if not set(name) & set(",:=")]
    acc = _axes(names, ("acc", "a"))
    time = next((n for n in names if "time" in n.lower() or n.lower() in ("t", "ts")), "")
    if not acc:
        return ""
    gyr = _axes([n for n in names if n not in acc], ("gyr", "g", "w", "rot"))
    norm = float(np.nanmedian(np.linalg.norm([sheet.columns[n] for n in acc], axis=0)))
    near = (("ms2", 1.0), ("g", GRAVITY_MS2), ("mg", GRAVITY_MS2 / 1e3))
    unit = next((u for u, factor in near if REST_LOW_MS2 <= norm * factor <= REST_HIGH_MS2), "")
    if not unit:
        return ""
    parts = [f"a{axis}={n}:{unit}" for axis, n in zip("xyz", acc, strict=True)]
    if gyr:
        fast = float(np.nanquantile(np.linalg.norm([sheet.columns[n] for n in gyr], axis=0), 0.99))
        unit = "rads" if fast <= _FASTEST_RADS else "dps" if fast <= 1000 * _FASTEST_RADS else "mdps"
        parts += [f"g{axis}={n}:{unit}" for axis, n in zip("xyz", gyr, strict=True)]
    return ",".join([_time_part(sheet, time), *parts])


def _time_part(sheet: Sheet, name: str) -> str:
    if not name:
        return "t=@RATE"
    times = sheet.columns[name]
    good = times[np.isfinite(times)]
    if name in sheet.clocks and not _are_rounded(good):
        return f"t={name}"
    unit = fitting_unit(good)
    if not unit or _are_rounded(good):
        return f"t=@{_rounded_rate(good, TIME_UNITS[unit or 's'])}"
    return f"t={name}:{unit}"


def _axes(names: list[str], stems: tuple[str, ...]) -> list[str]:
    """Return three columns of a vector: headings that begin like one of ``stems`` and end in x, y, z."""
    for stem in stems:
        found = []
        for axis in "xyz":
            like = [n for n in names if (w := _word(n)).startswith(stem) and w.endswith(axis)]
            found += like[:1]
        if len(found) == 3:
            return found
    return []


def _word(name: str) -> str:
    """Return a heading in lower case without its unit, which may stand in brackets."""
    return "".join(c for c in name.lower().partition("(")[0].partition("[")[0] if c.isalpha())


def _runs(times: Array) -> Array:
    """Return in how many rows each time stands, without the first and the last, which may be cut."""
    first = np.flatnonzero(np.diff(times, prepend=-np.inf) > 0)
    return np.diff(first)[1:]


def _are_rounded(times: Array) -> bool:
    """Return whether so many rows share a time that they cannot be told apart."""
    if len(times) < 3 or len(np.unique(times)) > len(times) / 2:
        return False
    runs = _runs(times)
    return len(runs) == 0 or float(np.mean(runs == np.median(runs))) < _SAME_RUN


def _rounded_rate(times: Array, factor: float) -> str:
    """Return samples per second over the whole, as text; ``RATE`` where that cannot be."""
    first = np.flatnonzero(np.diff(times, prepend=-np.inf) > 0)[1:]  # rows where a time begins
    span = float(np.ptp(times[first])) * factor if len(first) > 1 else 0.0
    rate_hz = float(first[-1] - first[0]) / span if span > 0 else 0.0
    return f"{rate_hz:.3f}".rstrip("0").rstrip(".") if _RATES_HZ[0] <= rate_hz <= _RATES_HZ[1] else "RATE"


def _past_midnight(t_s: Array) -> Array:
    """Return times (n,) of a clock that begins anew after an hour or a day as times that go on."""
    lap_s = 3600.0 if np.nanmax(t_s) < 3600 else 86_400.0
    if np.nanmax(t_s) >= 86_400:
        return t_s
    return np.asarray(t_s + lap_s * np.cumsum(np.diff(t_s, prepend=t_s[0]) < -lap_s / 2))


def _spread(t_s: Array) -> Array:
    """Give rows that share a time (that of their notification's first sample) times of their own."""
    first = np.flatnonzero(np.diff(t_s, prepend=-np.inf) > 0)
    if len(first) < 2 or len(first) == len(t_s):
        return t_s
    period_s = float(np.median(np.diff(t_s[first])) / np.median(np.diff(first)))
    rows = np.arange(len(t_s))
    leader = first[np.searchsorted(first, rows, side="right") - 1]
    return np.asarray(t_s[leader] + period_s * (rows - leader), dtype=np.float64)
