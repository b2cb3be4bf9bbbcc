"""The state of a run as the live page shows it: records folded in, and what changed by them.

``push`` gives the change as JSON-able data of the same shape as ``state``; a page that merges the
changes into the state it got first shows what a page opened now would get.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from dsp.metrics import Role, is_modelled, with_role
from dsp.types import ActivityChange, Band, Cue, Estimate, Gap, Metric, Step
from monitor.core import json_codec
from monitor.core.records import Out, SensorStatus, SessionEnded, SessionStarted, SinkStatus
from monitor.pipeline.announcements import CUES_ENDED

HISTORY_S = 300.0
"""Seconds of history that a page gets: what its strip of the last minutes shows (a choice)."""

_BEATS, _CUES = 24, 12
"""How many of the newest steps (for the metronome's phase) and cues a page gets."""


HistoryPoint = tuple[float, *tuple[float | None, ...]]
"""Session seconds, then what is drawn there: a value, or low and high of a band."""


class LiveState:
    """The newest record of every kind, and the last ``history_s`` seconds of the metrics that are charted.

    The history has a point a second for every metric with the role ``chart``, and under ``band:NAME``
    the low and high edge of its target band.
    """

    def __init__(self, history_s: float = HISTORY_S) -> None:
        self._history_s = history_s
        self._state: dict[str, Any] = {"t_s": 0.0, "steps": 0, "activity": "unknown", "session": None}
        self._state |= {"ended": None, "gaps": 0, "beats": [], "cues": []}
        self._now: dict[str, dict[str, Any]] = {}
        self._bands: dict[str, Any] = {}
        self._cues = 0
        self._sensors: dict[str, Any] = {}
        self._sinks: dict[str, Any] = {}
        self._history: dict[str, deque[HistoryPoint]] = {
            name: deque() for metric in with_role(Role.CHART) for name in (metric, f"band:{metric}")
        }

    @property
    def t_s(self) -> float:
        """The newest second of the session that a record told of."""
        return float(self._state["t_s"])

    def state(self) -> dict[str, Any]:
        """Return the whole state as JSON-able data, for a page that has just been opened."""
        history = {name: list(points) for name, points in self._history.items() if points}
        return {
            **self._state,
            "history_s": self._history_s,
            "now": {name: dict(v) for name, v in self._now.items()},
            "bands": dict(self._bands),
            "sensors": dict(self._sensors),
            "sinks": dict(self._sinks),
            "history": history,
        }

    def push(self, records: Iterable[Out]) -> dict[str, Any]:
        """Fold records into the state and return what changed by them, in the shape of ``state``."""
        change: dict[str, Any] = {"now": {}, "bands": {}, "sensors": {}, "sinks": {}, "history": {}}
        before = dict(self._state)
        for record in records:
            self._fold_record(record, change)
        changed = {k: v for k, v in self._state.items() if v != before[k]}
        return changed | {k: v for k, v in change.items() if v}

    def _fold_record(self, record: Out, change: dict[str, Any]) -> None:
        match record:
            case Step():
                self._state["steps"] += 1
                self._state["beats"] = sorted([*self._state["beats"], round(record.ic_s, 4)])[-_BEATS:]
                for estimate in record.estimates:
                    self._fold_estimate(record.ic_s, estimate, change)
            case Metric(t_s, None, estimate):
                self._fold_estimate(t_s, estimate, change)
                self._add_chart_point(estimate.metric, (t_s, estimate.value), change)
            case Band(t_s, metric):
                self._bands[metric] = change["bands"][metric] = json_codec.to_json(record)
                self._add_chart_point(f"band:{metric}", (t_s, record.low, record.high), change)
            case Cue():
                self._cues += 1
                cue = {"n": self._cues, **json_codec.to_json(record)}
                self._state["cues"] = [*self._state["cues"], cue][-_CUES:]
                if record.wording == CUES_ENDED:
                    self._drop_bands(record.t_s, change)
            case ActivityChange():
                self._state["activity"] = record.activity.value
            case Gap():
                self._state["gaps"] += 1
            case SensorStatus():
                self._sensors[record.sensor] = change["sensors"][record.sensor] = json_codec.to_json(record)
                self._advance_to(record.t_s)
            case SinkStatus():
                self._sinks[record.sink] = change["sinks"][record.sink] = json_codec.to_json(record)
            case SessionStarted():
                self._state["session"] = json_codec.to_json(record)
            case SessionEnded():
                self._state["ended"] = record.reason
            case _:
                pass

    def _drop_bands(self, t_s: float, change: dict[str, Any]) -> None:
        """No target holds any more; an open page is told by a band that is none."""
        for metric in self._bands:
            change["bands"][metric] = None
            self._add_chart_point(f"band:{metric}", (t_s, None, None), change)
        self._bands.clear()

    def _fold_estimate(self, t_s: float, estimate: Estimate, change: dict[str, Any]) -> None:
        before = self._now.get(estimate.metric)
        if before is not None and t_s < before["t_s"]:
            return
        newest = {"t_s": t_s, "value": estimate.value, "sd": estimate.sd, "how": estimate.how}
        newest["modelled"] = is_modelled(estimate.metric, estimate.how)
        self._now[estimate.metric] = change["now"][estimate.metric] = newest
        self._advance_to(t_s)

    def _add_chart_point(self, name: str, point: HistoryPoint, change: dict[str, Any]) -> None:
        points = self._history.get(name)
        if points is None:
            return
        points.append(point)
        change["history"].setdefault(name, []).append(point)
        while len(points) > 1 and points[1][0] <= point[0] - self._history_s:
            points.popleft()  # the one before them still holds where they begin, as a band does

    def _advance_to(self, t_s: float) -> None:
        self._state["t_s"] = max(self._state["t_s"], t_s)
