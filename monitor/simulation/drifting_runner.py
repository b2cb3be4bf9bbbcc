"""The demo's runner: falls off the target, is cued, answers; the own normal is known, or nearly.

Two kinds of drift: of the cadence, or of the load, which is overstride and braking a quarter above what
this runner usually has.  Either comes alone, again and again, or both are parts of a story of three
minutes: the end of learning, slow steps and the answer to a cue, then long strides and the answer to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
Drift = Literal["both", "cadence", "load"]


@dataclass(frozen=True, slots=True)
class _Part:
    """So many seconds with the cadence at a share of the target for this speed."""

    seconds: float
    share: float = 1.0
    speed_mps: float = _PACE_MPS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """What the runner does in turn, and what was learned before: loads at 2.8 m/s, and more per m/s.

    ``missing_s``: how many seconds are still to be learned; ``spread_mps``: how far the speeds lay apart.
    """

    parts: tuple[_Part, ...]
    usual: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    missing_s: int = 0
    spread_mps: float = 0.2


_PLOTS: Mapping[Drift, _Plot] = {
    "cadence": _Plot(
        parts=(_Part(DRIFTS_S), _Part(ANSWERS_S, 1 + _DRIFT), _Part(_ROUND_S - DRIFTS_S - ANSWERS_S))
    ),
    "load": _Plot(
        parts=(_Part(_ROUND_S),),
        usual={"overstride_m": (0.158, 0.037), "braking_impulse_bws": (0.0145, 0.0032)},
    ),  # of a runner who brakes a fifth less than the simulated one
    "both": _Plot(
        parts=(
            _Part(45.0, 1.0, 2.65),
            _Part(25.0, 1 + _DRIFT, 2.65),
            _Part(20.0, 1.0, 2.65),
            _Part(62.0, 0.976, 3.0),  # in band, but with steps as long as never before
            _Part(38.0, 1.033, 2.62),
        ),
        usual={"overstride_m": (0.182, 0.04), "braking_impulse_bws": (0.0151, 0.0)},
        missing_s=8,
        spread_mps=0.35,
    ),
}


def story_length_s(drift: Drift) -> float:
    """Return how long (s) the runner takes to have done all of it once."""
    return sum(part.seconds for part in _PLOTS[drift].parts)


def drifting_bouts(seconds: float, drift: Drift = "cadence") -> list[Bout]:
    """Return stretches on target, with a drift that a cue should follow, with the answer; repeatedly.

    A drift of the load alone has none of these: the runner is on target all the time.
    """
    increase = 1 + increase_at_step(2, CoachSettings().target)
    out, t = list[Bout](), 0.0
    for part in cycle(_PLOTS[drift].parts):
        part_s, speed = min(part.seconds, seconds - t), part.speed_mps
        cadence = _own_cadence_spm(speed) * increase * part.share
        out.append(Bout(seconds=part_s, speed_mps=speed, cadence_spm=cadence))
        t += part_s
        if t >= seconds:
            return out
    raise AssertionError


def coached_settings(settings: SessionSettings, drift: Drift = "cadence") -> SessionSettings:
    """Return settings with the simulated runner's normal known or nearly so, no warm-up, and step two."""
    baseline = _learned_baseline(settings.runner, _PLOTS[drift])
    coach = CoachSettings(cues=CueSettings(warm_up_s=0), baseline=baseline.to_dict(), step=2)
    return replace(settings, coach=coach)


def _own_cadence_spm(speed_mps: float) -> float:
    """Cadence of the mean runner."""
    return float(120 / np.interp(speed_mps, mean_curves.BELT_MPS, mean_curves.STRIDE_S))


def _learned_baseline(runner: Runner, plot: _Plot) -> Baseline:
    baseline = Baseline(runner.height_m)
    for missing_s in (0, plot.missing_s):
        baseline.begin_run()
        for k in range(600 - missing_s):
            speed = _PACE_MPS + plot.spread_mps * ((k // 100) % 3 - 1)
            baseline.push("cadence_spm", _own_cadence_spm(speed), speed, 0.0)
            for metric, (usual, per_mps) in plot.usual.items():
                baseline.push(metric, usual + per_mps * (speed - _PACE_MPS), speed, 0.0)
    return baseline
