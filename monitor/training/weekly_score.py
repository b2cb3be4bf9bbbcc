"""The score of the four weekly questions: how much a problem took away, week by week.

The questions are those of the Oslo group (OSTRC).  Each of our four answers counts 0, 8, 17 or 25, as in
the version of 2020 (Clarsen 2020); the first version had five answers for volume and performance, 0, 6, 13,
19 and 25 (Clarsen 2013), which are not these.  The sum is 0 to 100.  Who could not take part at all had, in
the first version, no volume and no performance left: both count 25, whatever was tapped.  Pain counts as it
was answered.

A problem is *substantial* where volume or performance went down moderately or more, or nobody could take
part (both versions).  The score describes; no rule of the plan hangs on it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from monitor.training.day_spans import on_days
from monitor.training.entries import Entry, WeeklyEntry, entries_of
from monitor.training.load_guards import monday_of
from monitor.training.plan_day import Reason, ReasonWriter

ANSWER_POINTS = (0, 8, 17, 25)
"""What the four answers of a question count, from none to most."""
_NO_PART, _MODERATE = 3, 2
_TREND_WEEKS, _LEAST_WEEKS = 4, 3
_WORTH_TELLING = 17  # points: an answer by two steps; by one it is 8 or 9


def severity_score(entry: WeeklyEntry) -> int:
    """Return the score of a week's answers, 0 (nothing) to 100 (nothing is possible, severe pain)."""
    volume, performance = entry.volume, entry.performance
    if entry.taking_part == _NO_PART:
        volume = performance = _NO_PART
    answers = (entry.taking_part, volume, performance, entry.pain)
    return sum(ANSWER_POINTS[answer] for answer in answers)


def is_substantial(entry: WeeklyEntry) -> bool:
    """Return whether volume or performance was moderately reduced or worse, or taking part impossible."""
    return entry.taking_part == _NO_PART or max(entry.volume, entry.performance) >= _MODERATE


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekScore:
    """A ``WeekScore`` is the score of the week that began on ``monday``; None where nobody answered."""

    monday: datetime.date
    score: int | None = None
    substantial: bool | None = None
    entries: tuple[str, ...] = ()


def weekly_scores(standing: Sequence[Entry], day: datetime.date, weeks: int = 12) -> tuple[WeekScore, ...]:
    """Return the scores of the last weeks up to that of ``day``, the oldest first.

    An answer stands for the week of its day; of several the last one counts.  A week without an answer is
    in it without a score, which is not a score of 0.
    """
    mondays = [monday_of(day) - datetime.timedelta(days=7 * k) for k in reversed(range(weeks))]
    recent = on_days(entries_of(WeeklyEntry, standing), mondays[0], day)
    answers = {monday_of(e.day): e for e in recent}
    return tuple(_week_score(monday, answers.get(monday)) for monday in mondays)


def _week_score(monday: datetime.date, entry: WeeklyEntry | None) -> WeekScore:
    if entry is None:
        return WeekScore(monday=monday)
    return WeekScore(
        monday=monday, score=severity_score(entry), substantial=is_substantial(entry), entries=(entry.id,)
    )


def score_remarks(
    standing: Sequence[Entry], day: datetime.date, writer: ReasonWriter
) -> tuple[Reason, ...]:
    """Return what the scores say on ``day``: a substantial problem, and where four weeks moved.

    The last answer is told for a week.  Four weeks are compared with the four before them where each has
    three answers or more, and told where the means are 17 points apart, an answer by two steps.
    """
    weeks = weekly_scores(standing, day, 2 * _TREND_WEEKS)
    remarks = []
    last = next((w for w in reversed(weeks[-2:]) if w.score is not None), None)
    if last is not None and last.substantial:
        score = last.score or 0
        remarks.append(writer.reason("plan.weekly.substantial", "weekly", last.entries, score=score))
    before, now = weeks[:_TREND_WEEKS], weeks[_TREND_WEEKS:]
    means = _mean_score(before), _mean_score(now)
    if means[0] is not None and means[1] is not None and abs(means[1] - means[0]) >= _WORTH_TELLING:
        key = "plan.weekly.worse" if means[1] > means[0] else "plan.weekly.better"
        ids = tuple(e for w in weeks for e in w.entries)
        remarks.append(writer.reason(key, "weekly", ids, now=means[1], before=means[0]))
    return tuple(remarks)


def _mean_score(weeks: Sequence[WeekScore]) -> float | None:
    scores = [w.score for w in weeks if w.score is not None]
    return mean(scores) if len(scores) >= _LEAST_WEEKS else None
