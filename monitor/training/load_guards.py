"""How long the next run may be: by the last verdicts, the longest run of 30 days, the week, and breaks.

Sources: one run against the longest of the last 30 days (Frandsen 2025, 5,205 runners: an association, no
proof); the week against the mean of three is the articles' rule, and trials speak against it as
protection (Buist 2008, Fredette 2022).  No ratio of acute to chronic load is computed (Impellizzeri 2020).
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import mean, median

from monitor.training.day_spans import on_days
from monitor.training.fold_memory import FoldMemory
from monitor.training.plan_runs import PlanRun
from monitor.training.tables import BreakRow, DoseRules
from monitor.training.verdict import Evidence, RunVerdict, Verdict

LONGEST_DAYS = 30
"""The days back in which the longest run counts (Frandsen 2025)."""
ASSUMED_MIN_PER_KM = 6.0
"""The pace of a runner of whom none is known (a choice)."""
LEAST_KM, LEAST_MIN = 1.0, 10.0
"""Less than that is no run (a choice): a tenth more of less would be lost where a limit is rounded."""
_GUARD_WEEKS, _WEEK_GROWTH = 3, 1.10
_RATES = ((2.00, 2.28), (1.30, 1.52), (1.10, 1.64))
"""Hazard rate ratios of a run by its length over the longest of 30 days (Frandsen 2025)."""


def days_since_run(runs: Sequence[PlanRun], day: datetime.date, *, walks: bool = False) -> int | None:
    """Return the days since the last run before ``day``, None without one; walks count if asked for."""
    last = next((r.day for r in reversed(runs) if r.day < day and (walks or not r.walk)), None)
    return None if last is None else (day - last).days


RunSize = Callable[[PlanRun], float | None]
"""The length of a run in km or minutes, None where it is not known."""


def longest_run(runs: Sequence[PlanRun], day: datetime.date, size: RunSize) -> float | None:
    """Return the longest run of the 30 days up to ``day`` in km or minutes; None without one."""
    since = day - datetime.timedelta(days=LONGEST_DAYS)
    sizes = (size(r) for r in on_days(runs, since, day) if not r.walk)
    return max((s for s in sizes if s), default=None)


def km_of(run: PlanRun) -> float | None:
    """Return the distance of a run in km."""
    return run.km


def minutes_of(run: PlanRun) -> float | None:
    """Return the length of a run in minutes."""
    return run.minutes


def km_by_time(runs: Sequence[PlanRun]) -> RunSize:
    """Return a measure of runs in km that reckons those without a distance from their minutes.

    It goes by the usual pace of ``runs``, or by six minutes per km where none of them tells one (D): a
    run whose distance nobody knows was run all the same.
    """
    pace = minutes_per_km(runs) or ASSUMED_MIN_PER_KM

    def km_or_reckoned(run: PlanRun) -> float | None:
        return run.minutes / pace if run.km is None and run.minutes is not None else run.km

    return km_or_reckoned


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dose:
    """The most for the next run, carried from run to run."""

    rules: DoseRules
    most: float | None = None
    pending: bool = False  # after AMBER or RED, until a GREEN run
    hold_until: datetime.date | None = None
    last: PlanRun | None = None
    last_size: float | None = None

    def after(self, judged: RunVerdict, size: float | None) -> _Dose:
        run = judged.run
        if run.walk or not (run.km or run.minutes or judged.bad):
            return self
        first = self.break_before(run.day)
        no_step = first is not None or self._held(run.day)
        dose = replace(self, most=self.most_after(first))._judged(judged, size, no_step=no_step)
        return replace(dose, last=run, last_size=size)

    def break_before(self, day: datetime.date) -> BreakRow | None:
        return self.rules.break_after(None if self.last is None else (day - self.last.day).days)

    def most_after(self, rule: BreakRow | None) -> float | None:
        if rule is None or self.most is None:
            return self.most
        if not rule.share:
            return None
        return min(self.most, rule.share * (self.most if self.last_size is None else self.last_size))

    def _held(self, day: datetime.date) -> bool:
        return self.hold_until is not None and day < self.hold_until

    def _judged(self, judged: RunVerdict, size: float | None, *, no_step: bool) -> _Dose:
        if judged.bad:
            return self._after_bad(judged, size)
        green = judged.verdict is Verdict.GREEN
        pending, most = self.pending and not green, self.most
        if size is not None and not pending and not (no_step and most is not None):
            most = max(most or 0.0, size * (self.rules.growth if green and not no_step else 1.0))
        return replace(self, pending=pending, most=most)

    def _after_bad(self, judged: RunVerdict, size: float | None) -> _Dose:
        """A share of the run, and never more than was allowed before it."""
        red = judged.verdict is Verdict.RED
        most, base = self.most, self.most if size is None else size
        if base is not None:
            share = base * (self.rules.red_share if red else self.rules.amber_share)
            most = share if most is None else min(share, most)
        until = judged.run.day + datetime.timedelta(days=self.rules.hold_days) if red else self.hold_until
        return replace(self, pending=True, most=most, hold_until=until)


def reds_that_hold(evidence: Evidence, day: datetime.date) -> tuple[RunVerdict, ...]:
    """Return the RED runs of the last days (seven, by the table) up to ``day``: nothing progresses."""
    recent = on_days(evidence.verdicts, day - datetime.timedelta(days=evidence.doses.hold_days - 1), day)
    return tuple(v for v in recent if v.verdict is Verdict.RED)


def next_run_most(
    verdicts: Sequence[RunVerdict],
    day: datetime.date,
    size: RunSize,
    doses: DoseRules,
    memory: FoldMemory | None = None,
) -> float | None:
    """Return the most for the next run by the verdicts so far, in the size's unit; None without a run.

    GREEN adds a tenth to that run, UNKNOWN keeps, AMBER leaves 0.9 and RED 0.8 of the run (as ``doses``
    say), but no more than was allowed before it; after either nothing grows before a GREEN run, and after
    RED nothing within seven days.  A break leaves a share of the last run, and the first run after it is
    no step.
    """

    def step(dose: _Dose, item: tuple[RunVerdict, float | None]) -> _Dose:
        return dose.after(*item)

    memory = memory or FoldMemory()
    sized = [(judged, size(judged.run)) for judged in verdicts]
    dose = memory.fold(f"most {size.__name__}", sized, _Dose(rules=doses), step)
    return dose.most_after(dose.break_before(day))


def minutes_per_km(runs: Sequence[PlanRun]) -> float | None:
    """Return the runner's usual minutes per kilometre, the median of the last ten runs that tell."""
    paces = (r.minutes / r.km for r in reversed(runs) if r.km and r.minutes and not r.walk)
    last = [*itertools.islice(paces, 10)]
    return median(last) if last else None


