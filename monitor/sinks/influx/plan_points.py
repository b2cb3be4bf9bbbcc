"""A shared day as points of the time series: ``plan``, ``log``, and ``shoe`` for each pair.

One point a day with the tag ``athlete`` (and the number of the pair), at noon UTC of the runner's date.
What is not shared or not known is left out; ``plan`` says which items are shared.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from monitor.sinks.influx.line_protocol import Point, Value
from monitor.training.sharing import SHARED_ITEMS, SharedDay

PLAN_MEASUREMENTS = ("plan", "log", "shoe")
"""The measurements that hold shared days and nothing else."""
EARLIER_PAIN = ("note", "pain")
"""Measurement and tag ``kind`` of the pains that earlier versions sent, whoever shared them."""


def shared_day_points(athlete: str, days: Iterable[SharedDay]) -> list[Point]:
    """Return the points of these days, none for a day of which nothing is shared."""
    points = []
    for day in days:
        if not day.items:
            continue
        t_ns = _noon_ns(day.day)
        points.append(Point("plan", {"athlete": athlete}, _plan_values(day), t_ns))
        points.append(Point("log", {"athlete": athlete}, _log_values(day), t_ns))
        for shoe in day.shoes or ():
            tags = {"athlete": athlete, "pair": f"pair {shoe.pair}"}
            points.append(Point("shoe", tags, {"km": float(shoe.km)}, t_ns))
    return [p for p in points if any(value is not None for value in p.values.values())]


def _noon_ns(day: datetime.date) -> int:
    """At noon it is the same date nearly everywhere."""
    noon = datetime.datetime.combine(day, datetime.time(12), datetime.UTC)
    return round(noon.timestamp()) * 1_000_000_000


def _plan_values(day: SharedDay) -> dict[str, Value | None]:
    values: dict[str, Value | None] = {
        "day": day.day.isoformat(),
        "phase": None if day.phase is None else day.phase.code,
        "change": day.change,
        "hold": None if day.held is None else int(day.held),
        "hold_why": None if day.held is None else day.held_why or "",
        "hold_since": None if day.held is None else str(day.held_since or ""),
        "allowed_km": _number(day.allowed_km),
        "allowed_min": _number(day.allowed_minutes),
        "allowed_descent_m": _number(day.allowed_descent_m),
        "done_km": _number(day.done_km),
        "done_min": _number(day.done_minutes),
        "done_descent_m": _number(day.done_descent_m),
        "strength_done": day.strength_done,
        "strength_planned": day.strength_planned,
    }
    return values | {f"shares_{item}": int(item in day.items) for item in SHARED_ITEMS}


def _log_values(day: SharedDay) -> dict[str, Value | None]:
    return {
        "during": _number(day.during),
        "session": day.hurt_in,
        "after": _number(day.after),
        "morning": _number(day.morning),
        "effort": _number(day.effort),
        "km_before": _number(day.km_before),
        "descent_before_m": _number(day.descent_before_m),
    }


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
