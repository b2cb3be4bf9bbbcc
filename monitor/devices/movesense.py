"""Movesense, GATT SensorData Protocol: acceleration and angular rate at up to 208 Hz and more.

Every subscription has a reference of our choice, and the device repeats it in each packet.  Ours say
which resource and rate they stand for, so a tape can be read without knowing what was asked for.
Format: movesense-commander docs/gsp-protocol.md; vectors from its captures of real hardware.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dsp.types import Array
from monitor.core.errors import ConfigError, DecodeError, SensorError
from monitor.core.packet import Decoded, Packet, Samples, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices.binary_fields import MAX_RR_S, MIN_RR_S, RAD_PER_DEG, acc_rows, gyr_rows, unpack
from monitor.devices.gatt import Ask, GattSpec, Script, Write
from monitor.devices.sample_times import SampleTimer

CHARACTERISTICS = {
    "command": "34800001-7185-4d5d-b431-630e7050e8f0",
    "data": "34800002-7185-4d5d-b431-630e7050e8f0",
}

OPTIONS = ("resource", "heart_rate", "temperature")

HELLO, _SUBSCRIBE, _UNSUBSCRIBE, GET = 0, 1, 2, 4
_RESPONSE, _DATA, _DATA_PART2 = 1, 2, 3
_OK = 200

_RATES_HZ = (13, 26, 52, 104, 208, 416, 833, 1666)
_BEST_HZ = 208.0  # above it no firmware's packets are documented, and a link has room for little more
_ARRAYS = {"Acc": 1, "IMU6": 2, "IMU9": 3}
"""Arrays of three floats per sample: acceleration, angular rate, magnetic field."""

_HELLO_REF, _BATTERY_REF, _TIME_REF, _HEART_REF, _TEMPERATURE_REF = 1, 2, 3, 4, 5
_EXTRA_SUBSCRIPTIONS = {
    "heart_rate": (_HEART_REF, "/Meas/HR"),
    "temperature": (_TEMPERATURE_REF, "/Meas/Temp"),
}
"""Subscribed to besides, where the options say ``heart_rate = true`` or ``temperature = true``."""

_FIRST_REF = {"Acc": 16, "IMU6": 32, "IMU9": 48}

_SPLIT_AT = 150
"""Bytes of a value in the first packet; what is longer follows in a second (winlogger.cpp)."""
_WRAP_S = 2**32 / 1000.0

_HEAD = struct.Struct("<BB")
_STATUS = struct.Struct("<H")
_MS = struct.Struct("<I")
_HEART = struct.Struct("<f")
_TEMPERATURE = struct.Struct("<If")  # ms, K
_TIME = struct.Struct("<QIII")  # UTC µs, ms since start, ticks (not to be believed), accuracy


@dataclass(frozen=True, slots=True)
class Resource:
    """A path of the device's API that is subscribed to, e.g. ``/Meas/IMU6/104``."""

    name: str
    rate_hz: int

    @property
    def ref(self) -> int:
        """The number that stands for this resource in commands of ours."""
        return _FIRST_REF[self.name] + _RATES_HZ.index(self.rate_hz)

    @property
    def path(self) -> str:
        """The resource's path in the Movesense API."""
        return f"/Meas/{self.name}/{self.rate_hz}"


_RESOURCES = {r.ref: r for r in (Resource(name, hz) for name in _ARRAYS for hz in _RATES_HZ)}


@dataclass(frozen=True, slots=True)
class MovesenseStream:
    """One value of a subscription: ``first_ms`` since the device started is the time of its first sample.

    ``arrays`` (n, 3) each: acceleration m/s², then angular rate deg/s, then magnetic field µT.
    """

    first_ms: int
    arrays: tuple[Array, ...]


