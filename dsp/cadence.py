"""Cadence from strides: the interval to the contact two steps earlier, both legs' difference gone.

A sensor on one leg declares that its contacts are one *stride* apart; one at the pelvis that they
are one *step* apart.  So cadence is always 120 over a stride time and can never be off by two.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from dsp.types import Estimate

_SHORTEST_STRIDE_S, _LONGEST_STRIDE_S = 0.45, 1.45


@dataclass(frozen=True, slots=True, kw_only=True)
class CadenceParams:
    """Settings of the mean's window and of the gate against odd strides, both of stride times.

    The gate is on strides because gating single steps went wrong by up to 18 spm on a real side-worn hip.
    """

    window_s: float = 5.0
    gate: float = 0.10  # strides further than this from the median are left out


class StrideClock:
    """A clock of stride time and cadence from the contacts of one sensor, pushed in time order.

    ``one_leg`` says that successive contacts are one stride apart; else they are one step apart.
    """

    def __init__(self, one_leg: bool, params: CadenceParams | None = None) -> None:
        self._p = params or CadenceParams()
        self._back = 1 if one_leg else 2
        self._contacts: deque[float] = deque(maxlen=self._back)
        self._strides: deque[tuple[float, float]] = deque(maxlen=64)

    def gap(self) -> None:
        """Forget the contacts so far, so that no stride spans lost samples."""
        self._contacts.clear()

    def push(self, ic_s: float) -> float | None:
        """Return the stride time (s) that ends at this contact, or None where it is no plausible stride."""
        stride = None
        if len(self._contacts) == self._back:
            since = ic_s - self._contacts[0]
            if _SHORTEST_STRIDE_S < since < _LONGEST_STRIDE_S:
                stride = since
                self._strides.append((ic_s, since))
        self._contacts.append(ic_s)
        return stride

    def now(self, t_s: float, how: str, ic_sd_s: float) -> Estimate | None:
        """Return the cadence of the stride that ends at ``t_s``, or the window's mean where it is odd.

        ``how`` goes into the estimate; ``ic_sd_s`` is the SD of one contact.
        """
        mean = self.cadence(t_s, how)
        if not self._strides or self._strides[-1][0] != t_s:
            return mean
        value = 120 / self._strides[-1][1]
        if mean is not None and abs(value / mean.value - 1) > self._p.gate:
            return mean
        return Estimate("cadence_spm", value, value * value / 120 * 1.4 * ic_sd_s, how)

    def cadence(self, t_s: float, how: str) -> Estimate | None:
        """Return the mean cadence of the window before ``t_s``; None without two strides in it."""
        recent = np.array([d for t, d in self._strides if t_s - self._p.window_s < t <= t_s])
        if len(recent) < 2:
            return None
        kept = recent[np.abs(recent / np.median(recent) - 1) <= self._p.gate]
        if len(kept) < 2:
            return None
        value = 120 / float(kept.mean())
        sd = value * float(kept.std(ddof=1)) / float(kept.mean()) / len(kept) ** 0.5
        return Estimate("cadence_spm", value, max(sd, 0.1), how)
