"""The coaching trial: a simulated runner who answers cues, or a recording with drifts put in.

One-second cadence scatters as measured: AR(1) 0.85, SD 0.9 spm on a treadmill and 2.7 outdoors (real
runs: 2.3 to 3.4).  The trial shows how rarely and how soon a rule speaks, not that cues help anybody.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from dsp.cueing.baseline import Baseline
from dsp.cueing.target import increase_at_step
from dsp.types import Activity, ActivityChange, Estimate, Gap, Metric, Record
from monitor.core.session_settings import CoachSettings, CueSettings
from monitor.simulation.cue_rules import CueRule, all_rules

OWN_SPM, PER_MPS, PER_PCT, PACE_MPS = 166.0, 10.0, 1.0, 2.8
_AR1 = 0.85
STEP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where the trial's runner runs, and what the sensors make of it.

    ``hills``, ``lights``, ``tunnels`` and ``remounts`` come so many times an hour.  ``speed_gain`` is how
    far the speed source is off, ``speed_wander_mps`` the SD of its slow error (GPS), ``second_speed`` a
    foot that knows better; ``slope_sd_pct``: how well the slope is told (1.4: by the shoes),
    None: not at all.
    """

    name: str
    sd_spm: float
    pace_sd_mps: float = 0.0
    hills: float = 0.0
    slope_sd_pct: float | None = 0.3
    lights: float = 0.0
    tunnels: float = 0.0
    remounts: float = 0.0
    speed_gain: float = 1.0
    speed_wander_mps: float = 0.0
    second_speed: bool = False


