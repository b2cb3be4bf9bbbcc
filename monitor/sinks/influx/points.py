"""Which record becomes which point of the time series in InfluxDB (``monitor.sinks.influx.schema``
documents them).

Time is the session's start plus session seconds, in nanoseconds, and the tags are those of the record,
so a record always makes the same point and may be sent any number of times.
"""

from __future__ import annotations

import datetime
import html
import math
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from dsp.types import ActivityChange, Band, Cue, Estimate, Gap, Metric, Readiness, SensorProblem, Step
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted, SinkStatus
from monitor.pipeline.plan_privacy import records_for_others
from monitor.sinks.influx.line_protocol import Point, Value
from monitor.sinks.influx.schema import ACTIVITIES, FINISHED, INFLUX_SCHEMA
from monitor.storage.session_info import Note, SessionInfo, tags_for_others

_Values = dict[str, Value | None]
_Shape = tuple[str, Mapping[str, str | None], _Values, float]


def record_points(
    session: SessionInfo,
    records: Iterable[Out],
    bands: Iterable[Band] = (),
    activity: ActivityChange | None = None,
) -> list[Point]:
    """Return the points of these records of one session, in their order.

    ``bands`` and ``activity`` are those that held before the first record: each second is stored with its
    target, and what the runner does is stored once a minute.  What tells of the runner's plan of coming
    back makes none: it is for nobody who looks at the server.
    """
    began_ns = utc_ns(session.started_utc)
    own = {"athlete": session.athlete, "session": session.id}
    held = {band.metric: band for band in records_for_others(bands) if isinstance(band, Band)}
    minutes = _ActivityMinutes(activity)
    out = []
    for record in records_for_others(records):
        for name, tags, values, t_s in (_point_parts(session, record), *minutes.push(record)):
            if not math.isfinite(t_s):
                continue
            match record:
                case Band(_, metric):
                    held[metric] = record
                case Metric(_, None, Estimate(metric, value)) if metric in held and name == "second":
                    values |= _band_values(held[metric], metric)
                    values[f"{metric}_in_band"] = _is_inside(held[metric], value)
            at_ns = began_ns + round(t_s * 1e9)
            out.append(Point(name, {**own, **tags}, _as_in_schema(name, values), at_ns))
    return out


