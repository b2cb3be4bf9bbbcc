"""The decision of a day from entries, runs, settings and the day: no clock, nothing hidden.

A day is decided with what was made and stored by its end, from the first entry on, day by day
(``monitor.training.phases`` says how).  So any past day can be decided again and gives what was decided
then, whatever was written down or corrected since.

The decision names no illness, and its phases and doses come from general articles: one message of every
decision says so.
"""

from __future__ import annotations

import datetime
import itertools
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dsp.cueing.target import TargetParams
from monitor.core.message_catalogues import UserMessage
from monitor.training.cadence_steps import RunResponse, StepChange, StepPlace
from monitor.training.checkpoints import phase_checkpoints
from monitor.training.day_facts import DayFacts
from monitor.training.day_spans import on_days
from monitor.training.entries import (
    AnyEntry,
    ClearedEntry,
    DeclareEntry,
    FlagEntry,
    WeeklyEntry,
    entries_of,
)
from monitor.training.evidence_timeline import evidence_of
from monitor.training.phases import cause_message, next_state, red_runs
from monitor.training.plan_day import Allowance, PlanDay, Question, Reason
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_state import PlanBookmark, PlanRules, PlanState
from monitor.training.rest_days import waits_for_morning
from monitor.training.run_size import longest_run_km
from monitor.training.shoes import shoe_remarks
from monitor.training.strength import strength_adherence
from monitor.training.strength_today import lighter_reasons, norm_reasons
from monitor.training.tables import Phase
from monitor.training.today import todays_allowance
from monitor.training.verdict import Evidence, RunVerdict, Verdict, last_verdict
from monitor.training.weekly_score import score_remarks

_SUNDAY = 6
_DAY = datetime.timedelta(days=1)
_SILENT_DAYS = 7
_SETTLING_DAYS, _SETTLING_REDS, _RED_DAYS = 21, 3, 14
_TELLING_MORNINGS = 7  # of three weeks: fewer tell nothing
_STEPS = TargetParams()


def decide_next_day(
    before: PlanState,
    entries: Sequence[AnyEntry],
    runs: Sequence[PlanRun],
    day: datetime.date,
    rules: PlanRules,
) -> tuple[PlanState, PlanDay]:
    """Return state and decision of a day from the state of the day before.

    For whoever makes up the next day from the decision of this one; ``monitor.training.plan_replay`` goes
    through all days of a plan.
    """
    evidence = evidence_of(entries, runs, day, rules.tables)
    state = next_state(before, evidence, rules)
    return state, plan_day(state, evidence, rules)


def first_bookmark(entries: Iterable[AnyEntry], today: datetime.date) -> PlanBookmark:
    """Return the bookmark of the day before a plan can begin."""
    return PlanBookmark(first_plan_day(tuple(entries), today) - _DAY, PlanState())


def first_plan_day(entries: Sequence[AnyEntry], today: datetime.date) -> datetime.date:
    """Return the day on which a plan can begin at the earliest, today where nothing begins one."""
    kinds = (DeclareEntry, FlagEntry, ClearedEntry)
    return min([today, *(e.written_day for e in entries if isinstance(e, kinds))])


def plan_day(state: PlanState, evidence: Evidence, rules: PlanRules) -> PlanDay:
    """Return the decision of the evidence's day from the state at its end."""
    disclaimer = rules.writer.reason("plan.disclaimer", "phase")
    stop = rules.stop(evidence)
    scores = score_remarks(evidence.standing, evidence.day, rules.writer)
    base = PlanDay(
        day=evidence.day,
        phase=state.phase,
        since=state.since,
        longest_km=longest_run_km(evidence),
        changes=state.changes,
        questions=due_questions(evidence) if state.phase is not Phase.NONE else (),
        reasons=(disclaimer,),
        remarks=(*shoe_remarks(evidence, rules), *scores),
    )
    if stop is not None:
        reason = Reason(
            message=stop.message,
            rule="red_flag",
            grade=rules.tables.grades.get("red_flag", "D"),
            entries=stop.entries,
        )
        return replace(
            base,
            phase=Phase.STOP,
            stop=stop,
            allowance=Allowance(),
            reasons=(reason, disclaimer),
            questions=(),
        )
    return base if state.phase is Phase.NONE else _running_plan(base, state, evidence, rules)


