"""What a sink is: the end of the way, where the records of a run leave the program.

A sink gets batches of records in their order, writes or sends them and returns when the batches have ended
and its work is done.  Each folder knows one outside system and never imports another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable

from monitor.core.records import Out, SinkStatus


class Sink(Protocol):
    """A sink takes the records of a run; ``name`` is what logs and statuses call it."""

    name: str

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Take batches until they end, finish what is open and return.

        Raises ``SinkError`` only; it is then started again with the batches that follow.
        """


@runtime_checkable
class ReportsStatus(Protocol):
    """A sink or another part of the service that knows how it is doing; it is asked once a second."""

    name: str

    def report(self, t_s: float) -> SinkStatus | None:
        """Return the status at session second ``t_s``, None if nothing has changed since the last one."""
