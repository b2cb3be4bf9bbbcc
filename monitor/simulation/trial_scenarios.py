"""The scenarios of the coaching trial, as data: who runs where, and what a coach may and must do there.

A bar is what a rule has to reach; it was set before the rule was tuned.  Rates are of the first hour of a
run and of the hours after it, because who does not answer is left alone.  The seeds of tuning begin at
1000 and 500,000, those of reporting at ``REPORT_SEED``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from dsp.cueing.target import increase_at_step
from monitor.simulation.coaching_trial import (
    OUTDOORS,
    OWN_SPM,
    STEP,
    STREETS,
    TREADMILL,
    Ground,
    Habits,
    Score,
    TrialRunner,
    coached_hour,
    learned_coach_settings,
)
from monitor.simulation.cue_rules import all_rules

REPORT_SEED = 9_000_000
RUN_HOURS = 2
"""Length of a run of the trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """What may not be exceeded; infinite where nothing was asked."""

    first_h: float = math.inf  # cues in the first hour
    later_h: float = math.inf  # cues an hour after it
    false_h: float = math.inf  # cues an hour without a cause
    tones_h: float = math.inf  # "back on target" an hour without a cause
    delay_s: float = math.inf  # median, drifts that were missed counted as never told
    missed_pct: float = math.inf
    per_lapse: float = math.inf  # cues for each drift


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A simulated runner on a ground, and the bars."""

    name: str
    ground: Ground = OUTDOORS
    habits: Habits = field(default_factory=Habits)
    bars: Bars = field(default_factory=Bars)


def _steady_runners() -> Iterator[Scenario]:
    """Runners who hold a constant cadence and never answer."""
    for sd in (0.9, 1.8, 2.7, 4.0):
        for offset in (0.0, 0.25, 0.5, 0.7, 0.85, 1.0):
            if offset <= 0.25:
                bars = Bars(first_h=0.3, later_h=0.3, tones_h=0.3)
            elif offset <= 0.5:
                bars = Bars(first_h=1.0, tones_h=0.3)
            else:
                bars = Bars(first_h=4.0, later_h=1.0, tones_h=0.3)
            yield Scenario(
                name=f"steady, {offset:g} widths low, SD {sd:g}",
                ground=Ground(name="steady", sd_spm=sd),
                habits=Habits(offset=offset, heeds=0.0),
                bars=bars,
            )


_DRIFTS = Habits(lapses=6)
_QUIET = Bars(first_h=1.0, later_h=1.0)

SCENARIOS: tuple[Scenario, ...] = (
    *_steady_runners(),
    Scenario(
        name="treadmill, -6 at once", ground=TREADMILL, habits=_DRIFTS, bars=Bars(delay_s=8, per_lapse=1.3)
    ),
    Scenario(
        name="outdoors, -6 at once",
        habits=_DRIFTS,
        bars=Bars(delay_s=25, missed_pct=12, per_lapse=1.3, tones_h=0.3),
    ),
    Scenario(
        name="outdoors, -6 over 10 s",
        habits=replace(_DRIFTS, ramp_s=10),
        bars=Bars(delay_s=32, missed_pct=15),
    ),
    Scenario(name="outdoors, -10 at once", habits=replace(_DRIFTS, lapse_spm=-10), bars=Bars(delay_s=12)),
    Scenario(
        name="outdoors, -6, slope unknown", ground=replace(OUTDOORS, slope_sd_pct=None), habits=_DRIFTS
    ),
    Scenario(
        name="outdoors, -6, slope of the shoes", ground=replace(OUTDOORS, slope_sd_pct=1.4), habits=_DRIFTS
    ),
    Scenario(name="streets, -6", ground=STREETS, habits=_DRIFTS, bars=Bars(false_h=0.3)),
    Scenario(name="trail, SD 4, -6", ground=Ground(name="trail", sd_spm=4.0), habits=_DRIFTS),
    Scenario(
        name="treadmill, overstride +30 %",
        ground=TREADMILL,
        habits=replace(_DRIFTS, lapse_spm=0, overstride=0.3),
    ),
    Scenario(
        name="treadmill, braking +30 %", ground=TREADMILL, habits=replace(_DRIFTS, lapse_spm=0, braking=0.3)
    ),
    Scenario(name="ignores every cue", habits=replace(_DRIFTS, heeds=0.0)),
    Scenario(name="overshoots by 8", habits=replace(_DRIFTS, overshoot_spm=8.0), bars=Bars(per_lapse=1.3)),
    Scenario(name="tires by 3 an hour", habits=Habits(tires_spm=3.0), bars=Bars(first_h=1.0)),
    Scenario(name="speed 15 % too low", ground=replace(OUTDOORS, speed_gain=0.85), bars=_QUIET),
    Scenario(name="speed 15 % too high", ground=replace(OUTDOORS, speed_gain=1.15), bars=_QUIET),
    Scenario(
        name="speed 15 % too high, feet disagree",
        ground=replace(OUTDOORS, speed_gain=1.15, second_speed=True),
        bars=_QUIET,
    ),
    Scenario(name="GPS wanders by 0.3 m/s", ground=replace(OUTDOORS, speed_wander_mps=0.3), bars=_QUIET),
    Scenario(name="GPS wanders by 0.5 m/s", ground=replace(OUTDOORS, speed_wander_mps=0.5), bars=_QUIET),
    Scenario(name="hills, slope known", ground=replace(OUTDOORS, hills=6), bars=_QUIET),
    Scenario(
        name="hills, slope of the shoes", ground=replace(OUTDOORS, hills=6, slope_sd_pct=1.4), bars=_QUIET
    ),
    Scenario(
        name="hills, slope unknown", ground=replace(OUTDOORS, hills=6, slope_sd_pct=None), bars=_QUIET
    ),
    Scenario(
        name="tempo without heart rate", habits=Habits(surges=4, surge_mps=1.0, surge_s=300), bars=_QUIET
    ),
    Scenario(name="intervals", habits=Habits(surges=12, surge_mps=1.2, surge_s=90), bars=_QUIET),
    Scenario(name="tunnels", ground=replace(OUTDOORS, tunnels=8), bars=_QUIET),
    Scenario(name="traffic lights", ground=replace(OUTDOORS, lights=20, pace_sd_mps=0.15), bars=_QUIET),
    Scenario(name="sensor taken off and put on", ground=replace(OUTDOORS, remounts=4), bars=_QUIET),
)
"""Every scenario of the trial, in the order of the table."""


def scenario_scores(scenario: Scenario, runs: int, seed: int = REPORT_SEED) -> list[list[Score]]:
    """Return the scores of every rule, ours first: one for each hour of a run, summed over ``runs``.

    Every rule coaches a runner of its own, from the same seeds.
    """
    settings = learned_coach_settings(scenario.ground)
    target = OWN_SPM * (1 + increase_at_step(STEP, settings.target))
    out = [[Score(rule.name) for _ in range(RUN_HOURS)] for rule in all_rules(settings, target)]
    for run in range(runs):
        for rule, scores in zip(all_rules(settings, target), out, strict=True):
            runner = TrialRunner(scenario.ground, scenario.habits, seed + run)
            for hour, score in enumerate(scores):
                coached_hour(rule, runner, score, start_s=3600 * hour)
    return out


def lost_bars(bars: Bars, scores: Sequence[Score]) -> list[str]:
    """Return which bars these scores (of each hour) exceed, each with its figure."""
    first, whole = scores[0].row, summed(scores).row
    later = summed(scores[1:]).row if len(scores) > 1 else first
    found = {
        "cues in the first hour": (first["cues_per_h"], bars.first_h),
        "cues an hour later": (later["cues_per_h"], bars.later_h),
        "false cues an hour": (whole["false_per_h"], bars.false_h),
        "false tones an hour": (whole["false_tones_per_h"], bars.tones_h),
        "delay (s)": (whole["delay_s"], bars.delay_s),
        "missed (%)": (whole["missed_pct"], bars.missed_pct),
        "cues for each drift": (whole["cues_per_lapse"], bars.per_lapse),
    }
    return [f"{what} {value:.2f}, bar {bar:g}" for what, (value, bar) in found.items() if value > bar]


def summed(scores: Sequence[Score]) -> Score:
    """Return one score of all hours together."""
    out = Score(scores[0].policy)
    for s in scores:
        out.hours += s.hours
        out.cues += s.cues
        out.false += s.false
        out.false_tones += s.false_tones
        out.in_band_s += s.in_band_s
        out.run_s += s.run_s
        out.delays_s += s.delays_s
        out.missed += s.missed
    return out