def _running_plan(base: PlanDay, state: PlanState, known: Evidence, rules: PlanRules) -> PlanDay:
    evidence = known.since(state.begun or known.day)
    today = todays_allowance(state, evidence, rules)
    last = last_verdict(evidence)
    reasons = [*today.reasons]
    if state.changes and state.changes[-1].day == evidence.day:
        reasons.append(state.changes[-1].reason)
    if last is not None:
        reasons.append(_verdict_reason(last, state, evidence.day, rules))
    steps = cadence_history(state, known)
    step = steps[-1] if steps else None
    if step is not None:
        message = UserMessage(f"training.step.{step.reason}")
        reasons.append(rules.writer.reason("plan.cadence", "cadence", step.entries, why=message))
    reasons += _advice(state, evidence, rules)
    return replace(
        base,
        verdict=None if last is None else last.verdict,
        allowance=today.allowance,
        week=today.week,
        hold_until=today.hold_until,
        checkpoints=phase_checkpoints(state, evidence, rules),
        cadence_step=_step_in_phase(state, step, rules),
        cadence_reason="start" if step is None else step.reason,
        reasons=(*reasons, *base.reasons),
        example_week=_example_week(state, evidence, rules),
    )


def _verdict_reason(last: RunVerdict, state: PlanState, day: datetime.date, rules: PlanRules) -> Reason:
    if last.why == "no_morning" and last.run.day == day:  # that morning has not come yet
        return rules.writer.reason("plan.verdict.waiting", "verdict", last.entries)
    doses = rules.tables.doses
    share = doses.red_share if last.verdict is Verdict.RED else doses.amber_share
    return rules.writer.reason(
        f"plan.verdict.{last.verdict.value}" + ("_ladder" if last.bad and state.on_ladder else ""),
        "bone" if last.why.startswith("bone") else "painkiller" if last.why == "painkiller" else "verdict",
        last.entries,
        cause=cause_message(last),
        shorter=round(100 * (1 - share), 1),
    )


# ------------------------------------------------------------------ cadence


def cadence_history(state: PlanState, evidence: Evidence) -> tuple[StepChange, ...]:
    """Return the changes of the cadence step under the plan: the coach's rules, fed with verdicts.

    Runs before the declaration that nobody answered for count as they do without a plan.
    """

    def step(place: StepPlace, item: tuple[RunVerdict, Phase]) -> StepPlace:
        v, phase = item
        return place if v.run.walk else place.after(_response(v, phase))

    def last_place() -> StepPlace:
        items = [*zip(verdicts, _phases_of_runs(state, verdicts), strict=True)]
        return memory.fold("step", items, StepPlace(len(_STEPS.steps), evidence.doses), step)

    verdicts, memory = evidence.verdicts, evidence.memory
    place = memory.once("last step", (verdicts, state.changes), last_place)
    return place.rested_until(evidence.day).changes


def _response(v: RunVerdict, limits: Phase) -> RunResponse:
    answers = {
        Verdict.GREEN: "good",
        Verdict.UNKNOWN: "none",
        Verdict.AMBER: "freeze",
        Verdict.RED: "down",
    }
    before = limits is Phase.NONE and not v.entries
    most = {Phase.CALM: 0, Phase.REBUILD: 1}.get(limits)
    run = v.run
    return RunResponse(
        day=run.day,
        coached=run.cued,
        step=run.step,
        on_in_s=run.on_in_s,
        off_s=run.off_s,
        off_in_s=run.off_in_s,
        answer="good" if before else answers[v.verdict],  # type: ignore[arg-type]
        noted=bool(v.entries),
        calf=v.calf,
        most=most,
        entries=v.entries,
    )


def _phases_of_runs(state: PlanState, verdicts: Sequence[RunVerdict]) -> list[Phase]:
    """The phase at the end of the day of each run."""
    days, phases, phase = [v.run.day for v in verdicts], list[Phase](), Phase.NONE
    for change in state.changes:
        phases += [phase] * (bisect_left(days, change.day) - len(phases))
        phase = change.phase
    return phases + [phase] * (len(days) - len(phases))


def _step_in_phase(state: PlanState, step: StepChange | None, rules: PlanRules) -> int:
    most = rules.tables.phases[state.phase].cadence_most
    now = 0 if step is None else step.step
    return min(now, most) if most else now


# ------------------------------------------------------------------ questions, advice, weeks


def due_questions(evidence: Evidence) -> tuple[Question, ...]:
    """Return the questions that are due on this day, each once: after today's runs, morning, weekly.

    Last, after yesterday's runs: who ended one after midnight, or forgot, can still say how it felt.
    """
    questions = _unanswered(evidence, evidence.day)
    if not evidence.mornings.get(evidence.day):
        questions.append(Question(kind="morning"))
    weekly = entries_of(WeeklyEntry, evidence.standing)
    if evidence.day.weekday() == _SUNDAY and not any(e.day == evidence.day for e in weekly):
        questions.append(Question(kind="weekly"))
    return (*questions, *_unanswered(evidence, evidence.day - _DAY))


