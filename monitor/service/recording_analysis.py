"""A whole recording through the live session: its records, its steps as CSV, a summary as a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from rich.table import Table

from dsp.metrics import BY_NAME, METRICS
from dsp.types import Record, Side, Step
from monitor.core.errors import StoreError
from monitor.core.message_catalogues import Catalogue
from monitor.core.metric_legend import unit_text
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.review.data_quality import problem_text
from monitor.sinks.run_summary import RunTotals

_COLUMNS = ["side", "ic_s", "to_s", "contact_ms", "cadence_spm"]
_COLUMNS += [m.name for m in METRICS if m.step and m.name not in _COLUMNS]


def session_records(recording: Recording) -> Iterator[tuple[int, list[Record]]]:
    """Yield, for every packet through a fresh session, how many are done and what became certain by it."""
    session = Session(recording.settings)
    for done, found in enumerate(session.evaluate(recording.packets()), start=1):
        yield done, [r for r in found if isinstance(r, get_args(Record))]
    yield recording.count, [r for r in session.finish() if isinstance(r, get_args(Record))]


def write_steps(path: Path, steps: list[Step]) -> None:
    """Write one row per step, empty where unknown; ``StoreError`` if ``path`` cannot be written."""
    try:
        with path.open("w", newline="") as f:
            out = csv.DictWriter(f, _COLUMNS)
            out.writeheader()
            for s in steps:
                row: dict[str, str | float] = {
                    "side": s.side.value if s.side else "",
                    "ic_s": f"{s.ic_s:.4f}",
                }
                row["to_s"] = "" if s.to_s is None else f"{s.to_s:.4f}"
                row |= {e.metric: f"{e.value:.5g}" for e in s.estimates}
                out.writerow(row)
    except OSError as exc:
        raise StoreError("error.cannot_write", path=path, reason=exc) from exc


def summary_table(
    settings: SessionSettings, duration_s: float, totals: RunTotals, messages: Catalogue
) -> Table:
    """Return a table of the mean of every metric over the steps and how much these scatter, with a title.

    Below it stands what is wrong with a sensor.
    """
    text = messages.text
    table = Table(title=_headline_text(settings, duration_s, totals, messages))
    table.add_column(text("terminal.column.metric"))
    for heading in (
        text("terminal.column.mean"),
        text("terminal.column.scatter"),
        text("terminal.column.steps"),
    ):
        table.add_column(heading, justify="right")
    table.add_column(text("terminal.column.unit"))
    for name, seen in totals.metrics.items():
        spec = BY_NAME[name]
        mean, sd = (messages.localized(f"{value:.{spec.decimals}f}") for value in (seen.mean, seen.sd))
        table.add_row(text(f"metric.{name}.label"), mean, sd, str(seen.count), unit_text(spec, messages))
    problems = [messages.render(problem_text(r)) for r in totals.problems.values()]
    table.caption = "\n".join(problems) or None
    return table


def _headline_text(
    settings: SessionSettings, duration_s: float, totals: RunTotals, messages: Catalogue
) -> str:
    places = {s.name: messages.text(f"placement.{s.placement.value}") for s in settings.sensors}
    return messages.text(
        "terminal.summary.title",
        worn=", ".join(f"{name} ({place})" for name, place in places.items()),
        minutes=duration_s / 60,
        steps=totals.steps.total(),
        left=totals.steps[Side.LEFT],
        right=totals.steps[Side.RIGHT],
        gaps=totals.gaps,
        running=totals.running_s(duration_s) / 60,
    )
