"""Where packets come from.  Each file knows one outside system and never imports another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from monitor.core.packet import Packet
from monitor.core.records import SensorStatus

Emit = Callable[[Packet | SensorStatus], None]
"""Hands something over at once; never blocks, never raises."""


class Source(Protocol):
    """Runs until its input ends (or it is cancelled); raises only ``MonitorError``."""

    name: str

    async def run(self, emit: Emit) -> None: ...
