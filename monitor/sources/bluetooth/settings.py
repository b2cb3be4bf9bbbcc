"""Bluetooth Low Energy as this program uses it: who is on the air, and one connection to a sensor.

``monitor.sources.bluetooth.source`` keeps the sensors of a session connected with these; ``gaitcue scan``
and ``gaitcue setup`` look with them.  bleak is imported by the modules, not here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BluetoothSettings:
    """``adapters``: names on Linux (hci0, hci1); sensors are dealt out to them in turn.

    ``acquire_notify`` asks BlueZ for a socket per characteristic instead of a D-Bus signal per
    notification: less work, but some devices announce themselves wrongly and then send nothing.
    """

    adapters: tuple[str, ...] = ()
    acquire_notify: bool = False

    def __post_init__(self) -> None:
        for adapter in self.adapters:
            if not re.fullmatch(r"hci\d{1,3}", adapter):
                raise ValueError(f'adapters must be names like "hci0", not "{adapter}"')
        if len(set(self.adapters)) < len(self.adapters):
            raise ValueError("adapters names one of them twice")