def decode(value: bytes, arrays: int) -> MovesenseStream:
    """Decode a whole value: u32 ms, then all acc samples, all gyro, all magn (3 x f32 each), no counts."""
    (first_ms,) = unpack(_MS, value, what="Movesense data")
    rows, rest = divmod(len(value) - _MS.size, 12 * arrays)
    if rest or not rows:
        raise DecodeError(f"Movesense data of {len(value)} bytes does not hold whole samples")
    table = np.frombuffer(value, "<f4", offset=_MS.size).reshape(arrays, rows, 3)
    with np.errstate(invalid="ignore"):  # a NaN is refused later, where it would be used
        return MovesenseStream(first_ms, tuple(table.astype(np.float64)))


class MovesenseDecoder:
    """A decoder of every subscription of one device; it puts second parts to their first."""

    def __init__(self, _settings: SensorSettings) -> None:
        self._link = -1
        self._forget()

    def _forget(self) -> None:
        self._first_part: dict[int, bytes] = {}
        self._spacing: dict[int, SampleTimer] = {}

    def decode(self, packet: Packet) -> list[Decoded]:
        """Decode a notification of ``data``; ``DecodeError`` for any other characteristic."""
        if packet.channel != "data":
            raise DecodeError(f"a Movesense has no characteristic {packet.channel!r}")
        if packet.link != self._link:
            self._link = packet.link
            self._forget()
        code, ref = unpack(_HEAD, packet.payload, what="Movesense packet")
        body = packet.payload[_HEAD.size :]
        if code == _RESPONSE:
            return _read_answer(ref, body)
        if ref in _RESOURCES:
            return self._take_part(code, _RESOURCES[ref], body)
        if code == _DATA and ref in _OTHERS:
            return _OTHERS[ref](body)
        return []

    def _take_part(self, code: int, resource: Resource, body: bytes) -> list[Decoded]:
        """First or only part, or the second; a first part that stays alone is lost."""
        before = self._first_part.pop(resource.ref, None)
        if code == _DATA and len(body) == _SPLIT_AT:
            self._first_part[resource.ref] = body
            if before is not None:
                raise DecodeError("the second half of a Movesense packet was lost")
            return []
        if code == _DATA_PART2:
            if before is None:
                raise DecodeError("the first half of a Movesense packet was lost")
            body = before + body
        elif code != _DATA:
            raise DecodeError(f"Movesense packet of unknown kind {code}")
        return [self._decode_samples(resource, decode(body, _ARRAYS[resource.name]))]

    def _decode_samples(self, resource: Resource, m: MovesenseStream) -> Samples:
        acc = acc_rows(m.arrays[0], 1.0)
        gyr = gyr_rows(m.arrays[1], RAD_PER_DEG) if len(m.arrays) > 1 else None
        spacing = self._spacing.setdefault(resource.ref, SampleTimer(resource.rate_hz, _WRAP_S))
        return Samples(
            acc_ms2=acc,
            gyr_rads=gyr,
            nominal_hz=float(resource.rate_hz),
            device_s=spacing.from_first(m.first_ms / 1000.0, len(acc)),
            device_wrap_s=_WRAP_S,
        )


def _read_answer(ref: int, body: bytes) -> list[Decoded]:
    """What the device said to a command; its battery and its clock are news."""
    if command_status(body) != _OK:
        return []
    value = body[_STATUS.size :]
    if ref == _BATTERY_REF and value and value[0] <= 100:
        return [Values({"battery_pct": float(value[0])})]
    if ref == _TIME_REF:
        utc_us, since_start_ms, _, _ = unpack(_TIME, value, what="Movesense time")
        return [Values({"device_utc_s": utc_us / 1e6, "device_up_s": since_start_ms / 1e3})]
    return []


