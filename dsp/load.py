"""Braking load: what the braking of a whole run adds up to."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsp.braking import flat_equivalent
from dsp.types import GRAVITY_MS2, Estimate

REFERENCE_BW = 0.35  # peak braking that counts one in the damage-weighted index
EXPONENT = 4.0  # a choice; tissues differ (Edwards 2018, ESSR 46:224)
BLOCK = 10  # steps averaged first, or step noise would inflate the index


@dataclass(slots=True)
class BrakingLoad:
    """Sums over the steps (or seconds of a pod) pushed so far."""

    dose_bws: float = 0.0
    flat_bws: float = 0.0
    index: float = 0.0
    _peaks: list[float] = field(default_factory=list)

    def push(
        self, impulse_bws: float, peak_bw: float | None, step_s: float, slope_pct: float | None
    ) -> None:
        """One more step; an unknown slope counts as level."""
        self.dose_bws += impulse_bws
        self.flat_bws += flat_equivalent(slope_pct or 0.0, impulse_bws, step_s)
        if peak_bw is not None:
            self._peaks.append(peak_bw)
            if len(self._peaks) == BLOCK:
                mean = sum(self._peaks) / BLOCK
                self.index += BLOCK * (mean / REFERENCE_BW) ** EXPONENT
                self._peaks.clear()

    def push_second(
        self, steps: float, impulse_bws: float, peak_bw: float | None, step_s: float, slope_pct: float
    ) -> None:
        """One more second of a pod, which counts no steps: so many of them, all alike."""
        self.dose_bws += steps * impulse_bws
        self.flat_bws += steps * flat_equivalent(slope_pct, impulse_bws, step_s)
        if peak_bw is not None:
            self.index += steps * (peak_bw / REFERENCE_BW) ** EXPONENT

    def estimates(self) -> list[Estimate]:
        """The sums so far; empty before the first step."""
        if self.dose_bws == 0.0:
            return []
        return [
            Estimate("braking_dose_bws", self.dose_bws, 0.07 * self.dose_bws, "sum"),
            Estimate(
                "braking_dose_mps", GRAVITY_MS2 * self.dose_bws, 0.07 * GRAVITY_MS2 * self.dose_bws, "sum"
            ),
            Estimate("braking_dose_flat_ratio", self.dose_bws / self.flat_bws, 0.1, "sum"),
            Estimate("braking_damage_index", self.index, 0.3 * self.index, "sum"),
        ]
