"""How much one runner may use of a partition in a day, so that no box, broken or hostile, costs others.

A day is one of the log's own clock, and the account is in memory: a worker that begins again has a new one.
What a runner used is the bytes of the messages, the CPU time of their evaluation, and the runs in memory.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass, field


class OverBudget(Exception):
    """A runner has used more than there is for one: its text, a line of the catalogue, says of what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetParams:
    """What a runner may use of a partition: choices, many times what a day and a night of running bring.

    Five sensors make 1.5 GB and 2.5 million records in them, two shoes take 1,300 s of CPU.
    """

    day_mb: float = 4000.0  # of messages
    day_cpu_s: float = 3600.0  # of evaluating them
    message_cpu_s: float = 10.0  # of evaluating one, during which nobody else of the partition is served
    runs: int = 100  # in memory at once: all that waited on a box while the hub was away come together
    run_records: int = 10_000_000  # of one run
    sensors: int = 32  # of one run

    def __post_init__(self) -> None:
        if min(self.day_mb, self.day_cpu_s, self.message_cpu_s, self.runs, self.run_records) <= 0:
            raise ValueError("everything that a runner may use must be positive")
        if self.sensors < 1:
            raise ValueError("sensors must be positive")


@dataclass(slots=True)
class _Used:
    size: int = 0
    cpu_s: float = 0.0


@dataclass(slots=True)
class RunnerBudgets:
    """``RunnerBudgets`` are the accounts of all runners of a partition for the day that goes on."""

    params: BudgetParams
    _day: datetime.date | None = None
    _used: defaultdict[str, _Used] = field(default_factory=lambda: defaultdict(_Used))

    def begin_day(self, day: datetime.date) -> None:
        """Begin new accounts if this is another day than that of the last message."""
        if day != self._day:
            self._day = day
            self._used.clear()

    def take_message(self, runner: str, size: int) -> None:
        """Add a message of so many bytes; ``OverBudget`` if its runner has no more."""
        used = self._used[runner]
        used.size += size
        if used.size > self.params.day_mb * 1e6:
            raise OverBudget("more was sent in a day than one runner may send")
        if used.cpu_s > self.params.day_cpu_s:
            raise OverBudget("more computing in a day than there is for one runner")

    def add_time(self, runner: str, cpu_s: float) -> None:
        """Add so many seconds of CPU time."""
        self._used[runner].cpu_s += cpu_s

    def check_message(self, cpu_s: float) -> None:
        """Raise ``OverBudget`` if one message took longer than this."""
        if cpu_s > self.params.message_cpu_s:
            raise OverBudget("a second of the run takes too long to compute")

    def check_run(self, records: int, sensors: int) -> None:
        """Raise ``OverBudget`` if a run has more records or sensors than this."""
        if records > self.params.run_records or sensors > self.params.sensors:
            raise OverBudget("more sensors or numbers than a run has")

    def check_runs(self, runs: int) -> None:
        """Raise ``OverBudget`` if a runner has more runs at once than this."""
        if runs > self.params.runs:
            raise OverBudget("more runs at once than one runner has")
