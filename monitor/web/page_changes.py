"""What a page is told of a run: rounded to what it shows, and only what is different from before.

``whole`` is everything, for a page that has just been opened, and ``take`` what changed since.  A page
merges a change into what it has: texts and lists take the place of those before; in the tables ``now`` and
``sensors`` each row is merged; ``beats`` and ``history`` grow at their end, and shed what is old.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dsp.metrics import BY_NAME, Role, with_role

_SHOWN = frozenset({*with_role(Role.TILE), *with_role(Role.CHART)})
_DRAWN = frozenset({"cadence_spm", "band:cadence_spm"})  # by strip.js
_AT_ONCE = frozenset({"cues", "activity", "ended", "session"})
_WHOLE = frozenset({"session", "allowance"})  # told as a whole, never merged
_NUMBER = ("t_s", "value", "sd")  # most rows of "now" are new in these alone, and come as a list
_SPARE_DECIMALS = 1  # of a value in its unit, beyond what is shown: the page scales it


class PageChanges:
    """``PageChanges`` gathers what ``LiveState.push`` returns until it is taken."""

    def __init__(self) -> None:
        self._waiting: dict[str, Any] = {}
        self._told: dict[str, dict[str, dict[str, Any]]] = {"now": {}, "sensors": {}}
        self._beats: list[float] = []

    def add(self, change: dict[str, Any]) -> bool:
        """Take a change; return whether it is worth telling at once: a cue is, a number is not."""
        waiting = self._waiting
        urgent = not _AT_ONCE.isdisjoint(change) or self._is_other_link(change.get("sensors", {}))
        for key, value in change.items():
            if key == "history":
                curves = waiting.setdefault(key, {})
                for name in value.keys() & _DRAWN:
                    points = value[name]
                    curves.setdefault(name, []).extend(map(_rounded_point, points))
            elif isinstance(value, dict) and key not in _WHOLE:
                waiting.setdefault(key, {}).update(value)
            else:
                waiting[key] = value
        return urgent

    def take(self) -> dict[str, Any]:
        """Return what waits, as short as it can be, and forget it."""
        change, self._waiting = self._waiting, {}
        for table in self._told:
            if table in change:
                change[table] = self._differences(table, _rounded(table, change[table]))
        if "beats" in change:
            before, self._beats = set(self._beats), change["beats"]
            change["beats"] = [t for t in self._beats if t not in before]
        if "t_s" in change:
            change["t_s"] = round(change["t_s"], 2)
        return {key: value for key, value in change.items() if value != {}}

    def whole(self, state: dict[str, Any]) -> dict[str, Any]:
        """Return everything, once what waits was taken: later changes are those to this."""
        for table in self._told:
            self._told[table] = _rounded(table, state[table])
        self._beats = state["beats"]
        tables = {table: dict(rows) for table, rows in self._told.items()}
        drawn = state["history"].keys() & _DRAWN
        history = {name: list(map(_rounded_point, state["history"][name])) for name in drawn}
        return {**state, **tables, "history": history}

    def _differences(self, table: str, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
        told, out = self._told[table], {}
        for name, row in rows.items():
            before = told.get(name, {})
            if changed := {key: value for key, value in row.items() if before.get(key, ...) != value}:
                new_number = table == "now" and changed.keys() <= set(_NUMBER)
                out[name] = [row[key] for key in _NUMBER] if new_number else changed
            told[name] = row
        return out

    def _is_other_link(self, sensors: dict[str, dict[str, Any]]) -> bool:
        told = self._told["sensors"]
        return any(told.get(name, {}).get("link") != row["link"] for name, row in sensors.items())


def _rounded(table: str, rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows as a page shows them; of the numbers only those that it shows."""
    if table == "now":
        return {name: _rounded_number(name, row) for name, row in rows.items() if name in _SHOWN}
    return {
        name: {key: _rounded_field(key, value) for key, value in row.items()} for name, row in rows.items()
    }


def _rounded_number(metric: str, row: dict[str, Any]) -> dict[str, Any]:
    digits = BY_NAME[metric].decimals + _SPARE_DECIMALS
    sd = row["sd"]
    return {
        **row,
        "t_s": round(row["t_s"], 1),
        "value": round(row["value"], digits),
        "sd": None if sd is None else round(sd, digits),
    }


def _rounded_point(point: Sequence[float | None]) -> list[float | None]:
    return [None if x is None else round(x, 2) for x in point]


def _rounded_field(key: str, value: Any) -> Any:
    return round(value, 1) if isinstance(value, float) else value
