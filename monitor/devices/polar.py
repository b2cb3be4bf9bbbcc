"""Polar Measurement Data: acceleration of H10 and OH1, acceleration and angular rate of Verity Sense.

Format: Polar's "online_measurement.pdf" and the unit tests of its SDK.  A frame carries the time of
its *last* sample.  The answers on the control point are part of the stream: they tell the rate and
the factor that scales compressed frames.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.types import Array
from monitor.core.errors import DecodeError, SensorError
from monitor.core.packet import Decoded, Packet, Samples
from monitor.core.session_settings import SensorSettings
from monitor.devices.binary_fields import MS2_PER_MG, RAD_PER_DEG, acc_rows, gyr_rows, unpack
from monitor.devices.gatt import Ask, GattSpec, Read, Script, ScriptStep, Write
from monitor.devices.sample_times import SampleTimer
from monitor.devices.stream_merger import StreamMerger

CHARACTERISTICS = {
    "control": "fb005c81-02e7-f387-1cad-8acd2d8df0c8",
    "data": "fb005c82-02e7-f387-1cad-8acd2d8df0c8",
}
_NAMES = ("Polar H10", "Polar Sense", "Polar Verity Sense", "Polar OH1", "Polar 360")

OPTIONS = ("sdk_mode",)

_ACC, _GYRO, _SDK_MODE = 2, 5, 9  # kinds of measurement
_SETTINGS_OF, _START, _STOP = 1, 2, 3  # operations on the control point
_FEATURES, _ANSWER_CODE = 0x0F, 0xF0  # first byte of what the control point says
_RATE, _RESOLUTION, _RANGE, _RANGE_MILLI, _CHANNELS, _FACTOR, _SECURITY = range(7)  # ids of settings
_VALUE = {
    _RATE: "H",
    _RESOLUTION: "H",
    _RANGE: "H",
    _RANGE_MILLI: "I",
    _CHANNELS: "B",
    _FACTOR: "f",
    _SECURITY: "H",
}

_DONE, _ALREADY = 0, 6  # "already in that state" is as good as done
REFUSALS = {
    1: "operation unknown", 2: "measurement unknown", 3: "not supported", 4: "wrong length",
    5: "wrong parameter", 7: "resolution", 8: "rate", 9: "range", 10: "MTU too small", 11: "channels",
    12: "not in this state", 13: "it is in its charger", 14: "its disk is full",
}  # fmt: skip

_DEFAULT_HZ = 52.0  # where the answers were not heard
_MOST_PARTS = 8  # of one answer; more is not an answer
_HOLE_S = 0.1  # of angular rate, over which nothing is interpolated

_FRAME = struct.Struct("<BQB")
_ANSWER = struct.Struct("<BBBB")


_AnswerScript = Generator[ScriptStep, bytes | None, "PmdAnswer"]


@dataclass(frozen=True, slots=True)
class PmdFrame:
    """A data notification.  ``rows`` (n, 3) in mg (ACC) or deg/s (GYRO)."""

    kind: int
    last_s: float  # since 2000-01-01 UTC on the device's clock, of the last sample
    rows: Array


@dataclass(frozen=True, slots=True)
class PmdAnswer:
    """An answer of the control point to ``operation``: its status and the settings that came with it."""

    operation: int
    kind: int
    status: int
    settings: Mapping[int, tuple[float, ...]]


def decode(payload: bytes, factor: float = 1.0) -> PmdFrame:
    """Decode one frame: u8 kind, u64 ns of the last sample, u8 type (bit 7: compressed), samples."""
    kind, last_ns, form = unpack(_FRAME, payload, what="Polar frame")
    kind &= 0x3F
    body = payload[_FRAME.size :]
    rows: Array
    match kind, form:
        case (2, 0x00 | 0x01 | 0x02):
            rows = _raw_rows(body, form + 1).astype(np.float64)
        case (2, 0x80):
            rows = _delta_rows(body, 2).astype(np.float64) * (factor * 1000.0)
        case (2, 0x81) | (5, 0x80):
            rows = _delta_rows(body, 2).astype(np.float64) * factor
        case (5, 0x81):
            bits = _delta_rows(body, 4).astype(np.uint32)  # deltas are added to the bit patterns
            with np.errstate(invalid="ignore"):
                rows = bits.view(np.float32).astype(np.float64)
        case _:
            raise DecodeError(f"Polar frame of kind {kind} and type {form:#04x} is not one we read")
    return PmdFrame(kind, last_ns * 1e-9, rows)


def _raw_rows(body: bytes, size: int) -> NDArray[np.int64]:
    """(n, 3) little-endian signed integers of ``size`` bytes."""
    if not body or len(body) % (3 * size):
        raise DecodeError(f"Polar frame of {len(body)} bytes does not hold rows of 3 x {size} bytes")
    wide = np.frombuffer(body, np.uint8).reshape(-1, size).astype(np.int64)
    return _sign_extended(wide @ (1 << 8 * np.arange(size)), 8 * size).reshape(-1, 3)


def _delta_rows(body: bytes, size: int) -> NDArray[np.int64]:
    """A first row of ``size``-byte integers, then blocks of differences to the row before.

    Block: u8 bits of one difference, u8 rows, the differences LSB first, filled up to a whole byte.
    """
    start = 3 * size
    if len(body) < start:
        raise DecodeError(f"compressed Polar frame of {len(body)} bytes, {start} needed")
    steps, at = [_raw_rows(body[:start], size)], start
    while at < len(body):
        bits, rows = body[at], body[at + 1] if at + 1 < len(body) else 0
        end = at + 2 + (3 * rows * bits + 7) // 8
        if not 1 <= bits <= 32 or rows == 0 or end > len(body):
            raise DecodeError("compressed Polar frame with a block that is cut off")
        flat = np.unpackbits(np.frombuffer(body[at + 2 : end], np.uint8), bitorder="little")
        table = flat[: 3 * rows * bits].reshape(-1, bits).astype(np.int64)
        steps.append(_sign_extended(table @ (1 << np.arange(bits)), bits).reshape(-1, 3))
        at = end
    return np.cumsum(np.concatenate(steps), axis=0)


def _sign_extended(values: NDArray[Any], bits: int) -> NDArray[np.int64]:
    return np.asarray(np.where(values >> (bits - 1) & 1, values - (1 << bits), values), np.int64)


def decode_answer(payload: bytes) -> PmdAnswer:
    """Decode an answer of the control point: u8 0xF0, operation, kind, status, more, [settings]."""
    first, operation, kind, status = unpack(_ANSWER, payload, what="Polar answer")
    if first != _ANSWER_CODE:
        raise DecodeError(f"a Polar control point does not say {first:#04x}")
    return PmdAnswer(operation, kind, status, decode_settings(payload[5:]))


def decode_settings(body: bytes) -> dict[int, tuple[float, ...]]:
    """Return the offered values by setting: u8 id, u8 count, count values of the id's own type."""
    found: dict[int, tuple[float, ...]] = {}
    at = 0
    while at < len(body):
        form = _VALUE.get(body[at])
        if form is None or at + 1 >= len(body):
            raise DecodeError(f"Polar setting {body[at]} is not one we know")
        layout = struct.Struct(f"<{body[at + 1]}{form}")
        found[body[at]] = unpack(layout, body, at + 2, "Polar settings")
        at += 2 + layout.size
    return found


