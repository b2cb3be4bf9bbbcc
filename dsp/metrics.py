"""METRICS: every number a user can see, with unit, definition, source, what can support it, and its roles.

One row makes a metric exist everywhere: CSV columns, database, tiles, charts, comparisons, FIT fields,
dashboards and help texts are derived from this table.  Elsewhere a metric's name stands only where that one
metric is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_FOOT, _SHANK, _ANKLE, _PELVIS, _HIP, _POD = "foot", "shank", "ankle", "pelvis", "hip", "pod"
_IMUS = (_FOOT, _SHANK, _ANKLE, _PELVIS, _HIP)
_ALL = (*_IMUS, _POD)


class Role(StrEnum):
    """A place where a metric is shown or used."""

    TILE = "tile"  # a number on the live page, in the terminal and on top of a review
    CHART = "chart"  # a line over time, on the live page and in a review
    BANDED = "banded"  # the coach may set a target band for it
    SPLIT = "split"  # a column of the table of kilometres and laps
    COMPARED = (
        "compared"  # between parts of a run, between runs, over weeks, and before and after re-analysis
    )
    HABIT = "habit"  # this run against the runner's earlier ones
    OFFLINE = "offline"  # live against a second look at the first strides
    SQUAD = "squad"  # a column where several athletes stand side by side
    PANEL = "panel"  # a panel of its own on the dashboards


@dataclass(frozen=True, slots=True)
class Display:
    """The way in which a person reads a metric: ``value * scale`` in ``unit``; ``pace``: minutes per km."""

    unit: str
    scale: float = 1.0
    decimals: int = 0
    pace: bool = False


@dataclass(frozen=True, slots=True)
class FitField:
    """The field of a FIT record that carries a metric: ``value * scale``.

    ``unit`` is empty for a field of the standard profile; else it is a developer field with this unit and
    this ``number``, which stays its own for good.  ``model_number`` is that of the developer field which
    carries the metric instead where it is modelled (``is_modelled``), and stays its own for good too.
    ``whole``: a whole number.  ``averaged``: its mean stands in laps and session too.  ``plausible``: what
    is read from files of others, in the metric's unit (outside lies what devices write when they do not
    know, and what nobody runs); None: not read at all.  ``aliases``: names in lower case under which Stryd
    and others write it as a developer field.
    """

    name: str
    scale: float = 1.0
    unit: str = ""
    number: int = -1
    model_number: int = -1
    whole: bool = False
    averaged: bool = False
    plausible: tuple[float, float] | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric: its definition, the placements that support it, and its roles.

    ``supported_by``: placements (pelvis stands for waist too). ``decimals``: digits worth showing in
    ``unit``. ``better`` is -1 where less is usually sought, +1 where more, 0 where neither: it only
    colours charts and never claims anything about injury. ``order``: smaller comes first wherever metrics
    of one role are listed. ``display``: how a person reads it, where that is not ``unit``.
    ``leg_difference_pct``: the median difference between the legs of healthy runners, in % of their mean;
    None where legs are not compared.
    """

    name: str
    unit: str
    label: str
    definition: str
    source: str
    supported_by: tuple[str, ...]
    decimals: int = 0
    better: int = 0
    step: bool = True  # given per step
    second: bool = True  # given once a second
    roles: frozenset[Role] = frozenset()
    order: int = 100
    display: Display | None = None
    fit: FitField | None = None
    sided: bool = False  # left and right are compared
    leg_difference_pct: float | None = None

    @property
    def display_or_unit(self) -> Display:
        """The display of this metric, its own unit where none was given."""
        return self.display or Display(self.unit, decimals=self.decimals)


