"""From one contact and what is known around it to all estimates of that step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dsp import braking, running_models
from dsp.models import Guess, Models, best_guess
from dsp.overstride import leg_length_m
from dsp.step_scatter import interval_sd_s, with_scatter
from dsp.types import GRAVITY_MS2, Activity, Contact, Estimate, Placement, Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """The knowledge around a contact when it becomes a step.

    ``given`` is True when the speed came from outside the feet.  ``partners`` are the contacts of other
    sensors that saw the same foot land.
    """

    runner: Runner
    activity: Activity
    stride_s: float | None
    step_s: float | None
    speed: Estimate | None
    given: bool
    slope: Estimate | None
    cadence: Estimate | None
    partners: tuple[Contact, ...] = ()

    @property
    def running(self) -> bool:
        """True unless the runner is known to walk or stand."""
        return self.activity not in (Activity.WALK, Activity.STAND)


def step_estimates(contact: Contact, context: StepContext, models: Models) -> tuple[Estimate, ...]:
    """Return all estimates of a step that its sensors support, one per metric; their SDs are a step's."""
    out: list[Estimate] = []
    _add_timing(out, contact, context, models)
    if context.speed is not None:
        v, sd, how = context.speed.value, context.speed.sd, context.speed.how
        _add_estimate(out, "speed_mps", (v, sd), how)
        if context.step_s is not None:
            _add_estimate(out, "step_length_m", (v * context.step_s, sd * context.step_s), how)
        stride = None if context.given else contact.features.get("stride_length_m")
        if stride is not None:
            _add_estimate(out, "stride_length_m", (stride, 0.02 * stride), contact.placement.value)
        elif context.stride_s is not None:
            _add_estimate(out, "stride_length_m", (v * context.stride_s, sd * context.stride_s), how)
    if context.slope is not None:
        out.append(context.slope)
    for c in (contact, *context.partners):
        _add_own_measures(out, c, models)
    if context.running:
        _add_running_models(out, contact, context, models)
    return tuple(map(with_scatter, out))


def pod_estimates(
    speed: Guess, cadence_spm: float, slope: Guess, runner: Runner, models: Models
) -> list[Estimate]:
    """Return all estimates of a step that speed (m/s), cadence and slope (%) support while running."""
    (speed_mps, speed_sd), step = speed, 60 / cadence_spm
    out: list[Estimate] = []
    terms = running_models.motion_terms(speed_mps, step, runner.height_m)
    _add_estimate(out, "contact_ms", running_models.pod_contact_ms(terms, models), "model")
    length_sd = max(0.03 * speed_mps, speed_sd) * step
    _add_estimate(out, "step_length_m", (speed_mps * step, length_sd), "pod")
    selected = running_models.pod_models(models)
    _add_estimate(out, "overstride_m", selected.overstride(terms), "pod")
    _add_braking(out, terms, selected, slope, "pod")
    _add_relative_overstride(out, runner, "pod")
    return out


def _add_estimate(out: list[Estimate], metric: str, guess: Guess | None, how: str) -> None:
    if guess is not None and math.isfinite(guess[0]) and all(e.metric != metric for e in out):
        out.append(Estimate(metric, guess[0], guess[1], how))


def _value_of(out: list[Estimate], metric: str) -> Estimate | None:
    return next((e for e in out if e.metric == metric), None)


def _add_timing(out: list[Estimate], c: Contact, a: StepContext, models: Models) -> None:
    how = c.placement.value
    if a.cadence is not None:
        out.append(a.cadence)
    if a.stride_s is not None:
        _add_estimate(out, "stride_time_ms", (1e3 * a.stride_s, 1e3 * interval_sd_s(c)), how)
    if a.step_s is not None:
        _add_estimate(out, "step_time_ms", (1e3 * a.step_s, 1e3 * interval_sd_s(c)), how)
    _contact_ms(out, c, a, models)
    contact = _value_of(out, "contact_ms")
    if contact is not None and a.stride_s is not None:
        stride_ms = 1e3 * a.stride_s
        share = 100 * contact.value / stride_ms, 100 * contact.sd / stride_ms
        _add_estimate(out, "flight_ms", (stride_ms / 2 - contact.value, contact.sd), contact.how)
        _add_estimate(out, "duty_factor_pct", share, contact.how)


