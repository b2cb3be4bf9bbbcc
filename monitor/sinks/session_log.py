"""What happens in a run as log lines: for a service that nobody watches, and for those who look later.

A line is written when something begins, changes or ends: the session, a sensor that streams, is silent or
streams again, a cue or notice, an empty battery, packets that cannot be read.  What a source knows of its
connections and a sink of its far end, they log themselves.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator

from dsp.metrics import BY_NAME
from dsp.types import Cue, CueKind, Metric, Step
from monitor.core.message_catalogues import catalogue
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted
from monitor.devices.device_information import LOW_PCT
from monitor.sinks.cue_text import cue_reason, label_text, minutes_seconds_text, number_text

_log = logging.getLogger(__name__)

_KINDS = {CueKind.CORRECT: "cue", CueKind.CONFIRM: "good", CueKind.NOTICE: "notice"}
_ENDINGS = {"the input ended": "end of input"}
_SUMMED = ("cadence_spm", "speed_mps")  # what is asked first after a run


class SessionLog:
    """A sink that logs what a person would want to read afterwards, and a summary at the end."""

    name = "log"

    def __init__(self) -> None:
        self._messages = catalogue("en")
        self._steps = self._cues = 0
        self._sums = dict.fromkeys(_SUMMED, 0.0)
        self._seconds: Counter[str] = Counter()
        self._sensors: dict[str, _SensorLog] = {}

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Log what the batches tell until they end."""
        async for batch in batches:
            for record in batch:
                self._log_record(record)

    def _log_record(self, record: Out) -> None:
        match record:
            case SessionStarted():
                sensors = ", ".join(record.sensors)
                _log.info("session %s started for %s, with %s", record.session, record.athlete, sensors)
            case SensorStatus():
                self._sensors.setdefault(record.sensor, _SensorLog(record.sensor)).take(record)
            case Cue() if not record.withheld:
                self._cues += record.kind is CueKind.CORRECT
                when = minutes_seconds_text(record.t_s)
                _log.info("%s at %s: %s", _KINDS[record.kind], when, cue_reason(record, self._messages))
            case Step():
                self._steps += 1
            case Metric(_, None, estimate) if estimate.metric in _SUMMED:
                self._sums[estimate.metric] += estimate.value
                self._seconds[estimate.metric] += 1
            case SessionEnded():
                self._log_end(record)
            case _:
                pass

    def _log_end(self, ended: SessionEnded) -> None:
        parts = [f"{self._steps:,} steps"]
        for name in _SUMMED:
            spec = BY_NAME[name]
            if self._seconds[name]:
                mean = number_text(spec.display_or_unit, self._sums[name] / self._seconds[name])[0]
                parts.append(
                    f"{label_text(spec, self._messages).lower()} {mean} {spec.display_or_unit.unit}"
                )
        parts.append("1 cue" if self._cues == 1 else f"{self._cues} cues")
        lost = ((name, sensor.lost_pct) for name, sensor in self._sensors.items())
        parts += [f"{name} lost {share:.1f} %" for name, share in lost if share]
        text = "session %s finished after %s min (%s): %s"
        fields = {"reason": ended.reason, "duration_s": round(ended.t_s, 1), "steps": self._steps}
        when, summary = minutes_seconds_text(ended.t_s), ", ".join(parts)
        why = _ENDINGS.get(ended.reason, ended.reason)
        _log.info(text, ended.session, when, why, summary, extra={**fields, "cues": self._cues})


class _SensorLog:
    """What was logged of one sensor, so that nothing is logged twice."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._link = LinkState.SEARCHING
        self._away: tuple[float, int] | None = None  # since when it does not stream, and its losses then
        self._low = False
        self._unreadable = False
        self._newest: SensorStatus | None = None

    @property
    def lost_pct(self) -> float:
        """Samples known to be missing, in per cent of all."""
        s = self._newest
        return 100 * s.lost / (s.received + s.lost) if s is not None and s.lost else 0.0

    def take(self, status: SensorStatus) -> None:
        link, self._link, self._newest = self._link, status.link, status
        extra = {"sensor": self._name}
        if status.link is LinkState.STREAMING and link is not LinkState.STREAMING:
            self._log_streaming(status, extra)
        elif status.link is not LinkState.STREAMING and link is LinkState.STREAMING:
            self._away = (status.t_s - status.silent_s, status.lost)
            if status.link is LinkState.SILENT:
                _log.warning("%s: has sent nothing for %.0f s", self._name, status.silent_s, extra=extra)
        low = status.battery_pct is not None and status.battery_pct <= LOW_PCT
        if low and not self._low:
            _log.warning("%s: battery %.0f %%, charge it soon", self._name, status.battery_pct, extra=extra)
        if status.bad and not self._unreadable:
            _log.warning("%s: sends packets that cannot be read", self._name, extra=extra)
        self._low, self._unreadable = low, status.bad > 0

    def _log_streaming(self, status: SensorStatus, extra: dict[str, str]) -> None:
        if self._away is None:
            _log.info("%s is sending data", self._name, extra=extra)
            return
        since_s, lost_then = self._away
        away_s, lost = status.t_s - since_s, status.lost - lost_then
        missing = f"; {lost:,} samples are missing" if lost else ""
        fields = {**extra, "lasted_s": round(away_s, 1), "lost": lost}
        _log.info("%s is sending data again after %.0f s%s", self._name, away_s, missing, extra=fields)
