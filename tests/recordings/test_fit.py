"""FIT files from bytes to the store: what the watch meant is what the session says."""

from __future__ import annotations

import datetime
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from monitor.core.errors import InputError
from monitor.exports.formats import export_session
from monitor.recordings.fit import fit_activities
from monitor.recordings.fit_messages import read_messages
from monitor.recordings.readers import read_recordings
from monitor.recordings.recording import Recording, Wearing
from monitor.recordings.watch_activity import activity_recording
from monitor.storage.import_recording import import_recording
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.store import Store
from tests.fit_bytes import (
    NOON,
    NOON_S,
    SPEED,
    TIME,
    activity,
    compressed_records,
    correlation,
    definition,
    description,
    developer_id,
    event,
    file_id,
    fit_file,
    lap,
    records,
    row,
    session,
    sport,
)

RUN = {"speed": 3.0, "cadence": 85, "heart": 150}
START, STOP = 0, 4
RUNNING, CYCLING, SWIMMING, WALKING, HIKING = 1, 2, 5, 11, 17


def file(*parts: bytes, kind: int = 4, maker: int = 1) -> bytes:
    return fit_file(file_id(kind, maker) + b"".join(parts))


def steady(seconds: range, mps: float = 3.0, cadence: int = 85, start_m: float = 0.0) -> bytes:
    """Records at a steady speed."""
    return b"".join(
        row(t, speed=mps, cadence=cadence, heart=150, distance=start_m + mps * (t - seconds[0]))
        for t in seconds
    )


def read(path: Path, data: bytes) -> list[Recording]:
    path.write_bytes(data)
    return read_recordings(path, Wearing(None, None, False, ""))


