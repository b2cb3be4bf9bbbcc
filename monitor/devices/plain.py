"""Our own packet format: what replay and simulation make of samples, so that all goes one way.

Little-endian.  Channel ``imu``::

    2s magic "GC"   u8 version 1   u8 flags (1: with gyroscope)   u16 n
    u32 number of the first sample   i64 time of the first sample, µs   f32 asked-for rate, Hz
    n rows of: u32 µs since the first sample, 3 x f32 acc m/s², [3 x f32 gyr rad/s]

Channel ``values``::

    2s magic "GC"   u8 version 1   u8 count   f32 age, s
    count entries of: u8 length, ASCII name with its unit, f64 value
"""

from __future__ import annotations

import functools
import math
import struct
from collections.abc import Mapping

import numpy as np

from dsp.types import Array
from monitor.core.errors import DecodeError
from monitor.core.packet import Decoded, Packet, Samples, Values
from monitor.core.session_settings import SensorSettings

IMU = "imu"
VALUES = "values"

_MAGIC = b"GC"
_VERSION = 1
_GYRO = 1
_IMU_HEAD = struct.Struct("<2sBBHIqf")
_VALUE = struct.Struct("<d")
_VALUES_HEAD = struct.Struct("<2sBBf")
_FASTEST_HZ = 10_000.0


class PlainDecoder:
    """A decoder of packets of our own format; it keeps nothing between them."""

    def __init__(self, settings: SensorSettings) -> None:
        self.sensor = settings.name

    def decode(self, packet: Packet) -> list[Decoded]:
        """Return one ``Samples`` or ``Values``, nothing for an empty packet; ``DecodeError`` otherwise."""
        if packet.channel == IMU:
            samples = decode_imu(packet.payload)
            return [samples] if len(samples) else []
        if packet.channel == VALUES:
            return [decode_values(packet.payload)]
        raise DecodeError(f"{self.sensor}: a plain packet has no channel {packet.channel!r}")


def encode_imu(
    first: int, rate_hz: float, t_s: Array, acc_ms2: Array, gyr_rads: Array | None = None
) -> bytes:
    """Return a packet of samples from number ``first`` on: ``t_s`` (n,), the others (n, 3)."""
    n = len(t_s)
    us = np.round(t_s * 1e6).astype(np.int64)
    base = int(us[0]) if n else 0
    rows = np.empty((n, 4 if gyr_rads is None else 7), "<f4")
    rows[:, 0].view("<u4")[:] = us - base
    rows[:, 1:4] = acc_ms2
    if gyr_rads is not None:
        rows[:, 4:7] = gyr_rads
    flags = 0 if gyr_rads is None else _GYRO
    head = _IMU_HEAD.pack(_MAGIC, _VERSION, flags, n, first & 0xFFFFFFFF, base, rate_hz)
    return head + rows.tobytes()


def moved_imu(payload: bytes, first: int, later_us: int) -> tuple[bytes, int]:
    """Return a packet of samples, its numbers higher by ``first`` and its times later by ``later_us``.

    The second value is the number that follows its last sample.
    """
    magic, version, flags, n, number, base, rate_hz = _IMU_HEAD.unpack_from(payload)
    number = (number + first) & 0xFFFFFFFF
    head = _IMU_HEAD.pack(magic, version, flags, n, number, base + later_us, rate_hz)
    return head + payload[_IMU_HEAD.size :], number + n


def decode_imu(payload: bytes) -> Samples:
    """Return the samples that ``encode_imu`` packed, times to the microsecond and values to float32."""
    if len(payload) < _IMU_HEAD.size:
        raise DecodeError(f"plain imu packet of {len(payload)} bytes, at least {_IMU_HEAD.size} expected")
    magic, version, flags, n, first, base, rate_hz = _IMU_HEAD.unpack_from(payload)
    _check_head(magic, version)
    width = 7 if flags & _GYRO else 4
    if flags & ~_GYRO or len(payload) != _IMU_HEAD.size + 4 * width * n:
        raise DecodeError(f"plain imu packet of {len(payload)} bytes does not hold {n} rows as it says")
    if not 0 < rate_hz <= _FASTEST_HZ:
        raise DecodeError(f"plain imu packet with a rate of {rate_hz:g} Hz")
    cells = np.frombuffer(payload, "<f4", offset=_IMU_HEAD.size).reshape(n, width)
    if not np.isfinite(cells[:, 1:]).all():  # before they are converted, of which a NaN may be reported
        raise DecodeError("plain imu packet with values that are not numbers")
    rows, offsets = cells[:, 1:].astype(np.float64), cells.view("<u4")[:, 0].astype(np.int64)
    if n and (offsets[0] != 0 or (offsets[1:] <= offsets[:-1]).any()):
        raise DecodeError("plain imu packet whose times do not move forward")
    return Samples(
        acc_ms2=rows[:, :3],
        gyr_rads=rows[:, 3:] if width == 7 else None,
        nominal_hz=rate_hz,
        device_s=(base + offsets) * 1e-6,
        sequence=first,
        sequence_wrap=1 << 32,
    )


def encode_values(values: Mapping[str, float], age_s: float = 0.0) -> bytes:
    """Return a packet of numbers by name with unit; ``age_s`` how long before arrival they were true.

    NaN says that a number, which this device gives, is not known from now on.
    """
    form, names = _values_layout(tuple(values))
    cells: list[object] = [_MAGIC, _VERSION, len(names), age_s]
    for text, value in zip(names, values.values(), strict=True):
        cells += (len(text), text, value)
    return form.pack(*cells)


@functools.lru_cache(maxsize=256)
def _values_layout(names: tuple[str, ...]) -> tuple[struct.Struct, tuple[bytes, ...]]:
    """The form of a packet with these names, and the names as bytes: a watch sends the same all day."""
    texts = tuple(name.encode("ascii") for name in names)
    return struct.Struct("<2sBBf" + "".join(f"B{len(text)}sd" for text in texts)), texts


def decode_values(payload: bytes) -> Values:
    """Return the values that ``encode_values`` packed; ``DecodeError`` if it did not."""
    try:
        magic, version, count, age_s = _VALUES_HEAD.unpack_from(payload)
        _check_head(magic, version)
        values: dict[str, float] = {}
        at, value_at = _VALUES_HEAD.size, _VALUE.unpack_from
        for _ in range(count):
            end = at + 1 + payload[at]
            values[payload[at + 1 : end].decode("ascii")] = value_at(payload, end)[0]
            at = end + 8
    except (struct.error, IndexError, UnicodeDecodeError) as exc:
        raise DecodeError(f"plain values packet of {len(payload)} bytes: {exc}") from exc
    if at != len(payload):
        raise DecodeError(f"plain values packet with {len(payload) - at} bytes too many")
    if any(map(math.isinf, values.values())) or not 0 <= age_s < math.inf:
        raise DecodeError("plain values packet with values that are not numbers")
    return Values(values, age_s)


def _check_head(magic: bytes, version: int) -> None:
    if magic != _MAGIC:
        raise DecodeError("not a plain packet")
    if version != _VERSION:
        raise DecodeError(f"plain packet of version {version}; this program reads {_VERSION}")
