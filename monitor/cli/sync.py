"""``gaitcue sync``: sensors that were knocked together, in one time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dsp.types import Array
    from monitor.pipeline.tap_alignment import Alignment
    from monitor.recordings.recording import Recording


def sync(
    file: Annotated[Path, typer.Argument(help="a tape or another recording of two or more IMUs")],
    window: Annotated[float, typer.Option(min=10, help="seconds at either end to look for taps in")] = 90.0,
    apply: Annotated[
        bool, typer.Option("--apply", help="put the delays into the settings on this tape")
    ] = False,
) -> None:
    """Find the taps that all sensors felt at the start and the end; tell offsets, drift and settings."""
    from monitor.core.errors import ConfigError, InputError
    from monitor.pipeline.tap_alignment import align, delays
    from monitor.recordings.readers import read_recording

    recording = read_recording(file)
    if apply and file.suffix.lower() != ".tape":
        raise ConfigError(f"{file}: only a tape can keep the delays; leave out --apply")
    signals = read_signals(recording)
    if len(signals) < 2:
        raise InputError(f"{file}: has {len(signals)} sensor with acceleration; it takes two to compare")
    found = align(signals, window)
    if not found:
        raise InputError(
            f"{file}: no three taps that two sensors felt within {window:.0f} s of either end, so their "
            "constant delay against each other stays unknown (tens of ms). At the start and at the end of "
            "a run, hold the sensors still and knock them together five times, unevenly"
        )
    reference = next(name for name in signals if name not in {a.sensor for a in found})
    late = delays(reference, found)
    before = {s.name: s.sync_delay_s for s in recording.settings.sensors}
    total = {name: before[name] + delay_s for name, delay_s in late.items()}
    _show(reference, found, total, set(signals))
    if apply:
        settle(file, total)


def read_signals(recording: Recording) -> dict[str, tuple[Array, Array]]:
    """Session seconds (n,) and acceleration (n, 3) of every IMU of a recording."""
    import numpy as np

    from dsp.types import ImuChunk
    from monitor.devices.registry import DEVICES
    from monitor.pipeline.sensor_stream import SensorStream

    streams = {s.name: SensorStream(s, DEVICES[s.kind]) for s in recording.settings.sensors}
    chunks: dict[str, list[ImuChunk]] = {name: [] for name in streams}
    for packet in recording.packets():
        chunks[packet.sensor] += [c for c in streams[packet.sensor].push(packet) if isinstance(c, ImuChunk)]
    return {
        name: (np.concatenate([c.t_s for c in own]), np.concatenate([c.acc_ms2 for c in own]))
        for name, own in chunks.items()
        if own
    }


def settle(file: Path, delay_s: Mapping[str, float]) -> None:
    """Put the delays into the settings on a tape; its packets stay as they are."""
    from monitor.recordings.tape import TapeReader, resettle

    with TapeReader(file) as tape:
        settings = tape.header.settings
    sensors = tuple(replace(s, sync_delay_s=delay_s.get(s.name, s.sync_delay_s)) for s in settings.sensors)
    resettle(file, replace(settings, sensors=sensors))


def _show(
    reference: str, found: Sequence[Alignment], total: Mapping[str, float], sensors: set[str]
) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(caption=f"later than {reference}, in ms ± one standard deviation")
    for heading in ("sensor", "taps", "at the start", "at the end", "together", "drift, ppm"):
        table.add_column(heading, justify="left" if heading == "sensor" else "right")
    for a in found:
        ends = [
            f"{e.offset_s * 1e3:.1f} ± {e.sd_s * 1e3:.1f}" if e else "no taps" for e in (a.start, a.end)
        ]
        drift = "unknown" if a.drift_ppm is None else "{:.1f} ± {:.1f}".format(*a.drift_ppm)
        taps = a.start.taps + (a.end.taps if a.end else 0)
        both = f"{a.delay_s * 1e3:.1f} ± {a.sd_s * 1e3:.1f}"
        table.add_row(a.sensor, str(taps), *ends, both, drift)
    console = Console()
    console.print(table)
    for name in sorted(sensors - set(total)):
        console.print(f"{name}: shares no taps; its constant delay stays unknown (tens of ms)")
    console.print("\nFor the settings; it holds as long as sensor and radio stay the same:")
    for name, delay_s in total.items():
        console.print(
            f"  sync_delay_s = {delay_s:.4f}   # in [[sensor]] {name}", highlight=False, markup=False
        )
