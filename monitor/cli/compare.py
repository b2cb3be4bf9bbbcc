"""Commands that set sessions against each other: two or more, or all of the last weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from monitor.cli.options import SettingsOption, open_session_store, resolve_session
from monitor.core.message_catalogues import catalogue
from monitor.core.user_language import user_language, user_text

if TYPE_CHECKING:
    from rich.table import Table

    from monitor.review.compare import Row, TrendPoint


_MODEL_MARK = " ~"
"""Behind a number that no sensor saw; the captions say so."""


def compare_command(
    sessions: Annotated[list[str], typer.Argument(help="option.compare.sessions")],
    config: SettingsOption = None,
) -> None:
    """Compare sessions at the same speed and grade."""
    from rich.console import Console

    from monitor.review.compare import compare_sessions

    with open_session_store(config) as store:
        names = [resolve_session(store, s) for s in sessions]
        rows = compare_sessions(store, names)
    nothing = user_text("say.compare.nothing")
    Console().print(comparison_table(names, rows) if rows else nothing)


def trends_command(
    weeks: Annotated[int, typer.Option(min=1, max=520, help="option.trends.weeks")] = 12,
    athlete: Annotated[str | None, typer.Option(help="option.trends.athlete")] = None,
    config: SettingsOption = None,
) -> None:
    """Show how every metric has changed over the weeks."""
    from rich.console import Console

    from monitor.review.compare import metric_trends
    from monitor.service.config import load_config

    with open_session_store(config) as store:
        trends = metric_trends(store, athlete or load_config(config).athlete, weeks)
    nothing = user_text("say.trends.nothing")
    Console().print(trends_table(trends, weeks) if trends else nothing)


def comparison_table(names: Sequence[str], rows: Sequence[Row]) -> Table:
    """Return one row per metric with its mean in each session and the difference from the first one."""
    from rich.table import Table

    from dsp.metrics import BY_NAME
    from monitor.core.metric_legend import unit_text
    from monitor.review.block_statistics import clear_change

    messages = catalogue(user_language())
    table = Table(caption=user_text("say.compare.caption"))
    table.add_column(user_text("terminal.column.metric"))
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
    table.add_column(user_text("terminal.column.unit"))
    for row in rows:
        spec, cells = BY_NAME[row.metric], []
        n = spec.decimals + 1
        for mean, difference, modelled in zip(row.means, row.differences, row.modelled, strict=True):
            text = "–" if mean is None else f"{mean.value:.{n}f}{_MODEL_MARK if modelled else ''}"
            if difference is not None:
                half = "" if difference.half is None else f" ± {difference.half:.{n}f}"
                star = " *" if clear_change(row.metric, difference) else ""
                text += f"\n{difference.value:+.{n}f}{half}{star}"
            cells.append(text)
        table.add_row(user_text(f"metric.{row.metric}.label"), *cells, unit_text(spec, messages))
    return table


def trends_table(trends: Mapping[str, Sequence[TrendPoint]], weeks: int) -> Table:
    """Return one row per metric and run, the oldest first."""
    from rich.table import Table

    from dsp.metrics import BY_NAME
    from monitor.core.metric_legend import unit_text

    messages = catalogue(user_language())

    table = Table(caption=user_text("say.trends.caption", weeks=weeks))
    for heading in ("metric", "day", "value", "unit"):
        justify: Literal["left", "right"] = "right" if heading == "value" else "left"
        table.add_column(user_text(f"say.trends.{heading}"), justify=justify)
    for name, points in trends.items():
        spec = BY_NAME[name]
        for k, point in enumerate(points):
            mean, n = point.found, spec.decimals + 1
            half = "" if mean.half is None else f" ± {mean.half:.{n}f}"
            label = user_text(f"metric.{name}.label") if k == 0 else ""
            unit = unit_text(spec, messages) if k == 0 else ""
            mark = _MODEL_MARK if point.modelled else ""
            table.add_row(label, point.when[:10], f"{mean.value:.{n}f}{half}{mark}", unit)
    return table
