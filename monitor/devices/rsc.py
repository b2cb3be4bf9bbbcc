"""Running Speed and Cadence pods, service 0x1814 (Bluetooth SIG RSCS 1.0): speed and cadence.

Stryd and RunPod are such pods that tell more (``monitor.devices.pod_extensions``).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from monitor.core.errors import DecodeError
from monitor.core.packet import Decoded, Packet, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices import pod_extensions
from monitor.devices.binary_fields import MAX_SPEED_MPS, unpack
from monitor.devices.cadence_unit import CadenceResolver
from monitor.devices.gatt import GattSpec, sig_uuid

_SERVICE = sig_uuid(0x1814)
_POWER_SERVICE = sig_uuid(0x1818)
CHARACTERISTICS = {
    "rsc": sig_uuid(0x2A53),
    "rsc_feature": sig_uuid(0x2A54),
    "sensor_location": sig_uuid(0x2A5D),
}
_EXTRA_CHARACTERISTICS = {
    "power": sig_uuid(0x2A63),
    "stryd": "7e78aa19-72cd-d3b8-a81f-5b7e589bea0f",
    "runpod": sig_uuid(0xFF00),
}
_EXTRA_DECODERS = {
    "power": pod_extensions.decode_power,
    "stryd": pod_extensions.decode_stryd,
    "runpod": pod_extensions.decode_runpod,
}

_HEAD = struct.Struct("<BHB")
_STRIDE = struct.Struct("<H")
_STOPPING_S = 10.0  # within so long of a speed a cadence may still decay from before a stop (a choice)
_DISTANCE = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class RscMeasurement:
    """An RSC Measurement 0x2A53.  ``raw_cadence`` per minute, of steps or strides: see ``cadence_unit``.

    ``running`` is the pod's own walk/run bit; many leave it at 0 for ever, so nothing uses it.
    """

    speed_mps: float
    raw_cadence: int
    stride_m: float | None
    distance_m: float | None
    running: bool


def decode(payload: bytes) -> RscMeasurement:
    """Decode one notification: u8 flags, u16 speed 1/256 m/s, u8 cadence, [u16 stride cm], [u32 distance
    dm].

    Real pods send packets shorter than their flags claim, and longer; a missing field is None.
    """
    flags, speed, cadence = unpack(_HEAD, payload, what="RSC measurement")
    at, stride, distance = _HEAD.size, None, None
    if flags & 1:
        stride, at = _read_field(_STRIDE, payload, at, 0.01)
    if flags & 2:
        distance, at = _read_field(_DISTANCE, payload, at, 0.1)
    return RscMeasurement(speed / 256.0, cadence, stride, distance, bool(flags & 4))


def _read_field(layout: struct.Struct, payload: bytes, at: int, scale: float) -> tuple[float | None, int]:
    after = at + layout.size
    if len(payload) < after:
        return None, len(payload)
    return layout.unpack_from(payload, at)[0] * scale, after


class RscDecoder:
    """A decoder of one pod's speed and cadence, with cadence resolved to steps per minute.

    Many pods have no speed and send 0 for ever (belt clips, sensors of treadmills).  So a speed of 0 with
    a cadence is no speed, unless there was one a moment ago: the runner then stops, and the cadence, which
    pods smooth, still falls.
    """

    def __init__(self, settings: SensorSettings) -> None:
        self._unit = CadenceResolver(settings.cadence_unit, settings.match)
        self._moved_s: float | None = None  # when it last told a speed

    def decode(self, packet: Packet) -> list[Decoded]:
        """Return the values of ``rsc`` notifications and extras; untimed, they count as of arrival."""
        extra = _EXTRA_DECODERS.get(packet.channel)
        if extra is not None:
            values = extra(packet.payload)
            return [Values(values)] if values else []
        if packet.channel != "rsc":
            raise DecodeError(f"a pod has no characteristic {packet.channel!r}")
        return [self._decode_values(decode(packet.payload), packet.arrival_ns / 1e9)]

    def _decode_values(self, m: RscMeasurement, t_s: float) -> Values:
        values: dict[str, float] = {"cadence_raw": float(m.raw_cadence)}
        speed_mps = self._speed_mps(m, t_s)
        spm = self._unit.spm(m.raw_cadence, speed_mps, t_s)
        if spm is not None:
            values["cadence_spm"] = spm
        if speed_mps is not None:
            values["speed_mps"] = speed_mps
        if m.stride_m is not None:
            values["pod_stride_m"] = m.stride_m
        if m.distance_m is not None:
            values["distance_m"] = m.distance_m
        return Values(values, note=self._unit.note())

    def _speed_mps(self, m: RscMeasurement, t_s: float) -> float | None:
        if m.speed_mps > MAX_SPEED_MPS:
            return None
        if m.speed_mps > 0:
            self._moved_s = t_s
        elif m.raw_cadence > 0 and (self._moved_s is None or t_s - self._moved_s > _STOPPING_S):
            return None
        return m.speed_mps


def gatt(_settings: SensorSettings) -> GattSpec:
    """Return the connection to any pod that advertises the service; it streams once it is subscribed to."""
    return GattSpec(services=(_SERVICE,), characteristics=CHARACTERISTICS, notify=("rsc",), period_s=2.0)


def stryd_gatt(_settings: SensorSettings) -> GattSpec:
    """Return the connection to a Stryd, known by its name; power and contact time where it gives them."""
    return GattSpec(
        names=("Stryd",),
        characteristics=CHARACTERISTICS | _EXTRA_CHARACTERISTICS,
        notify=("rsc",),
        optional=("power", "stryd"),
        period_s=2.0,
        holders=(_SERVICE, _POWER_SERVICE),
    )


def runpod_gatt(_settings: SensorSettings) -> GattSpec:
    """Return the connection to a RunPod, known by its name.  On some pods listening to 0xFF00 stops speed
    and cadence (qdomyos issue 2187).
    """
    return GattSpec(
        names=("Zwift", "Milestone"),
        services=(_SERVICE,),
        characteristics=CHARACTERISTICS | _EXTRA_CHARACTERISTICS,
        notify=("rsc",),
        optional=("runpod",),
        period_s=2.0,
        holders=(sig_uuid(0xFFF0),),
    )
