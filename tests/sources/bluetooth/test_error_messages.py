"""Bluetooth's troubles in words that say what to do, and its settings."""

from __future__ import annotations

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)
from bleak_retry_connector import BleakNotFoundError, BleakOutOfConnectionSlotsError

from monitor.core.errors import BluetoothOff, SensorLost, SensorNotFound
from monitor.sources.bluetooth.error_messages import adapter_errors, sensor_errors
from monitor.sources.bluetooth.settings import BluetoothSettings

OFF = BleakBluetoothNotAvailableReason


@pytest.mark.parametrize(
    ("trouble", "remedy"),
    [
        (BleakBluetoothNotAvailableError("", OFF.NO_BLUETOOTH), "plug one in"),
        (BleakBluetoothNotAvailableError("", OFF.POWERED_OFF), "switch it on"),
        (BleakBluetoothNotAvailableError("", OFF.DENIED_BY_USER), "not allowed"),
        (FileNotFoundError(2, "no socket"), "install and start bluez"),
        (BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", [""]), "systemctl start"),
        (BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"]), "switch it on"),
        (BleakDBusError("org.freedesktop.DBus.Error.AccessDenied", [""]), "group bluetooth"),
        (BleakError("adapter 'hci7' not found"), "[bluetooth] adapters"),
        (BleakError("something new"), "off and on"),
    ],
)
def test_no_bluetooth_is_told_with_its_remedy(trouble: Exception, remedy: str) -> None:
    with pytest.raises(BluetoothOff) as told, adapter_errors(6.0):
        raise trouble
    assert remedy in str(told.value)


@pytest.mark.parametrize(
    ("trouble", "kind", "word"),
    [
        (BleakNotFoundError("gone"), SensorNotFound, "out of range"),
        (BleakOutOfConnectionSlotsError("full"), SensorLost, "second adapter"),
        (TimeoutError(), SensorLost, "in time"),
        (BleakError("x" * 500), SensorLost, "..."),
        (BleakDBusError("org.bluez.Error.NotReady", [""]), BluetoothOff, "switch it on"),
        (AttributeError("bus is None"), SensorLost, "failed"),
    ],
)
def test_what_happens_to_one_sensor_names_it(trouble: Exception, kind: type, word: str) -> None:
    with pytest.raises(kind) as told, sensor_errors("left shoe"):
        raise trouble
    assert word in str(told.value)
    assert "left shoe" in str(told.value) or kind is BluetoothOff
    assert len(str(told.value)) < 200


def test_our_own_mistakes_are_not_taken_for_bluetooths() -> None:
    with pytest.raises(ZeroDivisionError), sensor_errors("left shoe"):
        raise ZeroDivisionError


@pytest.mark.parametrize("adapters", [("usb1",), ("hci0", "hci0"), ("",)])
def test_adapters_are_names_that_linux_gives_and_each_once(adapters: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="adapters"):
        BluetoothSettings(adapters=adapters)
