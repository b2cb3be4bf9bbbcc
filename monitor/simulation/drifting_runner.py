"""The demo's runner: falls off the target, is cued, answers; the own normal is known."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

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


def drifting_bouts(seconds: float) -> list[Bout]:
    """Return stretches on target, with a drift that a cue should follow, with the answer; repeatedly."""
    target = _own_cadence_spm(_PACE_MPS) * (1 + increase_at_step(2, CoachSettings().target))
    parts = ((DRIFTS_S, 1.0), (ANSWERS_S, 1 + _DRIFT), (_ROUND_S - DRIFTS_S - ANSWERS_S, 1.0))
    out, t = list[Bout](), 0.0
    for part_s, share in cycle(parts):
        part_s = min(part_s, seconds - t)
        out.append(Bout(seconds=part_s, speed_mps=_PACE_MPS, cadence_spm=target * share))
        t += part_s
        if t >= seconds:
            return out
    raise AssertionError


def coached_settings(settings: SessionSettings) -> SessionSettings:
    """Return settings with the simulated runner's normal known, no warm-up, and the plan at step two."""
    coach = CoachSettings(
        cues=CueSettings(warm_up_s=0), baseline=_learned_baseline(settings.runner).to_dict(), step=2
    )
    return replace(settings, coach=coach)


def _own_cadence_spm(speed_mps: float) -> float:
    """Cadence of the mean runner."""
    return float(120 / np.interp(speed_mps, mean_curves.BELT_MPS, mean_curves.STRIDE_S))


def _learned_baseline(runner: Runner) -> Baseline:
    baseline = Baseline(runner.height_m)
    for _ in range(2):
        baseline.begin_run()
        for k in range(600):
            speed = _PACE_MPS + 0.2 * ((k // 100) % 3 - 1)
            baseline.push("cadence_spm", _own_cadence_spm(speed), speed, 0.0)
    return baseline
