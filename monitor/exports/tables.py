"""Tables of a session: one row a second, one row a step, and a dictionary beside them."""

from __future__ import annotations

import csv
import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dsp.types import Array
from monitor.core.errors import ConfigError
from monitor.core.safe_text import table_cell
from monitor.exports.data_dictionary import describe_columns
from monitor.pipeline.coach_lines import LINE_WORDING, line_text
from monitor.storage.session_data import SessionData, target_edges
from monitor.storage.store import Store

ExportTable = Mapping[str, Sequence[Any] | Array]
"""Columns by name, all of the same length; unknown numbers are NaN."""


def second_columns(run: SessionData) -> dict[str, Any]:
    """Return the columns (n,) of every whole second: time, activity, distance, metrics, bands, cues.

    A metric's value, SD, sides and target edges are in the unit of the metric (``dsp.metrics``).
    ``NAME_modelled`` is there where no sensor saw the metric, 1 where it has a value.
    """
    began = datetime.datetime.fromisoformat(run.info.started_utc)
    out: dict[str, Any] = {
        "t_s": run.t_s,
        "utc": [(began + datetime.timedelta(seconds=t)).isoformat() for t in run.t_s.tolist()],
        "activity": _activity_column(run),
        "distance_m": run.distance_m,
    }
    for name, column in sorted(run.columns.items()):
        out[name], out[f"{name}_sd"] = column.value, column.sd
        if column.modelled:
            out[f"{name}_modelled"] = np.isfinite(column.value).astype(int)
    for (name, side), column in sorted(run.sided.items()):
        out[f"{name}_{side}"] = column.value
    for name in sorted({band.metric for band in run.bands}):
        out[f"{name}_target_low"], out[f"{name}_target_high"] = target_edges(run, name)
    if run.cues:
        out["cue"] = _cue_columns(run)
    return out


def step_table(store: Store, run: SessionData) -> dict[str, Any]:
    """Return the columns (m,) of every step: side, initial contact, toe-off (session seconds), metrics."""
    steps = store.step_columns(run.info.id)
    return {
        "side": steps.side,
        "ic_s": steps.ic_s,
        "to_s": steps.to_s,
        **dict(sorted(steps.values.items())),
        **{f"{name}_modelled": where.astype(int) for name, where in sorted(steps.modelled.items())},
    }


def _activity_column(run: SessionData) -> list[str]:
    out = ["unknown"] * len(run.t_s)
    for what, stretches in run.activity.items():
        for at in np.flatnonzero(run.mask(stretches)).tolist():
            out[at] = what.value
    return out


def _cue_columns(run: SessionData) -> list[str]:
    out = [""] * len(run.t_s)
    for cue in run.cues:
        if 0 <= int(cue.t_s) < len(out):
            words = f"coach: {line_text(cue)}" if cue.wording == LINE_WORDING else cue.kind.value
            text = " ".join(filter(None, (words, cue.fault.value if cue.fault else "")))
            out[int(cue.t_s)] = f"({text})" if cue.withheld else text
    return out


def write_csv_tables(store: Store, run: SessionData, path: Path) -> list[Path]:
    """Write three tables and return their paths.

    ``X.csv`` has a row a second, ``X.steps.csv`` a row a step, ``X.columns.csv`` says what the columns are.
    """
    per_second, per_step = second_columns(run), step_table(store, run)
    stem = path.with_suffix("")
    paths = [path, stem.with_name(stem.name + ".steps.csv"), stem.with_name(stem.name + ".columns.csv")]
    save_csv(paths[0], per_second)
    save_csv(paths[1], per_step)
    entries = describe_columns([*per_second, *(name for name in per_step if name not in per_second)])
    names = [f.name for f in dataclasses.fields(entries[0])]
    save_csv(paths[2], {name: [getattr(entry, name) for entry in entries] for name in names})
    return paths


def save_csv(path: Path, table: ExportTable) -> None:
    """Write a table with a heading, numbers with seven digits, an empty cell where one is not known.

    Raises ``OSError`` when the file is there already or cannot be written.
    """
    cells = [_as_texts(column) for column in table.values()]
    with path.open("x", newline="", encoding="utf-8") as f:
        out = csv.writer(f)
        out.writerow(map(table_cell, table))
        out.writerows(zip(*cells, strict=True))


def _as_texts(column: Sequence[Any] | Array) -> list[str]:
    if isinstance(column, np.ndarray) and column.dtype.kind == "f":
        return ["" if v != v else f"{v:.7g}" for v in column.tolist()]
    return [table_cell(v) if isinstance(v, str) else str(v) for v in column]


def write_parquet_tables(store: Store, run: SessionData, path: Path) -> list[Path]:
    """Write ``X.parquet``, a row a second, and ``X.steps.parquet``, a row a step; return their paths."""
    other = path.with_name(path.name.removesuffix(".parquet") + ".steps.parquet")
    save_parquet(path, second_columns(run))
    save_parquet(other, step_table(store, run))
    return [path, other]


def save_parquet(path: Path, table: ExportTable) -> None:
    """Write a table with nulls where a number is not known.

    Unit, definition and source stand in the schema as metadata of each field.  Raises ``ConfigError``
    without the library.
    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        import pyarrow.parquet as pq  # type: ignore[import-untyped]
    except ImportError as exc:
        raise ConfigError("error.parquet") from exc
    fields, columns = [], []
    for entry, values in zip(describe_columns(table), table.values(), strict=True):
        array = pa.array(values, from_pandas=True)
        about = {"unit": entry.unit, "definition": entry.definition, "source": entry.source}
        fields.append(pa.field(entry.column, array.type, metadata=about))
        columns.append(array)
    pq.write_table(pa.Table.from_arrays(columns, schema=pa.schema(fields)), path)
