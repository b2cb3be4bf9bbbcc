"""The runner's own normal: cadence, overstride and braking over speed and grade.

A Bayesian linear model: what is known of runners in general is the prior, and every gated second
of the runner's own steady running moves it.  Only sums are kept, so that it can be learned over
many runs, stored as a few numbers, and frozen before the first intervention: a target made from
a baseline that still learns would chase itself.

How it goes: the caller pushes a second only where ``Gating.learn`` allows it and ``accepts`` agrees.
With a speed every metric has a line over speed and grade; cadence also has a plain mean (``blind``) for
runs without one, the loads have none and stay unknown.  A first answer may be used after ``first_min``
gated minutes (``ready``), near the speeds learned (``reaches``); with ``full_min`` minutes in
``full_runs`` runs it is stable (``full``), and the caller freezes it.  The posterior uses the runner's own
scatter where it is greater than the prior's, and counts ``_CORRELATED_S`` seconds as one.

Half and double: a sensor that counts strides twice (or a walk taken for a run) gives a cadence in the other
octave, and nothing is learned from it.  What is usual is at first people's cadence, then more and more the
runner's own: the posterior mean.  So the first minute may itself have been the wrong one.  While a baseline
is young (``first_min`` is not reached) it is dropped when in one run the other octave outnumbers it by
``_OTHER_S`` and by more than what was learned: the majority is believed.  An established one is never.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Any

import numpy as np

from dsp.types import Array

REFERENCE_MPS = 2.8
_RUNNING_SPM = (130.0, 220.0)  # nothing is learned beyond (slowest real jog 136, Har-Lab; sprints 220)
_OTHER_GAIT = 1.4  # a cadence so many times the usual one, or less, is twice or half of it
_OTHER_S = 120  # by so many seconds, at least, the other octave outnumbers a young baseline (a choice)
_CORRELATED_S = 12.0
"""One-second values follow each other (AR(1) 0.85 outdoors): (1 + .85) / (1 - .85) of them count as one."""


@dataclass(frozen=True, slots=True)
class Prior:
    """The mean and SD of value at 2.8 m/s on the level, of its change per m/s and per % of grade.

    ``noise_sd`` is what seconds scatter about the line, ``blind_sd`` how far slow changes of an
    unknown speed usually move the value (0.25 m/s).
    """

    mean: tuple[float, float, float]
    sd: tuple[float, float, float]
    noise_sd: float

    @property
    def blind_sd(self) -> float:
        """The SD of the value where slow changes of speed (0.25 m/s) are not seen."""
        return 0.25 * abs(self.mean[1])


def cadence_prior(height_m: float | None) -> Prior:
    """Return the prior of cadence, in steps per minute.

    Within runners it grows by 10.8 ± 4.8 per m/s, between them it falls by 0.79 per cm of height.

    Measured on Fukuchi 2017 (PeerJ 5:e3298); van Oeveren 2017 has 12 per m/s.  The slope with grade is
    from one runner.  An unknown height widens the first number only.
    """
    shift = 0.0 if height_m is None else -0.8 * (100 * height_m - 174)
    spread = 10.0 if height_m is not None else 12.0
    return Prior((164 + shift, 10.8, 1.0), (spread, 4.0, 0.8), 1.6)


_PRIORS: dict[str, Prior] = {
    # The models of dsp.overstride and dsp.braking for a pod, differentiated at the cadence prior;
    # SDs between runners leave-one-out; grade: the partition of dsp.braking.impulse_on_slope.
    "overstride_m": Prior((0.194, 0.046, 0.0), (0.022, 0.015, 0.003), 0.008),
    "braking_impulse_bws": Prior((0.0187, 0.0040, -0.0018), (0.0020, 0.0013, 0.0009), 0.0008),
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """The value that this runner would normally have here; ``sd`` is its uncertainty, not the scatter."""

    value: float
    sd: float


class SpeedGradeLine:
    """A line of one quantity over speed and grade; ``push`` a second, ask ``expect``."""

    def __init__(self, prior: Prior) -> None:
        self.prior = prior
        self.seconds = 0
        self._xx = np.zeros((3, 3))
        self._xy = np.zeros(3)
        self._yy = 0.0
        self._solved: tuple[list[float], list[list[float]]] | None = None
        self._noise_sd: float | None = None

    def push(self, value: float, speed_mps: float, slope_pct: float) -> None:
        """Learn one second: its value, speed and grade."""
        x = np.array((1.0, speed_mps - REFERENCE_MPS, slope_pct))
        y = value - self.prior.mean[0]
        self._xx += np.outer(x, x)
        self._xy += x * y
        self._yy += y * y
        self.seconds += 1
        self._solved = self._noise_sd = None

    def expect(
        self, speed_mps: float, slope_pct: float, speed_sd: float = 0.0, slope_sd: float = 0.0
    ) -> Expectation:
        """Return the mean and its SD at this speed (m/s) and grade (%), known so well."""
        mean, cov = self._solve_for_coefficients()
        x = (1.0, speed_mps - REFERENCE_MPS, slope_pct)
        value = self.prior.mean[0] + sum(map(mul, mean, x))
        variance = sum(xi * sum(map(mul, row, x)) for xi, row in zip(x, cov, strict=True))
        variance += (mean[1] * speed_sd) ** 2 + (mean[2] * slope_sd) ** 2
        return Expectation(value, math.sqrt(variance))

    @property
    def coefficients(self) -> tuple[float, float, float]:
        """The value at 2.8 m/s on the level, change per m/s, change per % of grade."""
        mean, _ = self._solve_for_coefficients()
        return (self.prior.mean[0] + mean[0], mean[1], mean[2])

    @property
    def noise_sd(self) -> float:
        """The scatter of single seconds about the line; the prior's counts as one minute."""
        if self._noise_sd is None:
            self._noise_sd = self._own_noise_sd()
        return self._noise_sd

    def _own_noise_sd(self) -> float:
        m = np.array(self._solve_for_coefficients()[0])
        rest = max(0.0, self._yy - 2 * float(m @ self._xy) + float(m @ self._xx @ m))
        return math.sqrt((60 * self.prior.noise_sd**2 + rest) / (60 + self.seconds))

    @property
    def speeds(self) -> tuple[float, float]:
        """The mean and SD of the speeds learned from, m/s."""
        if self.seconds == 0:
            return REFERENCE_MPS, 0.0
        mean = self._xx[0, 1] / self.seconds
        return REFERENCE_MPS + mean, math.sqrt(max(0.0, self._xx[1, 1] / self.seconds - mean * mean))

    def to_list(self) -> list[float]:
        """Return the 11 sums that hold everything learned."""
        return [float(self.seconds), *self._xx[np.triu_indices(3)].tolist(), *self._xy.tolist(), self._yy]

    def restore(self, sums: Sequence[float]) -> None:
        """Take over sums that ``to_list`` returned; ``ValueError`` unless they are 11 finite numbers."""
        if len(sums) != 11 or not all(math.isfinite(v) for v in sums) or sums[0] < 0:
            raise ValueError("a line needs 11 finite sums")
        self.seconds = int(sums[0])
        upper = np.zeros((3, 3))
        upper[np.triu_indices(3)] = sums[1:7]
        self._xx = upper + upper.T - np.diag(np.diag(upper))
        self._xy, self._yy, self._solved = np.array(sums[7:10]), float(sums[10]), None
        self._noise_sd = None

    def _solve_for_coefficients(self) -> tuple[list[float], list[list[float]]]:
        """Coefficients and their covariance, with the prior's scatter or the own if that is greater."""
        if self._solved is None:
            self._solved = self._posterior(self.prior.noise_sd)
            if (own := self._own_noise_sd()) > self.prior.noise_sd:
                self._solved = self._posterior(own)
        return self._solved

    def _posterior(self, noise_sd: float) -> tuple[list[float], list[list[float]]]:
        weight = 1 / (noise_sd**2 * _CORRELATED_S)
        start = np.array((0.0, *self.prior.mean[1:]))
        precision: Array = np.diag(np.array(self.prior.sd) ** -2.0)
        cov = np.linalg.inv(precision + weight * self._xx)
        return (cov @ (precision @ start + weight * self._xy)).tolist(), cov.tolist()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineParams:
    """Limits that say when a baseline may be used and when it is done."""

    first_min: float = 10.0  # a first answer: a choice
    full_min: float = 20.0  # gated minutes for a stable one, and
    full_runs: int = 2  # in at least so many runs (4-5 for stability in the literature)
    run_min: float = 3.0  # a run counts from here
    reach_mps: float = 0.4  # how far beyond the learned speeds (mean ± 2 SD) it may be asked

    def __post_init__(self) -> None:
        if not 0 < self.first_min <= self.full_min:
            raise ValueError("first_min must be positive and at most full_min")


