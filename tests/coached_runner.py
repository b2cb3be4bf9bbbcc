"""Records of a runner, second by second, for tests of the coach."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dsp.cueing.baseline import Baseline
from dsp.types import Activity, ActivityChange, Cue, CueKind, Estimate, Metric, Placement, Record, Side
from monitor.core.session_settings import CoachSettings, CueSettings, SensorSettings, SessionSettings
from monitor.pipeline.coach import Coach

OWN_SPM = 166.0  # at 2.8 m/s on the level
TARGET_SPM = OWN_SPM * 1.05
SENSORS = (
    SensorSettings(name="left shoe", kind="plain", placement=Placement.FOOT, side=Side.LEFT),
    SensorSettings(name="right shoe", kind="plain", placement=Placement.FOOT, side=Side.RIGHT),
)


def learned_baseline(
    minutes: float = 20, runs: int = 2, with_speed: bool = True, own_spm: float = OWN_SPM
) -> Baseline:
    """A runner of 10 more steps a minute per m/s, quite regular."""
    baseline, rng = Baseline(1.75), np.random.default_rng(7)
    for _ in range(runs):
        baseline.begin_run()
        for k in range(round(60 * minutes / runs)):
            v = 2.6 + 0.4 * ((k // 120) % 2)
            cadence = own_spm + 10 * (v - 2.8) + 0.5 * rng.standard_normal()
            baseline.push("cadence_spm", cadence, v if with_speed else None, 0.0)
            if with_speed:
                baseline.push("overstride_m", 0.2, v, 0.0)
                baseline.push("braking_impulse_bws", 0.019, v, 0.0)
    return baseline


def new_coach(baseline: Baseline | None = None, **settings: object) -> Coach:
    """Step 2 (+5 %), no warm-up, cues on all the time; ``settings`` are of ``CoachSettings``."""
    given: dict[str, object] = {"step": 2, "cues": CueSettings(warm_up_s=0), **settings}
    given["baseline"] = None if baseline is None else baseline.to_dict()
    coaching = CoachSettings(**given)  # type: ignore[arg-type]
    return Coach(coaching, SessionSettings(sensors=SENSORS, coach=coaching))


def metric_seconds(
    cadence: Iterable[float], start_s: float = 1.0, speed: float | None = 2.8, **more: float
) -> list[Record]:
    """One batch of metrics per second; ``more`` are other metrics by name, constant."""
    out: list[Record] = []
    for k, spm in enumerate(cadence):
        t_s = float(start_s + k)
        out.append(Metric(t_s, None, Estimate("cadence_spm", float(spm), 0.3, "foot")))
        if speed is not None:
            out.append(Metric(t_s, None, Estimate("speed_mps", speed, 0.03, "foot")))
        out += [Metric(t_s, None, Estimate(name, value, 0.0, "foot")) for name, value in more.items()]
    return out


def run_starts(t_s: float = 0.0) -> ActivityChange:
    return ActivityChange(t_s, Activity.RUN, t_s)


def noisy_cadence(mean: float, n: int, sd: float = 0.9, seed: int = 3) -> np.ndarray:
    """AR(1) 0.85 round ``mean``: what one-second cadence looks like."""
    rng = np.random.default_rng(seed)
    out = np.empty(n)
    e = sd * rng.standard_normal()
    for k in range(n):
        e = 0.85 * e + sd * np.sqrt(1 - 0.85**2) * rng.standard_normal()
        out[k] = mean + e
    return out


def cues_among(records: Iterable[object], kind: CueKind | None = None) -> list[Cue]:
    return [r for r in records if isinstance(r, Cue) and kind in (None, r.kind)]
