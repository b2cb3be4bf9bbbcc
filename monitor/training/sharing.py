"""What a coach sees of a runner's plan: item by item, only what the runner shares.

Everything is off until a ``ShareEntry`` switches it on, and the last one about an item holds.  A shared
day is a function of what is shared alone: an item that is not shared changes nothing in it.  Red flags,
the reason of a STOP, places, names and any text that a runner writes have no field here, so they leave the
box through nothing that is made from it; a pair of shoes is a number.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from monitor.training.entries import (
    AfterEntry,
    AnyEntry,
    Entry,
    MorningEntry,
    SharedItem,
    ShareEntry,
    ShoeEntry,
    entries_of,
)
from monitor.training.plan_runs import PlanRun, plan_runs_until
from monitor.training.plan_settings import PlanSettings, needs_guardian
from monitor.training.planned_days import PlannedDay
from monitor.training.session_shoes import session_shoes
from monitor.training.standing_entries import standing_entries
from monitor.training.strength import strength_adherence
from monitor.training.tables import Phase, Tables

SHARED_ITEMS: tuple[SharedItem, ...] = get_args(SharedItem)
"""Every item that can be shared, in the order in which a runner is asked."""
_SESSION = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-")
"""How the id of a run with sensors begins; one that a runner wrote down has another."""
STOP_WORD, RED_WORD = "stop", "red"
"""Why a runner is held: running has stopped, or a run was too much."""


@dataclass(frozen=True, slots=True)
class SharedShoe:
    """A ``SharedShoe`` is a pair by its number, in the order of their first mention, and its km."""

    pair: int
    km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDay:
    """A ``SharedDay`` is what a coach sees of one day; None is not shared or not known, never zero.

    ``items`` are those that are shared.  *phase*: ``phase``, ``NONE`` without a plan; ``change`` is a word
    where it is new; ``held`` and ``held_why`` (``stop`` or ``red``) with the day since when.  *allowance*:
    what was allowed and what was done.  *pain*: worst pain during (``hurt_in``: the id of that run) and
    after the day's runs, this morning's pain, effort (0 to 10); ``km_before`` and ``descent_before_m`` are
    the load of the day before, where the allowance is shared too.  *strength*: sessions of two weeks, done
    and planned.  *shoes*: every pair.
    """

    day: datetime.date
    items: frozenset[SharedItem] = frozenset()
    phase: Phase | None = None
    change: str | None = None
    held: bool | None = None
    held_why: str | None = None
    held_since: datetime.date | None = None
    allowed_km: float | None = None
    allowed_minutes: float | None = None
    allowed_descent_m: float | None = None
    done_km: float | None = None
    done_minutes: float | None = None
    done_descent_m: float | None = None
    during: float | None = None
    hurt_in: str | None = None
    after: float | None = None
    morning: float | None = None
    effort: float | None = None
    km_before: float | None = None
    descent_before_m: float | None = None
    strength_done: int | None = None
    strength_planned: int | None = None
    shoes: tuple[SharedShoe, ...] | None = None


def shared_items(
    standing: Iterable[Entry], settings: PlanSettings, day: datetime.date
) -> frozenset[SharedItem]:
    """Return the items that a runner shares on ``day``: none that was not switched on.

    Of two entries that were made at the same time the one that switches off holds.  One that was made
    under 16 counts only with the guardian's tick, later too.
    """
    entries = [e for e in entries_of(ShareEntry, tuple(standing)) if e.day <= day]
    last = {e.item: e for e in sorted(entries, key=lambda e: (e.made_utc, not e.on, e.id))}
    return frozenset(item for item, e in last.items() if e.on and (e.guardian or not _child(settings, e)))


def _child(settings: PlanSettings, entry: ShareEntry) -> bool:
    return bool(needs_guardian(settings, min(entry.day, entry.written_day)))


def shared_days(
    planned: Sequence[PlannedDay],
    entries: Iterable[AnyEntry],
    runs: Iterable[PlanRun],
    settings: PlanSettings,
    tables: Tables,
) -> tuple[SharedDay, ...]:
    """Return every planned day as a coach sees it at the end of the last; none if nothing is shared.

    What was switched on today is shared of earlier days too.  What was decided is as it was then, what was
    written down is as it holds today.
    """
    until = planned[-1].day
    entries = tuple(entries)
    standing = standing_entries(entries, until)
    items = shared_items(standing, settings, until)
    if not items:
        return ()
    known = plan_runs_until(runs, standing, until)
    days: list[SharedDay] = []
    for plan in planned:
        days.append(shared_day(plan, standing, known, items, tables, days))
    return tuple(days)


def shared_day(
    plan: PlannedDay,
    standing: Sequence[Entry],
    runs: Sequence[PlanRun],
    items: Iterable[SharedItem],
    tables: Tables,
    earlier: Sequence[SharedDay] = (),
) -> SharedDay:
    """Return what a coach sees of the day that ``plan`` is of.

    ``standing`` are the entries that hold, ``runs`` all that are known; ``earlier`` are the shared
    days before it, from which a change of the phase and the beginning of a hold are seen.
    """
    shared, day = frozenset(items), plan.day
    known = [r for r in runs if r.day <= day]
    fields: dict[str, object] = {}
    if "phase" in shared:
        fields |= _phase_fields(plan, earlier, tables.doses.hold_days)
    if "allowance" in shared:
        fields |= {"allowed_km": plan.km, "allowed_minutes": plan.minutes}
        fields |= {"allowed_descent_m": plan.descent_m} | _load_fields(known, day)
    if "pain" in shared:
        fields |= _pain_fields(standing, known, day)
    if {"pain", "allowance"} <= shared:
        load = _load_fields(known, day - datetime.timedelta(days=1))
        fields |= {"km_before": load["done_km"], "descent_before_m": load["done_descent_m"]}
    if "strength" in shared and plan.phase is not Phase.NONE:
        fields |= _strength_fields(plan, standing, tables)
    if "shoes" in shared:
        fields["shoes"] = _shoe_kms(standing, known)
    return SharedDay(day=day, items=shared, **fields)  # type: ignore[arg-type]


def _shoe_kms(standing: Sequence[Entry], runs: Sequence[PlanRun]) -> tuple[SharedShoe, ...]:
    told = session_shoes(standing, runs)
    pairs = {e.shoe: e.start_km for e in entries_of(ShoeEntry, standing)}
    for run in runs:
        if told[run.session].shoe in pairs:
            pairs[told[run.session].shoe] += run.km or 0.0
    return tuple(SharedShoe(pair, km) for pair, km in enumerate(pairs.values(), start=1))


def _phase_fields(plan: PlannedDay, earlier: Sequence[SharedDay], hold_days: int) -> dict[str, object]:
    why, before = None, earlier[-1] if earlier else None
    if plan.phase is Phase.STOP:
        why = STOP_WORD
    elif plan.hold:
        why = RED_WORD
    since = None if why is None else _held_since(plan.day, why, earlier, hold_days)
    return {
        "phase": plan.phase,
        "change": _change_word(plan, before),
        "held": why is not None,
        "held_why": why,
        "held_since": since,
    }


def _held_since(
    day: datetime.date, why: str, earlier: Sequence[SharedDay], hold_days: int
) -> datetime.date | None:
    """The day on which this hold began; one after a run goes on behind a STOP that came in between."""
    for before in reversed(earlier):
        if before.held_why == why and (day - before.day).days <= hold_days:
            return before.held_since
        if before.held_why != STOP_WORD:
            break
    return day


def _change_word(plan: PlannedDay, before: SharedDay | None) -> str | None:
    """Why the phase is another than the day before; a flag changes it without a message."""
    if plan.phase is Phase.STOP:
        return STOP_WORD if before is not None and before.phase is not Phase.STOP else None
    return plan.change


def _load_fields(runs: Sequence[PlanRun], day: datetime.date) -> dict[str, object]:
    """What was run on a day: none is 0, and a sum with an unknown part is unknown."""
    todays = [r for r in runs if r.day == day]
    running = [r for r in todays if not r.walk]
    return {
        "done_km": _sum(r.km for r in running),
        "done_minutes": _sum(r.minutes for r in todays),
        "done_descent_m": _sum(r.descent_m for r in todays),
    }


def _sum(values: Iterable[float | None]) -> float | None:
    total = 0.0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _pain_fields(
    standing: Sequence[Entry], runs: Sequence[PlanRun], day: datetime.date
) -> dict[str, object]:
    day_of = {r.session: r.day for r in runs}
    afters = [e for e in entries_of(AfterEntry, standing) if day_of.get(e.session, e.day) == day]
    mornings = [e for e in entries_of(MorningEntry, standing) if e.day == day]
    worst = max(afters, key=lambda e: e.during, default=None)
    named = worst is not None and worst.session in day_of and _SESSION.match(worst.session)
    return {
        "during": None if worst is None else worst.during,
        "hurt_in": worst.session if named and worst is not None else None,
        "after": max((e.now for e in afters), default=None),
        "morning": max((e.pain for e in mornings), default=None),
        "effort": max((e.effort for e in afters if e.effort is not None), default=None),
    }


def _strength_fields(plan: PlannedDay, standing: Sequence[Entry], tables: Tables) -> dict[str, object]:
    since = plan.since or plan.day
    done = strength_adherence(standing, tables.exercises, plan.phase, since, plan.day)
    return {"strength_done": done.done, "strength_planned": done.planned}
