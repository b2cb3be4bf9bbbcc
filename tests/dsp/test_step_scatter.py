"""The two kinds of ±: what lasts with a runner, and what differs between legs and from step to step."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.simulation.mishaps import with_bursts_lost
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.step_scatter import (
    interval_sd_s,
    lasting_sd,
    leg_difference_sd,
    scatter_of,
    step_mean,
    with_scatter,
)
from dsp.types import Contact, Estimate, Metric, Placement, Runner, Side, Step, Worn
from tests.dsp.gait import cut

LASTING_MS = 4.75


def steps(
    values: np.ndarray, sides: str = "LR", metric: str = "contact_ms", how: str = "foot"
) -> list[Step]:
    """One step per value, with the SD that the engine gives a step."""
    return [
        Step(
            "s", Side(sides[k % len(sides)]), float(k), None,
            (with_scatter(Estimate(metric, float(v), LASTING_MS, how)),),
        )
        for k, v in enumerate(values)
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["foot", "shank", "pelvis", "waist", "model"])
@pytest.mark.parametrize("metric", ["contact_ms", "duty_factor_pct", "braking_impulse_bws", "cadence_spm"])
def test_what_lasts_is_found_again_in_a_step(metric: str, how: str) -> None:
    lasting = Estimate(metric, 170.0, 3.0, how)
    step = with_scatter(lasting)
    assert step.sd >= lasting.sd
    assert lasting_sd(step) == pytest.approx(3.0)


def test_a_metric_nobody_measured_the_scatter_of_is_as_sure_in_a_step_as_in_a_mean() -> None:
    slope = Estimate("slope_pct", -3.0, 1.4, "foot")
    assert with_scatter(slope) == slope
    found = step_mean([Step("s", Side.LEFT, k, None, (slope,)) for k in range(20)], "slope_pct")
    assert found == slope
    assert step_mean([], "slope_pct") is None


def test_intervals_hold_what_they_say() -> None:
    """3000 runners with errors as in the table: 68 and 95 % of steps, of means and of differences."""
    s, rng = scatter_of("contact_ms", 230.0, "foot"), np.random.default_rng(16)
    in_steps, in_means, in_differences = [], [], []
    for _ in range(3000):
        legs = rng.normal(0, LASTING_MS) + rng.normal(0, s.leg) * np.array([1, -1])
        errors = legs[np.arange(14) % 2] + rng.normal(0, s.step, 14)
        said = steps(230.0 + errors)
        mean, step = step_mean(said, "contact_ms"), said[0].get("contact_ms")
        assert mean is not None
        assert step is not None
        in_steps.append(errors[0] / step.sd)
        in_means.append(errors.mean() / mean.sd)
        in_differences.append((errors[::2].mean() - errors[1::2].mean()) / leg_difference_sd(step, 7, 7))
    for found in (in_steps, in_means, in_differences):
        inside = np.abs(np.array(found))
        assert np.mean(inside <= 1.0) == pytest.approx(0.683, abs=0.03)
        assert np.mean(inside <= 1.96) == pytest.approx(0.95, abs=0.015)


def test_many_steps_of_both_legs_leave_what_lasts_and_those_of_one_its_leg_too() -> None:
    many = np.full(10_000, 230.0)
    both, left = step_mean(steps(many), "contact_ms"), step_mean(steps(many, "L"), "contact_ms")
    assert both is not None
    assert left is not None
    assert both.sd == pytest.approx(LASTING_MS, rel=0.001)
    assert left.sd == pytest.approx(math.hypot(LASTING_MS, 1.9), rel=0.001)


def test_what_lasts_cancels_between_the_legs_but_their_own_difference_does_not() -> None:
    contact = Estimate("contact_ms", 230.0, 100.0, "foot")
    assert leg_difference_sd(contact, 10**6, 10**6) == pytest.approx(2 * 1.9, rel=0.01)


def test_stride_times_follow_each_other_so_that_their_mean_is_surer_than_single_ones_would_say() -> None:
    """Contacts 2.2 ms off at random: the errors of all but the outermost cancel."""
    rng, found = np.random.default_rng(1), []
    for _ in range(2000):
        landings = np.arange(16) * 350 + rng.normal(0, 2.2, 16)
        found.append(float(np.mean(landings[2:] - landings[:-2])) - 700)
    strides = [
        Step("s", None, 0.35 * k, None, (with_scatter(Estimate("stride_time_ms", 700.0, 0.0, "foot")),))
        for k in range(14)
    ]
    mean = step_mean(strides, "stride_time_ms")
    assert mean is not None
    assert mean.sd == pytest.approx(np.std(found), rel=0.1)


@pytest.mark.parametrize("metric", ["stride_time_ms", "cadence_spm"])
@pytest.mark.parametrize("lost", [0.0, 0.1, 0.3])
def test_lost_steps_break_the_chain_and_the_mean_is_as_unsure_as_is_said(metric: str, lost: float) -> None:
    """Contacts 2.2 ms off at random, some of them not seen: a stride needs both of its ends."""
    rng, found = np.random.default_rng(2), []
    scatter = scatter_of("stride_time_ms", 700.0, "foot").step / math.sqrt(2)
    for _ in range(1500):
        truth = 0.35 * np.arange(16)
        landings, seen = truth + rng.normal(0, scatter / 1e3, 16), rng.random(16) >= lost
        strides = []
        for k in range(2, 16):
            if not (seen[k] and seen[k - 2]):
                continue
            stride_s = float(landings[k] - landings[k - 2])
            both = {"stride_time_ms": 1e3 * stride_s, "cadence_spm": 120 / stride_s}
            said = (with_scatter(Estimate(name, value, 0.0, "foot")) for name, value in both.items())
            strides.append(Step("s", None, float(landings[k]), None, tuple(said)))
        mean = step_mean(strides, metric)
        if mean is not None:
            found.append(
                (mean.value - {"stride_time_ms": 700.0, "cadence_spm": 120 / 0.7}[metric]) / mean.sd
            )
    inside = np.abs(np.array(found))
    assert np.mean(inside <= 1.0) == pytest.approx(0.683, abs=0.035)
    assert np.mean(inside <= 1.96) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(("placement", "seed"), [(Placement.FOOT, 101), (Placement.PELVIS, 101)])
@pytest.mark.parametrize("lost", [0.05, 0.2])
def test_cadence_over_lost_packets_lies_within_what_it_says(
    placement: Placement, seed: int, lost: float
) -> None:
    """Strides that were not seen have the mean of those that were: that is no second measurement."""
    run = simulated_run([Bout(seconds=100, speed_mps=2.8)], seed=seed)
    sides = tuple(Side) if placement.one_leg else (None,)
    worn = [Worn(str(side), placement, side) for side in sides]
    chunks = [simulated_imu(run, placement, w.side, Device(rate_hz=104), w.sensor, seed) for w in worn]
    engine, out = Engine(worn, Runner()), []
    cuts = [cut(with_bursts_lost(chunk, lost, seed), [5]) for chunk in chunks]
    for piece in sorted((p for pieces in cuts for p in pieces), key=lambda p: float(p.t_s[-1])):
        out += engine.push(piece)
    found = []
    for r in out:
        if isinstance(r, Metric) and r.side is None and r.estimate.metric == "cadence_spm" and r.t_s > 20:
            ends = np.flatnonzero((run.ic_s > r.t_s - 5) & (run.ic_s <= r.t_s))
            true = float(np.mean(120 / (run.ic_s[ends] - run.ic_s[ends - 2])))
            found.append(abs(r.estimate.value - true) / r.estimate.sd)
    assert len(found) > 60
    assert np.mean(np.array(found) <= 1.96) >= 0.9
    assert np.mean(np.array(found) <= 1) <= 0.95  # nor is it much too wide


def test_contacts_bridged_over_lost_samples_make_the_mean_as_unsure_as_they_are() -> None:
    """Each of two lone strides is 10 ms off; the third, a surer one, does not hide it."""
    sds = (10.0, 10.0, 3.1)
    lone = [
        Step("s", None, 3.0 * k, None, (Estimate("stride_time_ms", 700.0, sd, "foot"),))
        for k, sd in enumerate(sds)
    ]
    mean = step_mean(lone, "stride_time_ms")
    assert mean is not None
    assert mean.sd == pytest.approx(math.sqrt(sum(sd**2 for sd in sds)) / 3)


def test_an_interval_is_as_unsure_as_its_contact_where_samples_were_lost_or_nobody_measured() -> None:
    whole = Contact("s", Placement.PELVIS, None, 1.0, None, 0.0108, None, 1.1)
    assert interval_sd_s(whole) == 0.0
    assert interval_sd_s(replace(whole, filled_s=0.04)) == pytest.approx(0.0108 * math.sqrt(2))
    assert interval_sd_s(replace(whole, placement=Placement.WAIST)) == pytest.approx(0.0108 * math.sqrt(2))


def test_a_share_grows_with_the_value() -> None:
    low, high = (scatter_of("peak_braking_bw", v, "pelvis") for v in (0.2, 0.4))
    assert (high.leg, high.step) == (pytest.approx(2 * low.leg), pytest.approx(2 * low.step))
    assert low.step == pytest.approx(0.2 * 0.075)


def test_a_second_is_surer_than_its_steps_and_the_load_adds_up_only_what_lasts() -> None:
    run = simulated_run([Bout(seconds=40, speed_mps=3.0)])
    engine, out = Engine([Worn(s.name, Placement.FOOT, s) for s in Side], Runner()), []
    chunks = [cut(simulated_imu(run, Placement.FOOT, side, Device(), side.name), [50]) for side in Side]
    for pieces in zip(*chunks, strict=True):
        out += [r for piece in pieces for r in engine.push(piece)]
    out += engine.finish()
    step = [r for r in out if isinstance(r, Step)][-8]
    second = {r.estimate.metric: r.estimate for r in out if isinstance(r, Metric) and r.side is None}
    for metric in ("contact_ms", "braking_impulse_bws", "overstride_m", "cadence_spm"):
        own = step.get(metric)
        assert own is not None
        assert lasting_sd(own) <= second[metric].sd < 0.9 * own.sd
    impulse, dose = step.get("braking_impulse_bws"), second["braking_dose_bws"]
    assert impulse is not None
    assert dose.sd / dose.value == pytest.approx(lasting_sd(impulse) / impulse.value, rel=0.1)
    assert second["cadence_spm"].sd == pytest.approx(0.08, abs=0.02)
    assert second["contact_balance_pct"].sd == pytest.approx(50 * 2 * 1.9 / 460, rel=0.3)
