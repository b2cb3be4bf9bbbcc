"""Whether today is a day of rest, and from which hour on a run is allowed."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence

from monitor.core.message_catalogues import UserMessage
from monitor.training.day_facts import DayFacts
from monitor.training.day_spans import on_days
from monitor.training.load_guards import LEAST_KM, LEAST_MIN, km_of, minutes_of
from monitor.training.plan_day import Reason, WeekLeft
from monitor.training.plan_runs import PlanRun
from monitor.training.tables import Phase
from monitor.training.verdict import Verdict

_LEAST_LADDER_KM = 0.1
_AS_LONG = 0.95  # of the longest run of a week: a satellite's kilometre is not that exact (a choice)


def earliest_start(facts: DayFacts) -> datetime.datetime | None:
    """Return from when on a run is allowed after the last one, which may be on a later day; None: free."""
    runs: Sequence[PlanRun] = facts.evidence.runs
    if _may_run_twice(facts):
        runs = on_days(runs, datetime.date.min, facts.day - datetime.timedelta(days=1))
    rest_h = hours_between_runs(facts)
    if not runs or not rest_h:
        return None
    last = runs[-1]
    if last.start is None:
        free_day = last.day + datetime.timedelta(days=math.ceil(rest_h / 24))
        return datetime.datetime.combine(free_day, datetime.time.min)
    start = datetime.datetime.combine(last.day, last.start.time())
    return start + datetime.timedelta(hours=rest_h)


def hours_between_runs(facts: DayFacts) -> int:
    """Return the hours from the start of the last run to the next one; 0 where the phase asks for none."""
    is_red = facts.last is not None and facts.last.verdict is Verdict.RED
    return max(facts.limits.rest_h, facts.rules.tables.verdicts.red_rest_h if is_red else 0)


def _may_run_twice(facts: DayFacts) -> bool:
    return facts.state.phase is Phase.FULL


def rest_reason(facts: DayFacts, earliest: datetime.datetime | None, week: WeekLeft) -> Reason | None:
    """Return why today is a day of rest, None where it is none."""
    write = facts.rules.writer
    if not _may_run_twice(facts) and on_days(facts.evidence.verdicts, facts.day):
        return write.reason("plan.rest.done", "phase")
    if earliest is not None and earliest.date() > facts.day:
        entries = facts.last_entries if facts.last is not None and facts.last.bad else ()
        days, most = (earliest.date() - facts.day).days, _most_morning_pain(facts)
        if most is None:
            return write.reason("plan.rest.hours", "phase", entries, n=days)
        return write.reason("plan.rest.hours_and_morning", "phase", entries, n=days, morning=_morning(most))
    if (morning := _morning_reason(facts)) is not None:
        return morning
    if (too_sore := _too_sore(facts)) is not None:
        return too_sore
    if _rests_after_longest(facts):
        return write.reason("plan.rest.after_longest", "phase")
    if week.left_km is not None and week.left_km < _least_km(facts):
        return write.reason(
            "plan.rest.week", "week", (), done=week.done_km, limit=week.done_km + week.left_km
        )
    minutes = None if week.left_km is not None else week.left_minutes
    if minutes is not None and minutes < LEAST_MIN and not facts.state.on_ladder:
        values = {"done": week.done_minutes, "limit": week.done_minutes + minutes}
        return write.reason("plan.rest.week_minutes", "week", (), **values)
    return None


def _least_km(facts: DayFacts) -> float:
    """Less than that is no run; on the ladder a row is begun with what is left, and walking needs none."""
    ladder = facts.state.ladder
    if ladder is None or ladder.finished:
        return LEAST_KM
    return _LEAST_LADDER_KM if ladder.now.run_min else 0.0


def _most_morning_pain(facts: DayFacts) -> float | None:
    """The most pain of a morning after which a run is allowed again; None where the last run was not RED.

    It is what was usual before that run, and once the hold is over no less than what calm may end with:
    else who has a little more pain than before would rest for good.  Of bone it is none.
    """
    last = facts.last
    if last is None or last.verdict is not Verdict.RED:
        return None
    if facts.evidence.is_bone:
        return 0.0
    if facts.hold is not None:
        return last.usual
    return max(last.usual, facts.evidence.calm_morning)


def _morning(most: float) -> UserMessage:
    """The morning that is waited for, as a part of a sentence."""
    return UserMessage("plan.morning.at_most", {"pain": most}) if most else UserMessage("plan.morning.none")


def waits_for_morning(facts: DayFacts) -> bool:
    """Return whether this morning is too bad to run: by itself, or for what is waited for after RED."""
    most, pain = _most_morning_pain(facts), facts.evidence.morning_pain(facts.day)
    return _too_sore(facts) is not None or (most is not None and pain is not None and pain > most)


def _morning_reason(facts: DayFacts) -> Reason | None:
    """After RED no run before a morning as usual."""
    last, evidence, write = facts.last, facts.evidence, facts.rules.writer
    most = _most_morning_pain(facts)
    if last is None or most is None:
        return None
    since = (facts.day - last.run.day).days
    days = (facts.day - datetime.timedelta(days=k) for k in range(since))
    latest = next((d for d in days if d in evidence.mornings), None)
    pain = None if latest is None else evidence.morning_pain(latest)
    if latest is None or pain is None:
        return write.reason("plan.rest.no_morning", "verdict", last.entries, morning=_morning(most))
    if pain > most and latest < facts.day:  # of another morning: this one is not known
        return write.reason(
            "plan.rest.no_morning", "verdict", evidence.morning_ids(latest), morning=_morning(most)
        )
    if pain > most:
        return write.reason(
            "plan.rest.morning", "verdict", evidence.morning_ids(latest), pain=pain, morning=_morning(most)
        )
    return None


def _too_sore(facts: DayFacts) -> Reason | None:
    """No run on a morning with too much pain, of bone with any, or with more swelling, whatever was run."""
    evidence, write = facts.evidence, facts.rules.writer
    mornings = evidence.mornings.get(facts.day, ())
    most = 0.0 if evidence.is_bone else evidence.tables.verdicts.too_much
    pain = evidence.morning_pain(facts.day)
    if pain is not None and pain > most:
        ids = tuple(m.id for m in mornings)
        return write.reason("plan.rest.morning", "verdict", ids, pain=pain, morning=_morning(most))
    swollen = tuple(m.id for m in mornings if m.swelling == "more")
    return write.reason("plan.rest.swelling", "verdict", swollen) if swollen else None


def _rests_after_longest(facts: DayFacts) -> bool:
    if not facts.limits.rest_after_longest:
        return False
    yesterday = facts.day - datetime.timedelta(days=1)
    week = on_days(facts.evidence.runs, yesterday - datetime.timedelta(days=6), yesterday)
    runs = [r for r in week if not r.walk]
    return any(_is_among_longest(r, runs) for r in runs if r.day == yesterday)


def _is_among_longest(run: PlanRun, runs: Sequence[PlanRun]) -> bool:
    """Whether no other run was clearly longer: of runs that are all alike each is the longest."""
    compared = [found for r in runs if r is not run and (found := _sizes(run, r)) is not None]
    return bool(compared) and all(mine >= _AS_LONG * other for mine, other in compared)


def _sizes(run: PlanRun, other: PlanRun) -> tuple[float, float] | None:
    """The lengths of two runs in km, in minutes where one has none; None where they cannot be compared."""
    for size in (km_of, minutes_of):
        mine, its = size(run), size(other)
        if mine is not None and its is not None:
            return mine, its
    return None
