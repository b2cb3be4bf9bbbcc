"""What was known at the end of each day, from day to day: only what a day changes is judged anew.

``EvidenceTimeline`` takes in entries and runs on the day on which they became known.  An answer changes
the verdict of its run, a morning those of the day before and of the week after it, a declaration all.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from monitor.training.day_spans import on_days, places_on_days
from monitor.training.entries import (
    AfterEntry,
    AnyEntry,
    DeclareEntry,
    Entry,
    ManualRunEntry,
    MorningEntry,
    entries_of,
)
from monitor.training.fold_memory import FoldMemory
from monitor.training.plan_runs import PlanRun, arrival_day, merge_run, run_order
from monitor.training.standing_entries import StandingLog, entry_order
from monitor.training.tables import Tables
from monitor.training.verdict import Evidence, RunVerdict, run_verdict

_DAY = datetime.timedelta(days=1)


def evidence_of(
    entries: Iterable[AnyEntry], runs: Iterable[PlanRun], day: datetime.date, tables: Tables
) -> Evidence:
    """Return what was known at the end of ``day``: nothing that was made or stored later."""
    return EvidenceTimeline(entries, runs, tables).at(day)


class EvidenceTimeline:
    """The evidence of one day after another; days may be left out, and never go back."""

    def __init__(self, entries: Iterable[AnyEntry], runs: Iterable[PlanRun], tables: Tables) -> None:
        self._tables = tables
        self._all_entries, self._all_runs = tuple(e for e in entries if isinstance(e, Entry)), tuple(runs)
        self._coming = sorted(self._all_entries, key=lambda e: e.written_day, reverse=True)
        self._coming_runs = sorted(self._all_runs, key=arrival_day, reverse=True)
        early = (e for e in self._all_entries if e.written_day < e.day)
        self._early = {e.day for e in early if _is_of_run_on(e, e.day)}
        self._day = datetime.date.min
        self._log, self._memory = StandingLog(), FoldMemory()
        self._sensors: dict[str, PlanRun] = {}
        self._written: dict[str, ManualRunEntry] = {}
        self._afters: dict[str, tuple[AfterEntry, ...]] = {}
        self._mornings: dict[datetime.date, tuple[MorningEntry, ...]] = {}
        self._by_session: dict[str, PlanRun] = {}
        self._runs: list[PlanRun] = []
        self._verdicts: list[RunVerdict | None] = []

    def at(self, day: datetime.date) -> Evidence:
        """Return what was known at the end of ``day``; ``ValueError`` for a day before the last one."""
        return self._advance(day, [*self._entries_until(day)], [*self._runs_until(day)])

    def before_runs(self, day: datetime.date) -> Evidence:
        """Return what is known at the end of ``day`` but its runs, and what was said of them.

        ``ValueError`` for a day that the timeline has been at.
        """
        if day <= self._day:
            raise ValueError(f"the timeline has been at {day}")
        if day in self._early:  # answers from before their day have counted already
            rest = [e for e in self._all_entries if not _is_of_run_on(e, day)]
            return evidence_of(rest, [r for r in self._all_runs if r.day < day], day, self._tables)
        entries, runs = [*self._entries_until(day)], [*self._runs_until(day)]
        self._coming += [e for e in entries if _is_of_run_on(e, day)]
        self._coming_runs += [r for r in runs if r.day == day]
        rest = [e for e in entries if not _is_of_run_on(e, day)]
        return self._advance(day, rest, [r for r in runs if r.day < day])

    def add(self, entries: Iterable[Entry] = (), runs: Iterable[PlanRun] = ()) -> None:
        """Take in what was made and run on the day that the timeline is at, or the next it is asked for."""
        self._coming += entries
        self._coming_runs += runs

    def _entries_until(self, day: datetime.date) -> Iterator[Entry]:
        while self._coming and self._coming[-1].written_day <= day:
            yield self._coming.pop()

    def _runs_until(self, day: datetime.date) -> Iterator[PlanRun]:
        while self._coming_runs and arrival_day(self._coming_runs[-1]) <= day:
            yield self._coming_runs.pop()

    def _advance(self, day: datetime.date, entries: Sequence[Entry], runs: Sequence[PlanRun]) -> Evidence:
        if day < self._day:
            raise ValueError(f"{day} is before {self._day}")
        changed = self._log.advance(day, entries)
        standing = self._log.entries()
        self._sensors |= {r.session: r for r in runs}
        sessions = {r.session for r in runs} | self._note_answers(changed)
        mornings = {e.day for e in changed if isinstance(e, MorningEntry)}
        for morning in mornings:
            mine = on_days(entries_of(MorningEntry, standing), morning, morning)
            self._mornings.pop(morning, None)
            self._mornings |= {morning: tuple(mine)} if mine else {}
        for session in sessions:
            self._place(session)
        declares = entries_of(DeclareEntry, standing)
        evidence = Evidence(
            day=day,
            standing=standing,
            runs=tuple(self._runs),
            verdicts=(),
            mornings=dict(self._mornings),
            declare=declares[-1] if declares else None,
            tables=self._tables,
            declared=self._log.first_version(declares[-1]) if declares else "",
            memory=self._memory,
        )
        redeclared = any(isinstance(e, DeclareEntry) for e in changed)
        for index in range(len(self._runs)) if redeclared else self._stale(day, sessions, mornings):
            run = self._runs[index]
            self._verdicts[index] = run_verdict(run, self._afters.get(run.session, ()), evidence)
        self._day = day
        return evidence.with_verdicts(cast(list[RunVerdict], self._verdicts))

    def _note_answers(self, changed: Sequence[Entry]) -> set[str]:
        """Keep what is said of runs; return the sessions that it is said of."""
        sessions = set()
        for entry in changed:
            if isinstance(entry, AfterEntry):
                mine = {e.id: e for e in (*self._afters.get(entry.session, ()), entry)}
                holding = (e for e in mine.values() if self._log.holds(e))
                self._afters[entry.session] = tuple(sorted(holding, key=entry_order))
                sessions.add(entry.session)
            elif isinstance(entry, ManualRunEntry):
                self._written.pop(entry.id, None)
                self._written |= {entry.id: entry} if self._log.holds(entry) else {}
                sessions.add(entry.id)
        return sessions

    def _place(self, session: str) -> None:
        """Put a run where it belongs among the others, with a verdict to come."""
        before = self._by_session.pop(session, None)
        if before is not None:
            place = bisect_left(self._runs, run_order(before), key=run_order)
            del self._runs[place], self._verdicts[place]
        sensors, written = self._sensors.get(session), self._written.get(session)
        run = merge_run(sensors, written, self._afters.get(session, ()))
        if run is not None:
            self._by_session[session] = run
            place = bisect_left(self._runs, run_order(run), key=run_order)
            self._runs.insert(place, run)
            self._verdicts.insert(place, None)

    def _stale(self, day: datetime.date, sessions: set[str], mornings: set[datetime.date]) -> Iterator[int]:
        """The places of the runs whose verdicts may be others now."""
        for session in sessions & set(self._by_session):
            yield bisect_left(self._runs, run_order(self._by_session[session]), key=run_order)
        spans = [(m - _DAY, m + (self._tables.verdicts.usual_mornings - 1) * _DAY) for m in mornings]
        if self._day != datetime.date.min:  # no answer is awaited any more of those of the day before
            spans.append((self._day - _DAY, day - 2 * _DAY))
        for first, last in spans:
            yield from range(*places_on_days(self._runs, first, last))


def _is_of_run_on(entry: Entry, day: datetime.date) -> bool:
    return isinstance(entry, AfterEntry | ManualRunEntry) and entry.day == day