def stored(folder: Path, data: bytes) -> list[SessionData]:
    """The sessions that an import of this file makes."""
    out = []
    for number, recording in enumerate(read(folder / "x.fit", data)):
        with Store(folder / f"{number}.db") as store:
            info = import_recording(store, folder, recording, "me", NOON, name=f"{number}")
            out.append(load_session(store, info.id))
            store.delete(info.id)
        for left in (folder / "tapes").iterdir():
            left.unlink()
    return out


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        fit_activities(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ------------------------------------------------------------------ timer


def test_a_pause_is_no_running_and_no_distance(tmp_path: Path) -> None:
    timer = event(0, START) + event(400, STOP) + event(1600, START) + event(2000, STOP)
    parts = steady(range(401)), steady(range(1600, 2001), start_m=1200.0), session(0, 2000.0, timer_s=800.0)
    (run,) = stored(tmp_path, file(timer, *parts))
    assert (run.info.duration_s, run.timer_s) == (2000.0, 800.0)
    assert int(run.running.sum()) in range(799, 803)
    assert run.distance_m[-1] == pytest.approx(2400.0, rel=1e-3)
    inside = (run.t_s >= 400) & (run.t_s < 1600)
    for name in ("speed_mps", "cadence_spm", "heart_rate_bpm"):
        assert np.isnan(run.value(name)[inside]).all()


def test_records_while_the_timer_stands_give_no_values(tmp_path: Path) -> None:
    """Somebody walks on with the watch stopped, and it keeps writing."""
    timer = event(0, START) + event(300, STOP) + event(600, START) + event(900, STOP)
    (run,) = stored(
        tmp_path, file(steady(range(901)), timer, session(0, 900.0, timer_s=600.0, metres=1800.0))
    )
    inside = (run.t_s >= 300) & (run.t_s < 600)
    assert np.isnan(run.value("speed_mps")[inside]).all()
    assert np.isnan(run.value("cadence_spm")[inside]).all()
    assert run.distance_m[-1] == pytest.approx(1800.0, rel=2e-3)


gaps = st.lists(st.integers(1, 28), min_size=8, max_size=60)
stops = st.dictionaries(st.integers(1, 58), st.integers(3, 400), max_size=3)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(gaps, stops, st.integers(0, 3))
def test_distance_and_timer_of_the_store_are_those_of_the_file(
    tmp_path: Path, steps: list[int], pauses: dict[int, int], order: int
) -> None:
    """Smart recording, pauses anywhere, and the summary before, between or after the records."""
    t, metres, timer, rows, events = 0, 0.0, 0, [row(0, **RUN, distance=0.0)], [event(0, START)]
    for k, step in enumerate(steps):
        t, metres, timer = t + step, metres + 3.0 * step, timer + step
        rows.append(row(t, **RUN, distance=metres))
        if k in pauses:
            events += [event(t, STOP), event(t + pauses[k], START)]
            t += pauses[k]
            rows.append(row(t, **RUN, distance=metres))
    events.append(event(t, STOP))
    whole = session(0, float(t), timer_s=float(timer), metres=metres, cycles=round(timer * 85 / 60))
    parts = [
        [whole, *rows, *events],
        [*events, whole, *rows],
        [*rows, *events, whole],
        [*rows, whole, *events],
    ]
    (run,) = stored(tmp_path, file(*parts[order]))
    assert run.timer_s == pytest.approx(timer, abs=0.002)
    assert run.distance_m[-1] == pytest.approx(metres, rel=5e-3)
    assert np.nansum(run.value("cadence_spm")) / 120 == pytest.approx(timer * 85 / 60, rel=0.02, abs=4)


def test_time_zone_laps_and_place_are_kept() -> None:
    places = b"".join(
        row(t, **RUN, lat=48 + 1e-5 * t, lon=-11.5, altitude=500.0 + t / 10) for t in range(60)
    )
    laps = lap(0, 30.25, 2) + lap(30, 28.75)
    (found,) = fit_activities(file(places, laps, session(0, 59.0), activity(59, -19_800)))
    facts = found.facts
    assert facts.utc_offset_s == -19_800
    assert [(m.end_s, m.trigger) for m in facts.laps] == [(30.25, "distance")]
    assert facts.track is not None
    assert facts.track.lat_deg == pytest.approx(48 + 1e-5 * np.arange(60), abs=1e-6)
    assert set(np.round(facts.track.lon_deg, 6)) == {-11.5}
    assert facts.track.altitude_m == pytest.approx(500 + np.arange(60) / 10, abs=0.11)


CHANGE = round((datetime.datetime(2026, 10, 25, 1, tzinfo=datetime.UTC) - NOON).total_seconds())
"""When summer time ended in Berlin, in seconds from noon."""


def over_the_change(*more: bytes) -> bytes:
    """A minute of running each side of the end of summer time."""
    return file(steady(range(CHANGE - 60, CHANGE + 60)), session(CHANGE - 60, 119.0), *more)


def test_a_run_over_the_change_of_summer_time_has_the_offset_of_its_start(berlin: None) -> None:
    (found,) = fit_activities(over_the_change(activity(CHANGE + 59, 3600)))
    assert found.facts.utc_offset_s == 7200
    (elsewhere,) = fit_activities(over_the_change(activity(CHANGE + 59, -4 * 3600)))
    assert elsewhere.facts.utc_offset_s == -4 * 3600  # nobody says what changed there


def test_of_several_local_times_the_one_nearest_to_the_start_counts() -> None:
    said = correlation(CHANGE - 60, -3 * 3600), activity(CHANGE + 59, -4 * 3600)
    for order in (said, said[::-1]):
        (found,) = fit_activities(over_the_change(*order))
        assert found.facts.utc_offset_s == -3 * 3600


def test_a_run_over_the_change_comes_back_from_an_export_as_it_was(berlin: None, tmp_path: Path) -> None:
    (recording,) = read(tmp_path / "x.fit", over_the_change(activity(CHANGE + 59, 3600)))
    with Store(tmp_path / "x.db") as store:
        info = import_recording(store, tmp_path, recording, "me", NOON)
        export_session(store, info.id, "fit", tmp_path / "out.fit")
    (found,) = fit_activities((tmp_path / "out.fit").read_bytes())
    assert found.facts.utc_offset_s == 7200
    local = [
        m.values["local_timestamp"]
        for m in read_messages((tmp_path / "out.fit").read_bytes())[0].named("activity")
    ]
    assert local == [NOON_S + CHANGE + 59 + 3600]  # what the clock showed at the end


UNSET = 100 - NOON_S
"""Times from noon of a watch that was switched on 100 s ago and does not know the date."""


def test_a_clock_that_was_set_on_the_way_dates_the_start_by_what_it_was_set_to() -> None:
    first, then = steady(range(UNSET, UNSET + 100)), steady(range(400, 500), start_m=300.0)
    for start in (UNSET, 300):
        (found,) = fit_activities(file(first, then, session(start, 199.0)))
        assert found.started == NOON + datetime.timedelta(seconds=300)
        assert found.seconds == 199.0
        assert [t for t, _ in found.series[0].points["speed_mps"]] == [float(t) for t in range(200)]


@pytest.mark.parametrize(
    "shift", [UNSET - 300, 5 * 86_400], ids=["not set at first", "a few days ahead at first"]
)
def test_pauses_and_laps_before_a_clock_was_set_lie_where_their_records_do(shift: int) -> None:
    """From 300 to 400 s after noon by the first clock, to 500 s by the other; a pause from 340 to 370."""
    first = steady(range(300 + shift, 341 + shift)) + steady(range(370 + shift, 400 + shift), start_m=120.0)
    events = event(300 + shift, 0) + event(340 + shift, 4) + event(370 + shift, 0) + event(499, 4)
    laps = lap(300 + shift, 60.0) + lap(360 + shift, 90.0, 2) + lap(450, 49.0)
    then = steady(range(400, 500), start_m=300.0)
    (found,) = fit_activities(file(first, then, events, laps, session(300, 199.0, timer_s=169.0)))
    assert found.started == NOON + datetime.timedelta(seconds=300)
    assert [(p.start_s, p.seconds) for p in found.facts.pauses] == [(40.0, 30.0)]
    assert [(m.end_s, m.trigger) for m in found.facts.laps] == [(60.0, "manual"), (150.0, "distance")]


def test_a_clock_that_no_record_knows_is_that_of_the_session() -> None:
    unset = steady(range(UNSET, UNSET + 100))
    (found,) = fit_activities(file(unset, session(300, 99.0), activity(400, 3600)))
    assert found.started == NOON + datetime.timedelta(seconds=300)
    assert found.facts.utc_offset_s == 3600
    (found,) = fit_activities(file(unset, session(UNSET, 99.0)))
    assert found.started is None


@pytest.mark.parametrize("offset_s", [225, 60_000, -(NOON_S % 2**31)])
def test_a_local_time_that_is_no_zone_is_none(offset_s: int) -> None:
    (found,) = fit_activities(file(records(60), session(0, 59.0), activity(59, offset_s)))
    assert found.facts.utc_offset_s is None


# ------------------------------------------------------------------ sports


def test_each_run_of_a_duathlon_stands_for_itself_and_the_bike_is_named(tmp_path: Path) -> None:
    legs = (
        steady(range(400), 3.5),
        steady(range(400, 800), 9.0, 90, 1400),
        steady(range(800, 1200), 3.5, 85, 5000),
    )
    sessions = (
        session(0, 400.0, metres=1400),
        session(400, 400.0, kind=CYCLING),
        session(800, 399.0, metres=1400),
    )
    runs = stored(tmp_path, file(event(0, START), *legs, event(1199, STOP), *sessions))
    assert [r.distance_m[-1] for r in runs] == [pytest.approx(1400.0, rel=2e-3)] * 2
    assert [r.info.duration_s for r in runs] == [400.0, 399.0]
    assert [r.info.started_utc[11:19] for r in runs] == ["12:00:00", "12:13:20"]
    for run in runs:
        assert [n.text for n in run.notes if n.kind == "remark"] == [
            "the file also holds cycling, which is left out"
        ]


@pytest.mark.parametrize("cut", [False, True])
def test_a_run_after_a_swim_is_not_lost(cut: bool) -> None:
    """Also when the file was cut off before the message of the run."""
    swim = b"".join(row(t, distance=t) for t in range(0, 600, 20)) + session(0, 600.0, kind=SWIMMING)
    run = sport(RUNNING) + steady(range(600, 1200), start_m=600) + (b"" if cut else session(600, 599.0))
    (found,) = fit_activities(file(sport(SWIMMING), swim, run))
    assert found.facts.sport == "running"
    assert found.remarks == ["the file also holds swimming, which is left out"]
    assert found.seconds == pytest.approx(599.0, abs=1.5)


def test_without_any_session_sport_messages_tell_the_parts() -> None:
    swim = sport(SWIMMING) + b"".join(row(t, distance=t) for t in range(0, 600, 20))
    (found,) = fit_activities(file(swim, sport(RUNNING), steady(range(600, 1200), start_m=600)))
    assert (found.facts.sport, found.seconds) == ("running", pytest.approx(599.0, abs=25))


@pytest.mark.parametrize(
    ("kind", "sub", "told"),
    [(RUNNING, 0, "running"), (WALKING, 0, "walking"), (HIKING, 0, "hiking"), (RUNNING, 1, "running")],
)
def test_who_is_on_foot_is_imported_as_what_it_was(kind: int, sub: int, told: str) -> None:
    (found,) = fit_activities(file(records(60), session(0, 59.0, kind=kind, sub=sub)))
    assert (found.facts.sport, found.facts.sub_sport) == (told, "treadmill" if sub else "generic")


def test_other_sports_are_refused_by_their_name() -> None:
    assert "is cycling, not running" in refusal(file(records(60), session(0, 59.0, kind=CYCLING)))
    assert "is cycling, not running" in refusal(file(sport(CYCLING), records(60)))
    assert "is pool swimming" in refusal(file(row(0, distance=25), session(0, 59.0, kind=SWIMMING, sub=17)))
    assert "is a sport that the file does not name" in refusal(
        file(records(60), session(0, 59.0, kind=200))
    )
    both = session(0, 30.0, kind=SWIMMING), session(30, 30.0, kind=CYCLING)
    assert "is swimming, cycling, not running" in refusal(file(records(60), *both))


@pytest.mark.parametrize(
    ("mps", "cadence", "told"),
    [
        (8.0, 90, "goes 29 km/h for 10 min"),
        (6.0, 60, "steps of 3.0 m"),
        (12.0, 90, "goes 43 km/h for 1 min"),
    ],
)
def test_what_no_message_names_must_be_possible_on_foot(mps: float, cadence: int, told: str) -> None:
    assert told in refusal(file(steady(range(900), mps, cadence)))
    assert told in refusal(file(steady(range(900), mps, cadence), session(0, 899.0, kind=0)))
    (named,) = fit_activities(file(steady(range(900), mps, cadence), session(0, 899.0)))
    assert named.facts.sport == "running"  # it says so


@pytest.mark.parametrize("mps", [1.0, 3.0, 5.5])
def test_a_run_without_a_name_is_taken(mps: float) -> None:
    (found,) = fit_activities(file(steady(range(900), mps, 80)))
    assert (found.facts.sport, found.seconds) == ("", 899.0)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (6, "is a course, not an activity"),
        (5, "is a workout, not"),
        (2, "is a settings file"),
        (15, "is a day's monitoring file"),
        (32, "is a day's monitoring file"),
        (34, "is a segment"),
        (99, "is a FIT file of an unknown kind"),
    ],
)
def test_other_files_are_refused_by_what_they_are(kind: int, told: str) -> None:
    assert told in refusal(file(records(60), kind=kind))


