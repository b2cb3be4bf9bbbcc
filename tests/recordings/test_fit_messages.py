"""FIT files as no encoder writes them and as real ones come: what can be read is read, the rest is told."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from garmin_fit_sdk import Decoder, Stream
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.errors import InputError
from monitor.pipeline.session import Session
from monitor.recordings.fit_layouts import DeveloperValue
from monitor.recordings.fit_messages import FitMessages, read_messages
from monitor.recordings.readers import read_recording
from monitor.recordings.recording import Recording
from tests.deep import example_count
from tests.fit_bytes import (
    NOON_S,
    SPEED,
    TIME,
    compressed_records,
    crc,
    definition,
    description,
    developer_id,
    file_id,
    fit_file,
    records,
)

WHOLE = [{"enhanced_speed": 3.0, "cadence": 85, "heart_rate": 150}] * 60


def only(data: bytes) -> FitMessages:
    """The messages of data that hold one file."""
    (messages,) = read_messages(data)
    return messages


def run(body: bytes) -> bytes:
    return fit_file(file_id() + body)


def told(messages: FitMessages) -> list[Mapping[str, Any]]:
    """What the records say of speed, cadence and heart rate."""
    names = ("enhanced_speed", "cadence", "heart_rate")
    return [{n: m.values[n] for n in names if n in m.values} for m in messages.named("record")]


def times(messages: FitMessages) -> list[int]:
    return [m.values["timestamp"] - NOON_S for m in messages.named("record")]


def read(path: Path, data: bytes) -> Recording:
    path.write_bytes(data)
    return read_recording(path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.fit"


# ------------------------------------------------------------------ what the format allows


def by_fitparse(data: bytes) -> list[int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import fitparse

        found = fitparse.FitFile(io.BytesIO(data)).get_messages("record")
        return [int(m.get_raw_value("timestamp")) - NOON_S for m in found]


@pytest.mark.parametrize("start_s", range(NOON_S, NOON_S + 33, 8))
def test_compressed_time_stamps_roll_over_every_32_s(start_s: int) -> None:
    data = run(compressed_records(100, start_s))
    messages = only(data)
    assert messages.damage == ""
    assert times(messages) == [start_s - NOON_S + t for t in range(100)] == by_fitparse(data)
    assert told(messages) == [*WHOLE, *WHOLE[:40]]


def test_a_run_with_compressed_time_stamps_can_be_imported(file: Path) -> None:
    recording = read(file, run(compressed_records(100)))
    assert (recording.duration_s, recording.remarks) == (99.0, ())
    assert recording.started_utc == "2026-11-24T12:00:00+00:00"


@pytest.mark.parametrize("header_size", [12, 14])
@pytest.mark.parametrize("big", [False, True])
def test_both_orders_of_bytes_and_both_headers_say_the_same(header_size: int, big: bool) -> None:
    messages = only(fit_file(file_id(big=big) + records(big=big), header_size))
    assert messages.damage == ""
    assert told(messages) == WHOLE
    assert times(messages) == list(range(60))
    assert messages.first("file_id")["manufacturer"] == "coros"


def test_one_file_may_hold_both_orders_of_bytes() -> None:
    messages = only(run(records(30) + records(30, NOON_S + 30, big=True)))
    assert times(messages) == list(range(60))
    assert told(messages) == WHOLE


def test_chained_files_stay_apart_and_the_same_one_twice_is_one() -> None:
    first, second = run(records(30)), run(records(20, NOON_S + 30))
    parts = read_messages(first + second + first)
    assert [m.damage for m in parts] == ["", ""]
    assert [times(m) for m in parts] == [list(range(30)), list(range(30, 50))]


def test_what_lies_behind_a_damaged_file_can_still_be_read() -> None:
    damaged = run(records(30) + b"\x0b\1\2\3")
    parts = read_messages(damaged + run(records(20)))
    assert [m.damage for m in parts] == ["it cannot be decoded to its end", ""]
    assert [len(m.named("record")) for m in parts] == [30, 20]


@pytest.mark.parametrize("tail", [0, 2, 7])
def test_a_file_without_a_length_is_read_to_its_end(tail: int) -> None:
    """A watch that died never wrote the length, nor all of the last message."""
    data = bytearray(run(records(60)))
    data[4:8] = bytes(4)
    cut = only(bytes(data[: len(data) - tail]))
    assert cut.damage == ("it ends early" if tail == 7 else "")
    assert times(cut) == list(range(60 if tail < 7 else 59))


def test_a_file_without_a_length_ends_where_another_begins() -> None:
    data = bytearray(run(records(60)))
    data[4:8] = bytes(4)
    parts = read_messages(bytes(data) + run(records(20)))
    assert [len(m.named("record")) for m in parts] == [60, 20]
    assert [m.damage for m in parts] == ["", ""]


def test_a_compressed_time_stamp_counts_on_from_any_message() -> None:
    """The watch of a FR70's time writes the whole time into an event only."""
    event = definition(5, 21, (TIME, (0, 1, 0), (1, 1, 0))) + b"\5" + struct.pack("<IBB", NOON_S + 5, 0, 0)
    short = definition(2, 20, (SPEED,))
    for t in range(6, 80):
        short += bytes([0x80 | 2 << 5 | (NOON_S + t) & 31]) + struct.pack("<H", 3000)
    assert times(only(run(event + short))) == list(range(6, 80))
    assert times(only(run(short))) == list(range(6, 80))  # on from when the file was made


