"""EXPORTS: every form in which a session can be taken away.  One file each, one row each.

What is written is named and described in ``monitor.exports.data_dictionary``: the unit is in every name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from monitor.core.errors import ConfigError, StoreError
from monitor.exports import fit, gpx, influx_lines, raw_samples, tables, tcx
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.store import Store


@dataclass(frozen=True, slots=True)
class Export:
    """A format: how its files are named, what they are for, and who writes them.

    ``write(store, run, path)`` writes the session ``run`` and returns the paths of the files.
    """

    ending: str
    label: str
    write: Callable[[Store, SessionData, Path], list[Path]]


EXPORTS: dict[str, Export] = {
    "fit": Export(".fit", "activity for watches' apps and training diaries", fit.write_fit),
    "gpx": Export(".gpx", "places, for maps and whatever takes no FIT", gpx.write_gpx),
    "tcx": Export(".tcx", "laps, places and rates, for programs that take no FIT", tcx.write_tcx),
    "csv": Export(".csv", "one row a second, one row a step, data dictionary", tables.write_csv_tables),
    "parquet": Export(".parquet", "the same for data frames (extra: parquet)", tables.write_parquet_tables),
    "lp": Export(".lp", "InfluxDB line protocol, as the stack gets it", influx_lines.write_influx_lines),
    "tape": Export(".tape", "the raw packets as they came", raw_samples.write_tape),
    "imu-csv": Export(".imu.csv", "raw samples, one file per sensor", raw_samples.write_raw_csv),
    "imu-parquet": Export(
        ".imu.parquet", "raw samples, one file per sensor (extra: parquet)", raw_samples.write_raw_parquet
    ),
}


def check_format(format: str) -> None:
    """Return if ``format`` is a name in ``EXPORTS``; ``ConfigError`` that lists them if it is not."""
    if format not in EXPORTS:
        raise ConfigError("error.export_format", format=format, exports=", ".join(EXPORTS))


def export_session(store: Store, session_id: str, format: str, where: Path) -> list[Path]:
    """Write a session as ``format`` (a name in ``EXPORTS``) and return the paths of the files.

    ``where`` is a folder or the name of the (first) file.  All files are written or none.  Raises
    ``ConfigError`` for an unknown format or a missing library, ``StoreError`` if the file is there already
    or cannot be written, or the session has nothing that this format could hold.
    """
    check_format(format)
    kind = EXPORTS[format]
    path = where / f"{session_id}{kind.ending}" if where.is_dir() else where
    if path.exists():
        raise StoreError("error.export_exists", path=path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            written = kind.write(store, load_session(store, session_id), Path(folder) / path.name)
            return _moved_files(written, path.parent)
    except OSError as exc:
        raise StoreError("error.cannot_write", path=path, reason=exc) from exc


def _moved_files(written: list[Path], folder: Path) -> list[Path]:
    """Move whole files to where they belong, unless one of them is there already."""
    targets = [folder / file.name for file in written]
    for target in targets:
        if target.exists():
            raise StoreError("error.export_exists", path=target)
    for file, target in zip(written, targets, strict=True):
        file.replace(target)
    return targets
