"""The coach: what follows from a session's records.  It learns the runner's normal, aims, watches, speaks.

Decisions fall once per whole second of the session.  The coach reads no clock and keeps no thread: the
same records give the same bands and cues.

**What waits for what.**  The metrics of a second come in one ``push``; the second ends with the first
record that is not a metric of this second, or with the call.  Changes of activity and gaps wait until a
second at or after the one in which they became known (a gap: its end) has ended, so events and seconds
are seen in time order.  Statuses of sensors are answered at once.

**What a second goes through**, in this order:

1. events up to now: a change of activity, or a gap (more than ``_AWAY_S``: an interruption, see below;
   shorter: samples lost, which the gate adds up over half a minute);
2. no cadence: the second ends here.  More than ``_HOLE_S`` since the last cadence: an interruption;
3. the conditions (``dsp.cueing.conditions``): speed and slope, each with how sure it is, and the usual
   pace.  A source of speed that appears or goes is an interruption;
4. the gate (``dsp.cueing.gating``): why this second is muted, whether cadence is (a hill), and whether the
   second is fit to learn from;
5. learning, until it is closed: when the baseline is frozen or full, and in a run with cues once
   ``first_min`` minutes of this run were learned and a first answer is there.  Only then may the first cue
   come, so a runner is never compared with what the cues have made of them;
   A run that was stopped (``stop``, or the plan's limits of today) leaves out this and all that follows
   but the last: no learning, no target, no band, no cue;
6. notices that are due once in a run;
7. a target for every metric of which the normal here is known, and a band where its centre or the reason
   to be silent has changed.  Reasons in order of precedence: the gate; no target can be trusted here; a
   hill (cadence only); cues are off, or the plan of coming back has none today; silent by plan; too
   many cues;
8. unless muted by the gate or for want of a target, and with cues on: each ``DeviationDetector`` that can
   see its fault gets the second, with the band here and the band at the usual pace: a fault is one at
   both.  What would have been cued for 20 s with a target known exactly is written down as a withheld
   cue (unsure), once in an excursion;
9. ``CuePolicy`` takes the states of all faults: the most important fault that lasts becomes a cue, which
   is spoken, or withheld (silent by plan, too many cues, the experiment), or is not due yet, or rests
   because three cues changed nothing.  The end of one that was spoken of is confirmed once it has lasted;
10. ``LoadWatch`` counts the second, with a cadence or without, and says when a limit of today is reached.

A coach's line comes beside all this, at whole seconds of the session whether there is a cadence or not:
``monitor.pipeline.coach_lines`` has when.

**What resets what.**

==============================================  =========================================================
an interruption (hole, long gap, other speed)   the gate mutes for ``reconnect_s``; the speeds of the last
                                                seconds; all excursions, of the detectors and the policy
another source of speed                         the usual pace as well
muted by the gate (walking, hard effort, ...)   all excursions, and the cue that is being judged
no target can be trusted                        nothing: the detectors wait for the next second
estimate, target or sensor missing, or a hill   only the detector concerned
an answered cue, or ten minutes in band         the doubled pause of its fault
never within a run                              the baseline, each detector's level and measured scatter,
                                                the times of past cues, faults that rest, notices given,
                                                the load, that it was stopped
==============================================  =========================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dsp.cueing.baseline import Baseline
from dsp.cueing.conditions import Conditions, ConditionsEstimate
from dsp.cueing.gating import CueGate, CueGateParams, Gating
from dsp.cueing.target import Target, cadence_target, increase_at_step, load_target
from dsp.types import (  # fmt: skip
    Activity,
    ActivityChange,
    Band,
    Estimate,
    Fault,
    Gap,
    Metric,
    Placement,
    Readiness,
    Record,
    SensorProblem,
)
from monitor.core.records import SensorStatus
from monitor.core.session_settings import CoachSettings, SessionSettings
from monitor.pipeline.announcements import (
    CUES_OFF,
    SensorAnnouncer,
    baseline_ready_notice,
    cues_ended_notice,
    learning_notice,
    moved_notice,
    no_speed_notice,
    problem_notice,
    silence_text,
)
from monitor.pipeline.banded_metrics import BANDED_METRICS, CADENCE_METRIC
from monitor.pipeline.coach_lines import CoachLine, CoachLines
from monitor.pipeline.cue_policy import FADING, PROBE, RESTING, SILENT_BY_PLAN, CuePolicy
from monitor.pipeline.deviation import DeviationDetector
from monitor.pipeline.load_watch import LoadWatch, RunLoad, UsedAllowance

_HOLE_S = 2.0  # without a second of cadence: the signal was away
_AWAY_S = 2.0  # a gap that long is a sensor that left and came back
_IMPLAUSIBLE = 0.25  # so far from the own normal it is not a matter of form
_BLOCK_S = 600.0  # of running; cues may be spoken in the first part of each, as the plan says
_LINE_S = 8.0  # after a coach's line, before a form cue (a choice: it has been heard)
_NO_SPEED_S = 60.0  # of running without a speed, then it is said once


class Coach:
    """A stage that gives back the records it is pushed, with bands and cues in their place."""

    def __init__(self, settings: CoachSettings, session: SessionSettings) -> None:
        self._settings = settings
        self.baseline = (
            Baseline(session.runner.height_m)
            if settings.baseline is None
            else Baseline.from_dict(settings.baseline)
        )
        self.baseline.begin_run()
        self._learns_min: int | None = None  # known once the run is evaluated
        self.learned_s = 0  # gated seconds learned in this run
        self._learning_closed = self.baseline.frozen
        self._stopped = settings.today is not None and settings.today.stop
        self._increase = increase_at_step(settings.step, settings.target)
        self._gate = CueGate(CueGateParams(warm_up_s=settings.cues.warm_up_s, effort=settings.effort))
        self._detectors = tuple(DeviationDetector(fault) for fault in Fault)
        self._policy = CuePolicy(settings.seed, settings.cues.experiment)
        self._announcer = SensorAnnouncer(session.sensors)
        self._load_watch = LoadWatch(settings.today)
        self._imus = max(1, sum(s.placement is not Placement.POD for s in session.sensors))
        self._metrics: dict[str, Estimate] = {}
        self._second_s: float | None = None
        self._last_s: float | None = None  # the last second with a cadence
        self._ran_s = 0.0
        self._conditions = ConditionsEstimate()
        self._has_speed: bool | None = None
        self._events: list[tuple[float, ActivityChange | Gap]] = []
        self._bands: dict[str, Band] = {}
        self._announced: set[str] = set()
        self._lines = CoachLines()

    def push(self, records: Sequence[Record | SensorStatus]) -> list[Record | SensorStatus]:
        """Return the records with bands and cues; all metrics of a second must come in one call."""
        out: list[Record | SensorStatus] = []
        for record in records:
            if self._second_s is not None and not (
                isinstance(record, Metric) and record.t_s == self._second_s
            ):
                out += self._end_second()
            out.append(record)
            match record:
                case Metric(t_s, None, estimate):
                    self._second_s = t_s
                    self._metrics[estimate.metric] = estimate
                case ActivityChange():
                    self._events.append((record.known_s, record))
                case Gap():
                    self._events.append((record.end_s, record))
                case SensorProblem():
                    out.append(problem_notice(record))
                case Readiness(shifted=True):
                    out.append(moved_notice(record))
                case SensorStatus():
                    out += self._announcer.push(record)
                case _:
                    pass
        out += self._end_second()
        self._lines.note_spoken(out)
        return out

    def write_line(self, line: CoachLine) -> None:
        """Take a coach's line, to be said at a calm moment (``monitor.pipeline.coach_lines``)."""
        self._lines.write(line)

    @property
    def lines_wait(self) -> bool:
        """Whether a coach's line waits for a calm moment."""
        return self._lines.waiting

    def say_lines(self, t_s: float) -> list[Record]:
        """Return the coach's line whose moment has come at ``t_s``, and those that are too late."""
        cues = self._lines.second(t_s, stopped=self._stopped)
        if any(not cue.withheld for cue in cues):
            self._policy.keep_quiet(t_s + _LINE_S)
        return list(cues)

    def finish_lines(self, t_s: float) -> list[Record]:
        """Return the coach's lines that were never said, at the end of the run."""
        return list(self._lines.finish(t_s))

    def stop(self, t_s: float) -> list[Record]:
        """Return what ends targets and cues from now on: bands that say so, and one notice.

        Nothing is learned either: who runs on with a warning sign does not run as usual.
        """
        if self._stopped:
            return []
        self._stopped = True
        self._reset_excursions()
        out: list[Record] = [replace(band, t_s=t_s, muted=CUES_OFF) for band in self._bands.values()]
        self._bands.clear()
        self._announced.add("stopped")
        out.append(cues_ended_notice(t_s))
        self._lines.note_spoken(out)
        return out

    @property
    def load(self) -> RunLoad:
        """The load of this run so far, what it has cost."""
        return self._load_watch.load

    @property
    def allowance(self) -> UsedAllowance | None:
        """The allowance of today as far as this run has used it, None without one."""
        return self._load_watch.allowance

    # ------------------------------------------------------------------ one second

    def _end_second(self) -> list[Record]:
        """The second is complete."""
        if self._second_s is None:
            return []
        t_s, now = self._second_s, self._metrics
        self._second_s, self._metrics = None, {}
        self._apply_events(t_s)
        cadence = now.get(CADENCE_METRIC)
        out = [] if cadence is None else self._evaluate_second(t_s, now, cadence.value)
        return out + self._load_watch.second(t_s, now, self._gate.activity)

    def _evaluate_second(self, t_s: float, now: dict[str, Estimate], cadence_spm: float) -> list[Record]:
        if self._last_s is not None and t_s - self._last_s > _HOLE_S:
            self._after_hole(t_s)
        self._last_s = t_s
        here = self._conditions_now(t_s, now)
        heart = now.get("heart_rate_bpm")
        gating = self._gate.second(t_s, cadence_spm, here, None if heart is None else heart.value)
        if self._gate.activity is Activity.RUN:
            self._ran_s += 1
        if self._stopped:
            return self._due_stop_notice(t_s)
        out = self._learn_own_normal(t_s, now, here, gating)
        out += self._due_notices(t_s)
        if self._learning_closed and not self.baseline.ready(CADENCE_METRIC, here.speed_mps is not None):
            here = replace(here, speed_mps=None, usual_mps=None)  # learned without one
        muted = gating.muted or self._no_target_reason(cadence_spm, here)
        if gating.muted:
            self._reset_excursions()
        targets = self._targets_here(here)
        out += self._changed_bands(t_s, targets, muted, gating.hill)
        if not muted and self._settings.may_cue:
            out += self._detect_faults(t_s, now, targets, here, gating.hill)
        return out

    def _conditions_now(self, t_s: float, now: dict[str, Estimate]) -> Conditions:
        """The conditions of this second; a source of speed that comes or goes is a new start."""
        found = now.get("speed_mps")
        if (found is not None) is not self._has_speed:
            if self._has_speed is not None:
                self._note_interruption(t_s)
            self._has_speed = found is not None
            self._conditions.forget()
        return self._conditions.second(found, now.get("slope_pct"))

    def _learn_own_normal(
        self, t_s: float, now: dict[str, Estimate], here: Conditions, gating: Gating
    ) -> list[Record]:
        """Until there is enough, and in a run with cues only before the first of them could come."""
        known, speed, grade = self.baseline, here.speed_mps, here.slope_pct or 0.0
        with_speed = speed is not None
        if self._learns_min is None:
            self._learns_min = known.minutes_to_cues(with_speed)
        if self._learning_closed or known.full(with_speed):
            self._learning_closed = True
            return []
        if not gating.learn:
            return []
        if not known.accepts(cadence := now[CADENCE_METRIC].value):
            if known.push_refused(cadence):
                self.learned_s = 0
            return []
        for metric in known.lines:
            if (found := now.get(metric)) is not None:
                known.push(metric, found.value, speed, grade)
        self.learned_s += 1
        first_s = 60 * known.params.first_min
        first = self.learned_s >= first_s and known.ready(CADENCE_METRIC, with_speed)
        self._learning_closed = known.full(with_speed) or (first and self._settings.may_cue)
        if self._learning_closed and self._settings.may_cue:
            return [baseline_ready_notice(t_s, known, speed, grade)]
        return []

    def _no_target_reason(self, cadence_spm: float, here: Conditions) -> str:
        """Why no target can be trusted here, or nothing."""
        known, speed = self.baseline, here.speed_mps
        if (not self._learning_closed and self._settings.may_cue) or not known.ready(
            CADENCE_METRIC, speed is not None
        ):
            done, need = self.learned_s // 60, self._learns_min or 0
            return f"learning your own cadence ({min(done, need)} of {need} min)"
        expected = known.expect(CADENCE_METRIC, speed, here.slope_pct or 0.0)
        if expected is not None and abs(cadence_spm / expected.value - 1) > _IMPLAUSIBLE + self._increase:
            return "this cadence is not running as you know it"
        if speed is not None and known.lines[CADENCE_METRIC].seconds and not known.reaches(speed):
            return "no baseline at this speed"
        return ""

    def _targets_here(self, here: Conditions) -> dict[str, Target]:
        found = {metric: self._target_of(metric, here) for metric in self.baseline.lines}
        return {metric: target for metric, target in found.items() if target is not None}

    def _target_of(self, metric: str, here: Conditions) -> Target | None:
        speed, slope = here.speed_mps, here.slope_pct or 0.0
        if not self.baseline.ready(metric, speed is not None):
            return None
        expected = self.baseline.expect(metric, speed, slope, here.speed_sd_mps, here.slope_sd_pct)
        if expected is None:
            return None
        if metric == CADENCE_METRIC:
            return cadence_target(expected, self._increase, self._settings.target)
        return load_target(expected, self._settings.target)

    def _changed_bands(self, t_s: float, targets: dict[str, Target], muted: str, hill: str) -> list[Record]:
        """A band where it, or the reason to be silent, has changed."""
        out: list[Record] = []
        for metric, target in targets.items():
            why = muted or (hill if metric == CADENCE_METRIC else "") or self._reason_without_cues(t_s)
            before, centre, step = self._bands.get(metric), target.centre, BANDED_METRICS[metric].band_step
            if before and before.muted == why and abs(centre - before.target) < step:
                continue
            self._bands[metric] = Band(t_s, metric, centre, target.low, target.high, why)
            out.append(self._bands[metric])
        return out

    def _detect_faults(
        self,
        t_s: float,
        now: dict[str, Estimate],
        targets: dict[str, Target],
        here: Conditions,
        hill: str,
    ) -> list[Record]:
        at_usual_pace = replace(here, speed_mps=here.usual_mps, slope_sd_pct=0.0)
        usual: dict[str, Target | None] = {}  # only of what is looked at
        out: list[Record] = []
        states = []
        for detector in self._detectors:
            found, target = now.get(detector.metric), targets.get(detector.metric)
            if (
                found is None
                or target is None
                or not detector.can_see(found)
                or (hill and detector.of_cadence)
            ):
                detector.end_excursion()
                continue
            noise = self.baseline.noise_sd(detector.metric, here.speed_mps)
            cadence_spm = now[CADENCE_METRIC].value
            if detector.metric not in usual:
                usual[detector.metric] = self._target_of(detector.metric, at_usual_pace)
            states.append(
                detector.second(found, target, usual[detector.metric] or target, noise, cadence_spm)
            )
            if detector.only_likely:
                out.append(self._policy.unsure(t_s, states[-1]))
        silent = self._key_of_silent_plan()
        if not silent and any(s.out and not self._policy.rests(s.fault) for s in states):
            self._lines.note_fault(t_s)
        return out + list(self._policy.second(t_s, states, silent))

    # ------------------------------------------------------------------ silence

    def _key_of_silent_plan(self) -> str:
        """A key of ``monitor.pipeline.cue_policy.WITHHELD`` while the plan keeps silent."""
        share = self._settings.cue_share
        if share == 0:
            return PROBE
        return FADING if self._ran_s % _BLOCK_S >= share * _BLOCK_S else ""

    def _reason_without_cues(self, t_s: float) -> str:
        if not self._settings.may_cue:
            return silence_text(self._settings)
        if self._key_of_silent_plan():
            return SILENT_BY_PLAN
        return RESTING if self._policy.resting(t_s) else ""

    def _apply_events(self, t_s: float) -> None:
        """Changes and gaps up to this second, in time order."""
        due = sorted((w for w in self._events if w[0] <= t_s), key=lambda w: w[0])
        self._events = [w for w in self._events if w[0] > t_s]
        for at_s, record in due:
            if isinstance(record, ActivityChange):
                self._gate.change(record.activity, at_s)
            elif record.end_s - record.start_s > _AWAY_S:
                self._note_interruption(at_s)
            else:
                self._gate.lost(at_s, (record.end_s - record.start_s) / self._imus)

    def _after_hole(self, t_s: float) -> None:
        """Seconds without a cadence: the runner stood or walked, or else the signal was away."""
        if self._last_s is not None and self._gate.running_since_s > self._last_s:
            self._conditions.reset()
            self._reset_excursions()
        else:
            self._note_interruption(t_s)

    def _note_interruption(self, t_s: float) -> None:
        self._gate.returned(t_s)
        self._conditions.reset()
        self._reset_excursions()

    def _reset_excursions(self) -> None:
        for detector in self._detectors:
            detector.end_excursion()
        self._policy.interrupt()

    def _due_stop_notice(self, t_s: float) -> list[Record]:
        """Once in a run that was stopped before it began."""
        if "stopped" in self._announced:
            return []
        self._announced.add("stopped")
        return [cues_ended_notice(t_s)]

    def _due_notices(self, t_s: float) -> list[Record]:
        """Once in a run: what is missing, and what works all the same."""
        out: list[Record] = []
        if self._ran_s >= 1 and not self._learning_closed and "learning" not in self._announced:
            self._announced.add("learning")
            out.append(learning_notice(t_s, self.baseline, self._learns_min or 0, self._settings.may_cue))
        if self._ran_s >= _NO_SPEED_S and not self._has_speed and "speed" not in self._announced:
            self._announced.add("speed")
            out.append(no_speed_notice(t_s))
        return out
