"""The runner's own normal as a table and a picture, with a speed source and without."""

from __future__ import annotations

import datetime
import io

import pytest
from rich.console import Console

from dsp.cueing.baseline import Baseline
from dsp.cueing.target import TargetParams
from monitor.review.baseline_chart import (
    BaselineView,
    baseline_curves,
    baseline_table,
    baseline_text,
    steps_table,
)
from monitor.training.cadence_steps import StepChange


def view(minutes: int, *, speed: bool = True, runs: int = 1) -> BaselineView:
    """A runner at 168 steps/min at 2.8 m/s who takes 6 more for each m/s."""
    baseline = Baseline()
    for _ in range(runs):
        baseline.begin_run()
        for second in range(60 * minutes // runs):
            mps = 2.6 + 0.4 * ((second // 60) % 2)
            baseline.push("cadence_spm", 168.0 + 6 * (mps - 2.8), mps if speed else None, 0.0)
    steps = (
        StepChange(datetime.date(2026, 3, 1), 0, "start"),
        StepChange(datetime.date(2026, 3, 9), 1, "kept"),
    )
    return BaselineView(athlete="ann", baseline=baseline, steps=steps, target=TargetParams())


def rows(shown: BaselineView) -> list[list[str]]:
    console = Console(width=120, file=io.StringIO())
    with console.capture() as text:
        console.print(baseline_table(shown))
    return [
        [c.strip() for c in line.strip("│ ").split("│")] for line in text.get().splitlines() if "│" in line
    ]


def test_the_table_follows_the_speed() -> None:
    shown = view(30)
    table = rows(shown)
    speeds = [float(row[0]) for row in table]
    own = [float(row[2]) for row in table]
    assert speeds == sorted(speeds)
    assert len(speeds) == 7
    assert own == sorted(own)
    assert own[3] == pytest.approx(168.0, abs=1.5)
    for row in table:
        low, high = (float(x) for x in row[5].split(" to "))
        assert low <= float(row[4]) <= high
        assert float(row[4]) >= float(row[2])  # the target asks for more, never for less


def test_without_a_speed_there_is_one_number() -> None:
    shown = view(30, speed=False)
    assert [row[:2] for row in rows(shown)] == [["any", "any"]]
    assert "one number for every pace" in baseline_text(shown)


def test_a_short_run_is_not_enough() -> None:
    assert "not enough yet" in baseline_text(view(2))


def test_what_is_full_is_frozen_and_what_is_not_still_learns() -> None:
    params = Baseline().params
    full = round(params.full_min) + 20
    assert "Learning is complete" in baseline_text(view(full * 2, runs=params.full_runs))
    assert "still learns" in baseline_text(view(round(params.first_min) + 2))


def test_the_curves_are_those_of_the_table_with_what_lies_round_them() -> None:
    shown = view(30)
    curves = baseline_curves(shown)
    own, target = curves["lines"]
    assert [own["label"], own["spread"]] == ["usual cadence", "uncertainty (95 %)"]
    assert [target["label"], target["spread"]] == ["target", "target range"]
    for k in (0, 20, 39):
        expected, aimed = shown.at(curves["start"] + k * curves["every"])
        assert own["mean"][k] == pytest.approx(expected.value, abs=0.006)
        assert own["high"][k] - own["low"][k] == pytest.approx(2 * 1.96 * expected.sd, abs=0.02)
        drawn = [target[name][k] for name in ("mean", "low", "high")]
        assert drawn == pytest.approx([aimed.centre, aimed.low, aimed.high], abs=0.006)
    assert curves["start"] + 39 * curves["every"] == pytest.approx(shown.speeds[-1])


def test_without_a_speed_the_curves_are_level_and_have_no_axis() -> None:
    curves = baseline_curves(view(30, speed=False))
    assert curves["axis"] == ""
    assert all(len(set(line[name])) == 1 for line in curves["lines"] for name in ("mean", "low", "high"))


def test_every_step_of_the_target_is_shown_with_its_day_and_reason() -> None:
    console = Console(width=120, file=io.StringIO())
    with console.capture() as text:
        console.print(steps_table(view(30)))
    lines = [" ".join(line.strip("│ ").split()) for line in text.get().splitlines() if "2026" in line]
    assert lines == [
        "2026-03-01 │ +0.0 % │ your first runs, at your own cadence",
        "2026-03-09 │ +2.5 % │ two good runs",
    ]
