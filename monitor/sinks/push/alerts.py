"""What is worth a phone's attention during a run: little, once each, and only while it is true.

The second of three layers (live cue, phone, coach): the runner cannot look at the page, so only what
calls for a decision is pushed.  Time comes in with the records; nothing here knows a network.
"""

from __future__ import annotations

import datetime
import logging
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from dsp.types import Band, Cue, CueKind, Metric
from monitor.core.errors import StoreError
from monitor.core.message_catalogues import Language, MessageValues, UserMessage, catalogue
from monitor.core.records import LinkState, Out, SensorStatus, SinkStatus
from monitor.core.user_language import system_language
from monitor.storage.store import Store

_log = logging.getLogger(__name__)

_OFF_TARGET_S = 60  # the seconds whose mean is off target, or back; single ones scatter over the edge
_STORAGE = ("tape", "store")  # what nobody keeps for later when it cannot be written
_LONGEST_RUN_DAYS = 30  # how far back the longest run counts (Frandsen 2025, Br J Sports Med)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """Settings of pushes to a phone: which, in which language.  Each comes once in a run (and sensor)."""

    language: Language = field(default_factory=system_language)
    drift_min: float = 3.0  # out of the band although cues were given (design choice)
    sensor_lost_s: float = 60.0  # design choice
    downhill_speed_loss_mps: float | None = (
        None  # speed lost beyond what the level would have cost; no limit if left out
    )
    longest_share: float = 1.1  # of the longest run in 30 days (Frandsen 2025: hazard ratio 1.64 above)
    quiet_from: str | None = None  # local time, "22:00"
    quiet_to: str | None = None
    valid_s: float = 120.0  # older than this nobody needs it any more: it is dropped, not sent late

    def __post_init__(self) -> None:
        if min(self.drift_min, self.sensor_lost_s) <= 0 or self.longest_share < 1:
            raise ValueError("drift_min and sensor_lost_s must be positive, longest_share at least 1")
        if self.downhill_speed_loss_mps is not None and self.downhill_speed_loss_mps <= 0:
            raise ValueError("downhill_speed_loss_mps must be positive")
        if not 5 <= self.valid_s <= 600:
            raise ValueError("valid_s must be between 5 and 600")
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet_from and quiet_to must be given together")
        for text in (self.quiet_from, self.quiet_to):
            if text is not None and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
                raise ValueError(f'quiet_from and quiet_to must be like "22:00", not "{text}"')

    def is_quiet(self, at: datetime.time) -> bool:
        """Return whether no phone may ring at this local time; the quiet hours may reach over midnight."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        begin, end = (datetime.time.fromisoformat(t) for t in (self.quiet_from, self.quiet_to))
        return begin <= at < end if begin <= end else at >= begin or at < end


@dataclass(frozen=True, slots=True)
class Alert:
    """A push: why, title and text.

    ``t_s``: session second of its cause; ``expires_s``: session second after which it is not sent any more;
    ``priority`` as ntfy has it, from 1 (lowest) to 5.  ``link`` is what a tap on it opens, if anything.
    """

    kind: str
    t_s: float
    expires_s: float
    title: str
    text: str
    priority: int = 3
    link: str = ""


class Alerts:
    """A watcher of the records of a run that says which of them make a push.

    ``started_utc`` is ISO 8601; ``longest_m`` is the runner's longest run of the last 30 days in metres
    (``longest_recent_run_m``), None if there is none.
    """

    def __init__(self, settings: AlertSettings, started_utc: str, longest_m: float | None = None) -> None:
        self._s = settings
        self._started = datetime.datetime.fromisoformat(started_utc).astimezone()
        self._longest_m = longest_m
        self._messages = catalogue(settings.language)
        self._sent: set[str] = set()  # kinds, each of which comes once in a run; of sensors with the name
        self._streams: dict[str, bool] = {}  # sensor -> whether it sends
        self._bands: dict[str, Band] = {}
        self._since: dict[str, float] = {}  # metric -> when its first unanswered cue was given
        self._off: dict[str, deque[float]] = {}  # metric -> what was added to the target, second by second
        self._newest: dict[str, float] = {}
        self._m = 0.0

    def push(self, record: Out) -> list[Alert]:
        """Take a record and return the pushes that it causes, mostly none."""
        match record:
            case Band():
                self._bands[record.metric] = record
                if record.muted:  # a hill, a stop: nobody is expected to be on target
                    self._since.pop(record.metric, None)
            case Cue(kind=CueKind.CORRECT, withheld=""):
                self._since.setdefault(record.metric, record.t_s)
            case Cue(kind=CueKind.CONFIRM):
                self._since.pop(record.metric, None)
            case SensorStatus():
                return self._check_sensor(record)
            case SinkStatus(ok=False) if record.sink in _STORAGE:
                reason = self._messages.translate_recorded(record.text)
                return self._make_alert("not_stored", record.t_s, {"reason": reason}, 5)
            case Metric(t_s, None, estimate):
                self._newest[estimate.metric] = estimate.value
                return self._observe(t_s, estimate.metric, estimate.value)
            case _:
                pass
        return []

    def _check_sensor(self, status: SensorStatus) -> list[Alert]:
        self._streams[status.sensor] = status.link is LinkState.STREAMING
        if status.silent_s < self._s.sensor_lost_s:
            return []
        text = "sensor_lost" if any(self._streams.values()) else "all_lost"
        silence: MessageValues = {"sensor": status.sensor, "seconds": status.silent_s}
        return self._make_alert("sensor_lost", status.t_s, silence, 4, of=status.sensor, text=text)

    def _observe(self, t_s: float, metric: str, value: float) -> list[Alert]:
        match metric:
            case "speed_mps":
                self._m += value
                return self._check_distance(t_s)
            case "braking_dose_flat_ratio":
                return self._check_downhill(t_s, value)
            case _:
                return self._check_drift(t_s, metric, value)

    def _check_drift(self, t_s: float, metric: str, value: float) -> list[Alert]:
        band = self._bands.get(metric)
        if band is None:
            return []
        off = self._off.setdefault(metric, deque(maxlen=_OFF_TARGET_S))
        off.append(value - band.target)
        since = self._since.get(metric)
        if since is None or t_s - since < _OFF_TARGET_S:
            return []
        if not _is_outside(band, band.target + sum(off) / len(off)):  # back, confirmed or not
            del self._since[metric]
            return []
        if t_s - since < 60 * self._s.drift_min:
            return []
        label = UserMessage(f"metric.{metric}.label")
        return self._make_alert("drift", t_s, {"metric": label, "minutes": max(1.0, (t_s - since) / 60)})

    def _check_downhill(self, t_s: float, ratio: float) -> list[Alert]:
        limit, dose = self._s.downhill_speed_loss_mps, self._newest.get("braking_dose_mps")
        if limit is None or dose is None or ratio <= 1:
            return []
        extra = dose * (1 - 1 / ratio)
        if extra < limit:
            return []
        return self._make_alert("downhill", t_s, {"value": extra, "limit": limit}, 4)

    def _check_distance(self, t_s: float) -> list[Alert]:
        if self._longest_m is None or self._m <= self._longest_m:
            return []
        km = {"km": self._m / 1e3, "longest": self._longest_m / 1e3}
        if self._m <= self._s.longest_share * self._longest_m:
            return self._make_alert("longest", t_s, km, priority=1)
        return self._make_alert("distance", t_s, km)

    def _make_alert(
        self,
        kind: str,
        t_s: float,
        values: MessageValues,
        priority: int = 3,
        *,
        of: str = "",
        text: str | None = None,
    ) -> list[Alert]:
        now = (self._started + datetime.timedelta(seconds=t_s)).time()
        if f"{kind} {of}" in self._sent or self._s.is_quiet(now):
            return []
        self._sent.add(f"{kind} {of}")
        title = self._messages.text(f"push.{kind}.title")
        body = self._messages.text(f"push.{text or kind}.text", **values)
        return [Alert(kind, t_s, t_s + self._s.valid_s, title, body, priority)]


def _is_outside(band: Band, value: float) -> bool:
    return (band.low is not None and value < band.low) or (band.high is not None and value > band.high)


def longest_recent_run_m(store: Store, athlete: str, before_utc: str) -> float | None:
    """Return the length in metres of the athlete's longest run in the 30 days before ``before_utc``.

    Seconds without a speed count nothing.  None if there is no such run, or the store cannot be read.
    """
    end = datetime.datetime.fromisoformat(before_utc)
    start = end - datetime.timedelta(days=_LONGEST_RUN_DAYS)
    lengths_m: list[float] = []
    try:
        for s in store.sessions():
            if s.athlete == athlete and start <= datetime.datetime.fromisoformat(s.started_utc) < end:
                lengths_m.append(_stored_run_length_m(store.metrics(s.id, ["speed_mps"])))
    except StoreError as exc:
        _log.warning("no push about the longest run: earlier runs cannot be read (%s)", exc.log_text)
        return None
    return max(lengths_m, default=0.0) or None


def _stored_run_length_m(speeds: Iterable[Metric]) -> float:
    return sum(m.estimate.value for m in speeds if m.side is None)
