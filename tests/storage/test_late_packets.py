"""What comes after the end of a session becomes part of it, on its tape and in its records."""

from __future__ import annotations

import contextlib
import lzma
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsp.types import Metric, Placement
from monitor.core.errors import InputError, StoreError
from monitor.core.packet import LAP, PAUSE, RESUME, RUNNER, Packet, wish_packet
from monitor.core.records import Out, SessionStarted
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.pipeline.session import Session
from monitor.recordings.tape import TapeReader
from monitor.storage.late_packets import add_late_packets
from monitor.storage.new_session import begin_session
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store

SETTINGS = SessionSettings(sensors=(SensorSettings(name="pod", kind="plain", placement=Placement.POD),))
STARTED = SessionStarted("2026-11-25T07-00-00-ann", "ann", "2026-11-25T07:00:00+00:00", ("pod",))


def reading(second: float, link: int = 0) -> Packet:
    values = {"cadence_spm": 160.0 + second % 7, "speed_mps": 2.8}
    return Packet("pod", round(second * 1e9), plain.VALUES, plain.encode_values(values), link)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as store:
        yield store


def run(store: Store, folder: Path, packets: Sequence[Packet], name: str = STARTED.session) -> str:
    """A session that had these packets and has ended."""
    started = replace(STARTED, session=name)
    tape = begin_session(store, folder, "a run", SETTINGS, started)
    session, records = Session(SETTINGS), list[Out]()
    for packet in packets:
        tape.append(packet)
        records += session.push(packet)
    records += session.finish()
    tape.finish()
    store.write(name, records)
    store.add_timer_facts(name, session.timer.pauses_until(session.t_s), session.timer.laps)
    store.end(name, session.t_s)
    return name


def on_tape(store: Store, name: str) -> list[Packet]:
    with TapeReader(Path(store.session(name).tape)) as tape:
        assert tape.finished
        return list(tape.packets())


def cadences(store: Store, name: str) -> list[tuple[float, float]]:
    return [
        (r.t_s, r.estimate.value)
        for r in store.records(name)
        if isinstance(r, Metric) and r.estimate.metric == "cadence_spm"
    ]


def test_what_came_late_stands_where_it_belongs_and_the_records_are_those_of_a_whole_run(
    store: Store, tmp_path: Path
) -> None:
    whole = run(store, tmp_path, [reading(t) for t in range(120)], "whole")
    name = run(store, tmp_path, [reading(t) for t in range(60)])
    assert len(cadences(store, name)) < 70
    assert add_late_packets(store, "ann", name, [reading(t) for t in range(60, 120)]) == 60
    assert [p.arrival_ns for p in on_tape(store, name)] == [t * 10**9 for t in range(120)]
    assert [p.link for p in on_tape(store, name)] == [0] * 60 + [1] * 60
    assert cadences(store, name) == cadences(store, whole)
    assert store.session(name).duration_s == pytest.approx(119.0)
    assert store.session(name).status is SessionStatus.RECOVERED


def test_what_is_there_already_is_not_added_again(store: Store, tmp_path: Path) -> None:
    name = run(store, tmp_path, [reading(t) for t in range(60)])
    late = [reading(t + 0.05) for t in range(50, 60)]
    assert add_late_packets(store, "ann", name, late) == 10  # half a minute of the same pod: other values
    before = Path(store.session(name).tape).read_bytes()
    assert add_late_packets(store, "ann", name, late) == 0
    assert Path(store.session(name).tape).read_bytes() == before


def test_late_wishes_make_the_pauses_and_laps_that_the_run_would_have_had(
    store: Store, tmp_path: Path
) -> None:
    """Of a run that was paused, and then ended where nobody knew that it went on."""
    readings = [reading(t) for t in range(60)]
    wishes = [wish_packet(10.5, LAP), wish_packet(20.5, PAUSE), wish_packet(30.5, RESUME)]
    in_time = sorted([*readings, *wishes], key=lambda p: p.arrival_ns)
    whole = run(store, tmp_path, in_time, "whole")
    name = run(store, tmp_path, sorted([*readings[:22], *wishes[:2]], key=lambda p: p.arrival_ns))
    assert add_late_packets(store, "ann", name, [*readings[22:], wishes[2]]) == 39
    assert cadences(store, name) == cadences(store, whole)
    assert all(p.link == 0 for p in on_tape(store, name) if p.sensor == RUNNER)
    expected = [("pause", 20.5, 10.0), ("lap", 10.5, None)]
    for session in (name, whole):
        assert [(n.kind, n.t_s, n.value) for n in store.notes(session)] == expected
    assert add_late_packets(store, "ann", name, wishes) == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sets(st.integers(0, 40), min_size=1), st.sets(st.integers(0, 40)))
def test_whatever_of_a_run_came_in_time_the_tape_has_each_packet_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, in_time: set[int], late: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("late")
    with Store(folder / "gaitcue.db") as store:
        name = run(store, folder, [reading(t) for t in sorted(in_time)])
        assert add_late_packets(store, "ann", name, [reading(t) for t in sorted(late)]) == len(
            late - in_time
        )
        arrivals = [p.arrival_ns // 10**9 for p in on_tape(store, name)]
        assert arrivals == sorted(in_time | late)


def test_a_compressed_tape_takes_them_too(store: Store, tmp_path: Path) -> None:
    name = run(store, tmp_path, [reading(t) for t in range(60)])
    info = store.session(name)
    packed = Path(info.tape + ".xz")
    packed.write_bytes(lzma.compress(Path(info.tape).read_bytes()))
    Path(info.tape).unlink()
    assert add_late_packets(store, "ann", name, [reading(t) for t in range(60, 70)]) == 10
    assert not packed.exists()
    assert len(on_tape(store, name)) == 70


def test_a_session_that_is_gone_or_goes_on_takes_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        add_late_packets(store, "ann", "no such run", [reading(1)])
    tape = begin_session(store, tmp_path, "a run", SETTINGS, STARTED)
    with pytest.raises(StoreError):
        add_late_packets(store, "ann", STARTED.session, [reading(1)])
    tape.finish()


def test_a_damaged_tape_is_not_written_anew(store: Store, tmp_path: Path) -> None:
    """What is lost of it would no longer be counted."""
    name = run(store, tmp_path, [reading(t) for t in range(20)])
    path = Path(store.session(name).tape)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE block SET crc = crc + 1 WHERE id = 5")
    before = path.read_bytes()
    with pytest.raises(InputError, match="1 of its packets are lost"):
        add_late_packets(store, "ann", name, [reading(40.0)])
    assert path.read_bytes() == before


def test_nobody_adds_to_another_athletes_run(store: Store, tmp_path: Path) -> None:
    name = run(store, tmp_path, [reading(t) for t in range(60)])
    with pytest.raises(StoreError):
        add_late_packets(store, "ben", name, [reading(70)])
    assert len(on_tape(store, name)) == 60


def test_what_can_be_of_no_sensor_or_second_of_the_run_is_left_out(store: Store, tmp_path: Path) -> None:
    name = run(store, tmp_path, [reading(t) for t in range(60)])
    strange = [replace(reading(61), sensor="nobody's"), reading(1e9), reading(62)]
    assert add_late_packets(store, "ann", name, strange) == 1
    assert on_tape(store, name)[-1].arrival_ns == 62 * 10**9
