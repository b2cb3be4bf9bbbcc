"""The contact of one stance of a shank sensor, as far as the samples about it came.

``dsp.events.shank`` finds the stance; these functions are given its state and change what they say they do.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from dsp.events.foot_contact import MISSED_STRIDES
from dsp.events.foot_stride import BEARABLE_LOSS_S
from dsp.events.grid_detector import ACC, FILLED
from dsp.events.shank_features import inclination_deg, peak_shock_g
from dsp.events.shank_state import SHANK_RATE_HZ, ShankParams, ShankState
from dsp.models import Models, best_guess
from dsp.types import Contact, Worn

_NEAR_S = 0.06  # about an event lie the rows that its mark is made of
_OFF_BEAT, _MOST_STRIDES = 0.2, 3  # of a stride time; over more, nobody counts strides (choices)
_SD_OF_LOST = 1 / 15  # s per s lost, as at the feet


class ShankMarks(NamedTuple):
    """ShankMarks holds rows after the swing peak: where the swing ends, and the marks of contact and toe-off."""

    swing_end: float
    ic: float
    to: float | None


def claimed_contact(
    s: ShankState, p: ShankParams, m: Models, worn: Worn, marks: ShankMarks, swing: int, need: int
) -> list[Contact]:
    """Return the contact of these marks, as far as the samples about them came.

    Where more than ``filled_s`` was lost at the landing there is none.
    """
    h, near, raw_ic, raw_to = s.history, _NEAR_S * SHANK_RATE_HZ, marks.ic, marks.to

    def lost_s(start: float, stop: float) -> float:
        return h.filled_s(max(start, h.start), min(stop, need - 1), FILLED)

    zero, ic = swing + marks.swing_end, swing + marks.ic
    landing = lost_s((zero if lost_s(zero - 2, zero) > 0 else ic) - near, ic + near)
    if landing > p.filled_s or lost_s(swing, ic) > 0.15:
        return []
    features = {"at_s": h.time(swing + raw_ic), "stride_s": s.stride_s, "swing_dps": s.scan.swing_dps}
    shift = m.shank_ic_ms
    ic_s = features["at_s"] + shift.value(features) / 1e3
    row = (ic_s - h.t0_s) * SHANK_RATE_HZ
    _count_strides(s, row, features)
    lean = _inclination(s, swing, row)
    if lean is not None:
        features["lean_deg"] = lean
        features["shank_deg"] = m.shank_deg.value(features)
    to_s, to_sd_s = None, None
    if raw_to is not None and lost_s(swing + raw_to - near, swing + raw_to + near) <= p.filled_s:
        features["span_ms"] = 1e3 * (raw_to - raw_ic) / SHANK_RATE_HZ
        contact = best_guess(features, m.shank_contact_ms_with_lean, m.shank_contact_ms)
        assert contact is not None
        lost = lost_s(swing + raw_ic, swing + raw_to + near)
        to_s, to_sd_s = ic_s + contact[0] / 1e3, math.hypot(contact[1] / 1e3, _SD_OF_LOST * lost)
    first = swing + round(raw_ic)
    if lost_s(first - 4, first + 12) == 0:
        features["shock_g"] = peak_shock_g(h.rows(first - 4, first + 12)[:, ACC], s.long)
    return [
        Contact(
            worn.sensor, worn.placement, worn.side, ic_s, to_s,
            math.hypot(shift.sd / 1e3, _SD_OF_LOST * landing), to_sd_s,
            h.time(need - 1) + s.low.delay_s, lost_s(swing, need), features,
        )
    ]  # fmt: skip


def _count_strides(s: ShankState, ic: float, features: dict[str, float]) -> None:
    """Add how many strides have ``passed`` since the contact before, where samples between them were lost."""
    last, s.scan.last_ic = s.scan.last_ic, ic
    if last is None or s.history.filled_s(last, ic, FILLED) == 0:
        return
    strides = (ic - last) / (s.stride_s * SHANK_RATE_HZ)
    n = max(1, round(strides))
    features["passed"] = float(n if abs(strides - n) < _OFF_BEAT and n <= _MOST_STRIDES else 0)
    if features["passed"] != 1:
        features["missed"] = 1.0


def _inclination(s: ShankState, swing: int, ic: float) -> float | None:
    """Angle of the long axis at contact, gravity from the last two whole strides; None without them."""
    swings = s.scan.swings
    if len(swings) < 3 or (swing - swings[0]) / SHANK_RATE_HZ > 2.2:
        return None
    rows = s.history.rows(swings[0], round(ic) + 1)
    if rows[:, FILLED].sum() > BEARABLE_LOSS_S * SHANK_RATE_HZ:
        return None
    return inclination_deg(rows, swing - swings[0], s.long, SHANK_RATE_HZ)
