"""Answers about the runner's plan: the decision of a day with its reasons, calendar, strength, shoes."""

from __future__ import annotations

from typing import Literal

from monitor.web.api.models.described import OF_THE_METRIC, ApiModel, described
from monitor.web.api.models.log_entries import ShoeEntryJson
from monitor.web.api.models.review import MeanJson

PhaseName = Literal["none", "stop", "calm", "rebuild", "reintroduce", "full"]
VerdictName = Literal["green", "unknown", "amber", "red"]
_GRADE = "strength of evidence: A the strongest to D, the articles' rule or our choice"
_ENTRIES = "ids of the entries that decided"


class ReasonJson(ApiModel):
    """A reason of a decision, with the strength of its evidence."""

    message: str = described("the reason in a sentence")
    rule: str = described("name of the rule")
    grade: str = described(_GRADE)
    entries: list[str] = described(_ENTRIES)


class CheckpointJson(ApiModel):
    """One condition for the next phase, met or not."""

    name: str = described("name of the condition")
    met: bool | None = described("whether it is met; null: not known")
    message: str = described("the condition in words")
    entries: list[str] = described(_ENTRIES)
    grade: str = described(_GRADE)


class StressorJson(ApiModel):
    """Something hard that may be done today."""

    kind: Literal["downhill", "pickups", "tempo"] = described("what it is")
    repeats: int = described("how many times", "1")
    seconds: float = described("how long each time", "s")
    slope_pct: float = described("slope, downwards")


class AllowanceJson(ApiModel):
    """What is allowed on a day; null is no limit, or not known."""

    run: bool = described("whether a run, or a walk of the ladder, is allowed")
    km: float | None = described("the most of running", "km")
    minutes: float | None = described("the most of the whole session", "min")
    descent_m: float | None = described("the most of running downhill, in metres of height")
    descent_s: float | None = described("the most of running downhill, in time")
    hard: bool = described("whether it may be hard")
    effort_most: float = described("the highest effort, 0 to 10", "1")
    stressors: list[StressorJson] = described("hard things that are possible today")
    ladder: str = described("name of the row of the walk-run ladder; empty: off the ladder")
    walk: bool = described("true: only a walk")
    form_cues: bool = described("whether cues about cadence, overstride and braking may be spoken")
    earliest: str | None = described("not before, the runner's time of day; null: any time")


class WeekLeftJson(ApiModel):
    """What is left of the week; null is no limit."""

    monday: str = described("the day on which the week began")
    done_km: float = described("run so far", "km")
    limit_km: float | None = described("the limit of the phase", "km")
    guard_km: float | None = described("a tenth over the mean of three weeks, weak evidence", "km")
    left_km: float | None = described("left of the limits", "km")
    done_minutes: float = described("run so far, with walking breaks", "min")
    limit_minutes: float | None = described("the limit where no distances are known", "min")
    guard_minutes: float | None = described("as guard_km, where no distances are known", "min")
    left_minutes: float | None = described("left of the limits, where no distances are known", "min")
    done_descent_m: float | None = described(
        "run downhill so far, in metres of height; null: not known of every run"
    )
    guard_descent_m: float | None = described("what is usual of it, with a tenth more")


class StopAnswerJson(ApiModel):
    """The answer to the red flags that stand."""

    flags: list[str] = described("names of the flags, the most urgent first")
    answer: str = described("name of the answer")
    message: str = described("the answer in words")
    entries: list[str] = described(_ENTRIES)


class PhaseChangeJson(ApiModel):
    """A change from one phase to another."""

    day: str = described("the day of the change")
    before: PhaseName = described("the phase before it")
    phase: PhaseName = described("the phase since then")
    reason: ReasonJson = described("why")


class QuestionJson(ApiModel):
    """A question that the runner should answer now."""

    kind: str = described("after (of a run), morning or weekly")
    session: str = described("id of the run that it is about; empty: of none")


