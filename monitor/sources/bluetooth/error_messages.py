"""Errors of bleak and of the systems below it as our own, with a text that says what to do."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakError

from monitor.core.errors import BluetoothOff, SensorError, SensorLost, SensorNotFound

BLEAK_ERRORS = (BleakError, OSError, EOFError, TimeoutError, AttributeError, AssertionError, KeyError)
"""What a call of bleak may raise when a connection or an adapter goes away under it.  The last three are
slips inside bleak's own code at such moments; they are caught around its calls only."""

_OFF = BleakBluetoothNotAvailableReason
_REASONS = {
    _OFF.NO_BLUETOOTH: "no Bluetooth adapter was found: plug one in",
    _OFF.NO_BLE_CENTRAL_ROLE: "this Bluetooth adapter knows no Bluetooth LE: use a newer one",
    _OFF.POWERED_OFF: "Bluetooth is switched off: switch it on",
}
_DENIED = {
    "darwin": "Bluetooth is not allowed for this terminal: System Settings, Privacy & Security, Bluetooth",
    "linux": "Bluetooth is not allowed for this user: join the group bluetooth, then log in again",
}
_NO_SERVICE = "the Bluetooth service is not running: sudo systemctl start bluetooth"
_DBUS = (
    ("ServiceUnknown", _NO_SERVICE),
    ("NameHasNoOwner", _NO_SERVICE),
    ("NotReady", _REASONS[_OFF.POWERED_OFF]),
    ("AccessDenied", _DENIED["linux"]),
    ("UnknownObject", _REASONS[_OFF.NO_BLUETOOTH]),
)


@contextlib.contextmanager
def adapter_errors(answer_s: float) -> Iterator[None]:
    """Raise ``BluetoothOff`` for any error of bleak in the block: for calls that concern the adapter.

    ``answer_s``: how long the block waits for an answer, for the text.
    """
    try:
        yield
    except TimeoutError as exc:
        raise BluetoothOff(_stuck_text(f"no answer for {answer_s:.0f} s")) from exc
    except BLEAK_ERRORS as exc:
        raise BluetoothOff(_off_text(exc)) from exc


@contextlib.contextmanager
def sensor_errors(name: str) -> Iterator[None]:
    """Raise a ``SensorError`` for any error of bleak in the block: for calls that concern one sensor."""
    try:
        yield
    except BLEAK_ERRORS as exc:
        raise _sensor_error(name, exc) from exc


def _off_text(exc: BaseException) -> str:
    if isinstance(exc, BleakBluetoothNotAvailableError):
        denied = _DENIED.get(
            sys.platform, "Bluetooth is not allowed for this program: see the system's settings"
        )
        return _REASONS.get(exc.reason, denied)
    if isinstance(exc, FileNotFoundError | ConnectionRefusedError):
        return "this system runs no Bluetooth service (no D-Bus): install and start bluez"
    if "adapter" in str(exc) and "not found" in str(exc):
        return f"{exc}: plug it in, or correct [bluetooth] adapters in the settings"
    texts = (text for name, text in _DBUS if name in str(exc))
    return next(texts, _stuck_text(_first_line(exc)))


def _stuck_text(why: str) -> str:
    return f"Bluetooth does not answer ({why}): switch it off and on again"


def _sensor_error(name: str, exc: BaseException) -> SensorError:
    if isinstance(exc, BleakBluetoothNotAvailableError) or "NotReady" in str(exc):
        return BluetoothOff(_off_text(exc))
    if type(exc).__name__ in ("BleakNotFoundError", "BleakDeviceNotFoundError"):
        return SensorNotFound(f"{name} went out of range while connecting")
    if type(exc).__name__ == "BleakOutOfConnectionSlotsError":
        return SensorLost(f"{name}: the adapter has no room for another sensor; add a second adapter")
    if isinstance(exc, TimeoutError):
        return SensorLost(f"{name} did not answer in time")
    text = f"{name}: the connection failed"  # bleak's own words name the device and its address
    return SensorLost(f"{text} ({_first_line(exc)})", log_text=f"{text} ({type(exc).__name__})")


def _first_line(exc: BaseException) -> str:
    text = " ".join(str(exc).split()) or type(exc).__name__
    return text if len(text) <= 120 else text[:117] + "..."