def _unanswered(evidence: Evidence, day: datetime.date) -> list[Question]:
    runs = on_days(evidence.verdicts, day, day)
    return [Question(kind="after", session=v.run.session) for v in runs if v.during is None]


def _advice(state: PlanState, evidence: Evidence, rules: PlanRules) -> list[Reason]:
    write, since = rules.writer, state.since or evidence.day
    advice = []
    reds = red_runs(evidence, _RED_DAYS)
    runs = on_days(evidence.verdicts, since)
    if (
        len(reds) >= _SETTLING_REDS
        or _still_waits(state, evidence, rules)
        or _never_settled(state, evidence, runs)
    ):
        bad = [v for v in runs if v.bad] or list(reds)
        ids = tuple(dict.fromkeys(e for v in bad for e in v.entries))
        advice.append(write.reason("plan.advice.not_settling", "phase", ids))
    if _is_silent(runs, evidence.day):
        advice.append(write.reason("plan.advice.cannot_tell", "verdict"))
    advice += lighter_reasons(state, evidence, rules)
    advice += norm_reasons(state, evidence, rules)
    done = strength_adherence(evidence.standing, rules.tables.exercises, state.phase, since, evidence.day)
    if done.planned:
        advice.append(
            write.reason("plan.strength.done", "strength", (), done=done.done, planned=done.planned)
        )
    return advice


def _never_settled(state: PlanState, evidence: Evidence, runs: Sequence[RunVerdict]) -> bool:
    """Three weeks in calm without a calm morning, or without two GREEN runs in a row and some too much."""
    if state.phase is not Phase.CALM or state.since is None:
        return False
    begin = evidence.day - datetime.timedelta(days=_SETTLING_DAYS)
    if state.since > begin:
        return False
    days = (begin + datetime.timedelta(days=k) for k in range(_SETTLING_DAYS + 1))
    pains = [pain for day in days if (pain := evidence.morning_pain(day)) is not None]
    if len(pains) >= _TELLING_MORNINGS and min(pains) > evidence.calm_morning:
        return True
    recent = on_days(runs, begin)
    pairs = itertools.pairwise(recent)
    green = any(a.verdict is b.verdict is Verdict.GREEN for a, b in pairs)
    sore = any(pain > evidence.tables.verdicts.too_much for pain in pains)
    return not green and (sore or any(v.bad for v in recent))


def _still_waits(state: PlanState, evidence: Evidence, rules: PlanRules) -> bool:
    """Two weeks after the last run, still a morning that is too bad to run."""
    last = last_verdict(evidence)
    if last is None or (evidence.day - last.run.day).days < _RED_DAYS:
        return False
    return waits_for_morning(DayFacts(state, evidence, rules))


def _is_silent(runs: Sequence[RunVerdict], day: datetime.date) -> bool:
    """Whether the last runs have had no answer for a week or more."""
    for v in reversed(runs):
        if v.settled:
            if v.verdict is not Verdict.UNKNOWN or v.why == "painkiller":
                return False
            if (day - v.run.day).days >= _SILENT_DAYS:
                return True
    return False


def _example_week(state: PlanState, evidence: Evidence, rules: PlanRules) -> UserMessage | None:
    """The row of the articles' example: one further for every week of this phase that was all GREEN.

    None on the walk-run ladder, whose rows are what a week has there.
    """
    rows = [week for week in rules.tables.weeks if week.phase is state.phase]
    if not rows or state.since is None or state.on_ladder:
        return None
    green = _green_weeks(evidence, state.since)
    return UserMessage(f"plan.week.{rows[min(green, len(rows) - 1)].name}")


def _green_weeks(evidence: Evidence, since: datetime.date) -> int:
    """How many weeks from ``since`` on are over, and had runs that were all GREEN."""

    def step(before: tuple[int, int, bool], v: RunVerdict) -> tuple[int, int, bool]:
        done, week, green = before
        now, is_green = (v.run.day - since).days // 7, v.verdict is Verdict.GREEN
        return (done, week, green and is_green) if now == week else (done + green, now, is_green)

    runs = on_days(evidence.verdicts, since)
    done, week, green = evidence.memory.fold("green weeks", runs, (0, -1, False), step, of=since)
    return done + (green and (evidence.day - since).days // 7 > week)
