"""The steps, gaps and activities of a run, kept in memory for the table that is printed at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dsp.types import ActivityChange, Gap, Placement, Record, SensorProblem, Step
from monitor.core.records import Out, SensorStatus, has_movement
from monitor.core.session_settings import SessionSettings


class RunSummary:
    """A sink whose ``records`` are the steps, gaps and changes of activity of the run, in their order.

    ``empty``: nobody moved, no heart was seen, and no sensor sent samples.  Samples in which no step was
    found may be all there is to find out why.
    """

    name = "summary"

    def __init__(self, settings: SessionSettings) -> None:
        self._sampling = {s.name for s in settings.sensors if s.placement is not Placement.POD}
        self.records: list[Record] = []
        self.empty = True  # nothing of a run so far

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Keep what the summary needs until the batches end."""
        async for batch in batches:
            self.empty = self.empty and not (has_movement(batch) or self._has_samples(batch))
            self.records += [r for r in batch if isinstance(r, Step | Gap | ActivityChange | SensorProblem)]

    def _has_samples(self, batch: list[Out]) -> bool:
        return any(isinstance(r, SensorStatus) and r.received and r.sensor in self._sampling for r in batch)
