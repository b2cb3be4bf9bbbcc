"""The terminal: the metrics of the tiles, as a person reads them."""

from __future__ import annotations

import io
import threading
from collections.abc import AsyncIterator

import pytest
from rich.console import Console

from dsp.metrics import BY_NAME, Role, with_role
from dsp.types import Cue, CueKind, Estimate, Fault, Metric
from monitor.core.message_catalogues import catalogue
from monitor.core.records import LinkState, Out, SensorStatus, SinkStatus
from monitor.sinks.cue_text import cue_line, label_text
from monitor.sinks.terminal import TerminalSink


async def drawn(*records: Out) -> str:
    async def batches() -> AsyncIterator[list[Out]]:
        yield list(records)

    out = io.StringIO()
    await TerminalSink(Console(file=out, width=120)).run(batches())
    return out.getvalue()


def measured(metric: str, value: float, sd: float) -> Metric:
    return Metric(5.0, None, Estimate(metric, value, sd, "foot"))


async def test_every_tile_has_a_row_and_what_nobody_measured_a_dash() -> None:
    text = await drawn()
    for name in with_role(Role.TILE):
        (row,) = [
            line for line in text.splitlines() if f" {label_text(BY_NAME[name], catalogue('en'))} " in line
        ]
        assert "—" in row


@pytest.mark.parametrize(
    ("record", "cells"),
    [
        (measured("speed_mps", 1000 / 330, 0.05), ["5:30", "0:05", "min/km"]),
        (measured("speed_mps", 0.1, 0.05), ["—", "", "min/km"]),  # stands: no pace
        (measured("overstride_m", 0.2514, 0.012), ["25.1", "1.2", "cm"]),
        (measured("cadence_spm", 171.6, 0.7), ["172", "1", "steps/min"]),
    ],
)
async def test_numbers_are_written_in_the_unit_that_is_shown(record: Metric, cells: list[str]) -> None:
    text = await drawn(record)
    label = label_text(BY_NAME[record.estimate.metric], catalogue("en"))
    (row,) = [line for line in text.splitlines() if f" {label} " in line]
    assert [cell.strip() for cell in row.split("│")[2:5]] == cells


async def test_what_no_sensor_saw_is_called_calculated() -> None:
    model = Metric(5.0, None, Estimate("contact_ms", 240.0, 18.0, "model"))
    label = label_text(BY_NAME["contact_ms"], catalogue("en"))
    for record, unit in ((model, "ms · calculated"), (measured("contact_ms", 240.0, 5.0), "ms")):
        (row,) = [line for line in (await drawn(record)).splitlines() if f" {label} " in line]
        assert row.split("│")[4].strip() == unit


def test_a_number_that_is_shown_as_a_pace_is_not_called_speed() -> None:
    assert label_text(BY_NAME["speed_mps"], catalogue("en")) == "Pace"
    assert label_text(BY_NAME["speed_mps"], catalogue("de")) == "Tempo"
    assert label_text(BY_NAME["cadence_spm"], catalogue("en")) == "Cadence"


def test_a_cue_is_printed_in_the_same_unit() -> None:
    cue = Cue(38.0, CueKind.CORRECT, Fault.OVERSTRIDE, "overstride_m", 0.29, 0.25, "shorter", 41.0, why="x")
    assert cue_line(cue, catalogue("en")) == "0:38  cue  Overstride 29.0, target 25.0 cm (x)"
    german = cue_line(cue, catalogue("de"))
    assert german == "0:38  Hinweis  Overstride 29,0, Ziel 25,0 cm (x)"


async def test_the_table_speaks_the_language_of_the_runner() -> None:
    async def batches() -> AsyncIterator[list[Out]]:
        yield [measured("overstride_m", 0.2514, 0.012)]
        yield [SensorStatus(5.0, "left", LinkState.SILENT, "silent for 5 s", silent_s=5.0)]

    out = io.StringIO()
    await TerminalSink(Console(file=out, width=120), "de").run(batches())
    assert "Overstride" in out.getvalue()
    assert "25,1" in out.getvalue()
    assert "seit 5 s keine Daten" in out.getvalue()


class Watched(io.StringIO):
    """Notes which threads write."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def write(self, text: str, /) -> int:
        self.threads.add(threading.get_ident())
        return super().write(text)


async def test_a_terminal_that_takes_no_text_stops_nobody_else() -> None:
    async def batches() -> AsyncIterator[list[Out]]:
        for t_s in (1.0, 2.0):
            yield [Cue(t_s, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 160.0, 172.0, "", t_s + 3)]

    out = Watched()
    await TerminalSink(Console(file=out, force_terminal=True, width=120, height=40)).run(batches())
    assert out.threads
    assert threading.get_ident() not in out.threads
    assert out.getvalue().count("160") == 2


async def test_a_tape_that_cannot_be_written_is_told_until_it_can() -> None:
    full = SinkStatus(5.0, "tape", False, "no room on the disk; 70 packets wait in memory")
    assert "tape: no room on the disk; 70 packets wait in memory" in await drawn(full)
    assert "tape:" not in await drawn(full, SinkStatus(6.0, "tape", True, "writing again"))
