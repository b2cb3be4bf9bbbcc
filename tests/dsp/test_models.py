"""Which model speaks for a step, and what a walker is spared."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from dsp import running_models
from dsp.calibration import CALIBRATION_WITHIN, Calibration, Gain
from dsp.engine import Engine
from dsp.models import MODELS, Linear, best_guess
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.step_estimates import StepContext, pod_estimates, step_estimates
from dsp.types import Activity, Contact, Estimate, Metric, Placement, Reading, Runner, Side, Worn
from tests.dsp.gait import cut

TALL = Runner(height_m=1.80, mass_kg=70)
TERMS = running_models.motion_terms(3.0, 0.36, 1.80)


def contact(placement: Placement, **features: float) -> Contact:
    return Contact("s", placement, None, 10.0, 10.23, 0.003, 0.005, 10.4, 0.0, features)


def around(activity: Activity = Activity.RUN, runner: Runner = TALL, given: bool = True) -> StepContext:
    speed = Estimate("speed_mps", 3.0, 0.05, "treadmill")
    return StepContext(
        runner=runner, activity=activity, stride_s=0.72, step_s=0.36, speed=speed, given=given,
        slope=None, cadence=None,
    )  # fmt: skip


def named(estimates: object) -> dict[str, Estimate]:
    return {e.metric: e for e in estimates}  # type: ignore[attr-defined]


def test_the_first_model_whose_terms_are_known_speaks() -> None:
    rich, poor = Linear(1.0, {"a": 2.0, "b": 1.0}, 0.1), Linear(5.0, {"a": 1.0}, 0.2)
    assert best_guess({"a": 1.0, "b": 3.0}, rich, poor) == (6.0, 0.1)
    assert best_guess({"a": 1.0}, rich, poor) == (6.0, 0.2)
    assert best_guess({"b": 1.0}, rich, poor) is None


def test_a_relative_sd_is_a_share_of_the_value() -> None:
    assert Linear(0.0, {"a": 2.0}, 0.1, relative=True).guess({"a": -3.0}) == (-6.0, pytest.approx(0.6))


@pytest.mark.parametrize("placement", [Placement.FOOT, Placement.SHANK, Placement.PELVIS])
@pytest.mark.parametrize("activity", [Activity.WALK, Activity.STAND])
def test_who_does_not_run_gets_no_number_made_for_runners(placement: Placement, activity: Activity) -> None:
    features = {"load_ms": 150.0, "flight_g": 0.1, "step_s": 0.36, "span_ms": 240.0, "pitch_max_deg": 20.0}
    found = named(step_estimates(contact(placement, **features), around(activity), MODELS))
    assert not {"contact_ms", "overstride_m", "braking_impulse_bws", "peak_braking_bw"} & found.keys()
    assert "stride_time_ms" in found


@pytest.mark.parametrize("placement", [Placement.PELVIS, Placement.SHANK])
def test_body_height_changes_neither_contact_nor_peak(placement: Placement) -> None:
    """It helped with the 15 runners of the fit, and did harm with others."""
    features = {"load_ms": 230.0, "fall_ms": 20.0, "flight_g": 0.1, "step_s": 0.36, "span_ms": 240.0}
    for metric in ("contact_ms", "peak_braking_bw"):
        of_the_tall, of_anyone = (
            named(step_estimates(contact(placement, **features), around(runner=runner), MODELS)).get(metric)
            for runner in (TALL, Runner())
        )
        assert of_the_tall == of_anyone
    tall, anyone = (
        named(pod_estimates((3.0, 0.0), 165.0, (0.0, 0.0), r, MODELS)) for r in (TALL, Runner())
    )
    assert tall["contact_ms"] == anyone["contact_ms"]
    assert tall["peak_braking_bw"] == anyone["peak_braking_bw"]


def test_a_width_that_contradicts_the_speed_is_not_believed_and_costs_certainty_before() -> None:
    def found(load_ms: float) -> Estimate:
        features = {"load_ms": load_ms, "fall_ms": 20.0, "flight_g": 0.1, "step_s": 0.36}
        return named(step_estimates(contact(Placement.PELVIS, **features), around(), MODELS))["contact_ms"]

    usual, wide, absurd = found(240.0), found(275.0), found(340.0)
    assert (usual.how, wide.how, absurd.how) == ("pelvis", "pelvis", "model")
    assert usual.sd < wide.sd
    assert absurd.value < 300


def test_a_pelvis_that_never_flies_tells_no_contact_time_of_its_own() -> None:
    features = {"load_ms": 180.0, "flight_g": 0.6, "step_s": 0.36}
    found = named(step_estimates(contact(Placement.PELVIS, **features), around(), MODELS))
    assert found["contact_ms"].how == "model"


def test_a_pod_says_nothing_of_contact_below_running_pace() -> None:
    assert "contact_ms" not in named(pod_estimates((1.6, 0.0), 150.0, (0.0, 0.0), TALL, MODELS))
    assert "contact_ms" in named(pod_estimates((2.6, 0.0), 160.0, (0.0, 0.0), TALL, MODELS))


def test_one_stay_takes_most_of_a_runners_own_share_away() -> None:
    gain = Gain().learn(0.020, 0.022)
    assert 1.08 < gain.value < 1.10
    assert gain.sd < CALIBRATION_WITHIN
    again = gain.learn(0.020, 0.022)
    assert gain.value < again.value < 1.10
    assert again.sd < gain.sd


def test_personal_models_say_what_the_stay_showed_and_leave_the_rest_alone() -> None:
    calibration = Calibration().learn("impulse_bws", 0.020, 0.022)
    personal = calibration.personal(MODELS)
    plain, own = (named(pod_estimates((3.0, 0.0), 167.0, (0.0, 0.0), TALL, m)) for m in (MODELS, personal))
    ratio = calibration.impulse_bws.value
    assert own["braking_impulse_bws"].value == pytest.approx(ratio * plain["braking_impulse_bws"].value)
    assert own["speed_lost_mps"].value == pytest.approx(ratio * plain["speed_lost_mps"].value)
    assert own["braking_impulse_bws"].sd < 0.06 * own["braking_impulse_bws"].value
    assert own["overstride_m"] == plain["overstride_m"]
    changed = [f.name for f in fields(MODELS) if getattr(personal, f.name) != getattr(MODELS, f.name)]
    assert changed == [f.name for f in fields(MODELS) if "impulse" in f.name]
    assert Calibration().personal(MODELS).foot_overstride_m == MODELS.foot_overstride_m


def test_braking_of_the_feet_is_drawn_by_a_quarter_towards_what_step_length_says() -> None:
    models = replace(
        MODELS,
        foot_impulse_bws_with_speed=Linear(0.020, {}, 0.07, relative=True),
        pod_impulse_bws=Linear(0.028, {}, 0.09, relative=True),
    )
    foot, shank = (running_models.foot_models(models, given=True), running_models.shank_models(models))
    assert foot.impulse_on_level(TERMS) == (pytest.approx(0.022), pytest.approx(0.0014))
    assert shank.impulse_on_level(TERMS) == (0.028, pytest.approx(0.09 * 0.028))


def test_once_personal_braking_goes_by_step_length_not_by_the_foot() -> None:
    steps = [
        named(
            step_estimates(
                contact(Placement.FOOT, pitch_max_deg=p), around(), Calibration().personal(MODELS)
            )
        )
        for p in (5.0, 30.0)
    ]
    assert steps[0]["braking_impulse_bws"] == steps[1]["braking_impulse_bws"]


@pytest.mark.parametrize(("estimated", "true"), [(0.02, 0.0), (0.0, 0.02), (0.02, 0.9)])
def test_a_stay_that_cannot_be_the_same_quantity_is_refused(estimated: float, true: float) -> None:
    with pytest.raises(ValueError, match=r"positive|between 0\.5 and 2"):
        Calibration().learn("impulse_bws", estimated, true)


def test_every_regression_can_be_replaced() -> None:
    louder = replace(
        MODELS, pod_overstride_m=Linear(1.0, {}, 0.1), pod_overstride_m_with_contact=Linear(1.0, {}, 0.1)
    )
    assert named(pod_estimates((3.0, 0.0), 167.0, (0.0, 0.0), TALL, louder))["overstride_m"].value == 1.0


def test_typed_in_gains_reach_every_step() -> None:
    own = Calibration.from_runner(replace(TALL, impulse_gain=1.1))
    assert own is not None
    assert own.impulse_bws.value == 1.1
    assert own.overstride_m == Gain()
    assert Calibration.from_runner(TALL) is None
    plain, mine = (reported(r) for r in (replace(TALL, impulse_gain=1.0), replace(TALL, impulse_gain=1.1)))
    assert mine == pytest.approx(1.1 * plain)
    with pytest.raises(ValueError, match="impulse_gain must be between"):
        replace(TALL, impulse_gain=3.0)


def reported(runner: Runner) -> float:
    """Braking impulse of a pod at 3 m/s and 167 steps a minute."""
    engine, out = Engine([Worn("pod", Placement.POD)], runner), []
    for t in range(6):
        out += engine.push(Reading("pod", float(t), "speed_mps", 3.0))
        out += engine.push(Reading("pod", float(t), "cadence_spm", 167.0))
    found = [
        r.estimate for r in out if isinstance(r, Metric) and r.estimate.metric == "braking_impulse_bws"
    ]
    return found[-1].value


@pytest.mark.parametrize("sides", [(Side.LEFT,), (Side.LEFT, Side.RIGHT)])
def test_the_load_counts_both_legs_though_one_is_seen(sides: tuple[Side, ...]) -> None:
    run = simulated_run([Bout(seconds=40, speed_mps=3.0)])
    engine, out = Engine([Worn(s.name, Placement.FOOT, s) for s in sides], TALL), []
    chunks = [cut(simulated_imu(run, Placement.FOOT, side, Device(), side.name), [50]) for side in sides]
    for pieces in zip(*chunks, strict=True):
        out += [r for piece in pieces for r in engine.push(piece)]
    out += engine.finish()
    last = {r.estimate.metric: r.estimate for r in out if isinstance(r, Metric) and r.side is None}
    impulse, steps = last["braking_impulse_bws"].value, len(run.ic_s) - 4  # speed is known a stride later
    assert last["braking_dose_bws"].value == pytest.approx(impulse * steps, rel=0.05)
    assert ("contact_balance_pct" in last) == (len(sides) == 2)
    assert last["step_variability_pct"].value == pytest.approx(1.2, abs=0.8)
