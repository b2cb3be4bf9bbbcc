"""One runner's plan put together: the log, the stored runs, the settings, and the decision of any day.

The rules are those of ``monitor.training``; here is what they are fed with, and where their decisions are
kept.  A decision is never edited: whoever wants another one writes another entry.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import secrets
import typing
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from monitor.core import json_codec
from monitor.core.errors import InputError, StoreError
from monitor.core.message_catalogues import UserMessage, catalogue
from monitor.core.private_files import write_private_file
from monitor.core.safe_text import clean_line
from monitor.review.plan_sessions import noted_answers, stored_plan_runs
from monitor.storage.runner_log import (
    RunnerLog,
    decision_log_path,
    plan_state_path,
    planned_book_path,
    reminder_log_path,
    runner_log_path,
)
from monitor.storage.store import Store
from monitor.training.decide import first_plan_day
from monitor.training.entries import (
    ENTRY_KINDS,
    AnyEntry,
    ClearedEntry,
    Entry,
    EntryMistake,
    ForeignEntry,
    SharedItem,
    Withdrawn,
    entry_from_json,
    entry_to_json,
)
from monitor.training.plan_day import PlanDay, Reason, StopAnswer
from monitor.training.plan_replay import ReplayedDay, replay_plan
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_settings import PlanSettings
from monitor.training.plan_state import PlanBookmark, PlanRules, PlanState
from monitor.training.planned_days import PlannedBook, PlannedDay, planned_days
from monitor.training.red_flags import stop_answer
from monitor.training.sharing import SharedDay, shared_days, shared_items
from monitor.training.standing_entries import standing_entries
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Tables
from monitor.training.verdict import Evidence

_DAY, _WEEK = datetime.timedelta(days=1), datetime.timedelta(days=7)
_BEFORE = datetime.timedelta(days=60)  # of runs before the first entry: what was usual, and the longest
PLAN_RULES_VERSION = 7
"""The version of the rules that a kept decision was made by; it goes up when the same entries and runs are
decided otherwise."""


@dataclass(frozen=True)
class TrainingPlan:
    """A runner's plan: the entries, the runs, the settings, the tables; ``today`` is the runner's date.

    ``unreadable`` counts lines of the log that could not be read: nobody knows what they said.  With a
    ``bookmark`` of a week before, the days since then are decided from there, which takes a moment where
    all days of a plan over years take seconds.
    """

    athlete: str
    entries: tuple[AnyEntry, ...]
    runs: tuple[PlanRun, ...]
    settings: PlanSettings
    tables: Tables
    today: datetime.date
    unreadable: int = 0
    bookmark: PlanBookmark | None = None

    @property
    def foreign(self) -> int:
        """The number of entries whose kind this program does not know; they do not count."""
        return sum(isinstance(entry, ForeignEntry) for entry in self.entries)

    @property
    def rules(self) -> PlanRules:
        """The settings and tables that the plan goes by."""
        return PlanRules(settings=self.settings, tables=self.tables)

    @cached_property
    def week(self) -> tuple[ReplayedDay, ...]:
        """The last seven days and today, as far as they belong to the plan, from one replay."""
        begin = self.today - _WEEK
        days = replay_plan(self.entries, self.runs, self.rules, self.today, self.bookmark, begin)
        return tuple(deque(days, maxlen=_WEEK.days + 1))

    @property
    def now(self) -> PlanDay:
        """The decision of today, with what was run and answered by now."""
        return self.week[-1].decision

    @property
    def week_before(self) -> PlanBookmark:
        """The state before ``week``, from which the plan can be decided tomorrow."""
        return PlanBookmark(self.week[0].day - _DAY, self.week[0].state_before)

    def fingerprint(self, day: datetime.date) -> str:
        """Return what stands for all that a decision at the end of ``day`` was made from."""
        written = (e for e in self.entries if isinstance(e, Entry) and e.written_day <= day)
        known = (r for r in self.runs if max(r.day, r.stored_day or r.day) <= day)
        parts = (
            PLAN_RULES_VERSION,
            self.settings,
            self.tables,
            *sorted(map(repr, written)),
            *map(repr, known),
        )
        return hashlib.sha256("\n".join(map(str, parts)).encode(errors="replace")).hexdigest()

    @property
    def standing(self) -> tuple[Entry, ...]:
        """The entries that hold today, in the order of the days that they stand for."""
        return self.evidence.standing

    @property
    def current_runs(self) -> tuple[PlanRun, ...]:
        """The runs that are known today, those without sensors too, the oldest first."""
        return self.evidence.runs

    @property
    def shared_items(self) -> frozenset[SharedItem]:
        """The items that the runner shares today."""
        return shared_items(self.standing, self.settings, self.today)

    def planned_days(self, book: PlannedBook | None) -> tuple[tuple[PlannedDay, ...], PlannedBook]:
        """Return what was planned for all days of the plan, and the book to go on from tomorrow."""
        return planned_days(self.entries, self.runs, self.settings, self.today, self.tables, book)

    def shared_days(self, planned: Sequence[PlannedDay]) -> tuple[SharedDay, ...]:
        """Return the days of ``planned_days`` as a coach sees them today."""
        return shared_days(planned, self.entries, self.runs, self.settings, self.tables)

    @property
    def evidence(self) -> Evidence:
        """The evidence of today: all that is known, runs with their verdicts among it."""
        return self.week[-1].evidence

    @property
    def state(self) -> PlanState:
        """The state at the end of today, as far as it is known now."""
        return self.week[-1].state

    def day(self, day: datetime.date) -> ReplayedDay | None:
        """Return a past day as it was then; None for one before the plan or after today."""
        if not first_plan_day(self.entries, self.today) <= day <= self.today:
            return None
        if day >= self.week[0].day:
            return self.week[(day - self.week[0].day).days]
        *_, then = replay_plan(self.entries, self.runs, self.rules, day, mornings_from=day)
        return then


@dataclass(frozen=True)
class PlanKeeper:
    """``PlanKeeper`` knows where a runner's log and plan are, and by which settings and tables they go.

    ``folder`` is that of the data.  Its methods block on files; ``StoreError`` if one cannot be read or
    written.
    """

    folder: Path
    athlete: str
    settings: PlanSettings = field(default_factory=PlanSettings)
    tables: Tables = field(default_factory=shipped_tables)

    @property
    def log(self) -> RunnerLog:
        """The runner's log as a file that is read anew."""
        return RunnerLog(runner_log_path(self.folder, self.athlete))

    def load(self, store: Store, now: datetime.datetime) -> TrainingPlan:
        """Return the plan at ``now``, whose offset is the runner's."""
        log = self.log
        entries = read_entries(log)
        first = min((e.day for e in entries if isinstance(e, Entry)), default=now.date())
        runs = stored_plan_runs(store, self.athlete, first - _BEFORE, now)
        plan = TrainingPlan(
            athlete=self.athlete,
            entries=(*entries, *noted_answers(store, runs, self.athlete)),
            runs=runs,
            settings=self.settings,
            tables=self.tables,
            today=now.date(),
            unreadable=log.unreadable,
        )
        return replace(plan, bookmark=self._bookmark_of(plan))

    def _bookmark_of(self, plan: TrainingPlan) -> PlanBookmark | None:
        """The bookmark that was kept, if it is of what this plan is made from."""
        try:
            raw = json_codec.parse_json(self._state_path.read_text(encoding="utf-8"))
            mark = json_codec.from_json(PlanBookmark, raw["mark"])
            fits = mark.day < plan.today and raw["of"] == plan.fingerprint(mark.day)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return mark if fits else None

    @property
    def _state_path(self) -> Path:
        return plan_state_path(self.folder, self.athlete)

    def add(self, *entries: Entry) -> None:
        """Add entries to the log, all of them or none; a correction must name an entry that is there.

        ``InputError`` for one that corrects what is not there, or an entry of another kind.
        """
        there = {e.id: e for e in read_entries(self.log) if isinstance(e, Entry)}
        for entry in entries:
            corrected = there.get(entry.replaces)
            if corrected is None and (entry.replaces or isinstance(entry, Withdrawn)):
                raise InputError("error.entry_unknown", id=entry.replaces)
            if corrected and type(entry) is not type(corrected) and not isinstance(entry, Withdrawn):
                raise InputError("error.entry_other_kind", id=entry.replaces)
        self.log.add(*(entry_to_json(entry) for entry in entries))

    def load_stop(self, today: datetime.date) -> StopAnswer | None:
        """Return the answer to the red flags that stand today, from the log alone; None without any."""
        standing = standing_entries(read_entries(self.log), today)
        return stop_answer(standing, self.tables.flags, self.settings.emergency_number)

    def load_shared_items(self, today: datetime.date) -> frozenset[SharedItem]:
        """Return the items that are shared today, from the log alone."""
        return shared_items(standing_entries(read_entries(self.log), today), self.settings, today)

    def load_shared_days(self, store: Store, now: datetime.datetime) -> tuple[SharedDay, ...]:
        """Return all days as a coach sees them at ``now``; where nothing is shared no run is read."""
        if not self.load_shared_items(now.date()):
            return ()
        plan = self.load(store, now)
        return plan.shared_days(self.load_planned_days(plan))

    def load_planned_days(self, plan: TrainingPlan) -> tuple[PlannedDay, ...]:
        """Return what was planned for all days of this plan; those that are over are worked out once."""
        before = self._book_of(plan)
        days, book = plan.planned_days(before)
        if book != before:
            line = {"of": plan.fingerprint(book.mark.day), "book": json_codec.to_json(book)}
            with contextlib.suppress(StoreError):  # where there is no room they are worked out again
                write_private_file(planned_book_path(self.folder, self.athlete), json.dumps(line))
        return days

    def _book_of(self, plan: TrainingPlan) -> PlannedBook | None:
        """The planned days that were kept, if they are of what this plan is made from."""
        try:
            path = planned_book_path(self.folder, self.athlete)
            raw = json_codec.parse_json(path.read_text(encoding="utf-8"))
            book = json_codec.from_json(PlannedBook, raw["book"])
            fits = book.mark.day < plan.today and raw["of"] == plan.fingerprint(book.mark.day)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return book if fits else None

    def keep_decision(self, plan: TrainingPlan) -> None:
        """Keep today's decision beside the log, unless the last one kept is the same; and a bookmark."""
        log = RunnerLog(decision_log_path(self.folder, self.athlete))
        line = {"rules": PLAN_RULES_VERSION, **json_codec.to_json(plan.now)}
        if log.lines()[-1:] != [line]:
            log.add(line)
        if plan.week_before != plan.bookmark:
            mark = plan.week_before
            kept = {"of": plan.fingerprint(mark.day), "mark": json_codec.to_json(mark)}
            write_private_file(self._state_path, json.dumps(kept))

    def decision_lines(self) -> list[dict[str, Any]]:
        """Return all decisions that were kept, as JSON, the oldest first."""
        return RunnerLog(decision_log_path(self.folder, self.athlete)).lines()

    def stored_decisions(self) -> StoredDecisions:
        """Return the last decision that was kept of each day."""
        lines = self.decision_lines()
        return StoredDecisions(
            {datetime.date.fromisoformat(line["day"]): line for line in lines if "day" in line}
        )

    def delete(self) -> bool:
        """Delete all that the athlete wrote down, and the decisions; return whether there was anything."""
        files = (runner_log_path, decision_log_path, plan_state_path, planned_book_path, reminder_log_path)
        return max([RunnerLog(f(self.folder, self.athlete)).delete() for f in files])  # of all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """What was decided on a day as it was kept then; ``same`` as the rules of now decide it.

    ``headline`` is its first reason; ``newer_rules``: the rules have changed since.
    """

    headline: UserMessage
    same: bool
    newer_rules: bool


@dataclass(frozen=True, slots=True)
class StoredDecisions:
    """The last decision that was kept of each day, as JSON: what a runner was shown then."""

    lines: Mapping[datetime.date, dict[str, Any]]

    def days(self, since: datetime.date) -> dict[datetime.date, PlanDay]:
        """Return the decisions from ``since`` on, where this version can read them."""
        days = {}
        for day, line in self.lines.items():
            if day >= since:
                with contextlib.suppress(ValueError, KeyError, IndexError):
                    decided = json_codec.from_json(PlanDay, _without_rules(line))
                    catalogue("en").render(decided.reasons[0].message)  # or it was put otherwise then
                    days[day] = decided
        return days

    def compare(self, decided: PlanDay) -> StoredDecision | None:
        """Return what was kept of a decision's day beside it; None where nothing was, or is readable."""
        line = self.lines.get(decided.day, {})
        try:
            first = json_codec.from_json(Reason, line["reasons"][0])
            catalogue("en").render(first.message)  # or it was put otherwise then
        except (KeyError, IndexError, TypeError, ValueError):
            return None
        same = json_codec.to_json(decided) == _without_rules(line)
        newer = line.get("rules") != PLAN_RULES_VERSION
        return StoredDecision(headline=first.message, same=same, newer_rules=newer)


