"""Shoes: kilometres and braking dose of each pair, and what is worth a remark.

The life of a shoe in kilometres is habit and machine tests (Arnold 2024); two pairs in use: one cohort
(Malisoux 2015).  What is remarked is told, not judged.
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from monitor.core.message_catalogues import MessageValue
from monitor.training.entries import ShoeEntry, entries_of
from monitor.training.load_guards import monday_of
from monitor.training.plan_day import Reason
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_state import PlanRules
from monitor.training.session_shoes import session_shoes
from monitor.training.stressors import is_hard
from monitor.training.verdict import Evidence

_OFTEN = 3  # runs in 28 days that tell something of rotation
_HINT_DAYS = 28
_TWO_SIDED = 1.96  # half of a 95 % interval, in standard deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class ShoeUse:
    """``ShoeUse`` is a pair with what was run in it, and what is worth a remark today.

    ``km`` are those of its start and of all runs whose length is known, ``unknown_runs`` the others: with
    some, the pair has more.  ``km_pm`` is half of the 95 % interval, None where no run tells: errors of
    the same pods do not cancel out, so they are added.  ``braking_dose_bws`` is that of ``dose_runs``,
    None without any.  ``recent_share`` is the pair's share of what was run in 28 days, None where lengths
    are not known.
    """

    shoe: ShoeEntry
    km: float
    km_pm: float | None
    runs: int
    unknown_runs: int
    braking_dose_bws: float | None
    dose_runs: int
    first_day: datetime.date | None
    last_day: datetime.date | None
    recent_share: float | None
    remarks: tuple[Reason, ...] = ()

    @property
    def name(self) -> str:
        """The name of the pair that a runner reads: its model, else its own name."""
        return self.shoe.model or self.shoe.shoe


def shoe_table(evidence: Evidence, rules: PlanRules) -> tuple[ShoeUse, ...]:
    """Return every pair with its use up to the evidence's day; retired pairs have no remarks."""
    pairs = {e.shoe: e for e in entries_of(ShoeEntry, evidence.standing)}
    runs = runs_with_shoes(evidence) if pairs else ()
    uses = [_shoe_use(e, runs, evidence.day, rules) for e in pairs.values()]
    return tuple(
        use if use.shoe.retired else replace(use, remarks=_remarks(use, uses, runs, evidence.day, rules))
        for use in uses
    )


def runs_with_shoes(evidence: Evidence) -> tuple[PlanRun, ...]:
    """Return the runs and walks up to the evidence's day, each with the pair that it was run in."""
    told = session_shoes(evidence.standing, evidence.runs)
    return tuple(replace(r, shoe=told[r.session].shoe) for r in evidence.runs)


def first_and_last_runs(
    runs: Sequence[PlanRun], shoe: str, km: float
) -> tuple[tuple[PlanRun, ...], tuple[PlanRun, ...]]:
    """Return the runs of the first ``km`` kilometres in a pair, and those of its last.

    ``runs`` have their pairs (``runs_with_shoes``).  Both are empty where the two would overlap; walks and
    runs of unknown length are in neither.
    """
    mine = [r for r in runs if r.shoe == shoe and r.km is not None and not r.walk]
    if sum(r.km or 0.0 for r in mine) < 2 * km:
        return (), ()
    first, last = _runs_of_km(mine, km), _runs_of_km(mine[::-1], km)[::-1]
    return (first, last) if len(first) + len(last) <= len(mine) else ((), ())


def _runs_of_km(runs: Sequence[PlanRun], km: float) -> tuple[PlanRun, ...]:
    total, out = 0.0, list[PlanRun]()
    for run in runs:
        if total >= km:
            break
        out.append(run)
        total += run.km or 0.0
    return tuple(out)


def _shoe_use(entry: ShoeEntry, runs: Sequence[PlanRun], day: datetime.date, rules: PlanRules) -> ShoeUse:
    mine = [r for r in runs if r.shoe == entry.shoe]
    doses = [r.braking_dose_bws for r in mine if r.braking_dose_bws is not None]
    scatter = [r.km_sd for r in mine if r.km_sd is not None]
    since = day - datetime.timedelta(days=rules.tables.shoes.main_days)
    return ShoeUse(
        shoe=entry,
        km=entry.start_km + sum(r.km or 0.0 for r in mine),
        km_pm=_TWO_SIDED * sum(scatter) if scatter else None,
        runs=len(mine),
        unknown_runs=sum(r.km is None for r in mine),
        braking_dose_bws=sum(doses) if doses else None,
        dose_runs=len(doses),
        first_day=min((r.day for r in mine), default=None),
        last_day=max((r.day for r in mine), default=None),
        recent_share=_share(entry.shoe, [r for r in runs if r.shoe and since < r.day <= day]),
    )


def _share(shoe: str, runs: Collection[PlanRun]) -> float | None:
    """The share of a pair in these runs, by km or by minutes, whichever is known of all of them."""
    for sizes in ([r.km for r in runs], [r.minutes for r in runs]):
        known = [s for s in sizes if s is not None]
        if len(known) == len(runs) and (total := sum(known)) > 0:
            return sum(s for s, r in zip(known, runs, strict=True) if r.shoe == shoe) / total
    return None


def shoe_remarks(evidence: Evidence, rules: PlanRules) -> tuple[Reason, ...]:
    """Return what is worth a remark about the pairs in use: age, rotation, a new pair, another drop."""
    return tuple(remark for use in shoe_table(evidence, rules) for remark in use.remarks)


