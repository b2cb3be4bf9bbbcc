"""The tables of the coaching trial in the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from dsp.cueing.baseline import Baseline
from dsp.cueing.target import increase_at_step
from dsp.types import Metric, Record
from monitor.core.errors import InputError
from monitor.core.session_settings import CoachSettings, CueSettings
from monitor.recordings.readers import read_recording
from monitor.service.recording_analysis import session_records
from monitor.simulation.coaching_trial import (
    OUTDOORS,
    STEP,
    STREETS,
    TREADMILL,
    Habits,
    Score,
    drifted_recording,
    run_trial,
)

_COLUMNS = {
    "cues_per_h": ("cues/h", 1),
    "false_per_h": ("false/h", 2),
    "delay_s": ("delay (s)", 1),
    "missed_pct": ("missed (%)", 0),
    "in_band_pct": ("in band (%)", 1),
}
_FIRST_DRIFT_S = (60, 110)
"""Where the drifts of a recording begin, in seconds of running: two passes."""


def print_simulated_trials(hours: float, drift_spm: float, seed: int) -> None:
    """Print tables for each ground: of a simulated runner who never drifts, and of one who does."""
    console = Console()
    never, does = Habits(), Habits(lapses=4, lapse_spm=drift_spm)
    cases = [
        (f"{TREADMILL.name}, no drift", TREADMILL, never),
        (f"{TREADMILL.name}, {drift_spm:+g} spm four times an hour", TREADMILL, does),
        (f"{OUTDOORS.name}, no drift", OUTDOORS, never),
        (f"{OUTDOORS.name}, {drift_spm:+g} spm four times an hour", OUTDOORS, does),
        (f"{STREETS.name}: pace, hills, lights, tunnels, fatigue", STREETS, Habits(lapses=4, tires_spm=2)),
    ]
    with Progress(console=Console(stderr=True), transient=True) as bar:
        for title, ground, habits in cases:
            scores: list[Score] = []
            hourly = run_trial(ground, habits, hours, seed)
            for so_far in bar.track(hourly, math.ceil(hours), description=title):
                scores = so_far
            console.print(trial_table(f"{title} ({hours:g} h)", scores))
    console.print(
        "A simulated runner shows how rarely and how soon a rule speaks, not that cues help anybody."
    )


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
        ("no drift put in", 0.0),
        (f"{drift_spm:+g} spm for a minute, again and again", drift_spm),
    ):
        passes = [drifted_recording(records, settings, target, drift, first) for first in _FIRST_DRIFT_S]
        scores = [_sum_of_scores(a, b) for a, b in zip(*passes, strict=True)]
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
        raise InputError("the recording has less than ten minutes of running; a trial needs more")
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
    out.add_column("rule")
    for heading, _ in _COLUMNS.values():
        out.add_column(heading, justify="right")
    for score in scores:
        row = score.row
        out.add_row(score.policy, *(_number_cell(row[k], digits) for k, (_, digits) in _COLUMNS.items()))
    return out


def _number_cell(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _sum_of_scores(a: Score, b: Score) -> Score:
    return Score(
        a.policy, a.hours + b.hours, a.cues + b.cues, a.false + b.false, a.false_tones + b.false_tones,
        a.in_band_s + b.in_band_s, a.run_s + b.run_s, [*a.delays_s, *b.delays_s], a.missed + b.missed,
    )  # fmt: skip