def test_chained_files_give_one_session_each(tmp_path: Path) -> None:
    one, two = file(records(60)), file(records(90, NOON_S + 4000))
    assert [r.duration_s for r in read(tmp_path / "x.fit", one + two + one)] == [59.0, 89.0]
    ride = file(records(60), session(0, 59.0, kind=CYCLING))
    assert [r.duration_s for r in read(tmp_path / "y.fit", ride + two)] == [89.0]
    sources = [r.source for r in read(tmp_path / "x.fit", one + two)]
    assert [s[64:] for s in sources] == [":0", ":1"]


# ------------------------------------------------------------------ distance


def test_the_distance_of_the_file_wins_over_its_speed(tmp_path: Path) -> None:
    rows = b"".join(row(t, speed=2.94, cadence=85, distance=3.0 * t) for t in range(1001))
    (run,) = stored(tmp_path, file(rows, session(0, 1000.0, metres=3000)))
    assert run.distance_m[-1] == pytest.approx(3000, rel=1e-3)


def test_smart_recording_is_bridged(tmp_path: Path) -> None:
    rows = b"".join(row(t, **RUN, distance=3.0 * t) for n in range(80) for t in (17 * n, 17 * n + 3))
    (run,) = stored(tmp_path, file(event(0, START), rows, session(0, 1346.0, metres=4038.0)))
    assert run.distance_m[-1] == pytest.approx(4038, rel=1e-3)
    assert np.isfinite(run.value("cadence_spm")).all()
    assert int(run.running.sum()) > 1330


