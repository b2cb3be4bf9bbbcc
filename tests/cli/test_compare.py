"""Runs side by side in the terminal: what no sensor saw is marked in each of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from monitor.cli.compare import comparison_table, trends_table
from monitor.review.compare import Row, TrendPoint, compare_sessions, metric_trends
from monitor.storage.store import Store
from tests.fit_bytes import file_id, fit_file, row
from tests.storage_of_files import import_file


@pytest.fixture
def runs(tmp_path: Path) -> tuple[list[Row], dict[str, list[TrendPoint]]]:
    """A run whose contact time a watch measured, and one a day later of which it is a model's."""
    with Store(tmp_path / "gaitcue.db") as store:
        names = []
        for day, measured in enumerate(({"stance": 241.0}, {})):
            rows = (row(86_400 * day + t, speed=3.0, cadence=85, **measured) for t in range(300))
            names.append(import_file(store, tmp_path, fit_file(file_id() + b"".join(rows))).id)
        return compare_sessions(store, names), metric_trends(store, "me", 4)


def drawn(table: Table) -> str:
    console = Console(width=100, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_a_comparison_marks_the_run_in_which_no_sensor_saw_it(runs: tuple[list[Row], object]) -> None:
    found = {r.metric: r.modelled for r in runs[0]}
    assert found["contact_ms"] == [False, True]
    assert found["cadence_spm"] == [False, False]
    text = drawn(comparison_table(["one", "two"], runs[0]))
    (line,) = [line for line in text.splitlines() if "Ground contact time" in line]
    first, second = line.split("│")[2:4]
    assert ("~" in first, "~" in second) == (False, True)
    assert "~ calculated, not measured" in " ".join(text.split())


def test_trends_mark_each_run_in_which_no_sensor_saw_it(
    runs: tuple[object, dict[str, list[TrendPoint]]],
) -> None:
    assert [p.modelled for p in runs[1]["contact_ms"]] == [False, True]
    text = drawn(trends_table({"contact_ms": runs[1]["contact_ms"]}, 4))
    values = [line.split("│")[3] for line in text.splitlines() if "2026-11-2" in line]
    assert ["~" in value for value in values] == [False, True]