def _contact_ms(out: list[Estimate], c: Contact, a: StepContext, models: Models) -> None:
    """All of these were fitted on running: walkers stay twice as long on the ground."""
    if not a.running:
        return
    if c.placement in (Placement.FOOT, Placement.SHANK):
        if c.to_s is not None:
            sd = math.hypot(c.ic_sd_s, c.to_sd_s or 0.0)
            _add_estimate(out, "contact_ms", (1e3 * (c.to_s - c.ic_s), 1e3 * sd), c.placement.value)
        return
    terms = _model_terms(c, a)
    if "step_s" in terms:
        _add_estimate(out, "contact_ms", running_models.pelvis_contact_ms(terms, models), c.placement.value)
        _add_estimate(out, "contact_ms", running_models.pod_contact_ms(terms, models), "model")


def _model_terms(c: Contact, a: StepContext) -> dict[str, float]:
    """All that the models of one step may ask for."""
    step = None if a.stride_s is None else a.stride_s / 2
    speed = None if a.speed is None else a.speed.value
    return {**c.features, **running_models.motion_terms(speed, step, a.runner.height_m)}


def _add_own_measures(out: list[Estimate], c: Contact, models: Models) -> None:
    """What a sensor measures by itself."""
    how, f = c.placement.value, c.features
    if "foot_strike_deg" in f:
        _add_estimate(out, "foot_strike_deg", (f["foot_strike_deg"], models.foot_strike_deg.sd), how)
    if "shank_deg" in f:
        _add_estimate(out, "shank_deg", (f["shank_deg"], models.shank_deg.sd), how)
    if "rise_mm" in f and f.get("flight_g", 1.0) < 0.6:
        _add_estimate(out, "vertical_oscillation_mm", (f["rise_mm"], models.pelvis_rise_mm.sd), how)
        length = _value_of(out, "step_length_m")
        if length is not None and length.value > 0.2:
            _add_estimate(out, "vertical_ratio_pct", (0.1 * f["rise_mm"] / length.value, 0.4), how)
    if "shock_g" in f and f["shock_g"] < 15.5:
        _add_estimate(out, "tibial_shock_g", (f["shock_g"], 0.1 * f["shock_g"]), how)


def _add_running_models(out: list[Estimate], c: Contact, a: StepContext, models: Models) -> None:
    """Overstride, braking and stiffness: models of running, absent in any other gait."""
    if a.speed is None or a.stride_s is None or a.speed.value < 1.5:
        return
    how, contact, terms = c.placement.value, _value_of(out, "contact_ms"), _model_terms(c, a)
    if contact is not None and contact.how != "model":
        terms["speed_contact_m"] = 1e-3 * a.speed.value * contact.value
    models_of_sensor = running_models.pod_models(models)
    if c.placement is Placement.FOOT and contact is not None:
        models_of_sensor = running_models.foot_models(models, given=a.given)
    elif c.placement is Placement.SHANK:
        models_of_sensor = running_models.shank_models(models)
    _add_estimate(out, "overstride_m", models_of_sensor.overstride(terms), how)
    leg = _add_relative_overstride(out, a.runner, how)
    if "withheld" in c.features and a.slope is None:
        return
    slope = braking.grade(a.slope)
    _add_braking(out, terms, models_of_sensor, slope, how)
    if abs(slope[0]) <= braking.LEVEL_PCT:
        _add_estimate(out, "leg_stiffness_kn_m", _leg_stiffness(a, leg, contact, a.speed.value), how)


def _add_braking(
    out: list[Estimate],
    terms: dict[str, float],
    models_of_sensor: running_models.SelectedModel,
    slope: Guess,
    how: str,
) -> None:
    """Braking impulse with its speed lost, and where it is known the peak."""
    level = models_of_sensor.impulse_on_level(terms)
    if level is None:
        return
    value, sd = braking.impulse_guess(level, terms["step_s"], slope)
    _add_estimate(out, "braking_impulse_bws", (value, sd), how)
    _add_estimate(out, "speed_lost_mps", (GRAVITY_MS2 * value, GRAVITY_MS2 * sd), how)
    peak = best_guess(terms, *models_of_sensor.peak)
    _add_estimate(out, "peak_braking_bw", None if peak is None else braking.peak_guess(peak, slope), how)


def _add_relative_overstride(out: list[Estimate], runner: Runner, how: str) -> float | None:
    """Add overstride as a share of the leg; return the leg length, if it is known."""
    leg, distance = leg_length_m(runner.height_m, runner.leg_length_m), _value_of(out, "overstride_m")
    if leg is not None and distance is not None:
        _add_estimate(out, "overstride_leg_pct", (100 * distance.value / leg, 100 * distance.sd / leg), how)
    return leg


def _leg_stiffness(a: StepContext, leg: float | None, contact: Estimate | None, v: float) -> Guess | None:
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