class PlanDayJson(ApiModel):
    """The decision of one day, with its reasons."""

    day: str = described("the day")
    phase: PhaseName = described("the phase; none: nothing was declared")
    since: str | None = described("the day on which the phase began")
    verdict: VerdictName | None = described("of the last run; null: there was none")
    allowance: AllowanceJson | None = described("what is allowed; null: no plan limits anything")
    week: WeekLeftJson | None = described("what is left of the week")
    longest_km: float | None = described("the longest run of the last 30 days", "km")
    hold_until: str | None = described("nothing is raised until that day")
    checkpoints: list[CheckpointJson] = described("conditions for the next phase")
    cadence_step: int | None = described("step of the cadence target", "1")
    cadence_reason: str = described("why this step, the end of a key of a message; empty: no plan runs")
    reasons: list[ReasonJson] = described("the decision in a sentence, then why")
    remarks: list[ReasonJson] = described("what is worth a remark, such as about shoes")
    stop: StopAnswerJson | None = described("the answer to a red flag; null: none stands")
    changes: list[PhaseChangeJson] = described("all changes of the phase, the oldest first")
    questions: list[QuestionJson] = described("what the runner has not answered yet")
    example_week: str | None = described("the articles' example of such a week")


class LadderRowJson(ApiModel):
    """A row of the walk-run ladder."""

    rounds: int = described("how many times", "1")
    run_min: float = described("minutes of running in each", "min")
    walk_min: float = described("minutes of walking in each", "min")
    current: bool = described("true: the row of today")


class RunWithVerdictJson(ApiModel):
    """A run, or a walk, with how it went."""

    session: str = described("its id; of a run that was written down, that of its entry")
    day: str = described("the runner's day")
    start: str | None = described("start on the runner's clock")
    km: float | None = described("distance; null: not known", "km")
    minutes: float | None = described("time; null: not known", "min")
    descent_m: float | None = described("running downhill, in metres of height")
    walk: bool = described("true: a walk")
    shoe: str = described("name of the pair; empty: not known")
    written_down: bool = described("true: there were no sensors")
    verdict: VerdictName = described("how it went")
    settled: bool = described("true: no answer is awaited any more")
    cause: str = described("what decided the verdict, in words")
    during: float | None = described("worst pain during it, 0 to 10; null: not answered", "1")
    after: float | None = described("pain after it, 0 to 10; null: not answered", "1")


class ComingDayJson(ApiModel):
    """What one of the next days allows."""

    day: str = described("the day")
    run: bool | None = described("whether a run, or a walk of the ladder, is allowed; null: nobody asked")
    km: float | None = described("the most of running; null: no limit, or not known", "km")
    minutes: float | None = described("the most of the whole session; null: no limit, or not known", "min")
    walk: bool = described("true: only a walk")
    text: str = described("what the day allows, in words; empty: nobody asked")


class CalendarDayJson(ComingDayJson):
    """A past day: what it allowed, and what was."""

    phase: PhaseName = described("the phase on that day")
    verdict: VerdictName | None = described("the worst of its runs; null: there was none")
    done_km: float | None = described("run on it; null: nobody ran", "km")
    done_minutes: float | None = described("run on it; null: nobody ran", "min")
    pain: float | None = described("the worst pain of its runs, 0 to 10; null: not known", "1")
    morning: float | None = described("pain of its morning, 0 to 10; null: not known", "1")


class WeekScoreJson(ApiModel):
    """The score of the four questions of a week."""

    monday: str = described("the day on which the week began")
    score: int | None = described("0 (nothing) to 100; null: nobody answered", "1")
    substantial: bool | None = described("whether training went down clearly; null: nobody answered")
    entries: list[str] = described(_ENTRIES)


class LiftedLoadJson(ApiModel):
    """The load of one side of the body."""

    side: str = described("left, right or both; empty: not said")
    last_kg: float = described("the last time")
    next_kg: float = described("now")


class StrengthItemJson(ApiModel):
    """An exercise of the checklist as it stands today."""

    exercise: str = described("its name in the log")
    message: str = described("the exercise with its dose, in words")
    sets_done: int = described("sets of today, of the side with fewer", "1")
    done: bool = described("whether that is enough")
    last_day: str | None = described("the last day before today; null: there was none")
    loads: list[LiftedLoadJson] = described("loads of that day, and those for now")
    rest_s: int | None = described("rest between two sets; null: none")
    lighter: ReasonJson | None = described("why a fifth less; null: as the last time")
    remarks: list[ReasonJson] = described("what is worth a remark")


