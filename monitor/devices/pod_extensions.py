"""What some running pods tell besides speed and cadence.  Experimental: read off other people's captures.

Bluetooth SIG CPS 1.1 for power; qdomyos-zwift (strydrunpowersensor.cpp, issue 827) for the rest, where
the meaning of the fields is its author's guess.
"""

from __future__ import annotations

import struct

from monitor.devices.binary_fields import unpack

_POWER = struct.Struct("<Hh")  # flags, W
_STRYD = struct.Struct("<B3xH")  # 0x32, contact ms
_RUNPOD = struct.Struct("<BHH")  # 0x0F, contact ms, vertical oscillation mm

_MOST_POWER_W = 2500
_CONTACT_MS = (80, 1200)  # sprinters to slow walkers
_OSCILLATION_MM = (5, 250)


def decode_power(payload: bytes) -> dict[str, float]:
    """Return the power in W of a Cycling Power Measurement 0x2A63 (u16 flags, i16 W, more) of a pod."""
    _, watts = unpack(_POWER, payload, what="power measurement")
    return {"power_w": float(watts)} if 0 <= watts <= _MOST_POWER_W else {}


def decode_stryd(payload: bytes) -> dict[str, float]:
    """Return the contact time of a packet of Stryd's own characteristic: 0x32 first, u16 ms at 4."""
    if payload[:1] != b"\x32":
        return {}
    _, contact = unpack(_STRYD, payload, what="Stryd packet")
    return _within("contact_ms", contact, _CONTACT_MS)


def decode_runpod(payload: bytes) -> dict[str, float]:
    """Return what a RunPod or MilestonePod sends on 0xFF00: u8 0x0F, u16 contact ms, u16 oscillation mm."""
    first, contact, oscillation = unpack(_RUNPOD, payload, what="RunPod packet")
    if first != 0x0F:
        return {}
    return _within("contact_ms", contact, _CONTACT_MS) | _within(
        "vertical_oscillation_mm", oscillation, _OSCILLATION_MM
    )


def _within(name: str, value: int, limits: tuple[int, int]) -> dict[str, float]:
    return {name: float(value)} if limits[0] <= value <= limits[1] else {}