def _remarks(
    use: ShoeUse, uses: Sequence[ShoeUse], runs: Sequence[PlanRun], day: datetime.date, rules: PlanRules
) -> tuple[Reason, ...]:
    return (
        *_age_remarks(use, rules),
        *_rotation_remarks(use, runs, day, rules),
        *_new_pair_remarks(use, uses, runs, day, rules),
    )


# ------------------------------------------------------------------ age, rotation


def _age_remarks(use: ShoeUse, rules: PlanRules) -> tuple[Reason, ...]:
    shoes = rules.tables.shoes
    if use.km < shoes.warn_km:
        return ()
    key = "plan.shoe.alarm" if use.km >= shoes.alarm_km else "plan.shoe.warn"
    values: dict[str, MessageValue] = {
        "shoe": use.name,
        "km": use.km,
        "warn": shoes.warn_km,
        "alarm": shoes.alarm_km,
    }
    return (rules.writer.reason(key, "shoe_life", (use.shoe.id,), **values),)


def _rotation_remarks(
    use: ShoeUse, runs: Sequence[PlanRun], day: datetime.date, rules: PlanRules
) -> tuple[Reason, ...]:
    share = use.recent_share
    if share is None or share <= rules.tables.shoes.main_share or _last_hint(runs, day, rules) != day:
        return ()
    values: dict[str, MessageValue] = {"shoe": use.name, "share": 100 * share}
    return (rules.writer.reason("plan.shoe.one_pair", "two_shoes", (use.shoe.id,), **values),)


def _last_hint(runs: Sequence[PlanRun], day: datetime.date, rules: PlanRules) -> datetime.date | None:
    """The day of the last hint that one pair does nearly all: after a run, and not twice in 28 days.

    It is worked out from the first run on, so that the same runs give the same days of hints.
    """
    shoes, recent, last = rules.tables.shoes, deque[PlanRun](), None
    mine = [r for r in runs if r.shoe and r.day <= day]
    for k, run in enumerate(mine):
        recent.append(run)
        if k + 1 < len(mine) and mine[k + 1].day == run.day:
            continue
        while (run.day - recent[0].day).days >= shoes.main_days:
            recent.popleft()
        waits = last is not None and (run.day - last).days < _HINT_DAYS
        if waits or len(recent) < _OFTEN:
            continue
        shares = (_share(shoe, recent) for shoe in {r.shoe for r in recent})
        if any(share is not None and share > shoes.main_share for share in shares):
            last = run.day
    return last


# ------------------------------------------------------------------ new pairs


def _new_pair_remarks(
    use: ShoeUse, uses: Sequence[ShoeUse], runs: Sequence[PlanRun], day: datetime.date, rules: PlanRules
) -> tuple[Reason, ...]:
    """A pair without kilometres of before, in its first days: drop, first run, share of the week."""
    shoes = rules.tables.shoes
    first = use.first_day or day
    if use.shoe.start_km or (day - first).days >= shoes.new_days:
        return ()
    before = _pair_before(use, uses, runs, first, shoes.main_days)
    if before is None:
        return ()
    remarks = [*_drop_remarks(use, before, rules), *_first_run_remarks(use, runs, rules)]
    week = [r for r in runs if r.shoe and monday_of(day) <= r.day <= day]
    share = _share(use.shoe.shoe, week)
    if share is not None and share > shoes.new_share:
        values: dict[str, MessageValue] = {
            "shoe": use.name,
            "share": 100 * share,
            "most": 100 * shoes.new_share,
        }
        remarks.append(rules.writer.reason("plan.shoe.new", "new_shoe", (use.shoe.id,), **values))
    return tuple(remarks)


def _pair_before(
    use: ShoeUse, uses: Sequence[ShoeUse], runs: Sequence[PlanRun], first: datetime.date, days: int
) -> ShoeUse | None:
    """The pair that was run in most often in the weeks before a new one's first day, None without one."""
    since = first - datetime.timedelta(days=days)
    names = [r.shoe for r in runs if r.shoe != use.shoe.shoe and since <= r.day < first]
    others = [u for u in uses if u.shoe.shoe in names]
    return max(others, key=lambda u: (names.count(u.shoe.shoe), u.shoe.shoe), default=None)


def _drop_remarks(use: ShoeUse, before: ShoeUse, rules: PlanRules) -> tuple[Reason, ...]:
    new, old = use.shoe.drop_mm, before.shoe.drop_mm
    if new is None or old is None or abs(new - old) <= rules.tables.shoes.drop_mm:
        return ()
    values: dict[str, MessageValue] = {"shoe": use.name, "before": before.name, "change": abs(new - old)}
    return (rules.writer.reason("plan.shoe.drop", "new_shoe", (use.shoe.id,), **values),)


def _first_run_remarks(use: ShoeUse, runs: Sequence[PlanRun], rules: PlanRules) -> tuple[Reason, ...]:
    ladders = rules.tables.ladders
    first = [r for r in runs if r.day == use.first_day]
    hard = any(is_hard(r, runs, ladders) for r in first)
    if not any(r.shoe == use.shoe.shoe for r in first) or not hard:
        return ()
    return (rules.writer.reason("plan.shoe.first_hard", "new_shoe", (use.shoe.id,), shoe=use.name),)
