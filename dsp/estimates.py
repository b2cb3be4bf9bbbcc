"""From one contact and what is known around it to all estimates of that step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dsp import braking, contact_time, overstride
from dsp.types import GRAVITY_MS2, Activity, Contact, Estimate, Placement, Runner

LEVEL_PCT = 3.0  # leg stiffness is only defined on the level (Meyer 2023)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What surrounds a contact.  ``given`` is True when the speed came from outside the feet."""

    runner: Runner
    activity: Activity
    stride_s: float | None
    step_s: float | None
    speed: Estimate | None
    given: bool
    slope: Estimate | None
    cadence: Estimate | None
    partners: tuple[Contact, ...] = ()


def step_estimates(contact: Contact, around: Around) -> tuple[Estimate, ...]:
    """Everything the sensors worn support, nothing else."""
    how = contact.placement.value
    out: list[Estimate] = []
    _timing(out, contact, around, how)
    if around.speed is not None:
        _add(out, "speed_mps", (around.speed.value, around.speed.sd), around.speed.how)
        if around.step_s is not None:
            v, sd = around.speed.value, around.speed.sd
            _add(out, "step_length_m", (v * around.step_s, sd * around.step_s), around.speed.how)
    if around.slope is not None:
        out.append(around.slope)
    for c in (contact, *around.partners):
        _own(out, c)
    if around.activity is not Activity.WALK and around.activity is not Activity.STAND:
        _running(out, contact, around, how)
    return tuple(out)


def _add(out: list[Estimate], metric: str, guess: tuple[float, float] | None, how: str) -> None:
    if guess is not None and math.isfinite(guess[0]) and all(e.metric != metric for e in out):
        out.append(Estimate(metric, guess[0], guess[1], how))


def _get(out: list[Estimate], metric: str) -> Estimate | None:
    return next((e for e in out if e.metric == metric), None)


def _timing(out: list[Estimate], c: Contact, a: Around, how: str) -> None:
    if a.cadence is not None:
        out.append(a.cadence)
    if a.stride_s is not None:
        _add(out, "stride_time_ms", (1e3 * a.stride_s, 1.4e3 * c.ic_sd_s), how)
    if a.step_s is not None:
        _add(out, "step_time_ms", (1e3 * a.step_s, 1.4e3 * c.ic_sd_s), how)
    _add(
        out,
        "contact_ms",
        _contact_ms(c, a),
        how if c.to_s is not None and c.to_sd_s is not None else "model",
    )
    contact = _get(out, "contact_ms")
    if contact is not None and a.stride_s is not None:
        stride_ms = 1e3 * a.stride_s
        _add(out, "flight_ms", (stride_ms / 2 - contact.value, contact.sd), contact.how)
        _add(
            out,
            "duty_factor_pct",
            (100 * contact.value / stride_ms, 100 * contact.sd / stride_ms),
            contact.how,
        )


def _contact_ms(c: Contact, a: Around) -> tuple[float, float] | None:
    speed = a.speed.value if a.speed is not None else None
    if c.placement in (Placement.FOOT, Placement.SHANK):
        if c.to_s is None:
            return None
        return 1e3 * (c.to_s - c.ic_s), 1e3 * math.hypot(c.ic_sd_s, c.to_sd_s or 0.0)
    if a.stride_s is None or a.activity in (Activity.WALK, Activity.STAND):
        return None
    if c.placement in (Placement.PELVIS, Placement.WAIST, Placement.HIP):
        width = c.features.get("load_width_s")
        flies = c.features.get("flight_g", 1.0) < 0.35
        if width is not None and flies:
            value, sd = contact_time.pelvis(width, a.stride_s / 2, speed)
            return 1e3 * value, 1e3 * sd
    if speed is None or speed < 1.8:
        return None
    value, sd = contact_time.pod(speed, a.stride_s / 2, a.runner.height_m)
    return 1e3 * value, 1e3 * sd


