"""The contact of one stance of a foot sensor: its landing and lift-off, its stride, what of it is claimed.

``dsp.events.foot`` finds the stance; these functions are given its state and change what they say they do.
"""

from __future__ import annotations

from typing import NamedTuple

from dsp.events.foot_axes import FootAxes
from dsp.events.foot_features import (
    Stance,
    landing_terms,
    lift_off_terms,
    rest_row,
    slap_row,
    slide_mps,
    value_at,
)
from dsp.events.foot_state import FOOT_RATE_HZ, FootParams, FootState
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
_GAP_S = 0.09  # bridged within a contact: there may be a gap in it, which no step spans
_NEAR_S = 0.06  # about an event lie the rows that its features are made of
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
    """Take away what a clipped sensor or a loose mount makes wrong."""
    rows = s.history.rows(max(s.history.start, need - round(s.stride_s * FOOT_RATE_HZ)), need)
    s.trust.push_range(float((rows[:, STUCK] > 0.5).mean()))
    if not s.axes.odd:
        apart = s.axes.apart_deg if s.axes.have >= FootAxes.need else 0.0
        climb = features.get("speed_mps", 0.0) * features.get("slope_pct", 0.0) / 100
        s.trust.push_mount(turning, apart, climb)
    wrong = _WRONG_WHEN_CLIPPED * s.trust.clipped + _WRONG_WHEN_LOOSE * s.trust.loose
    for name in wrong:
        features.pop(name, None)
    if wrong:
        features["withheld"] = 1.0


def claimed_contact(
    s: FootState, p: FootParams, m: Models, worn: Worn, marks: ContactMarks, swing: int, need: int
) -> list[Contact]:
    """Return the contact of these marks, as far as the samples about its landing and lift-off came.

    Where more was lost at the landing there is none, where more was lost at the lift-off or between no
    toe-off; less only makes them less certain.
    """
    h, rate, features = s.history, FOOT_RATE_HZ, marks.features
    ic, to, near = swing + marks.ic, swing + marks.to, _NEAR_S * FOOT_RATE_HZ
    filled_s = h.filled_s(min(swing, ic - near), max(need, to + near), FILLED)
    landing, lift_off = (filled_s and h.filled_s(row - near, row + near, FILLED) for row in (ic, to))
    if landing > p.filled_s:
        return []
    if s.scan.last_ic is not None and ic - s.scan.last_ic > MISSED_STRIDES * s.stride_s * rate:
        features["missed"] = 1.0
    s.scan.last_ic = ic
    off = (h.time(to), m.foot_to_ms.sd / 1e3 + lift_off / 4)
    whole = not filled_s or (lift_off <= p.filled_s and h.filled_s(ic, to, FILLED) < _GAP_S)
    to_s, to_sd_s = off if whole else (None, None)
    return [
        Contact(
            worn.sensor, worn.placement, worn.side, h.time(ic), to_s,
            m.foot_ic_ms.sd / 1e3 + landing / 4, to_sd_s, h.time(need - 1),
            filled_s, features,
        )
    ]  # fmt: skip
