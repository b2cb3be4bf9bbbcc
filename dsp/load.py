"""Braking load: what the braking of a whole run adds up to.

The load is the mean braking of a second of running times the seconds run, so that a step which was not seen
(the other leg's, one in lost packets) counts like its neighbours.  Seconds that were run without a known
braking (the sensor is loose or clipped, speed or stride are not known yet) count with the mean of all that
are known, and their share of the ± is that of ``_ELSEWHERE``.  While none is known there is no load.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from dsp.braking import level_impulse
from dsp.metrics import MODEL
from dsp.models import Guess
from dsp.types import GRAVITY_MS2, Estimate

_REFERENCE_BW = 0.35  # peak braking that counts one in the damage-weighted index
_EXPONENT = 4.0  # a choice; tissues differ (Edwards 2018, ESSR 46:224)
_BLOCK_STEPS = 10  # steps averaged first, or step noise would inflate the index
_FLAT_SD = 0.1  # of the flat equivalent (a choice: the law for slopes is not validated)
_INDEX_SD = 0.3  # of the index, as a share of it
_ELSEWHERE = 0.3
"""SD of braking where it is not known, as a share of the runner's mean: 3 % of grade change it by 29 %,
0.5 m/s by 11 % (``dsp.cueing.baseline``).
The index goes with the fourth power: all of it is unsure there."""


@dataclass(slots=True)
class BrakingLoad:
    """The sums so far: dose, its level equivalent, damage index; seconds with known and unknown braking."""

    dose_bws: float = 0.0
    dose_sd_bws: float = 0.0  # errors of steps are the runner's and the mount's: they add up in full
    flat_bws: float = 0.0
    index: float = 0.0
    known_s: float = 0.0
    unknown_s: float = 0.0
    _how: str = "sum"
    _peaks: list[tuple[float, float]] = field(default_factory=list)

    def push(
        self,
        impulse: Guess,
        peak_bw: float | None,
        step_s: float,
        slope_pct: float,
        run_s: float,
        *,
        modelled: bool = False,
    ) -> None:
        """Add ``run_s`` seconds of running in steps like this one; without a peak the index does not grow.

        ``impulse`` is the braking impulse (BW·s) with its SD, ``step_s`` the time of a step.  A sum with
        anything ``modelled`` in it is modelled.
        """
        if modelled:
            self._how = MODEL
        impulse_bws, sd_bws = impulse
        steps = run_s / step_s
        self.known_s += run_s
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

    def push_unknown(self, run_s: float) -> None:
        """Add seconds of running whose braking is not known."""
        self.unknown_s += run_s

    def estimates(self) -> list[Estimate]:
        """Return the sums so far as estimates; an empty list before any braking is known."""
        if self.dose_bws == 0.0:
            return []
        whole = 1 + self.unknown_s / self.known_s
        share = 1 - 1 / whole
        dose = whole * self.dose_bws
        sd = math.hypot(whole * self.dose_sd_bws, _ELSEWHERE * share * dose)
        index = whole * self.index
        index_sd = index * math.hypot(_INDEX_SD, share)
        return [
            Estimate("braking_dose_bws", dose, sd, self._how),
            Estimate("braking_dose_mps", GRAVITY_MS2 * dose, GRAVITY_MS2 * sd, self._how),
            Estimate(
                "braking_dose_flat_ratio",
                self.dose_bws / self.flat_bws,
                math.hypot(_FLAT_SD, _ELSEWHERE * share),
                self._how,
            ),
            Estimate("braking_damage_index", index, index_sd, self._how),
        ]
