"""Settings of Bluetooth Low Energy.  bleak is not imported here: reading settings must not need it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class BluetoothSettings:
    """``BluetoothSettings`` says what the sensors are connected to, and how.

    ``radio``: this ``machine``, or the live ``page`` in a browser with Web Bluetooth, such as Chrome on the
    runner's phone.  ``adapters``: names on Linux (hci0, hci1); sensors are dealt out to them in turn.
    ``acquire_notify`` asks BlueZ for a socket per characteristic instead of a D-Bus signal per
    notification: less work, but some devices announce themselves wrongly and then send nothing.
    """

    radio: Literal["machine", "page"] = "machine"
    adapters: tuple[str, ...] = ()
    acquire_notify: bool = False

    def __post_init__(self) -> None:
        for adapter in self.adapters:
            if not re.fullmatch(r"hci\d{1,3}", adapter):
                raise ValueError(f'adapters must be names like "hci0", not "{adapter}"')
        if len(set(self.adapters)) < len(self.adapters):
            raise ValueError("adapters names one of them twice")
