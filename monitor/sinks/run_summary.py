"""The steps, gaps and activities of a run, kept in memory for the table that is printed at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dsp.types import ActivityChange, Gap, Record, SensorProblem, Step
from monitor.core.records import Out, has_movement


class RunSummary:
    """A sink whose ``records`` are the steps, gaps and changes of activity of the run, in their order.

    ``empty``: nobody moved, and no heart was seen.
    """

    name = "summary"

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.empty = True  # nothing of a run so far

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Keep what the summary needs until the batches end."""
        async for batch in batches:
            self.empty = self.empty and not has_movement(batch)
            self.records += [r for r in batch if isinstance(r, Step | Gap | ActivityChange | SensorProblem)]
