"""What is said to each device before it streams, against devices that answer from a table."""

from __future__ import annotations

import pytest

from dsp.types import Placement
from monitor.core.errors import ConfigError, SensorError
from monitor.core.session_settings import SensorSettings
from monitor.devices.registry import DEVICES
from tests.devices.conversation import run_script


def settings(kind: str, rate_hz: float | None = None, **options: str | float | bool) -> SensorSettings:
    return SensorSettings(name="it", kind=kind, placement=Placement.FOOT, rate_hz=rate_hz, options=options)


def start(given: SensorSettings, device: object) -> list[bytes]:
    make = DEVICES[given.kind].gatt
    assert make is not None
    return run_script(make(given).start(), device)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------- Polar

H10_SETTINGS = "F0 01 02 00 00 00 04 19 00 32 00 64 00 C8 00 01 01 10 00 02 03 02 00 04 00 08 00"
VERITY = {
    "0102": "F0 01 02 00 00 00 01 34 00 01 01 10 00 02 01 08 00 04 01 03",
    "0105": "F0 01 05 00 00 00 01 34 00 01 01 10 00 02 04 F5 00 F4 01 E8 03 D0 07 04 01 03",
}


class Polar:
    """``features`` is what a read of the control point gives; refuses to start with ``status``."""

    def __init__(self, features: str, answers: dict[str, str], status: int = 0) -> None:
        self.features, self.answers, self.status = features, answers, status

    def __call__(self, command: bytes) -> bytes | None:
        if not command:
            return bytes.fromhex(self.features)
        if command[0] == 2:
            return bytes((0xF0, 2, command[1], self.status, 0))
        if command[0] == 3:
            return bytes((0xF0, 3, command[1], 6, 0))
        return bytes.fromhex(self.answers[command.hex()])


def test_a_h10_is_stopped_asked_and_started_at_its_best() -> None:
    written = start(settings("polar"), Polar("0F 05 00", {"0102": H10_SETTINGS}))
    assert written == [
        bytes.fromhex("03 02"),
        bytes.fromhex("01 02"),
        bytes.fromhex("02 02 00 01 C8 00 01 01 10 00 02 01 08 00"),
    ]


def test_a_h10_gives_the_rate_below_the_one_it_is_asked_for() -> None:
    written = start(settings("polar", rate_hz=104.0), Polar("0F 05 00", {"0102": H10_SETTINGS}))
    assert written[-1] == bytes.fromhex("02 02 00 01 64 00 01 01 10 00 02 01 08 00")


def test_a_verity_sense_gives_both() -> None:
    written = start(settings("polar"), Polar("0F 2E 02", VERITY))
    assert written == [
        bytes.fromhex("03 02"),
        bytes.fromhex("03 05"),
        bytes.fromhex("01 02"),
        bytes.fromhex("02 02 00 01 34 00 01 01 10 00 02 01 08 00 04 01 03"),
        bytes.fromhex("01 05"),
        bytes.fromhex("02 05 00 01 34 00 01 01 10 00 02 01 D0 07 04 01 03"),
    ]


def test_sdk_mode_is_only_switched_on_when_asked_for() -> None:
    written = start(settings("polar", sdk_mode=True), Polar("0F 2E 02", VERITY))
    assert bytes.fromhex("02 09") in written


def test_a_polar_that_is_streaming_already_is_as_good() -> None:
    start(settings("polar"), Polar("0F 05 00", {"0102": H10_SETTINGS}, status=6))


def test_a_refusal_is_told_in_words() -> None:
    with pytest.raises(SensorError, match="it is in its charger"):
        start(settings("polar"), Polar("0F 05 00", {"0102": H10_SETTINGS}, status=13))
    with pytest.raises(SensorError, match="no acceleration"):
        start(settings("polar"), Polar("0F 01 00", {}))
    with pytest.raises(SensorError, match="does not answer"):
        start(settings("polar"), lambda command: None)