def _own(out: list[Estimate], c: Contact) -> None:
    """What a sensor measures by itself."""
    how, f = c.placement.value, c.features
    if "foot_strike_deg" in f:
        _add(out, "foot_strike_deg", (f["foot_strike_deg"], 1.6), how)
    if "shank_deg" in f:
        _add(out, "shank_deg", (f["shank_deg"], 2.3), how)
    if "vertical_oscillation_m" in f and f.get("flight_g", 1.0) < 0.6:
        _add(out, "vertical_oscillation_mm", (1e3 * f["vertical_oscillation_m"], 3.9), how)
        length = _get(out, "step_length_m")
        if length is not None and length.value > 0.2:
            _add(out, "vertical_ratio_pct", (100 * f["vertical_oscillation_m"] / length.value, 0.4), how)
    if "shock_g" in f and f["shock_g"] < 15.5:
        _add(out, "tibial_shock_g", (f["shock_g"], 0.1 * f["shock_g"]), how)


def _running(out: list[Estimate], c: Contact, a: Around, how: str) -> None:
    """Overstride, braking and stiffness: models of running, absent in any other gait."""
    if a.speed is None or a.stride_s is None or a.speed.value < 1.5:
        return
    v, step, contact = a.speed.value, a.stride_s / 2, _get(out, "contact_ms")
    _add(out, "overstride_m", _overstride(c, a, v, step, contact), how)
    leg = overstride.leg_length_m(a.runner.height_m, a.runner.leg_length_m)
    distance = _get(out, "overstride_m")
    if leg is not None and distance is not None:
        _add(out, "overstride_leg_pct", (100 * distance.value / leg, 100 * distance.sd / leg), how)
    pitch = c.features.get("pitch_max_deg")
    if pitch is not None:
        model = braking.impulse_foot_with_speed if a.given else braking.impulse_foot
        impulse, peak = model(v, step, pitch), braking.peak_foot(v, step)
    else:
        impulse, peak = braking.impulse_pod(v, step), braking.peak_pod(v, step, a.runner.height_m)
    slope = a.slope.value if a.slope is not None else 0.0
    steep = 1 + abs(slope) / 15  # the slope law is not validated: it costs certainty
    impulse = (braking.on_slope(impulse[0], step, slope), impulse[1] * steep)
    _add(out, "braking_impulse_bws", impulse, how)
    _add(out, "speed_lost_mps", (GRAVITY_MS2 * impulse[0], GRAVITY_MS2 * impulse[1]), how)
    if abs(slope) <= LEVEL_PCT:
        _add(out, "peak_braking_bw", peak, how)
        _add(out, "leg_stiffness_kn_m", _stiffness(a, leg, contact, v), how)


def _overstride(
    c: Contact, a: Around, v: float, step: float, contact: Estimate | None
) -> tuple[float, float] | None:
    if c.placement is Placement.FOOT and contact is not None:
        model = overstride.foot_with_speed if a.given else overstride.foot
        return model(v, contact.value / 1e3)
    if c.placement is Placement.SHANK and "span_s" in c.features:
        return overstride.shank(v, c.features["span_s"])
    return overstride.pod(v, step)


def _stiffness(
    a: Around, leg: float | None, contact: Estimate | None, v: float
) -> tuple[float, float] | None:
    """Spring-mass model (Morin 2005, J Appl Biomech 21:167); needs mass and leg length."""
    if (
        leg is None
        or a.runner.mass_kg is None
        or contact is None
        or a.stride_s is None
        or contact.how == "model"
    ):
        return None
    tc = contact.value / 1e3
    flight = a.stride_s / 2 - tc
    half = v * tc / 2
    if flight <= 0 or half >= leg:
        return None
    force = a.runner.mass_kg * GRAVITY_MS2 * math.pi / 2 * (flight / tc + 1)
    drop = abs(-force * tc * tc / (a.runner.mass_kg * math.pi**2) + GRAVITY_MS2 * tc * tc / 8)
    stiffness = force / (leg - math.sqrt(leg * leg - half * half) + drop) / 1e3
    return stiffness, 0.1 * stiffness
