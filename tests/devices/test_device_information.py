"""Battery and names, and what only pure functions can be asked."""

from __future__ import annotations

import pytest

from monitor.core.errors import DecodeError
from monitor.devices import polar, xsens_dot
from monitor.devices.device_information import battery_pct, device_text


def test_a_battery_level_is_a_percentage() -> None:
    assert battery_pct(bytes.fromhex("64")) == 100.0
    for wrong in (b"", b"\x65", b"\xff"):
        with pytest.raises(DecodeError):
            battery_pct(wrong)


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        (b"Polar H10", "Polar H10"),
        (b"Stryd\0\0\0", "Stryd"),
        (b" RunPod \0junk", "RunPod"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_device_information_is_text_whatever_the_padding(payload: bytes, name: str) -> None:
    assert device_text(payload) == name


@pytest.mark.parametrize(
    ("payload", "us", "acc_ms2"),
    [
        ("d8052244 af964040 6b2aa740 5add14c0 00000000", 1143080408, (3.009197, 5.223928, -2.326010)),
        ("f3462244 0da53c40 9c13a640 f01009c0 00000000", 1143097075, (2.947574, 5.189894, -2.141659)),
    ],
)
def test_free_acceleration_of_a_dot(payload: str, us: int, acc_ms2: tuple[float, ...]) -> None:
    """Real: protobioengineering xsens-dot-python-examples, mode 6; the interval is that of 60 Hz."""
    found, fields = xsens_dot.decode(bytes.fromhex(payload.replace(" ", "")), xsens_dot.MODES[6])
    assert found == us
    assert fields["free_acc_ms2"] == pytest.approx(acc_ms2, abs=5e-7)


def test_polar_settings_as_in_the_unit_tests_of_its_sdk() -> None:
    body = bytes.fromhex("00013400 01011000 0204F500F401E803D007 040103")
    assert polar.decode_settings(body) == {0: (52,), 1: (16,), 2: (245, 500, 1000, 2000), 4: (3,)}
    answer = polar.decode_answer(bytes.fromhex("F001060700"))
    assert (answer.operation, answer.kind, answer.status) == (1, 6, 7)
    assert polar.REFUSALS[answer.status] == "resolution"
