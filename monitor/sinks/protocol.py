"""Where records go.  Each file knows one outside system and never imports another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable

from monitor.core.records import Out, SinkStatus


class Sink(Protocol):
    """Takes batches until they end, then finishes and returns; raises only ``SinkError``."""

    name: str

    async def run(self, batches: AsyncIterator[list[Out]]) -> None: ...


@runtime_checkable
class ReportsStatus(Protocol):
    """A sink that says by itself how it is doing; asked about once a second."""

    def report(self, t_s: float) -> SinkStatus | None:
        """What there is to tell at session second ``t_s``, or None."""
        ...
