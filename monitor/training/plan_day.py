"""The decision of a day: phase, verdict of the last run, what is allowed, and why."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.core.message_catalogues import MessageValue, UserMessage
from monitor.training.tables import Phase
from monitor.training.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A reason of a decision: a message, the entries that decided, the rule and its evidence A to D."""

    message: UserMessage
    rule: str
    grade: str
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A ``Checkpoint`` is one condition for the next phase: met, not met, or None where it is not known."""

    name: str
    met: bool | None
    message: UserMessage
    entries: tuple[str, ...] = ()
    grade: str = "D"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stressor:
    """A ``Stressor`` is something hard that may be done today, at its row.

    ``kind`` is downhill, pickups or tempo; ``repeats`` times ``seconds`` each, at ``slope_pct`` (down).
    """

    kind: str
    repeats: int
    seconds: float
    slope_pct: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is allowed today; None is no limit, or not known.

    ``km`` are those of running, none where the ladder asks for a ``walk``; ``minutes`` are those of the
    session.  ``run``: a run (or that walk) is allowed today, from ``earliest`` on where a time is set.
    ``hard``: and it may be hard.  ``ladder`` is the row of the walk-run ladder, ``form_cues`` whether cues
    for cadence, overstride and braking may be spoken; safety notices never depend on it.
    """

    run: bool = False
    km: float | None = 0.0
    minutes: float | None = 0.0
    descent_m: float | None = 0.0
    descent_s: float | None = 0.0
    hard: bool = False
    effort_most: float = 0.0
    stressors: tuple[Stressor, ...] = ()
    ladder: str = ""
    walk: bool = False
    form_cues: bool = False
    earliest: datetime.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekLeft:
    """What is left of the week that began on ``monday``; None is no limit.

    ``limit_km`` is the phase's share, or what a break leaves; ``guard_km`` is a tenth over the mean of
    three weeks, weak evidence that is shown in grey and limits nothing.  Minutes limit a runner of whose
    runs no km are known.  ``done_descent_m`` is None where it is not known of every run.
    """

    monday: datetime.date
    done_km: float = 0.0
    limit_km: float | None = None
    guard_km: float | None = None
    left_km: float | None = None
    done_minutes: float = 0.0
    limit_minutes: float | None = None
    guard_minutes: float | None = None
    left_minutes: float | None = None
    done_descent_m: float | None = None
    guard_descent_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAnswer:
    """The answer to the red flags that stand: the most urgent first, by their names in the table."""

    flags: tuple[str, ...]
    answer: str
    message: UserMessage
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """A change of the phase: on this day, from one to another, for this reason."""

    day: datetime.date
    before: Phase
    phase: Phase
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A ``Question`` that is due today: ``after`` (of a session), ``morning`` or ``weekly``."""

    kind: str
    session: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDay:
    """What the plan decides for one day.

    ``allowance`` is None where no plan runs, which limits nothing.  ``changes`` are all changes of the
    phase so far; ``cadence_step`` is that of the target, None without a plan.  ``longest_km`` is the
    longest run of the last 30 days.
    """

    day: datetime.date
    phase: Phase
    since: datetime.date | None = None
    verdict: Verdict | None = None
    allowance: Allowance | None = None
    week: WeekLeft | None = None
    longest_km: float | None = None
    hold_until: datetime.date | None = None
    checkpoints: tuple[Checkpoint, ...] = ()
    cadence_step: int | None = None
    cadence_reason: str = ""
    reasons: tuple[Reason, ...] = ()
    remarks: tuple[Reason, ...] = ()
    stop: StopAnswer | None = None
    changes: tuple[PhaseChange, ...] = ()
    questions: tuple[Question, ...] = ()
    example_week: UserMessage | None = None


@dataclass(frozen=True, slots=True)
class ReasonWriter:
    """Writes reasons with the grades of a table of rules."""

    grades: Mapping[str, str] = field(default_factory=dict)

    def reason(self, key: str, rule: str, entries: tuple[str, ...] = (), **values: MessageValue) -> Reason:
        """Return the reason of this message; the grade of a rule without one is D."""
        message = UserMessage(key, values)
        return Reason(message=message, rule=rule, grade=self.grades.get(rule, "D"), entries=entries)
