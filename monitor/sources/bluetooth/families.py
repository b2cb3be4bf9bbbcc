"""Which of our device families an advertising device may belong to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from dsp.types import Placement
from monitor.core.session_settings import SensorSettings
from monitor.devices.gatt import GattSpec
from monitor.devices.registry import DEVICES, SensorSpec
from monitor.sources.bluetooth.scanner import Advertisement

Family = tuple[SensorSpec, GattSpec]
"""A device family, and what a connection to it needs."""


def family_gatt(spec: SensorSpec) -> GattSpec | None:
    """Return what a connection to this family needs with default settings; None if not over Bluetooth."""
    if spec.gatt is None:
        return None
    return spec.gatt(
        SensorSettings(name="any", kind=spec.kind, placement=Placement.POD, options={**spec.preset})
    )


@cache
def bluetooth_families() -> tuple[Family, ...]:
    """Return every family that comes over Bluetooth.  The first call reads files: not on the event loop."""
    return tuple((spec, gatt) for spec in DEVICES.values() if (gatt := family_gatt(spec)) is not None)


def matching_families(advertisement: Advertisement, own: Sequence[Family] = ()) -> list[SensorSpec]:
    """Return the families that this advertisement fits, those that are recognised by a name first.

    ``own`` are families beside those of the program.
    """
    name, services = advertisement.name, advertisement.services
    families = (*own, *bluetooth_families())
    fitting = [(not gatt.names, spec) for spec, gatt in families if gatt.matches(name, services)]
    return [spec for _, spec in sorted(fitting, key=lambda pair: pair[0])]
