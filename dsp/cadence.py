"""Cadence from strides: the interval to the contact two steps earlier, both legs' difference gone.

A sensor on one leg declares that its contacts are one *stride* apart; one at the pelvis that they are one
*step* apart.  That alone does not keep a detector from seeing twice or half the contacts: the one at the
pelvis has its own guard (``dsp.events.step_rhythm``), and says with ``passed`` how many steps lie between
two contacts.

No stride time spans a gap.  Cadence may: where ``passed`` says that contacts on both sides are a whole
number of strides apart, their mean counts as that many strides.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np

from dsp.types import Estimate

_RHYTHM_SD = 0.02  # of a cadence that rests on the rhythm alone (a choice)
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
        self._per_stride = 1 if one_leg else 2
        self._contacts: deque[tuple[float, int, int]] = deque(maxlen=3)  # time, its number, gaps before it
        self._gaps = 0
        self._strides: deque[tuple[float, float]] = deque(maxlen=64)
        self._whole_s = -math.inf  # end of the last stride without a gap in it

    def gap(self) -> None:
        """Note lost samples, so that no stride time spans them."""
        self._gaps += 1

    def push(self, ic_s: float, passed: int | None = None) -> float | None:
        """Return the stride time (s) that ends at this contact, or None where it is no plausible stride.

        ``passed`` is the number of contacts due since the last one, this one included; 0 where that is
        unknown; None: 1, or unknown behind a gap.
        """
        last = self._contacts[-1] if self._contacts else (ic_s, 0, self._gaps)
        if passed is None:
            passed = 1 if last[2] == self._gaps else 0
        if passed == 0:
            self._contacts.clear()
        number, stride = last[1] + passed, None
        for at_s, k, gaps in reversed(self._contacts):
            strides, rest = divmod(number - k, self._per_stride)
            if strides == 0 or rest:
                continue
            mean = (ic_s - at_s) / strides
            if _SHORTEST_STRIDE_S < mean < _LONGEST_STRIDE_S:
                self._strides.extend([(ic_s, mean)] * strides)
                if strides == 1 and gaps == self._gaps:
                    stride, self._whole_s = mean, ic_s
            break
        self._contacts.append((ic_s, number, self._gaps))
        return stride

    def now(
        self, t_s: float, how: str, stride_sd_s: float, rhythm_s: float | None = None
    ) -> Estimate | None:
        """Return the cadence of the stride that ends at ``t_s``, or the window's mean where it is odd.

        ``how`` goes into the estimate; ``stride_sd_s`` is the SD of that stride time; ``rhythm_s`` is
        the time from contact to contact that the detector knows otherwise.
        """
        mean = self.cadence(t_s, how, rhythm_s)
        if self._whole_s != t_s:
            return mean
        value = 120 / self._strides[-1][1]
        if mean is not None and abs(value / mean.value - 1) > self._p.gate:
            return mean
        return Estimate("cadence_spm", value, value * value / 120 * stride_sd_s, how)

    def cadence(self, t_s: float, how: str, rhythm_s: float | None = None) -> Estimate | None:
        """Return the mean cadence of the window before ``t_s``; None without two strides in it.

        It stands for a stride that was not seen, so its SD is that of one stride about the mean.  Where the
        strides contradict ``rhythm_s``, it is that of the rhythm.
        """
        since_s = t_s - self._p.window_s
        recent = [d for t, d in self._strides if since_s < t <= t_s]
        if len(recent) < 2:
            return None
        usual = median(recent)
        if rhythm_s is not None and abs(usual / (self._per_stride * rhythm_s) - 1) > self._p.gate:
            usual = self._per_stride * rhythm_s
        kept = np.array([d for d in recent if abs(d / usual - 1) <= self._p.gate])
        if len(kept) < 2:
            if rhythm_s is None:
                return None
            return Estimate("cadence_spm", 120 / usual, _RHYTHM_SD * 120 / usual, how)
        mean = float(kept.sum()) / len(kept)
        value, away = 120 / mean, kept - mean
        sd = value * math.sqrt((away * away).sum() / (len(kept) - 1)) / mean / len(kept) ** 0.5
        return Estimate("cadence_spm", value, max(sd * math.sqrt(len(kept) + 1), 0.1), how)