def test_settings_may_come_in_several_parts() -> None:
    """The second comes unasked: the script waits for it with an empty command."""
    asked: list[bytes] = []

    def device(command: bytes) -> bytes | None:
        if command[:1] == b"\x01":
            asked.append(command)
            return bytes.fromhex("F0 01 02 00 01 00 04 19 00 32")
        if not command:
            return bytes.fromhex("00 00 64 00 C8 00 01 01 10 00") if asked else None
        return bytes((0xF0, *command[:2], 0, 0))

    written = start(settings("polar"), device)
    assert written[-1] == bytes.fromhex("02 02 00 01 C8 00 01 01 10 00")


# ---------------------------------------------------------------------------- Movesense


class Movesense:
    """Answers HELLO and GET; subscriptions by ``status`` of their path."""

    def __init__(self, **status: int) -> None:
        self.status = status

    def __call__(self, command: bytes) -> bytes | None:
        code, ref, path = command[0], command[1], command[2:].decode()
        if code == 0:
            return bytes((1, ref)) + b"\x01" + b"174630000192\0Movesense\0"
        status = next((s for part, s in self.status.items() if part in path), 200)
        return bytes((1, ref)) + status.to_bytes(2, "little") + b"\x57"


def test_a_movesense_is_greeted_cleared_and_subscribed_to() -> None:
    written = start(settings("movesense", rate_hz=104.0), Movesense())
    assert written[0] == bytes.fromhex("00 01")
    assert written[-1] == bytes((1, 35)) + b"/Meas/IMU6/104"
    assert bytes((2, 35)) in written
    assert written.index(bytes((2, 35))) < len(written) - 1
    assert sum(w[0] == 1 for w in written) == 1


def test_a_movesense_that_refuses_a_rate_is_asked_for_the_next() -> None:
    device = Movesense(IMU6=404)
    device.status = {"IMU6/208": 503, "IMU6/104": 200}
    written = start(settings("movesense"), device)
    assert [w[2:] for w in written if w[0] == 1] == [b"/Meas/IMU6/208", b"/Meas/IMU6/104"]


def test_a_movesense_without_gyroscope_gives_acceleration() -> None:
    written = start(settings("movesense"), Movesense(IMU6=404))
    assert written[-1][2:] == b"/Meas/Acc/208"


def test_more_is_subscribed_to_where_the_options_say_so() -> None:
    written = start(settings("movesense", heart_rate=True), Movesense())
    assert written[-1] == bytes((1, 4)) + b"/Meas/HR"


def test_a_movesense_that_refuses_everything_is_a_sensor_error() -> None:
    with pytest.raises(SensorError, match="status 507"):
        start(settings("movesense"), Movesense(Meas=507))
    with pytest.raises(SensorError, match="does not answer"):
        start(settings("movesense"), lambda command: None)


def test_an_option_that_makes_no_sense_is_the_operators_to_mend() -> None:
    with pytest.raises(ConfigError, match="resource must be one of"):
        start(settings("movesense", resource="ECG"), Movesense())
    with pytest.raises(ConfigError, match="mode must be 21 or 22"):
        start(settings("xsens_dot", mode=6.0), lambda command: None)


# ---------------------------------------------------------------------------- DOT


@pytest.mark.parametrize("mode", [21, 22])
def test_a_dot_is_stopped_and_started_in_its_mode(mode: int) -> None:
    written = start(settings("xsens_dot", mode=float(mode)), lambda command: None)
    assert written == [bytes((1, 0, mode)), bytes((1, 1, mode))]


@pytest.mark.parametrize("kind", [kind for kind, spec in DEVICES.items() if spec.gatt is not None])
def test_every_goodbye_ends_and_asks_for_nothing(kind: str) -> None:
    make = DEVICES[kind].gatt
    assert make is not None
    run_script(make(settings(kind)).stop(), lambda command: None)
