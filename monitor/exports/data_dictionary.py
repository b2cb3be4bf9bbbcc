"""The data dictionary: what every column of an export is, with unit, definition and source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsp.metrics import BY_NAME


@dataclass(frozen=True, slots=True)
class Entry:
    """One column of an export."""

    column: str
    unit: str
    definition: str
    source: str


GENERAL = (
    Entry("t_s", "s", "Time since the start of the session.", "session clock"),
    Entry("utc", "ISO 8601", "Time of day of t_s, UTC.", "session clock"),
    Entry("distance_m", "m", "Sum of speed; stands still where speed is not known.", "definition"),
    Entry("activity", "text", "stand, walk, run or unknown.", "dsp.activity"),
    Entry("cue", "text", "Cue of this second: its kind and fault; withheld ones in brackets.", "coach"),
    Entry("side", "L or R", "Leg of the step, empty where the sensors cannot tell.", "worn sensors"),
    Entry("ic_s", "s", "Initial contact, session time.", "dsp.events"),
    Entry("to_s", "s", "Toe-off, session time.", "dsp.events"),
    Entry("acc_x_ms2", "m/s²", "Specific force, sensor axis x (9.81 upwards at rest).", "sensor"),
    Entry("acc_y_ms2", "m/s²", "Specific force, sensor axis y.", "sensor"),
    Entry("acc_z_ms2", "m/s²", "Specific force, sensor axis z.", "sensor"),
    Entry("gyr_x_rads", "rad/s", "Angular rate, sensor axis x.", "sensor"),
    Entry("gyr_y_rads", "rad/s", "Angular rate, sensor axis y.", "sensor"),
    Entry("gyr_z_rads", "rad/s", "Angular rate, sensor axis z.", "sensor"),
)
_GENERAL = {entry.column: entry for entry in GENERAL}


def describe(columns: Iterable[str]) -> list[Entry]:
    """The entries of these columns; ``name_sd`` and ``name_L`` are made of the metric ``name``."""
    return [_entry(column) for column in columns]


def _entry(column: str) -> Entry:
    if column in _GENERAL:
        return _GENERAL[column]
    for ending, meaning in (
        ("", ""),
        ("_sd", " One standard deviation."),
        ("_L", " Left."),
        ("_R", " Right."),
        ("_target_low", " Lower edge of the target in force."),
        ("_target_high", " Upper edge of the target in force."),
    ):
        spec = BY_NAME.get(column.removesuffix(ending) if ending else column)
        if spec is not None and column.endswith(ending):
            return Entry(column, spec.unit, spec.definition + meaning, spec.source)
    return Entry(column, "", "Not described.", "")
