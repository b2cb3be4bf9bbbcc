"""Who a sensor is and how full its battery: the two standard services that nearly all share.

Battery Service 1.1 and Device Information Service 1.2 (Bluetooth SIG).
"""

from __future__ import annotations

from monitor.core.errors import DecodeError
from monitor.core.safe_text import clean_line
from monitor.devices.gatt import sig_uuid

BATTERY_LEVEL = sig_uuid(0x2A19)

BATTERY = "battery"
"""The channel of a battery level, with every family; not a sign that the sensor measures."""

LOW_PCT = 15.0
"""From here on the runner should be told.  (A choice: most pods then last for less than one run.)"""

DEVICE_INFORMATION_UUID = {
    "manufacturer": sig_uuid(0x2A29),
    "model": sig_uuid(0x2A24),
    "serial": sig_uuid(0x2A25),
    "firmware": sig_uuid(0x2A26),
    "hardware": sig_uuid(0x2A27),
    "software": sig_uuid(0x2A28),
}


def battery_pct(payload: bytes) -> float:
    """Return the percentage of a Battery Level 0x2A19 (u8); ``DecodeError`` above 100."""
    if not payload:
        raise DecodeError("battery level is empty")
    if payload[0] > 100:
        raise DecodeError(f"battery level {payload[0]} % is above 100")
    return float(payload[0])


def device_text(payload: bytes) -> str:
    """Return a device information string: UTF-8, without the NULs or spaces that often pad it."""
    return clean_line(payload.split(b"\0", 1)[0].decode("utf-8", "replace"))
