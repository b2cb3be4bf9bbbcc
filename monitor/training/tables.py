"""What the tables hold that the rules read, and within which limits.

A rule takes the tables as an argument; ``monitor.training.table_files`` reads them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """The phase of coming back; ``STOP`` while a red flag stands, before it nothing was declared."""

    NONE = "none"
    STOP = "stop"
    CALM = "calm"
    REBUILD = "rebuild"
    REINTRODUCE = "reintroduce"
    FULL = "full"

    @property
    def code(self) -> int:
        """The number of the phase as it is stored in series: -1 without a plan, 0 STOP, 4 full."""
        return list(Phase).index(self) - 1


ORDER = (Phase.CALM, Phase.REBUILD, Phase.REINTRODUCE, Phase.FULL)
"""The phases that follow each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseLimits:
    """What a phase allows; None is no limit of its own.

    ``week_least_km``: a week has room for so much, however short a usual week was; ``one_kind_days``: so
    long a week has downhill or speed; ``cadence_most``: the highest step of cadence.
    """

    week_share: float | None = None
    week_least_km: float | None = None
    run_share_of_longest: float | None = None
    rest_h: int
    rest_after_longest: bool = False
    effort_most: float
    descent_m: float | None = None
    descent_s: float | None = None
    stressors: tuple[str, ...]
    one_kind_days: int = 0
    cadence_most: int | None = None
    stay_days: int

    def __post_init__(self) -> None:
        _check_limits(self, 1.5, "week_share", "run_share_of_longest")
        _check_limits(self, 336, "rest_h")
        _check_limits(self, 50, "week_least_km")
        _check_limits(self, 10, "effort_most", "cadence_most")
        _check_limits(self, 5_000, "descent_m", "descent_s")
        _check_limits(self, 365, "one_kind_days", "stay_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkRunRow:
    """A row of the walk-run ladder: rounds of minutes running and walking."""

    name: str
    rounds: int
    run_min: float
    walk_min: float
    bone_only: bool = False

    def __post_init__(self) -> None:
        _check_limits(self, 100, "rounds", least=1)
        _check_limits(self, 240, "run_min", "walk_min")
        _check_limits(self, 1_440, "minutes", least=1)

    @property
    def minutes(self) -> float:
        """The length of the whole session in minutes."""
        return self.rounds * (self.run_min + self.walk_min)


@dataclass(frozen=True, slots=True, kw_only=True)
class DownhillRules:
    """The rows of the downhill ladder and how far apart sessions are; slopes in per cent, downwards."""

    slopes_pct: tuple[float, ...]
    repeats: tuple[tuple[int, ...], ...]
    session_s: float
    first_sessions: int
    first_rest_days: int
    speed_mps: float

    def __post_init__(self) -> None:
        _check_limits(self, 3_600, "session_s", least=1)
        _check_limits(self, 100, "first_sessions")
        _check_limits(self, 30, "first_rest_days")
        _check_limits(self, 10, "speed_mps", least=0.5)

    @property
    def rows(self) -> tuple[tuple[int, int, float], ...]:
        """The rows in their order: repeats, seconds of each, slope; repeats come before steepness."""
        return tuple((r[0], r[1], slope) for slope in self.slopes_pct for r in self.repeats)


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupRules:
    """What a session of pickups is, and how it grows."""

    repeats: int
    seconds: int
    effort_most: float
    session_repeats: int
    growth: float

    def __post_init__(self) -> None:
        _check_limits(self, 100, "repeats", "session_repeats", least=1)
        _check_limits(self, 600, "seconds", least=1)
        _check_limits(self, 10, "effort_most")
        _check_limits(self, 2, "growth", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoRules:
    """What a tempo session is, how it grows, and after how many days all GREEN it begins."""

    repeats: int
    minutes: float
    growth_min: float
    most_min: float
    session_min: float
    green_days: int

    def __post_init__(self) -> None:
        _check_limits(self, 100, "repeats", least=1)
        _check_limits(self, 120, "minutes", "growth_min", "most_min", "session_min")
        _check_limits(self, 365, "green_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class HardRules:
    """From which effort a run is hard, and how many hours lie between two."""

    effort: float
    rest_h: int

    def __post_init__(self) -> None:
        _check_limits(self, 10, "effort")
        _check_limits(self, 336, "rest_h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladders:
    """The walk-run ladder and the rules of each stressor."""

    walk_run: tuple[WalkRunRow, ...]
    downhill: DownhillRules
    pickups: PickupRules
    tempo: TempoRules
    hard: HardRules


@dataclass(frozen=True, slots=True, kw_only=True)
class NormRow:
    """Heel raises expected of men and women below this age."""

    below_age: int
    man: int
    woman: int

    def __post_init__(self) -> None:
        _check_limits(self, 200, "below_age", "man", "woman", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Norms:
    """Benchmarks of strength, and the articles' higher figures."""

    heel_raises: tuple[NormRow, ...]
    curls: int
    weaker_share: float
    articles_heel_raises: int
    articles_curls: int

    def __post_init__(self) -> None:
        _check_limits(self, 200, "curls", "articles_heel_raises", "articles_curls", least=1)
        _check_limits(self, 1, "weaker_share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """An exercise of a phase: its dose in sets of repeats or seconds, and how often a week.

    ``sets`` are a number or a range (2-3); ``least_h``: so long after the last time; ``rest_s``: seconds
    of rest between two sets, between holds where the dose is holds, None where nobody gives any;
    ``heavy``: it leaves heavy legs, so it belongs on the day after a hard run; ``label``: the words of an
    exercise of an own copy.
    """

    name: str
    phase: Phase
    sets: str
    dose: str
    a_week: int
    least_h: int = 0
    rest_s: int | None = None
    heavy: bool = False
    label: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d{1,2}(-\d{1,2})?", self.sets):
            raise ValueError(f"sets must be like 2-3, not {self.sets}")
        _check_limits(self, 21, "a_week", least=1)
        _check_limits(self, 336, "least_h")
        _check_limits(self, 1_800, "rest_s")

    @property
    def least_sets(self) -> int:
        """The sets with which a session of it is done."""
        return int(self.sets.partition("-")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """A red flag and its answer, which ends the key of a message."""

    name: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleWeek:
    """A week of the articles' example, with its share of the reference week."""

    phase: Phase
    name: str
    share: float

    def __post_init__(self) -> None:
        _check_limits(self, 1.5, "share")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShoeRules:
    """When shoes are old, too new, too different or too alone."""

    warn_km: float
    alarm_km: float
    main_share: float
    main_days: int
    new_days: int
    new_share: float
    drop_mm: float

    def __post_init__(self) -> None:
        _check_limits(self, 20_000, "warn_km", "alarm_km")
        _check_limits(self, 1, "main_share", "new_share")
        _check_limits(self, 365, "main_days", "new_days")
        _check_limits(self, 40, "drop_mm")


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakRow:
    """A ``BreakRow`` is what a break of ``from_days`` or more leaves: a share of the last run and week.

    A ``share`` of 0 leads to the walk-run ladder; ``steps_down`` are those of the cadence; ``restarts``:
    downhill and speed begin at their first rows again; ``name`` ends the keys of its messages.
    """

    name: str
    from_days: int
    share: float
    steps_down: int
    restarts: bool

    def __post_init__(self) -> None:
        _check_limits(self, 365, "from_days", least=2)
        _check_limits(self, 1, "share")
        _check_limits(self, 10, "steps_down")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRules:
    """``DoseRules`` say how much longer or shorter the next run may be, by the last ones and by breaks.

    ``growth``: over the last GREEN run, and over the longest of 30 days; ``amber_share`` and
    ``red_share``: of a run that was AMBER or RED; ``hold_days``: without progress after a RED one.
    """

    growth: float
    amber_share: float
    red_share: float
    hold_days: int
    breaks: tuple[BreakRow, ...]

    def __post_init__(self) -> None:
        _check_limits(self, 1.5, "growth", least=1)
        _check_limits(self, 1, "amber_share", "red_share")
        _check_limits(self, 60, "hold_days", least=1)

    @property
    def growth_pct(self) -> float:
        """The growth of a run in per cent."""
        return round(100 * (self.growth - 1), 1)

    def break_after(self, days: int | None) -> BreakRow | None:
        """Return the row for so many days since the last run; None where the break is short or unknown."""
        rows = sorted(self.breaks, key=lambda row: row.from_days, reverse=True)
        return next((row for row in rows if days is not None and days >= row.from_days), None)

    def walks_after(self, days: int) -> bool:
        """Return whether so many days without a run lead to the walk-run ladder."""
        row = self.break_after(days)
        return row is not None and not row.share


@dataclass(frozen=True, slots=True, kw_only=True)
class OkPain:
    """The most pain of a GREEN run (0 to 10) by what a clinician said it is; of bone it is none.

    ``tendon_if_allowed``: of a tendon, where the runner says that the clinician allows more.
    """

    joint: float
    tendon: float
    tendon_if_allowed: float
    muscle: float
    unknown: float

    def __post_init__(self) -> None:
        _check_limits(self, 10, "joint", "tendon", "tendon_if_allowed", "muscle", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRules:
    """``VerdictRules`` are the limits between GREEN, AMBER and RED; pain is from 0 to 10.

    ``too_much``: above it, during or after a run, RED; ``morning_amber`` and ``morning_red``: a morning
    more than so much above the usual one, which is the median of ``usual_mornings`` with at least
    ``least_mornings`` answers; ``calm_morning``: the most with which calm may end; ``red_rest_h``: so
    long after a RED run no other; ``calf``: above it one step of cadence down; ``exercise``: above it a
    lighter load.
    """

    too_much: float
    morning_amber: float
    morning_red: float
    usual_mornings: int
    least_mornings: int
    calm_morning: float
    red_rest_h: int
    calf: float
    exercise: float
    ok: OkPain

    def __post_init__(self) -> None:
        _check_limits(self, 10, "too_much", "morning_amber", "morning_red", "calm_morning")
        _check_limits(self, 10, "calf", "exercise")
        _check_limits(self, 28, "usual_mornings", "least_mornings", least=1)
        _check_limits(self, 336, "red_rest_h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """All tables that the rules read."""

    phases: Mapping[Phase, PhaseLimits]
    ladders: Ladders
    norms: Norms
    exercises: tuple[Exercise, ...]
    flags: tuple[RedFlag, ...]
    weeks: tuple[ExampleWeek, ...]
    shoes: ShoeRules
    doses: DoseRules
    verdicts: VerdictRules
    grades: Mapping[str, str] = field(default_factory=dict)


def _check_limits(row: object, most: float, *names: str, least: float = 0.0) -> None:
    """Refuse a field that is known and not a number in these limits; the reader of tables says where."""
    for name in names:
        value = getattr(row, name)
        if value is not None and not (math.isfinite(value) and least <= value <= most):
            raise ValueError(f"{name} must be between {least:g} and {most:g}, not {value:g}")
