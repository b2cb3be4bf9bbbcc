"""FIT activities of watches and pods (Garmin, Stryd, Coros and others) as recordings at 1 Hz.

Native running dynamics come first; developer fields (a Stryd writes its own) fill in what the watch
lacks, and where both measured the same their difference is a remark of the recording.  Bytes become
messages in ``monitor.recordings.fit_messages``.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from monitor.core.activity_facts import ActivityFacts, LapMark, Pause
from monitor.core.errors import InputError
from monitor.core.message_catalogues import EnglishText
from monitor.recordings.fit_fields import NATIVE_FIELDS, developer_quantity
from monitor.recordings.watch_activity import WatchActivity, WatchSeries

if TYPE_CHECKING:
    from monitor.recordings.fit_messages import FitMessage, FitMessages

_EPOCH_S = 631_065_600
"""FIT's epoch, 1989-12-31 UTC, in Unix time."""
_CLOCK_WAS_SET = 0x10000000
"""Smaller times count from when the device was switched on (FIT, ``date_time``)."""
_LONGEST_S = 2 * 86_400
_STRYD = (24, 251, 44, 240, 26, 75, 67, 13, 173, 102, 152, 140, 132, 116, 33, 244)
_SPORTS = (None, "running", "walking", "hiking", "generic", "all")


def fit_activities(data: bytes) -> list[WatchActivity]:
    """Return the activities of a FIT file, as far as it can be read; ``InputError`` if there is none in it.

    The error names no file: who opened it knows its name.
    """
    from monitor.recordings.fit_messages import read_messages  # see there: not at start-up

    messages = read_messages(data)
    records = _records_in_order(messages.named("record"), bool(messages.damage))
    _check_complete(messages, records)
    start: int = records[0].values["timestamp"]
    seconds = records[-1].values["timestamp"] - start
    facts = ActivityFacts(
        pauses=tuple(_timer_pauses(messages.named("event"), start)),
        laps=tuple(_lap_marks(messages, start, seconds)),
    )
    watch = WatchActivity(
        series=_measured_series(messages, records, start),
        seconds=float(seconds),
        started=_utc_time(start),
        facts=facts,
        remarks=_damage_remarks(messages.damage, seconds),
    )
    return [watch]


def _message_time(message: FitMessage, name: str = "timestamp") -> int | None:
    """Return the time in seconds since FIT's epoch; None where the message has none that can be."""
    t = message.values.get(name)
    return t if isinstance(t, int) and 0 <= t < 2**32 else None


def _records_in_order(records: Sequence[FitMessage], damaged: bool) -> list[FitMessage]:
    """Return the records with a time that moves forward.

    In a damaged file those are left out whose time lies days from the first: behind a lost byte everything
    can be read as something.
    """
    out: list[FitMessage] = []
    first = last = None
    for r in records:
        t = _message_time(r)
        if t is None:
            continue
        first = t if first is None else first
        possible = not damaged or abs(t - first) <= _LONGEST_S
        if possible and (last is None or t > last):
            out.append(r)
            last = t
    return out


def _check_complete(messages: FitMessages, records: list[FitMessage]) -> None:
    if len(records) < 2:
        damage = messages.damage
        why = EnglishText(f"it is damaged ({damage})" if damage else _contents_text(messages))
        raise InputError("error.fit_no_activity", why=why)
    sport = next((m.values.get("sport") for m in messages.named("session")), None)
    if sport not in _SPORTS:
        raise InputError("error.fit_not_running", sport=sport)
    if records[-1].values["timestamp"] - records[0].values["timestamp"] > _LONGEST_S:
        raise InputError("error.fit_two_days")


def _contents_text(messages: FitMessages) -> str:
    kind = str(messages.first("file_id").get("type", "strange")).replace("_", " ")
    return "nothing was recorded" if kind == "activity" else f"it is a {kind} file"


def _measured_series(messages: FitMessages, records: list[FitMessage], start: int) -> list[WatchSeries]:
    """Return what the watch measured, and what came through developer fields."""
    watch = WatchSeries(_device_name(messages))
    extra = WatchSeries(_developer_name(messages, watch.name))
    for r in records:
        t_s = float(r.values["timestamp"] - start)
        _add_native(watch, t_s, r.values)
        for name, units, value in r.developer:
            quantity, factor = developer_quantity(name, units)
            if quantity and isinstance(value, (int, float)):
                extra.add(quantity, t_s, value * factor)
    return [watch, extra]


def _add_native(watch: WatchSeries, t_s: float, values: Mapping[str, object]) -> None:
    for name, (quantity, factor) in NATIVE_FIELDS.items():
        if isinstance(value := values.get(name), (int, float)):
            watch.add(quantity, t_s, value * factor)
    cadence, fraction = values.get("cadence"), values.get("fractional_cadence")
    if isinstance(cadence, (int, float)):
        part = fraction if isinstance(fraction, (int, float)) else 0
        watch.add("cadence_raw", t_s, cadence + part)
    for name, quantity in (("distance", "distance_m"), ("enhanced_altitude", "altitude_m")):
        watch.add(quantity, t_s, values.get(name))


def _device_name(messages: FitMessages) -> str:
    file_id = messages.first("file_id")
    maker = str(file_id.get("manufacturer", "watch"))
    product = str(file_id.get(f"{maker}_product", "") or "")
    name = f"{maker} {product}".strip() if not maker.isdigit() else "watch"
    return "".join(c for c in name if c.isalnum() or c in " -_")[:40] or "watch"


def _developer_name(messages: FitMessages, watch: str) -> str:
    """Return the name of what wrote developer fields, another one than the watch's."""
    makers = [m.values.get("application_id") for m in messages.named("developer_data_id")]
    fields = {str(m.values.get("field_name")).lower() for m in messages.named("field_description")}
    stryd = "form power" in fields or _STRYD in makers
    return "stryd" if stryd and watch != "stryd" else "developer fields"


def _timer_pauses(events: Sequence[FitMessage], start: int) -> list[Pause]:
    """Return the stretches in which the timer stood still."""
    out: list[Pause] = []
    since: float | None = None
    for e in events:
        t = _message_time(e)
        if e.values.get("event") != "timer" or t is None:
            continue
        t_s = float(t - start)
        if str(e.values.get("event_type", "")).startswith("stop"):
            since = t_s if since is None else since
        elif since is not None:
            out.append(Pause(since, t_s - since))
            since = None
    return out


def _damage_remarks(damage: str, seconds: int) -> list[str]:
    if not damage:
        return []
    length = f"{seconds} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    return [f"the file is damaged ({damage}); its first {length} could be read"]


def _lap_marks(messages: FitMessages, start: int, seconds: int) -> list[LapMark]:
    """Return the ends of the laps, without the last one, which is that of the run."""
    starts = {_message_time(m, "start_time") for m in messages.named("lap")}
    ends = sorted(t - start for t in starts if t is not None)
    return [LapMark(float(t)) for t in ends if 0 < t < seconds]


def _utc_time(t: int) -> datetime.datetime | None:
    """Return a time of the file; None where the device's clock had not been set."""
    if t < _CLOCK_WAS_SET:
        return None
    return datetime.datetime.fromtimestamp(_EPOCH_S + t, datetime.UTC)
