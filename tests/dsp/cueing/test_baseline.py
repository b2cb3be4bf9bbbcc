"""Nothing is learned from a gait that is not this runner's running."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.cueing.baseline import Baseline, cadence_prior


def learned(seconds: int, cadence_spm: float = 166.0) -> Baseline:
    baseline = Baseline(1.75)
    baseline.begin_run()
    for _ in range(seconds):
        baseline.push("cadence_spm", cadence_spm, 2.8, 0.0)
    return baseline


def test_taller_runners_step_more_slowly_and_an_unknown_height_widens_that_alone() -> None:
    average, tall, unknown = cadence_prior(1.74), cadence_prior(1.84), cadence_prior(None)
    assert average.mean == unknown.mean
    assert tall.mean == (pytest.approx(average.mean[0] - 8.0), *average.mean[1:])
    assert tall.sd == average.sd
    assert unknown.sd[0] > 1.1 * average.sd[0]
    assert unknown.sd[1:] == average.sd[1:]


@pytest.mark.parametrize("walking_spm", [88.0, 114.0, 129.0])
def test_no_walking_is_learned(walking_spm: float) -> None:
    assert not learned(0).accepts(walking_spm)
    assert not learned(600).accepts(walking_spm)


def test_a_new_runner_may_have_any_cadence_of_running() -> None:
    assert all(learned(0).accepts(spm) for spm in (136.0, 166.0, 208.0))
    assert not learned(0).accepts(235.0)


def test_a_known_runner_does_not_suddenly_step_half_or_twice_as_fast() -> None:
    slow = learned(600, cadence_spm=150.0)
    assert all(slow.accepts(spm) for spm in (135.0, 150.0, 185.0))
    assert not slow.accepts(215.0)
    quick = learned(600, cadence_spm=200.0)
    assert not quick.accepts(135.0)


def taught(baseline: Baseline, cadence_spm: float, seconds: int) -> int:
    """Seconds of this cadence that were learned, of those offered."""
    rng, count = np.random.default_rng(0), 0
    for value in cadence_spm + 1.5 * rng.standard_normal(seconds):
        if baseline.accepts(value):
            count += 1
            baseline.push("cadence_spm", float(value), None, 0.0)
        else:
            baseline.push_refused(value)
    return count


@pytest.mark.parametrize("height_m", [None, 1.55, 1.75, 1.95])
@pytest.mark.parametrize("first_s", [5, 30, 60, 120])
@pytest.mark.parametrize(("wrong", "true"), [(205.0, 140.0), (215.0, 150.0), (137.0, 205.0)])
def test_who_is_counted_wrong_at_first_is_known_a_few_minutes_later(
    wrong: float, true: float, first_s: int, height_m: float | None
) -> None:
    baseline = Baseline(height_m)
    baseline.begin_run()
    assert taught(baseline, wrong, first_s) == first_s
    assert taught(baseline, true, 1200) >= 1200 - 125
    normal = baseline.expect("cadence_spm", None, 0.0)
    assert normal is not None
    assert abs(normal.value - true) < 2
    assert baseline.runs == 1


def test_a_second_of_the_wrong_octave_now_and_then_does_not_hold_the_way_back_up() -> None:
    """One in thirty kept a normal of 205 for ever."""
    baseline = Baseline(1.75)
    baseline.begin_run()
    taught(baseline, 205.0, 60)
    for _ in range(20):
        taught(baseline, 140.0, 29)
        taught(baseline, 205.0, 1)
    normal = baseline.expect("cadence_spm", None, 0.0)
    assert normal is not None
    assert abs(normal.value - 140) < 5


def test_a_few_wrong_minutes_do_not_drop_what_was_learned_in_more() -> None:
    baseline = Baseline(1.75)
    assert taught(baseline, 142.0, 300) == 300
    for _ in range(4):
        assert taught(baseline, 210.0, 120) == 0
        assert taught(baseline, 142.0, 60) == 60
    assert baseline.blind.coefficients[0] == pytest.approx(142, abs=1)
    assert baseline.blind.seconds == 540


def test_an_established_baseline_learns_nothing_of_half_the_stride_time_however_long() -> None:
    baseline = learned(600, cadence_spm=145.0)
    assert taught(baseline, 212.0, 3600) == 0
    assert baseline.blind.seconds == 600
    assert baseline.blind.coefficients[0] == pytest.approx(145, abs=0.5)


def test_a_walk_never_drops_a_young_baseline() -> None:
    baseline = learned(30, cadence_spm=166.0)
    assert taught(baseline, 105.0, 1200) == 0
    assert baseline.blind.seconds == 30


@pytest.mark.parametrize(
    ("runs", "minutes", "left"),
    [(0, 0.0, 10), (1, 12.0, 8), (1, 19.0, 3), (2, 19.0, 1), (1, 4.0, 10), (3, 25.0, 1)],
)
def test_how_many_minutes_are_left_before_cues(runs: int, minutes: float, left: int) -> None:
    """The third: a second run counts from its third minute on."""
    baseline = learned(round(60 * minutes))
    baseline.runs = runs
    assert baseline.minutes_to_cues(with_speed=True) == left
    assert baseline.minutes_to_cues(with_speed=False) == left
