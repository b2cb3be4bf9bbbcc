"""What a run amounted to, for the summary at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dsp.types import ActivityChange, Gap, Record, Step
from monitor.core.records import Out


class RunSummary:
    """Keeps the steps, gaps and activities."""

    name = "summary"

    def __init__(self) -> None:
        self.records: list[Record] = []

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Until the batches end."""
        async for batch in batches:
            self.records += [r for r in batch if isinstance(r, Step | Gap | ActivityChange)]