def _roles_of_row(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


_T, _C, _B, _S = Role.TILE, Role.CHART, Role.BANDED, Role.SPLIT
_D, _H, _O, _Q, _P = Role.COMPARED, Role.HABIT, Role.OFFLINE, Role.SQUAD, Role.PANEL
_RECIPE_FOOT = (
    "fitted to sensors simulated from Fukuchi 2017 (PeerJ 5:e3298), tested on runners left out of the fit"
)

METRICS: tuple[MetricSpec, ...] = (
    MetricSpec(
        "cadence_spm",
        "steps/min",
        "Cadence",
        "Steps per minute, both feet counted.",
        "definition; from the rhythm of the signal and the single steps",
        _ALL,
        0,
        roles=_roles_of_row(_T, _C, _B, _S, _D, _H, _O, _Q, _P),
        order=1,
    ),
    MetricSpec(
        "step_time_ms",
        "ms",
        "Step time",
        "Time from one foot landing to the other foot landing.",
        "definition",
        _ALL,
        0,
        second=False,
    ),
    MetricSpec(
        "stride_time_ms",
        "ms",
        "Stride time",
        "Time from one foot landing to the same foot landing again.",
        "definition",
        _ALL,
        0,
        second=False,
    ),
    MetricSpec(
        "step_variability_pct",
        "%",
        "Step variability",
        "How much the last 20 step times differ: standard deviation as a share of the average, without "
        "the difference between left and right.",
        "definition",
        _IMUS,
        1,
        step=False,
        roles=_roles_of_row(_D),
        order=12,
    ),
    MetricSpec(
        "contact_ms",
        "ms",
        "Ground contact time",
        "How long a foot is on the ground, from landing to toe-off.",
        _RECIPE_FOOT,
        _ALL,
        0,
        roles=_roles_of_row(_T, _C, _S, _D, _H, _O, _P),
        order=3,
        fit=FitField(
            "stance_time",
            model_number=32,
            averaged=True,
            plausible=(100, 700),
            aliases=(
                *("ground time", "ground contact time", "stance time"),
                *("contacttime", "rs_contacttime_l", "rs_contacttime_r"),
            ),
        ),
        sided=True,
        leg_difference_pct=2.0,
    ),
    MetricSpec(
        "flight_ms",
        "ms",
        "Flight time",
        "Time in the air: step time minus ground contact time; negative when both feet are down (walking).",
        "definition",
        _ALL,
        0,
        sided=True,
        leg_difference_pct=4.0,
    ),
    MetricSpec(
        "duty_factor_pct",
        "%",
        "Duty factor",
        "Share of a stride that the foot is on the ground; below 50 % is running.",
        "definition",
        _ALL,
        1,
        fit=FitField("stance_time_percent", model_number=33, averaged=True),
    ),
    MetricSpec(
        "contact_balance_pct",
        "% left",
        "Contact balance",
        "The left foot's share of the ground contact time of the last 20 steps; 50 % is even.",
        "definition",
        (_FOOT, _SHANK, _PELVIS),
        1,
        step=False,
        roles=_roles_of_row(_T, _S, _D, _Q, _P),
        order=11,
        fit=FitField(
            "stance_time_balance",
            averaged=True,
            plausible=(30, 70),
            aliases=("ground contact balance", "contact balance"),
        ),
    ),
    MetricSpec(
        "speed_mps",
        "m/s",
        "Speed",
        "How fast you run over the ground or the belt, from foot sensors, or from a treadmill, GPS or "
        "pod where there is one.",
        _RECIPE_FOOT,
        (_FOOT, _POD),
        2,
        roles=_roles_of_row(_T, _C, _O, _Q, _P),
        order=2,
        display=Display("min/km", pace=True),
        fit=FitField("enhanced_speed", plausible=(0, 12), aliases=("speed",)),
    ),
    MetricSpec(
        "step_length_m",
        "m",
        "Step length",
        "How far one step takes you: speed times step time.",
        "definition",
        _ALL,
        2,
        fit=FitField("step_length", 1000.0, averaged=True, plausible=(0.2, 3.0), aliases=("step length",)),
    ),
    MetricSpec(
        "stride_length_m",
        "m",
        "Stride length",
        "How far two steps take you: speed times stride time.",
        "definition",
        _ALL,
        2,
        second=False,
    ),
    MetricSpec(
        "slope_pct",
        "%",
        "Slope",
        "How steep the ground is: height gained over horizontal distance, uphill positive.",
        "foot pitch at mid-stance relative to level standing; treadmill where there is one",
        (_FOOT, _POD),
        1,
        roles=_roles_of_row(_C, _S),
        order=14,
        fit=FitField("grade", plausible=(-60, 60)),
    ),
    MetricSpec(
        "foot_strike_deg",
        "deg",
        "Foot strike angle",
        "How far the toes point up when the foot lands, compared with standing flat; above 8 the heel "
        "lands first, below −1.6 the forefoot (Altman & Davis 2012).",
        _RECIPE_FOOT,
        (_FOOT,),
        1,
        roles=_roles_of_row(_T, _D, _O),
        order=7,
        display=Display("°", decimals=1),
        fit=FitField("Foot Strike Angle", unit="deg", number=4),
        sided=True,
        leg_difference_pct=21.0,
    ),
    MetricSpec(
        "shank_deg",
        "deg",
        "Shin inclination",
        "How far the shin leans back when the foot lands, compared with vertical; positive when the "
        "ankle is ahead of the knee. The angle at which the sensor sits is removed as far as learned.",
        "from the gyroscope, between moments at which gravity shows the vertical",
        (_SHANK,),
        1,
        better=-1,
        roles=_roles_of_row(_D),
        order=8,
        display=Display("°", decimals=1),
        fit=FitField("Shank Inclination", unit="deg", number=5),
        sided=True,
        leg_difference_pct=16.0,
    ),
    MetricSpec(
        "overstride_m",
        "m",
        "Overstride",
        "How far the ankle is ahead of the middle of the pelvis when the foot lands, in the direction "
        "you run.",
        _RECIPE_FOOT,
        (_FOOT, _SHANK, _POD),
        3,
        better=-1,
        roles=_roles_of_row(_T, _C, _B, _S, _D, _H, _O, _Q, _P),
        order=4,
        display=Display("cm", 100.0, 1),
        fit=FitField("Overstride", 100.0, "cm", number=0, model_number=34),
        sided=True,
        leg_difference_pct=4.0,
    ),
    MetricSpec(
        "overstride_leg_pct",
        "% leg",
        "Overstride, relative",
        "Overstride as a share of leg length (hip bone, the greater trochanter, to the floor; 0.53 of "
        "height if not measured).",
        _RECIPE_FOOT,
        (_FOOT, _SHANK, _POD),
        1,
        better=-1,
    ),
    MetricSpec(
        "braking_impulse_bws",
        "BW·s",
        "Braking impulse",
        "How much each step slows you: backward force added up over the step, as a share of body weight.",
        _RECIPE_FOOT,
        (_FOOT, _SHANK, _POD),
        4,
        better=-1,
        roles=_roles_of_row(_T, _C, _B, _S, _D, _H, _O, _Q, _P),
        order=5,
        fit=FitField("Braking Impulse", unit="BW.s", number=1, model_number=35),
        sided=True,
        leg_difference_pct=10.0,
    ),
    MetricSpec(
        "speed_lost_mps",
        "m/s",
        "Speed lost per step",
        "How much speed each step takes from you: braking impulse times 9.81 m/s².",
        "definition",
        (_FOOT, _SHANK, _POD),
        3,
        better=-1,
        fit=FitField("Step Speed Loss", 100.0, "cm/s", number=3, model_number=36),
    ),
    MetricSpec(
        "strap_speed_lost_mps",
        "m/s",
        "Speed lost per step, strap",
        "How much the chest slows within a step, fastest minus slowest, as a Garmin strap reports it.",
        "device",
        (_POD,),
        2,
        -1,
        step=False,
    ),
    MetricSpec(
        "peak_braking_bw",
        "BW",
        "Peak braking",
        "The strongest backward force of a step, as a share of body weight (30 Hz low-pass).",
        _RECIPE_FOOT,
        (_FOOT, _SHANK, _POD),
        3,
        better=-1,
        roles=_roles_of_row(_D),
        order=6,
        fit=FitField("Peak Braking", unit="BW", number=2, model_number=37),
        sided=True,
        leg_difference_pct=7.0,
    ),
    MetricSpec(
        "vertical_oscillation_mm",
        "mm",
        "Vertical oscillation",
        "How far the pelvis moves up and down within a step.",
        "from the vertical acceleration of the pelvis, added up twice",
        (_PELVIS,),
        0,
        roles=_roles_of_row(_T, _S, _D),
        order=10,
        fit=FitField(
            "vertical_oscillation", averaged=True, plausible=(10, 300), aliases=("vertical oscillation",)
        ),
    ),
    MetricSpec(
        "vertical_ratio_pct",
        "%",
        "Vertical ratio",
        "Vertical oscillation as a share of step length.",
        "definition (Garmin)",
        (_PELVIS,),
        1,
        fit=FitField("vertical_ratio", averaged=True, plausible=(1, 40), aliases=("vertical ratio",)),
    ),
    MetricSpec(
        "leg_stiffness_kn_m",
        "kN/m",
        "Leg stiffness",
        "How stiff the leg is if it were a spring: from contact and flight time, speed, mass and leg "
        "length; level ground only.",
        "Morin 2005, J Appl Biomech 21:167",
        (_FOOT, _SHANK),
        1,
        roles=_roles_of_row(_D),
        order=13,
        fit=FitField("Leg Spring Stiffness", unit="kN/m", number=7, plausible=(1, 40)),
    ),
    MetricSpec(
        "tibial_shock_g",
        "g",
        "Tibial shock",
        "The hardest jolt along the shin in the first third of ground contact; left out when it is "
        "more than the sensor can measure.",
        "definition; depends on mount and filter, compare with yourself only",
        (_SHANK,),
        1,
        better=-1,
        roles=_roles_of_row(_D),
        order=9,
        fit=FitField("Tibial Shock", unit="g", number=6),
        sided=True,
    ),
    MetricSpec(
        "braking_dose_bws",
        "BW·s",
        "Braking dose",
        "Braking impulses of all steps so far, added up. Steps whose braking is not known (a loose shoe "
        "sensor, say) count as the average of the others, and the ± grows with them.",
        "definition",
        (_FOOT, _SHANK, _POD),
        1,
        step=False,
        roles=_roles_of_row(_P),
        order=17,
    ),
    MetricSpec(
        "braking_dose_mps",
        "m/s",
        "Speed lost, total",
        "Speed lost in all steps so far, added up; unknown steps as in the braking dose.",
        "definition",
        (_FOOT, _SHANK, _POD),
        0,
        step=False,
    ),
    MetricSpec(
        "braking_dose_flat_ratio",
        "x flat",
        "Flat equivalent",
        "Braking so far compared with what the same steps would have cost on level ground (the rule "
        "for downhill is not validated).",
        "calculated from the momentum balance of a step on a slope",
        (_FOOT, _SHANK, _POD),
        2,
        step=False,
    ),
    MetricSpec(
        "braking_damage_index",
        "index",
        "Weighted braking index",
        "Adds up all steps so that hard braking weighs more: (peak braking / 0.35 BW)^4, from averages "
        "of 10 steps; unknown steps as in the braking dose. For comparing your own runs, not an injury "
        "risk.",
        "after Edwards 2018 (ESSR 46:224); exponent is a choice",
        (_FOOT, _SHANK, _POD),
        0,
        step=False,
    ),
    MetricSpec(
        "heart_rate_bpm",
        "bpm",
        "Heart rate",
        "As the strap or watch reports it.",
        "device",
        (_POD,),
        0,
        step=False,
        roles=_roles_of_row(_T, _C, _S, _D),
        order=15,
        fit=FitField("heart_rate", whole=True, averaged=True, plausible=(25, 250), aliases=("heart rate",)),
    ),
    MetricSpec(
        "power_w",
        "W",
        "Power",
        "As the pod reports it (its maker's own model).",
        "device",
        (_POD,),
        0,
        step=False,
        roles=_roles_of_row(_T, _S),
        order=16,
        fit=FitField(
            "power",
            whole=True,
            averaged=True,
            plausible=(0, 2500),
            aliases=("power", "rp_power", "rs_power_avg"),
        ),
    ),
)

BY_NAME: dict[str, MetricSpec] = {m.name: m for m in METRICS}
"""Every metric by its name."""

MODEL = "model"
"""``Estimate.how`` of a number that no sensor saw: a model of speed and cadence gave it."""
_BRAKING_SEEN_BY = frozenset({_FOOT})
_OVERSTRIDE_SEEN_BY = frozenset({_FOOT, _SHANK})
_SEEN_BY = {
    "overstride_m": _OVERSTRIDE_SEEN_BY,
    "overstride_leg_pct": _OVERSTRIDE_SEEN_BY,
    "braking_impulse_bws": _BRAKING_SEEN_BY,
    "speed_lost_mps": _BRAKING_SEEN_BY,
    "peak_braking_bw": _BRAKING_SEEN_BY,
}
"""What adds something of its own to these (``dsp.running_models``); all else gives speed and cadence."""


def is_modelled(metric: str, how: str) -> bool:
    """Return whether no sensor saw this number: a model gave it from speed and cadence alone.

    ``metric`` and ``how`` are those of an ``Estimate``.  It shows how the number changes with speed and
    cadence in an average runner, not how this one differs; wherever numbers are shown it is marked.
    """
    return how == MODEL or (metric in _SEEN_BY and how not in _SEEN_BY[metric])


def with_role(role: Role) -> tuple[str, ...]:
    """Return the names of the metrics that have this role, in the order in which they are listed."""
    rows = sorted((m for m in METRICS if role in m.roles), key=lambda m: m.order)
    return tuple(m.name for m in rows)
