"""Garmin HRM 600: running dynamics over Bluetooth LE.  Experimental: we have captured none.

Facts from mskerwiderski/GarminHRM600 and openrd-ble-running-dynamics (both MIT); the field tables are
theirs.  The strap opens its dynamics only to a partner that greets it as a watch does, so the
greeting repeats what a watch was seen to say.  It must be worn, bonded, and connected nowhere else.
"Step speed loss" is the only braking number of a mainstream device, so it is shown beside ours.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from monitor.core.errors import DecodeError, SensorError
from monitor.core.packet import Decoded, Packet, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices import garmin_protocol
from monitor.devices.binary_fields import MAX_SPEED_MPS
from monitor.devices.garmin_protocol import FrameReader, GarminMessage
from monitor.devices.gatt import Ask, GattSpec, Script, Write

CHARACTERISTICS = {
    "link": "6a4e2810-667b-11e3-949a-0800200c9a66",
    "write": "6a4e2820-667b-11e3-949a-0800200c9a66",
}
REGISTER = bytes.fromhex("00 00 0200000000000000 0100 00")
"""Management (handle 0), register, client 2, service 1 (messages), not reliable."""
_REGISTERED = struct.Struct("<BBQHBB")  # 0, 1, client, service, status, handle
_CHUNK = 19  # bytes of a stream in one write, behind the handle

_HEART_RATE, _RUNNING, _ACTIVITY, _RUNNING_INPUT = 20, 21, 22, 23  # alert types
EVENTS, _CORE = 30, 13  # fields of a message's protobuf

# What a fenix 8 was seen to say (GarminHRM600 bootstrap.py); the strap checks none of the names in it.
DEVICE_INFORMATION = bytes.fromhex(
    "34008813a013009700b811a13309d85b08a00f0e66656e69782038202d2035316d6d"
    "0566656e69780838202d2035316d6d030fd7"
)
SESSION_REPLIES = tuple(
    map(
        bytes.fromhex,
        (
            "09000081ba13009de9",
            "170032801000000000000000000000028400b80000076e",
            "1c003981e9016a12421010018201021000d20100ca0100da0100ea48",
        ),
    )
)
FEATURE_REPLIES = tuple(map(bytes.fromhex, ("0d000082c21300e901000036e6", "08001e820800a088")))
_FIRST_COUNTER, _FIRST_SEQUENCE = 0x01EF, 0x0A  # of our own messages, after those above

_MOST_PACKETS = 200  # packets of the greeting

_DYNAMICS: dict[int, tuple[str, float, float, float]] = {
    # field: quantity, scale, and the limits of what a runner can do
    1: ("vertical_oscillation_mm", 1 / 4, 5, 250),
    2: ("contact_ms", 1.0, 80, 1200),
    4: ("contact_balance_pct", 1 / 32, 30, 70),
    5: ("vertical_ratio_pct", 1 / 32, 1, 40),
    6: ("step_length_m", 1 / 1000, 0.2, 3),
    8: ("cadence_spm", 2 / 32, 40, 260),  # it counts strides
}
_MOST_LOST_MPS = 2.0


def decode(protobuf: bytes) -> dict[str, float]:
    """Return all numbers of one message: heart rate (type 20) and running dynamics (type 21)."""
    found: dict[str, float] = {}
    for alert in garmin_protocol.nested_messages(protobuf, EVENTS, 3):
        for beat in garmin_protocol.nested_messages(alert, 1013):
            bpm = garmin_protocol.integer_fields(beat).get(1, 0)
            found |= {"heart_rate_bpm": float(bpm)} if 20 <= bpm <= 260 else {}
        for dynamics in garmin_protocol.nested_messages(alert, 1014, 1):
            found |= _running_dynamics(dynamics)
        for motion in garmin_protocol.nested_messages(alert, 1014, 2):
            found |= _speed_and_distance(garmin_protocol.integer_fields(motion))
    return found


def _running_dynamics(body: bytes) -> dict[str, float]:
    numbers = garmin_protocol.integer_fields(body)
    found: dict[str, float] = {}
    for field, (name, scale, low, high) in _DYNAMICS.items():
        value = numbers.get(field, -1) * scale
        if low <= value <= high:
            found[name] = value
    for loss in garmin_protocol.nested_messages(body, 11):
        speeds = garmin_protocol.integer_fields(loss)
        if 1 in speeds and 2 in speeds:  # trough and peak of the forward velocity, mm/s
            lost = (
                garmin_protocol.zigzag_decode(speeds[2]) - garmin_protocol.zigzag_decode(speeds[1])
            ) / 1000.0
            found |= {"strap_speed_lost_mps": lost} if 0 <= lost <= _MOST_LOST_MPS else {}
    return found


def _speed_and_distance(numbers: dict[int, int]) -> dict[str, float]:
    """Speed in 1/256 m/s, distance in 1/16 m."""
    found: dict[str, float] = {}
    if 0 <= numbers.get(1, -1) <= MAX_SPEED_MPS * 256:
        found["speed_mps"] = numbers[1] / 256.0
    if 0 <= numbers.get(2, -1) < 1 << 32:
        found["distance_m"] = numbers[2] / 16.0
    return found


def stream_handle(payload: bytes) -> int | None:
    """Return the handle that the strap gives to our stream; None if this is something else."""
    if len(payload) < _REGISTERED.size:
        return None
    management, operation, _, service, status, handle = _REGISTERED.unpack_from(payload)
    return handle if (management, operation, service, status) == (0, 1, 1, 0) and handle else None


class Hrm600Decoder:
    """A decoder of one strap's values, which carry no time, so they count as of arrival."""

    def __init__(self, _settings: SensorSettings) -> None:
        self._link = -1
        self._forget()

    def _forget(self) -> None:
        self._handle: int | None = None
        self._frames = FrameReader()

    def decode(self, packet: Packet) -> list[Decoded]:
        """Decode a notification of ``link``; ``DecodeError`` for any other characteristic."""
        if packet.channel != "link":
            raise DecodeError(f"a HRM 600 has no characteristic {packet.channel!r}")
        if packet.link != self._link:
            self._link = packet.link
            self._forget()
        if not packet.payload:
            raise DecodeError("an empty packet")
        if packet.payload[0] == 0:
            self._handle = stream_handle(packet.payload) or self._handle
            return []
        if packet.payload[0] != self._handle:
            return []
        bad = self._frames.bad
        found = [decode(m.protobuf) for m in self._frames.push(packet.payload[1:])]
        if self._frames.bad > bad and not any(found):
            raise DecodeError("a message of the strap is damaged")
        return [Values(values) for values in found if values]