def test_speed_is_made_of_distance_where_it_is_missing(tmp_path: Path) -> None:
    rows = b"".join(row(t, cadence=85, distance=3.0 * t) for t in range(0, 1201, 5))
    (run,) = stored(tmp_path, file(rows))
    assert np.nanmin(run.value("speed_mps")[5:-5]) > 2.9
    assert np.nanmax(run.value("speed_mps")[5:-5]) < 3.1
    assert int(run.running.sum()) > 1190


def test_of_a_file_with_places_only_they_give_distance_and_speed_with_their_doubt(tmp_path: Path) -> None:
    north = 180 / np.pi / 6_371_008.8  # degrees a metre
    places = b"".join(
        row(t, heart=150, lat=48 + 3.0 * t * north, lon=11.0) for t in (*range(300), *range(900, 1200))
    )
    stopped = event(0, START), event(299, STOP), event(900, START), event(1199, STOP)
    (run,) = stored(tmp_path, file(places, *stopped, session(0, 1199.0, timer_s=598.0)))
    column = run.columns["speed_mps"]
    assert run.distance_m[-1] == pytest.approx(598 * 3, rel=0.005)
    assert np.nanmedian(column.value) == pytest.approx(3.0, abs=0.05)
    assert 0.09 < np.nanmedian(column.sd) < 0.5
    assert np.isnan(column.value[310:895]).all()
    spaced = b"".join(row(t, speed=2.0, lat=48 + 3.0 * t * north, lon=11.0) for t in range(300))
    (measured,) = stored(tmp_path, file(spaced))
    assert set(measured.value("speed_mps")) == {2.0}  # who measured it is believed


