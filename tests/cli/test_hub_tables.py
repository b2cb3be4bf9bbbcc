"""How far a hub is, as a table."""

from __future__ import annotations

import datetime
import io
from dataclasses import replace

import pytest
from rich.console import Console

from monitor.cli.hub_tables import hub_status_parts
from monitor.hub.hub_status import HubStatus, PartitionProgress, StreamSize

NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
STREAMS = (StreamSize("PACKETS", 1200, 34_500_000), StreamSize("RECORDS", 0, 0))


def saved(seconds: float, waiting: int = 0) -> PartitionProgress:
    return PartitionProgress(3, 90, 80, waiting, NOW - datetime.timedelta(seconds=seconds), 2)


def printed(*partitions: PartitionProgress, records: int | None = 5) -> str:
    """Return what is printed, with its colours."""
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True, color_system="standard")
    for part in hub_status_parts(HubStatus(STREAMS, partitions, records), NOW):
        console.print(part)
    return out.getvalue()


def test_every_number_stands_in_the_table() -> None:
    text = printed(saved(12, waiting=7))
    row = next(line for line in text.splitlines() if "12 s" in line)
    assert row.split() == ["3", "90", "80", "7", "12", "s", "2"]
    plain = " ".join(text.split())
    assert "34.5" in plain
    assert "1200" in plain


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (-3, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h")]
)
def test_how_long_ago_a_worker_saved(seconds: float, text: str) -> None:
    assert text in printed(saved(seconds))


def test_a_position_that_cannot_be_read_is_a_question_mark() -> None:
    row = next(line for line in printed(replace(saved(12), readable=False)).splitlines() if "12 s" in line)
    assert "?" in row
    assert "80" not in row
    assert "80" in printed(saved(12))


def test_a_partition_without_a_worker_has_no_time() -> None:
    assert "—" in printed(PartitionProgress(0))


@pytest.mark.parametrize(
    ("progress", "red"),
    [
        (saved(60, waiting=500), False),
        (saved(91, waiting=1), True),
        (saved(9000, waiting=0), False),
        (PartitionProgress(0, last=3, waiting=3), True),
        (PartitionProgress(0), False),
        (replace(saved(1), readable=False), True),
    ],
)
def test_where_messages_wait_and_nobody_saves_the_row_is_red(
    progress: PartitionProgress, red: bool
) -> None:
    assert ("\x1b[31m" in printed(progress)) is red


def test_a_hub_without_a_store_says_so() -> None:
    assert "hub store" in printed(saved(1), records=None)
    assert "hub store" not in printed(saved(1), records=0)