def _read_heart_rate(body: bytes) -> list[Decoded]:
    """``/Meas/HR``: f32 mean beats per minute, then u16 ms of each interval; no time."""
    (bpm,) = unpack(_HEART, body, what="Movesense heart rate")
    if not 20.0 <= bpm <= 260.0:
        return []
    rr_s = np.frombuffer(body[_HEART.size :][: (len(body) - _HEART.size) // 2 * 2], "<u2") / 1e3
    beats: list[Decoded] = [Values({"rr_s": rr}) for rr in rr_s.tolist() if MIN_RR_S <= rr <= MAX_RR_S]
    return [*beats, Values({"heart_rate_bpm": float(bpm)})]


def _read_temperature(body: bytes) -> list[Decoded]:
    """``/Meas/Temp``: u32 ms, f32 K."""
    ms, kelvin = unpack(_TEMPERATURE, body, what="Movesense temperature")
    if not 200.0 <= kelvin <= 400.0:
        raise DecodeError(f"Movesense temperature of {kelvin:g} K")
    return [Values({"temperature_c": kelvin - 273.15}, device_s=ms / 1e3)]


_OTHERS: dict[int, Callable[[bytes], list[Decoded]]] = {
    _HEART_REF: _read_heart_rate,
    _TEMPERATURE_REF: _read_temperature,
}


def command_status(body: bytes) -> int:
    """Return the HTTP-like status of a response, 0 if there is none.  Old firmware sends 507 big-endian."""
    if len(body) < _STATUS.size:
        return 0
    found = int(_STATUS.unpack_from(body)[0])
    return 507 if body[:2] == b"\x01\xfb" else found


def gatt(settings: SensorSettings) -> GattSpec:
    """Return the connection to a device, which is found by its name: the service is not advertised."""
    wanted = list(resource_candidates(settings))
    also = [_EXTRA_SUBSCRIPTIONS[option] for option in _EXTRA_SUBSCRIPTIONS if settings.options.get(option)]

    def stop() -> Script:
        for ref in (*(resource.ref for resource in wanted), *(ref for ref, _ in also)):
            yield Write("command", bytes((_UNSUBSCRIBE, ref)))

    return GattSpec(
        names=("Movesense",),
        characteristics=CHARACTERISTICS,
        notify=("data",),
        start=lambda: _start_script(wanted, also),
        stop=stop,
        period_s=0.5,
        holders=("34802252-7185-4d5d-b431-630e7050e8f0",),
    )


def resource_candidates(settings: SensorSettings) -> Iterator[Resource]:
    """Yield what to ask for, best first: the wanted rate or the next below; last, no gyroscope."""
    most = settings.rate_hz or _BEST_HZ
    names = (str(settings.options.get("resource", "IMU6")), "Acc")
    for name in dict.fromkeys(names):
        if name not in _ARRAYS:
            raise ConfigError(
                "error.movesense_resource", name=settings.name, resources=", ".join(_ARRAYS), given=name
            )
        for rate_hz in reversed(_RATES_HZ):
            if rate_hz <= most or rate_hz == _RATES_HZ[0]:
                yield Resource(name, rate_hz)


def _start_script(wanted: list[Resource], also: list[tuple[int, str]]) -> Script:
    """Greet, end what an earlier connection left running, then subscribe to the best there is."""
    hello = bytes((HELLO, _HELLO_REF))
    if (yield Ask("command", hello, "data", bytes((_RESPONSE, _HELLO_REF)))) is None:
        raise SensorError(
            "the Movesense does not answer; its firmware may lack GATT SensorData (2.3 has it)"
        )
    for ref in (*(resource.ref for resource in wanted), *(ref for ref, _ in also)):
        end = bytes((_UNSUBSCRIBE, ref))
        yield Ask("command", end, "data", bytes((_RESPONSE, ref)), timeout_s=1.0)
    yield _ask_device(GET, _BATTERY_REF, "/System/Energy/Level")
    yield _ask_device(GET, _TIME_REF, "/Time/Detailed")
    refused = 0
    for resource in wanted:
        answer = yield _ask_device(_SUBSCRIBE, resource.ref, resource.path)
        refused = 0 if answer is None else command_status(answer[2:])
        if refused == _OK:
            break
    else:
        raise SensorError(
            f"the Movesense refuses every rate (status {refused}); restart it by taking it off"
        )
    for ref, path in also:
        yield _ask_device(_SUBSCRIBE, ref, path)


def _ask_device(code: int, ref: int, path: str) -> Ask:
    return Ask("command", bytes((code, ref)) + path.encode("ascii"), "data", bytes((_RESPONSE, ref)))
