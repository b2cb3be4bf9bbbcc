"""``gaitcue sensors align``: sensors that were knocked together, in one time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import finite_number
from monitor.core.user_language import user_text

if TYPE_CHECKING:
    from rich.table import Table

    from monitor.service.sensor_alignment import SensorAlignment


def align_command(
    file: Annotated[Path, typer.Argument(help="option.align.file")],
    window: Annotated[
        float, typer.Option(min=10, callback=finite_number, help="option.align.window")
    ] = 90.0,
    apply: Annotated[bool, typer.Option("--apply", help="option.align.apply")] = False,
) -> None:
    """Measure sensor delays from taps before and after a run.

    Hold the sensors still and knock them together five times, unevenly, at the start and at the end.
    """
    from rich.console import Console

    from monitor.core.errors import ConfigError, InputError
    from monitor.recordings.readers import read_recording
    from monitor.service.sensor_alignment import align_sensors, write_sync_delays_to_tape

    recording = read_recording(file)
    if apply and file.suffix.lower() != ".tape":
        raise ConfigError("error.only_tape_keeps_delays", file=file)
    try:
        alignment = align_sensors(recording, window)
    except InputError as exc:
        raise InputError("error.at", where=file, what=exc) from exc
    console = Console()
    console.print(alignment_table(alignment))
    for name in alignment.unaligned:
        console.print(user_text("say.align.no_taps", name=name))
    console.print(user_text("say.align.settings"))
    for name, delay_s in alignment.sync_delay_s.items():
        line = f"  sync_delay_s = {delay_s:.4f}   # in [[sensor]] {name}"
        console.print(line, highlight=False, markup=False)
    if apply:
        write_sync_delays_to_tape(file, alignment.sync_delay_s)


def alignment_table(alignment: SensorAlignment) -> Table:
    """Return one row per sensor: taps, its delay at both ends and together in ms, drift in ppm."""
    from rich.table import Table

    table = Table(caption=user_text("say.align.caption", reference=alignment.reference))
    table.add_column(user_text("terminal.column.sensor"))
    for heading in ("taps", "start", "end", "together", "drift"):
        table.add_column(user_text(f"say.align.column.{heading}"), justify="right")
    for a in alignment.alignments:
        ends = [
            f"{e.offset_s * 1e3:.1f} ± {e.sd_s * 1e3:.1f}" if e else user_text("say.align.none")
            for e in (a.start, a.end)
        ]
        drift = (
            user_text("say.align.unknown")
            if a.drift_ppm is None
            else "{:.1f} ± {:.1f}".format(*a.drift_ppm)
        )
        taps = a.start.taps + (a.end.taps if a.end else 0)
        both = f"{a.delay_s * 1e3:.1f} ± {a.sd_s * 1e3:.1f}"
        table.add_row(a.sensor, str(taps), *ends, both, drift)
    return table
