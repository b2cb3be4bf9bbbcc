"""What every source of packets looks like; each module of this room is one for one outside system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from monitor.core.packet import Packet
from monitor.core.records import SensorStatus

Emit = Callable[[Packet | SensorStatus], None]
"""Takes a packet or a status at once; it never blocks and never raises."""


class Source(Protocol):
    """A ``Source`` brings packets from one outside system; ``name`` is for messages.

    ``live``: arrivals are told by the clock of the session, so that no packet means silence.
    """

    name: str
    live: bool

    async def run(self, emit: Emit) -> None:
        """Give packets and statuses to ``emit`` until the input ends or the task is cancelled.

        Raises only ``MonitorError``.
        """
        ...


@runtime_checkable
class LaggingSource(Protocol):
    """A source whose packets may wait somewhere for minutes before they come here."""

    def complete_until_s(self) -> float:
        """Return the session second before which nothing more comes; infinite where nothing waits."""
        ...
