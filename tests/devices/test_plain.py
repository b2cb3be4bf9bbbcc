"""Our own packet format: exact there and back, total on junk."""

from __future__ import annotations

import contextlib
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.types import Placement
from monitor.core.errors import DecodeError
from monitor.core.packet import Packet, Samples, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices import plain
from monitor.devices.registry import DEVICES

SETTINGS = SensorSettings(name="foot", kind="plain", placement=Placement.FOOT)
RNG = np.random.default_rng(0)


def packet(channel: str, payload: bytes) -> Packet:
    return Packet("foot", 0, channel, payload)


def decode(channel: str, payload: bytes) -> list[Samples | Values]:
    return DEVICES["plain"].decoder(SETTINGS).decode(packet(channel, payload))


@pytest.mark.parametrize("gyro", [True, False])
def test_samples_come_back_as_they_were(gyro: bool) -> None:
    t_s = 1234.5 + np.sort(RNG.random(50))
    acc, gyr = RNG.normal(0, 20, (50, 3)), RNG.normal(0, 5, (50, 3))
    (samples,) = decode("imu", plain.encode_imu(7, 150.0, t_s, acc, gyr if gyro else None))
    assert isinstance(samples, Samples)
    assert samples.device_s == pytest.approx(t_s, abs=1.1e-6)
    assert (samples.acc_ms2 == acc.astype(np.float32)).all()
    assert (samples.gyr_rads is None) is not gyro
    if samples.gyr_rads is not None:
        assert (samples.gyr_rads == gyr.astype(np.float32)).all()
    assert (samples.sequence, samples.nominal_hz) == (7, 150.0)


def test_values_come_back_as_they_were() -> None:
    values = {"speed_mps": 2.7182818, "slope_pct": -3.0}
    (back,) = decode("values", plain.encode_values(values, age_s=0.5))
    assert back == Values(values, 0.5)


def test_an_empty_packet_is_nothing() -> None:
    assert decode("imu", plain.encode_imu(0, 100.0, np.empty(0), np.empty((0, 3)))) == []


def test_bytes_of_version_one_stay_readable() -> None:
    row = struct.pack("<I3f", 0, 0.0, 0.0, 9.5)
    captured = b"GC\x01\x00" + struct.pack("<HIqf", 1, 3, 1_000_000, 100.0) + row
    (samples,) = decode("imu", captured)
    assert isinstance(samples, Samples)
    assert samples.device_s is not None
    assert samples.device_s.tolist() == [1.0]
    assert samples.acc_ms2.tolist() == [[0.0, 0.0, 9.5]]


GOOD = plain.encode_imu(0, 100.0, np.array([0.0, 0.01]), np.ones((2, 3)))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        GOOD[:-1],
        GOOD + b"\0",
        b"XX" + GOOD[2:],
        b"GC\x02" + GOOD[3:],
        b"GC\x01\x02" + GOOD[4:],
        plain.encode_imu(0, 0.0, np.array([0.0]), np.ones((1, 3))),
        plain.encode_imu(0, float("nan"), np.array([0.0]), np.ones((1, 3))),
        plain.encode_imu(0, 100.0, np.array([0.0]), np.full((1, 3), np.nan)),
        plain.encode_imu(0, 100.0, np.array([0.0, 0.0]), np.ones((2, 3))),
    ],
)
def test_what_is_not_a_packet_is_refused(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        decode("imu", payload)


@pytest.mark.parametrize("bits", [(0x7F800001,), (0x7F800000, 0xFF800000)], ids=["signalling", "both"])
def test_samples_that_are_no_numbers_are_refused_and_nothing_is_reported(bits: tuple[int, ...]) -> None:
    """A NaN that signals, and infinities of both signs: numpy would warn of their conversion or sum."""
    payload = bytearray(plain.encode_imu(0, 100.0, np.array([0.0]), np.ones((1, 3))))
    for column, pattern in enumerate(bits):
        payload[-12 + 4 * column : len(payload) - 8 + 4 * column] = pattern.to_bytes(4, "little")
    with pytest.raises(DecodeError, match="not numbers"):
        plain.decode_imu(bytes(payload))


def test_a_number_that_is_not_known_any_more_is_nan() -> None:
    (values,) = decode("values", plain.encode_values({"speed_mps": float("nan")}))
    assert math.isnan(values.values["speed_mps"])


def test_values_that_are_no_numbers_are_refused() -> None:
    for payload in (plain.encode_values({"speed_mps": float("inf")}), plain.encode_values({}, -1.0)):
        with pytest.raises(DecodeError):
            decode("values", payload)


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(DecodeError, match="no channel"):
        decode("music", GOOD)


@given(st.sampled_from(["imu", "values"]), st.binary(max_size=80), st.binary(max_size=4))
def test_any_bytes_give_values_or_a_decode_error(channel: str, junk: bytes, end: bytes) -> None:
    for payload in (junk, b"GC\x01" + junk, GOOD[: len(junk)] + end):
        with contextlib.suppress(DecodeError):
            assert isinstance(decode(channel, payload), list)
