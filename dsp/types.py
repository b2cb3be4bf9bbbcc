"""What flows through the numbers: samples in, records out.

Everything here is frozen and carries its units in its names.  Times are session seconds: a
steady clock that starts near zero and has nothing to do with the time of day.  Arrays are
float64 and read-only by convention; make a new object instead of changing one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
else:
    Array = (
        Any  # whoever asks for help or for a list needs names from here, but no numpy, which takes 0.2 s
    )

_T = TypeVar("_T")


def built_quickly(cls: type[_T]) -> type[_T]:
    """Return a frozen dataclass with slots whose instances are made in two thirds of the time.

    A day makes millions of them.  What ``dataclass`` generates looks up ``object.__setattr__`` for every
    field; here each slot is filled by its own descriptor.  The class stays frozen.  A field may have a
    default, but no factory of one.
    """
    fields: dict[str, Field[Any]] = cls.__dataclass_fields__  # type: ignore[attr-defined]
    fill = {f"_{name}": cls.__dict__[name].__set__ for name in fields}
    defaults = {f"_of_{name}": f.default for name, f in fields.items() if f.default is not MISSING}
    takes = [f"{name}=_of_{name}" if f"_of_{name}" in defaults else name for name in fields]
    body = "; ".join(f"_{name}(self, {name})" for name in fields)
    made: dict[str, Any] = {}
    exec(f"def __init__(self, {', '.join(takes)}): {body}", fill | defaults, made)
    made["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    cls.__init__ = made["__init__"]  # type: ignore[method-assign]
    return cls


GRAVITY_MS2 = 9.80665
"""Standard gravity (CGPM 1901), m/s²."""


class Side(StrEnum):
    """The leg that a sensor or a step belongs to."""

    LEFT = "L"
    RIGHT = "R"

    @property
    def other(self) -> Side:
        """The leg opposite to this one."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Placement(StrEnum):
    """The place where a sensor is worn.  It comes from the runner's settings, never from the signal.

    A foot, shank or ankle sensor sees one leg, so its contacts are one *stride* apart; a pelvis,
    waist or hip sensor sees both, so its contacts are one *step* apart.  This alone keeps no detector
    from counting twice or half: a walker's pelvis has two humps per step, an ankle two peaks per stride.
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
        """True where the sensor sees one leg only, so that its contacts are one stride apart."""
        return self in (Placement.FOOT, Placement.SHANK, Placement.ANKLE)


SPEED_GAINS = (0.9, 1.1)
"""Limits of a foot sensor's gain of speed: beyond them something else is wrong (a choice)."""
STEEPEST_OFFSET_PCT = 5.0
"""Limit of a foot sensor's slope on the level, in either direction (a choice)."""


@dataclass(frozen=True, slots=True)
class Worn:
    """A sensor by its name, with the placement and side that the runner's settings give it.

    Of a foot: ``speed_gain``, true over measured speed, and ``slope_offset_pct``, what it measures on the
    level; None is not calibrated (``dsp.foot_calibration``).
    """

    sensor: str
    placement: Placement
    side: Side | None = None
    speed_gain: float | None = None
    slope_offset_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Body measures and personal gains that a runner types in; None switches off what needs them.

    A gain is truth over estimate of one run of known truth at any speed (``dsp.calibration``); 1.0 already
    makes the models personal, which is what the first estimate is to be made with.  Raises ``ValueError``
    for a value out of its range.
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


@built_quickly
@dataclass(frozen=True, slots=True)
class ImuChunk:
    """Consecutive samples of one inertial sensor, in its own axes.

    ``t_s`` (n,) strictly increasing session seconds; ``acc_ms2`` (n, 3) specific force (at rest
    its norm is 9.81); ``gyr_rads`` (n, 3) angular rate in the same axes, None without gyroscope.
    Lost samples are a hole in ``t_s``; nothing else marks them.
    """

    sensor: str
    t_s: Array
    acc_ms2: Array
    gyr_rads: Array | None = None

    def __len__(self) -> int:
        return len(self.t_s)


