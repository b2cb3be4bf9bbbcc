"""The contact of one stance of a foot sensor: its landing and lift-off, its stride, what of it is claimed.

``dsp.events.foot`` finds the stance; these functions are given its state and change what they say they do.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dsp.events.foot_axes import FootAxes
from dsp.events.foot_features import (
    Stance,
    landing_terms,
    lift_off_terms,
    rest_row,
    saw_landing,
    slap_row,
    slide_mps,
    value_at,
)
from dsp.events.foot_state import FOOT_RATE_HZ, FootParams, FootState
from dsp.events.foot_stride import BEARABLE_LOSS_S
from dsp.events.foot_trust import turning_dps
from dsp.events.grid_detector import FILLED, GYR
from dsp.models import Models
from dsp.types import Contact, Worn

STUCK = 7
"""Column of the history after those of ``grid_detector``: one where an axis was at the end of its range."""
MISSED_STRIDES = 1.5
"""Stride times since the last contact, from which one lies in between (a choice)."""
_SCALED = {"speed_mps", "stride_length_m"}
_WRONG_WHEN_LOOSE = ("slope_pct", "foot_strike_deg", "pitch_ic_deg")
_WRONG_WHEN_CLIPPED = ("speed_mps", "stride_length_m", *_WRONG_WHEN_LOOSE)
_STEEPEST_PCT = 60.0  # of a stride: stairs are as steep, roads are not (a choice)
_GAP_S = 0.09  # bridged within a contact: there may be a gap in it, which no step spans
_NEAR_S = 0.06  # about an event lie the rows that its features are made of
_SD_OF_LOST = 1 / 15
# s per s lost: landings scatter by the root of 3.2² + 1.8² ms with 0.03 s lost at them, lift-offs by that
# of 4.5² + 3.3² with 0.05 s lost since the landing (Fukuchi 2017 at 100 Hz)
_SLAP_TO_IC_S, _TIPPED_TO_TO_S = -0.0105, 0.0186  # mean offsets (Fukuchi 2017): where strides are cut


class ContactMarks(NamedTuple):
    """ContactMarks holds (fractional) rows of one stance after its mid-swing, and its ``features``."""

    slap: float
    tipped: float
    ic: float
    to: float
    features: dict[str, float]


def contact_marks(s: FootState, m: Models, swing: int, st: Stance, tipped: float) -> ContactMarks:
    """Return when the foot of a stance slapped down, landed and left, in rows from ``swing`` on."""
    slap, t0, rate = slap_row(st), s.history.time(swing), FOOT_RATE_HZ
    features = {
        "at_s": t0 + slap / rate,
        "tipped_s": t0 + tipped / rate,
        "stride_s": s.stride_s,
        "swing_dps": s.scan.swing_dps,
    }
    features |= landing_terms(st, slap) | lift_off_terms(st, tipped)
    ic = slap + m.foot_ic_ms.value(features) * 1e-3 * rate
    to = tipped + m.foot_to_ms.value(features) * 1e-3 * rate
    return ContactMarks(slap, tipped, ic, to, features)


def add_stride(s: FootState, m: Models, worn: Worn, marks: ContactMarks, swing: int, st: Stance) -> None:
    """Add what the stride that ends here gives to the features, and let the axes learn from it.

    Speed and stride length are times the runner's own gain; what level ground gave is off the slope.
    """
    features = marks.features
    ic0, to0 = marks.slap + _SLAP_TO_IC_S * FOOT_RATE_HZ, marks.tipped + _TIPPED_TO_TO_S * FOOT_RATE_HZ
    rest = swing + rest_row(ic0, to0)
    stride = s.meter.stride(s.history, s.axes, swing + st.zv, rest, slide_mps(st, ic0, to0))
    for name in _SCALED & stride.keys():
        stride[name] *= worn.speed_gain or 1.0
    features |= stride
    s.axes.learn_push_off(s.history.rows(swing + st.zv + 4, swing + round(marks.tipped) + 4)[:, GYR])
    if "speed_mps" in features:
        features["pitch_ic_deg"] = value_at(st.foot_pitch_deg, marks.ic)
        features["foot_strike_deg"] = m.foot_strike_deg.value(features)
    if "rise_pct" in features:
        features["slope_pct"] = m.foot_slope_pct.value(features) - (worn.slope_offset_pct or 0.0)
        if s.levelled:
            features["levelled"] = 1.0
    _withhold(s, features, turning_dps(st.w_dps, ic0, to0), swing + len(st.w_dps))


def _withhold(s: FootState, features: dict[str, float], turning: float, need: int) -> None:
    """Take away what a clipped sensor, a loose mount or an impossible stride makes wrong.

    A stride that is steeper than stairs is one whose path was not understood, such as the first of a run
    after walking: what was taken for its rests were none.
    """
    rows = s.history.rows(max(s.history.start, need - round(s.stride_s * FOOT_RATE_HZ)), need)
    s.trust.push_range(int(np.count_nonzero(rows[:, STUCK] > 0.5)) / len(rows))
    slope_pct = features.get("slope_pct", 0.0)
    impossible = abs(slope_pct) > _STEEPEST_PCT
    if not s.axes.odd:
        apart = s.axes.apart_deg if s.axes.have >= FootAxes.need else 0.0
        bearable_pct = min(max(slope_pct, -_STEEPEST_PCT), _STEEPEST_PCT)  # one stride is no loose mount
        climb = features.get("speed_mps", 0.0) * bearable_pct / 100
        s.trust.push_mount(turning, apart, climb)
    wrong = _WRONG_WHEN_CLIPPED * (s.trust.clipped or impossible) + _WRONG_WHEN_LOOSE * s.trust.loose
    for name in wrong:
        features.pop(name, None)
    if wrong:
        features["withheld"] = 1.0


def claimed_contact(
    s: FootState, p: FootParams, m: Models, worn: Worn, marks: ContactMarks, swing: int, need: int
) -> list[Contact]:
    """Return the contact of these marks, as far as the samples about its landing and lift-off came.

    Where more than ``filled_s`` was lost at the landing there is none: it would be 10 ms off (RMS).  Nor is
    there where none was seen: it may be 70 ms off.  A lift-off bears the loss of a packet; where more was
    lost about it there is none.  Less makes both less certain.
    """
    h, rate, features = s.history, FOOT_RATE_HZ, marks.features
    ic, to, near = swing + marks.ic, swing + marks.to, _NEAR_S * FOOT_RATE_HZ

    def lost_s(start: float, stop: float) -> float:
        return h.filled_s(start, min(stop, need - 1), FILLED)  # later rows may not be there yet

    landing, lift_off = (lost_s(row - near, row + near) for row in (ic, to))
    if landing > p.filled_s or not saw_landing(features):
        return []
    if s.scan.last_ic is not None and ic - s.scan.last_ic > MISSED_STRIDES * s.stride_s * rate:
        features["missed"] = 1.0
    s.scan.last_ic = ic
    off = lift_off <= BEARABLE_LOSS_S and lost_s(ic, to) < _GAP_S
    to_sd_s = math.hypot(m.foot_to_ms.sd / 1e3, _SD_OF_LOST * lost_s(ic, to + near))
    return [
        Contact(
            worn.sensor, worn.placement, worn.side, h.time(ic), h.time(to) if off else None,
            math.hypot(m.foot_ic_ms.sd / 1e3, _SD_OF_LOST * landing), to_sd_s if off else None,
            h.time(need - 1), lost_s(min(swing, ic - near), need), features,
        )
    ]  # fmt: skip
