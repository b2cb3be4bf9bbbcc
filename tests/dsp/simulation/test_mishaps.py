"""What goes wrong with worn sensors is noticed, costs no more than it must, and is never made up for."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.simulation.mishaps import clipped, flopping, remounted, with_bursts_lost
from dsp.simulation.runner import Bout, Device, SimulatedRun, Style, simulated_imu, simulated_run
from dsp.types import (
    GRAVITY_MS2,
    Array,
    Gap,
    ImuChunk,
    Metric,
    Placement,
    Problem,
    Readiness,
    Record,
    Runner,
    SensorProblem,
    Side,
    Step,
    Worn,
)
from tests.deep import DEEP

SIDES = {"left": Side.LEFT, "right": Side.RIGHT}
SEES_SLOPE = ("slope_pct", "braking_impulse_bws", "peak_braking_bw", "speed_lost_mps")


@cache
def run_on(slope_pct: float = 0.0, seconds: float = 60.0, strike_deg: float = 0.0) -> SimulatedRun:
    bout = Bout(seconds=seconds, speed_mps=2.9, cadence_spm=166, slope_pct=slope_pct)
    return simulated_run([bout], Style(strike_deg=strike_deg), seed=5)


def shoes(run: SimulatedRun, **device: object) -> dict[str, ImuChunk]:
    made = Device(**device)  # type: ignore[arg-type]
    return {
        name: simulated_imu(run, Placement.FOOT, side, made, name, seed)
        for seed, (name, side) in enumerate(SIDES.items(), 3)
    }


def records(chunks: dict[str, ImuChunk]) -> list[Record]:
    engine = Engine([Worn(n, Placement.FOOT, SIDES[n]) for n in chunks], Runner(height_m=1.75))
    pieces = [
        ImuChunk(n, c.t_s[k : k + 10], c.acc_ms2[k : k + 10], c.gyr_rads[k : k + 10])
        for n, c in chunks.items()
        if c.gyr_rads is not None
        for k in range(0, len(c), 10)
    ]
    pieces.sort(key=lambda c: float(c.t_s[-1]))
    return [r for c in pieces for r in engine.push(c)] + engine.finish()


def steps_of(found: list[Record], after_s: float = 12.0) -> list[Step]:
    return [r for r in found if isinstance(r, Step) and r.ic_s > after_s]


def values(steps: list[Step], metric: str) -> Array:
    return np.array([e.value for s in steps if (e := s.get(metric)) is not None])


def problems(found: list[Record]) -> list[tuple[str, Problem]]:
    return [(r.sensor, r.problem) for r in found if isinstance(r, SensorProblem)]


def test_nothing_is_wrong_with_a_sound_sensor_on_any_ground() -> None:
    for slope in (-6.0, 0.0, 6.0):
        assert problems(records(shoes(run_on(slope)))) == []


@pytest.mark.parametrize("range_g", [3.0, 4.0, 5.0] if DEEP else [4.0])
def test_a_range_that_is_too_small_is_seen_whatever_it_is_and_said_once(range_g: float) -> None:
    whole = shoes(run_on())
    found = records({n: clipped(c, range_g * GRAVITY_MS2) for n, c in whole.items()})
    assert sorted(problems(found)) == [("left", Problem.CLIPPED), ("right", Problem.CLIPPED)]
    steps = steps_of(found)
    assert len(steps) > 100
    for metric in (*SEES_SLOPE, "speed_mps", "foot_strike_deg", "leg_stiffness_kn_m"):
        assert len(values(steps, metric)) == 0, metric
    assert values(steps, "contact_ms").mean() == pytest.approx(
        values(steps_of(records(whole)), "contact_ms").mean(), abs=8
    )


def test_a_gyroscope_at_the_end_of_its_range_is_seen() -> None:
    found = records({n: clipped(c, gyr_rads=6.0) for n, c in shoes(run_on()).items()})
    assert {p for _, p in problems(found)} == {Problem.CLIPPED}
    assert len(values(steps_of(found), "slope_pct")) == 0


def test_one_clipped_shoe_leaves_slope_and_braking_to_the_other() -> None:
    both = shoes(run_on())
    found = records({**both, "left": clipped(both["left"], 4 * GRAVITY_MS2)})
    assert problems(found) == [("left", Problem.CLIPPED)]
    steps = steps_of(found)
    assert abs(values(steps, "slope_pct")).max() < 3
    assert np.median(values(steps, "speed_mps")) == pytest.approx(2.9, rel=0.04)


def test_a_shoe_that_flops_is_said_to_be_loose_and_shows_no_slope() -> None:
    run = run_on()
    impacts = {"left": run.ic_s[run.left], "right": run.ic_s[~run.left]}
    found = records({n: flopping(c, impacts[n], 20.0) for n, c in shoes(run).items()})
    assert sorted(problems(found)) == [("left", Problem.LOOSE), ("right", Problem.LOOSE)]
    steps = steps_of(found, 20.0)
    for metric in (*SEES_SLOPE, "foot_strike_deg"):
        assert len(values(steps, metric)) == 0, metric
    assert len(values(steps, "speed_mps")) == len(steps)


def test_a_shoe_that_flops_a_little_reads_level_ground_as_level() -> None:
    run = run_on()
    impacts = {"left": run.ic_s[run.left], "right": run.ic_s[~run.left]}
    found = records({n: flopping(c, impacts[n], 8.0) for n, c in shoes(run).items()})
    assert abs(np.median(values(steps_of(found), "slope_pct"))) < 2


@pytest.mark.parametrize(
    ("axis", "degrees"),
    [(0, 90.0), (2, 180.0), *([(0, 180.0), (2, 90.0)] if DEEP else [])],
)
def test_a_case_turned_in_mid_run_is_learned_anew_within_20_s_and_said(axis: int, degrees: float) -> None:
    turn = [0.0, 0.0, 0.0]
    turn[axis] = math.radians(degrees)
    whole = shoes(run_on(seconds=80.0), misaligned_deg=(4.0, 8.0, -5.0))["left"]
    found = records({"left": remounted(whole, 40.0, turn)})
    assert [r.sensor for r in found if isinstance(r, Readiness) and r.shifted] == ["left"]
    assert problems(found) == []
    cadence = {
        r.t_s: r.estimate.value
        for r in found
        if isinstance(r, Metric) and r.side is None and r.estimate.metric == "cadence_spm"
    }
    assert set(np.arange(60.0, 79.0)) <= set(cadence)
    assert all(abs(cadence[t] - 166) < 5 for t in np.arange(60.0, 79.0))


@pytest.mark.parametrize(
    ("share", "rate_hz"),
    [(0.05, 200.0), (0.2, 100.0), *([(0.05, 100.0), (0.2, 200.0)] if DEEP else [])],
)
def test_bursts_of_loss_cost_only_the_contacts_they_hit(share: float, rate_hz: float) -> None:
    run = run_on(seconds=120.0)
    sent = {
        n: with_bursts_lost(c, share, seed)
        for seed, (n, c) in enumerate(shoes(run, rate_hz=rate_hz).items(), 7)
    }
    found = records(sent)
    steps = steps_of(found, 0.0)
    inner = [(t, "left" if left else "right") for t, left in zip(run.ic_s, run.left, strict=True)]
    inner = [(t, name) for t, name in inner if 8 < t < 112]
    arrived = seen = 0
    errors = []
    for t, name in inner:
        near = sent[name].t_s[np.abs(sent[name].t_s - t) <= 0.06]
        arrived += len(near) >= 0.12 * rate_hz - 1
        own = [s.ic_s - t for s in steps if s.side is SIDES[name] and abs(s.ic_s - t) < 0.08]
        seen += len(own)
        errors += own
    assert seen >= arrived - 0.03 * len(inner)
    assert np.abs(errors).max() < 0.01
    assert sum(8.1 < s.ic_s < 111.9 for s in steps) == seen  # none invented
    cadence = [
        r.estimate.value
        for r in found
        if isinstance(r, Metric) and r.estimate.metric == "cadence_spm" and 10 < r.t_s < 112
    ]
    assert abs(np.mean(cadence) - 166) < (0.3 if share < 0.1 else 1.0)


def test_a_hole_is_still_a_gap_and_no_value_spans_it() -> None:
    sent = {n: with_bursts_lost(c, 0.1, 7) for n, c in shoes(run_on()).items()}
    found = records(sent)
    for name, chunk in sent.items():
        long = np.diff(chunk.t_s) > 0.1
        gaps = [r for r in found if isinstance(r, Gap) and r.sensor == name]
        assert [g.start_s for g in gaps] == pytest.approx(chunk.t_s[:-1][long])
        for s in (s for s in steps_of(found) if s.sensor == name and s.to_s is not None):
            assert not any(s.ic_s < g.start_s and g.end_s < (s.to_s or 0.0) for g in gaps)


def test_bursts_lose_the_share_that_was_asked_for() -> None:
    whole = shoes(run_on())["left"]
    sent = with_bursts_lost(whole, 0.2)
    assert len(sent) / len(whole) == pytest.approx(0.8, abs=0.01)
    assert np.diff(sent.t_s).max() < 1.0
