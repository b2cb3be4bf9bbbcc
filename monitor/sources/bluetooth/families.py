"""Which of our device families somebody on the air may belong to."""

from __future__ import annotations

from functools import cache

from dsp.types import Placement
from monitor.core.session_settings import SensorSettings
from monitor.devices.gatt import GattSpec
from monitor.devices.registry import DEVICES, SensorSpec
from monitor.sources.bluetooth.scanner import Advertisement


def family_gatt(spec: SensorSpec) -> GattSpec | None:
    """How this family shows itself with default settings; None if not over Bluetooth."""
    if spec.gatt is None:
        return None
    return spec.gatt(SensorSettings(name="any", kind=spec.kind, placement=Placement.POD))


@cache
def families() -> tuple[tuple[SensorSpec, GattSpec], ...]:
    """All that come over Bluetooth.  The first call reads files: not on the event loop."""
    return tuple((spec, gatt) for spec in DEVICES.values() if (gatt := family_gatt(spec)) is not None)


def kinds(s: Advertisement) -> list[SensorSpec]:
    """The families it fits, those that know it by its name first."""
    fitting = [(not gatt.names, spec) for spec, gatt in families() if gatt.matches(s.name, s.services)]
    return [spec for _, spec in sorted(fitting, key=lambda pair: pair[0])]


def is_imu(spec: SensorSpec) -> bool:
    """Does it give samples, so that it matters where it is worn?"""
    return "acceleration" in spec.gives
