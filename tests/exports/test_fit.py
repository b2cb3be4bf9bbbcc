"""FIT files out and in: three readers and ours agree on what we wrote, and we read what others wrote."""

from __future__ import annotations

import datetime
import io
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import fitdecode
import numpy as np
import pytest
from garmin_fit_sdk import Decoder, Encoder, Stream
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.types import Band, Cue, CueKind, Fault, Metric
from monitor.core.errors import InputError
from monitor.exports.fit import encode_fit
from monitor.exports.fit_writer import FitWriter
from monitor.pipeline.session import Session
from monitor.recordings.fit_messages import read_messages
from monitor.recordings.readers import read_recording
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.import_recording import import_recording
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.store import Store

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
FIT_EPOCH_S = 631_065_600
FIELDS = {
    "enhanced_speed": ("speed_mps", 1.0, 0.001),
    "stance_time": ("contact_ms", 1.0, 0.06),
    "vertical_oscillation": ("vertical_oscillation_mm", 1.0, 0.06),
    "vertical_ratio": ("vertical_ratio_pct", 1.0, 0.006),
    "stance_time_balance": ("contact_balance_pct", 1.0, 0.006),
    "step_length": ("step_length_m", 1000.0, 0.06),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SessionData:
    """A simulated minute with a band, a cue and a withheld one."""
    folder = tmp_path_factory.mktemp("store")
    with Store(folder / "gaitcue.db") as store:
        info = import_recording(store, folder, simulated_recording(60.0), "me", NOON)
        store.write(info.id, [Band(20.0, "cadence_spm", 172.0, 168.6, 175.4)])
        said = Cue(30.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 164.0, 172.0, "quicker", 34.0)
        held = Cue(
            40.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 164.0, 172.0, "quicker", 44.0, "fading"
        )
        store.write(info.id, [said, held])
        store.add_note(info.id, "lap", "", t_s=25.0)
        return load_session(store, info.id)


def by_garmin(data: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    messages, errors = Decoder(Stream.from_byte_array(bytearray(data))).read()
    assert errors == []
    names = {d["key"]: d["field_name"] for d in messages["field_description_mesgs"]}
    records = []
    for r in messages["record_mesgs"]:
        own = {names[k]: v for k, v in r.get("developer_fields", {}).items()}
        records.append({**r, **own})
    return records, dict(messages["session_mesgs"][0])


def by_fitdecode(data: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    with fitdecode.FitReader(io.BytesIO(data), check_crc=fitdecode.CrcCheck.RAISE) as reader:
        frames = [f for f in reader if isinstance(f, fitdecode.FitDataMessage)]
    rows = [(f.name, {x.name: x.value for x in f.fields if x.value is not None}) for f in frames]
    return [r for name, r in rows if name == "record"], next(r for name, r in rows if name == "session")


def by_fitparse(data: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import fitparse

        file = fitparse.FitFile(io.BytesIO(data))
        records = [
            {k: v for k, v in m.get_values().items() if v is not None} for m in file.get_messages("record")
        ]
        return records, next(iter(file.get_messages("session"))).get_values()


def by_gaitcue(data: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    (messages,) = read_messages(data)
    assert messages.damage == ""
    records = [{**m.values, **{d.name: d.value for d in m.developer}} for m in messages.named("record")]
    for record in records:
        record["timestamp"] = datetime.datetime.fromtimestamp(
            record["timestamp"] + FIT_EPOCH_S, datetime.UTC
        )
    return records, dict(messages.first("session"))


READERS = [by_garmin, by_fitdecode, by_fitparse, by_gaitcue]


@pytest.mark.parametrize("reader", READERS)
def test_three_independent_readers_and_ours_find_what_the_session_holds(
    run: SessionData, reader: Any
) -> None:
    records, session = reader(encode_fit(run))
    assert len(records) >= 55
    for record in records:
        at = round((record["timestamp"].replace(tzinfo=datetime.UTC) - NOON).total_seconds())
        for field, (metric, factor, rounding) in FIELDS.items():
            own = run.value(metric)[at] * factor
            assert (field in record) == bool(np.isfinite(own)), field
            if field in record:
                assert record[field] == pytest.approx(own, abs=rounding)
        if np.isfinite(run.value("cadence_spm")[at]):
            spm = 2 * (record["cadence"] + record["fractional_cadence"])
            assert spm == pytest.approx(run.value("cadence_spm")[at], abs=0.02)
        if "Overstride" in record:
            assert record["Overstride"] == pytest.approx(100 * run.value("overstride_m")[at], rel=1e-5)
        assert record.get("Cadence Target Low") == (pytest.approx(168.6) if at >= 20 else None)
        assert record.get("Cue") == (1 if at == 30 else None)
    assert records[-1]["distance"] == pytest.approx(run.distance_m[-1], abs=0.1)
    assert session["sport"] == "running"
    assert session["total_distance"] == pytest.approx(run.distance_m[-1], abs=3.5)
    assert session["avg_stance_time"] == pytest.approx(np.nanmean(run.value("contact_ms")), abs=0.2)


def test_the_numbers_of_developer_fields_never_change(run: SessionData) -> None:
    """Programs that have seen an older file know them by number."""
    messages, _ = Decoder(Stream.from_byte_array(bytearray(encode_fit(run)))).read()
    numbers = {d["field_name"]: d["field_definition_number"] for d in messages["field_description_mesgs"]}
    known = {"Overstride": 0, "Braking Impulse": 1, "Peak Braking": 2, "Step Speed Loss": 3}
    known |= {"Foot Strike Angle": 4, "Leg Spring Stiffness": 7, "Cadence Target Low": 8}
    known |= {"Cadence Target High": 9, "Cue": 10}
    assert {name: numbers.get(name) for name in known} == known


def test_laps_are_laps(run: SessionData) -> None:
    messages, _ = Decoder(Stream.from_byte_array(bytearray(encode_fit(run)))).read()
    laps = messages["lap_mesgs"]
    assert [lap["total_timer_time"] for lap in laps] == [25.0, pytest.approx(run.elapsed_s - 25, abs=6e-4)]


def test_what_we_exported_we_import(run: SessionData, tmp_path: Path) -> None:
    (tmp_path / "back.fit").write_bytes(encode_fit(run))
    recording = read_recording(tmp_path / "back.fit")
    assert recording.started_utc[:16] == "2026-11-24T12:00"
    assert [lap.end_s for lap in recording.facts.laps] == [pytest.approx(25.0, abs=6)]
    session = Session(recording.settings)
    found = [r for p in recording.packets() for r in session.push(p)] + session.finish()
    for name, near in (("cadence_spm", 0.5), ("contact_ms", 1.0), ("speed_mps", 0.02)):
        values = [r.estimate.value for r in found if isinstance(r, Metric) and r.estimate.metric == name]
        assert np.mean(values) == pytest.approx(np.nanmean(run.value(name)), abs=near)


def test_programs_that_are_strict_take_the_file(run: SessionData) -> None:
    """A header of 14 bytes with its checksum, protocol 2.0 (the first with developer fields)."""
    data = encode_fit(run)
    assert (data[0], data[1], data[8:12]) == (14, 0x20, b".FIT")
    assert Decoder(Stream.from_byte_array(bytearray(data))).check_integrity()
    strict = fitdecode.ErrorHandling.RAISE
    with fitdecode.FitReader(io.BytesIO(data), error_handling=strict) as reader:
        header = next(iter(reader))
    assert header.crc_matched is True


# ------------------------------------------------------------------ the writer

RECORD = st.fixed_dictionaries(
    {},
    optional={
        "enhanced_speed": st.floats(0, 12),
        "heart_rate": st.integers(30, 220),
        "power": st.integers(0, 900),
        "grade": st.floats(-40, 40),
        "stance_time": st.floats(100, 700),
        "vertical_ratio": st.floats(1, 40),
    },
)
OWN = st.fixed_dictionaries(
    {}, optional={n: st.floats(-1e3, 1e3, width=32) for n in range(3)} | {3: st.integers(0, 254)}
)
RESOLUTION = {"enhanced_speed": 1e-3, "grade": 1e-2, "stance_time": 0.1, "vertical_ratio": 1e-2}


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(RECORD, OWN), min_size=1, max_size=60))
def test_whatever_is_known_each_second_every_reader_finds_it(
    rows: list[tuple[dict[str, float], dict[int, float]]],
) -> None:
    """More sets of fields than the sixteen that a file can define at once."""
    writer = FitWriter()
    writer.write("file_id", {"type": "activity", "manufacturer": "development", "time_created": NOON})
    writer.write("developer_data_id", {"developer_data_index": 0, "application_id": STRYD})
    for number in range(4):
        kind = writer.add_developer_field(number, whole=number == 3)
        about = {"developer_data_index": 0, "field_definition_number": number, "fit_base_type_id": kind}
        writer.write("field_description", about | {"field_name": f"Own {number}", "units": "m"})
    for t, (standard, own) in enumerate(rows):
        writer.write("record", {"timestamp": NOON + datetime.timedelta(seconds=t)} | standard, own)
    writer.write("session", {"timestamp": NOON, "start_time": NOON, "sport": "running"})
    data = writer.close()
    for reader in READERS:
        records, _ = reader(data)
        assert len(records) == len(rows)
        for t, (record, (standard, own)) in enumerate(zip(records, rows, strict=True)):
            when = record["timestamp"].replace(tzinfo=datetime.UTC)
            assert when == NOON + datetime.timedelta(seconds=t)
            for field in RESOLUTION | dict.fromkeys(("heart_rate", "power")):
                step = RESOLUTION.get(field, 0)
                wanted = standard.get(field)
                assert record.get(field) == (None if wanted is None else pytest.approx(wanted, abs=step))
            for number in range(4):
                assert record.get(f"Own {number}") == own.get(number)


def test_a_field_that_the_profile_does_not_have_is_a_bug_that_shows() -> None:
    with pytest.raises(KeyError, match="overstride"):
        FitWriter().write("record", {"timestamp": NOON, "overstride": 3.0})
    with pytest.raises(KeyError, match="RUNING"):
        FitWriter().write("session", {"sport": "runing"})


PROBE = """
import logging, sys
from monitor.cli.main import main
from monitor.recordings.readers import read_recording
from monitor.exports.fit import _new_writer
assert not {"fitdecode", "fit_tool", "garmin_fit_sdk"} & sys.modules.keys(), "imported at start-up"
before = list(logging.root.handlers), logging.root.level
_new_writer()
assert "fit_tool" in sys.modules
assert before == (list(logging.root.handlers), logging.root.level), "the root logger was set up"
"""


def test_fit_costs_nothing_before_it_is_used_and_leaves_logging_alone() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------ other people's files

STRYD = [24, 251, 44, 240, 26, 75, 67, 13, 173, 102, 152, 140, 132, 116, 33, 244]
DEVELOPER = ((0, "Power", "Watts"), (2, "Cadence", "RPM"), (3, "Ground Time", "Milliseconds"))
DEVELOPER += ((4, "Vertical Oscillation", "Centimeters"), (8, "Form Power", "Watts"))


def watch(
    seconds: int = 120,
    every: int = 1,
    cadence: float = 84.5,
    sport: str = "running",
    stryd: bool = False,
    **more: Any,
) -> bytes:
    """A file as a watch writes it: 3 m/s, 169 steps/min; with ``stryd`` as its data field does."""
    e = Encoder()
    e.write_mesg({"mesg_num": 0, "type": "activity", "manufacturer": "coros", "time_created": NOON})
    if stryd:
        made: Any = {"mesg_num": 207, "developer_data_index": 0, "application_id": STRYD}
        e.write_mesg(made)
        for number, name, unit in DEVELOPER:
            about: Any = {"mesg_num": 206, "developer_data_index": 0, "field_definition_number": number}
            about |= {"fit_base_type_id": 0x88, "field_name": name, "units": unit, "native_mesg_num": 20}
            e.add_developer_field(number, made, about)
            e.write_mesg(about)
    for t in range(0, seconds, every):
        row: dict[str, Any] = {"mesg_num": 20, "timestamp": NOON + datetime.timedelta(seconds=t)}
        row |= {"enhanced_speed": 3.0, "distance": 3.0 * t, "cadence": int(cadence)}
        row |= {"fractional_cadence": cadence % 1, "heart_rate": 150, **more}
        if stryd:
            row["developer_fields"] = {0: 250.0, 2: 84.0, 3: 230.0, 4: 7.0, 8: 60.0}
        e.write_mesg(row)
    e.write_mesg({"mesg_num": 18, "timestamp": NOON, "sport": sport, "start_time": NOON})
    return bytes(e.close())


def metrics(path: Path) -> dict[str, float]:
    """Means of what a live session makes of the file."""
    recording = read_recording(path)
    session = Session(recording.settings)
    found = [r for p in recording.packets() for r in session.push(p)] + session.finish()
    out: dict[str, list[float]] = {}
    for r in found:
        if isinstance(r, Metric):
            out.setdefault(r.estimate.metric, []).append(r.estimate.value)
    return {name: float(np.mean(values)) for name, values in out.items()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "activity.fit"


def test_native_dynamics_come_through_and_models_fill_the_rest(file: Path) -> None:
    file.write_bytes(watch(stance_time=241.0, vertical_oscillation=88.0, stance_time_balance=49.3))
    found = metrics(file)
    assert found["cadence_spm"] == pytest.approx(169.0)
    assert found["contact_ms"] == pytest.approx(241.0)
    assert found["vertical_oscillation_mm"] == pytest.approx(88.0)
    assert found["contact_balance_pct"] == pytest.approx(49.3)
    assert 0.15 < found["overstride_m"] < 0.30


def test_developer_fields_fill_in_and_disagreement_is_told(file: Path) -> None:
    file.write_bytes(watch(stryd=True, stance_time=241.0))
    found = metrics(file)
    assert found["power_w"] == pytest.approx(250.0)
    assert found["vertical_oscillation_mm"] == pytest.approx(70.0)  # centimetres
    assert found["contact_ms"] == pytest.approx(241.0)  # the watch's own stays
    (told,) = [r for r in read_recording(file).remarks if r.startswith("Ground contact")]
    assert "stryd 230.0 ms (difference -11.0" in told


@pytest.mark.parametrize("cadence", [84.5, 169.0])
@pytest.mark.parametrize("more", [{}, {"step_length": 60_000 * 3 / 169}])
def test_steps_or_strides_cadence_is_never_off_by_two(
    file: Path, cadence: float, more: dict[str, Any]
) -> None:
    file.write_bytes(watch(cadence=cadence, **more))
    assert metrics(file)["cadence_spm"] == pytest.approx(169.0)


def test_smart_recording_leaves_no_holes(file: Path) -> None:
    file.write_bytes(watch(seconds=200, every=6))
    recording = read_recording(file)
    assert recording.count >= 190


def test_a_pause_stays_a_hole(file: Path) -> None:
    one = watch(seconds=60)
    file.write_bytes(one)
    early = read_recording(file).count
    e = Encoder()
    e.write_mesg({"mesg_num": 0, "type": "activity", "manufacturer": "garmin", "time_created": NOON})
    for t in (*range(60), *range(300, 360)):
        when = NOON + datetime.timedelta(seconds=t)
        e.write_mesg({"mesg_num": 20, "timestamp": when, "enhanced_speed": 3.0, "cadence": 84})
    file.write_bytes(e.close())
    assert read_recording(file).count <= 2 * early + 8
    assert read_recording(file).duration_s == 359


@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_of_a_broken_file_the_beginning_is_kept(file: Path, share: float) -> None:
    whole = watch(seconds=300)
    file.write_bytes(whole[: int(share * len(whole))])
    recording = read_recording(file)
    assert 0.8 * share * 300 < recording.duration_s <= 300
    assert "is damaged" in recording.remarks[0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is not a FIT file"),
        (b"hello, this is no FIT file at all", "is not a FIT file"),
        (watch(sport="cycling"), "is cycling, not running"),
        (watch(seconds=1), "holds no activity"),
        (watch()[:60], "holds no activity: it is damaged"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(file: Path, content: bytes, told: str) -> None:
    file.write_bytes(content)
    with pytest.raises(InputError, match=told) as caught:
        read_recording(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_same_file_is_not_kept_twice(file: Path, tmp_path: Path) -> None:
    file.write_bytes(watch())
    with Store(tmp_path / "gaitcue.db") as store:
        info = import_recording(store, tmp_path, read_recording(file), "me", NOON)
        with pytest.raises(InputError, match="was imported before"):
            import_recording(store, tmp_path, read_recording(file), "me", NOON)
        assert [s.id for s in store.sessions()] == [info.id] == ["2026-11-24T12-00-00-me"]


def test_a_recording_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    from dataclasses import replace

    whole = simulated_recording(10.0)

    def broken() -> Any:
        for n, packet in enumerate(whole.packets()):
            if n == 40:
                raise InputError("error.not_fit")
            yield packet

    with Store(tmp_path / "gaitcue.db") as store:
        with pytest.raises(InputError, match="is not a FIT file"):
            import_recording(store, tmp_path, replace(whole, packets=broken), "me", NOON)
        assert store.sessions() == []
    assert list((tmp_path / "tapes").iterdir()) == []
