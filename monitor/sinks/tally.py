"""What a run amounted to, for the summary at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import get_args

from dsp.types import ActivityChange, Gap, Record, Step
from monitor.records import Out, SensorStatus

_KEPT = (Step, Gap, ActivityChange)


class Tally:
    """Keeps the steps, gaps and activities, and the last word on every sensor."""

    name = "summary"

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.sensors: dict[str, SensorStatus] = {}

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Until the batches end."""
        async for batch in batches:
            for record in batch:
                if isinstance(record, SensorStatus):
                    self.sensors[record.sensor] = record
                elif isinstance(record, _KEPT) and isinstance(record, get_args(Record)):
                    self.records.append(record)
