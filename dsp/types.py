"""What flows through the numbers: samples in, records out.

Everything here is frozen and carries its units in its names.  Times are session seconds: a
steady clock that starts near zero and has nothing to do with the time of day.  Arrays are
float64 and read-only by convention; make a new object instead of changing one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

GRAVITY_MS2 = 9.80665
"""Standard gravity (CGPM 1901), m/s²."""


class Side(StrEnum):
    """Which leg."""

    LEFT = "L"
    RIGHT = "R"

    @property
    def other(self) -> Side:
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Placement(StrEnum):
    """Where a sensor is worn.  It comes from the runner's settings, never from the signal.

    A foot, shank or ankle sensor sees one leg, so its fundamental is the *stride*; a pelvis,
    waist or hip sensor sees both, so its fundamental is the *step*.  That declared multiplier is
    what makes factor-of-two cadence errors impossible.
    """

    FOOT = "foot"  # on the shoe: accelerometer and gyroscope
    SHANK = "shank"  # on the tibia: accelerometer and gyroscope
    ANKLE = "ankle"  # just above the ankle: an accelerometer is enough
    PELVIS = "pelvis"  # sacrum or belt buckle
    WAIST = "waist"  # phone or belt pouch, anywhere round the waist
    HIP = "hip"  # on one side of the belt or in a pocket
    POD = "pod"  # gives finished numbers only (RSC foot pod, treadmill, watch)

    @property
    def one_leg(self) -> bool:
        return self in (Placement.FOOT, Placement.SHANK, Placement.ANKLE)


@dataclass(frozen=True, slots=True)
class Worn:
    """One sensor and where it sits, as the runner's settings say."""

    sensor: str
    placement: Placement
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """What a runner would type in.  Anything unknown stays None and disables what needs it.

    The gains are truth over estimate of one stay at any speed (``dsp.calibration``); 1.0 already makes the
    models personal, which is what the first estimate is to be made with.
    """

    height_m: float | None = None
    mass_kg: float | None = None
    leg_length_m: float | None = None  # greater trochanter to floor
    contact_gain: float | None = None
    overstride_gain: float | None = None
    impulse_gain: float | None = None
    peak_gain: float | None = None

    def __post_init__(self) -> None:
        for name, low, high in (
            ("height_m", 1.0, 2.4),
            ("mass_kg", 25.0, 250.0),
            ("leg_length_m", 0.5, 1.4),
            ("contact_gain", 0.5, 2.0),
            ("overstride_gain", 0.5, 2.0),
            ("impulse_gain", 0.5, 2.0),
            ("peak_gain", 0.5, 2.0),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} must be between {low:g} and {high:g}, not {value:g}")


# ---------------------------------------------------------------------------- in


@dataclass(frozen=True, slots=True)
class ImuChunk:
    """Consecutive samples of one sensor.

    ``t_s`` (n,) strictly increasing session seconds; ``acc_ms2`` (n, 3) specific force (at rest
    its norm is 9.81); ``gyr_rads`` (n, 3) angular rate in the same axes, None without gyroscope.
    A hole in ``t_s`` is how a loss of samples is told.
    """

    sensor: str
    t_s: Array
    acc_ms2: Array
    gyr_rads: Array | None = None

    def __len__(self) -> int:
        return len(self.t_s)


@dataclass(frozen=True, slots=True)
class Reading:
    """One finished number from a sensor that does its own arithmetic (pod, treadmill, GPS, strap).

    ``quantity`` is a name with its unit: ``speed_mps``, ``cadence_spm``, ``slope_pct``,
    ``heart_rate_bpm`` and so on.
    """

    sensor: str
    t_s: float
    quantity: str
    value: float


Input = ImuChunk | Reading

# --------------------------------------------------------------------------- out


class Activity(StrEnum):
    """What the runner is doing."""

    UNKNOWN = "unknown"
    STAND = "stand"
    WALK = "walk"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its uncertainty: ``sd`` is one standard deviation in the metric's own unit.

    ``metric`` is a name in ``dsp.metrics.METRICS``; ``how`` says what it rests on (``foot``,
    ``shank``, ``pelvis``, ``pod``, or ``model`` when no event was visible).
    """

    metric: str
    value: float
    sd: float
    how: str


@dataclass(frozen=True, slots=True)
class Contact:
    """One foot on the ground as one sensor saw it: what a detector in ``dsp.events`` makes.

    ``known_s`` is the time of the last sample the decision needed, so ``known_s - ic_s`` is its
    latency.  ``features`` are the detector's own intermediate numbers, named in its docstring,
    for the estimators that come after.  ``filled_s`` is how much of the neighbourhood of the
    events was bridged over lost samples.
    """

    sensor: str
    placement: Placement
    side: Side | None
    ic_s: float
    to_s: float | None
    ic_sd_s: float
    to_sd_s: float | None
    known_s: float
    filled_s: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One foot on the ground, from initial contact to toe-off, with all that is known about it.

    ``side`` is None and ``to_s`` None where the sensors worn cannot tell.
    """

    sensor: str
    side: Side | None
    ic_s: float
    to_s: float | None
    estimates: tuple[Estimate, ...] = ()

    def get(self, metric: str) -> Estimate | None:
        """The estimate of ``metric``, or None when this step has none."""
        return next((e for e in self.estimates if e.metric == metric), None)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric at one whole second of the session (the live view and the coach's charts)."""

    t_s: float
    side: Side | None
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples are missing from ``start_s`` (the last one before) to ``end_s`` (the first after)."""

    sensor: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class ActivityChange:
    """From ``t_s`` on the runner does ``activity`` (decided at ``known_s``)."""

    t_s: float
    activity: Activity
    known_s: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """How far a sensor has learned how it is worn: ``have`` of ``need`` strides.

    ``shifted`` is True when the mount was found to have moved and learning began anew.
    """

    t_s: float
    sensor: str
    have: int
    need: int
    shifted: bool = False

    @property
    def ready(self) -> bool:
        return self.have >= self.need


class Fault(StrEnum):
    """What a cue is about; one at a time, the first of these that lasts."""

    BRAKING = "braking"
    OVERSTRIDE = "overstride"
    CADENCE_LOW = "cadence_low"
    CADENCE_HIGH = "cadence_high"


class CueKind(StrEnum):
    """What is said to the runner."""

    CORRECT = "correct"  # out of band: change something
    CONFIRM = "confirm"  # back in band: said once
    NOTICE = "notice"  # something about the sensors or the run, not about the gait


@dataclass(frozen=True, slots=True)
class Band:
    """The target of ``metric`` from ``t_s`` until the next band of it: ``low`` to ``high`` (either may
    be None), and its centre.

    ``muted`` says in a few plain words why nothing would be said now (empty: cues are on).
    """

    t_s: float
    metric: str
    target: float
    low: float | None
    high: float | None
    muted: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """A decision to speak (or, ``withheld``, to stay silent although a cue was due).

    ``t_s`` is the time of the last step or second that decided; it is worthless after
    ``expires_s``.  ``value`` and ``target`` are in the unit of ``metric``; ``wording`` is the key of
    the sentence in the phrase book (of a fault, its name); ``why`` says in plain words what decided.
    """

    t_s: float
    kind: CueKind
    fault: Fault | None
    metric: str
    value: float
    target: float
    wording: str
    expires_s: float
    withheld: str = ""  # empty: spoken; else why not, a key of monitor.pipeline.cue_policy.WITHHELD
    why: str = ""


Record = Step | Metric | Gap | ActivityChange | Readiness | Band | Cue
