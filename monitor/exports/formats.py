"""EXPORTS: every form in which a session can be taken away.  One file each, one row each.

What is written is named and described in ``monitor.exports.data_dictionary``: the unit is in every name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from monitor.core.errors import ConfigError, StoreError
from monitor.exports import fit
from monitor.exports import influx_lines as line
from monitor.exports import raw_samples as raw
from monitor.exports import tables as table
from monitor.storage.session_data import Run, load
from monitor.storage.store import Store


@dataclass(frozen=True, slots=True)
class Export:
    """A format: how its files are named, what they are for, and who writes them.

    ``write(store, run, path)`` gives the files it made.
    """

    ending: str
    label: str
    write: Callable[[Store, Run, Path], list[Path]]


EXPORTS: dict[str, Export] = {
    "fit": Export(".fit", "activity for watches' apps and training diaries", fit.write),
    "csv": Export(".csv", "one row a second, one row a step, data dictionary", table.write_csv),
    "parquet": Export(".parquet", "the same for data frames (extra: parquet)", table.write_parquet),
    "lp": Export(".lp", "InfluxDB line protocol, as the stack gets it", line.write),
    "tape": Export(".tape", "the raw packets as they came", raw.write_tape),
    "imu-csv": Export(".imu.csv", "raw samples, one file per sensor", raw.write_csv),
    "imu-parquet": Export(
        ".imu.parquet", "raw samples, one file per sensor (extra: parquet)", raw.write_parquet
    ),
}


def export(store: Store, session_id: str, format: str, where: Path) -> list[Path]:
    """Write a session; ``where`` is a folder or the name of the (first) file.  Gives what was written.

    A file that is there already is not written over: ``StoreError``.
    """
    if format not in EXPORTS:
        raise ConfigError(f"--format {format}: unknown; choose one of {', '.join(EXPORTS)}")
    kind = EXPORTS[format]
    path = where / f"{session_id}{kind.ending}" if where.is_dir() else where
    if path.exists():
        raise StoreError(f"{path}: exists already; name another file or remove it first")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return kind.write(store, load(store, session_id), path)
    except OSError as exc:
        raise StoreError(f"{path}: cannot write ({exc.strerror or exc}); choose another place") from exc
