"""Whole streams of a device through its decoder and the time base: counts, wraps, losses, reconnects."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.types import ImuChunk, Placement, Reading
from monitor.core.packet import Packet
from monitor.core.session_settings import SensorSettings
from monitor.devices import movesense
from monitor.devices.registry import DEVICES
from monitor.pipeline.sensor_stream import SensorStream
from monitor.simulation.simulated_runner import RadioModel

SECONDS = 420.0
RADIO = RadioModel(stall_every_s=5.0, loss=0.03, ppm=120.0)


def arduino(sent: int) -> Iterator[tuple[float, bytes]]:
    """When each batch of 18 was complete, and its bytes; clock and number wrap on the way."""
    for first in range(0, sent, 18):
        us = round(first / 208.0 * 1e6) + 2**32 - 100_000_000
        head = struct.pack("<HHIB", 0xAA55, (first + 65_000) & 0xFFFF, us & 0xFFFFFFFF, 18)
        yield (first + 17) / 208.0, head + struct.pack("<6h", 0, 0, 2048, 0, 0, 0) * 18


def movesense_104(sent: int) -> Iterator[tuple[float, bytes]]:
    """Both parts of each value one after the other (they are told apart by their length)."""
    ref = movesense.Resource("IMU6", 104).ref
    for first in range(0, sent, 8):
        ms = round(first / 104.0 * 1e3) + 2**32 - 100_000
        value = struct.pack("<I", ms & 0xFFFFFFFF) + np.tile(np.float32([0, 0, 9.81]), 16).tobytes()
        yield (first + 7) / 104.0, bytes((2, ref)) + value[:150]
        yield (first + 7) / 104.0, bytes((3, ref)) + value[150:]


def polar(sent: int) -> Iterator[tuple[float, bytes]]:
    """36 raw samples a frame, the time of the last."""
    for first in range(0, sent, 36):
        last_s = (first + 35) / 200.0
        head = struct.pack("<BQB", 2, round((last_s + 8e8) * 1e9), 1)
        yield last_s, head + struct.pack("<3h", 0, 0, 1000) * 36


CASES = {
    "arduino": ("arduino", "imu", 208.0, 18, 1, arduino),
    "movesense": ("movesense", "data", 104.0, 8, 2, movesense_104),
    "polar": ("polar", "data", 200.0, 36, 1, polar),
}


@pytest.mark.parametrize("name", CASES)
def test_what_was_sent_is_received_or_counted_as_lost(name: str) -> None:
    kind, channel, rate_hz, rows, parts, make = CASES[name]
    sent = int(SECONDS * rate_hz) // rows * rows
    packets = list(make(sent))
    ready_s = np.array([at for at, _ in packets[::parts]])
    arrival_s = RADIO.arrivals(ready_s, np.random.default_rng(7))
    arrival_s[[0, 1, -1]] = ready_s[[0, 1, -1]] + 0.05  # what was lost at the very ends nobody can know
    settings = SensorSettings(name="it", kind=kind, placement=Placement.FOOT, rate_hz=rate_hz)
    stream, times, last = SensorStream(settings, DEVICES[kind]), [], 0.0
    for n, (_, payload) in enumerate(packets):
        at_s = arrival_s[n // parts]
        if not np.isfinite(at_s):
            continue
        last = max(last, float(at_s))
        for chunk in stream.push(Packet("it", round(last * 1e9), channel, payload)):
            assert isinstance(chunk, ImuChunk)
            times.append(chunk.t_s)
    t_s = np.concatenate(times)
    assert (np.diff(t_s) > 0).all()
    assert stream.bad == 0
    assert stream.repeated == 0
    assert stream.lost > 0
    assert stream.received == len(t_s)
    assert stream.received + stream.lost == sent
    status = stream.status(SECONDS)
    assert status.clock_sd_ms is not None
    assert status.clock_sd_ms < 2
    assert status.clock_jitter_ms is not None
    assert status.clock_jitter_ms > 10


@pytest.mark.parametrize("name", CASES)
def test_a_device_that_was_restarted_goes_on_after_where_it_was(name: str) -> None:
    kind, channel, rate_hz, rows, _, make = CASES[name]
    settings = SensorSettings(name="it", kind=kind, placement=Placement.FOOT, rate_hz=rate_hz)
    stream, times = SensorStream(settings, DEVICES[kind]), []
    for link in range(2):
        for at_s, payload in make(rows * 100):
            packet = Packet("it", round((at_s + 60 * link) * 1e9), channel, payload, link)
            times += [c.t_s for c in stream.push(packet) if isinstance(c, ImuChunk)]
    t_s = np.concatenate(times)
    assert len(t_s) == 2 * rows * 100
    assert (np.diff(t_s) > 0).all()
    assert t_s[rows * 100] == pytest.approx(60.0, abs=0.2)


PHONE = SensorSettings(
    name="phone", kind="sensor_logger", placement=Placement.WAIST, options={"platform": "android"}
)


def body(number: int, device_s: float, gps_ahead_s: float) -> bytes:
    """Half a second of samples from ``device_s`` on, and a speed whose time lies so far after its first."""
    rows = [
        {
            "name": "totalacceleration",
            "time": round((device_s + k / 50) * 1e9),
            "values": {"x": 0, "y": 0, "z": 9.81},
        }
        for k in range(25)
    ]
    rows.append(
        {"name": "location", "time": round((device_s + gps_ahead_s) * 1e9), "values": {"speed": 2.8}}
    )
    return json.dumps({"messageId": number, "sessionId": "s", "payload": rows}).encode()


@given(
    st.lists(
        st.tuples(
            st.floats(0.05, 4.0),  # between two arrivals
            st.floats(-1e4, 1e5) | st.just(0.0),  # the phone's clock is set by so much
            st.floats(-600.0, 600.0) | st.floats(0.0, 0.5),  # the GPS has an idea of its own of the time
        ),
        min_size=1,
        max_size=40,
    )
)
def test_no_reading_is_later_than_its_arrival_whatever_the_phone_calls_the_time(
    steps: list[tuple[float, float, float]],
) -> None:
    stream = SensorStream(PHONE, DEVICES["sensor_logger"])
    arrival_s, set_s, speeds = 1.0, 1.79e9, 0
    for number, (pause_s, moved_s, ahead_s) in enumerate(steps):
        arrival_s, set_s = arrival_s + pause_s, set_s + moved_s
        packet = Packet("phone", round(arrival_s * 1e9), "push", body(number, set_s + arrival_s, ahead_s))
        for item in stream.push(packet):
            if isinstance(item, Reading):
                assert item.t_s <= arrival_s + 1e-9
                speeds += 1
    assert speeds > 0
