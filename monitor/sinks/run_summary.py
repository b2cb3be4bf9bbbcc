"""What a run comes to, counted while it goes on: memory for a day is that for a minute."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from dsp.types import Activity, ActivityChange, Gap, Placement, SensorProblem, Side, Step
from monitor.core.records import Out, SensorStatus, has_movement
from monitor.core.session_settings import SessionSettings


@dataclass(slots=True)
class RunningStatistics:
    """``RunningStatistics`` are ``count``, ``mean`` and ``sd`` of values that come one by one.

    ``sd`` is that of the values, not an estimate of more of them.  Method: Welford 1962 (Technometrics
    4:419), which loses no digits to the size of the mean.
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0  # sum of squared differences from the mean

    def add(self, value: float) -> None:
        """Add one more value to the statistics."""
        self.count += 1
        before = value - self.mean
        self.mean += before / self.count
        self.squares += before * (value - self.mean)

    @property
    def sd(self) -> float:
        """The standard deviation of the values so far, 0 without any."""
        return math.sqrt(self.squares / self.count) if self.count else 0.0


class RunTotals:
    """``RunTotals`` counts the records of a run.

    ``metrics`` are the values of the steps by metric, in the order in which each was first measured;
    ``steps`` are counted by side, ``problems`` are those of the sensors, each once.
    """

    def __init__(self) -> None:
        self.metrics: dict[str, RunningStatistics] = {}
        self.steps: Counter[Side | None] = Counter()
        self.gaps = 0
        self.problems: dict[tuple[str, str], SensorProblem] = {}
        self._ran_s = 0.0
        self._runs_since_s: float | None = None

    def add(self, records: Iterable[Out]) -> None:
        """Count these records, which follow those before."""
        for record in records:
            match record:
                case Step():
                    self.steps[record.side] += 1
                    for estimate in record.estimates:
                        if (statistics := self.metrics.get(estimate.metric)) is None:
                            statistics = self.metrics[estimate.metric] = RunningStatistics()
                        statistics.add(estimate.value)
                case Gap():
                    self.gaps += 1
                case ActivityChange():
                    self._ran_s = self.running_s(record.t_s)
                    self._runs_since_s = record.t_s if record.activity is Activity.RUN else None
                case SensorProblem():
                    self.problems.setdefault((record.sensor, record.problem), record)
                case _:
                    pass

    def running_s(self, end_s: float) -> float:
        """Return for how many seconds, until ``end_s``, the activity was running."""
        return self._ran_s + (0.0 if self._runs_since_s is None else end_s - self._runs_since_s)


class RunSummary:
    """A sink whose ``totals`` are those of the run.

    ``empty``: nobody moved, no heart was seen, and no sensor sent samples.  Samples in which no step was
    found may be all there is to find out why.
    """

    name = "summary"

    def __init__(self, settings: SessionSettings) -> None:
        self._sampling = {s.name for s in settings.sensors if s.placement is not Placement.POD}
        self.totals = RunTotals()
        self.empty = True  # nothing of a run so far

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Count what the summary needs until the batches end."""
        async for batch in batches:
            self.empty = self.empty and not (has_movement(batch) or self._has_samples(batch))
            self.totals.add(batch)

    def _has_samples(self, batch: list[Out]) -> bool:
        return any(isinstance(r, SensorStatus) and r.received and r.sensor in self._sampling for r in batch)
