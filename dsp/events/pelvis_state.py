"""The detector of a pelvis sensor taken apart: its settings, what follows from them, and what changes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from dsp.events.grid_detector import GridState
from dsp.events.limits import check_limits
from dsp.events.sides import SideVote
from dsp.events.step_rhythm import StepRhythm
from dsp.filters import Fir, History, Hole, Resampler, RunningMean

PELVIS_RATE_HZ = 100.0
"""Rate of the grid; the models of contact, contact time and rise were fitted at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PelvisParams:
    """PelvisParams holds the step clock at the pelvis, adaptive and not fitted per person.

    Chosen on virtual IMUs of 15 runners at 2.5 to 4.5 m/s (Fukuchi 2017) and checked, unchanged, on those
    of Hamner 2013: no step missed, none invented.
    """

    slow_hz: float = 5.0  # low-pass of the clock and the loaded width; 8 to 12 Hz are worse between runners
    fast_hz: float = 12.0  # low-pass of rise and flight
    gravity_s: float = 4.0  # running mean that tells the vertical, and its level
    mean_s: float = 1.5  # running mean that the clock crosses
    arm_rms: float = 0.5  # how far below the mean, in RMS, arms the clock
    least_rms_g: float = 0.06  # quieter than this is not gait (a choice)
    least_felt_g: float = 0.05  # SD of a second's norm; who stands has 0.03, shufflers 0.14 (a choice)
    refractory: float = 0.6  # of the step time
    look_after: float = 0.95  # of the step time: the end of a step is looked for from here on (a choice)
    walk_s: float = 0.5  # a longer step time, confirmed by the rhythm, is that of a walk (a choice)
    walk_refractory: float = 0.75  # of it (a choice)
    off_beat: float = 0.25  # of the step time: a clock further from the beat is not on it (a choice)
    least_mm: float = (
        8.0  # a step rises by so much: 15 to 25 mm in a slow walk, its second hump by 5 (a choice)
    )
    tall_mm: float = 110.0  # no walker rises by so much in one step (a choice)
    quick_mm: float = (
        25.0  # a rise of so much within a refractory time is a step of a faster gait (a choice)
    )
    check_s: float = 1.0  # how often the rhythm is looked at (a choice)
    bridge_s: float = 0.3  # a hole so long leaves enough of the steps beside it: see the page above
    memory_s: float = 30.0  # after a longer hole nothing is known any more (a choice)
    count_s: float = 1.5  # across a longer hole steps are not counted (a choice)
    gain: float = 0.15  # per step, of the step time
    first_step_s: float = 0.36  # first guess of the step time
    shortest_step_s: float = 0.2  # 300 steps/min: shorter and longer ones do not move the step time
    slowest_step_s: float = 0.6  # 100 steps/min
    longest_step_s: float = 1.2  # later than this a step ends by itself (a choice)
    off_g: float = 0.2  # toe-off level
    load_g: float = 0.3  # level of the loaded width
    fall_g: float = 0.4  # a pelvis accelerated by less is nearly in free fall
    stuck_share: float = 0.05  # more of a step's rows with an axis stuck: its range is too small (a choice)
    dead_share: float = 0.9  # but with so many the axis is dead, which says nothing (a choice)
    clipped_s: float = 10.0  # how long a clipped step casts doubt on the next ones (a choice)

    def __post_init__(self) -> None:
        check_limits(
            self,
            slow_hz=(2.0, 20.0),
            fast_hz=(5.0, 40.0),
            gravity_s=(1.0, 60.0),
            mean_s=(0.5, 10.0),
            arm_rms=(0.05, 2.0),
            least_rms_g=(0.0, 1.0),
            least_felt_g=(0.0, 1.0),
            refractory=(0.1, 0.95),
            look_after=(0.0, 1.0),
            walk_s=(0.4, 1.0),
            walk_refractory=(0.1, 0.95),
            off_beat=(0.05, 0.5),
            quick_mm=(1.0, 200.0),
            least_mm=(0.0, 50.0),
            tall_mm=(50.0, 500.0),
            check_s=(0.1, 10.0),
            bridge_s=(0.01, 0.35),
            memory_s=(0.0, 600.0),
            count_s=(0.0, 5.0),
            gain=(0.0, 1.0),
            first_step_s=(0.2, 0.6),
            shortest_step_s=(0.1, 0.3),
            slowest_step_s=(0.4, 1.5),
            longest_step_s=(0.6, 3.0),
            off_g=(0.0, 1.0),
            load_g=(0.0, 1.0),
            fall_g=(0.0, 1.0),
            stuck_share=(0.0, 1.0),
            dead_share=(0.0, 1.0),
            clipped_s=(0.0, 600.0),
        )


