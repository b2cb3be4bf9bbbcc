"""The intervals of a day in the plan of coming back: the walk-run ladder, pickups, tempo."""

from __future__ import annotations

from monitor.core.session_settings import IntervalPlan
from monitor.training.plan_day import PlanDay
from monitor.training.tables import WalkRunRow

_EASY_S = {"pickups": 60.0, "tempo": 120.0}
"""What is easy after each: a minute, as the plan says of pickups; of tempo it says nothing (a choice)."""


def planned_intervals(day: PlanDay, ladder: tuple[WalkRunRow, ...]) -> tuple[IntervalPlan, ...]:
    """Return the intervals that a day of the plan has: its row of the ladder, or what is offered.

    None where no run is allowed, where the row is walking alone or running in one piece, and of downhill,
    which goes by the hill and not by the clock.
    """
    allowance = day.allowance
    if allowance is None or not allowance.run:
        return ()
    rows = [row for row in ladder if row.name == allowance.ladder and row.run_min and row.walk_min]
    if rows:
        row = rows[0]
        walked = IntervalPlan(
            repeats=row.rounds, work_s=60 * row.run_min, easy_s=60 * row.walk_min, walk=True
        )
        return (walked,)
    return tuple(
        IntervalPlan(repeats=s.repeats, work_s=s.seconds, easy_s=_EASY_S[s.kind])
        for s in allowance.stressors
        if s.kind in _EASY_S
    )
