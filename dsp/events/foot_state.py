"""The detector of a foot sensor taken apart: its settings, what follows from them, and what changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsp.events.foot_axes import FootAxes
from dsp.events.foot_stride import StrideMeter
from dsp.events.foot_trust import FootTrust, StuckSamples
from dsp.events.grid_detector import GridState
from dsp.events.limits import check_limits
from dsp.filters import History, Resampler

FOOT_RATE_HZ = 200.0
"""Rate of the grid; the models of contact and toe-off were fitted at it."""

_KEEP_S = 16.0  # of rows are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class FootParams:
    """FootParams holds how strides of a foot sensor are segmented.

    Chosen on virtual IMUs of 15 runners at 2.5 to 4.5 m/s (Fukuchi 2017): of 3 792 stances none was missed
    and none invented.  First guesses are replaced by what is seen within a few strides.
    """

    swing_dps: float = 400.0  # first guess of the mid-swing peak (Fukuchi 2017: 530 to 780)
    stride_s: float = 0.70  # first guess of the stride time
    least_dps: float = 120.0  # no swing is slower (a choice)
    swing_level: float = 0.5  # of the usual peak; lower ones are no mid-swing
    rival_s: float = 0.12  # a higher peak so soon after takes the place of the first
    gain: float = 0.2  # per stride, of stride time, usual peak and usual rest
    after_stance: float = 0.55  # of the stride time from one mid-swing until the next is looked for
    first_rest: float = 0.143  # of the stride time after mid-swing: earliest mid-stance
    last_rest: float = 0.60  # of the stride time after mid-swing: latest mid-stance
    still_dps: float = 60.0  # first guess of the movement left at mid-stance
    restless_dps: float = (
        200.0  # more movement than this, and than ``restless_ratio`` of the usual, is no rest
    )
    restless_ratio: float = 4.0
    tip_s: float = 0.40  # within so long of mid-stance the foot tips by 30 deg, or it was no stance
    slow_stride_s: float = 0.95  # strides longer than this are a walk's or a shuffle's (a choice)
    slow_tip_s: float = 0.65  # and leave the foot so long (a choice)
    look_ahead_s: float = 0.085  # after the foot has tipped: all of the toe-off features
    least_ahead_s: float = 0.03  # of that must be there at the end of a recording (a choice)
    retry_s: float = 0.05  # after a mid-swing that no stance followed the search goes on (a choice)
    shortest_contact_s: float = 0.08  # a sprint's (a choice)
    longest_contact_s: float = 1.2  # a slow walk's (a choice)
    shortest_stride_s: float = 0.4  # 300 steps/min (a choice)
    longest_stride_s: float = 1.7  # 70 steps/min, a slow walk (a choice)
    learn_first_s: float = 2.5  # of a grid before the axes are first looked for: three strides
    learn_every_s: float = 0.5  # until the next attempt (a choice)
    learn_window_s: float = 12.0  # an attempt looks back so far; ``_KEEP_S`` must hold it
    learn_strides: int = 3  # that must be found for axes (a choice)
    sure_strides: int = 4  # at most so many count as learned at once (a choice)
    filled_s: float = 0.03  # bridged within 0.06 s of an event: more, and it is not claimed (a choice)
    bridge_s: float = (
        0.25  # of lost samples that the grid goes on over: bursts of 0.2 s at 25 Hz (a choice)
    )
    lost_s: float = 5.0  # without a contact, and the foot moving: has the sensor turned? (a choice)
    lost_every_s: float = 1.0  # until that is asked again (a choice)
    lost_strides: int = 4  # that must be found without axes for the answer (a choice)

    def __post_init__(self) -> None:
        check_limits(
            self,
            swing_dps=(50.0, 2000.0),
            stride_s=(0.4, 1.7),
            least_dps=(1.0, 1000.0),
            swing_level=(0.05, 1.0),
            rival_s=(0.005, 0.3),
            gain=(0.0, 1.0),
            after_stance=(0.1, 0.9),
            first_rest=(0.02, 0.5),
            last_rest=(0.3, 0.9),
            still_dps=(1.0, 1000.0),
            restless_dps=(1.0, 2000.0),
            restless_ratio=(1.0, 100.0),
            tip_s=(0.1, 1.0),
            slow_stride_s=(0.4, 1.7),
            slow_tip_s=(0.1, 1.0),
            look_ahead_s=(0.075, 0.3),
            least_ahead_s=(0.0, 0.085),
            retry_s=(0.005, 0.5),
            shortest_contact_s=(0.0, 0.3),
            longest_contact_s=(0.3, 3.0),
            shortest_stride_s=(0.2, 0.7),
            longest_stride_s=(0.8, 3.0),
            learn_first_s=(1.0, _KEEP_S),
            learn_every_s=(0.1, 5.0),
            learn_window_s=(1.0, _KEEP_S),
            learn_strides=(1, 20),
            sure_strides=(1, 20),
            filled_s=(0.0, 0.12),
            bridge_s=(0.1, 0.4),
            lost_s=(2.0, _KEEP_S),
            lost_every_s=(0.1, 5.0),
            lost_strides=(1, 20),
        )
        if self.first_rest >= self.last_rest:
            raise ValueError("first_rest must be before last_rest")


@dataclass(frozen=True, slots=True, kw_only=True)
class FootCoefficients:
    """FootCoefficients holds the settings that are times, in rows of the grid."""

    rival: int
    tip: int
    slow_tip: int
    look_ahead: int
    retry: int
    learn_first: int
    learn_every: int
    learn_window: int
    lost: int
    lost_every: int

    @classmethod
    def from_params(cls, p: FootParams) -> FootCoefficients:
        """Return the coefficients that follow from these settings."""
        return cls(
            rival=round(p.rival_s * FOOT_RATE_HZ),
            tip=round(p.tip_s * FOOT_RATE_HZ),
            slow_tip=round(p.slow_tip_s * FOOT_RATE_HZ),
            look_ahead=round(p.look_ahead_s * FOOT_RATE_HZ),
            retry=round(p.retry_s * FOOT_RATE_HZ),
            learn_first=round(p.learn_first_s * FOOT_RATE_HZ),
            learn_every=round(p.learn_every_s * FOOT_RATE_HZ),
            learn_window=round(p.learn_window_s * FOOT_RATE_HZ),
            lost=round(p.lost_s * FOOT_RATE_HZ),
            lost_every=round(p.lost_every_s * FOOT_RATE_HZ),
        )


@dataclass(slots=True, kw_only=True)
class FootScan:
    """FootScan holds how far the current grid has been searched, in rows of it; a hole ends it."""

    learn_at: int  # rows at which the next attempt to find the axes is due
    lost_at: int  # row up to which no contact makes one ask whether the sensor has turned
    mount_since: int = 0  # row of the last change of the mount
    cursor: int = 2  # next row to be looked at for a mid-swing
    swing: int | None = None  # mid-swing whose stance is not finished
    swing_dps: float = 0.0  # its pitch rate
    need: int = 0  # rows without which its stance cannot be finished
    last_swing: int | None = None  # the mid-swing before
    last_ic: float | None = None  # row of the last contact that was claimed


@dataclass(slots=True, kw_only=True)
class FootState(GridState):
    """FootState holds everything that changes in the detector of a foot sensor."""

    scan: FootScan
    stride_s: float  # smoothed stride time
    peak_dps: float  # usual mid-swing peak
    still_dps: float  # usual movement left at mid-stance
    axes: FootAxes = field(default_factory=FootAxes)
    stuck: StuckSamples = field(default_factory=StuckSamples)
    trust: FootTrust = field(default_factory=FootTrust)
    meter: StrideMeter = field(default_factory=lambda: StrideMeter(FOOT_RATE_HZ))
    levelled: bool = False  # the offset of the slope was measured as the sensor sits
    ended: bool = False  # no more samples will come

    @classmethod
    def begin(cls, p: FootParams, c: FootCoefficients) -> FootState:
        """Return the state before the first sample."""
        return cls(
            resampler=Resampler(FOOT_RATE_HZ, p.bridge_s, straight_s=0.1),
            history=History(FOOT_RATE_HZ, 8, keep_s=_KEEP_S),
            scan=FootScan(learn_at=c.learn_first, lost_at=c.lost),
            stride_s=p.stride_s,
            peak_dps=p.swing_dps,
            still_dps=p.still_dps,
        )