def test_a_ride_with_places_only_is_no_run() -> None:
    north = 180 / np.pi / 6_371_008.8
    rows = b"".join(row(t, heart=120, lat=48 + 8.0 * t * north, lon=11.0) for t in range(900))
    assert "goes 29 km/h for 10 min" in refusal(file(rows))


def test_without_distance_the_total_scales_the_speed(tmp_path: Path) -> None:
    (run,) = stored(tmp_path, file(records(600), session(0, 599.0, metres=1900.0)))
    assert run.distance_m[-1] == pytest.approx(1900, rel=1e-3)


def test_of_a_file_that_was_cut_off_the_rest_is_not_invented(tmp_path: Path) -> None:
    """Newer watches write the summary first."""
    whole = file(session(0, 1000.0, metres=3000), steady(range(1001)))
    (run,) = stored(tmp_path, whole[: int(0.6 * len(whole))])
    covered = run.distance_m[-1]
    assert covered == pytest.approx(1790, abs=40)
    assert np.nanmedian(run.value("speed_mps")) == pytest.approx(3.0, abs=0.02)
    assert np.isnan(run.value("speed_mps")[620:]).all()


# ------------------------------------------------------------------ records


def test_standing_is_a_cadence_of_nought_in_the_store(tmp_path: Path) -> None:
    rows, metres = [], 0.0
    for t in range(600):
        moving = t % 60 < 52
        metres += 3.0 * moving
        rows.append(row(t, speed=3.0 * moving, cadence=85 * moving, heart=140, distance=metres))
    (run,) = stored(tmp_path, file(*rows, session(0, 599.0, cycles=737)))
    cadence = run.value("cadence_spm")
    assert np.isfinite(cadence).all()
    assert set(cadence[(run.t_s % 60 > 51)]) == {0.0}
    assert np.nansum(cadence) / 120 == pytest.approx(737, rel=5e-3)


