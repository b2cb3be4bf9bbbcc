"""What a foot sensor says of its own range and mount."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.events.foot_trust import FootTrust, StuckSamples
from dsp.types import Problem


def waves(limit: float = 39.0) -> np.ndarray:
    t = np.arange(0, 5, 0.005)
    phases = np.arange(6)
    return np.clip(60 * np.sin(2 * np.pi * 1.4 * t[:, None] + phases), -limit, limit)


def test_a_plateau_is_marked_from_its_third_sample_on_at_any_range() -> None:
    for limit in (20.0, 39.0, 55.0):
        marked = StuckSamples().push(waves(limit)).astype(bool)
        x = np.abs(waves(limit))
        full = (x >= 0.999 * limit).any(axis=1)
        assert 0.5 * full.sum() < marked.sum() <= full.sum()
        assert not marked[~full].any()


def test_peaks_that_are_not_cut_off_are_not_marked_nor_is_a_sensor_at_rest() -> None:
    assert StuckSamples().push(waves(1e9)).sum() == 0
    at_rest = np.tile((0.0, 0.0, 9.81, 0.0, 0.0, 0.0), (400, 1))
    assert StuckSamples().push(at_rest).sum() == 0


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_marks_do_not_depend_on_how_samples_are_cut(size: int) -> None:
    x, cut = waves(), StuckSamples()
    pieces = [cut.push(x[k : k + size]) for k in range(0, len(x), size)]
    assert np.array_equal(np.concatenate(pieces), StuckSamples().push(x))


def test_each_problem_is_new_once_and_a_tightened_mount_counts_again() -> None:
    trust = FootTrust()
    new = []
    for turning in [50.0] * 20 + [260.0] * 30 + [50.0] * 30:
        trust.push_range(0.0)
        trust.push_mount(turning, 1.0, 0.0)
        new += trust.new_problems()
    assert new == [Problem.LOOSE]
    assert not trust.loose


@pytest.mark.parametrize(("unsteady_deg", "climb_mps"), [(9.0, 0.0), (1.0, 0.7), (1.0, -1.5)])
def test_a_vertical_that_wanders_and_a_climb_that_nobody_runs_are_a_loose_mount(
    unsteady_deg: float, climb_mps: float
) -> None:
    trust = FootTrust()
    for _ in range(10):
        trust.push_mount(50.0, unsteady_deg, climb_mps)
    assert trust.new_problems() == [Problem.LOOSE]


def test_a_few_clipped_samples_are_no_matter() -> None:
    trust = FootTrust()
    for _ in range(50):
        trust.push_range(0.006)
    assert not trust.clipped
    for _ in range(20):
        trust.push_range(0.03)
    assert trust.clipped
