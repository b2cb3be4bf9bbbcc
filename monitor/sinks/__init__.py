"""Where records go.  Each file knows one outside system and never imports another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from monitor.records import Out


class Sink(Protocol):
    """Takes batches until they end, then finishes and returns; raises only ``SinkError``."""

    name: str

    async def run(self, batches: AsyncIterator[list[Out]]) -> None: ...
