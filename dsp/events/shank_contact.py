"""The contact of one stance of a shank sensor: its marks, and what of it is claimed over lost samples.

``dsp.events.shank`` finds the stance; these functions are given its state and change what they say they do.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from dsp.events.foot_stride import BEARABLE_LOSS_S
from dsp.events.grid_detector import ACC, FILLED
from dsp.events.shank_features import contact_mark, inclination_deg, peak_shock_g, swing_end, toe_off_mark
from dsp.events.shank_state import SHANK_RATE_HZ, ShankParams, ShankState
from dsp.models import Models, best_guess
from dsp.types import GRAVITY_MS2, Array, Contact, Worn

_NEAR_S, _AFTER_S = 0.06, 0.05  # before and after an event lie the rows that its mark is made of
_SWING_END_S = 0.02  # before the end of a swing, samples tell where it is
_LONGEST_LOSS_S = 0.15  # from swing to contact; it takes 0.15 s, so that over more another stride may lie
_OFF_BEAT, _MOST_STRIDES = 0.2, 3  # of a stride time; over more, nobody counts strides (choices)
_SD_OF_LOST = 1 / 15  # s per s lost, as at the feet (``foot_contact``)


class ShankMarks(NamedTuple):
    """ShankMarks holds rows after the swing peak: the end of the swing, the marks of contact and toe-off.

    ``to`` is None where toe-off lies in a hole.
    """

    swing_end: float
    ic: float
    to: float | None


def stance_marks(
    s: ShankState, p: ShankParams, w_dps: Array, swing: int, need: int, due: int
) -> ShankMarks | None:
    """Return the marks of the stance between two rows, of rate ``w_dps``; None where it is no stride's.

    Where the samples end early, ``due`` is the row up to which they should have come.  A stance
    in which samples were lost is believed only if the last one without was a stride's: over a
    hole, a turn of the pedals may have the marks of one.
    """
    h, level = s.history, -p.level * s.peak_dps
    axial = h.rows(swing, need)[:, ACC] @ s.long / GRAVITY_MS2
    end = swing_end(w_dps, SHANK_RATE_HZ)
    ic = contact_mark(w_dps, axial, level, p.shock_g, SHANK_RATE_HZ)
    to = None if ic is None else toe_off_mark(w_dps, ic, level, s.stride_s, SHANK_RATE_HZ)
    if need == due and h.filled_s(swing, need - 1, FILLED) == 0:
        s.strides = to is not None
    if end is None or ic is None or not s.strides:
        return None
    if to is not None:
        last = min(swing + to, need - 1 - 2 * _AFTER_S * SHANK_RATE_HZ)  # rows after may not be there yet
        return ShankMarks(end, ic, to if _came(s, p, swing + to, last, need) else None)
    hidden_s = h.filled_s(swing + ic, need - 1, FILLED) + (due - need) / SHANK_RATE_HZ
    landed = float(w_dps[math.ceil(end) :].min()) < level
    return ShankMarks(end, ic, None) if landed and hidden_s > BEARABLE_LOSS_S else None


def has_possible_span(marks: ShankMarks, p: ShankParams) -> bool:
    """Return whether a foot can be on the ground for as long as from one mark to the other."""
    return marks.to is None or p.shortest_span_s < (marks.to - marks.ic) / SHANK_RATE_HZ < p.longest_span_s


def contact_of_marks(
    s: ShankState, p: ShankParams, m: Models, worn: Worn, marks: ShankMarks, swing: int, need: int
) -> list[Contact]:
    """Return the contact of these marks, as far as the samples about them came.

    Where more than ``filled_s`` was lost at the landing there is none (but for one short hole alone), and
    neither where so much was lost about the end of the swing: the landing may lie in that hole, and what
    follows it be taken for it.
    """
    h, near = s.history, _NEAR_S * SHANK_RATE_HZ

    def lost_s(start: float, stop: float) -> float:
        return _lost_s(s, start, stop, need)

    end, mark = swing + marks.swing_end, swing + marks.ic
    features = {"at_s": h.time(mark), "stride_s": s.stride_s, "swing_dps": s.scan.swing_dps}
    if marks.to is not None:
        features["span_ms"] = 1e3 * ((marks.to - marks.ic) / SHANK_RATE_HZ)
    ic = mark + m.shank_ic_ms.value(features) / 1e3 * SHANK_RATE_HZ
    first = end if lost_s(end - _SWING_END_S * SHANK_RATE_HZ, end) > 0 else ic
    if not _came(s, p, first, ic, need) or lost_s(swing, ic) > _LONGEST_LOSS_S:
        return []
    landing = lost_s(ic - near, ic + near)
    features |= _strides_passed(s, ic) | _inclination(s, m, swing, ic)
    landed = swing + round(marks.ic)
    if lost_s(landed - 4, landed + 11) == 0:
        features["shock_g"] = peak_shock_g(h.rows(landed - 4, landed + 12)[:, ACC], s.long)
    contact = None
    if marks.to is not None:
        contact = best_guess(features, m.shank_contact_ms_with_lean, m.shank_contact_ms)
        assert contact is not None
    ic_s = h.time(ic)
    return [
        Contact(
            worn.sensor, worn.placement, worn.side, ic_s,
            None if contact is None else ic_s + contact[0] / 1e3,
            math.hypot(m.shank_ic_ms.sd / 1e3, _SD_OF_LOST * landing),
            None if contact is None else contact[1] / 1e3,
            h.time(need - 1) + s.low.delay_s, lost_s(swing, need - 1), features,
        )
    ]  # fmt: skip


def _lost_s(s: ShankState, start: float, stop: float, need: int) -> float:
    """How much is lost between two rows; so is what ``need`` does not reach: a recording or grid ended."""
    missing = min(max(0.0, stop - (need - 1)), stop - start)
    return s.history.filled_s(start, stop - missing, FILLED) + missing / SHANK_RATE_HZ


def _came(s: ShankState, p: ShankParams, first: float, last: float, need: int) -> bool:
    """Whether the samples about what lies between two rows came, but for a hole's end or one packet."""
    before, after = _NEAR_S * SHANK_RATE_HZ, _AFTER_S * SHANK_RATE_HZ
    if _lost_s(s, first - before, last + after, need) <= p.filled_s:
        return True
    return _lost_s(s, first - 2 * before, last + 2 * after, need) <= BEARABLE_LOSS_S


