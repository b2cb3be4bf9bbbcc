"""What became of simulated runners on the plan of coming back: how soon, how often held, how wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.training.plan_day import PlanDay
from monitor.training.tables import Phase
from monitor.training.verdict import Verdict

TrialKind = Literal["honest", "flares", "gaps", "silent", "cheat"]
"""``honest`` answers nearly always; ``flares`` has flares that no run made besides; ``gaps`` is away for
weeks; ``silent`` answers 20 to 90 % of the questions; ``cheat`` runs longer than allowed and plays pain
down."""
TRIAL_KINDS: tuple[TrialKind, ...] = ("honest", "flares", "gaps", "silent", "cheat")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOutcome:
    """What became of one runner: days until full running (None: not in this time), holds and answers.

    ``false_holds`` are holds after a run that the tissue bore; ``missed`` are runs that it did not bear and
    that passed as GREEN; ``asked`` and ``answered`` count questions after runs and of mornings.
    ``blocked_days`` counts for each checkpoint, by phase and name, the days on which it was the last one
    missing.
    """

    kind: TrialKind
    days_to_full: int | None
    holds: int
    false_holds: int
    flares: int
    missed: int
    back: int
    runs: int
    asked: int
    answered: int
    last_phase: Phase
    blocked_days: tuple[tuple[str, int], ...] = ()

    @property
    def answered_share(self) -> float:
        """The share of all questions that was answered."""
        return self.answered / max(1, self.asked)


def return_outcome(
    kind: TrialKind,
    days: Sequence[PlanDay],
    judged: Sequence[tuple[Verdict, bool]],
    asked: int,
    answered: int,
) -> ReturnOutcome:
    """Return the outcome of a runner; ``judged`` are the verdicts of all runs, each with its true flare."""
    full = next((k for k, d in enumerate(days) if d.phase is Phase.FULL), None)
    holds = [flare for verdict, flare in judged if verdict is Verdict.RED]
    return ReturnOutcome(
        kind=kind,
        days_to_full=full,
        holds=len(holds),
        false_holds=holds.count(False),
        flares=sum(flare for _, flare in judged),
        missed=sum(flare for verdict, flare in judged if verdict is Verdict.GREEN),
        back=sum(c.phase.code < c.before.code for c in days[-1].changes),
        runs=len(judged),
        asked=asked,
        answered=answered,
        last_phase=days[-1].phase,
        blocked_days=_blocked_days(days[:full]),
    )


def _blocked_days(days: Sequence[PlanDay]) -> tuple[tuple[str, int], ...]:
    blocked: Counter[str] = Counter()
    for day in days:
        missing = [c.name for c in day.checkpoints if not c.met]
        if len(missing) == 1:
            blocked[f"{day.phase.value}: {missing[0]}"] += 1
    return tuple(blocked.most_common())


@dataclass(frozen=True, slots=True)
class Quartiles:
    """``Quartiles`` are three values that cut what was found into quarters; None lies beyond the trial."""

    first: float | None
    median: float | None
    third: float | None


def value_quartiles(values: Sequence[float | None]) -> Quartiles:
    """Return the quartiles of values of which None is more than any other, between them linearly."""
    known = sorted(v for v in values if v is not None)
    return Quartiles(*(_quantile(known, share * (len(values) - 1)) for share in (0.25, 0.5, 0.75)))


def _quantile(known: Sequence[float], place: float) -> float | None:
    """The value at a place among sorted ones, None where it or the one above lies beyond them."""
    below, part = int(place), place - int(place)
    if below + (part > 0) >= len(known):
        return None
    return known[below] if not part else known[below] + part * (known[below + 1] - known[below])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnSummary:
    """``ReturnSummary`` is a row of the trial's table: quartiles over the runners of one kind.

    ``blocked_days`` are the mean days per runner on which a checkpoint was the last one missing.
    """

    kind: TrialKind
    runners: int
    reached_full: int
    days_to_full: Quartiles
    holds: Quartiles
    false_holds: Quartiles
    missed: Quartiles
    answered_share: Quartiles
    all_flares: int
    all_holds: int
    all_false_holds: int
    all_missed: int
    all_runs: int
    all_back: int
    blocked_days: tuple[tuple[str, float], ...]


def summarize_return(outcomes: Sequence[ReturnOutcome]) -> tuple[ReturnSummary, ...]:
    """Return one row for each kind of runner, in the order of ``TRIAL_KINDS``."""
    groups = ([o for o in outcomes if o.kind == kind] for kind in TRIAL_KINDS)
    return tuple(_summary(mine) for mine in groups if mine)


def _summary(mine: Sequence[ReturnOutcome]) -> ReturnSummary:
    blocked: Counter[str] = Counter()
    for o in mine:
        blocked.update(dict(o.blocked_days))
    return ReturnSummary(
        kind=mine[0].kind,
        runners=len(mine),
        reached_full=sum(o.days_to_full is not None for o in mine),
        days_to_full=value_quartiles([o.days_to_full for o in mine]),
        holds=value_quartiles([o.holds for o in mine]),
        false_holds=value_quartiles([o.false_holds for o in mine]),
        missed=value_quartiles([o.missed for o in mine]),
        answered_share=value_quartiles([o.answered_share for o in mine]),
        all_flares=sum(o.flares for o in mine),
        all_holds=sum(o.holds for o in mine),
        all_false_holds=sum(o.false_holds for o in mine),
        all_missed=sum(o.missed for o in mine),
        all_runs=sum(o.runs for o in mine),
        all_back=sum(o.back for o in mine),
        blocked_days=tuple((name, days / len(mine)) for name, days in blocked.most_common(6)),
    )
