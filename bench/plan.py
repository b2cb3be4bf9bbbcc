"""What the plan of coming back costs over years of log: all days decided, and with their mornings.

``python -m bench.plan`` prints one JSON line per case, CPU seconds.  The log has a morning a day, runs on
four days a week with their answers, strength on three, two pairs of shoes, a flare now and then.
"""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Iterator

from monitor.training.entries import (
    AfterEntry,
    AnyEntry,
    DeclareEntry,
    MorningEntry,
    SessionShoeEntry,
    ShoeEntry,
    StrengthEntry,
    WeeklyEntry,
)
from monitor.training.plan_replay import replayed_days
from monitor.training.plan_runs import PlanRun
from monitor.training.plan_settings import PlanSettings
from monitor.training.planned_days import planned_days
from monitor.training.table_files import shipped_tables

_FIRST = datetime.date(2026, 1, 5)  # a Monday
_RUN_DAYS, _STRENGTH_DAYS = (0, 2, 4, 5), (1, 3, 6)
_FLARE_EVERY, _FLARE_DAYS = 60, 4


def main() -> None:
    """Measure one year and five, and print how much more five cost."""
    cases: dict[str, Callable[[int], object]] = {"all days": _replay, "all days and mornings": _mornings}
    for name, run in cases.items():
        one, five = _cpu_s(run, 1), _cpu_s(run, 5)
        case = f"plan, {name}"
        result = {"case": case, "year_s": one, "five_years_s": five, "times": five / one}
        short = {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in result.items()}
        print(json.dumps(short), flush=True)


def _cpu_s(run: Callable[[int], object], years: int) -> float:
    """The least of three times."""
    seconds = []
    for _ in range(3):
        begin = time.process_time()
        run(years)
        seconds.append(time.process_time() - begin)
    return min(seconds)


def _replay(years: int) -> object:
    until = _day(365 * years - 1)
    return replayed_days(plan_entries(years), plan_runs_of_years(years), _SETTINGS, until)


def _mornings(years: int) -> object:
    until, tables = _day(365 * years - 1), shipped_tables()
    return planned_days(plan_entries(years), plan_runs_of_years(years), _SETTINGS, until, tables)


_SETTINGS = PlanSettings(sex="woman", born_year=1991, long_run_km=8.0)


def plan_runs_of_years(years: int) -> list[PlanRun]:
    """Return the runs of a made-up runner, with four weeks before the plan begins."""
    days = (day for day in range(-28, 365 * years) if day % 7 in _RUN_DAYS)
    return [_run(day) for day in days]


def _run(day: int) -> PlanRun:
    quick, down = day % 7 == 2, day % 7 == 4 and day % 14 > 7
    return PlanRun(
        session=f"r{day}",
        day=_day(day),
        start=datetime.datetime.combine(_day(day), datetime.time(17)),
        km=5.0 + day % 3,
        km_sd=0.05,
        minutes=6.1 * (5.0 + day % 3),
        braking_dose_bws=30.0,
        pickups=10 * quick,
        descent_s=130.0 * down,
        descent_m=12.0 * down,
        cued=True,
        step=day // 100 % 4,
        off_s=1000.0,
        off_in_s=900.0,
    )


def plan_entries(years: int) -> list[AnyEntry]:
    """Return what a made-up runner wrote down in so many years."""
    entries: list[AnyEntry] = [
        DeclareEntry(id="declare", made_utc=_at(0, 6), day=_day(0), place="behind"),
        ShoeEntry(id="blue", made_utc=_at(0, 6), day=_day(0), shoe="blue", default=True),
        ShoeEntry(id="red", made_utc=_at(30, 6), day=_day(30), shoe="red"),
    ]
    for day in range(365 * years):
        entries += _entries_of_day(day)
    return entries


def _entries_of_day(day: int) -> Iterator[AnyEntry]:
    flare = day % _FLARE_EVERY < _FLARE_DAYS and day > _FLARE_EVERY
    date, pain, weekday = _day(day), 4.0 if flare else 0.0, day % 7
    yield MorningEntry(
        id=f"m{day}", made_utc=_at(day, 7), day=date, pain=pain, tender="same", as_before=not flare
    )
    if weekday in _RUN_DAYS:
        run = f"r{day}"
        yield AfterEntry(id=f"a{day}", made_utc=_at(day, 19), day=date, session=run, during=pain, now=pain)
        if weekday == _RUN_DAYS[-1]:
            yield SessionShoeEntry(id=f"s{day}", made_utc=_at(day, 20), day=date, session=run, shoe="red")
    if weekday in _STRENGTH_DAYS:
        for name in ("split_squat", "side_hip", "hamstring_lowering"):
            yield StrengthEntry(
                id=f"{name}{day}", made_utc=_at(day, 20), day=date, exercise=name, sets=3, reps=8
            )
    if day % 14 == 6:
        for name, reps in (("heel_raise", 30), ("hamstring_curl", 15)):
            yield StrengthEntry(
                id=f"{name}{day}",
                made_utc=_at(day, 18),
                day=date,
                exercise=name,
                reps=reps,
                benchmark=True,
            )
    if weekday == 6:
        yield WeeklyEntry(
            id=f"w{day}",
            made_utc=_at(day, 20),
            day=date,
            taking_part=0,
            volume=0,
            performance=0,
            pain=int(flare),
        )


def _day(day: int) -> datetime.date:
    return _FIRST + datetime.timedelta(days=day)


def _at(day: int, hour: int) -> datetime.datetime:
    return datetime.datetime.combine(_day(day), datetime.time(hour), datetime.UTC)


if __name__ == "__main__":
    main()
