"""What is worth a phone's attention during a run: little, once each, and only while it is true.

The second of three layers (live cue, phone, coach): the runner cannot look at the page, so only what
calls for a decision is pushed.  Time comes in with the records; nothing here knows a network.
"""

from __future__ import annotations

import datetime
import re
from collections import deque
from dataclasses import dataclass, field

from dsp.types import Band, Cue, CueKind, Metric
from monitor.core.message_catalogues import Language, MessageValues, UserMessage, catalogue
from monitor.core.records import LinkState, Out, SensorStatus, SinkStatus
from monitor.core.user_language import system_language
from monitor.pipeline.coach_lines import LINE_WORDING

_OFF_TARGET_S = 60  # the seconds whose mean is off target, or back; single ones scatter over the edge
_STORAGE = ("tape", "store")  # what nobody keeps for later when it cannot be written
_NOTICES = {
    "longest_run": 1, "longest_run_far": 3,
    "todays_run": 1, "todays_run_far": 3, "no_run_today": 3,
    "descent": 1, "descent_far": 4, "downhill": 4,
}  # fmt: skip
"""Notices of the load (``monitor.pipeline.load_watch``) that are pushed too, with their priority: 1 makes
no sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """Settings of pushes to a phone: which, in which language.  Each comes once in a run (and sensor).

    What concerns the load of a run (``downhill_speed_loss_mps``, ``longest_share``) goes into the session's
    ``TodaysLimits``, which gives the notices that are pushed.
    """

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

    ``started_utc`` is ISO 8601.
    """

    def __init__(self, settings: AlertSettings, started_utc: str) -> None:
        self._s = settings
        self._started = datetime.datetime.fromisoformat(started_utc).astimezone()
        self._messages = catalogue(settings.language)
        self._sent: set[str] = set()  # kinds, each of which comes once in a run; of sensors with the name
        self._streams: dict[str, bool] = {}  # sensor -> whether it sends
        self._bands: dict[str, Band] = {}
        self._since: dict[str, float] = {}  # metric -> when its first unanswered cue was given
        self._off: dict[str, deque[float]] = {}  # metric -> what was added to the target, second by second

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
            case Cue(withheld="") if record.wording == LINE_WORDING:
                text = self._messages.translate_recorded(record.why)
                return self._alert_once(LINE_WORDING, record.t_s, text, 3, of=f"at {record.t_s}")
            case Cue(kind=CueKind.NOTICE, wording=wording) if wording in _NOTICES:
                text = self._messages.translate_recorded(record.why)
                return self._alert_once(wording, record.t_s, text, _NOTICES[wording])
            case SensorStatus():
                return self._check_sensor(record)
            case SinkStatus(ok=False) if record.sink in _STORAGE:
                reason = self._messages.translate_recorded(record.text)
                return self._make_alert("not_stored", record.t_s, {"reason": reason}, 5)
            case Metric(t_s, None, estimate):
                return self._check_drift(t_s, estimate.metric, estimate.value)
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
        body = self._messages.text(f"push.{text or kind}.text", **values)
        return self._alert_once(kind, t_s, body, priority, of)

    def _alert_once(self, kind: str, t_s: float, body: str, priority: int, of: str = "") -> list[Alert]:
        now = (self._started + datetime.timedelta(seconds=t_s)).time()
        if f"{kind} {of}" in self._sent or self._s.is_quiet(now):
            return []
        self._sent.add(f"{kind} {of}")
        title = self._messages.text(f"push.{kind}.title")
        return [Alert(kind, t_s, t_s + self._s.valid_s, title, body, priority)]


def _is_outside(band: Band, value: float) -> bool:
    return (band.low is not None and value < band.low) or (band.high is not None and value > band.high)
