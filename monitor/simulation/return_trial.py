"""A half year of many simulated runners on the plan of coming back: how soon, how often held, how wrongly.

The simulated runners know their own tissue: its load tolerance grows with load that it bears and falls
with a flare.  Pain follows load over tolerance.  That is a model made for this trial (a choice), so the
trial shows what the rules do with flares, gaps, silence and cheats, not how fast anybody heals.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from monitor.training.decide import decide_next_day
from monitor.training.entries import (
    AfterEntry,
    AnyEntry,
    DeclareEntry,
    MorningEntry,
    StrengthEntry,
)
from monitor.training.plan_day import Allowance, PlanDay
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_settings import PlanSettings
from monitor.training.plan_state import PlanRules, PlanState
from monitor.training.tables import Phase, shipped_tables
from monitor.training.verdict import Verdict

TrialKind = Literal["honest", "silent", "cheat", "gaps"]
"""``honest`` answers nearly always; ``silent`` half of the time; ``cheat`` runs longer than allowed and
plays pain down; ``gaps`` is away for weeks."""
TRIAL_KINDS: tuple[TrialKind, ...] = ("honest", "silent", "cheat", "gaps")
_FIRST = datetime.date(2026, 1, 5)  # a Monday
_LONG_KM = 8.0
_EASY_KM, _HARD_KM = 6.0, 5.0
_WEEK_BEFORE = {0: 6.0, 2: 6.0, 4: 6.0, 6: 12.0}
"""Runs (km) by the day of the week, 30 km in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOutcome:
    """What became of one runner: days until full running (None: not in this time), holds and answers.

    ``false_holds`` are holds after a run that the tissue bore; ``missed`` are runs that it did not bear and
    that passed as GREEN; ``asked`` and ``answered`` count questions after runs and of mornings.
    """

    kind: TrialKind
    days_to_full: int | None
    holds: int
    false_holds: int
    missed: int
    back: int
    runs: int
    asked: int
    answered: int
    last_phase: Phase


@dataclass(slots=True)
class _Tissue:
    """Load that is borne without a flare, in km of easy running; a flare lasts days."""

    tolerance_km: float
    pain: float = 3.0
    flared: bool = False

    def sleep(self) -> None:
        self.pain = max(0.0, self.pain - 0.35)

    def run(self, km: float, hard: bool, chance: random.Random) -> float:
        """Pain during a run of this load; too much of it is a flare, what is borne adds tolerance."""
        load = km * (1.25 if hard else 1.0)
        excess = load / self.tolerance_km * chance.gauss(1.0, 0.15)
        self.flared = excess > 1.15
        if self.flared:
            self.pain = min(9.0, self.pain + 6.0 * (excess - 1.0) + 1.5)
            self.tolerance_km *= 0.95
        else:
            self.tolerance_km *= 1.0 + 0.015 * min(excess, 1.0)
        return min(10.0, max(0.0, self.pain + chance.gauss(0.0, 0.5)))


