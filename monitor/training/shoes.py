"""Shoes: kilometres and braking dose of each pair, and what is worth a remark.

The life of a shoe in kilometres is habit and machine tests (Arnold 2024); two pairs in use: one cohort
(Malisoux 2015).  What is remarked is told, not judged.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

from monitor.core.message_catalogues import MessageValue
from monitor.training.day_spans import on_days
from monitor.training.entries import SessionShoeEntry, ShoeEntry, entries_of
from monitor.training.fold_memory import FoldMemory
from monitor.training.load_guards import monday_of
from monitor.training.plan_day import Reason
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_state import PlanRules
from monitor.training.session_shoes import session_shoe, shoe_answers
from monitor.training.stressors import is_hard
from monitor.training.tables import ShoeRules
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
    if not pairs:
        return ()
    day, (runs, tallies) = evidence.day, _wear(evidence)
    uses = [_shoe_use(e, tallies.get(e.shoe, _Tally()), runs, day, rules) for e in pairs.values()]
    return tuple(
        use if use.shoe.retired else replace(use, remarks=_remarks(use, uses, runs, evidence, rules))
        for use in uses
    )


def runs_with_shoes(evidence: Evidence) -> tuple[PlanRun, ...]:
    """Return the runs and walks up to the evidence's day, each with the pair that it was run in."""
    return _wear(evidence)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    """What was run in a pair so far; ``km_sd`` and ``dose_bws`` are of those runs that tell."""

    km: float = 0.0
    km_sd: float | None = None
    runs: int = 0
    unknown_runs: int = 0
    dose_bws: float | None = None
    dose_runs: int = 0
    first_day: datetime.date | None = None
    last_day: datetime.date | None = None

    def after(self, run: PlanRun) -> _Tally:
        dose = run.braking_dose_bws
        return _Tally(
            km=self.km + (run.km or 0.0),
            km_sd=_added(self.km_sd, run.km_sd),
            runs=self.runs + 1,
            unknown_runs=self.unknown_runs + (run.km is None),
            dose_bws=_added(self.dose_bws, dose),
            dose_runs=self.dose_runs + (dose is not None),
            first_day=self.first_day or run.day,
            last_day=run.day,
        )


def _added(total: float | None, more: float | None) -> float | None:
    return total if more is None else (total or 0.0) + more


@dataclass(frozen=True, slots=True)
class _Wear:
    """The last run with its pair, the last pair that is known, and the tallies of all pairs by then."""

    run: PlanRun | None = None
    last: str = ""
    tallies: Mapping[str, _Tally] = field(default_factory=dict)


def _wear(evidence: Evidence) -> tuple[tuple[PlanRun, ...], Mapping[str, _Tally]]:
    """All runs with their pairs, and the tallies of the pairs."""
    runs, standing = evidence.runs, evidence.standing
    pairs, answered = entries_of(ShoeEntry, standing), entries_of(SessionShoeEntry, standing)

    def step(before: _Wear, item: tuple[PlanRun, str | None]) -> _Wear:
        run, answer = item
        shoe = session_shoe(run, answer, pairs, before.last).shoe
        run = run if run.shoe == shoe else replace(run, shoe=shoe)
        tally = before.tallies.get(shoe, _Tally()).after(run)
        return _Wear(run, shoe or before.last, {**before.tallies, shoe: tally})

    def wear() -> tuple[tuple[PlanRun, ...], Mapping[str, _Tally]]:
        answers = shoe_answers(answered)
        items = [*zip(runs, map(answers.get, map(attrgetter("session"), runs)), strict=True)]
        worn = evidence.memory.trace("worn", items, _Wear(), step, of=pairs)
        return tuple(map(attrgetter("run"), worn[1:])), worn[-1].tallies

    return evidence.memory.once("wear", (runs, pairs, answered), wear)


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


