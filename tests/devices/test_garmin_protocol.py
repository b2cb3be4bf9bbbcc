"""Garmin's framing against captured messages, and the greeting against a strap that answers as captured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.types import Placement
from monitor.core.errors import SensorError
from monitor.core.session_settings import SensorSettings
from monitor.devices import garmin_hrm600, garmin_protocol
from monitor.devices.gatt import Ask, Script, Write

SETTINGS = SensorSettings(name="strap", kind="garmin_hrm600", placement=Placement.POD)
SESSION = "160032810f00000000000400008010029402ba0115d3"
SUBSCRIBE = "21002b820d00000000000d0000000d000000f2010a0a080a0208160a020817cf5d"
CAPTURED = [
    "0800a6130800d5c5",
    SESSION,
    SUBSCRIBE,
    *(m.hex() for m in (garmin_hrm600.DEVICE_INFORMATION, *garmin_hrm600.SESSION_REPLIES)),
]


@pytest.mark.parametrize("text", [*CAPTURED, *(m.hex() for m in garmin_hrm600.FEATURE_REPLIES)])
def test_captured_messages_have_the_right_crc_and_survive_their_frame(text: str) -> None:
    """GarminHRM600 tests/test_protocol.py, tests/test_client.py and bootstrap.py."""
    data = bytes.fromhex(text)
    (found,) = garmin_protocol.FrameReader().push(garmin_protocol.cobs_frame(data))
    assert garmin_protocol.message_bytes(found.type, found.body) == data


def test_the_system_event_has_the_published_crc() -> None:
    assert garmin_protocol.crc16(bytes.fromhex("0800a6130800")) == 0xC5D5


def test_the_straps_own_subscription_is_understood() -> None:
    (found,) = garmin_protocol.FrameReader().push(garmin_protocol.cobs_frame(bytes.fromhex(SUBSCRIBE)))
    assert (found.kind, found.counter) == (garmin_protocol.TRANSPORT, 0x0D)
    alerts = list(garmin_protocol.nested_messages(found.protobuf, garmin_hrm600.EVENTS, 1, 1))
    assert [garmin_protocol.integer_fields(a) for a in alerts] == [{1: 22}, {1: 23}]


def test_the_register_answer_gives_a_handle() -> None:
    assert garmin_hrm600.REGISTER.hex() == "00000200000000000000010000"
    assert garmin_hrm600.stream_handle(bytes.fromhex("000102000000000000000100000700")) == 7
    assert garmin_hrm600.stream_handle(bytes.fromhex("000102000000000000000100010700")) is None


@given(st.binary(max_size=700))
def test_frames_bring_any_message_back(body: bytes) -> None:
    data = garmin_protocol.message_bytes(0x8539, body)
    stream = garmin_protocol.cobs_frame(data)
    assert 0 not in stream[1:-1]
    frames = garmin_protocol.FrameReader()
    found = [m for k in range(0, len(stream), 19) for m in frames.push(stream[k : k + 19])]
    assert found == [garmin_protocol.GarminMessage(0x8539, body)]


class Strap:
    """Says what was captured, in pieces of 19 bytes, when the watch has said what it waits for."""

    def __init__(self) -> None:
        self.heard = garmin_protocol.FrameReader()
        self.messages: list[garmin_protocol.GarminMessage] = []
        self.says: list[bytes] = []

    def written(self, payload: bytes) -> None:
        for message in self.heard.push(payload[1:]):
            self.messages.append(message)
            if message.type == 5000:  # the device information is acknowledged
                self._say(bytes.fromhex(SESSION))
            elif (
                garmin_protocol.message_bytes(message.type, message.body)
                == garmin_hrm600.SESSION_REPLIES[-1]
            ):
                features = garmin_protocol.compact_message(
                    garmin_protocol.RESPONSE, 3, 1, bytes.fromhex("6a024a00")
                )
                self._say(features)
            elif (
                garmin_protocol.message_bytes(message.type, message.body)
                == garmin_hrm600.FEATURE_REPLIES[-1]
            ):
                self._say(bytes.fromhex(SUBSCRIBE))

    def _say(self, message: bytes) -> None:
        stream = garmin_protocol.cobs_frame(message)
        self.says += [b"\x07" + stream[k : k + 19] for k in range(0, len(stream), 19)]


def greet(script: Script, strap: Strap) -> None:
    answer: bytes | None = None
    for _ in range(300):
        try:
            step = script.send(answer)
        except StopIteration:
            return
        answer = None
        if isinstance(step, Ask) and step.payload == garmin_hrm600.REGISTER:
            answer = bytes.fromhex("000102000000000000000100000700")
        elif isinstance(step, Ask):
            answer = strap.says.pop(0) if strap.says else None
        elif isinstance(step, Write):
            assert step.payload[0] == 7
            assert len(step.payload) <= 20
            strap.written(step.payload)
    raise AssertionError("the greeting does not end")


def test_the_strap_is_greeted_as_a_watch_does() -> None:
    strap = Strap()
    greet(garmin_hrm600.gatt(SETTINGS).start(), strap)
    said = [garmin_protocol.message_bytes(m.type, m.body) for m in strap.messages]
    assert said[: 1 + len(garmin_hrm600.SESSION_REPLIES)] == [
        garmin_hrm600.DEVICE_INFORMATION,
        *garmin_hrm600.SESSION_REPLIES,
    ]
    assert said[4:6] == list(garmin_hrm600.FEATURE_REPLIES)
    wants = [m.protobuf.hex() for m in strap.messages[6:]]
    assert wants == [
        "f201060a040a020814",
        "f2010a0a080a0208140a020815",
        "f2011212100a060800120208160a06080012020817",
    ]
    assert strap.messages[-1].counter == 0x0D  # the answer repeats the counter of the request


def test_a_strap_that_stays_silent_is_kept_for_its_heart_rate() -> None:
    greet(garmin_hrm600.gatt(SETTINGS).start(), strap := Strap())
    assert strap.messages
    silent = garmin_hrm600.gatt(SETTINGS).start()
    next(silent)
    with pytest.raises(SensorError, match="wear it"):
        silent.send(None)