@given(steps=st.lists(st.integers(1, 31), min_size=1, max_size=60), start=st.integers(NOON_S, NOON_S + 64))
def test_compressed_time_stamps_are_right_whatever_the_steps(steps: list[int], start: int) -> None:
    out, t, expected = records(1, start) + definition(2, 20, (SPEED,)), start, [start - NOON_S]
    for step in steps:
        t += step
        expected.append(t - NOON_S)
        out += bytes([0x80 | 2 << 5 | t & 31]) + struct.pack("<H", 3000)
    assert times(only(run(out))) == expected


@given(st.lists(st.integers(0, 900), min_size=2, max_size=40))
def test_a_distance_in_twelve_bits_counts_on(steps: list[int]) -> None:
    """Field 8: speed in 1/100 m/s and distance in 1/16 m, which begins anew every 256 m."""
    out, total, expected = definition(1, 20, (TIME, (8, 3, 0x0D))), 0, []
    for k, step in enumerate(steps):
        total += step
        both = 300 | (total & 0xFFF) << 12
        out += b"\1" + struct.pack("<I", NOON_S + k) + both.to_bytes(3, "little")
        expected.append((total - steps[0]) / 16 + (steps[0] & 0xFFF) / 16)
    found = only(run(out)).named("record")
    assert [m.values["distance"] for m in found] == pytest.approx(expected)
    assert {m.values["enhanced_speed"] for m in found} == {3.0}


def test_each_message_knows_the_last_time_before_it() -> None:
    sport = definition(6, 12, ((0, 1, 0),)) + b"\6\1"
    messages = only(run(records(10) + sport + records(10, NOON_S + 10)))
    assert [m.time - NOON_S for m in messages.named("sport")] == [9]


