"""The verdict of a run: GREEN, AMBER, RED or UNKNOWN, by how it felt and by the morning after.

The limits are the table ``verdicts``.  Sources: pain monitoring (Thomeé 1997; Silbernagel 2007), stricter
limits by tissue (articles; bone: George 2024).  The next morning decides whatever the hour of the run was:
a question asked in the morning cannot come 20 to 30 hours after an evening's run.
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
from monitor.training.tables import DoseRules, Tables


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
    ``declared`` is the id of the declaration before all corrections; ``tables`` are those by which it is
    judged; ``memory`` is that of a replay's folds.
    """

    day: datetime.date
    standing: tuple[Entry, ...]
    runs: tuple[PlanRun, ...]
    verdicts: tuple[RunVerdict, ...]
    mornings: dict[datetime.date, tuple[MorningEntry, ...]]
    declare: DeclareEntry | None
    tables: Tables
    declared: str = ""
    memory: FoldMemory = field(default_factory=FoldMemory, compare=False, repr=False)

    @property
    def doses(self) -> DoseRules:
        """The rules of how long the next run may be."""
        return self.tables.doses

    @property
    def is_bone(self) -> bool:
        """Whether a clinician said that it is the bone, of which no pain is well."""
        return self.declare is not None and self.declare.tissue == "bone"

    @property
    def ok_pain(self) -> float:
        """The most pain of a GREEN run (0 to 10) by what a clinician said."""
        ok, declare = self.tables.verdicts.ok, self.declare
        if declare is None:
            return ok.unknown
        if declare.tissue == "tendon" and declare.up_to_5:
            return ok.tendon_if_allowed
        return 0.0 if declare.tissue == "bone" else float(getattr(ok, declare.tissue))

    @property
    def calm_morning(self) -> float:
        """The most pain of a morning (0 to 10) with which calm may end."""
        return 0.0 if self.is_bone else self.tables.verdicts.calm_morning

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


def typical_morning(evidence: Evidence, day: datetime.date) -> float:
    """Return the usual morning pain before a run of ``day``.

    It is the median of the mornings up to that day (seven, by the table); with fewer answers than three
    the latest of them, and 0 without any.
    """
    rules = evidence.tables.verdicts
    days = (day - datetime.timedelta(days=k) for k in range(rules.usual_mornings))
    pains = [pain for d in days if (pain := evidence.morning_pain(d)) is not None]
    if len(pains) >= rules.least_mornings:
        return float(median(pains))
    return pains[0] if pains else 0.0


def run_verdict(run: PlanRun, afters: Sequence[AfterEntry], evidence: Evidence) -> RunVerdict:
    """Return the verdict of a run by the entries after it and those of the next morning.

    The worst of several answers counts.  Without one of the two a run is never GREEN.
    """
    next_day = run.day + datetime.timedelta(days=1)
    mornings = evidence.mornings.get(next_day, ())
    usual, calf_most = typical_morning(evidence, run.day), evidence.tables.verdicts.calf
    verdict, why, values, entries = _judge(afters, mornings, usual, evidence)
    return RunVerdict(
        run=run,
        verdict=verdict,
        why=why,
        values=values,
        entries=tuple(e.id for e in entries) or tuple(e.id for e in (*afters, *mornings)),
        usual=usual,
        calf=any(e.place in ("calf", "achilles") and max(e.during, e.now) > calf_most for e in afters),
        settled=verdict is Verdict.RED or bool(mornings and afters) or evidence.day > next_day,
        during=max((e.during for e in afters), default=None),
        after=max((e.now for e in afters), default=None),
    )


def red_morning(evidence: Evidence, day: datetime.date) -> tuple[MorningEntry, ...]:
    """Return the entries of the morning after ``day`` that are RED; none where it was well."""
    mornings = evidence.mornings.get(day + datetime.timedelta(days=1), ())
    usual = typical_morning(evidence, day)
    return next((tuple(causes) for _, causes in _red_causes(mornings, usual, evidence) if causes), ())


def _red_causes(
    mornings: Sequence[MorningEntry], usual: float, evidence: Evidence
) -> tuple[tuple[str, list[MorningEntry]], ...]:
    """What makes a morning RED, each with the entries that say so."""
    worst, most = max(mornings, key=lambda m: m.pain, default=None), evidence.tables.verdicts.morning_red
    return (
        ("bone_morning", [worst] if worst and evidence.is_bone and worst.pain > 0 else []),
        ("swelling", [m for m in mornings if m.swelling == "more"]),
        ("not_as_before", [m for m in mornings if m.as_before is False]),
        ("morning", [worst] if worst and worst.pain > usual + most else []),
    )


_Judged = tuple[Verdict, str, dict[str, float], tuple[Entry, ...]]


def _judge(
    afters: Sequence[AfterEntry], mornings: Sequence[MorningEntry], usual: float, evidence: Evidence
) -> _Judged:
    rules, ok = evidence.tables.verdicts, evidence.ok_pain
    felt = max(afters, key=lambda e: max(e.during, e.now), default=None)
    pain = 0.0 if felt is None else max(felt.during, felt.now)
    worst = max(mornings, key=lambda m: m.pain, default=None)
    morning = 0.0 if worst is None else worst.pain
    values = {"pain": pain, "morning": morning, "usual": usual, "ok": ok}
    checks: list[tuple[Verdict, str, Sequence[Entry | None]]] = [
        (Verdict.RED, "pain", [felt] if pain > rules.too_much else []),
        (Verdict.RED, "limp", [e for e in afters if e.limp]),
        (Verdict.RED, "bone", [felt] if evidence.is_bone and pain > 0 else []),
        *[(Verdict.RED, why, red) for why, red in _red_causes(mornings, usual, evidence)],
        (Verdict.AMBER, "pain", [felt] if pain > ok else []),
        (Verdict.AMBER, "morning", [worst] if worst and morning > usual + rules.morning_amber else []),
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
