"""A FIT export field by field, as Garmin's activity cookbook and its own decoder want it.

developer.garmin.com/fit: file types, activity; cookbook, encoding activity files and durations.
"""

from __future__ import annotations

import datetime
import struct
from collections import Counter
from typing import Any

import numpy as np
import pytest
from garmin_fit_sdk import Decoder, Stream
from hypothesis import given, settings

from dsp.types import Activity
from monitor.core.activity_facts import LapMark, TimerPause
from monitor.exports.fit import encode_fit
from monitor.storage.session_data import SessionData
from tests.deep import example_count
from tests.exports.made_activities import NOON, Made, made_activities, stored

Messages = dict[str, list[dict[str, Any]]]
FIT_EPOCH = datetime.datetime(1989, 12, 31, tzinfo=datetime.UTC)


def exported(made: Made) -> tuple[SessionData, Messages, bytes]:
    with stored(made.recording()) as (store, run):
        data = encode_fit(run, store.track(run.info.id))
    messages, errors = Decoder(Stream.from_byte_array(bytearray(data))).read()
    assert errors == []
    return run, messages, data


def seconds(when: datetime.datetime) -> float:
    return (when - NOON).total_seconds()


def session_of(messages: Messages) -> dict[str, Any]:
    (session,) = messages["session_mesgs"]
    return session


def message_numbers(data: bytes) -> list[int]:
    """The global numbers of all data messages, in the order of the file."""
    sizes: dict[int, tuple[int, int]] = {}
    at, out = data[0], []
    while at < len(data) - 2:
        head, local = data[at], data[at] & 15
        if head & 0x40:
            (number,) = struct.unpack_from("<H", data, at + 3)
            fields = data[at + 5]
            size = sum(data[at + 7 + 3 * k] for k in range(fields))
            at += 6 + 3 * fields
            if head & 0x20:
                size += sum(data[at + 2 + 3 * k] for k in range(data[at]))
                at += 1 + 3 * data[at]
            sizes[local] = number, size
        else:
            out.append(sizes[local][0])
            at += 1 + sizes[local][1]
    return out


PAUSED = Made(
    seconds=1000.25,
    pauses=(TimerPause(400.0, 300.0), TimerPause(800.0, 10.0)),
    laps=(LapMark(333.0, "distance"), LapMark(750.0, "manual")),
    contact_ms=245.0,
)


def test_the_messages_that_an_activity_must_have_are_there_with_their_fields() -> None:
    _, messages, _ = exported(PAUSED)
    (file_id,), (activity,), session = (
        messages["file_id_mesgs"],
        messages["activity_mesgs"],
        session_of(messages),
    )
    assert file_id["type"] == "activity"
    assert {"manufacturer", "product", "time_created", "serial_number"} <= file_id.keys()
    assert activity["num_sessions"] == 1
    assert {"timestamp", "local_timestamp", "total_timer_time", "type"} <= activity.keys()
    summary = {"timestamp", "start_time", "total_elapsed_time", "total_timer_time", "sport", "sub_sport"}
    assert summary | {"first_lap_index", "num_laps", "total_distance", "total_cycles"} <= session.keys()
    assert all(summary | {"message_index", "lap_trigger"} <= lap.keys() for lap in messages["lap_mesgs"])
    assert len(messages["lap_mesgs"]) == session["num_laps"] == 3
    assert messages["device_info_mesgs"][0]["device_index"] == "creator"
    assert all("timestamp" in record and len(record) > 1 for record in messages["record_mesgs"])


def test_the_first_message_is_the_file_id_and_summaries_follow_what_they_sum_up() -> None:
    _, messages, data = exported(PAUSED)
    numbers = message_numbers(data)
    assert (numbers[0], numbers[-2:]) == (0, [18, 34])
    assert Counter(numbers)[20] == len(messages["record_mesgs"])
    times = [seconds(r["timestamp"]) for r in messages["record_mesgs"]]
    assert times == sorted(set(times))
    assert [seconds(e["timestamp"]) for e in messages["event_mesgs"]] == [0, 400, 700, 800, 810, 1000]
    laps = [k for k, number in enumerate(numbers) if number == 19]
    records = [k for k, number in enumerate(numbers) if number == 20]
    assert sum(k < laps[0] for k in records) == 334, "the lap's last second is read, then it ends"
    assert laps[-1] > records[-1]


