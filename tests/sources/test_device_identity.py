"""Whose device is whose: what settings may say, and what one match fits."""

from __future__ import annotations

import pytest

from dsp.types import Placement, Side
from monitor.core.errors import ConfigError
from monitor.core.session_settings import SensorSettings
from monitor.sources.device_identity import check_matches, check_unnamed, is_address, names_device
from tests.sources.bluetooth.service import foot, pod

MAC, MAC_UUID = "F0:01:AB:0c:3D:7E", "12345678-9ABC-def0-1234-56789ABCDEF0"


def named(name: str, kind: str, match: str) -> SensorSettings:
    return SensorSettings(name=name, kind=kind, placement=Placement.POD, match=match)


@pytest.mark.parametrize(
    ("match", "text", "fits"),
    [
        ("Pod 1", "Pod 1", True),
        ("Pod 1", "My Pod 1 left", True),
        ("Pod 1", "Pod 12", False),
        (MAC, MAC.lower(), True),
        (MAC, f"{MAC}:00", False),
        (MAC_UUID, MAC_UUID.upper(), True),
    ],
)
def test_a_match_is_whole_words_or_one_address(match: str, text: str, fits: bool) -> None:
    assert names_device(match, text) is fits
    assert is_address(match) is (match in (MAC, MAC_UUID))


@pytest.mark.parametrize(("one", "other"), [("WT901BLE68", "WT901BLE68"), ("Movesense", "Movesense 123")])
def test_two_sensors_that_one_device_would_fit_are_refused_by_name(one: str, other: str) -> None:
    sensors = [foot(Side.LEFT, one), foot(Side.RIGHT, other)]
    for order in (sensors, sensors[::-1]):
        with pytest.raises(ConfigError) as refused:
            check_matches(order)
        assert len(refused.value.messages) == 1
        for word in ("foot L", "foot R", f'"{one}"'):
            assert word in str(refused.value)
        assert "passt ein Gerät" in refused.value.text_in("de")


def test_sensors_of_two_kinds_are_refused_where_one_device_may_be_both() -> None:
    with pytest.raises(ConfigError):
        check_matches([named("a", "rsc", "Stryd"), named("b", "stryd", "Stryd")])
    check_matches([named("pod", "rsc", "A-1"), named("strap", "heart_rate", "A-1")])  # two services
    check_matches([named("a", "stryd", "0042"), named("b", "runpod", "0042")])  # two makers


def test_what_tells_two_apart_is_accepted() -> None:
    for one, other in (("Pod 1", "Pod 12"), (MAC, "F0:01:AB:0C:3D:7F")):
        check_matches([foot(Side.LEFT, one), foot(Side.RIGHT, other)])
    check_matches([pod(), foot(Side.LEFT, "WT901BLE68")])


def test_two_of_a_kind_need_a_match_each() -> None:
    with pytest.raises(ConfigError):
        check_unnamed([pod(), named("right", "rsc", "Pod 1")])
    check_unnamed([pod()])
