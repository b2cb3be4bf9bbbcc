"""Four made-up weeks of the demo's runner, who comes back from a knee that hurts and raises the cadence.

The runs are made as those of the squad are (``monitor.simulation.squad_history``).  What was written down
is a story in which all goes well: pain fades, the mornings are good, the tests of strength are passed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from monitor.simulation.squad import Athlete
from monitor.simulation.squad_history import (
    STORY_DAYS,
    days_with_a_run,
    evening_of,
    past_session,
    utc_at,
)
from monitor.training.entries import (
    DeclareEntry,
    Entry,
    LegSide,
    MorningEntry,
    SessionShoeEntry,
    ShoeEntry,
    StrengthEntry,
)

_SHOES = (("daily", "Daily trainer", 412.0), ("light", "Light trainer", 35.0))
"""Their ids, models, and kilometres four weeks ago."""
_TESTED = (("heel_raise", 34), ("hamstring_curl", 15))
_TESTED_AFTER_DAYS = 12
_DAILY = ("knee_flexion_hold", "calf_press_hold")  # in the first week, then three times a week:
_HEAVY = ("hamstring_lowering", "calf_raise_straight", "split_squat")


def demo_entries(a: Athlete, today: datetime.date) -> list[Entry]:
    """Return what the demo's runner has written down in the weeks before ``today``."""
    first = today - datetime.timedelta(days=STORY_DAYS)
    declared = DeclareEntry(
        id="declared",
        made_utc=utc_at(first, 6),
        day=first,
        place="behind",
        reference_km=30.0,
        longest_km=12.0,
    )
    return [declared, *_shoes(a, first, today), *_answers(a, first, today), *_exercises(first, today)]


def _shoes(a: Athlete, first: datetime.date, today: datetime.date) -> Iterator[Entry]:
    for number, (shoe, model, km) in enumerate(_SHOES):
        yield ShoeEntry(
            id=f"shoe-{shoe}", made_utc=utc_at(first, 7), day=first,
            shoe=shoe, model=model, start_km=km, drop_mm=8.0, default=number == 0,
        )  # fmt: skip
    for day in days_with_a_run(a, today)[1::3]:
        yield SessionShoeEntry(
            id=f"worn-{day}", made_utc=utc_at(day, 18), day=day, session=past_session(a, day), shoe="light"
        )


def _answers(a: Athlete, first: datetime.date, today: datetime.date) -> Iterator[Entry]:
    """How every run felt, and every morning; the pain of a morning is gone in two weeks."""
    ran = set(days_with_a_run(a, today))
    for number in range(STORY_DAYS + 1):
        day = first + datetime.timedelta(days=number)
        before = day - datetime.timedelta(days=1) in ran
        yield MorningEntry(
            id=f"morning-{day}", made_utc=utc_at(day, 5), day=day, pain=float(max(0, 2 - number // 5)),
            tender="same" if number < 3 else "less", swelling="none", as_before=True if before else None,
        )  # fmt: skip
        if day in ran:
            pain = float(max(1, 3 - number // 5))
            yield evening_of(a, day, pain, pain - 1)


def _exercises(first: datetime.date, today: datetime.date) -> Iterator[Entry]:
    """Every exercise of the plan's phases as often as it asks for, and the tests of strength once."""
    for number in range(STORY_DAYS):
        day = first + datetime.timedelta(days=number)
        names = _DAILY if number < 7 else _HEAVY if number % 7 in (0, 2, 4) else ()
        for name in names:
            yield StrengthEntry(
                id=f"{name}-{day}",
                made_utc=utc_at(day, 19),
                day=day,
                exercise=name,
                sets=3,
                reps=8,
                pain=1.0,
            )
    day = first + datetime.timedelta(days=_TESTED_AFTER_DAYS)
    for name, most in _TESTED:
        sides: tuple[tuple[LegSide, int], ...] = (("left", most - 1), ("right", most))
        for side, reps in sides:
            yield StrengthEntry(
                id=f"{name}-{side}", made_utc=utc_at(day, 20), day=day,
                exercise=name, side=side, reps=reps, benchmark=True,
            )  # fmt: skip