def excess_over_longest(planned_km: float, longest_km: float) -> tuple[float, float | None]:
    """Return by how much per cent a planned run is above the longest, and the rate ratio that goes with it.

    The ratio is that of injuries reported in one cohort (Frandsen 2025), against runs up to a tenth
    longer; None up to there.
    """
    ratio = planned_km / longest_km
    return 100 * (ratio - 1), next((rate for above, rate in _RATES if ratio > above + 1e-9), None)


def monday_of(day: datetime.date) -> datetime.date:
    """Return the Monday with which the week of ``day`` begins."""
    return day - datetime.timedelta(days=day.weekday())


def week_total(runs: Sequence[PlanRun], monday: datetime.date, size: RunSize) -> float:
    """Return the sum of a size over the runs of the week that begins on ``monday``; walks do not count."""
    week = on_days(runs, monday, monday + datetime.timedelta(days=6))
    return sum(size(r) or 0.0 for r in week if not r.walk)


def week_guard(runs: Sequence[PlanRun], day: datetime.date, size: RunSize) -> float | None:
    """Return a tenth more than the mean of the last three weeks with runs; None with fewer of them.

    None as well where the size of one of their runs is not known, and where there was nothing of it.
    """
    before = (r for r in reversed(runs) if r.day < monday_of(day) and not r.walk)
    weeks = itertools.groupby(before, key=lambda run: monday_of(run.day))
    sizes = [[size(run) for run in week] for _, week in itertools.islice(weeks, _GUARD_WEEKS)]
    known = [[s for s in week if s is not None] for week in sizes]
    if len(sizes) < _GUARD_WEEKS or sizes != known:
        return None
    return _WEEK_GROWTH * mean(sum(week) for week in known) or None


def week_after_break(
    runs: Sequence[PlanRun], day: datetime.date, size: RunSize, doses: DoseRules
) -> float | None:
    """Return the most for the week in which a runner comes back after 8 to 28 days; else None.

    It is a share of the last week with runs before the break.
    """
    monday = monday_of(day)
    last = days_since_run(runs, monday)
    days = [] if last is None else [monday - datetime.timedelta(days=last)]
    days += sorted({r.day for r in on_days(runs, monday, day) if not r.walk} | {day})
    for before, after in itertools.pairwise(days):
        rule = doses.break_after((after - before).days)
        if rule is not None and rule.share:
            return rule.share * week_total(runs, monday_of(before), size) or None
    return None


def reference_week(runs: Sequence[PlanRun], day: datetime.date, size: RunSize) -> float | None:
    """Return the median of a size over the four weeks before ``day``; None where nobody ran in them."""
    ends = (day - datetime.timedelta(days=7 * k) for k in range(4))
    weeks = [
        sum(size(r) or 0.0 for r in runs if not r.walk and end - datetime.timedelta(days=7) <= r.day < end)
        for end in ends
    ]
    return median(weeks) or None
