"""A half year of a simulated runner on the plan of coming back, day by day.

The simulated runners know their own tissue: its load tolerance grows with load that it bears and falls
with a flare.  Pain follows load over tolerance.  That is a model made for this trial (a choice), so the
trial shows what the rules do with flares, gaps, silence and cheats, not how fast anybody heals.
``monitor.simulation.return_outcome`` says what became of them.
"""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass, field

from monitor.simulation.return_outcome import ReturnOutcome, TrialKind, return_outcome
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
from monitor.training.table_files import shipped_tables

_FIRST = datetime.date(2026, 1, 5)  # a Monday
_LONG_KM = 8.0
_EASY_KM, _HARD_KM = 6.0, 5.0
_MIN_PER_KM = 6.2
_WEEK_BEFORE = {0: 6.0, 2: 6.0, 4: 6.0, 6: 12.0}
"""Runs (km) by the day of the week, 30 km in all."""
_FLARE_CHANCE = 0.01  # a day, so about two in half a year


@dataclass(slots=True)
class _Tissue:
    """Load that is borne without a flare, in km of easy running; a flare lasts days."""

    tolerance_km: float
    pain: float = 3.0
    flared: bool = False

    def sleep(self) -> None:
        self.pain = max(0.0, self.pain - 0.35)

    def flare_up(self, chance: random.Random) -> None:
        """A flare that no run made: stairs, a house move, a bad night."""
        self.flared = True
        self.pain = min(9.0, self.pain + chance.uniform(2.0, 5.0))

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
    answer_share: float = 0.95
    asked: int = 0
    answered: int = 0
    away_until: int = -1

    def instant_at(self, day: int, hour: int) -> datetime.datetime:
        date = _FIRST + datetime.timedelta(days=day)
        return datetime.datetime.combine(date, datetime.time(hour), datetime.UTC)

    def answers(self) -> bool:
        self.asked += 1
        yes = self.chance.random() < self.answer_share
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
        ran = bool(self.runs) and self.runs[-1].day == _FIRST + datetime.timedelta(days=day - 1)
        if self.kind == "flares" and self.chance.random() < _FLARE_CHANCE:
            self.tissue.flare_up(self.chance)
            if ran:  # nobody can tell it from a flare by the run
                self.truth[self.runs[-1].session] = True
        if not self.answers():
            return
        pain = self.say(self.tissue.pain)
        worse = ran and self.truth.get(self.runs[-1].session, False)
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

    def planned_km(self, may: Allowance) -> float:
        """What is run of what is allowed; on the ladder the running of its row."""
        row = next((r for r in self.rules.tables.ladders.walk_run if r.name == may.ladder), None)
        if row is not None:
            return max(row.rounds * row.run_min / _MIN_PER_KM, 0.5)
        return max(may.km if may.km is not None else (may.minutes or 10.0) / 8.0, 2.0)

    def maybe_run(self, day: int, may: Allowance) -> None:
        cheats = self.kind == "cheat" and self.chance.random() < 0.2
        if not (may.run or cheats) or self.chance.random() < 0.25:
            return
        kind = self.hard_kind(day, may, cheats)
        km = self.planned_km(may) * (1.5 if cheats else 1.0)
        if not may.ladder:
            km = min(km, 12.0 if day % 7 == 0 else _HARD_KM if kind else _EASY_KM)
        run = PlanRun(
            session=f"r{day}",
            day=_FIRST + datetime.timedelta(days=day),
            km=0.0 if may.walk else round(km, 1),
            minutes=may.minutes if may.ladder else _MIN_PER_KM * km,
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
    if kind == "silent":
        trial.answer_share = chance.uniform(0.2, 0.9)
    trial.begin()
    decided = [trial.day(day) for day in range(days)]
    judged = {s: v for s, v in trial.state.judged.items() if s in trial.truth}
    return return_outcome(
        kind, decided, [(v, trial.truth[s]) for s, v in judged.items()], trial.asked, trial.answered
    )
