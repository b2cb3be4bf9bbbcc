"""METRICS: every number a user can see, with unit, definition, source and what can support it.

One row makes a metric exist everywhere: CSV columns, database, charts, dashboards and help texts
are made from this table.
"""

from __future__ import annotations

from dataclasses import dataclass

F, S, A, P, H, POD = "foot", "shank", "ankle", "pelvis", "hip", "pod"
FEET = (F,)
_LEGS = (F, S)
IMUS = (F, S, A, P, H)
ALL = (F, S, A, P, H, POD)


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """``supported_by`` placements (pelvis stands for waist too); ``decimals`` for display.

    ``better`` is -1 where less is usually sought, +1 where more, 0 where neither: it only colours
    charts and never claims anything about injury.
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


_RECIPE_FOOT = "fitted on Fukuchi 2017 (PeerJ 5:e3298) virtual IMUs, leave-one-runner-out"

METRICS: tuple[MetricSpec, ...] = (
    MetricSpec(
        "cadence_spm",
        "steps/min",
        "Cadence",
        "Steps per minute of both feet: 60 over the step time.",
        "definition; autocorrelation and events fused",
        ALL,
        0,
    ),
    MetricSpec(
        "step_time_ms",
        "ms",
        "Step time",
        "Initial contact to the next initial contact of the other foot.",
        "definition",
        ALL,
        0,
        second=False,
    ),
    MetricSpec(
        "stride_time_ms",
        "ms",
        "Stride time",
        "Initial contact to the next initial contact of the same foot.",
        "definition",
        ALL,
        0,
        second=False,
    ),
    MetricSpec(
        "step_variability_pct",
        "%",
        "Step variability",
        "Coefficient of variation of the last 20 step times, left/right difference removed.",
        "definition",
        IMUS,
        1,
        step=False,
    ),
    MetricSpec(
        "contact_ms",
        "ms",
        "Ground contact time",
        "Initial contact to toe-off of the same foot.",
        _RECIPE_FOOT,
        ALL,
        0,
    ),
    MetricSpec(
        "flight_ms",
        "ms",
        "Flight time",
        "Step time minus ground contact time; negative when both feet are down (walking).",
        "definition",
        ALL,
        0,
    ),
    MetricSpec(
        "duty_factor_pct",
        "%",
        "Duty factor",
        "Ground contact time over stride time; below 50 % is running.",
        "definition",
        ALL,
        1,
    ),
    MetricSpec(
        "contact_balance_pct",
        "% left",
        "Contact balance",
        "Left ground contact time over the sum of left and right, last 20 steps.",
        "definition",
        (F, S, P),
        1,
        step=False,
    ),
    MetricSpec(
        "speed_mps",
        "m/s",
        "Speed",
        "Over ground, or over the belt: foot strapdown, or a treadmill, GPS or pod as worn.",
        _RECIPE_FOOT,
        (F, POD),
        2,
    ),
    MetricSpec("step_length_m", "m", "Step length", "Speed times step time.", "definition", ALL, 2),
    MetricSpec(
        "stride_length_m",
        "m",
        "Stride length",
        "Speed times stride time.",
        "definition",
        ALL,
        2,
        second=False,
    ),
    MetricSpec(
        "slope_pct",
        "%",
        "Slope",
        "Rise over horizontal distance, uphill positive.",
        "foot pitch at mid-stance relative to level standing; treadmill where there is one",
        (F, POD),
        1,
    ),
    MetricSpec(
        "foot_strike_deg",
        "deg",
        "Foot strike angle",
        "Sagittal foot pitch at initial contact minus flat standing, toe-up positive; "
        "rearfoot above 8, forefoot below -1.6 (Altman & Davis 2012).",
        _RECIPE_FOOT,
        FEET,
        1,
    ),
    MetricSpec(
        "shank_deg",
        "deg",
        "Shank inclination",
        "Shank against vertical at initial contact, positive when the ankle is ahead of the knee; "
        "the sensor's own mounting angle is removed as far as learned.",
        "gyro strapdown between gravity references",
        (S,),
        1,
        better=-1,
    ),
    MetricSpec(
        "overstride_m",
        "m",
        "Overstride",
        "Horizontal distance of the ankle ahead of the pelvis centre at initial contact, "
        "along the direction of running.",
        _RECIPE_FOOT,
        (F, S, POD),
        3,
        better=-1,
    ),
    MetricSpec(
        "overstride_leg_pct",
        "% leg",
        "Overstride, relative",
        "Overstride over leg length (greater trochanter to floor; 0.53 of height if not measured).",
        _RECIPE_FOOT,
        (F, S, POD),
        1,
        better=-1,
    ),
    MetricSpec(
        "braking_impulse_bws",
        "BW·s",
        "Braking impulse",
        "Time integral of the backward ground force of one step over body weight (a positive magnitude).",
        _RECIPE_FOOT,
        (F, S, POD),
        4,
        better=-1,
    ),
    MetricSpec(
        "speed_lost_mps",
        "m/s",
        "Speed lost per step",
        "Braking impulse times 9.81 m/s²: how much the body slows in each step.",
        "definition",
        (F, S, POD),
        3,
        better=-1,
    ),
    MetricSpec(
        "strap_speed_lost_mps",
        "m/s",
        "Speed lost per step, strap",
        "Forward speed of the chest, peak less trough within a step, as a Garmin strap reports it.",
        "device",
        (POD,),
        2,
        -1,
        step=False,
    ),
    MetricSpec(
        "peak_braking_bw",
        "BW",
        "Peak braking",
        "Largest backward ground force of one step, 30 Hz low-pass, over body weight (positive magnitude).",
        _RECIPE_FOOT,
        (F, S, POD),
        3,
        better=-1,
    ),
    MetricSpec(
        "vertical_oscillation_mm",
        "mm",
        "Vertical oscillation",
        "Peak-to-peak height of the pelvis within one step.",
        "double integration of the vertical pelvis acceleration",
        (P,),
        0,
    ),
    MetricSpec(
        "vertical_ratio_pct",
        "%",
        "Vertical ratio",
        "Vertical oscillation over step length.",
        "definition (Garmin)",
        (P,),
        1,
    ),
    MetricSpec(
        "leg_stiffness_kn_m",
        "kN/m",
        "Leg stiffness",
        "Spring-mass model from contact and flight time, speed, mass and leg length; level ground only.",
        "Morin 2005, J Appl Biomech 21:167",
        (F, S),
        1,
    ),
    MetricSpec(
        "tibial_shock_g",
        "g",
        "Tibial shock",
        "Largest acceleration along the shank in the first third of stance; absent when clipped.",
        "definition; depends on mount and filter, compare with yourself only",
        (S,),
        1,
        better=-1,
    ),
    MetricSpec(
        "braking_dose_bws",
        "BW·s",
        "Braking dose",
        "Sum of the braking impulses of all steps so far.",
        "definition",
        (F, S, POD),
        1,
        step=False,
    ),
    MetricSpec(
        "braking_dose_mps",
        "m/s",
        "Speed lost, total",
        "Sum of the speed lost in all steps so far.",
        "definition",
        (F, S, POD),
        0,
        step=False,
    ),
    MetricSpec(
        "braking_dose_flat_ratio",
        "x flat",
        "Flat equivalent",
        "Braking dose over what the same steps would have cost on the level (unvalidated downhill law).",
        "momentum balance, see dsp.load",
        (F, S, POD),
        2,
        step=False,
    ),
    MetricSpec(
        "braking_damage_index",
        "index",
        "Damage-weighted index",
        "Sum over steps of (peak braking / 0.35 BW)^4 from 10-step means: weighs hard braking more. "
        "An index to compare your own runs, not an injury risk.",
        "after Edwards 2018 (ESSR 46:224); exponent is a choice",
        (F, S, POD),
        0,
        step=False,
    ),
    MetricSpec(
        "heart_rate_bpm",
        "bpm",
        "Heart rate",
        "As the strap or watch reports it.",
        "device",
        (POD,),
        0,
        step=False,
    ),
    MetricSpec(
        "power_w",
        "W",
        "Power",
        "As the pod reports it (proprietary model).",
        "device",
        (POD,),
        0,
        step=False,
    ),
)

BY_NAME: dict[str, MetricSpec] = {m.name: m for m in METRICS}