@built_quickly
@dataclass(frozen=True, slots=True)
class Reading:
    """A finished number from a sensor that does its own arithmetic (pod, treadmill, GPS, strap).

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
    """An activity of the runner, as far as sensors tell it apart."""

    UNKNOWN = "unknown"
    STAND = "stand"
    WALK = "walk"
    RUN = "run"


@built_quickly
@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its uncertainty: ``sd`` is one standard deviation in the metric's own unit.

    Of a step it is that of this step, of a second that of the mean of its steps (``dsp.step_scatter``).
    ``metric`` is a name in ``dsp.metrics.METRICS``; ``how`` says what it rests on (``foot``,
    ``shank``, ``pelvis``, ``pod``, or ``model`` when no event was visible).
    """

    metric: str
    value: float
    sd: float
    how: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A foot on the ground as one sensor saw it: the result of a detector in ``dsp.events``.

    ``ic_s`` and ``to_s`` are initial contact and toe-off with their SDs.  ``known_s`` is the time of the
    last sample the decision needed, so ``known_s - ic_s`` is its latency.  ``features`` are the
    detector's own intermediate numbers, named in its docstring, for ``dsp.step_estimates``.
    ``filled_s`` is how many seconds round the events were bridged over lost samples.
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
    """A foot on the ground, from initial contact to toe-off, with the estimates of this step.

    ``side`` is None and ``to_s`` None where the sensors worn cannot tell.  ``estimates`` is what is stored,
    in the order in which it was made; ``get`` looks into an index of it that is built once, in the
    constructor.
    """

    sensor: str
    side: Side | None
    ic_s: float
    to_s: float | None
    estimates: tuple[Estimate, ...] = ()
    # Built eagerly: an index made by the first ``get`` would change a frozen object that others read.
    # A plain dict: ``MappingProxyType`` can be neither pickled nor copied.
    _by_metric: dict[str, Estimate] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first = {e.metric: e for e in reversed(self.estimates)}  # of two of one metric the first counts
        object.__setattr__(self, "_by_metric", first)

    def get(self, metric: str) -> Estimate | None:
        """Return the estimate of ``metric``, or None when this step has none."""
        return self._by_metric.get(metric)


@built_quickly
@dataclass(frozen=True, slots=True)
class Metric:
    """A metric at one whole second of the session, of one leg or (``side`` None) of both."""

    t_s: float
    side: Side | None
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap, in which samples are missing: ``start_s`` is the last before it, ``end_s`` the first after."""

    sensor: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class ActivityChange:
    """A change of activity: from ``t_s`` on the runner does ``activity``, decided at ``known_s``."""

    t_s: float
    activity: Activity
    known_s: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """A report of how far a sensor has learned how it is worn: ``have`` of ``need`` strides.

    ``shifted`` is True when the mount was found to have moved and learning began anew.
    """

    t_s: float
    sensor: str
    have: int
    need: int
    shifted: bool = False

    @property
    def ready(self) -> bool:
        """True when enough strides were seen for this sensor's axes to be used."""
        return self.have >= self.need


class Problem(StrEnum):
    """A problem of a sensor that makes some of its numbers absent, which the runner can mend."""

    CLIPPED = "clipped"  # its range is too small: slope, speed and what follows are absent
    LOOSE = "loose"  # its mount is loose: slope, braking and strike angle are absent
    SAME_FOOT = "same_foot"  # it sits on the foot of the other one: its steps and all sides are absent
    NO_STEPS = "no_steps"  # it feels running and finds no step: it is loose, or worn otherwise than told


@dataclass(frozen=True, slots=True)
class SensorProblem:
    """A problem that was found at ``t_s``; of one sensor and kind it comes once in a spell of running."""

    t_s: float
    sensor: str
    problem: Problem


class Fault(StrEnum):
    """A fault that a cue is about, in order of rank: of several that last, the first is cued."""

    BRAKING = "braking"
    OVERSTRIDE = "overstride"
    CADENCE_LOW = "cadence_low"
    CADENCE_HIGH = "cadence_high"


class CueKind(StrEnum):
    """The kinds of sentence that a runner may hear."""

    CORRECT = "correct"  # out of band: change something
    CONFIRM = "confirm"  # back in band: said once
    NOTICE = "notice"  # something about the sensors or the run, not about the gait


@dataclass(frozen=True, slots=True)
class Band:
    """The target band of ``metric`` from ``t_s`` until its next band: centre, ``low`` and ``high``.

    An edge that is None is open.  ``muted`` says in a few plain words why nothing would be said now
    (empty: cues are on).
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


Record = Step | Metric | Gap | ActivityChange | Readiness | SensorProblem | Band | Cue
