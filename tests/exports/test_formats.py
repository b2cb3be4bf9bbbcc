"""Sessions as tables and raw samples: everything named, described, and equal to what is stored."""

from __future__ import annotations

import csv
import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dsp.types import Estimate, Step
from monitor.core.errors import ConfigError, StoreError
from monitor.exports.data_dictionary import describe_columns
from monitor.exports.formats import EXPORTS, export_session
from monitor.exports.tables import step_table
from monitor.pipeline.session import Session
from monitor.recordings.readers import read_recording
from monitor.recordings.recording import Recording
from monitor.simulation.simulated_runner import simulated_recording
from monitor.sinks.influx.line_protocol import protocol_lines
from monitor.sinks.influx.points import record_points
from monitor.storage.import_recording import import_recording
from monitor.storage.session_data import load_session
from monitor.storage.store import Store
from tests.exports.made_activities import Made, stored

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
NAME = "2026-11-24T12-00-00-me"
RUN = simulated_recording(20.0)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("store")
    made = Store(folder / "gaitcue.db")
    import_recording(made, folder, RUN, "me", NOON)
    return made


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as f:
        return list(csv.DictReader(f))


def test_csv_holds_every_second_and_step_and_says_what_the_columns_are(
    store: Store, tmp_path: Path
) -> None:
    seconds, steps, columns = export_session(store, NAME, "csv", tmp_path)
    run, found = load_session(store, NAME), store.step_columns(NAME)
    table = rows(seconds)
    assert len(table) == len(run.t_s)
    for name, column in run.columns.items():
        read_back = np.array([float(r[name] or "nan") for r in table])
        np.testing.assert_allclose(read_back, column.value, rtol=1e-6)
    assert [float(r["ic_s"]) for r in rows(steps)] == pytest.approx(found.ic_s)
    described = {r["column"]: r for r in rows(columns)}
    assert set(table[0]) | set(rows(steps)[0]) == set(described)
    assert all(r["unit"] and r["definition"] != "Not described." for r in described.values())


def test_parquet_holds_the_same_with_units_in_its_schema(store: Store, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    seconds, _ = export_session(store, NAME, "parquet", tmp_path)
    table = pq.read_table(seconds)
    run = load_session(store, NAME)
    cadence = table.column("cadence_spm").to_numpy(zero_copy_only=False)
    np.testing.assert_allclose(cadence.astype(float), run.value("cadence_spm"))
    assert table.schema.field("cadence_spm").metadata[b"unit"] == b"steps/min"
    assert table.column("cadence_spm").null_count == int(np.isnan(run.value("cadence_spm")).sum())


@pytest.mark.parametrize("contact_ms", [None, 240.0])
def test_what_is_modelled_is_marked_in_table_and_dictionary(
    tmp_path: Path, contact_ms: float | None
) -> None:
    with stored(Made(seconds=90.0, contact_ms=contact_ms).recording()) as (made, run):
        seconds, _, columns = export_session(made, run.info.id, "csv", tmp_path)
        (parquet, _) = export_session(made, run.info.id, "parquet", tmp_path)
    table, described = rows(seconds), {r["column"]: r for r in rows(columns)}
    assert ("contact_ms_modelled" in table[0]) == (contact_ms is None)
    assert {row["overstride_m_modelled"] for row in table if row["overstride_m"]} == {"1"}
    assert {row["overstride_m_modelled"] for row in table if not row["overstride_m"]} <= {"0"}
    for name in ("overstride_m", "overstride_m_sd"):
        assert described[name]["source"].startswith("modelled from speed and cadence")
    assert ("modelled" in described["contact_ms"]["source"]) == (contact_ms is None)
    assert "modelled" not in described["cadence_spm"]["source"]
    assert described["overstride_m_modelled"]["unit"] == "0 or 1"

    import pyarrow.parquet as pq

    schema = pq.read_schema(parquet)
    assert schema.field("overstride_m").metadata[b"source"].startswith(b"modelled")


def test_a_step_says_what_of_it_is_modelled(store: Store) -> None:
    steps = [
        Step("belt", None, 1.0, None, (Estimate("contact_ms", 251.5, 14.0, "model"),)),
        Step("belt", None, 1.4, None, (Estimate("contact_ms", 249.0, 14.0, "pelvis"),)),
        Step("belt", None, 1.8, None, (Estimate("cadence_spm", 170.0, 1.0, "pelvis"),)),
    ]
    store.begin(info := replace(store.session(NAME), id="2026-11-25T12-00-00-me"))
    store.write(info.id, steps)
    table = step_table(store, load_session(store, info.id))
    assert table["contact_ms_modelled"].tolist() == [1, 0, 0]
    assert "cadence_spm_modelled" not in table
    store.delete(info.id)


def test_raw_samples_are_those_of_the_recording(store: Store, tmp_path: Path) -> None:
    made = export_session(store, NAME, "imu-csv", tmp_path)
    assert [p.name for p in made] == [f"{NAME}.{s.name}.imu.csv" for s in RUN.settings.sensors]
    steps = []
    for recording in (read_recording(made[2], "pelvis"), only_the_belt()):
        session = Session(recording.settings)
        found = [r for p in recording.packets() for r in session.push(p)] + session.finish()
        steps.append([r.ic_s for r in found if hasattr(r, "ic_s")])
    assert steps[0] == pytest.approx(steps[1], abs=2e-3)


def only_the_belt() -> Recording:
    settings = replace(RUN.settings, sensors=RUN.settings.sensors[2:])
    return replace(
        RUN, settings=settings, packets=lambda: (p for p in RUN.packets() if p.sensor == "pelvis")
    )


def test_the_exported_tape_gives_the_same_steps(store: Store, tmp_path: Path) -> None:
    (tape,) = export_session(store, NAME, "tape", tmp_path)
    recording = read_recording(tape)
    session = Session(recording.settings)
    found = [r for p in recording.packets() for r in session.push(p)] + session.finish()
    assert [r.ic_s for r in found if hasattr(r, "ic_s")] == list(store.step_columns(NAME).ic_s)


def test_line_protocol_is_what_the_influx_sink_sends(store: Store, tmp_path: Path) -> None:
    (made,) = export_session(store, NAME, "lp", tmp_path)
    sent = protocol_lines(record_points(store.session(NAME), store.records(NAME)))
    assert made.read_bytes() == sent + b"\n"
    assert sum(line.startswith(b"second,") for line in made.read_bytes().splitlines()) > 200


@pytest.mark.parametrize("format", sorted(EXPORTS))
def test_nothing_is_ever_written_over(store: Store, tmp_path: Path, format: str) -> None:
    taken = tmp_path / "mine"
    taken.write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        export_session(store, NAME, format, taken)
    assert taken.read_text() == "precious"


@pytest.mark.parametrize("format", ["fit", "csv", "gpx", "lp"])
def test_an_export_that_finds_no_room_leaves_nothing(
    store: Store, tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> list[Path]:
        path = arguments[-1]
        assert isinstance(path, Path)
        path.write_bytes(b"half a fi")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(EXPORTS, format, replace(EXPORTS[format], write=full))
    with pytest.raises(StoreError, match="No space left"):
        export_session(store, NAME, format, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_names_the_known_ones(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="choose one of fit, gpx, tcx, csv"):
        export_session(store, NAME, "kml", tmp_path)


def test_every_metric_is_described() -> None:
    from dsp.metrics import METRICS

    for entry in describe_columns([m.name for m in METRICS] + [f"{m.name}_sd" for m in METRICS]):
        assert entry.unit, entry
        assert entry.definition.endswith("."), entry
