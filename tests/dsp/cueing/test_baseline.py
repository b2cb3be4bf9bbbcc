"""Nothing is learned from a gait that is not this runner's running."""

from __future__ import annotations

import pytest

from dsp.cueing.baseline import Baseline


def learned(seconds: int, cadence_spm: float = 166.0) -> Baseline:
    baseline = Baseline(1.75)
    baseline.begin_run()
    for _ in range(seconds):
        baseline.push("cadence_spm", cadence_spm, 2.8, 0.0)
    return baseline


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
