"""What a run comes to is counted as it goes on, and is what all of its records together give."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.metrics import BY_NAME
from dsp.types import Activity, ActivityChange, Estimate, Gap, Problem, SensorProblem, Side, Step
from monitor.core.records import Out
from monitor.pipeline.session import Session
from monitor.simulation.simulated_runner import RadioModel, simulated_recording
from monitor.sinks.run_summary import RunningStatistics, RunTotals


def step(number: int) -> Step:
    side = Side.LEFT if number % 2 else Side.RIGHT
    estimates = (Estimate("cadence_spm", 165.0 + number % 7, 1.0, "foot"),)
    return Step("left", side, 0.35 * number, 0.35 * number + 0.2, estimates)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.floats(0, 1e6))
def test_mean_and_scatter_are_those_of_all_values(values: list[float], offset: float) -> None:
    statistics, moved = RunningStatistics(), [v + offset for v in values]
    for value in moved:
        statistics.add(value)
    assert statistics.count == len(moved)
    assert statistics.mean == pytest.approx(np.mean(moved), rel=1e-12, abs=1e-8)
    assert statistics.sd == pytest.approx(np.std(moved), rel=1e-9, abs=1e-7)


def test_the_table_of_a_run_shows_the_digits_of_all_of_its_steps_together() -> None:
    recording = simulated_recording(100.0, RadioModel(loss=0.02))
    session, totals, records = Session(recording.settings), RunTotals(), list[Out]()
    for packet in recording.packets():
        records += (certain := session.push(packet))
        totals.add(certain)
    records += (certain := session.finish())
    totals.add(certain)
    steps = [r for r in records if isinstance(r, Step)]
    assert totals.steps.total() == len(steps) > 200
    assert totals.steps[Side.LEFT] == sum(s.side is Side.LEFT for s in steps)
    assert totals.gaps == sum(isinstance(r, Gap) for r in records) > 0
    changes = [(r.t_s, r.activity) for r in records if isinstance(r, ActivityChange)]
    changes.append((100.0, Activity.UNKNOWN))
    assert totals.running_s(100.0) == sum(b[0] - a[0] for a, b in pairwise(changes) if a[1] is Activity.RUN)
    assert len(totals.metrics) > 8
    for name, seen in totals.metrics.items():
        values = [e.value for s in steps for e in s.estimates if e.metric == name]
        digits = BY_NAME[name].decimals
        assert seen.count == len(values)
        assert f"{seen.mean:.{digits}f}" == f"{np.mean(values):.{digits}f}"
        assert f"{seen.sd:.{digits}f}" == f"{np.std(values):.{digits}f}"


def test_a_problem_that_comes_back_is_one_problem() -> None:
    totals = RunTotals()
    totals.add(SensorProblem(60.0 * k, "left", Problem.CLIPPED) for k in range(9))
    assert [p.t_s for p in totals.problems.values()] == [0.0]


def test_a_day_of_steps_takes_no_more_memory_than_an_hour() -> None:
    totals = RunTotals()
    totals.add(step(k) for k in range(100))
    tracemalloc.start()
    try:
        totals.add(step(k) for k in range(100, 20_000))
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 2_000
