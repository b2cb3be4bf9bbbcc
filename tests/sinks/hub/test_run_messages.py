"""What is said of a run in the log, as bytes and back; whatever comes instead is refused, never a bug."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import DecodeError
from monitor.core.packet import Packet
from monitor.core.records import SessionStarted
from monitor.core.session_settings import CoachSettings, SessionSettings, TodaysLimits
from monitor.recordings.tape_blocks import Numbered
from monitor.sinks.hub.run_messages import (
    RunEnd,
    RunStart,
    pack_end,
    pack_packets,
    pack_start,
    unpack_end,
    unpack_packets,
    unpack_start,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
packets = st.builds(
    Packet,
    sensor=texts,
    arrival_ns=st.integers(0, 2**62),
    channel=texts,
    payload=st.binary(max_size=200),
    link=st.integers(0, 2**32 - 1),
)
STARTED = SessionStarted("2026-01-01T00-00-00-me", "me", "2026-01-01T00:00:00+00:00", ("footL",))


@st.composite
def numbered(draw: st.DrawFn) -> list[Numbered]:
    numbers = draw(st.lists(st.integers(0, 2**63), min_size=1, max_size=20, unique=True))
    return [(number, draw(packets)) for number in numbers]


@given(numbered())
def test_packets_come_back_in_the_order_of_their_numbers(rows: list[Numbered]) -> None:
    back = [row for _, data in pack_packets(rows) for row in unpack_packets(data)]
    assert back == sorted(rows, key=lambda row: row[0])


def test_many_packets_make_several_messages_that_a_server_takes() -> None:
    rows = [(n, Packet("footL", n, "imu", bytes(4000))) for n in range(1000)]
    messages = list(pack_packets(rows))
    assert len(messages) > 5
    assert max(len(data) for _, data in messages) < 1_000_000
    assert [first for first, _ in messages] == [unpack_packets(data)[0][0] for _, data in messages]
    assert [row for _, data in messages for row in unpack_packets(data)] == rows


def test_any_number_of_channels_fits() -> None:
    rows = [(n, Packet(f"s{n}", n, "imu", b"x")) for n in range(700)]
    assert [row for _, data in pack_packets(rows) for row in unpack_packets(data)] == rows


@given(st.binary(max_size=300), st.randoms(use_true_random=False))
def test_damaged_packets_are_refused(junk: bytes, luck: random.Random) -> None:
    (_, data), *_ = pack_packets(
        [(3, Packet("footL", 5, "imu", b"abc")), (4, Packet("footR", 6, "imu", b"d"))]
    )
    changed = bytearray(data)
    changed[luck.randrange(len(data))] ^= 1 << luck.randrange(8)
    for bad in (bytes(changed), data[: luck.randrange(len(data))], data + b"x", junk):
        with pytest.raises(DecodeError):
            unpack_packets(bad)


def test_a_start_goes_without_what_the_plan_allowed() -> None:
    coach = CoachSettings(today=TodaysLimits(most_km=5.0, stop=True), step_reason="pain")
    start = RunStart(STARTED, SessionSettings(athlete="me", coach=coach), "1")
    settings = replace(start.settings, coach=replace(coach, today=None, step_reason=""))
    assert unpack_start(pack_start(start)) == replace(start, settings=settings)
    assert b"pain" not in pack_start(start)


def test_an_end_comes_back() -> None:
    end = RunEnd(500, "stopped", {"the disk is full": 3})
    assert unpack_end(pack_end(end)) == end


@given(st.binary(max_size=100))
def test_what_is_no_start_and_no_end_is_refused(junk: bytes) -> None:
    for unpack in (unpack_start, unpack_end):
        for bad in (junk, b"{}" + junk, b"[1]", b'{"packets": {}}'):
            with pytest.raises(DecodeError):
                unpack(bad)