def _strides_passed(s: ShankState, ic: float) -> dict[str, float]:
    """How many strides have ``passed`` since the contact before (0: nobody knows), if samples were lost.

    ``missed`` is there where they are not known to be one: no stride time spans that.
    """
    last, s.scan.last_ic = s.scan.last_ic, ic
    if last is None or s.history.filled_s(last, ic, FILLED) == 0:
        return {}
    beats = (ic - last) / (s.stride_s * SHANK_RATE_HZ)
    n = max(1, round(beats))
    passed = float(n if abs(beats - n) < _OFF_BEAT and n <= _MOST_STRIDES else 0)
    return {"passed": passed} if passed == 1 else {"passed": passed, "missed": 1.0}


def _inclination(s: ShankState, m: Models, swing: int, ic: float) -> dict[str, float]:
    """Angle of the long axis at contact, gravity from the last two whole strides; empty without them."""
    swings = s.scan.swings
    if len(swings) < 3 or (swing - swings[0]) / SHANK_RATE_HZ > 2.2:
        return {}
    rows = s.history.rows(swings[0], min(round(ic) + 1, s.history.end))
    if rows[:, FILLED].sum() > BEARABLE_LOSS_S * SHANK_RATE_HZ:
        return {}
    lean = {"lean_deg": inclination_deg(rows, swing - swings[0], s.long, SHANK_RATE_HZ)}
    return lean | {"shank_deg": m.shank_deg.value(lean)}