def choose_settings(offered: Mapping[int, tuple[float, ...]], wanted_hz: float | None) -> dict[int, int]:
    """Return the setting to ask for: the wanted rate or the next below, the widest range, the most bits."""
    chosen = {key: int(max(values)) for key, values in sorted(offered.items()) if values and key != _FACTOR}
    rates = [rate for rate in offered.get(_RATE, ()) if wanted_hz is None or rate <= wanted_hz]
    if offered.get(_RATE):
        chosen[_RATE] = int(max(rates, default=min(offered[_RATE])))
    chosen.pop(_SECURITY, None)
    return chosen


class PolarDecoder:
    """A decoder of acceleration, joined by angular rate once the device has begun to send that."""

    def __init__(self, settings: SensorSettings) -> None:
        self._wanted_hz = settings.rate_hz
        self._link = -1
        # These outlive a link, as the stream does until the next connection stops it.
        self._rate_hz = dict.fromkeys((_ACC, _GYRO), self._wanted_hz or _DEFAULT_HZ)
        self._factor = {_ACC: 1.0, _GYRO: 1.0}
        self._forget()

    def _forget(self) -> None:
        self._spacing: dict[int, SampleTimer] = {}
        self._join = StreamMerger(("acc",), _HOLE_S)
        self._with_gyro = False
        self._parts: list[bytes] = []  # of an answer that goes on

    def decode(self, packet: Packet) -> list[Decoded]:
        """Decode a notification of ``control`` or ``data``; ``DecodeError`` for any other."""
        if packet.link != self._link:
            self._link = packet.link
            self._forget()
        if packet.channel == "control":
            self._take_control_part(packet.payload)
            return []
        if packet.channel != "data":
            raise DecodeError(f"a Polar sensor has no characteristic {packet.channel!r}")
        kind = packet.payload[0] & 0x3F if packet.payload else _ACC
        return self._take_frame(decode(packet.payload, self._factor.get(kind, 1.0)))

    def _take_control_part(self, payload: bytes) -> None:
        """An answer, or more of one; anything else concerns only the conversation."""
        if payload[:1] == bytes([_ANSWER_CODE]):
            self._parts = [payload]
        elif self._parts:
            self._parts.append(payload)
        if self._parts and not _goes_on(self._parts):
            whole, self._parts = _join_parts(self._parts), []
            self._take_answer(decode_answer(whole))

    def _take_answer(self, answer: PmdAnswer) -> None:
        if answer.kind not in (_ACC, _GYRO) or answer.status not in (_DONE, _ALREADY):
            return
        if answer.operation == _SETTINGS_OF:
            rate_hz = choose_settings(answer.settings, self._wanted_hz).get(_RATE, 0)
            self._rate_hz[answer.kind] = float(rate_hz) or _DEFAULT_HZ
        elif answer.operation == _START:
            for factor in answer.settings.get(_FACTOR, ()):
                self._factor[answer.kind] = factor if np.isfinite(factor) else 1.0
            self._spacing.pop(answer.kind, None)
            self._expect_stream(answer.kind)

    def _expect_stream(self, kind: int) -> None:
        """From the first sign of angular rate on, rows must have both."""
        if kind == _GYRO and not self._with_gyro:
            self._with_gyro = True
            self._join = StreamMerger(("acc", "gyr"), _HOLE_S)

    def _take_frame(self, frame: PmdFrame) -> list[Decoded]:
        self._expect_stream(frame.kind)
        spacing = self._spacing.setdefault(frame.kind, SampleTimer(self._rate_hz[frame.kind]))
        rows = acc_rows(frame.rows, MS2_PER_MG) if frame.kind == _ACC else gyr_rows(frame.rows, RAD_PER_DEG)
        name = "acc" if frame.kind == _ACC else "gyr"
        self._join.push(name, spacing.to_last(frame.last_s, len(rows)), rows)
        joined = self._join.take()
        if joined is None:
            return []
        device_s, (acc, *gyr) = joined
        return [Samples(acc, gyr[0] if gyr else None, self._rate_hz[_ACC], device_s=device_s)]