def test_timer_time_is_elapsed_time_without_pauses_to_the_millisecond() -> None:
    run, messages, _ = exported(PAUSED)
    session = session_of(messages)
    assert session["total_elapsed_time"] == 1000.25
    assert session["total_timer_time"] == messages["activity_mesgs"][0]["total_timer_time"] == 690.25
    assert session["total_moving_time"] == pytest.approx(run.moving_s, abs=1e-3)
    laps = messages["lap_mesgs"]
    assert [lap["total_elapsed_time"] for lap in laps] == [333.0, 417.0, 250.25]
    assert [lap["total_timer_time"] for lap in laps] == [333.0, 117.0, 240.25]
    assert [seconds(lap["start_time"]) for lap in laps] == [0, 333, 750]


def test_a_pause_is_a_pair_of_timer_events_without_a_record_in_between() -> None:
    _, messages, _ = exported(PAUSED)
    events = [(seconds(e["timestamp"]), e["event"], e["event_type"]) for e in messages["event_mesgs"]]
    kinds = ["start", "stop_all", "start", "stop_all", "start", "stop_all"]
    assert events == [(t, "timer", k) for t, k in zip((0, 400, 700, 800, 810, 1000), kinds, strict=True)]
    times = {seconds(r["timestamp"]) for r in messages["record_mesgs"]}
    assert times == set(map(float, PAUSED.recorded_s))


def test_the_distance_is_one_in_records_laps_and_session() -> None:
    run, messages, _ = exported(PAUSED)
    session, laps = session_of(messages), messages["lap_mesgs"]
    total = messages["record_mesgs"][-1]["distance"]
    assert messages["record_mesgs"][0]["distance"] == 0
    assert session["total_distance"] == total == pytest.approx(run.distance_m[-1], abs=0.01)
    assert sum(lap["total_distance"] for lap in laps) == pytest.approx(total, abs=1e-6)
    assert total == pytest.approx(3.0 * 690, rel=0.03)
    reached = {seconds(r["timestamp"]): r["distance"] for r in messages["record_mesgs"]}
    assert laps[0]["total_distance"] == pytest.approx(reached[333], abs=1e-6)
    assert reached[700] == reached[400]
    assert session["enhanced_avg_speed"] == pytest.approx(total / 690.25, abs=1e-3)


def test_laps_are_as_they_were() -> None:
    _, messages, _ = exported(PAUSED)
    triggers = [lap["lap_trigger"] for lap in messages["lap_mesgs"]]
    assert triggers == ["distance", "manual", "session_end"]
    _, messages, _ = exported(Made(laps=(LapMark(100.0, "by a strange watch"),)))
    assert [lap["lap_trigger"] for lap in messages["lap_mesgs"]] == ["manual", "session_end"]


@pytest.mark.parametrize(
    ("sport", "sub_sport"),
    [("running", "treadmill"), ("walking", "generic"), ("hiking", "trail"), ("running", "track")],
)
def test_a_sport_stays_what_it_was(sport: str, sub_sport: str) -> None:
    _, messages, _ = exported(Made(sport=sport, sub_sport=sub_sport))
    for message in (session_of(messages), *messages["lap_mesgs"]):
        assert (message["sport"], message["sub_sport"]) == (sport, sub_sport)


def test_cycles_are_the_strides_made_and_none_while_standing() -> None:
    run, messages, _ = exported(Made(seconds=600.0, stands=(200, 260)))
    still = run.mask(run.activity[Activity.STAND])
    assert 50 <= still.sum() <= 62
    cycles = sum(lap["total_cycles"] for lap in messages["lap_mesgs"])
    assert cycles == session_of(messages)["total_cycles"] == pytest.approx(85 * 540 / 60, abs=4)
    standing = [r for r in messages["record_mesgs"] if 205 <= seconds(r["timestamp"]) < 259]
    assert {r["cadence"] + r["fractional_cadence"] for r in standing} == {0}
    assert session_of(messages)["avg_cadence"] == pytest.approx(85, abs=1)