class Baseline:
    """The lines of one runner.  Without a speed source cadence has a plain mean instead of a line."""

    def __init__(self, height_m: float | None = None, params: BaselineParams | None = None) -> None:
        self.params = params or BaselineParams()
        self.height_m = height_m
        self.frozen = False
        self._begin_learning()

    def _begin_learning(self) -> None:
        """Know of this runner what is known of people."""
        cadence = cadence_prior(self.height_m)
        self.lines = {"cadence_spm": SpeedGradeLine(cadence)} | {
            m: SpeedGradeLine(p) for m, p in _PRIORS.items()
        }
        self.blind = SpeedGradeLine(cadence)
        self.runs = 0
        self.begin_run()

    def begin_run(self) -> None:
        """Begin a new run; it counts once it has given ``run_min``."""
        self._run_s = self._other_s = 0

    def accepts(self, cadence_spm: float) -> bool:
        """Return True where a second with this cadence may be learned from.

        It must be that of a run, and neither half nor twice the runner's usual one: walking taken for
        running, or a stride counted twice, would become a target.
        """
        usual = self.blind.coefficients[0] if self.blind.seconds else cadence_spm
        return _is_running(cadence_spm) and usual / _OTHER_GAIT < cadence_spm < usual * _OTHER_GAIT

    def push_refused(self, cadence_spm: float) -> bool:
        """Take a gated second that ``accepts`` refused; return True where a young baseline began anew.

        A second that is learned takes one of those that were refused back, so that a few seconds of the
        wrong octave do not hold the way back up.
        """
        young = self.blind.seconds < 60 * self.params.first_min
        if self.frozen or not young or not _is_running(cadence_spm):
            return False
        self._other_s += 1
        if self._other_s <= max(_OTHER_S, self.blind.seconds):
            return False
        self._begin_learning()
        return True

    def push(self, metric: str, value: float, speed_mps: float | None, slope_pct: float) -> None:
        """Learn one second that the caller has gated (``dsp.cueing.gating``); does nothing once frozen."""
        if self.frozen or not math.isfinite(value):
            return
        if metric == "cadence_spm":
            self.blind.push(value, REFERENCE_MPS, 0.0)
            self._run_s += 1
            self._other_s = max(0, self._other_s - 1)
            self.runs += self._run_s == round(60 * self.params.run_min)
        if speed_mps is not None:
            self.lines[metric].push(value, speed_mps, slope_pct)

    def expect(
        self,
        metric: str,
        speed_mps: float | None,
        slope_pct: float,
        speed_sd: float = 0.0,
        slope_sd: float = 0.0,
    ) -> Expectation | None:
        """Return the runner's normal, or None where nothing was learned that could answer.

        ``speed_sd`` (m/s) and ``slope_sd`` (%) tell how well the conditions are known.
        """
        if speed_mps is not None and self.lines[metric].seconds > 0:
            return self.lines[metric].expect(speed_mps, slope_pct, speed_sd, slope_sd)
        if metric != "cadence_spm":
            return None
        mean = self.blind.expect(REFERENCE_MPS, 0.0, 0.0, slope_sd)
        return Expectation(mean.value, math.hypot(mean.sd, self._slow_sd()))

    def ready(self, metric: str, with_speed: bool) -> bool:
        """Return True when the first answer may be used."""
        return self.minutes(metric, with_speed) >= self.params.first_min

    def minutes(self, metric: str, with_speed: bool) -> float:
        """Return the gated minutes that an answer about ``metric`` rests on."""
        line = self.lines[metric] if with_speed or metric != "cadence_spm" else self.blind
        return line.seconds / 60

    def minutes_to_cues(self, with_speed: bool) -> int:
        """Return the whole gated minutes that a run beginning now learns before it may be coached."""
        p, with_this = self.params, self.runs + 1
        until_full = p.full_min - self.minutes("cadence_spm", with_speed)
        if with_this < p.full_runs:
            until_full = math.inf
        elif with_this == p.full_runs:
            until_full = max(until_full, p.run_min)  # from here on it counts
        return max(1, math.ceil(min(p.first_min, until_full)))

    def noise_sd(self, metric: str, speed_mps: float | None) -> float:
        """Return the SD of single seconds, as a share of the runner's normal."""
        blind = metric == "cadence_spm" and (speed_mps is None or not self.lines[metric].seconds)
        line = self.blind if blind else self.lines[metric]
        return line.noise_sd / abs(line.coefficients[0])

    def reaches(self, speed_mps: float) -> bool:
        """Return True where this speed is near enough to those learned."""
        mean, sd = self.lines["cadence_spm"].speeds
        return abs(speed_mps - mean) <= 2 * sd + self.params.reach_mps

    def full(self, with_speed: bool) -> bool:
        """Return True when enough was learned for the caller to freeze the baseline."""
        enough = self.minutes("cadence_spm", with_speed) >= self.params.full_min
        return enough and self.runs >= self.params.full_runs

    def to_dict(self) -> dict[str, Any]:
        """Return everything learned as plain values for a JSON file."""
        return {
            "format": 1,
            "height_m": self.height_m,
            "frozen": self.frozen,
            "runs": self.runs,
            "lines": {m: line.to_list() for m, line in self.lines.items()},
            "blind": self.blind.to_list(),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], params: BaselineParams | None = None) -> Baseline:
        """Return the baseline that ``to_dict`` has stored; raises ``ValueError`` for anything else."""
        try:
            if stored["format"] != 1:
                raise ValueError(f"format {stored['format']} is not known")
            self = cls(stored["height_m"], params)
            self.frozen, self.runs = bool(stored["frozen"]), int(stored["runs"])
            self.blind.restore(stored["blind"])
            for metric, sums in stored["lines"].items():
                self.lines[metric].restore(sums)
        except (KeyError, TypeError) as exc:
            raise ValueError(f"not a baseline: {exc!r}") from exc
        return self

    def _slow_sd(self) -> float:
        """How far unseen speed moves the mean: general knowledge, replaced by the own scatter."""
        prior, own = self.blind.prior.blind_sd, self.blind.noise_sd
        known = self.blind.seconds / (self.blind.seconds + 600)
        return math.sqrt((1 - known) * prior**2 + known * own**2 / 3)


def _is_running(cadence_spm: float) -> bool:
    return _RUNNING_SPM[0] <= cadence_spm <= _RUNNING_SPM[1]
