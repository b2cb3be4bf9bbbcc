"""Shoes: kilometres and braking dose of each pair, and what is worth a remark.

The life of a shoe in kilometres is habit and machine tests (Arnold 2024); two pairs in use: one cohort
(Malisoux 2015).  What is remarked is told, not judged.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.training.entries import Entry, ShoeEntry, entries_of
from monitor.training.load_guards import monday_of
from monitor.training.plan_day import Reason, ReasonWriter
from monitor.training.plan_runs import PlanRun
from monitor.training.tables import ShoeRules

_OFTEN = 3  # pairs of days in 28 days that tell something of rotation


@dataclass(frozen=True, slots=True, kw_only=True)
class ShoeUse:
    """``ShoeUse`` is a pair with what was run in it: km (its start with it), braking dose (BW.s)."""

    shoe: ShoeEntry
    km: float
    braking_dose_bws: float
    first_day: datetime.date | None


def shoe_uses(standing: Sequence[Entry], runs: Sequence[PlanRun]) -> tuple[ShoeUse, ...]:
    """Return the use of every pair; of several entries about a pair the last one tells of it."""
    pairs = {e.shoe: e for e in entries_of(ShoeEntry, standing)}
    uses = []
    for name, entry in pairs.items():
        mine = [r for r in runs if r.shoe == name]
        uses.append(
            ShoeUse(
                shoe=entry,
                km=entry.start_km + sum(r.km or 0.0 for r in mine),
                braking_dose_bws=sum(r.braking_dose_bws or 0.0 for r in mine),
                first_day=min((r.day for r in mine), default=None),
            )
        )
    return tuple(uses)


def shoe_remarks(
    standing: Sequence[Entry],
    runs: Sequence[PlanRun],
    day: datetime.date,
    rules: ShoeRules,
    writer: ReasonWriter,
) -> tuple[Reason, ...]:
    """Return what is worth a remark about the pairs in use: age, rotation, a new pair, another drop."""
    uses = [u for u in shoe_uses(standing, runs) if not u.shoe.retired]
    remarks = [r for u in uses if (r := _age_remark(u, rules, writer)) is not None]
    main = _main_pair(uses, runs, day, rules)
    if main is not None and main[1] > rules.main_share:
        ids, name = (main[0].shoe.id,), _name(main[0])
        remarks.append(
            writer.reason("plan.shoe.one_pair", "two_shoes", ids, shoe=name, share=100 * main[1])
        )
    for use in uses:
        remarks += _new_pair_remarks(use, main and main[0], runs, day, rules, writer)
    return tuple(remarks)


def _name(use: ShoeUse) -> str:
    return use.shoe.model or use.shoe.shoe


def _age_remark(use: ShoeUse, rules: ShoeRules, writer: ReasonWriter) -> Reason | None:
    if use.km < rules.warn_km:
        return None
    key = "plan.shoe.alarm" if use.km >= rules.alarm_km else "plan.shoe.warn"
    return writer.reason(key, "shoe_life", (use.shoe.id,), shoe=_name(use), km=use.km)


def _main_pair(
    uses: Sequence[ShoeUse], runs: Sequence[PlanRun], day: datetime.date, rules: ShoeRules
) -> tuple[ShoeUse, float] | None:
    """The pair with the most kilometres of the last weeks, and its share."""
    since = day - datetime.timedelta(days=rules.main_days)
    recent = [r for r in runs if r.shoe and since < r.day <= day]
    if len(recent) < _OFTEN or not uses:
        return None
    by_pair = {u.shoe.shoe: sum(r.km or 0.0 for r in recent if r.shoe == u.shoe.shoe) for u in uses}
    total = sum(r.km or 0.0 for r in recent)
    best = max(uses, key=lambda u: (by_pair[u.shoe.shoe], u.shoe.shoe))
    return (best, by_pair[best.shoe.shoe] / total) if total else None


def _new_pair_remarks(
    use: ShoeUse,
    main: ShoeUse | None,
    runs: Sequence[PlanRun],
    day: datetime.date,
    rules: ShoeRules,
    writer: ReasonWriter,
) -> list[Reason]:
    new = use.first_day is not None and (day - use.first_day).days < rules.new_days
    if main is None or main is use or not (new or use.first_day is None) or use.shoe.start_km:
        return []
    remarks, ids = [], (use.shoe.id,)
    drops = use.shoe.drop_mm, main.shoe.drop_mm
    if drops[0] is not None and drops[1] is not None and abs(drops[0] - drops[1]) > rules.drop_mm:
        change = drops[0] - drops[1]
        remarks.append(
            writer.reason("plan.shoe.drop", "new_shoe", ids, shoe=_name(use), change=abs(change))
        )
    week = [r for r in runs if monday_of(day) <= r.day <= day]
    total, mine = sum(r.km or 0.0 for r in week), sum(r.km or 0.0 for r in week if r.shoe == use.shoe.shoe)
    if total and mine > rules.new_share * total:
        share = 100 * mine / total
        remarks.append(writer.reason("plan.shoe.new", "new_shoe", ids, shoe=_name(use), share=share))
    return remarks
