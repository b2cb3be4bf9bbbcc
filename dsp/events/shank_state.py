"""The detector of a shank sensor taken apart: its settings, what follows from them, and what changes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from dsp.events.grid_detector import GridState
from dsp.events.limits import check_limits
from dsp.filters import Fir, History, Resampler
from dsp.types import Array

SHANK_RATE_HZ = 200.0
"""Rate of the grid; the models of contact and contact time were fitted at it."""

_LOW_PASS_HZ = 20.0  # of all columns; the models were fitted behind it
_KEEP_S = 12.0  # of rows are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class ShankParams:
    """ShankParams holds how strides of a shank sensor are segmented.

    Chosen on virtual IMUs of 15 runners at 2.5 to 4.5 m/s (Fukuchi 2017) and checked, unchanged, on those
    of Hamner 2013: no step missed, none invented.  First guesses are replaced by what is seen.
    """

    swing_dps: float = 350.0  # first guess of the swing peak
    stride_s: float = 0.70  # first guess of the stride time
    least_dps: float = 100.0  # no swing is slower (a choice)
    swing_level: float = 0.5  # of the usual peak; lower ones are no swing
    near_s: float = 0.12  # the highest row so soon after the first peak is the swing
    knock: float = 2.0  # a peak of so many usual ones is a knock, not a swing (a choice)
    after_knock_s: float = 0.06  # the search goes on so much later (a choice)
    gain: float = 0.2  # per stride, of stride time and usual peak
    after_stance: float = 0.6  # of the stride time from one swing until the next is looked for
    retry_s: float = 0.1  # after a swing that no stance followed the search goes on (a choice)
    stance_end: float = 0.15 + 0.75  # of the stride time after a swing: its stance is over
    least_stance_s: float = 0.3  # of that must be there at the end of a recording (a choice)
    level: float = 0.35  # of the usual swing peak; 0.40 loses 1 to 1.5 % of the steps of Hamner 2013
    shock_g: float = 1.2  # axial force that marks contact
    least_felt_g: float = (
        0.09  # SD of a stride's norm: slow walkers 0.12 (simulated), 0.18 (real), a rocked leg to 0.07
    )
    shortest_span_s: float = 0.08  # between the marks of contact and toe-off: a sprint's (a choice)
    longest_span_s: float = 1.0  # a slow walk's (a choice)
    shortest_stride_s: float = 0.4  # 300 steps/min (a choice)
    longest_stride_s: float = 1.7  # 70 steps/min, a slow walk (a choice)
    learn_s: float = 3.0  # of rotation tell its axis (a choice)
    learn_every_s: float = 1.0  # until the next attempt (a choice)
    learn_back_s: float = 9.0  # strides so long before that are still found, afterwards (a choice)
    moved_deg: float = 25.0  # an axis this far from the learned one is that of a moved mount (a choice)
    check_s: float = 2.0  # how often the axis is looked at again (a choice)
    lost_s: float = 4.0  # without a swing it is looked at too (a choice)
    filled_s: float = 0.03  # bridged near an event: more, and it is not claimed (a choice)
    bridge_s: float = (
        0.25  # of lost samples that the grid goes on over: bursts of 0.2 s at 25 Hz (a choice)
    )

    def __post_init__(self) -> None:
        check_limits(
            self,
            swing_dps=(50.0, 2000.0),
            stride_s=(0.4, 1.7),
            least_dps=(1.0, 1000.0),
            swing_level=(0.05, 1.0),
            near_s=(0.005, 0.3),
            knock=(1.0, 100.0),
            after_knock_s=(0.005, 0.5),
            gain=(0.0, 1.0),
            after_stance=(0.1, 0.9),
            retry_s=(0.005, 0.5),
            stance_end=(0.5, 1.0),
            least_stance_s=(0.0, 1.0),
            level=(0.05, 0.9),
            shock_g=(0.5, 10.0),
            least_felt_g=(0.0, 1.0),
            shortest_span_s=(0.0, 0.3),
            longest_span_s=(0.3, 3.0),
            shortest_stride_s=(0.2, 0.7),
            longest_stride_s=(0.8, 3.0),
            learn_s=(1.5, _KEEP_S),
            learn_every_s=(0.1, 5.0),
            learn_back_s=(1.0, _KEEP_S),
            moved_deg=(1.0, 90.0),
            check_s=(0.5, 60.0),
            lost_s=(2.0, 60.0),
            filled_s=(0.0, 0.12),
            bridge_s=(0.1, 0.4),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShankCoefficients:
    """ShankCoefficients holds the settings that are times, in rows of the grid, and a cosine."""

    near: int
    after_knock: int
    retry: int
    learn: int
    learn_every: int
    learn_back: int
    lost: int
    moved_cosine: float  # axes whose product is not above this are apart

    @classmethod
    def from_params(cls, p: ShankParams) -> ShankCoefficients:
        """Return the coefficients that follow from these settings."""
        return cls(
            near=round(p.near_s * SHANK_RATE_HZ),
            after_knock=round(p.after_knock_s * SHANK_RATE_HZ),
            retry=round(p.retry_s * SHANK_RATE_HZ),
            learn=round(p.learn_s * SHANK_RATE_HZ),
            learn_every=round(p.learn_every_s * SHANK_RATE_HZ),
            learn_back=round(p.learn_back_s * SHANK_RATE_HZ),
            lost=round(p.lost_s * SHANK_RATE_HZ),
            moved_cosine=math.cos(math.radians(p.moved_deg)),
        )


@dataclass(slots=True, kw_only=True)
class ShankScan:
    """ShankScan holds how far the current grid has been searched, in rows of it; a hole ends it."""

    learn_at: int  # rows at which the next attempt to find the axis is due
    mount_since: int = 0  # row of the last change of the mount
    checked: int = 0  # row of the last look at the mount
    off: int = 0  # looks in a row that found the axis elsewhere
    cursor: int = 1  # next row to be looked at for a swing
    swing: int | None = None  # swing whose stance is not finished
    swing_dps: float = 0.0  # its rate
    last_ic: float | None = None  # row of the last contact that was claimed
    candidate: int | None = None  # the last swing, whether or not a stance followed
    swings: list[int] = field(default_factory=list)  # the last three that a stance followed


def low_pass() -> Fir:
    """Return the low-pass that all columns of a shank sensor go through, without a memory yet."""
    return Fir(_LOW_PASS_HZ, SHANK_RATE_HZ)


@dataclass(slots=True, kw_only=True)
class ShankState(GridState):
    """ShankState holds everything that changes in the detector of a shank sensor."""

    scan: ShankScan
    stride_s: float  # smoothed stride time
    peak_dps: float  # usual swing peak
    low: Fir = field(default_factory=low_pass)
    axis: Array | None = None  # of rotation, the swing forward positive; None before it is learned
    mean_ms2: Array = field(default_factory=lambda: np.zeros(3))  # specific force of whole strides
    long: Array = field(default_factory=lambda: np.zeros(3))  # unit vector along the shank, to the knee
    have: int = 0  # strides since the axis was learned, up to those that are needed
    strides: bool = False  # the last stance of which all samples came was a stride's
    ended: bool = False  # no more samples will come

    @classmethod
    def begin(cls, p: ShankParams, c: ShankCoefficients) -> ShankState:
        """Return the state before the first sample."""
        return cls(
            resampler=Resampler(SHANK_RATE_HZ, p.bridge_s, straight_s=0.1),
            history=History(SHANK_RATE_HZ, 7, keep_s=_KEEP_S),
            scan=ShankScan(learn_at=c.learn),
            stride_s=p.stride_s,
            peak_dps=p.swing_dps,
        )
