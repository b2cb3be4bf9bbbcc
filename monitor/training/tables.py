"""The tables that the rules read: shipped with the program, each replaceable by the runner's own copy.

A rule takes the tables as an argument.  ``shipped_tables`` reads those in the folder ``tables``;
``read_tables`` takes the text of an own copy of any of them instead.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from monitor.core import json_codec


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

    ``one_kind_days``: so long a week has downhill or speed; ``cadence_most``: the highest step of cadence.
    """

    week_share: float | None = None
    run_share_of_longest: float | None = None
    rest_h: int = 0
    rest_after_longest: bool = False
    effort_most: float = 10
    descent_m: float | None = None
    descent_s: float | None = None
    stressors: tuple[str, ...] = ()
    one_kind_days: int = 0
    cadence_most: int | None = None
    stay_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkRunRow:
    """A row of the walk-run ladder: rounds of minutes running and walking."""

    name: str
    rounds: int
    run_min: float
    walk_min: float
    bone_only: bool = False

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoRules:
    """What a tempo session is, how it grows, and after how many days all GREEN it begins."""

    repeats: int
    minutes: float
    growth_min: float
    most_min: float
    session_min: float
    green_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HardRules:
    """From which effort a run is hard, and how many hours lie between two."""

    effort: float
    rest_h: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Norms:
    """Benchmarks of strength, and the articles' higher figures."""

    heel_raises: tuple[NormRow, ...]
    curls: int
    weaker_share: float
    articles_heel_raises: int
    articles_curls: int


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
            raise ValueError(f"sets must be a number or a range such as 2-3, not {self.sets}")

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
    grades: Mapping[str, str] = field(default_factory=dict)


TABLE_NAMES = ("phases", "ladders", "norms", "strength", "red_flags", "weeks", "shoes", "rules")
"""The tables, by the names of their files."""


@cache
def shipped_tables() -> Tables:
    """Return the tables as they are shipped; they are read once."""
    return read_tables({})


def read_tables(own: Mapping[str, str]) -> Tables:
    """Return the tables, each from an own copy's text where there is one; ``ValueError`` if it is bad."""
    if unknown := own.keys() - set(TABLE_NAMES):
        raise ValueError(f"no such table: {', '.join(sorted(unknown))}")
    folder = files("monitor.training") / "tables"
    raw: dict[str, Any] = {
        name: tomllib.loads(own[name] if name in own else (folder / f"{name}.toml").read_text("utf-8"))
        for name in TABLE_NAMES
    }
    try:
        return _tables(raw)
    except KeyError as exc:
        raise ValueError(f"a table lacks {exc}") from exc


def _tables(raw: Mapping[str, Any]) -> Tables:
    return Tables(
        phases={Phase(k): json_codec.from_json(PhaseLimits, v) for k, v in raw["phases"].items()},
        ladders=json_codec.from_json(Ladders, raw["ladders"]),
        norms=json_codec.from_json(Norms, raw["norms"]),
        exercises=tuple(json_codec.from_json(Exercise, row) for row in raw["strength"]["exercise"]),
        flags=tuple(json_codec.from_json(RedFlag, row) for row in raw["red_flags"]["flag"]),
        weeks=tuple(json_codec.from_json(ExampleWeek, row) for row in raw["weeks"]["week"]),
        shoes=json_codec.from_json(ShoeRules, raw["shoes"]),
        grades=dict(raw["rules"]["grades"]),
    )