def test_a_place_in_one_record_and_all_else_in_another(tmp_path: Path) -> None:
    rows = b"".join(
        row(t, lat=48.0, lon=11.0 + 1e-5 * t) + row(t, **RUN, distance=3.0 * t) for t in range(600)
    )
    (run,) = stored(tmp_path, file(rows, maker=23))
    assert run.distance_m[-1] == pytest.approx(1797, rel=1e-3)
    assert np.nanmedian(run.value("cadence_spm")) == 170


def test_a_first_record_a_day_ahead_costs_that_record(tmp_path: Path) -> None:
    (one,) = read(tmp_path / "x.fit", file(row(86_400, **RUN), steady(range(600)), session(0, 599.0)))
    assert (one.duration_s, one.started_utc[:19]) == (599.0, "2026-11-24T12:00:00")


def test_compressed_time_stamps_and_a_file_that_was_never_closed(tmp_path: Path) -> None:
    (compressed,) = read(tmp_path / "x.fit", file(compressed_records(100)))
    assert (compressed.duration_s, compressed.remarks) == (99.0, ())
    data = bytearray(file(records(100)))
    data[4:8] = bytes(4)
    (never_closed,) = read(tmp_path / "y.fit", bytes(data[:-2]))
    assert (never_closed.duration_s, never_closed.remarks) == (99.0, ())


# ------------------------------------------------------------------ steps or strides


def test_the_files_own_count_of_strides_settles_its_unit(tmp_path: Path) -> None:
    """A walker whose brisk half looks like steps to the votes of the seconds."""
    rows = b"".join(
        row(t, speed=1.2 if t < 150 else 0.8, cadence=92 if t < 150 else 52, distance=t) for t in range(300)
    )
    (run,) = stored(tmp_path, file(rows, session(0, 299.0, kind=WALKING, cycles=360)))
    assert np.nanmedian(run.value("cadence_spm")[200:]) == 104
    steps = b"".join(row(t, speed=1.3, cadence=104, distance=1.3 * t) for t in range(300))
    (walk,) = stored(tmp_path, file(steps, session(0, 299.0, kind=WALKING, cycles=260)))
    assert np.nanmedian(walk.value("cadence_spm")) == 104


@pytest.mark.parametrize(
    ("cadence", "cycles", "steps"),
    [
        (85, 870, 1740),  # strides in both; the cadence adds up to 850
        (170, 870, 1740),  # steps in the records, strides in the total
        (170, 1740, 1740),  # steps in both
        (85, 300, None),  # a count that nobody can have made at this cadence
        (85, 0xFFFFFFFF, None),
    ],
)
def test_the_watchs_own_count_of_steps_is_kept_and_comes_back(
    tmp_path: Path, cadence: int, cycles: int, steps: int | None
) -> None:
    rows = b"".join(row(t, speed=3.0, cadence=cadence) for t in range(600))
    (run,) = stored(tmp_path, file(rows, session(0, 600.0, cycles=cycles)))
    assert run.info.counted_steps == steps
    assert run.summed_steps[-1] == pytest.approx(600 * 170 / 60, abs=0.1)  # what was measured stays so


def test_a_few_seconds_do_not_overturn_the_standard(tmp_path: Path) -> None:
    rows = b"".join(
        row(t, speed=1.2 if t < 5 else 0.8, cadence=92 if t < 5 else 52, distance=0.8 * t)
        for t in range(300)
    )
    (run,) = stored(tmp_path, file(rows, session(0, 299.0, kind=WALKING)))
    assert np.nanmedian(run.value("cadence_spm")) == 104


