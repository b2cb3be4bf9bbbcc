"""FIT activities of watches and pods (Garmin, Stryd, Coros and others), one for each session that was run,
walked or hiked.

Native running dynamics come first; developer fields (a Stryd writes its own) fill in what the watch lacks,
and where both measured the same their difference is a remark of the recording.  Bytes become messages in
``monitor.recordings.fit_messages``, times are put right in ``monitor.recordings.fit_records``, sessions are
told apart in ``monitor.recordings.fit_sessions``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from monitor.core.activity_facts import ActivityFacts
from monitor.core.errors import InputError
from monitor.core.local_time import offset_at
from monitor.core.message_catalogues import EnglishText
from monitor.recordings.fit_devices import DeviceSeries
from monitor.recordings.fit_fields import NATIVE_FIELDS
from monitor.recordings.fit_records import (
    CLOCK_WAS_SET,
    FitRecord,
    ordered_records,
    record_places,
    right_time,
)
from monitor.recordings.fit_sessions import (
    FitSession,
    file_sessions,
    left_out_remarks,
    runs_among,
    whole_length_s,
)
from monitor.recordings.fit_timer import lap_marks, timer_pauses
from monitor.recordings.position_speed import add_position_speed
from monitor.recordings.watch_activity import WatchActivity, WatchSeries

if TYPE_CHECKING:
    from monitor.recordings.fit_messages import FitMessages

_EPOCH_S = 631_065_600
"""FIT's epoch, 1989-12-31 UTC, in Unix time."""
_LONGEST_S = 2 * 86_400
_ZONE_STEP_S = 900
_WIDEST_ZONE_S = 14 * 3600
_BEFORE_S = 10
"""A distance this long before a session's first record says what was covered up to it."""


def fit_activities(data: bytes) -> list[WatchActivity]:
    """Return the runs, walks and hikes of a FIT file, as far as it can be read.

    ``InputError`` if it has none. The error names no file: who opened it knows its name.
    """
    from monitor.recordings.fit_messages import read_messages  # see there: not at start-up

    out: list[WatchActivity] = []
    refused: list[InputError] = []
    for messages in read_messages(data):
        try:
            out += _file_activities(messages)
        except InputError as exc:
            refused.append(exc)
    if not out:
        raise refused[0]
    return out


def _file_activities(messages: FitMessages) -> list[WatchActivity]:
    _check_kind(messages)
    length_s, damaged = whole_length_s(messages), bool(messages.damage)
    records, changes = ordered_records(messages.named("record"), length_s, damaged=damaged)
    if changes:
        messages = messages.moved(lambda time: right_time(time, changes))
    sessions = file_sessions(messages, records)
    runs = runs_among(sessions)
    good, refused = [], []
    for session in runs:
        try:
            good.append(_activity(messages, session))
        except InputError as exc:
            refused.append(exc)
    if not good:
        raise refused[0]
    remarks = [*_damage_remarks(messages.damage, records), *left_out_remarks(sessions, runs)]
    for activity in good:
        activity.remarks += remarks
    return good


def _check_kind(messages: FitMessages) -> None:
    """Raise ``InputError`` where the file says that it is something else than an activity."""
    kind = messages.first("file_id").get("type", "activity")
    if kind in ("activity", "activity_summary"):
        return
    words = _KINDS.get(str(kind)) or (f"a {kind} file".replace("_", " ") if isinstance(kind, str) else "")
    raise InputError("error.fit_kind", kind=EnglishText(words or "a FIT file of an unknown kind"))


_KINDS: Mapping[str, str] = {
    "course": "a course",
    "workout": "a workout",
    "settings": "a settings file",
    "device": "a description of a device",
    "sport": "a settings file",
    "goals": "a list of goals",
    "schedules": "a training plan",
    "segment": "a segment",
    "segment_list": "a list of segments",
    "weight": "a list of body weights",
    "blood_pressure": "a list of blood pressures",
    "totals": "a list of totals",
    "monitoring_a": "a day's monitoring file",
    "monitoring_b": "a day's monitoring file",
    "monitoring_daily": "a day's monitoring file",
}
"""Kinds of FIT files that are no activities, as a person calls them."""