def gatt(settings: SensorSettings) -> GattSpec:
    """Return the connection to a device found by its name.  With ``sdk_mode = true`` a Verity Sense offers
    up to 416 Hz but no heart rate.
    """
    sdk_mode = bool(settings.options.get("sdk_mode"))
    return GattSpec(
        names=_NAMES,
        characteristics=CHARACTERISTICS,
        notify=("control", "data"),
        start=lambda: _start_script(settings.rate_hz, sdk_mode),
        stop=_stop_script,
        period_s=2.0,  # a Verity Sense sends about 71 samples at a time
        holders=("fb005c80-02e7-f387-1cad-8acd2d8df0c8",),
    )


def _start_script(wanted_hz: float | None, sdk_mode: bool) -> Script:
    """Stop what an earlier connection left running, ask what there is, start the best of it."""
    features = yield Read("control")
    kinds = [kind for kind in (_ACC, _GYRO) if _offers_stream(features, kind)]
    if _ACC not in kinds:
        raise SensorError("this Polar device has no acceleration to give")
    for kind in kinds:
        yield from _ask_control(_STOP, kind)
    if sdk_mode:
        yield from _require_accepted_request(_START, _SDK_MODE)
    for kind in kinds:
        offered = yield from _require_accepted_request(_SETTINGS_OF, kind)
        body = b"".join(
            struct.pack(f"<BB{_VALUE[key]}", key, 1, value)
            for key, value in choose_settings(offered.settings, wanted_hz).items()
        )
        yield from _require_accepted_request(_START, kind, body)


def _stop_script() -> Script:
    for kind in (_ACC, _GYRO):
        yield Write("control", bytes((_STOP, kind)))


def _offers_stream(features: bytes | None, kind: int) -> bool:
    """Bit ``kind`` of the feature bytes; a device that does not tell is asked all the same."""
    if features is None or features[:1] != bytes([_FEATURES]):
        return kind == _ACC
    return bool(len(features) > 1 and features[1] >> kind & 1)


def _require_accepted_request(operation: int, kind: int, body: bytes = b"") -> _AnswerScript:
    """Ask and insist."""
    answer = yield from _ask_control(operation, kind, body)
    if answer is None:
        raise SensorError("the Polar device does not answer; take it off, put it on and try again")
    if answer.status not in (_DONE, _ALREADY):
        why = REFUSALS.get(answer.status, f"status {answer.status}")
        raise SensorError(f"the Polar device refuses operation {operation} on {kind}: {why}")
    return answer


def _ask_control(
    operation: int, kind: int, body: bytes = b""
) -> Generator[ScriptStep, bytes | None, PmdAnswer | None]:
    """One operation and its whole answer; None if none came."""
    begins = bytes((_ANSWER_CODE, operation, kind))
    parts = [(yield Ask("control", bytes((operation, kind)) + body, "control", begins))]
    while parts[-1] is not None and _goes_on(parts):
        parts.append((yield Ask("control", b"", "control", b"")))
    return None if None in parts else decode_answer(_join_parts([part for part in parts if part]))


def _goes_on(parts: Sequence[bytes | None]) -> bool:
    """Is there more to come?  Byte 4 says so in the first part, byte 0 in all others."""
    last = parts[-1] or b""
    at = 4 if len(parts) == 1 else 0
    return last[at : at + 1] not in (b"", b"\0") and len(parts) < _MOST_PARTS


def _join_parts(parts: Sequence[bytes]) -> bytes:
    return parts[0][:4] + b"\0" + parts[0][5:] + b"".join(part[1:] for part in parts[1:])