OVERSTRIDE_M, BRAKING_BWS = 0.2, 0.019
"""The simulated runner's own; they scatter by ``_LOAD_SD`` of themselves."""
_LOAD_SD = 0.03
TREADMILL = Ground(name="treadmill", sd_spm=0.9)
OUTDOORS = Ground(name="outdoors, speed effect removed", sd_spm=2.7)
STREETS = Ground(name="streets", sd_spm=2.7, pace_sd_mps=0.15, hills=4, lights=6, tunnels=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """The behaviour of the trial's runner (choices).

    ``lapses`` an hour, each of ``lapse_spm`` that comes within ``ramp_s``; ``offset``: constantly so many
    widths of the band below the target; ``surges``: stretches an hour at ``surge_mps`` above the usual
    pace, of ``surge_s`` (tempo, intervals), in which the heart beats at ``surge_bpm``; ``overshoot_spm``:
    what an answer adds on top for a minute; ``overstride``, ``braking``: by how much of themselves they
    rise in a lapse.
    """

    offset: float = 0.0
    lapses: float = 0.0
    lapse_spm: float = -6.0
    ramp_s: float = 0.0
    lasts_s: float = 120.0  # a lapse nobody speaks about
    heeds: float = 0.8  # share of the cues that are answered
    delay_s: tuple[float, float] = (3.0, 8.0)
    overshoot_spm: float = 0.0
    overstride: float = 0.0
    braking: float = 0.0
    tires_spm: float = 0.0  # fall of the cadence per hour
    surges: float = 0.0
    surge_mps: float = 1.0
    surge_s: float = 180.0
    surge_bpm: float = 170.0


@dataclass(slots=True)
class Score:
    """What one rule of when to speak did: its cues, and what it missed."""

    policy: str
    hours: float = 0.0
    cues: int = 0
    false: int = 0  # without a lapse at that moment, or in a muted situation
    false_tones: int = 0  # "back on target" without a lapse that was spoken of
    in_band_s: int = 0
    run_s: int = 0
    delays_s: list[float] = field(default_factory=list)
    missed: int = 0  # lapses of at least a minute without a word in the first

    def count_cue(self, t_s: float, lapse_s: float | None, answered: bool) -> bool:
        """Count a cue at ``t_s`` and return whether the lapse that began at ``lapse_s`` was spoken of by
        now."""
        self.cues += 1
        if lapse_s is None:
            self.false += 1
            return answered
        if not answered:
            self.delays_s.append(t_s - lapse_s)
        return True

    @property
    def row(self) -> dict[str, float]:
        """The rates; NaN where nothing could be measured.  ``delay_s`` counts a missed lapse as never
        told."""
        lapses = len(self.delays_s) + self.missed
        never = [math.inf] * self.missed
        return {
            "cues_per_h": self.cues / self.hours,
            "false_per_h": self.false / self.hours,
            "false_tones_per_h": self.false_tones / self.hours,
            "cues_per_lapse": self.cues / lapses if lapses else math.nan,
            "delay_s": median(self.delays_s + never) if lapses else math.nan,
            "missed_pct": 100 * self.missed / lapses if lapses else math.nan,
            "in_band_pct": 100 * self.in_band_s / self.run_s if self.run_s else math.nan,
        }


class TrialRunner:
    """A simulated runner, ``second`` by second: records out; ``hear`` a cue."""

    def __init__(self, ground: Ground, habits: Habits, seed: int) -> None:
        self._g, self._h = ground, habits
        self._rng = np.random.default_rng(seed)
        self._noise = ground.sd_spm * self._rng.standard_normal()
        self._pace = self._wander = self._load_noise = 0.0
        self._chances = (
            ("stand", ground.lights, 30.0),
            ("hill", ground.hills, 60.0),
            ("tunnel", ground.tunnels, 20.0),
            ("remount", ground.remounts, 60.0),
            ("surge", habits.surges, habits.surge_s),
        )
        self._until = {what: -1.0 for what, _, _ in self._chances}
        self._slope = 0.0
        self._standing = True
        self.lapsed_s: float | None = None  # since when
        self._ends_s = self._answers_s = math.inf
        self._over_until_s = -math.inf
        self.settled_s = 0.0  # running undisturbed since
        params = CoachSettings().target
        self._target = 1 + increase_at_step(STEP, params)
        self._width_spm = OWN_SPM * self._target * params.low

    def second(self, t_s: float) -> list[Record]:
        """Return the records of the second that ends at ``t_s``."""
        out: list[Record] = []
        self._begin_or_end_lapse(t_s)
        for what, rate, length_s in self._chances:
            if t_s > self._until[what] and self._rng.random() < rate / 3600:
                self._until[what] = t_s + length_s
                if what == "hill":
                    self._slope = float(self._rng.choice((-5.0, 5.0)))
                elif what in ("tunnel", "remount"):
                    out.append(Gap("left", t_s, t_s + length_s))
        standing = t_s <= max(self._until["stand"], self._until["remount"])
        if standing is not self._standing:
            self._standing = standing
            out.append(ActivityChange(t_s, Activity.STAND if standing else Activity.RUN, t_s))
        if standing or t_s <= self._until["tunnel"]:
            self.settled_s = t_s
            self.lapsed_s, self._ends_s = None, math.inf
            return out
        return out + self._metrics_of_second(t_s)

    def hear(self, t_s: float) -> None:
        """Take a spoken cue; most are answered a few seconds later."""
        if self.lapsed_s is not None and self._rng.random() < self._h.heeds:
            self._answers_s = min(self._answers_s, t_s + self._rng.uniform(*self._h.delay_s))

    def _begin_or_end_lapse(self, t_s: float) -> None:
        if self.lapsed_s is not None and t_s >= min(self._ends_s, self._answers_s):
            if t_s >= self._answers_s:
                self._over_until_s = t_s + 60
            self.lapsed_s, self.settled_s = None, t_s
            self._ends_s = self._answers_s = math.inf
        quiet = self.lapsed_s is None and t_s - self.settled_s > 60
        if quiet and self._rng.random() < self._h.lapses / 3600:
            self.lapsed_s = t_s
            self._ends_s = t_s + self._h.lasts_s

    def _metrics_of_second(self, t_s: float) -> list[Record]:
        g, h, keep = self._g, self._h, math.sqrt(1 - _AR1**2)
        self._noise = _AR1 * self._noise + keep * g.sd_spm * self._rng.standard_normal()
        self._pace = _wander(self._pace, g.pace_sd_mps, self._rng)
        self._wander = _wander(self._wander, g.speed_wander_mps, self._rng)
        slope = self._slope if t_s <= self._until["hill"] else 0.0
        surging = t_s <= self._until["surge"]
        speed = PACE_MPS + self._pace - 0.03 * max(0.0, slope) + (h.surge_mps if surging else 0.0)
        cadence = normal_cadence_spm(speed, slope) * self._target - h.offset * self._width_spm
        cadence -= h.tires_spm * t_s / 3600
        if self.lapsed_s is not None:
            cadence += h.lapse_spm * min(1.0, (t_s - self.lapsed_s + 1) / (h.ramp_s or 1.0))
        elif t_s <= self._over_until_s:
            cadence += h.overshoot_spm
        measured = speed * g.speed_gain + self._wander
        outside = g.speed_gain != 1 or g.speed_wander_mps > 0
        source = "pod" if outside else "foot"
        sd = abs(measured - speed) if outside and g.second_speed else 0.0  # as the fusion of both tells it
        values = [("cadence_spm", cadence + self._noise, 0.5, "foot")]
        values.append(("speed_mps", measured, max(sd, 0.03), source))
        if h.surges:
            values.append(("heart_rate_bpm", h.surge_bpm if surging else 140.0, 1.0, "pod"))
        if g.slope_sd_pct is not None:
            values.append(("slope_pct", slope, g.slope_sd_pct, "pod"))
        values += self._load_metrics()
        return [Metric(t_s, None, Estimate(*value)) for value in values]

    def _load_metrics(self) -> list[tuple[str, float, float, str]]:
        """Overstride and braking, where the runner's lapses are of these."""
        rises = {"overstride_m": (OVERSTRIDE_M, self._h.overstride)}
        rises["braking_impulse_bws"] = (BRAKING_BWS, self._h.braking)
        out = []
        for name, (own, rise) in rises.items():
            if rise:
                noise = _AR1 * self._load_noise + math.sqrt(1 - _AR1**2) * self._rng.standard_normal()
                self._load_noise = noise
                up = rise if self.lapsed_s is not None else 0.0
                out.append((name, own * (1 + up + _LOAD_SD * noise), 0.0, "foot"))
        return out


def _wander(value: float, sd: float, rng: np.random.Generator) -> float:
    """A slow error or change with this SD that forgets within a minute."""
    return float(0.98 * value + math.sqrt(1 - 0.98**2) * sd * rng.standard_normal()) if sd else 0.0


def normal_cadence_spm(speed_mps: float, slope_pct: float) -> float:
    """Return the simulated runner's own cadence at this speed and slope, steps per minute."""
    return OWN_SPM + PER_MPS * (speed_mps - PACE_MPS) + PER_PCT * slope_pct


def learned_coach_settings(ground: Ground, seed: int = 99) -> CoachSettings:
    """Return settings of a coach that has learned this runner's normal in two runs of 20 min, with its
    scatter."""
    rng, baseline, noise = np.random.default_rng(seed), Baseline(1.75), 0.0
    for _ in range(2):
        baseline.begin_run()
        for k in range(1200):
            noise = _AR1 * noise + math.sqrt(1 - _AR1**2) * ground.sd_spm * rng.standard_normal()
            speed = PACE_MPS + 0.3 * math.sin(k / 90)
            baseline.push("cadence_spm", normal_cadence_spm(speed, 0.0) + noise, speed, 0.0)
            baseline.push("overstride_m", OVERSTRIDE_M, speed, 0.0)
            baseline.push("braking_impulse_bws", BRAKING_BWS, speed, 0.0)
    return CoachSettings(
        cues=CueSettings(warm_up_s=0, plan="always"), baseline=baseline.to_dict(), step=STEP
    )


def coached_hour(
    rule: CueRule, runner: TrialRunner, score: Score, start_s: int = 0, seconds: int = 3600
) -> None:
    """Let a rule coach a runner from ``start_s`` of the run on, and count what it does in ``score``."""
    score.hours += seconds / 3600
    lapse: float | None = None
    answered = False
    spoken_s = -math.inf  # of a cue for a lapse
    for t in range(start_s + 1, start_s + seconds + 1):
        t_s = float(t)
        records = runner.second(t_s)
        if runner.lapsed_s != lapse:
            lapse, answered = runner.lapsed_s, False
        spoke = rule.second(t_s, records)
        if any(_is_cadence(r) for r in records):
            score.run_s += 1
            score.in_band_s += lapse is None
        if spoke:
            spoken_s = t_s if lapse is not None else spoken_s
            answered = score.count_cue(t_s, lapse, answered)
            runner.hear(t_s)
        score.false_tones += rule.confirmed and t_s - spoken_s > 180
        if lapse is not None and not answered and t_s - lapse == 60:
            answered = True
            score.missed += 1


def _is_cadence(record: object) -> bool:
    return isinstance(record, Metric) and record.estimate.metric == "cadence_spm" and record.side is None


# ------------------------------------------------------------------------- a recording


EVERY_S, INJECTED_S = 150, 60
"""A drift of a minute begins every two and a half minutes of running."""


def drifted_recording(
    records: Sequence[Record], settings: CoachSettings, target_spm: float, drift_spm: float, first_s: int
) -> list[Score]:
    """Return the scores of every rule on records of a real run with ``drift_spm`` put into every third
    minute or so of steady running.

    ``first_s`` moves the drifts; what is said without one is counted as false, though the real runner
    may well have drifted.
    """
    seconds = list(_batches_by_second(records))
    scores = []
    for policy in all_rules(settings, target_spm):
        score, ran, lapse, answered = Score(policy.name), 0, None, False
        for t_s, batch in seconds:
            running = any(_is_cadence(r) for r in batch)
            ran += running
            at = (ran + EVERY_S - first_s) % EVERY_S
            inside = running and ran > first_s and at < INJECTED_S
            if inside and lapse is None:
                lapse, answered = t_s, False
            if lapse is not None and not inside:
                score.missed += not answered
                lapse = None
            spoke = policy.second(t_s, [_lower_cadence(r, drift_spm) if inside else r for r in batch])
            score.run_s += running
            score.in_band_s += running and lapse is None
            if spoke:
                answered = score.count_cue(t_s, lapse, answered)
        score.hours = score.run_s / 3600
        scores.append(score)
    return scores


def _batches_by_second(records: Sequence[Record]) -> Iterator[tuple[float, list[Record]]]:
    """Batches that end with the metrics of one second."""
    batch: list[Record] = []
    t_s: float | None = None
    for record in records:
        if isinstance(record, Metric):
            if t_s is not None and record.t_s != t_s:
                yield t_s, batch
                batch = []
            t_s = record.t_s
        batch.append(record)
    if t_s is not None:
        yield t_s, batch


def _lower_cadence(record: Record, by_spm: float) -> Record:
    if not isinstance(record, Metric) or not _is_cadence(record):
        return record
    e = record.estimate
    return Metric(record.t_s, None, Estimate(e.metric, e.value + by_spm, e.sd, e.how))
