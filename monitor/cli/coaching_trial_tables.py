"""The tables of the coaching trial in the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Literal

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from dsp.cueing.baseline import Baseline
from dsp.cueing.target import increase_at_step
from dsp.types import Metric, Record
from monitor.core.errors import InputError
from monitor.core.session_settings import CoachSettings, CueSettings
from monitor.core.user_language import user_text
from monitor.recordings.readers import read_recording
from monitor.service.recording_analysis import session_records
from monitor.simulation.coaching_trial import (
    STEP,
    Score,
    drifted_recording,
)
from monitor.simulation.cue_rules import OTHER_RULES
from monitor.simulation.trial_scenarios import RUN_HOURS, SCENARIOS, lost_bars, scenario_scores, summed

_COLUMNS = {"cues_per_h": 1, "false_per_h": 2, "delay_s": 1, "missed_pct": 0, "in_band_pct": 1}
"""The figures of a rule, and their digits."""
_SCENARIO_FIGURES = (
    ("false_per_h", 2),
    ("false_tones_per_h", 2),
    ("delay_s", 0),
    ("missed_pct", 0),
    ("cues_per_lapse", 2),
)
_SCENARIO_COLUMNS = ("runner", "first_h", "second_h", *(name for name, _ in _SCENARIO_FIGURES), "bar")
_WIDEST = 1000
_FIRST_DRIFT_S = (60, 110)
"""Where the drifts of a recording begin, in seconds of running: two passes."""


def print_simulated_trial(runs: int, seed: int) -> bool:
    """Print one table of all scenarios and return whether every bar was held."""
    console = Console()
    table = Table(title=user_text("say.trial.title", runs=runs, hours=f"{RUN_HOURS:g}"), show_lines=False)
    for heading in _SCENARIO_COLUMNS:
        justify: Literal["left", "right"] = "left" if heading in ("runner", "bar") else "right"
        table.add_column(user_text(f"say.trial.column.{heading}"), justify=justify)
    for name in OTHER_RULES:
        table.add_column(user_text("say.trial.other_rule", rule=name), justify="right")
    lost: list[str] = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        for scenario in bar.track(SCENARIOS, description=user_text("say.trial.running")):
            ours, *others = scenario_scores(scenario, runs, seed)
            missed_bars = lost_bars(scenario.bars, ours)
            lost += [f"{scenario.name}: {text}" for text in missed_bars]
            table.add_row(*_scenario_cells(scenario.name, ours, others, bool(missed_bars)))
    _print_in_full(console, table)
    for text in lost:
        console.print(user_text("say.trial.lost", what=text))
    console.print(user_text("say.trial.caveat"))
    return not lost


def _print_in_full(console: Console, table: Table) -> None:
    """Print all figures, however narrow the terminal is or a file is taken to be."""
    needed = Console(width=_WIDEST).measure(table).maximum
    Console(width=max(needed, console.width)).print(table)


def _scenario_cells(
    name: str, ours: Sequence[Score], others: Sequence[Sequence[Score]], lost: bool
) -> list[str]:
    whole = summed(ours).row
    cells = [
        name,
        _number_cell(ours[0].row["cues_per_h"], 2),
        _number_cell(summed(ours[1:]).row["cues_per_h"], 2),
        *(_number_cell(whole[k], digits) for k, digits in _SCENARIO_FIGURES),
        user_text("say.trial.missed") if lost else "",
    ]
    for other in others:
        row = summed(other).row
        cells.append(f"{_number_cell(row['cues_per_h'], 0)} {_number_cell(row['delay_s'], 0)}".strip())
    return cells


def print_recording_trial(file: Path, drift_spm: float, placement: str | None) -> None:
    """Print what the rules do with a real run, as it was and with drifts put in.

    The run's own mean cadence counts as the normal, since nothing tells its pace.
    """
    recording = read_recording(file, placement, None)
    records: list[Record] = []
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(file.name, total=recording.count)
        for done, new in session_records(recording):
            records += new
            bar.update(task, completed=done)
    settings, target = coach_at_own_mean(records)
    for name, drift in (
        (user_text("say.trial.no_drift"), 0.0),
        (user_text("say.trial.drift", drift=f"{drift_spm:+g}"), drift_spm),
    ):
        passes = [drifted_recording(records, settings, target, drift, first) for first in _FIRST_DRIFT_S]
        scores = [summed((a, b)) for a, b in zip(*passes, strict=True)]
        Console().print(trial_table(f"{file.name}: {name}", scores))


def coach_at_own_mean(records: Sequence[Record]) -> tuple[CoachSettings, float]:
    """Return settings of a coach whose target is this run's own mean cadence, and that target in steps/min.

    ``InputError`` for less than ten minutes of running.
    """
    cadence = [
        r.estimate.value
        for r in records
        if isinstance(r, Metric) and r.estimate.metric == "cadence_spm" and r.estimate.value > 140
    ]
    if len(cadence) < 600:
        raise InputError("error.trial_too_short")
    aim = mean(cadence)
    baseline = Baseline()
    share = increase_at_step(STEP, CoachSettings().target)
    for _ in range(2):
        baseline.begin_run()
        for value in cadence:
            baseline.push("cadence_spm", value / (1 + share), None, 0.0)
    cues = CueSettings(warm_up_s=0, plan="always")
    return CoachSettings(cues=cues, baseline=baseline.to_dict(), step=STEP), aim


def trial_table(title: str, scores: Sequence[Score]) -> Table:
    """Return one row of scores per cue rule, under this title."""
    out = Table(title=title)
    out.add_column(user_text("say.trial.column.rule"))
    for heading in _COLUMNS:
        out.add_column(user_text(f"say.trial.column.{heading}"), justify="right")
    for score in scores:
        row = score.row
        out.add_row(score.policy, *(_number_cell(row[k], digits) for k, digits in _COLUMNS.items()))
    return out


def _number_cell(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"
