"""The walk-run ladder: rows of minutes running and walking, each twice GREEN before the next.

RED leads one row down, the second RED on a row two down with "ask a clinician".  Where a clinician said
"bone" the ladder begins at a row of its own, which the first RED repeats.  Sources: a trial's protocol
(telehealth gait retraining, Trials 2023;24), articles; consensus at best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.training.tables import WalkRunRow
from monitor.training.verdict import RunVerdict, Verdict

_GREENS = 2
_LEAST_SHARE = 0.5  # of a row's minutes: a shorter session is no proof


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderPlace:
    """A place on the walk-run ladder: row, GREEN sessions on it (two at most), RED ones by row.

    ``ask``: twice RED on a row, so a clinician should be asked; ``for_bone``: begun for the bone alone.
    """

    rows: tuple[WalkRunRow, ...]
    row: int = 0
    greens: int = 0
    reds: tuple[int, ...] = ()
    ask: bool = False
    finished: bool = False
    for_bone: bool = False

    @property
    def now(self) -> WalkRunRow:
        """The row that is to be done next."""
        return self.rows[self.row]


def ladder_start(rows: Sequence[WalkRunRow], *, bone: bool, walk_first: bool) -> LadderPlace:
    """Return the first place on the ladder: walking, or the first running row."""
    mine = tuple(row for row in rows if bone or not row.bone_only)
    return LadderPlace(rows=mine, row=0 if walk_first else 1, reds=(0,) * len(mine))


def without_bone(place: LadderPlace) -> LadderPlace:
    """Return the place on the ladder of everybody; in place of a row of the bone the next one, anew."""
    mine = [k for k, row in enumerate(place.rows) if not row.bone_only]
    return replace(
        place,
        rows=tuple(place.rows[k] for k in mine),
        reds=tuple(place.reds[k] for k in mine),
        row=sum(k < place.row for k in mine),
        greens=0 if place.now.bone_only else place.greens,
        for_bone=False,
    )


def ladder_after(place: LadderPlace, judged: RunVerdict) -> LadderPlace:
    """Return the place after a session with its verdict, on the same row or after RED further down.

    AMBER and UNKNOWN leave it as it is, and ``next_row`` leads up.
    """
    if place.finished:
        return place
    if judged.verdict is Verdict.RED:
        return _down(place)
    minutes = judged.run.minutes or 0.0
    if judged.verdict is not Verdict.GREEN or minutes < _LEAST_SHARE * place.now.minutes:
        return place
    if judged.run.walk and place.now.run_min:
        return place
    return replace(place, greens=min(_GREENS, place.greens + 1))


def next_row(place: LadderPlace) -> LadderPlace:
    """Return the place on the next row, or the end of the ladder, after two GREEN sessions on this one."""
    if place.finished or place.greens < _GREENS:
        return place
    if place.row + 1 == len(place.rows):
        return replace(place, finished=True, ask=False)
    reds = _counted(place.reds, place.row, 0)
    return replace(place, row=place.row + 1, greens=0, reds=reds, ask=False)


def _down(place: LadderPlace) -> LadderPlace:
    reds = place.reds[place.row] + 1
    if reds >= 2:
        row = max(0, place.row - 2)
        return replace(place, row=row, greens=0, reds=_counted(place.reds, place.row, 0), ask=True)
    row = place.row if place.now.bone_only else max(0, place.row - 1)
    return replace(place, row=row, greens=0, reds=_counted(place.reds, place.row, reds))


def _counted(reds: tuple[int, ...], row: int, count: int) -> tuple[int, ...]:
    return (*reds[:row], count, *reds[row + 1 :])