class AdherenceJson(ApiModel):
    """The sessions of two weeks, planned and done."""

    done: int = described("sessions that were done", "1")
    planned: int = described("sessions that were planned", "1")


class StrengthJson(ApiModel):
    """The checklist of today; empty without a plan, and while a red flag stands."""

    items: list[StrengthItemJson] = described("the exercises")
    adherence: AdherenceJson | None = described("how much was done; null: no plan runs")
    remarks: list[ReasonJson] = described("what is worth a remark")


class ShoeUseJson(ApiModel):
    """A pair of shoes with what was run in it."""

    shoe: ShoeEntryJson = described("the pair")
    km: float = described("of its start and of all runs whose length is known", "km")
    km_pm: float | None = described("half of its 95 % interval; null: not known", "km")
    runs: int = described("runs and walks in it", "1")
    unknown_runs: int = described("those of them whose length is not known", "1")
    braking_dose_bws: float | None = described("sum of braking; null: not known")
    dose_runs: int = described("runs whose braking is known", "1")
    first_day: str | None = described("its first run")
    last_day: str | None = described("its last run")
    recent_share: float | None = described("its share of the last 28 days; null: not known", "1")
    remarks: list[ReasonJson] = described("what is worth a remark")


class StoredDecisionJson(ApiModel):
    """What was shown on a past day, where it was something else than the rules of now say."""

    headline: str = described("what it said first")
    same: bool = described("always false")
    newer_rules: bool = described("true: the rules have changed since; false: the day was not over")


class ShoeChangeJson(ApiModel):
    """The change of a metric over a pair's life, at the same speed and slope."""

    shoe: str = described("name of the pair")
    metric: str = described("name of the metric")
    first: float = described("its level in the first 100 km", OF_THE_METRIC)
    change: MeanJson = described("from there to the last 100 km")
    first_runs: int = described("runs of the first 100 km that could be compared", "1")
    last_runs: int = described("those of the last", "1")
    text: str = described("the change in a sentence, in % of the first level")


class ShoeGaitJson(ApiModel):
    """What changed over the life of each pair; a pair with too little to tell is not in it."""

    changes: list[ShoeChangeJson] = described("the changes, pair by pair")
    about: str = described("what such a change means")


class PlanJson(ApiModel):
    """The plan of one runner on one day, in the language that was asked for."""

    language: str = described("of the texts")
    athlete: str = described("the runner's name")
    today: str = described("the runner's date")
    declared: bool = described("false: nothing was declared, and no plan runs")
    side: str = described("the side that was declared; empty: none")
    place: str = described("the place that was declared; empty: none")
    decision: PlanDayJson = described("the decision of the day")
    planned: list[ReasonJson] = described("what a run is against the day that was asked about; else none")
    then: StoredDecisionJson | None = described("what was shown then, of a past day; null: the same")
    flags: list[str] = described("the red flags that stand, in words")
    ladder: list[LadderRowJson] = described("the walk-run ladder; empty: off it")
    runs: list[RunWithVerdictJson] = described("runs of twelve weeks, the newest first")
    calendar: list[CalendarDayJson] = described("days of twelve weeks, the oldest first")
    coming: list[ComingDayJson] = described("the next days, every run as allowed and no morning worse")
    weeks: list[WeekScoreJson] = described("scores of the weekly questions, the oldest first")
    strength: StrengthJson = described("the checklist of today")
    exercises: dict[str, str] = described("what each exercise is called, by its name in the log")
    benchmarks: list[str] = described(
        "exercises that have a test of strength; none while running is stopped"
    )
    shoes: list[ShoeUseJson] = described("all pairs of shoes")
    disclaimer: str = described("what the plan is not")
    unreadable: int = described("lines of the log that cannot be read", "1")
    foreign: int = described("entries of a newer program, which do not count", "1")


class RedFlagJson(ApiModel):
    """Something that has to be looked at, and how soon."""

    name: str = described("its name")
    text: str = described("what it is")
    answer: str = described("name of the answer")
    answer_text: str = described("the answer in words")


class RedFlagsJson(ApiModel):
    """All red flags in the order in which they are asked."""

    language: str = described("of the texts")
    emergency_number: str = described("from the settings; empty: not set")
    own: bool = described("whether who asks may read the plan and write into the log")
    flags: list[RedFlagJson] = described("the flags")
