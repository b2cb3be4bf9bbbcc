"""The tables as files: those that are shipped, and the runner's own copies, which win.

``shipped_tables`` reads those in the folder ``tables`` beside this module; ``read_tables`` takes the text
of an own copy of any of them instead, and tells all its mistakes at once, each with line, row and field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from monitor.core.errors import ConfigError
from monitor.core.message_catalogues import UserMessage
from monitor.core.toml_reader import Checks, read_toml_text, suggestion
from monitor.core.toml_text import TomlKey
from monitor.training.red_flags import URGENCY
from monitor.training.tables import (
    ORDER,
    BreakRow,
    DoseRules,
    DownhillRules,
    ExampleWeek,
    Exercise,
    Ladders,
    Norms,
    OkPain,
    Phase,
    PhaseLimits,
    RedFlag,
    ShoeRules,
    Tables,
    VerdictRules,
)

_STRESSORS = ("downhill", "pickups", "tempo")
_GRADES = ("A", "B", "C", "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class _PhaseTable:
    calm: PhaseLimits
    rebuild: PhaseLimits
    reintroduce: PhaseLimits
    full: PhaseLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class _StrengthTable:
    exercise: tuple[Exercise, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _FlagTable:
    flag: tuple[RedFlag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _WeekTable:
    week: tuple[ExampleWeek, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _GradeTable:
    grades: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _TableFiles:
    """One field for each file, with its name."""

    phases: _PhaseTable
    ladders: Ladders
    norms: Norms
    strength: _StrengthTable
    red_flags: _FlagTable
    weeks: _WeekTable
    shoes: ShoeRules
    doses: DoseRules
    verdicts: VerdictRules
    rules: _GradeTable


TABLE_NAMES = tuple(f.name for f in fields(_TableFiles))
"""The tables, by the names of their files."""
_CLASSES = (
    _PhaseTable,
    Ladders,
    Norms,
    _StrengthTable,
    _FlagTable,
    _WeekTable,
    ShoeRules,
    DoseRules,
    VerdictRules,
    _GradeTable,
)


@cache
def shipped_tables() -> Tables:
    """Return the tables as they are shipped; they are read once."""
    return _tables({name: (text, _NO_CHECKS) for name, text in _shipped_texts().items()}, Path("tables"))


def read_tables(own: Mapping[str, str], folder: Path) -> Tables:
    """Return the tables, each from an own copy's text where there is one.

    ``own`` are the texts by the names of the tables, ``folder`` is where they lie, for messages.  Raises
    ``ConfigError`` with every mistake and what to do about it.
    """
    if unknown := sorted(own.keys() - set(TABLE_NAMES)):
        path = folder / f"{unknown[0]}.toml"
        raise ConfigError("error.no_plan_table", path=path, hint=suggestion(unknown[0], TABLE_NAMES))
    checks = _own_checks(shipped_tables())
    texts = {name: (text, _NO_CHECKS) for name, text in _shipped_texts().items()}
    return _tables(texts | {name: (text, checks) for name, text in own.items()}, folder)


def _shipped_texts() -> dict[str, str]:
    folder = files("monitor.training") / "tables"
    return {name: (folder / f"{name}.toml").read_text("utf-8") for name in TABLE_NAMES}


def _tables(texts: Mapping[str, tuple[str, Checks]], folder: Path) -> Tables:
    """All tables; the mistakes of all files are told together."""
    mistakes: list[UserMessage] = []
    read: dict[str, Any] = {}
    for name, cls in zip(TABLE_NAMES, _CLASSES, strict=True):
        text, checks = texts[name]
        path = folder / f"{name}.toml"
        try:
            read[name] = read_toml_text(cls, text, {}, path, checks)
        except ConfigError as exc:
            mistakes += [*exc.messages, UserMessage("plan.table.what_to_do", {"path": str(path)})]
    if mistakes:
        raise ConfigError.listing(mistakes)
    found = _TableFiles(**read)
    return Tables(
        phases={phase: getattr(found.phases, phase.value) for phase in ORDER},
        ladders=found.ladders,
        norms=found.norms,
        exercises=found.strength.exercise,
        flags=found.red_flags.flag,
        weeks=found.weeks.week,
        shoes=found.shoes,
        doses=found.doses,
        verdicts=found.verdicts,
        grades=found.rules.grades,
    )


# ------------------------------------------------------------------ what an own copy may say

_Mistakes = Iterator[tuple[TomlKey, UserMessage]]
_NO_CHECKS: Checks = {}


def _own_checks(shipped: Tables) -> Checks:
    """What may be wrong with an own copy beyond the limits of its fields: names, order of rows."""
    exercises = [e.name for e in shipped.exercises]
    flags, weeks = [f.name for f in shipped.flags], [w.name for w in shipped.weeks]
    breaks = [row.name for row in shipped.doses.breaks]
    return {
        PhaseLimits: lambda row: _unknown(row.stressors, _STRESSORS, ("stressors",)),
        _PhaseTable: lambda table: _limit_mistakes(table, shipped),
        Ladders: _ladder_mistakes,
        DownhillRules: _downhill_mistakes,
        Norms: _norm_mistakes,
        Exercise: lambda row: () if row.label else _unknown([row.name], exercises, ("name",)),
        RedFlag: lambda row: [
            *_unknown([row.name], flags, ("name",)),
            *_unknown([row.answer], URGENCY, ("answer",)),
        ],
        ExampleWeek: lambda row: _unknown([row.name], weeks, ("name",)),
        BreakRow: lambda row: _unknown([row.name], breaks, ("name",)),
        DoseRules: _dose_mistakes,
        VerdictRules: _verdict_mistakes,
        _StrengthTable: lambda table: _all_phases([row.phase for row in table.exercise], "exercise"),
        _FlagTable: _flag_mistakes,
        _GradeTable: lambda table: [
            m
            for rule, grade in table.grades.items()
            for m in (
                *_unknown([rule], shipped.grades, ("grades", rule)),
                *_unknown([grade], _GRADES, ("grades", rule)),
            )
        ],
    }


def _unknown(names: Iterable[str], known: Iterable[str], at: TomlKey) -> _Mistakes:
    known = list(dict.fromkeys(known))
    for name in names:
        if name not in known:
            yield at, UserMessage("plan.table.unknown", {"name": name, "hint": suggestion(name, known)})


def _flag_mistakes(table: _FlagTable) -> _Mistakes:
    """A sign that stands twice has two answers, of which the later one would be the less urgent."""
    names = [flag.name for flag in table.flag]
    if not names:
        yield ("flag",), UserMessage("plan.table.empty")
    for name in dict.fromkeys(n for n in names if names.count(n) > 1):
        yield ("flag",), UserMessage("plan.table.twice", {"name": name})


def _not_above(value: float, at: TomlKey, most: float, other: str) -> _Mistakes:
    """A limit that must not be above that of the field ``other``."""
    if value > most:
        yield at, UserMessage("plan.table.above", {"other": other, "most": most})


def _all_phases(phases: list[Phase], name: str) -> _Mistakes:
    for phase in ORDER:
        if phase not in phases:
            yield (name,), UserMessage("plan.table.no_phase", {"phase": phase.value})


def _limit_mistakes(table: _PhaseTable, shipped: Tables) -> _Mistakes:
    """A limit that is left out would be none at all, which nobody means by leaving it out."""
    for phase in ORDER:
        limits, own = shipped.phases[phase], getattr(table, phase.value)
        for name in (f.name for f in fields(PhaseLimits)):
            if getattr(limits, name) is not None and getattr(own, name) is None:
                yield (phase.value, name), UserMessage("setting.missing")


def _ladder_mistakes(ladders: Ladders) -> _Mistakes:
    rows = [row for row in ladders.walk_run if not row.bone_only]
    if len(rows) < 2 or rows[0].run_min or not all(row.run_min for row in rows[1:]):
        yield ("walk_run",), UserMessage("plan.table.walk_first")


def _downhill_mistakes(rules: DownhillRules) -> _Mistakes:
    if not rules.slopes_pct or not all(0 < slope <= 30 for slope in rules.slopes_pct):
        yield ("slopes_pct",), UserMessage("plan.table.slopes")
    if not rules.repeats or not all(len(pair) == 2 and min(pair) > 0 for pair in rules.repeats):
        yield ("repeats",), UserMessage("plan.table.pairs")


def _dose_mistakes(doses: DoseRules) -> _Mistakes:
    """More pain, or a longer break, never leaves more."""
    yield from _not_above(doses.red_share, ("red_share",), doses.amber_share, "amber_share")
    shares = [row.share for row in doses.breaks]
    if shares != sorted(shares, reverse=True):
        yield ("breaks",), UserMessage("plan.table.shares")
    days = [row.from_days for row in doses.breaks]
    if days != sorted(set(days)):
        yield ("breaks",), UserMessage("plan.table.days")


def _norm_mistakes(norms: Norms) -> _Mistakes:
    ages = [row.below_age for row in norms.heel_raises]
    if not ages or ages != sorted(set(ages)):
        yield ("heel_raises",), UserMessage("plan.table.ages")


def _verdict_mistakes(rules: VerdictRules) -> _Mistakes:
    """What is RED is never less than what is AMBER, and AMBER begins before it is too much."""
    yield from _not_above(rules.morning_amber, ("morning_amber",), rules.morning_red, "morning_red")
    yield from _not_above(rules.least_mornings, ("least_mornings",), rules.usual_mornings, "usual_mornings")
    for name in (f.name for f in fields(OkPain)):
        yield from _not_above(getattr(rules.ok, name), ("ok", name), rules.too_much, "too_much")
