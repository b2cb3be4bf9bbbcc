"""The verdict of a run: GREEN, AMBER, RED or UNKNOWN, by how it felt and by the morning after.

Sources: pain monitoring (Thomeé 1997; Silbernagel 2007), stricter limits by tissue (articles; bone: George
2024).  The next morning decides whatever the hour of the run was: a question asked in the morning cannot
come 20 to 30 hours after an evening's run.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import median

from monitor.training.day_spans import on_days
from monitor.training.entries import AfterEntry, DeclareEntry, Entry, MorningEntry
from monitor.training.fold_memory import FoldMemory
from monitor.training.plan_runs import PlanRun
from monitor.training.tables import DoseRules

TOO_MUCH = 5.0
"""Pain above it, during or after a run, is RED for every tissue, and no morning to run (Thomeé 1997)."""
OK_PAIN = {"bone": 0.0, "joint": 2.0, "tendon": 3.0, "muscle": 3.0, "unknown": 3.0}
"""The most pain of a GREEN run, by what a clinician said it is."""
_OK_WITH_CLINICIAN = 5.0
_CALF_PAIN = 2.0
USUAL_MORNINGS = 7
"""The mornings up to a run that tell what is usual."""
_LEAST_MORNINGS = 3


class Verdict(StrEnum):
    """The verdict of a run; UNKNOWN is never as good as GREEN and never as bad as AMBER."""

    GREEN = "green"
    UNKNOWN = "unknown"
    AMBER = "amber"
    RED = "red"


_WORSE = (Verdict.GREEN, Verdict.UNKNOWN, Verdict.AMBER, Verdict.RED)


def is_worse(verdict: Verdict, than: Verdict) -> bool:
    """Return whether one verdict is worse than another."""
    return _WORSE.index(verdict) > _WORSE.index(than)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVerdict:
    """A run with its verdict: ``why`` ends the key of a message, ``entries`` are the ids that decided.

    ``usual`` is the morning pain before the run; ``calf`` is True where calf or Achilles tendon hurt;
    ``settled``: no answer is awaited any more.
    """

    run: PlanRun
    verdict: Verdict
    why: str
    values: dict[str, float] = field(default_factory=dict)
    entries: tuple[str, ...] = ()
    usual: float = 0.0
    calf: bool = False
    settled: bool = False
    during: float | None = None
    after: float | None = None

    @property
    def day(self) -> datetime.date:
        """The day of the run, on the runner's calendar."""
        return self.run.day

    @property
    def bad(self) -> bool:
        """True for AMBER and RED, the verdicts that take something away."""
        return self.verdict in (Verdict.AMBER, Verdict.RED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """``Evidence`` is all that was known at the end of a day: entries that hold, runs, mornings, verdicts.

    Runs, verdicts and entries are in the order of time; of several mornings of a day the worst counts.
    ``declared`` is the id of the declaration before all corrections; ``doses`` are the rules of the next
    run; ``memory`` is that of a replay's folds.
    """

    day: datetime.date
    standing: tuple[Entry, ...]
    runs: tuple[PlanRun, ...]
    verdicts: tuple[RunVerdict, ...]
    mornings: dict[datetime.date, tuple[MorningEntry, ...]]
    declare: DeclareEntry | None
    doses: DoseRules
    declared: str = ""
    memory: FoldMemory = field(default_factory=FoldMemory, compare=False, repr=False)

    def morning_pain(self, day: datetime.date) -> float | None:
        """Return the pain of this morning, None where nobody answered."""
        return max((m.pain for m in self.mornings.get(day, ())), default=None)

    def since(self, day: datetime.date) -> Evidence:
        """Return the same with the verdicts of runs from ``day`` on alone; earlier runs stay as load."""
        return self.with_verdicts(on_days(self.verdicts, day))

    def with_verdicts(self, verdicts: Iterable[RunVerdict]) -> Evidence:
        """Return the same with these verdicts."""
        return replace(self, verdicts=tuple(verdicts))

    def morning_ids(self, *days: datetime.date) -> tuple[str, ...]:
        """Return the ids of the entries of these mornings."""
        return tuple(m.id for day in days for m in self.mornings.get(day, ()))


def last_verdict(evidence: Evidence) -> RunVerdict | None:
    """Return the verdict of the last run or walk, None without one."""
    return evidence.verdicts[-1] if evidence.verdicts else None


def ok_pain(declare: DeclareEntry | None) -> float:
    """Return the most pain of a GREEN run for what a clinician said; 5 for a tendon, if allowed."""
    if declare is None:
        return OK_PAIN["unknown"]
    if declare.tissue == "tendon" and declare.up_to_5:
        return _OK_WITH_CLINICIAN
    return OK_PAIN[declare.tissue]


def typical_morning(evidence: Evidence, day: datetime.date) -> float:
    """Return the usual morning pain before a run of ``day``.

    It is the median of the seven mornings up to that day; with fewer than three answers the latest of
    them, and 0 without any.
    """
    days = (day - datetime.timedelta(days=k) for k in range(USUAL_MORNINGS))
    pains = [pain for d in days if (pain := evidence.morning_pain(d)) is not None]
    if len(pains) >= _LEAST_MORNINGS:
        return float(median(pains))
    return pains[0] if pains else 0.0


def run_verdict(run: PlanRun, afters: Sequence[AfterEntry], evidence: Evidence) -> RunVerdict:
    """Return the verdict of a run by the entries after it and those of the next morning.

    The worst of several answers counts.  Without one of the two a run is never GREEN.
    """
    next_day = run.day + datetime.timedelta(days=1)
    mornings = evidence.mornings.get(next_day, ())
    usual, ok = typical_morning(evidence, run.day), ok_pain(evidence.declare)
    verdict, why, values, entries = _judge(afters, mornings, usual, ok)
    return RunVerdict(
        run=run,
        verdict=verdict,
        why=why,
        values=values,
        entries=tuple(e.id for e in entries) or tuple(e.id for e in (*afters, *mornings)),
        usual=usual,
        calf=any(e.place in ("calf", "achilles") and max(e.during, e.now) > _CALF_PAIN for e in afters),
        settled=verdict is Verdict.RED or bool(mornings and afters) or evidence.day > next_day,
        during=max((e.during for e in afters), default=None),
        after=max((e.now for e in afters), default=None),
    )


def red_morning(evidence: Evidence, day: datetime.date) -> tuple[MorningEntry, ...]:
    """Return the entries of the morning after ``day`` that are RED; none where it was well."""
    mornings = evidence.mornings.get(day + datetime.timedelta(days=1), ())
    usual, ok = typical_morning(evidence, day), ok_pain(evidence.declare)
    return next((tuple(causes) for _, causes in _red_causes(mornings, usual, ok) if causes), ())


def _red_causes(
    mornings: Sequence[MorningEntry], usual: float, ok: float
) -> tuple[tuple[str, list[MorningEntry]], ...]:
    """What makes a morning RED, each with the entries that say so."""
    worst = max(mornings, key=lambda m: m.pain, default=None)
    return (
        ("bone_morning", [worst] if worst and ok == 0 and worst.pain > 0 else []),
        ("swelling", [m for m in mornings if m.swelling == "more"]),
        ("not_as_before", [m for m in mornings if m.as_before is False]),
        ("morning", [worst] if worst and worst.pain > usual + 2 else []),
    )


_Judged = tuple[Verdict, str, dict[str, float], tuple[Entry, ...]]


def _judge(
    afters: Sequence[AfterEntry], mornings: Sequence[MorningEntry], usual: float, ok: float
) -> _Judged:
    felt = max(afters, key=lambda e: max(e.during, e.now), default=None)
    pain = 0.0 if felt is None else max(felt.during, felt.now)
    worst = max(mornings, key=lambda m: m.pain, default=None)
    morning = 0.0 if worst is None else worst.pain
    values = {"pain": pain, "morning": morning, "usual": usual, "ok": ok}
    checks: list[tuple[Verdict, str, Sequence[Entry | None]]] = [
        (Verdict.RED, "pain", [felt] if pain > TOO_MUCH else []),
        (Verdict.RED, "limp", [e for e in afters if e.limp]),
        (Verdict.RED, "bone", [felt] if ok == 0 and pain > 0 else []),
        *[(Verdict.RED, why, red) for why, red in _red_causes(mornings, usual, ok)],
        (Verdict.AMBER, "pain", [felt] if pain > ok else []),
        (Verdict.AMBER, "morning", [worst] if worst and morning > usual + 1 else []),
        (Verdict.UNKNOWN, "painkiller", [e for e in afters if e.painkiller]),
    ]
    for verdict, why, causes in checks:
        if causes:
            return verdict, why, values, tuple(e for e in causes if e is not None)
    if felt is None:
        return Verdict.UNKNOWN, "no_after", values, ()
    if not any(m.as_before for m in mornings):
        return Verdict.UNKNOWN, "no_morning", values, ()
    return Verdict.GREEN, "settled", values, (*afters, *mornings)