def without(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the SDK's own key, what it leaves a number, and what is twice in the file (next test)."""
    left_out = ("key", "native_mesg_num", "fit_base_type_id", "enhanced_speed")
    return {k: v for k, v in values.items() if k not in left_out}


def test_messages_equal_those_that_garmins_sdk_reads() -> None:
    """Message by message, value by value, for a file with every kind that is used."""
    from tests.exports.test_fit import watch

    data = watch(stryd=True, stance_time=241.5, step_length=1066.5, speed=2.9, altitude=120.4, power=231)
    sdk, errors = Decoder(Stream.from_byte_array(bytearray(data))).read(
        convert_datetimes_to_dates=False, merge_heart_rates=False
    )
    assert errors == []
    messages = only(data)
    units = {d["key"]: (d["field_name"], d["units"]) for d in sdk["field_description_mesgs"]}
    for name in ("file_id", "record", "session", "developer_data_id", "field_description"):
        theirs = sdk[f"{name}_mesgs"]
        assert len(messages.named(name)) == len(theirs) > 0
        for ours, other in zip(messages.named(name), theirs, strict=True):
            own = other.pop("developer_fields", {})
            known = {k: list(v) if isinstance(v, tuple) else v for k, v in ours.values.items()}
            assert without(known) == without(other)
            assert ours.developer == tuple(DeveloperValue(0, *units[k], v) for k, v in own.items())


def test_a_field_of_its_own_is_better_than_one_made_of_another_or_an_array() -> None:
    """Watches write the old field (16 bits) beside the new one, a FR55 the new one as a pair."""
    enhanced = (73, 4, 0x86)
    alone = only(run(records(extra=enhanced, tail=struct.pack("<I", 3100))))
    assert {r["enhanced_speed"] for r in told(alone)} == {3.1}
    pair = only(run(records(extra=(73, 8, 0x86), tail=struct.pack("<II", 3100, 3100))))
    assert told(pair) == WHOLE
    single = only(
        run(definition(1, 20, (TIME, (73, 8, 0x86))) + b"\1" + struct.pack("<III", NOON_S, 3100, 3100))
    )
    assert told(single) == [{"enhanced_speed": (3.1, 3.1)}]


# ------------------------------------------------------------------ what it does not allow, but is met


@pytest.mark.parametrize(
    ("extra", "tail"),
    [
        ((199, 1, 0x02), b"\7"),  # an unknown field
        ((199, 0, 0x02), b""),  # a field without length
        ((199, 1, 0x55), b"\7"),  # an unknown type
        ((7, 1, 0x84), b"\7"),  # half a number
        ((7, 4, 0x07), b"abcd"),  # text where the profile has power, without its final zero
    ],
)
def test_an_odd_field_costs_nothing_but_itself(extra: tuple[int, int, int], tail: bytes) -> None:
    messages = only(run(records(extra=extra, tail=tail)))
    assert messages.damage == ""
    assert told(messages) == WHOLE


@pytest.mark.parametrize(
    "other",
    [
        definition(5, 0xFF01, ((0, 4, 0x86),)) + b"\5abcd",  # not in any profile
        definition(5, 132, ((10, 3, 0x0D),)) + b"\5abc",  # heart beats without a first time
        definition(5, 0xFF01, ()) + b"\5",  # nothing in it
    ],
)
def test_messages_that_are_not_used_cannot_do_harm(other: bytes) -> None:
    messages = only(run(other + records()))
    assert messages.damage == ""
    assert told(messages) == WHOLE


ONE_BYTE = ((0, 1, 0),)


@pytest.mark.parametrize(
    ("before", "fields", "tail"),
    [
        (b"", ONE_BYTE, b"\7"),  # nothing describes it
        (description("Power", 0x02), ONE_BYTE, b"\7"),  # its application is unknown
        (developer_id() + description("Power", 0x02, index=5), ((0, 1, 5),), b"\7"),
        (developer_id() + description("Power", None), ONE_BYTE, b"\7"),  # without a type
        (developer_id() + description("Power", 0x77), ONE_BYTE, b"\7"),  # of no type there is
        (developer_id() + description("Power", 0x84), ((0, 3, 0),), b"\7\7\7"),  # one number and a half
        (developer_id() + description("Power", 0x84), ((0, 0, 0),), b""),  # no number at all
    ],
)
def test_developer_fields_that_cannot_be_understood_cost_nothing_else(
    file: Path, before: bytes, fields: Any, tail: bytes
) -> None:
    data = run(before + records(developer=fields, tail=tail))
    assert told(only(data)) == WHOLE
    recording = read(file, data)
    assert recording.remarks == ()
    assert [s.name for s in recording.settings.sensors] == ["coros"]


@pytest.mark.parametrize(
    ("base_type", "raw", "value"),
    [
        (0x02, b"\xf0", 240),
        (0x84, b"\xfa\0", 250),
        (0x04, b"\xfa\0", 250),  # the type's low bits alone, as some write it
        (0x88, struct.pack("<f", 231.5), 231.5),
        (0x02, b"\xff", None),  # not known, in the type's own way
        (0x84, b"\xff\xff", None),
        (0x88, b"\xff\xff\xff\xff", None),
    ],
)
def test_developer_values_come_with_name_and_unit(base_type: int, raw: bytes, value: float | None) -> None:
    before = developer_id() + description("Power", base_type)
    messages = only(run(before + records(developer=((0, len(raw), 0),), tail=raw)))
    expected = () if value is None else (DeveloperValue(0, "Power", "Watts", value),)
    assert {m.developer for m in messages.named("record")} == {expected}


def test_a_stryd_with_its_own_developer_fields_is_two_sensors_with_two_names(file: Path) -> None:
    before = developer_id() + description("Form Power", 0x02, number=1) + description("Power", 0x02)
    data = fit_file(file_id(maker=95) + before + records(developer=ONE_BYTE, tail=b"\xf0"))
    recording = read(file, data)
    assert [s.name for s in recording.settings.sensors] == ["stryd", "developer fields"]


def test_a_clock_that_was_never_set_is_no_date(file: Path) -> None:
    assert read(file, run(records(start_s=100))).started_utc == ""


# ------------------------------------------------------------------ damage


def wrong(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


@pytest.mark.parametrize("at", [12, -1])
def test_a_wrong_checksum_is_told_and_everything_is_read(file: Path, at: int) -> None:
    data = run(records(120))
    recording = read(file, wrong(data, at % len(data)))
    assert recording.duration_s == 119
    (said,) = recording.remarks
    assert said == "the file is damaged (its checksum is wrong); its first 119 s could be read"


def test_one_wrong_time_in_a_damaged_file_costs_one_record(file: Path) -> None:
    early, late = b"\1" + struct.pack("<I", NOON_S + 40), b"\1" + struct.pack("<I", NOON_S + 80)
    data = run(records(120)).replace(early, b"\1\0\0\0\x10").replace(late, b"\1\xfe\xff\xff\x7f")
    recording = read(file, data)
    assert "its checksum is wrong" in recording.remarks[0]
    assert recording.duration_s == 119
    assert recording.count == 120


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (run(records())[:-300], "it ends early"),
        (run(records()) + b"garbage", "what follows its end is not FIT"),
        (run(records() + b"\x0b\1\2\3"), "it cannot be decoded to its end"),  # a message without definition
    ],
)
def test_damage_is_told_in_plain_words(file: Path, data: bytes, said: str) -> None:
    (remark,) = read(file, data).remarks
    assert remark.startswith(f"the file is damaged ({said}); its first ")
    assert remark.endswith(" s could be read")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not a FIT file"),
        (b"\x0e\x20\0\0\0\0\0\0", "is not a FIT file"),
        (run(b"")[:13], "holds no activity: it is damaged (it ends early)"),
        (run(b""), "holds no activity: nothing was recorded"),
        (fit_file(file_id(kind=6)), "is a course, not an activity"),
        (run(definition(1, 20, ((253, 4, 0x07), SPEED)) + b"\1abcdef" * 9), "nothing was recorded"),
        (run(records(9) + records(9, NOON_S + 500_000)), "its clock was set in between"),
    ],
)
def test_what_is_no_run_is_refused_in_one_line(file: Path, data: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(file, data)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


SOURCES = {
    "plain": run(records(90)),
    "big endian": fit_file(file_id(big=True) + records(90, big=True)),
    "compressed": run(compressed_records(90)),
    "developer": run(
        developer_id() + description("Power", 0x84) + records(90, developer=((0, 2, 0),), tail=b"\xfa\0")
    ),
}
source = st.sampled_from(sorted(SOURCES))


@settings(max_examples=example_count(60, 1000), deadline=None)
@given(
    name=source, at=st.floats(0, 1), cut=st.integers(0, 12), put=st.binary(max_size=8), mend=st.booleans()
)
def test_any_damage_gives_a_recording_or_one_clear_line(
    tmp_path_factory: pytest.TempPathFactory, name: str, at: float, cut: int, put: bytes, mend: bool
) -> None:
    """Bytes changed, lost or added anywhere; ``mend`` makes sizes and checksums right again."""
    whole = SOURCES[name]
    place = round(at * len(whole))
    data = bytearray(whole[:place] + put + whole[place + cut :])
    if mend and len(data) > 16 and place >= 14:
        data[4:8] = struct.pack("<I", len(data) - 16)
        data[12:14] = struct.pack("<H", crc(bytes(data[:12])))
        data[-2:] = struct.pack("<H", crc(bytes(data[:-2])))
    said = []
    try:
        recording = read(tmp_path_factory.getbasetemp() / "mutated.fit", bytes(data))
    except InputError as exc:
        said = str(exc).splitlines()
    if said:
        assert len(said) == 1
        return
    assert recording.count >= 2
    session = Session(recording.settings)
    for packet in recording.packets():
        session.push(packet)


@settings(max_examples=example_count(40, 600), deadline=None)
@given(name=source, at=st.floats(0.4, 0.95), lost=st.integers(1, 12))
def test_what_lies_before_lost_bytes_is_kept(
    tmp_path_factory: pytest.TempPathFactory, name: str, at: float, lost: int
) -> None:
    """Behind them everything may be read as something, at a time of its own."""
    whole = SOURCES[name]
    place = round(at * len(whole))
    before = len(only(whole[:place]).named("record"))
    recording = read(
        tmp_path_factory.getbasetemp() / "lost.fit", whole[:place] + whole[min(place + lost, len(whole)) :]
    )
    assert recording.remarks[0].startswith("the file is damaged")
    assert recording.duration_s >= before - 1
    assert recording.started_utc == "2026-11-24T12:00:00+00:00"