def gatt(_settings: SensorSettings) -> GattSpec:
    """Return the connection to a strap, which is found by its name while worn; the first one bonds."""
    return GattSpec(
        names=("HRM 600", "HRM600"),
        characteristics=CHARACTERISTICS,
        notify=("link",),
        start=_start_script,
        period_s=2.0,
        holders=("6a4e2800-667b-11e3-949a-0800200c9a66",),
        bonded=True,
    )


def _start_script() -> Script:
    """Register, greet as a watch, and answer until the strap has been told what to send.

    Without the last step heart rate comes and dynamics do not; that is no reason to hang up.
    """
    answer = yield Ask("write", REGISTER, "link", b"\x00\x01")
    handle = None if answer is None else stream_handle(answer)
    if handle is None:
        raise SensorError("the HRM 600 does not let us in: wear it, and disconnect it from watch and phone")
    yield from _send_message(handle, DEVICE_INFORMATION)
    frames, greeting = FrameReader(), Greeting()
    for _ in range(_MOST_PACKETS):
        heard = yield Ask("write", b"", "link", bytes((handle,)), timeout_s=6.0)
        if heard is None:
            return
        for message in frames.push(heard[1:]):
            for reply in greeting.replies(message):
                yield from _send_message(handle, reply)
        if greeting.done:
            return


class Greeting:
    """The part of a watch in the conversation with a strap: it answers each message, each thing once."""

    def __init__(self) -> None:
        self.done = False
        self._said: set[str] = set()

    def replies(self, message: GarminMessage) -> Iterator[bytes]:
        """Yield what to write in reply to ``message``, in the order in which a watch says it."""
        if message.kind == garmin_protocol.SESSION and self._is_first("session"):
            yield from SESSION_REPLIES
            return
        try:
            features = any(True for _ in garmin_protocol.nested_messages(message.protobuf, _CORE, 9))
            wanted = {
                garmin_protocol.integer_fields(alert).get(1)
                for request in garmin_protocol.nested_messages(message.protobuf, EVENTS, 1)
                for alert in garmin_protocol.nested_messages(request, 1)
            }
        except DecodeError:
            return
        if features and self._is_first("features"):
            yield from FEATURE_REPLIES
        if {_ACTIVITY, _RUNNING_INPUT} <= wanted and self._is_first("subscribe"):
            self.done = True
            yield from _subscribe_messages(message.counter)

    def _is_first(self, what: str) -> bool:
        new = what not in self._said
        self._said.add(what)
        return new


def _subscribe_messages(counter: int) -> Iterator[bytes]:
    """Ask for heart rate, then for both, and agree to what the strap asked of us."""
    for n, types in enumerate(((_HEART_RATE,), (_HEART_RATE, _RUNNING))):
        alerts = b"".join(_encode_nested_field(1, _number_field(1, kind)) for kind in types)
        body = _encode_nested_field(EVENTS, _encode_nested_field(1, alerts))
        yield garmin_protocol.compact_message(
            garmin_protocol.REQUEST, _FIRST_SEQUENCE + n, _FIRST_COUNTER + n, body
        )
    agreed = b"".join(
        _encode_nested_field(1, _number_field(1, 0) + _encode_nested_field(2, _number_field(1, kind)))
        for kind in (_ACTIVITY, _RUNNING_INPUT)
    )
    yield garmin_protocol.compact_message(
        garmin_protocol.RESPONSE,
        _FIRST_SEQUENCE + 2,
        counter,
        _encode_nested_field(EVENTS, _encode_nested_field(2, agreed)),
    )


def _number_field(field: int, value: int) -> bytes:
    """A protobuf field of a number below 128."""
    return bytes((field << 3, value))


def _encode_nested_field(field: int, body: bytes) -> bytes:
    """A protobuf field of up to 127 bytes, for field numbers up to 2047."""
    key = field << 3 | 2
    return (
        (bytes((key,)) if key < 128 else bytes((key & 0x7F | 0x80, key >> 7))) + bytes((len(body),)) + body
    )


def _send_message(handle: int, message: bytes) -> Script:
    stream = garmin_protocol.cobs_frame(message)
    for at in range(0, len(stream), _CHUNK):
        yield Write("write", bytes((handle,)) + stream[at : at + _CHUNK])