def _without_rules(line: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in line.items() if k != "rules"}


def read_entries(log: RunnerLog) -> tuple[AnyEntry, ...]:
    """Return all entries of a log, those of kinds that are not known here as they came.

    A line of a known kind whose fields make no entry is counted with those that cannot be read.
    """
    entries = []
    for line in log.lines():
        try:
            entries.append(entry_from_json(line))
        except ValueError:
            log.unreadable += 1
    return tuple(entries)


def new_entry(kind: str, fields: Mapping[str, Any], now: datetime.datetime) -> Entry:
    """Return an entry that is made ``now``, whose offset is the runner's, for today unless it says the day.

    ``InputError`` with what is wrong for a kind or fields that there are not, and for a day to come.
    """
    offset = now.utcoffset() or datetime.timedelta()
    made = now.astimezone(datetime.UTC)
    raw = {
        "day": now.date().isoformat(),
        **fields,
        "kind": kind,
        "id": f"{made:%Y%m%dT%H%M%S}-{kind}-{secrets.token_hex(3)}",
        "made_utc": made.isoformat(),
        "utc_offset_s": int(offset.total_seconds()),
    }
    if kind not in ENTRY_KINDS:
        raise InputError("error.entry_kind", kind=kind, kinds=", ".join(sorted(ENTRY_KINDS)))
    try:
        _check_types(ENTRY_KINDS[kind], fields)
        entry = entry_from_json({k: _clean_text(v) for k, v in raw.items()})
    except EntryMistake as exc:
        raise InputError("error.entry", what=exc.message) from exc
    except ValueError as exc:
        raise InputError("error.entry", what=exc) from exc
    assert isinstance(entry, Entry)
    if isinstance(entry, ClearedEntry) and not entry.by.strip():
        raise InputError("error.cleared_by")
    if entry.day > now.date():
        raise InputError("error.entry_to_come", day=entry.day.isoformat())
    return entry


def _clean_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_clean_text(item) for item in value]
    return clean_line(value) if isinstance(value, str) else value


def _check_types(kind: type[Entry], given: Mapping[str, Any]) -> None:
    """Refuse what is of another kind than its field: JSON has texts for numbers, Python takes True for 1.

    Dates, and fields that there are not, fail by themselves.
    """
    hints = typing.get_type_hints(kind)
    for name, value in given.items():
        if typing.get_origin(hints.get(name)) is tuple:
            _check_texts(name, value)
            continue
        kinds = set(typing.get_args(hints.get(name))) or {hints.get(name)}
        if value is None or not kinds & set(_TYPES):
            continue
        expected = next(k for k in _TYPES if k in kinds)
        if not isinstance(value, _TYPES[expected][0]) or (isinstance(value, bool) and expected is not bool):
            raise EntryMistake(f"entry.{_TYPES[expected][1]}", name)


def _check_texts(name: str, value: object) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise EntryMistake("entry.texts", name)


_TYPES: Mapping[type, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "yes_or_no"),
    int: ((int,), "whole_number"),
    float: ((int, float), "number"),
    str: ((str,), "text"),
}