def _activity(messages: FitMessages, session: FitSession) -> WatchActivity:
    records, start, seconds = session.records, session.start, session.seconds
    if len(records) < 2:
        damage = messages.damage
        why = EnglishText(f"it is damaged ({damage})" if damage else "nothing was recorded")
        raise InputError("error.fit_no_activity", why=why)
    if seconds > _LONGEST_S:
        raise InputError("error.fit_two_days")
    times = [float(r.time - start) for r in records]
    pauses = timer_pauses(messages.named("event"), start, seconds, session.timer_s, times)
    facts = ActivityFacts(
        sport=session.sport,
        sub_sport=session.sub_sport,
        utc_offset_s=_utc_offset(messages, session.dated_start),
        pauses=tuple(pauses),
        laps=tuple(lap_marks(messages.named("lap"), start, seconds)),
        track=record_places(records, start),
    )
    series = _measured_series(messages, session)
    if not any(s.advances or "speed_mps" in s.points for s in series):
        add_position_speed(series[0], facts.track, pauses)
    return WatchActivity(
        series=series,
        seconds=seconds,
        started=None if session.dated_start is None else _utc_time(session.dated_start),
        facts=facts,
        distance_m=session.distance_m,
        strides=session.strides,
    )


def _measured_series(messages: FitMessages, session: FitSession) -> list[WatchSeries]:
    """Return what the watch measured, and what each app wrote into developer fields."""
    devices = DeviceSeries(messages)
    watch = devices.watch
    before, first = session.before, session.records[0]
    if before is not None and first.time - before.time <= _BEFORE_S:
        watch.add("distance_m", float(before.time - session.start), before.values.get("distance"))
    for r in session.records:
        t_s = float(r.time - session.start)
        _add_native(watch, t_s, r.values)
        if r.developer:
            devices.add_developer(t_s, r.developer)
    return devices.all_series()


def _add_native(watch: WatchSeries, t_s: float, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        known = NATIVE_FIELDS.get(name)
        if known is not None:
            quantity, factor = known
            watch.add(quantity, t_s, value * factor if isinstance(value, (int, float)) else None)
    cadence, fraction = values.get("cadence256", values.get("cadence")), values.get("fractional_cadence")
    if isinstance(cadence, (int, float)):
        part = fraction if isinstance(fraction, (int, float)) and "cadence256" not in values else 0
        watch.add("cadence_raw", t_s, cadence + part)
    watch.add("distance_m", t_s, values.get("distance"))
    watch.add("altitude_m", t_s, values.get("enhanced_altitude"))


def _utc_offset(messages: FitMessages, start: int | None) -> int | None:
    """Return what local time was ahead of UTC at ``start``, None where no message tells both times.

    The one that was written nearest to the start counts, which in most files is the one at the end.
    """
    stated = [
        (utc, offset)
        for message in (*messages.named("activity"), *messages.named("timestamp_correlation"))
        if isinstance(utc := message.values.get("timestamp"), int) and utc >= CLOCK_WAS_SET
        if (offset := _stated_offset(utc, message.values.get("local_timestamp"))) is not None
    ]
    if not stated:
        return None
    if start is None:
        return stated[-1][1]
    utc, offset = min(stated, key=lambda one: abs(one[0] - start))
    return offset_at(_utc_time(start), offset, _utc_time(utc))


def _stated_offset(utc: int, local: Any) -> int | None:
    """Return the whole quarters of an hour between both times; None where they make no time zone."""
    if not isinstance(local, int):
        return None
    offset = round((local - utc) / _ZONE_STEP_S) * _ZONE_STEP_S
    near = abs(local - utc - offset) <= 60  # both are taken at about the same moment
    return offset if near and abs(offset) <= _WIDEST_ZONE_S else None


def _damage_remarks(damage: str, records: Sequence[FitRecord]) -> Iterable[str]:
    if damage and records:
        seconds = records[-1].time - records[0].time
        length = f"{seconds} s" if seconds < 120 else f"{seconds / 60:.0f} min"
        yield f"the file is damaged ({damage}); its first {length} could be read"


def _utc_time(t: int) -> datetime.datetime:
    """Return a time of the file, for a clock that was set."""
    return datetime.datetime.fromtimestamp(_EPOCH_S + t, datetime.UTC)