@dataclass(slots=True, kw_only=True)
class PelvisFilters:
    """PelvisFilters holds what the filters remember; low-passes begin anew on a new grid, means go on."""

    gravity: RunningMean  # of acceleration: its direction is up
    level: RunningMean  # of the force along it: one body weight
    slow: Fir
    fast: Fir
    mean: RunningMean  # of the slow force
    sway: RunningMean  # of its square about that mean
    searched: int = 0  # rows of the grid that were searched for crossings
    ready: int = 0  # row of the grid from which the slow low-pass has forgotten how it began

    @classmethod
    def begin(cls, p: PelvisParams) -> PelvisFilters:
        """Return filters that have seen nothing yet."""
        return cls(
            gravity=RunningMean(p.gravity_s, PELVIS_RATE_HZ),
            level=RunningMean(p.gravity_s, PELVIS_RATE_HZ),
            slow=Fir(p.slow_hz, PELVIS_RATE_HZ),
            fast=Fir(p.fast_hz, PELVIS_RATE_HZ),
            mean=RunningMean(p.mean_s, PELVIS_RATE_HZ),
            sway=RunningMean(p.mean_s, PELVIS_RATE_HZ),
        )

    def after_hole(self, p: PelvisParams) -> PelvisFilters:
        """Return the filters of the grid after a hole: the means go on where they were."""
        slow = Fir(p.slow_hz, PELVIS_RATE_HZ)
        return PelvisFilters(
            gravity=self.gravity, level=self.level, slow=slow, fast=Fir(p.fast_hz, PELVIS_RATE_HZ),
            mean=self.mean, sway=self.sway, ready=2 * slow.delay,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PelvisCoefficients:
    """PelvisCoefficients holds the delays of the two low-passes: rows of the slow and fast one, seconds."""

    slow_rows: int
    fast_rows: int
    delay_s: float  # of the slow one, which the clock waits for

    @classmethod
    def from_params(cls, p: PelvisParams) -> PelvisCoefficients:
        """Return the coefficients that follow from these settings."""
        filters = PelvisFilters.begin(p)
        return cls(slow_rows=filters.slow.delay, fast_rows=filters.fast.delay, delay_s=filters.slow.delay_s)


@dataclass(slots=True, kw_only=True)
class PelvisState(GridState):
    """PelvisState holds everything that changes in the detector of a pelvis, waist or hip sensor."""

    filters: PelvisFilters
    step_s: float  # smoothed step time
    sides: SideVote = field(default_factory=lambda: SideVote(PELVIS_RATE_HZ))
    rhythm: StepRhythm = field(default_factory=lambda: StepRhythm(PELVIS_RATE_HZ))
    rhythm_s: float | None = None  # the step time that it tells, if any
    checked_s: float = -math.inf  # when it was looked at last
    holes: tuple[Hole, ...] = ()  # the last ones
    beat_s: float | None = None  # the clock of the last contact
    before: tuple[float | None, float | None] | None = (
        None  # how long the last step was loaded and fell (ms)
    )
    clock_s: float | None = None  # the crossing whose step is not finished yet
    fired_s: float = -math.inf  # the last crossing that was a step's
    look_s: float = -math.inf  # when the end of that step is looked for
    armed_s: float = -math.inf  # when the force was last far enough below its mean
    clipped_s: float = -math.inf  # start of the last step with an axis stuck

    @classmethod
    def begin(cls, p: PelvisParams) -> PelvisState:
        """Return the state before the first sample."""
        return cls(
            resampler=Resampler(PELVIS_RATE_HZ, bridge_s=p.bridge_s),
            history=History(PELVIS_RATE_HZ, 9, keep_s=4.0),
            filters=PelvisFilters.begin(p),
            step_s=p.first_step_s,
        )