class _ActivityMinutes:
    """What the runner does at every whole minute, and that the run is over.

    A minute's point follows from the records alone, so it is the same wherever the batches are cut.
    """

    def __init__(self, held: ActivityChange | None) -> None:
        self._held = held
        self._done = -1

    def push(self, record: Out) -> list[_Shape]:
        match record:
            case SessionEnded(_, t_s):
                return [_activity_shape(t_s, FINISHED, len(ACTIVITIES))]
            case ActivityChange():
                self._held = record
            case Metric(t_s) | SensorStatus(t_s) if self._held and math.isfinite(t_s):
                minute = int(t_s // 60)
                if minute > self._done and self._held.t_s <= 60 * minute:
                    self._done = minute
                    what = self._held.activity
                    return [_activity_shape(60.0 * minute, what.value, ACTIVITIES.index(what))]
        return []


def _activity_shape(t_s: float, word: str, code: int) -> _Shape:
    return "activity", {}, {"t_s": t_s, "activity": word, "code": code}, t_s


def note_points(session: SessionInfo, notes: Iterable[Note]) -> list[Point]:
    """Return the points of what was written about a session for others: its notes, and its tags.

    Notes have the time at which they were written, tags the start of the session.  Pain, effort and shoes
    are none of it: they go with the shared days (``monitor.sinks.influx.shared_days``), if at all.
    """
    own = {"athlete": session.athlete, "session": session.id}
    out = [
        Point("note", {**own, "kind": n.kind}, {"text": n.text}, utc_ns(n.made_utc))
        for n in notes
        if n.kind == "note"
    ]
    if tags := tags_for_others(session.tags):
        at_ns = utc_ns(session.started_utc)
        out.append(Point("note", {**own, "kind": "tag"}, {"text": ", ".join(tags)}, at_ns))
    return out


def utc_ns(text: str) -> int:
    """Return an ISO 8601 time as nanoseconds since 1970, exactly."""
    at = datetime.datetime.fromisoformat(text)
    return round(at.replace(microsecond=0).timestamp()) * 1_000_000_000 + at.microsecond * 1000


def _point_parts(session: SessionInfo, record: Out) -> _Shape:
    """Measurement, tags, values and session seconds."""
    match record:
        case Step():
            return _step_values(record)
        case Metric(t_s, side, estimate):
            return "second", {"side": side}, {"t_s": t_s, **_estimate_values(estimate)}, t_s
        case Band(t_s, metric):
            return "second", {}, {"t_s": t_s, **_band_values(record, metric)}, t_s
        case Gap(sensor, start_s, end_s):
            lasted: _Values = {"t_s": start_s, "duration_s": end_s - start_s}
            return "gap", {"sensor": sensor}, lasted, start_s
        case ActivityChange(t_s, activity):
            return _activity_shape(t_s, activity.value, ACTIVITIES.index(activity))
        case Readiness(t_s, sensor, have, need, shifted):
            values: _Values = {"t_s": t_s, "have": have, "need": need, "shifted": shifted}
            return "readiness", {"sensor": sensor}, values, t_s
        case SensorProblem(t_s, sensor, problem):
            return "problem", {"sensor": sensor}, {"t_s": t_s, "problem": problem.value}, t_s
        case Cue():
            tags = {"kind": record.kind, "fault": record.fault, "metric": record.metric}
            return "cue", tags, _cue_values(record) | {"mark": _mark(session, record)}, record.t_s
        case SensorStatus():
            return "sensor", {"sensor": record.sensor}, _sensor_values(record), record.t_s
        case SinkStatus():
            return "sink", {"sink": record.sink}, _sink_values(record), record.t_s
        case SessionStarted():
            worn = ", ".join(record.sensors)
            return "session", {}, {"count": 1, "title": session.title, "sensors": worn}, 0.0
        case SessionEnded():
            return "session", {}, {"count": 1, "duration_s": record.t_s, "reason": record.reason}, 0.0


def _step_values(step: Step) -> _Shape:
    values: _Values = {"t_s": step.ic_s, "count": 1}
    for e in step.estimates:
        values[e.metric], values[f"{e.metric}_sd"], values[f"{e.metric}_how"] = e.value, e.sd, e.how
    return "step", {"sensor": step.sensor, "side": step.side}, values, step.ic_s


def _estimate_values(e: Estimate) -> _Values:
    return {e.metric: e.value, f"{e.metric}_sd": e.sd, f"{e.metric}_how": e.how}


def _band_values(band: Band, name: str) -> _Values:
    values: _Values = {f"{name}_target": band.target, f"{name}_low": band.low, f"{name}_high": band.high}
    return values | {f"{name}_muted": band.muted}


def _is_inside(band: Band, value: float) -> int:
    low, high = band.low, band.high
    return int((low is None or value >= low) and (high is None or value <= high))


def _cue_values(cue: Cue) -> _Values:
    return {
        "t_s": cue.t_s,
        "count": 1,
        "spoken": int(not cue.withheld),
        "value": cue.value,
        "target": cue.target,
        "wording": cue.wording,
        "withheld": cue.withheld,
        "why": cue.why,
    }


def _mark(session: SessionInfo, cue: Cue) -> str:
    """The cue's key in words, linked to the two minutes around it on the board of the session."""
    at_ms = utc_ns(session.started_utc) // 1_000_000 + round(1000 * cue.t_s)
    where = {"var-athlete": session.athlete, "var-session": session.id}
    where |= {"from": str(at_ms - 60_000), "to": str(at_ms + 60_000)}
    words = cue.wording.replace("_", " ")
    return f'<a href="/d/gaitcue-session?{html.escape(urlencode(where))}">{html.escape(words)}</a>'


def _sink_values(s: SinkStatus) -> _Values:
    values: _Values = {"t_s": s.t_s, "ok": int(s.ok), "text": s.text, "backlog": s.backlog}
    return values | {"dropped": s.dropped, "behind_s": s.behind_s}


def _sensor_values(s: SensorStatus) -> _Values:
    seen = s.received + s.lost
    return {
        "t_s": s.t_s,
        "link": s.link.value,
        "streaming": int(s.link is LinkState.STREAMING),
        "text": s.text,
        "received": s.received,
        "lost": s.lost,
        "loss_pct": 100 * s.lost / seen if seen else None,
        "rate_hz": s.rate_hz,
        "silent_s": s.silent_s,
        "battery_pct": s.battery_pct,
        "clock_sd_ms": s.clock_sd_ms,
        "clock_ppm": s.clock_ppm,
        "repeated": s.repeated,
        "bad": s.bad,
    }


def _as_in_schema(measurement: str, values: _Values) -> dict[str, Value | None]:
    """Whole numbers that the schema calls float, as such: a field cannot change its type later."""
    whole = _WHOLE[measurement]
    return {
        name: float(value) if isinstance(value, int) and name not in whole else value
        for name, value in values.items()
    }


_WHOLE = {m.name: {f.name for f in m.fields if f.kind in ("int", "bool")} for m in INFLUX_SCHEMA}
