"""What was planned for each day: its decision, with the allowance that held before that day's runs."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import replace

from monitor.training.decide import decide_next_day, first_plan_day
from monitor.training.entries import AfterEntry, AnyEntry, ManualRunEntry
from monitor.training.plan_day import PlanDay
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_settings import PlanSettings
from monitor.training.plan_state import PlanRules, PlanState
from monitor.training.tables import Phase, Tables


def days_as_planned(
    entries: Iterable[AnyEntry],
    runs: Iterable[PlanRun],
    settings: PlanSettings,
    until: datetime.date,
    tables: Tables,
) -> tuple[PlanDay, ...]:
    """Return the decisions of all days from the first entry to ``until``.

    They are those of ``replayed_days`` but for the allowance of a day with a run: once it is done, no
    further run is allowed on most days, and what was planned could not be held against what was done.
    """
    entries, runs = tuple(entries), tuple(runs)
    rules = PlanRules(settings=settings, tables=tables)
    days, state, day = list[PlanDay](), PlanState(), first_plan_day(entries, until)
    while day <= until:
        after, decided = decide_next_day(state, entries, runs, day, rules)
        if decided.phase is not Phase.STOP and (
            any(r.day == day for r in runs) or any(_is_of_run_on(e, day) for e in entries)
        ):
            earlier = tuple(r for r in runs if r.day < day)
            written = tuple(e for e in entries if not _is_of_run_on(e, day))
            _, morning = decide_next_day(state, written, earlier, day, rules)
            decided = replace(decided, allowance=morning.allowance)
        days.append(decided)
        state, day = after, day + datetime.timedelta(days=1)
    return tuple(days)


def _is_of_run_on(entry: AnyEntry, day: datetime.date) -> bool:
    return isinstance(entry, AfterEntry | ManualRunEntry) and entry.day == day
