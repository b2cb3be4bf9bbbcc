"""Sensors that were knocked together, in one time: from a recording to delays, and onto its tape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dsp.types import Array, ImuChunk
from monitor.core.errors import InputError
from monitor.pipeline.session import decoded_inputs
from monitor.pipeline.tap_alignment import Alignment, align_by_taps, sync_delays
from monitor.recordings.recording import Recording
from monitor.recordings.tape import TapeReader, replace_settings


@dataclass(frozen=True, slots=True)
class SensorAlignment:
    """A comparison of the sensors of a recording with the ``reference``.

    ``sync_delay_s``: the setting of each sensor that shares taps, what was set before included;
    ``unaligned``: the names of the sensors that share none.
    """

    reference: str
    alignments: list[Alignment]
    sync_delay_s: dict[str, float]
    unaligned: list[str]


def align_sensors(recording: Recording, window_s: float) -> SensorAlignment:
    """Return how the sensors of a recording stand to each other by taps within ``window_s`` of either end.

    ``InputError`` with fewer than two sensors with acceleration, or where no two share three taps.
    """
    signals = acceleration_signals(recording)
    if len(signals) < 2:
        raise InputError("error.one_sensor", count=len(signals))
    alignments = align_by_taps(signals, window_s)
    if not alignments:
        raise InputError("error.no_taps", window_s=window_s)
    others = {a.sensor for a in alignments}
    reference = next(name for name in signals if name not in others)
    before = {s.name: s.sync_delay_s for s in recording.settings.sensors}
    total = {name: before[name] + late_s for name, late_s in sync_delays(reference, alignments).items()}
    return SensorAlignment(reference, alignments, total, sorted(set(signals) - set(total)))


def acceleration_signals(recording: Recording) -> dict[str, tuple[Array, Array]]:
    """Return session seconds (n,) and acceleration in m/s² (n, 3) of every IMU of a recording."""
    chunks: dict[str, list[ImuChunk]] = {s.name: [] for s in recording.settings.sensors}
    for item in decoded_inputs(recording.settings, recording.packets()):
        if isinstance(item, ImuChunk):
            chunks[item.sensor].append(item)
    return {
        name: (np.concatenate([c.t_s for c in own]), np.concatenate([c.acc_ms2 for c in own]))
        for name, own in chunks.items()
        if own
    }


def write_sync_delays_to_tape(tape_file: Path, sync_delay_s: Mapping[str, float]) -> None:
    """Write delays by sensor name into the settings on a tape; its packets stay as they are."""
    with TapeReader(tape_file) as tape:
        settings = tape.header.settings
    sensors = tuple(
        replace(s, sync_delay_s=sync_delay_s.get(s.name, s.sync_delay_s)) for s in settings.sensors
    )
    replace_settings(tape_file, replace(settings, sensors=sensors))
