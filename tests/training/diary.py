"""A made-up runner's diary: days are numbers from a Monday on, and entries are made at usual hours."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from monitor.training.entries import (
    AfterEntry,
    AnyEntry,
    ClearedEntry,
    DeclareEntry,
    Entry,
    FlagEntry,
    MorningEntry,
    StrengthEntry,
)
from monitor.training.plan_day import PlanDay
from monitor.training.plan_replay import decide
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_settings import PlanSettings
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Phase, Tables

TABLES = shipped_tables()
DOSES = TABLES.doses
MONDAY = datetime.date(2026, 3, 2)
GOOD_BENCHMARKS = (("heel_raise", "left", 30), ("heel_raise", "right", 30), ("hamstring_curl", "both", 15))


def date(day: int) -> datetime.date:
    """The date of a day of the diary."""
    return MONDAY + datetime.timedelta(days=day)


def made(day: int, hour: int) -> datetime.datetime:
    return datetime.datetime.combine(date(day), datetime.time(hour), datetime.UTC)


@dataclass
class Diary:
    """Entries and runs of one runner, and the decision of any day."""

    settings: PlanSettings = field(
        default_factory=lambda: PlanSettings(sex="woman", born_year=1991, long_run_km=8.0)
    )
    entries: list[AnyEntry] = field(default_factory=list)
    runs: list[PlanRun] = field(default_factory=list)
    tables: Tables = field(default_factory=shipped_tables)

    def add(self, kind: type[Entry], day: int, hour: int, on: int | None = None, **fields: Any) -> str:
        """Write an entry for ``day``, made on that day or on day ``on``; return its id."""
        name = f"{len(self.entries):04d}"
        made_utc = made(day if on is None else on, hour)
        self.entries.append(kind(id=name, made_utc=made_utc, day=date(day), **fields))
        return name

    def declare(self, day: int = 0, **fields: Any) -> str:
        return self.add(DeclareEntry, day, 6, place="behind", **fields)

    def before(self, weeks: int = 4, kms: tuple[float, ...] = (9.0, 9.0, 12.0)) -> Diary:
        """Weeks before day 0, by default of 30 km with 12 km as the longest run."""
        for week in range(1, weeks + 1):
            for k, km in enumerate(kms):
                self.run(-7 * week + 2 * k, km, None)
        return self

    def run(
        self,
        day: int,
        km: float | None,
        pain: tuple[float, float] | None = (0, 0),
        *,
        minutes: float | None = None,
        on: int | None = None,
        after: dict[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """A run with its pain during and after; None: the runner does not answer."""
        session = f"s{day}" + ("" if not any(r.day == date(day) for r in self.runs) else "b")
        length = minutes if minutes is not None or km is None else 6.0 * km
        self.runs.append(PlanRun(session=session, day=date(day), km=km, minutes=length, **fields))
        if pain is not None:
            more = after or {}
            self.add(AfterEntry, day, 18, on, session=session, during=pain[0], now=pain[1], **more)
        return session

    def morning(self, day: int, pain: float = 0, *, on: int | None = None, **fields: Any) -> str:
        given = {"tender": "same", "swelling": "none", "as_before": True} | fields
        return self.add(MorningEntry, day, 7, on, pain=pain, **given)

    def mornings(self, days: range, pain: float = 0) -> Diary:
        for day in days:
            self.morning(day, pain)
        return self

    def flag(self, day: int, flag: str = "calf_hot", **fields: Any) -> str:
        return self.add(FlagEntry, day, 8, flag=flag, **fields)

    def clear(self, day: int) -> str:
        return self.add(ClearedEntry, day, 9, by="my doctor")

    def benchmark(self, day: int, *results: tuple[str, str, int]) -> Diary:
        for exercise, side, reps in results or GOOD_BENCHMARKS:
            self.add(StrengthEntry, day, 19, exercise=exercise, side=side, reps=reps, benchmark=True)
        return self

    def lift(self, *days: int) -> Diary:
        for day in days:
            self.add(StrengthEntry, day, 20, exercise="split_squat", sets=3, reps=8)
        return self

    def on(self, day: int) -> PlanDay:
        """The decision of a day."""
        return decide(self.entries, self.runs, self.settings, date(day), self.tables)


def calm_then_rebuild() -> Diary:
    """Three easy runs of 5 km, all GREEN, lead to rebuild on day 7."""
    diary = Diary().before()
    diary.declare()
    for day in (1, 3, 5):
        diary.run(day, 5, (1, 1))
    return diary.mornings(range(1, 8))


def in_reintroduce() -> Diary:
    """Rebuild with strength and benchmarks; reintroduce begins on day 14, a Monday."""
    diary = calm_then_rebuild().lift(7, 9, 11, 13).benchmark(12)
    for day in (8, 10, 12):
        diary.run(day, 5.5, (1, 1))
    return diary.mornings(range(8, 15))


PICKUPS: dict[str, Any] = {"pickups": 10}
DOWNHILL: dict[str, Any] = {"descent_s": 130.0, "descent_m": 12.0}


def cued(step: int) -> dict[str, Any]:
    """A run with a target at this step, in band for 90 % of the time without cues."""
    return {"cued": True, "step": step, "off_s": 1000.0, "off_in_s": 900.0}


def in_full() -> Diary:
    """Downhill or pickups in turn, then both, then a long run; full begins on day 42, at the last step."""
    diary = in_reintroduce().benchmark(30)
    hard = {15: DOWNHILL, 18: DOWNHILL, 22: PICKUPS, 24: PICKUPS, 26: PICKUPS}
    hard |= {28: DOWNHILL, 31: DOWNHILL, 34: DOWNHILL, 37: DOWNHILL, 39: PICKUPS}
    for k, (day, kind) in enumerate(hard.items()):
        diary.run(day, 5.5, (1, 1), **kind, **cued(min(k // 2, 3)))
    diary.run(41, 8.0, (1, 1))
    return diary.mornings(range(15, 43))


def keys(decided: PlanDay) -> list[str]:
    """The keys of the reasons of a decision."""
    return [reason.message.key for reason in decided.reasons]


def phases(diary: Diary, until: int) -> dict[int, Phase]:
    """The days on which the phase changed, with the new phase."""
    return {(c.day - MONDAY).days: c.phase for c in diary.on(until).changes}
