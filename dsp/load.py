"""Braking load: what the braking of a whole run adds up to."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsp.braking import level_impulse
from dsp.models import Guess
from dsp.types import GRAVITY_MS2, Estimate

_REFERENCE_BW = 0.35  # peak braking that counts one in the damage-weighted index
_EXPONENT = 4.0  # a choice; tissues differ (Edwards 2018, ESSR 46:224)
_BLOCK_STEPS = 10  # steps averaged first, or step noise would inflate the index


@dataclass(slots=True)
class BrakingLoad:
    """The sums over the steps (or seconds of a pod) so far: dose, its level equivalent, damage index."""

    dose_bws: float = 0.0
    dose_sd_bws: float = 0.0  # errors of steps are the runner's and the mount's: they add up in full
    flat_bws: float = 0.0
    index: float = 0.0
    _peaks: list[tuple[float, float]] = field(default_factory=list)

    def push(
        self, impulse: Guess, peak_bw: float | None, step_s: float, slope_pct: float, steps: float = 1.0
    ) -> None:
        """Add one step, or one that stands for ``steps`` alike; without a peak the index does not grow.

        ``impulse`` is the braking impulse (BW·s) with its SD.
        """
        impulse_bws, sd_bws = impulse
        self.dose_bws += steps * impulse_bws
        self.dose_sd_bws += steps * sd_bws
        self.flat_bws += steps * level_impulse(slope_pct, impulse_bws, step_s)
        if peak_bw is None:
            return
        self._peaks.append((steps, peak_bw))
        total = sum(n for n, _ in self._peaks)
        if total >= _BLOCK_STEPS:
            mean = sum(n * peak for n, peak in self._peaks) / total
            self.index += total * (mean / _REFERENCE_BW) ** _EXPONENT
            self._peaks.clear()

    def estimates(self) -> list[Estimate]:
        """Return the sums so far as estimates; an empty list before the first step."""
        if self.dose_bws == 0.0:
            return []
        return [
            Estimate("braking_dose_bws", self.dose_bws, self.dose_sd_bws, "sum"),
            Estimate(
                "braking_dose_mps", GRAVITY_MS2 * self.dose_bws, GRAVITY_MS2 * self.dose_sd_bws, "sum"
            ),
            Estimate("braking_dose_flat_ratio", self.dose_bws / self.flat_bws, 0.1, "sum"),
            Estimate("braking_damage_index", self.index, 0.3 * self.index, "sum"),
        ]
