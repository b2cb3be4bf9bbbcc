"""The data dictionary: what every column of an export is, with unit, definition and source."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from dsp.metrics import BY_NAME


@dataclass(frozen=True, slots=True)
class ColumnEntry:
    """An entry for a column of an export: its unit, its definition and where it comes from."""

    column: str
    unit: str
    definition: str
    source: str


_GENERAL_COLUMNS = (
    ColumnEntry("t_s", "s", "Time since the start of the session.", "session clock"),
    ColumnEntry("utc", "ISO 8601", "Time of day of t_s, UTC.", "session clock"),
    ColumnEntry(
        "distance_m",
        "m",
        "Sum of speed while the timer ran; stands still where speed is not known.",
        "definition",
    ),
    ColumnEntry("activity", "text", "stand, walk, run or unknown.", "dsp.activity"),
    ColumnEntry(
        "cue",
        "text",
        "Cue of this second: its kind and fault, or a coach's words; withheld ones in brackets.",
        "coach",
    ),
    ColumnEntry("side", "L or R", "Leg of the step, empty where the sensors cannot tell.", "worn sensors"),
    ColumnEntry("ic_s", "s", "Initial contact, session time.", "dsp.events"),
    ColumnEntry("to_s", "s", "Toe-off, session time.", "dsp.events"),
    ColumnEntry("acc_x_ms2", "m/s²", "Specific force, sensor axis x (9.81 upwards at rest).", "sensor"),
    ColumnEntry("acc_y_ms2", "m/s²", "Specific force, sensor axis y.", "sensor"),
    ColumnEntry("acc_z_ms2", "m/s²", "Specific force, sensor axis z.", "sensor"),
    ColumnEntry("gyr_x_rads", "rad/s", "Angular rate, sensor axis x.", "sensor"),
    ColumnEntry("gyr_y_rads", "rad/s", "Angular rate, sensor axis y.", "sensor"),
    ColumnEntry("gyr_z_rads", "rad/s", "Angular rate, sensor axis z.", "sensor"),
)
_MODELLED = "_modelled"
_GENERAL = {entry.column: entry for entry in _GENERAL_COLUMNS}


def describe_columns(columns: Iterable[str]) -> list[ColumnEntry]:
    """Return the entries of these columns, in their order.

    ``name_sd``, ``name_L`` and the like are described from the metric ``name``; a column that nobody
    describes gets an entry that says so.  What has a column ``name_modelled`` beside it is said to be
    modelled.
    """
    names = list(columns)
    modelled = {name.removesuffix(_MODELLED) for name in names if name.endswith(_MODELLED)}
    return [_with_mark(_column_text(name), modelled) for name in names]


def _with_mark(entry: ColumnEntry, modelled: Collection[str]) -> ColumnEntry:
    metric = next(entry.column.removesuffix(e) for e in ("_sd", "_L", "_R", "") if entry.column.endswith(e))
    if metric not in modelled:
        return entry
    return replace(entry, source=f"modelled from speed and cadence, not measured; {entry.source}")


def _column_text(column: str) -> ColumnEntry:
    if column in _GENERAL:
        return _GENERAL[column]
    for ending, meaning in (
        ("", ""),
        ("_sd", " One standard deviation."),
        ("_L", " Left."),
        ("_R", " Right."),
        (_MODELLED, " 1: a model gave it from speed and cadence alone, no sensor saw it."),
        ("_target_low", " Lower edge of the target in force."),
        ("_target_high", " Upper edge of the target in force."),
    ):
        spec = BY_NAME.get(column.removesuffix(ending) if ending else column)
        if spec is not None and column.endswith(ending):
            unit = "0 or 1" if ending == _MODELLED else spec.unit
            return ColumnEntry(column, unit, spec.definition + meaning, spec.source)
    return ColumnEntry(column, "", "Not described.", "")