def _shoe_use(
    entry: ShoeEntry, tally: _Tally, runs: Sequence[PlanRun], day: datetime.date, rules: PlanRules
) -> ShoeUse:
    recent = on_days(runs, day - datetime.timedelta(days=rules.tables.shoes.main_days - 1), day)
    return ShoeUse(
        shoe=entry,
        km=entry.start_km + tally.km,
        km_pm=None if tally.km_sd is None else _TWO_SIDED * tally.km_sd,
        runs=tally.runs,
        unknown_runs=tally.unknown_runs,
        braking_dose_bws=tally.dose_bws,
        dose_runs=tally.dose_runs,
        first_day=tally.first_day,
        last_day=tally.last_day,
        recent_share=_share(entry.shoe, [r for r in recent if r.shoe]),
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
    use: ShoeUse, uses: Sequence[ShoeUse], runs: Sequence[PlanRun], evidence: Evidence, rules: PlanRules
) -> tuple[Reason, ...]:
    return (
        *_age_remarks(use, rules),
        *_rotation_remarks(use, runs, evidence, rules),
        *_new_pair_remarks(use, uses, runs, evidence.day, rules),
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
    use: ShoeUse, runs: Sequence[PlanRun], evidence: Evidence, rules: PlanRules
) -> tuple[Reason, ...]:
    share = use.recent_share
    if share is None or share <= rules.tables.shoes.main_share:
        return ()
    if _last_hint(runs, evidence.memory, rules.tables.shoes) != evidence.day:
        return ()
    values: dict[str, MessageValue] = {"shoe": use.name, "share": 100 * share}
    return (rules.writer.reason("plan.shoe.one_pair", "two_shoes", (use.shoe.id,), **values),)


@dataclass(frozen=True, slots=True)
class _Hint:
    """The last hint that one pair does nearly all, and the one before this day; ``recent`` are its runs."""

    recent: tuple[PlanRun, ...] = ()
    before: datetime.date | None = None
    last: datetime.date | None = None


def _last_hint(runs: Sequence[PlanRun], memory: FoldMemory, limits: ShoeRules) -> datetime.date | None:
    """The day of the last hint that one pair does nearly all: after a run, and not twice in 28 days.

    It is worked out from the first run on, so that the same runs give the same days of hints.
    """

    def step(hint: _Hint, run: PlanRun) -> _Hint:
        if not run.shoe:
            return hint
        new_day = not hint.recent or hint.recent[-1].day != run.day
        before = hint.last if new_day else hint.before
        since = run.day - datetime.timedelta(days=limits.main_days - 1)
        recent = (*on_days(hint.recent, since), run)
        waits = before is not None and (run.day - before).days < _HINT_DAYS
        tells = not waits and len(recent) >= _OFTEN and _one_pair(recent, limits)
        return _Hint(recent, before, run.day if tells else before)

    return memory.fold("shoe hints", runs, _Hint(), step, limits).last


def _one_pair(runs: Sequence[PlanRun], limits: ShoeRules) -> bool:
    shares = (_share(shoe, runs) for shoe in {r.shoe for r in runs})
    return any(share is not None and share > limits.main_share for share in shares)


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
    week = [r for r in on_days(runs, monday_of(day), day) if r.shoe]
    share = _share(use.shoe.shoe, week)
    if share is not None and share > shoes.new_share:
        values: dict[str, MessageValue] = {
            "shoe": use.name,
            "share": 100 * share,
            "most": 100 * shoes.new_share,
            "days": shoes.new_days,
        }
        remarks.append(rules.writer.reason("plan.shoe.new", "new_shoe", (use.shoe.id,), **values))
    return tuple(remarks)


def _pair_before(
    use: ShoeUse, uses: Sequence[ShoeUse], runs: Sequence[PlanRun], first: datetime.date, days: int
) -> ShoeUse | None:
    """The pair that was run in most often in the weeks before a new one's first day, None without one."""
    since = first - datetime.timedelta(days=days)
    earlier = on_days(runs, since, first - datetime.timedelta(days=1))
    names = [r.shoe for r in earlier if r.shoe != use.shoe.shoe]
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
    first = on_days(runs, use.first_day, use.first_day) if use.first_day else ()
    hard = any(is_hard(r, runs, ladders) for r in first)
    if not any(r.shoe == use.shoe.shoe for r in first) or not hard:
        return ()
    return (rules.writer.reason("plan.shoe.first_hard", "new_shoe", (use.shoe.id,), shoe=use.name),)
