"""The trial measures what it says."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.types import Activity, ActivityChange, Metric, Record
from monitor.simulation.coaching_trial import (
    TREADMILL,
    Ground,
    Habits,
    TrialRunner,
)
from monitor.simulation.cue_rules import Dwell, FixedBand, Proportional, Quanta
from tests.coached_runner import metric_seconds, run_starts


def test_the_runner_scatters_as_it_says() -> None:
    runner = TrialRunner(Ground(name="g", sd_spm=2.7), Habits(), seed=1)
    values = []
    for t in range(1, 20_000):
        values += [
            r.estimate.value
            for r in runner.second(float(t))
            if isinstance(r, Metric) and r.estimate.metric == "cadence_spm"
        ]
    x = np.array(values) - np.mean(values)
    assert np.std(x) == pytest.approx(2.7, rel=0.06)
    assert np.corrcoef(x[1:], x[:-1])[0, 1] == pytest.approx(0.85, abs=0.02)


def test_a_runner_who_is_spoken_to_comes_back_and_one_who_is_not_stays_away_longer() -> None:
    def away(hears: bool) -> int:
        runner, out = TrialRunner(TREADMILL, Habits(lapses=30, heeds=1.0), seed=2), 0
        for t in range(1, 7200):
            runner.second(float(t))
            out += runner.lapsed_s is not None
            if hears and runner.lapsed_s == t - 5:
                runner.hear(float(t))
        return out

    assert away(True) < 0.25 * away(False)


def one_by_one(policy, records: list[Record]) -> list[float]:
    policy.second(0.0, [run_starts()])
    return [r.t_s for r in records if isinstance(r, Metric) and policy.second(r.t_s, [r])]


def test_the_other_rules_do_what_their_programs_do() -> None:
    low = metric_seconds([174.0] * 20 + [166.0] * 240, speed=None)
    assert one_by_one(FixedBand(174.0), low) == [21, 51, 81, 111, 141, 171, 201]
    assert one_by_one(Proportional(174.0), low) == [21, 201]
    assert one_by_one(Dwell(174.0), low)[:3] == [28, 48, 68]
    assert one_by_one(Quanta(174.0), low)[:4] == [5, 10, 15, 20]  # 168 or 180, never 174


def test_nobody_speaks_while_the_runner_stands() -> None:
    low = metric_seconds([150.0] * 60, speed=None)
    for make in (FixedBand, Quanta, Proportional, Dwell):
        policy = make(174.0)
        policy.second(0.0, [ActivityChange(0.0, Activity.WALK, 0.0)])
        assert [r for r in low if policy.second(r.t_s, [r])] == []
