"""The coach: what follows from a session's records.  Learns the runner's normal, aims, watches, speaks.

Decisions fall once per whole second of the session, when all its metrics are there.  The coach reads no
clock and keeps no thread: the same records give the same bands and cues.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from dsp.cueing.baseline import Baseline
from dsp.cueing.gating import Gating, Situation, SituationParams
from dsp.cueing.target import Target, cadence_target, increase, load_target
from dsp.types import Activity, ActivityChange, Band, Estimate, Fault, Gap, Metric, Placement, Record
from monitor.core.records import SensorStatus
from monitor.core.session_settings import CoachSettings, SessionSettings
from monitor.pipeline.announcements import Sensors, learned, learning, no_speed
from monitor.pipeline.cue_policy import FADING, PROBE, SILENT_BY_PLAN, CuePolicy
from monitor.pipeline.deviation import BRAKING, CADENCE, OVERSTRIDE, DeviationDetector

_HOLE_S = 2.0  # without a second of cadence: the signal was away
AWAY_S = 2.0  # a gap that long is a sensor that left and came back
IMPLAUSIBLE = 0.25  # so far from the own normal it is not a matter of form
_BLOCK_S = 600.0  # of running; cues may be spoken in the first part of each, as the plan says
NO_SPEED_S = 60.0  # of running without a speed, then it is said once
SLOPE_SD_PCT = 0.5
"""A slope less sure than this (a shoe's own) must neither silence cues nor move the target."""
_STEP = {CADENCE: 0.5, OVERSTRIDE: 0.002, BRAKING: 0.0002}  # a smaller change of target makes no new band


class Coach:
    """``push`` records, get them back with bands and cues in their place."""

    def __init__(self, settings: CoachSettings, session: SessionSettings) -> None:
        self._s = settings
        self.baseline = (
            Baseline(session.runner.height_m)
            if settings.baseline is None
            else Baseline.from_dict(settings.baseline)
        )
        self.baseline.begin_run()
        self.learned_s = 0  # gated seconds learned in this run
        self._closed = self.baseline.frozen
        self._increase = increase(settings.week, settings.target)
        self._situation = Situation(
            SituationParams(warm_up_s=settings.cues.warm_up_s, effort=settings.effort)
        )
        self._watches = tuple(DeviationDetector(fault) for fault in Fault)
        self._speaker = CuePolicy(settings.seed, settings.cues.experiment)
        self._sensors = Sensors(session.sensors)
        self._imus = max(1, sum(s.placement is not Placement.POD for s in session.sensors))
        self._now: dict[str, Estimate] = {}
        self._now_s: float | None = None
        self._last_s: float | None = None  # the last second with a cadence
        self._ran_s = 0.0
        self._speeds: deque[float] = deque(maxlen=5)
        self._with_speed: bool | None = None
        self._waiting: list[tuple[float, ActivityChange | Gap]] = []
        self._bands: dict[str, Band] = {}
        self._told: set[str] = set()

    def push(self, records: Sequence[Record | SensorStatus]) -> list[Record | SensorStatus]:
        """All metrics of a second come in one call, so its end is the end of the second too."""
        out: list[Record | SensorStatus] = []
        for record in records:
            if self._now_s is not None and not (isinstance(record, Metric) and record.t_s == self._now_s):
                out += self._close()
            out.append(record)
            match record:
                case Metric(t_s, None, estimate):
                    self._now_s = t_s
                    self._now[estimate.metric] = estimate
                case ActivityChange():
                    self._waiting.append((record.known_s, record))
                case Gap():
                    self._waiting.append((record.end_s, record))
                case SensorStatus():
                    out += self._sensors.push(record)
                case _:
                    pass
        return out + self._close()

    # ------------------------------------------------------------------ one second

    def _close(self) -> list[Record]:
        """The second is complete."""
        if self._now_s is None:
            return []
        t_s, now = self._now_s, self._now
        self._now_s, self._now = None, {}
        self._happened(t_s)
        cadence = now.get(CADENCE)
        return [] if cadence is None else self._second(t_s, now, cadence.value)

    def _second(self, t_s: float, now: dict[str, Estimate], cadence_spm: float) -> list[Record]:
        if self._last_s is not None and t_s - self._last_s > _HOLE_S:
            self._interrupted(t_s)
        self._last_s = t_s
        speed = self._speed(t_s, now)
        slope, heart = _known_slope(now), _value(now, "heart_rate_bpm")
        verdict = self._situation.second(t_s, cadence_spm, speed, slope, heart)
        if self._situation.activity is Activity.RUN:
            self._ran_s += 1
        grade = slope or 0.0
        out = self._learn(t_s, now, speed, grade, verdict)
        out += self._tell(t_s)
        if self._closed and not self.baseline.ready(CADENCE, speed is not None):
            speed = None  # learned without one
        muted = verdict.muted or self._unknown(cadence_spm, speed, grade)
        if verdict.muted:
            self._forget()
        targets = self._targets(speed, grade)
        out += self._band(t_s, targets, muted, verdict.hill)
        if not muted and self._s.cues.on:
            out += self._watch(t_s, now, targets, speed, grade, verdict.hill)
        return out

    def _speed(self, t_s: float, now: dict[str, Estimate]) -> float | None:
        """Over the same five seconds as the cadence; a source that comes or goes is a new start."""
        found = now.get("speed_mps")
        if (found is not None) is not self._with_speed:
            if self._with_speed is not None:
                self._interrupted(t_s)
            self._with_speed = found is not None
            self._speeds.clear()
        if found is None:
            return None
        self._speeds.append(found.value)
        return sum(self._speeds) / len(self._speeds)

    def _learn(
        self, t_s: float, now: dict[str, Estimate], speed: float | None, grade: float, verdict: Gating
    ) -> list[Record]:
        """Until there is enough, and in a run with cues only before the first of them could come."""
        known, with_speed = self.baseline, speed is not None
        if self._closed or known.full(with_speed):
            self._closed = True
            return []
        if not verdict.learn:
            return []
        for metric in known.lines:
            if (found := now.get(metric)) is not None:
                known.push(metric, found.value, speed, grade)
        self.learned_s += 1
        first_s = 60 * known.params.first_min
        if self._s.cues.on and self.learned_s >= first_s and known.ready(CADENCE, with_speed):
            self._closed = True
            return [learned(t_s, known, speed, grade)]
        return []

    def _unknown(self, cadence_spm: float, speed: float | None, grade: float) -> str:
        """Why no target can be trusted here, or nothing."""
        known = self.baseline
        if (not self._closed and self._s.cues.on) or not known.ready(CADENCE, speed is not None):
            done, need = self.learned_s // 60, known.params.first_min
            return f"learning your own cadence ({done} of {need:.0f} min)"
        expected = known.expect(CADENCE, speed, grade)
        if expected is not None and abs(cadence_spm / expected.value - 1) > IMPLAUSIBLE + self._increase:
            return "this cadence is not running as you know it"
        if speed is not None and known.lines[CADENCE].seconds and not known.reaches(speed):
            return "no baseline at this speed"
        return ""

    def _targets(self, speed: float | None, grade: float) -> dict[str, Target]:
        out: dict[str, Target] = {}
        for metric in self.baseline.lines:
            expected = self.baseline.expect(metric, speed, grade)
            if expected is None or not self.baseline.ready(metric, speed is not None):
                continue
            if metric == CADENCE:
                out[metric] = cadence_target(expected, self._increase, self._s.target)
            else:
                out[metric] = load_target(expected, self._s.target)
        return out

    def _band(self, t_s: float, targets: dict[str, Target], muted: str, hill: str) -> list[Record]:
        """A band where it, or the reason to be silent, has changed."""
        out: list[Record] = []
        for metric, target in targets.items():
            why = muted or (hill if metric == CADENCE else "") or self._silent_words(t_s)
            before, centre = self._bands.get(metric), target.centre
            if before and before.muted == why and abs(centre - before.target) < _STEP[metric]:
                continue
            self._bands[metric] = Band(t_s, metric, centre, target.low, target.high, why)
            out.append(self._bands[metric])
        return out

    def _watch(
        self,
        t_s: float,
        now: dict[str, Estimate],
        targets: dict[str, Target],
        speed: float | None,
        grade: float,
        hill: str,
    ) -> list[Record]:
        out: list[Record] = []
        states = []
        for watch in self._watches:
            found, target = now.get(watch.metric), targets.get(watch.metric)
            if found is None or target is None or not watch.sees(found) or (hill and watch.of_cadence):
                watch.forget()
                continue
            noise = self.baseline.noise_sd(watch.metric, speed)
            states.append(watch.second(found, target, noise, now[CADENCE].value))
            if watch.only_likely:
                out.append(self._speaker.unsure(t_s, states[-1]))
        return out + list(self._speaker.second(t_s, states, self._silent()))

    # ------------------------------------------------------------------ silence

    def _silent(self) -> str:
        """A key of ``monitor.pipeline.cue_policy.WITHHELD`` while the plan keeps silent."""
        share = self._s.cue_share
        if share == 0:
            return PROBE
        return FADING if self._ran_s % _BLOCK_S >= share * _BLOCK_S else ""

    def _silent_words(self, t_s: float) -> str:
        if not self._s.cues.on:
            return "cues are off"
        if self._silent():
            return SILENT_BY_PLAN
        return "too many cues; resting" if self._speaker.resting(t_s) else ""

    def _happened(self, t_s: float) -> None:
        """Changes and gaps up to this second, in time order."""
        due = sorted((w for w in self._waiting if w[0] <= t_s), key=lambda w: w[0])
        self._waiting = [w for w in self._waiting if w[0] > t_s]
        for at_s, record in due:
            if isinstance(record, ActivityChange):
                self._situation.change(record.activity, at_s)
            elif record.end_s - record.start_s > AWAY_S:
                self._interrupted(at_s)
            else:
                self._situation.lost(at_s, (record.end_s - record.start_s) / self._imus)

    def _interrupted(self, t_s: float) -> None:
        self._situation.returned(t_s)
        self._forget()

    def _forget(self) -> None:
        for watch in self._watches:
            watch.forget()
        self._speaker.interrupt()

    def _tell(self, t_s: float) -> list[Record]:
        """Once in a run: what is missing, and what works all the same."""
        out: list[Record] = []
        if self._ran_s >= 1 and not self._closed and "learning" not in self._told:
            self._told.add("learning")
            out.append(learning(t_s, self.baseline, self._s.cues.on))
        if self._ran_s >= NO_SPEED_S and not self._with_speed and "speed" not in self._told:
            self._told.add("speed")
            out.append(no_speed(t_s))
        return out


def _value(now: dict[str, Estimate], metric: str) -> float | None:
    found = now.get(metric)
    return None if found is None else found.value


def _known_slope(now: dict[str, Estimate]) -> float | None:
    found = now.get("slope_pct")
    return None if found is None or found.sd > SLOPE_SD_PCT else found.value
