"""What is allowed today, and why: the tightest of all limits wins and is named.

Everything here is a function of the state of the plan and of what is known on the day.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace

from monitor.core.message_catalogues import MessageValue, UserMessage
from monitor.training.load_guards import GROWTH as _GROWTH
from monitor.training.load_guards import (
    HOLD_DAYS,
    break_rule,
    days_since_run,
    excess_over_longest,
    km_of,
    longest_run,
    minutes_of,
    minutes_per_km,
    monday_of,
    next_run_most,
    week_after_break,
    week_guard,
    week_total,
)
from monitor.training.phases import PlanRules, PlanState
from monitor.training.plan_day import Allowance, Reason, Stressor, WeekLeft
from monitor.training.plan_runs import PlanRun
from monitor.training.stressors import (
    StressorOffer,
    is_hard,
    is_longest_of_week,
    kinds_of_run,
    stressor_offers,
)
from monitor.training.tables import Phase, PhaseLimits
from monitor.training.verdict import Evidence, RunVerdict, Verdict, ok_pain

_LEAST_KM = 1.0  # less than that is no run
_RED_H = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """``Today`` is what a day allows, with the reasons and what is left of the week."""

    allowance: Allowance
    week: WeekLeft
    hold_until: datetime.date | None
    reasons: tuple[Reason, ...]


def todays_allowance(state: PlanState, evidence: Evidence, rules: PlanRules) -> Today:
    """Return what is allowed on the evidence's day, before today's run as after it."""
    return _Decider(state, evidence, rules).decide()


def last_verdict(evidence: Evidence) -> RunVerdict | None:
    """Return the verdict of the last run or walk, None without one."""
    return evidence.verdicts[-1] if evidence.verdicts else None


def hold_end(evidence: Evidence) -> tuple[datetime.date | None, tuple[str, ...]]:
    """Return until when nothing progresses after a RED run (None: free), and the entries that decided."""
    since = evidence.day - datetime.timedelta(days=HOLD_DAYS)
    reds = [v for v in evidence.verdicts if v.verdict is Verdict.RED and v.run.day > since]
    if not reds:
        return None, ()
    return reds[-1].run.day + datetime.timedelta(days=HOLD_DAYS), reds[-1].entries


def stressors_off(evidence: Evidence, rules: PlanRules, since: datetime.date) -> dict[str, tuple[str, ...]]:
    """Return the kinds that a RED run of the last seven days has switched off, with the deciding entries.

    It is the stressor that was added last before that run, counted from ``since``.
    """
    off: dict[str, tuple[str, ...]] = {}
    begin = evidence.day - datetime.timedelta(days=HOLD_DAYS)
    for v in evidence.verdicts:
        if v.verdict is Verdict.RED and v.run.day > begin:
            first: dict[str, datetime.date] = {}
            for run in evidence.runs:
                if since <= run.day <= v.run.day:
                    for kind in kinds_of_run(run, rules.tables.ladders):
                        first.setdefault(kind, run.day)
            if first:
                off[max(first, key=lambda kind: first[kind])] = v.entries
    return off


def round_down(value: float) -> float:
    """Return a value with one decimal, never more than it was."""
    return math.floor(10 * value + 1e-6) / 10


def planned_run_reason(planned_km: float, longest_km: float, rules: PlanRules) -> Reason | None:
    """Return what a planned run (km) is against the longest of 30 days; None up to a tenth more."""
    excess, rate = excess_over_longest(planned_km, longest_km)
    if rate is None:
        return None
    return rules.writer.reason(
        "plan.planned.too_long",
        "single_run",
        (),
        most=round_down(_GROWTH * longest_km),
        planned=planned_km,
        excess=excess,
        rate=rate,
    )


class _Decider:
    """One day's decision: limits are collected with their reasons."""

    def __init__(self, state: PlanState, evidence: Evidence, rules: PlanRules) -> None:
        self.state, self.evidence, self.rules = state, evidence, rules
        self.day = evidence.day
        self.since = state.since or self.day
        self.limits: PhaseLimits = rules.tables.phases[state.phase]
        self.last = last_verdict(evidence)
        self.hold_until, self.hold_entries = hold_end(evidence)
        self.rest_days = days_since_run(evidence.runs, self.day)
        self.reasons: list[Reason] = []

    def say(self, key: str, rule: str, entries: tuple[str, ...] = (), **values: MessageValue) -> None:
        self.reasons.append(self.rules.writer.reason(key, rule, entries, **values))

    def decide(self) -> Today:
        week = self.week()
        base = Allowance(
            effort_most=self.limits.effort_most, form_cues=self.form_cues(), ladder=self.ladder_name()
        )
        earliest = self.earliest()
        if self.rests(earliest, week):
            allowance = base
        elif self.state.on_ladder:
            allowance = self.ladder_session(replace(base, run=True, earliest=earliest), week)
        else:
            allowance = self.free_run(replace(base, run=True, earliest=earliest), week)
        if self.hold_until is not None:
            self.say("plan.hold", "verdict", self.hold_entries, n=(self.hold_until - self.day).days)
        return Today(
            allowance=allowance, week=week, hold_until=self.hold_until, reasons=tuple(self.reasons)
        )

    def form_cues(self) -> bool:
        """Calm, a hold, and RED until a GREEN run silence cues of form."""
        if self.state.phase is Phase.CALM or self.hold_until is not None:
            return False
        for v in reversed(self.evidence.verdicts):
            if v.verdict is Verdict.GREEN:
                return True
            if v.verdict is Verdict.RED:
                return False
        return True

    def ladder_name(self) -> str:
        return self.state.ladder.now.name if self.state.ladder and self.state.on_ladder else ""

    # -------------------------------------------------------------- rest

    def earliest(self) -> datetime.datetime | None:
        """From when on today a run is allowed after the last one; the end of the day if not today."""
        runs = [r for r in self.evidence.runs if r.day < self.day or not self.may_run_twice()]
        rest_h = self.limits.rest_h
        if self.last is not None and self.last.verdict is Verdict.RED:
            rest_h = max(rest_h, _RED_H)
        if not runs or not rest_h:
            return None
        last = runs[-1]
        if last.start is None:
            free_day = last.day + datetime.timedelta(days=math.ceil(rest_h / 24))
            return datetime.datetime.combine(free_day, datetime.time.min)
        start = datetime.datetime.combine(last.day, last.start.time())
        return start + datetime.timedelta(hours=rest_h)

    def may_run_twice(self) -> bool:
        return self.state.phase is Phase.FULL

    def rests(self, earliest: datetime.datetime | None, week: WeekLeft) -> bool:
        """Whether today is a day of rest, with the reason."""
        today = [v for v in self.evidence.verdicts if v.run.day == self.day]
        if today and not self.may_run_twice():
            self.say("plan.rest.done", "phase")
        elif earliest is not None and earliest.date() > self.day:
            entries = self.last.entries if self.last is not None and self.last.bad else ()
            self.say("plan.rest.hours", "phase", entries, n=(earliest.date() - self.day).days)
        elif not self.morning_allows():
            pass
        elif self.rests_after_longest():
            self.say("plan.rest.after_longest", "phase")
        elif week.left_km is not None and week.left_km < _LEAST_KM and not self.state.on_ladder:
            self.say("plan.rest.week", "week", done=week.done_km, limit=week.done_km + week.left_km)
        else:
            return False
        return True

    def morning_allows(self) -> bool:
        """After RED no run before a morning as usual; of bone, before one without any pain."""
        last = self.last
        if last is None or last.verdict is not Verdict.RED:
            return True
        most = min(last.usual, ok_pain(self.evidence.declare)) if self.is_bone() else last.usual
        days = [d for d in self.evidence.mornings if last.run.day < d <= self.day]
        latest = max(days, default=None)
        pain = None if latest is None else self.evidence.morning_pain(latest)
        if latest is None or pain is None:
            self.say("plan.rest.no_morning", "verdict", last.entries, most=most)
            return False
        if pain > most:
            ids = self.evidence.morning_ids(latest)
            self.say("plan.rest.morning", "verdict", ids, pain=pain, most=most)
            return False
        return True

    def is_bone(self) -> bool:
        return self.evidence.declare is not None and self.evidence.declare.tissue == "bone"

    def rests_after_longest(self) -> bool:
        if not self.limits.rest_after_longest:
            return False
        yesterday = self.day - datetime.timedelta(days=1)
        runs = [r for r in self.evidence.runs if r.day == yesterday and not r.walk]
        return any(is_longest_of_week(r, self.evidence.runs) for r in runs)

    # -------------------------------------------------------------- week

    def week(self) -> WeekLeft:
        runs, monday = self.evidence.runs, monday_of(self.day)
        share, reference = self.limits.week_share, self.state.reference_km
        limit = None if share is None or reference is None else share * reference
        guard = None if self.state.on_ladder else week_guard(runs, self.day, km_of)
        back = week_after_break(runs, self.day)
        known = [x for x in (limit, guard, back) if x is not None]
        done = week_total(runs, monday, km_of)
        return WeekLeft(
            monday=monday,
            done_km=round(done, 3),
            limit_km=limit if back is None else min(x for x in (limit, back) if x is not None),
            guard_km=guard,
            left_km=max(0.0, min(known) - done) if known else None,
            done_minutes=week_total(runs, monday, minutes_of),
            done_descent_m=week_total(runs, monday, _descent_of),
            guard_descent_m=week_guard(runs, self.day, _descent_of),
        )

    # -------------------------------------------------------------- runs

    def ladder_session(self, base: Allowance, week: WeekLeft) -> Allowance:
        assert self.state.ladder is not None
        row = self.state.ladder.now
        key = "plan.today.walk" if not row.run_min else "plan.today.walk_run"
        if row.run_min and not row.walk_min:
            key = "plan.today.run_minutes"
        values = {"rounds": row.rounds, "run": row.run_min, "walk": row.walk_min, "minutes": row.minutes}
        self.say(key, "walk_run", (), **values)
        if self.state.ladder.ask:
            self.say("plan.advice.ladder", "walk_run")
        return replace(
            base,
            km=0.0 if not row.run_min else None if week.left_km is None else round_down(week.left_km),
            minutes=row.minutes,
            walk=not row.run_min,
            descent_m=self.limits.descent_m,
            descent_s=self.limits.descent_s,
        )

    def free_run(self, base: Allowance, week: WeekLeft) -> Allowance:
        km = self.tightest(self.km_limits(week))
        minutes = self.minutes(km)
        offers = self.offers()
        stressors = tuple(o.stressor for o in offers if o.stressor is not None)
        descent_m, descent_s = self.descent(stressors)
        allowed = replace(
            base,
            km=km,
            minutes=minutes,
            hard=self.may_be_hard(),
            stressors=stressors,
            descent_m=descent_m,
            descent_s=descent_s,
        )
        if not allowed.hard:
            easy = self.rules.tables.phases[Phase.CALM].effort_most
            allowed = replace(allowed, effort_most=min(allowed.effort_most, easy))
        self.say_today(allowed)
        return allowed

    def say_today(self, allowed: Allowance) -> None:
        how = UserMessage("plan.how.hard" if allowed.hard else "plan.how.easy")
        if allowed.km is not None:
            self.reasons.insert(
                0, self.rules.writer.reason("plan.today.run", "phase", (), km=allowed.km, how=how)
            )
        elif allowed.minutes is not None:
            self.reasons.insert(
                0,
                self.rules.writer.reason("plan.today.run_minutes", "phase", (), minutes=allowed.minutes),
            )
        else:
            self.reasons.insert(0, self.rules.writer.reason("plan.today.free", "phase", (), how=how))
        at = allowed.earliest
        if at is not None and at.date() == self.day and at.time() > datetime.time.min:
            self.say("plan.today.not_before", "phase", (), time=f"{at:%H:%M}")

    def km_limits(self, week: WeekLeft) -> list[tuple[float, str, str, tuple[str, ...]]]:
        """All limits of one run in km, each with the end of its message's key, its rule and entries."""
        runs = self.evidence.runs
        limits: list[tuple[float, str, str, tuple[str, ...]]] = []
        longest = longest_run(runs, self.day, km_of)
        share = self.limits.run_share_of_longest
        if share is not None and self.state.longest_km is not None:
            limits.append((share * self.state.longest_km, "calm", "phase", ()))
        elif longest is not None:
            limits.append((_GROWTH * longest, "longest", "single_run", ()))
        by_verdict = next_run_most(self.evidence.verdicts, self.day, km_of)
        if by_verdict is not None:
            back = break_rule(self.rest_days) is not None
            entries = () if self.last is None else self.last.entries
            limits.append(
                (by_verdict, "break" if back else "verdict", "break" if back else "verdict", entries)
            )
        if week.left_km is not None:
            limits.append((week.left_km, "week", "week", ()))
        return limits

    def tightest(self, limits: list[tuple[float, str, str, tuple[str, ...]]]) -> float | None:
        if not limits:
            return None
        most, why, rule, entries = min(limits, key=lambda limit: limit[0])
        self.say(f"plan.limit.{why}", rule, entries, km=round_down(most))
        return round_down(most)

    def minutes(self, km: float | None) -> float | None:
        pace = minutes_per_km(self.evidence.runs)
        if km is not None:
            return None if pace is None else float(math.floor(km * pace + 1e-6))
        longest = longest_run(self.evidence.runs, self.day, minutes_of)
        by_verdict = next_run_most(self.evidence.verdicts, self.day, minutes_of)
        share = self.limits.run_share_of_longest
        before = longest_run([r for r in self.evidence.runs if r.day < self.since], self.since, minutes_of)
        if share is not None and before is not None:
            longest = share / _GROWTH * before
        known = [x for x in (longest and _GROWTH * longest, by_verdict) if x is not None]
        return float(math.floor(min(known) + 1e-6)) if known else None

    # -------------------------------------------------------------- hard things

    def may_be_hard(self) -> bool:
        """Hard only where the phase has stressors, without a hold, 48 h after the last hard run."""
        if not self.limits.stressors or self.hold_until is not None:
            return False
        if (self.rest_days or 0) >= 8 or (self.last is not None and self.last.bad):
            return False
        if self.state.phase is not Phase.FULL and not self.is_green():
            return False
        ladders = self.rules.tables.ladders
        hard = [r.day for r in self.evidence.runs if is_hard(r, self.evidence.runs, ladders)]
        return not hard or (self.day - max(hard)).days * 24 >= ladders.hard.rest_h

    def is_green(self) -> bool:
        return self.last is not None and self.last.verdict is Verdict.GREEN

    def offers(self) -> tuple[StressorOffer, ...]:
        """The stressors of the phase, and for each that is not offered a reason."""
        if not self.limits.stressors:
            return ()
        off = stressors_off(self.evidence, self.rules, self.since)
        offers = stressor_offers(
            self.evidence, self.limits, self.rules.tables.ladders, self.since, frozenset(off)
        )
        held = self.hold_until is not None or (self.last is not None and self.last.bad)
        waits = self.state.phase is not Phase.FULL and not self.is_green()
        if held or waits:
            offers = tuple(replace(o, stressor=None, why_not=o.why_not or "not_green") for o in offers)
        for offer in offers:
            if offer.why_not:
                kind = UserMessage(f"plan.stressor.{offer.kind}")
                entries = off.get(offer.kind, () if self.last is None else self.last.entries)
                rule = "downhill" if offer.kind == "downhill" else "stressor"
                self.say(f"plan.not_offered.{offer.why_not}", rule, entries, kind=kind)
            elif offer.stressor is not None:
                self.say_stressor(offer.stressor)
        return offers

    def say_stressor(self, s: Stressor) -> None:
        self.say(
            f"plan.offered.{s.kind}",
            "downhill" if s.kind == "downhill" else "stressor",
            (),
            repeats=s.repeats,
            seconds=round(s.seconds),
            minutes=s.seconds / 60,
            slope=-s.slope_pct,
        )

    def descent(self, stressors: tuple[Stressor, ...]) -> tuple[float | None, float | None]:
        """Metres and seconds of descent: those of level running, and the row's where one is offered."""
        if self.state.phase is Phase.FULL and self.hold_until is None:
            return None, None
        level = self.rules.tables.phases[Phase.REBUILD]
        metres, seconds = level.descent_m or 0.0, level.descent_s or 0.0
        for s in stressors:
            if s.kind == "downhill":
                row_s = s.repeats * s.seconds
                speed = self.rules.tables.ladders.downhill.speed_mps
                metres += row_s * speed * -s.slope_pct / 100
                seconds += row_s
        return metres, seconds


def _descent_of(run: PlanRun) -> float | None:
    return run.descent_m