def test_what_was_measured_is_native_and_what_was_modelled_says_so() -> None:
    run, messages, _ = exported(Made(contact_ms=245.0))
    described = {d["field_name"]: d["field_definition_number"] for d in messages["field_description_mesgs"]}
    assert messages["record_mesgs"][60]["stance_time"] == pytest.approx(run.value("contact_ms")[60])
    assert described["Overstride (model)"] == 34
    assert all("(model)" in name for name in described)
    run, messages, _ = exported(Made())
    described = {d["field_name"]: d["field_definition_number"] for d in messages["field_description_mesgs"]}
    record = messages["record_mesgs"][60]
    assert run.columns["contact_ms"].modelled
    assert not {"stance_time", "stance_time_percent"} & record.keys()
    assert "avg_stance_time" not in session_of(messages)
    assert described["Ground contact time (model)"] == 32
    key = next(d["key"] for d in messages["field_description_mesgs"] if d["field_definition_number"] == 32)
    assert record["developer_fields"][key] == pytest.approx(run.value("contact_ms")[60], rel=1e-6)


def test_places_and_altitude_come_back_out_and_no_slope_is_made_of_them() -> None:
    _, messages, _ = exported(Made())
    first, last = messages["record_mesgs"][0], messages["record_mesgs"][-1]
    assert first["position_lat"] * 180 / 2**31 == pytest.approx(47.5, abs=1e-7)
    assert last["position_long"] * 180 / 2**31 == pytest.approx(8.25, abs=1e-7)
    assert last["enhanced_altitude"] == pytest.approx(120 + last["distance"] / 50, abs=0.2)
    assert all("grade" not in record for record in messages["record_mesgs"])
    _, messages, _ = exported(Made(track=False, altitude=False))
    assert not {"position_lat", "enhanced_altitude", "grade"} & messages["record_mesgs"][60].keys()


@pytest.mark.parametrize("offset_s", [3600, 0, -34_200, 20_700])
def test_the_local_time_is_that_of_the_runner(offset_s: int) -> None:
    _, messages, _ = exported(Made(utc_offset_s=offset_s))
    (activity,) = messages["activity_mesgs"]
    local = FIT_EPOCH + datetime.timedelta(seconds=activity["local_timestamp"])
    assert (local - activity["timestamp"]).total_seconds() == offset_s


def test_the_total_of_cycles_is_the_watchs_own_count_where_it_has_one() -> None:
    laps = (LapMark(100.0, "manual"), LapMark(210.0, "manual"))
    _, without, _ = exported(Made(laps=laps))
    summed = session_of(without)["total_cycles"]
    counted = round(0.97 * summed)
    _, messages, _ = exported(Made(laps=laps, counted_strides=counted))
    assert session_of(messages)["total_cycles"] == counted != summed
    assert sum(lap["total_cycles"] for lap in messages["lap_mesgs"]) == counted
    shares = [lap["total_cycles"] / counted for lap in messages["lap_mesgs"]]
    assert shares == pytest.approx([1 / 3, 110 / 300, 0.3], abs=0.01)


@settings(max_examples=example_count(12, 200), deadline=None)
@given(made=made_activities())
def test_of_every_activity_the_parts_add_up(made: Made) -> None:
    _, messages, data = exported(made)
    session, laps = session_of(messages), messages["lap_mesgs"]
    assert message_numbers(data)[-2:] == [18, 34]
    for total in ("total_elapsed_time", "total_timer_time", "total_distance", "total_cycles"):
        assert sum(lap[total] for lap in laps) == pytest.approx(session[total], abs=1e-6), total
    assert session["total_elapsed_time"] == pytest.approx(made.seconds, abs=6e-4)
    paused = sum(p.seconds for p in made.pauses)
    assert session["total_timer_time"] == pytest.approx(made.seconds - paused, abs=6e-4)
    assert session["total_distance"] == messages["record_mesgs"][-1]["distance"]
    times = [seconds(r["timestamp"]) for r in messages["record_mesgs"]]
    assert not [t for t in times for p in made.pauses if p.start_s < t < p.end_s]
    assert np.all(np.diff([r["distance"] for r in messages["record_mesgs"]]) >= 0)
    kinds = [e["event_type"] for e in messages["event_mesgs"]]
    assert kinds == ["start", "stop_all"] * (len(kinds) // 2)
    ended = [
        p for p in made.pauses if round(p.end_s, 3) < made.seconds
    ]  # after the last one nothing starts again
    assert len(kinds) == 2 * (1 + len(ended))
