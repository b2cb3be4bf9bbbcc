"""The demo's runner: falls off the target, is cued, answers; the own normal is known.

Two kinds of drift: of the cadence, again and again; or of the load: overstride and braking are a quarter
more than this runner usually has, all the time, and no cue changes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import cycle
from typing import Literal

import numpy as np

from dsp.cueing.baseline import Baseline
from dsp.cueing.target import increase_at_step
from dsp.simulation import mean_curves
from dsp.simulation.runner import Bout
from dsp.types import Runner
from monitor.core.session_settings import CoachSettings, CueSettings, SessionSettings

_PACE_MPS = 2.8
_DRIFT = -0.05  # of the target: the runner falls back to nearly the own cadence,
DRIFTS_S, ANSWERS_S = 45.0, 25.0  # after so long, and answers so much later
_ROUND_S = 90.0
_USUAL = {"overstride_m": (0.158, 0.037), "braking_impulse_bws": (0.0145, 0.0032)}
"""The loads of a runner who brakes a fifth less than the simulated one: at 2.8 m/s, and more per m/s."""
Drift = Literal["cadence", "load"]


def drifting_bouts(seconds: float, drift: Drift = "cadence") -> list[Bout]:
    """Return stretches on target, with a drift that a cue should follow, with the answer; repeatedly.

    A drift of the load has none of these: the runner is on target all the time.
    """
    target = _own_cadence_spm(_PACE_MPS) * (1 + increase_at_step(2, CoachSettings().target))
    parts = ((DRIFTS_S, 1.0), (ANSWERS_S, 1 + _DRIFT), (_ROUND_S - DRIFTS_S - ANSWERS_S, 1.0))
    if drift == "load":
        return [Bout(seconds=seconds, speed_mps=_PACE_MPS, cadence_spm=target)]
    out, t = list[Bout](), 0.0
    for part_s, share in cycle(parts):
        part_s = min(part_s, seconds - t)
        out.append(Bout(seconds=part_s, speed_mps=_PACE_MPS, cadence_spm=target * share))
        t += part_s
        if t >= seconds:
            return out
    raise AssertionError


def coached_settings(settings: SessionSettings, drift: Drift = "cadence") -> SessionSettings:
    """Return settings with the simulated runner's normal known, no warm-up, and the plan at step two."""
    baseline = _learned_baseline(settings.runner, _USUAL if drift == "load" else {})
    coach = CoachSettings(cues=CueSettings(warm_up_s=0), baseline=baseline.to_dict(), step=2)
    return replace(settings, coach=coach)


def _own_cadence_spm(speed_mps: float) -> float:
    """Cadence of the mean runner."""
    return float(120 / np.interp(speed_mps, mean_curves.BELT_MPS, mean_curves.STRIDE_S))


def _learned_baseline(runner: Runner, loads: Mapping[str, tuple[float, float]]) -> Baseline:
    baseline = Baseline(runner.height_m)
    for _ in range(2):
        baseline.begin_run()
        for k in range(600):
            speed = _PACE_MPS + 0.2 * ((k // 100) % 3 - 1)
            baseline.push("cadence_spm", _own_cadence_spm(speed), speed, 0.0)
            for metric, (usual, per_mps) in loads.items():
                baseline.push(metric, usual + per_mps * (speed - _PACE_MPS), speed, 0.0)
    return baseline