# ------------------------------------------------------------------ measured and modelled


def app(index: int, name: str, raw: int = 0x84) -> bytes:
    return developer_id(index) + description(name, raw, 0, index)


def test_power_of_two_apps_stays_that_of_two_devices() -> None:
    both = ((0, 2, 0), (0, 2, 1))
    body = app(0, "Power") + app(1, "RP_Power")
    body += records(120, developer=both, tail=struct.pack("<HH", 250, 231))
    (found,) = fit_activities(file(body))
    powers = {s.name: {v for _, v in s.points["power_w"]} for s in found.series[1:]}
    assert powers == {"developer fields": {250.0}, "garmin running power": {231.0}}
    (remark,) = activity_recording(found, "run").remarks
    assert remark.startswith(
        "Power: developer fields 250.0, garmin running power 231.0 W (difference -19.0"
    )


def test_coros_measures_in_the_standards_fields_and_its_effort_pace_is_no_speed(tmp_path: Path) -> None:
    """It writes one developer field: a speed as if on the flat."""
    body = app(0, "Effort Pace", 0x88) + b"".join(
        row(t, ((0, 4, 0),), struct.pack("<f", 3.6), **RUN, power=240, stance=231.0) for t in range(120)
    )
    (run,) = stored(tmp_path, file(body, maker=294))
    assert run.info.sensors == ("coros",)
    assert set(run.value("speed_mps")) == {3.0}
    for name, value in (("power_w", 240.0), ("contact_ms", 231.0)):
        assert set(run.value(name)) == {value}
        assert not run.columns[name].modelled


def test_contact_time_of_a_pod_is_measured_and_of_both_legs_the_mean(tmp_path: Path) -> None:
    two = description("RS_ContactTime_R", 0x84, 1, 0)
    body = app(0, "RS_ContactTime_L") + two
    body += records(120, developer=((0, 2, 0), (1, 2, 0)), tail=struct.pack("<HH", 300, 310))
    (run,) = stored(tmp_path, file(body))
    assert run.columns["contact_ms"].how == "runscribe"
    assert set(run.value("contact_ms")) == {305.0}


def test_what_was_measured_for_a_part_is_not_modelled_elsewhere(tmp_path: Path) -> None:
    rows = b"".join(row(t, **RUN, **({"stance": 241.0} if 100 <= t < 160 else {})) for t in range(300))
    (run,) = stored(tmp_path, file(rows))
    known = np.flatnonzero(np.isfinite(run.value("contact_ms")))
    assert (known[0], known[-1]) == (100, 159)
    assert set(run.value("contact_ms")[known]) == {241.0}
    (without,) = stored(tmp_path, file(records(300)))
    assert without.columns["contact_ms"].how == "model"


def test_a_slope_from_altitude_is_told_with_a_large_doubt(tmp_path: Path) -> None:
    rows = b"".join(row(t, **RUN, distance=3.0 * t, altitude=100 + 0.12 * t) for t in range(300))
    (run,) = stored(tmp_path, file(rows))
    column = run.columns["slope_pct"]
    assert np.nanmedian(column.value) == pytest.approx(4.0, abs=0.3)
    assert np.nanmedian(column.sd) > 3.0


def test_a_first_distance_counts_from_where_it_began() -> None:
    """The second run of a multi-sport file has the distance of all before."""
    (found,) = fit_activities(
        file(
            session(0, 300.0, kind=CYCLING),
            steady(range(300), 9.0),
            session(300, 300.0),
            steady(range(300, 601), 3.0, 85, 2700),
        )
    )
    first = found.series[0].points["distance_m"][0]
    assert first == (-1.0, pytest.approx(9 * 299))


def test_only_whole_files_have_the_fields_that_are_asked_for() -> None:
    body = definition(1, 20, (TIME, SPEED)) + b"\1" + struct.pack("<IH", NOON_S, 3000)
    assert "nothing was recorded" in refusal(file(body))