@dataclass(slots=True)
class _Trial:
    """One runner with diary, tissue and the state of the plan."""

    kind: TrialKind
    chance: random.Random
    rules: PlanRules
    tissue: _Tissue
    state: PlanState = field(default_factory=PlanState)
    entries: list[AnyEntry] = field(default_factory=list)
    runs: list[PlanRun] = field(default_factory=list)
    truth: dict[str, bool] = field(default_factory=dict)
    asked: int = 0
    answered: int = 0
    away_until: int = -1

    def instant_at(self, day: int, hour: int) -> datetime.datetime:
        date = _FIRST + datetime.timedelta(days=day)
        return datetime.datetime.combine(date, datetime.time(hour), datetime.UTC)

    def answers(self) -> bool:
        self.asked += 1
        yes = self.chance.random() < (0.5 if self.kind == "silent" else 0.95)
        self.answered += yes
        return yes

    def say(self, pain: float) -> float:
        return round(max(0.0, pain - 2.0 if self.kind == "cheat" else pain))

    def begin(self) -> None:
        for day in range(-28, 0):
            if (km := _WEEK_BEFORE.get(day % 7)) is not None:
                date = _FIRST + datetime.timedelta(days=day)
                self.runs.append(PlanRun(session=f"r{day}", day=date, km=km, minutes=6.2 * km))
        self.entries.append(
            DeclareEntry(id="declare", made_utc=self.instant_at(0, 6), day=_FIRST, place="behind")
        )

    def morning(self, day: int) -> None:
        self.tissue.sleep()
        if not self.answers():
            return
        pain = self.say(self.tissue.pain)
        yesterday = self.runs[-1].session if self.runs else ""
        worse = self.truth.get(yesterday, False) and self.runs[-1].day.toordinal() == (
            _FIRST.toordinal() + day - 1
        )
        self.entries.append(
            MorningEntry(
                id=f"m{day}",
                made_utc=self.instant_at(day, 7),
                day=_FIRST + datetime.timedelta(days=day),
                pain=pain,
                tender="same",
                swelling="none",
                as_before=not worse or self.kind == "cheat",
            )
        )

    def lift(self, day: int) -> None:
        date = _FIRST + datetime.timedelta(days=day)
        if day % 2 == 0 and self.chance.random() < 0.9:
            self.entries.append(
                StrengthEntry(
                    id=f"x{day}", made_utc=self.instant_at(day, 12), day=date, exercise="split_squat"
                )
            )
        if day % 14 == 5:
            for what, reps in (("heel_raise", 28 + day // 14), ("hamstring_curl", 13)):
                self.entries.append(
                    StrengthEntry(
                        id=f"{what}{day}",
                        made_utc=self.instant_at(day, 13),
                        day=date,
                        exercise=what,
                        reps=reps,
                        benchmark=True,
                    )
                )

    def hard_kind(self, day: int, may: Allowance, cheats: bool) -> str:
        """The stressor of which there was less in three weeks, on days that are not for the long run."""
        kinds = [s.kind for s in may.stressors if s.kind != "tempo"]
        if not kinds or cheats or day % 7 == 0:
            return ""
        recent = [r for r in self.runs if r.day >= _FIRST + datetime.timedelta(days=day - 21)]
        done = {"pickups": 0, "downhill": 0}
        for run in recent:
            done["pickups"] += run.pickups > 0
            done["downhill"] += (run.descent_s or 0.0) > 100.0
        return min(kinds, key=lambda kind: done[kind])

    def maybe_run(self, day: int, may: Allowance) -> None:
        cheats = self.kind == "cheat" and self.chance.random() < 0.2
        if not (may.run or cheats) or self.chance.random() < 0.25:
            return
        kind = self.hard_kind(day, may, cheats)
        planned = may.km if may.km is not None else (may.minutes or 10.0) / 8.0
        km = max(planned, 2.0) * (1.5 if cheats else 1.0)
        if not may.ladder:
            km = min(km, 12.0 if day % 7 == 0 else _HARD_KM if kind else _EASY_KM)
        run = PlanRun(
            session=f"r{day}",
            day=_FIRST + datetime.timedelta(days=day),
            km=0.0 if may.walk else round(km, 1),
            minutes=may.minutes if may.ladder else 6.2 * km,
            walk=may.walk,
            pickups=10 if kind == "pickups" else 0,
            descent_s=130.0 if kind == "downhill" else 20.0,
        )
        self.runs.append(run)
        pain = self.tissue.run(0.5 if may.walk else km, bool(kind), self.chance)
        self.truth[run.session] = self.tissue.flared
        if self.answers():
            felt, now = self.say(pain), self.say(max(0.0, pain - 1.0))
            self.entries.append(
                AfterEntry(
                    id=f"a{day}",
                    made_utc=self.instant_at(day, 19),
                    day=run.day,
                    session=run.session,
                    during=felt,
                    now=now,
                )
            )

    def day(self, day: int) -> PlanDay:
        if self.kind == "gaps" and day > self.away_until and self.chance.random() < 0.015:
            self.away_until = day + self.chance.choice([9, 12, 18, 35])
        away = day <= self.away_until
        if away:
            self.tissue.sleep()
        else:
            self.morning(day)
            self.lift(day)
        date = _FIRST + datetime.timedelta(days=day)
        state, decided = decide_next_day(self.state, self.entries, self.runs, date, self.rules)
        if not away and decided.allowance is not None:
            runs = len(self.runs)
            self.maybe_run(day, decided.allowance)
            if len(self.runs) > runs:
                state, decided = decide_next_day(self.state, self.entries, self.runs, date, self.rules)
        self.state = state
        return decided


def return_trial(kind: TrialKind, seed: int, days: int = 182) -> ReturnOutcome:
    """Return what became of one simulated runner of this kind in so many days."""
    chance = random.Random(f"{kind} {seed}")
    settings = PlanSettings(sex="woman", born_year=1988, long_run_km=_LONG_KM)
    rules = PlanRules(settings=settings, tables=shipped_tables())
    trial = _Trial(kind=kind, chance=chance, rules=rules, tissue=_Tissue(chance.uniform(5.0, 9.0)))
    trial.begin()
    decided = [trial.day(day) for day in range(days)]
    return _outcome(trial, decided)


def _outcome(trial: _Trial, days: Sequence[PlanDay]) -> ReturnOutcome:
    full = next((k for k, d in enumerate(days) if d.phase is Phase.FULL), None)
    judged = {session: verdict for session, verdict in trial.state.judged.items() if session in trial.truth}
    reds = [session for session, verdict in judged.items() if verdict is Verdict.RED]
    greens = [session for session, verdict in judged.items() if verdict is Verdict.GREEN]
    changes = days[-1].changes
    return ReturnOutcome(
        kind=trial.kind,
        days_to_full=full,
        holds=len(reds),
        false_holds=sum(not trial.truth[session] for session in reds),
        missed=sum(trial.truth[session] for session in greens),
        back=sum(c.phase.code < c.before.code for c in changes),
        runs=len(trial.truth),
        asked=trial.asked,
        answered=trial.answered,
        last_phase=days[-1].phase,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnSummary:
    """``ReturnSummary`` is a row of the trial's table: medians and shares over the runners of one kind."""

    kind: TrialKind
    runners: int
    reached_full: int
    median_days_to_full: float | None
    holds: float
    false_holds: float
    missed: float
    back: float
    answered_share: float


def summarize_return(outcomes: Sequence[ReturnOutcome]) -> tuple[ReturnSummary, ...]:
    """Return one row for each kind of runner, in the order of ``TRIAL_KINDS``."""
    rows = []
    for kind in TRIAL_KINDS:
        mine = [o for o in outcomes if o.kind == kind]
        if not mine:
            continue
        full = [o.days_to_full for o in mine if o.days_to_full is not None]
        n = len(mine)
        rows.append(
            ReturnSummary(
                kind=kind,
                runners=n,
                reached_full=len(full),
                median_days_to_full=float(median(full)) if full else None,
                holds=sum(o.holds for o in mine) / n,
                false_holds=sum(o.false_holds for o in mine) / n,
                missed=sum(o.missed for o in mine) / n,
                back=sum(o.back for o in mine) / n,
                answered_share=sum(o.answered for o in mine) / max(1, sum(o.asked for o in mine)),
            )
        )
    return tuple(rows)
