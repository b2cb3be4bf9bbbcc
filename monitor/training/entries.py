"""What a runner writes down: entries are facts, never overwritten, and hold until they are corrected.

An entry says when it was made and for which day it stands.  A correction is a new entry of the same kind
that ``replaces`` another; ``Withdrawn`` takes one back (``monitor.training.standing_entries``).  Entries of
kinds that a newer program wrote are returned as they came and do not count.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from monitor.core import json_codec
from monitor.core.message_catalogues import MessageValue, UserMessage, catalogue

Swelling = Literal["none", "same", "more"]
Tenderness = Literal["less", "same", "more"]
Place = Literal["", "front", "inner", "outer", "behind", "calf", "achilles", "other"]
Tissue = Literal["tendon", "joint", "bone", "muscle", "unknown"]
LegSide = Literal["", "left", "right", "both"]
SharedItem = Literal["phase", "allowance", "pain", "strength", "shoes"]


class EntryMistake(ValueError):
    """An ``EntryMistake`` says which field of an entry cannot be so, as a message for its writer."""

    def __init__(self, key: str, field: str, /, **values: MessageValue) -> None:
        self.message = UserMessage(key, {"field": UserMessage(f"entry.field.{field}"), **values})
        super().__init__(catalogue("en").render(self.message))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An ``Entry`` is what all kinds have: an id, when it was made, and the runner's day it stands for.

    ``made_utc`` has an offset; ``utc_offset_s`` is how far the runner's clock was ahead of UTC then;
    ``replaces`` is the id of the entry that this one corrects.
    """

    id: str
    made_utc: datetime.datetime
    day: datetime.date
    utc_offset_s: int = 0
    replaces: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("id must not be empty")
        if self.made_utc.tzinfo is None:
            raise ValueError("made_utc must have an offset")
        check_between(self, 86_400, "utc_offset_s", least=-86_400)

    @property
    def written_day(self) -> datetime.date:
        """The runner's date on which the entry was made, before which nobody can know it."""
        return (self.made_utc + datetime.timedelta(seconds=self.utc_offset_s)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterEntry(Entry):
    """An ``AfterEntry`` says how a run felt: worst pain during it, pain now (0 to 10), where, effort.

    It outlives its session: a pain is not forgotten with the numbers of its run.  ``painkiller`` means
    within 24 h of the run.  ``pickups`` (how many) and ``tempo_min`` say what was quick in it, which no
    sensor tells.
    """

    session: str
    during: float
    now: float
    side: LegSide = ""
    place: Place = ""
    limp: bool = False
    effort: float | None = None
    stopped_early: bool = False
    painkiller: bool = False
    pickups: int = 0
    tempo_min: float = 0.0

    def __post_init__(self) -> None:
        Entry.__post_init__(self)
        check_between(self, 10, "during", "now", "effort")
        check_between(self, 1000, "pickups")
        check_between(self, 6000, "tempo_min")
        _check_where(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningEntry(Entry):
    """A ``MorningEntry`` says how this morning is: pain 0 to 10, stiffness, swelling, tender on pressing.

    ``as_before`` answers "as before the run?"; None where nobody ran or it was not answered.
    """

    pain: float
    stiffness_min: float | None = None
    swelling: Swelling | None = None
    tender: Tenderness | None = None
    as_before: bool | None = None

    def __post_init__(self) -> None:
        Entry.__post_init__(self)
        check_between(self, 10, "pain")
        check_between(self, 1440, "stiffness_min")
        check_choice(self, "swelling", (None, *get_args(Swelling)))
        check_choice(self, "tender", (None, *get_args(Tenderness)))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyEntry(Entry):
    """A ``WeeklyEntry`` holds the four weekly questions (Clarsen 2020), each 0 (none) to 3 (most).

    ``monitor.training.weekly_score`` counts them; 3 of ``taking_part`` is "not possible".
    """

    taking_part: int
    volume: int
    performance: int
    pain: int

    def __post_init__(self) -> None:
        Entry.__post_init__(self)
        check_between(self, 3, "taking_part", "volume", "performance", "pain")


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthEntry(Entry):
    """A ``StrengthEntry`` is one exercise; with ``benchmark`` a test of how many repeats a side can."""

    exercise: str
    side: LegSide = ""
    sets: int = 1
    reps: int = 0
    load_kg: float | None = None
    pain: float | None = None
    benchmark: bool = False

    def __post_init__(self) -> None:
        Entry.__post_init__(self)
        check_between(self, 100, "sets")
        check_between(self, 1000, "reps", "load_kg")
        check_between(self, 10, "pain")
        check_choice(self, "side", get_args(LegSide))


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagEntry(Entry):
    """A ``FlagEntry`` is a red flag that was ticked, by its name in the table of red flags."""

    flag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedEntry(Entry):
    """A ``ClearedEntry`` says that somebody looked at it; the only way out of STOP."""

    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualRunEntry(Entry):
    """A ``ManualRunEntry`` is a run or a walk without sensors; its id is that of the session."""

    start: datetime.datetime | None = None  # the runner's time of day
    km: float | None = None
    minutes: float | None = None
    descent_m: float | None = None
    descent_s: float | None = None
    effort: float | None = None
    pickups: int = 0
    tempo_min: float = 0.0
    walk: bool = False
    shoe: str = ""

    def __post_init__(self) -> None:
        Entry.__post_init__(self)
        check_between(self, 500, "km")
        check_between(self, 6000, "minutes", "tempo_min")
        check_between(self, 20_000, "descent_m")
        check_between(self, 100_000, "descent_s")
        check_between(self, 10, "effort")
        check_between(self, 1000, "pickups")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShoeEntry(Entry):
    """A ``ShoeEntry`` is a pair of shoes: model, drop and height in mm, kilometres at its start.

    ``pods`` are the serials of the pods that are worn on it; ``default``: it is the pair of runs of which
    nobody says another.  Of several entries about a pair the last one tells of it, so retiring a pair is
    its entry once more with ``retired``.
    """

    shoe: str
    model: str = ""
    drop_mm: float | None = None
    stack_mm: float | None = None
    start_km: float = 0.0
    retired: bool = False
    pods: tuple[str, ...] = ()
    default: bool = False

    def __post_init__(self) -> None:
        Entry.__post_init__(self)
        check_between(self, 100, "stack_mm")
        check_between(self, 30, "drop_mm", least=-10)
        check_between(self, 20_000, "start_km")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShoeEntry(Entry):
    """A ``SessionShoeEntry`` answers "which shoes?" for a session; an empty ``shoe`` is none of them.

    A later answer for the same session wins, as that of a correction does.
    """

    session: str
    shoe: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareEntry(Entry):
    """A ``DeclareEntry`` starts a plan: since when it hurts, where, and what a clinician said it is.

    ``reference_km`` (a usual week) and ``longest_km`` (of the last 30 days) are what the runner says of
    runs that are not in the store.  ``runs_10_min`` answers "can you run easy for 10 minutes?".
    ``up_to_5`` means that a clinician allows pain up to 5 of 10, which only counts for a tendon.
    """

    began: datetime.date | None = None
    side: LegSide = ""
    place: Place = ""
    tissue: Tissue = "unknown"
    up_to_5: bool = False
    reference_km: float | None = None
    longest_km: float | None = None
    runs_10_min: bool = True

    def __post_init__(self) -> None:
        Entry.__post_init__(self)
        check_between(self, 500, "reference_km", "longest_km")
        check_choice(self, "tissue", get_args(Tissue))
        _check_where(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareEntry(Entry):
    """A ``ShareEntry`` switches on or off that a coach sees one item; nothing is shared without one.

    ``guardian``: a guardian agreed to it, which the sharing of a runner under 16 needs.
    """

    item: SharedItem
    on: bool
    guardian: bool = False

    def __post_init__(self) -> None:
        Entry.__post_init__(self)
        check_choice(self, "item", get_args(SharedItem))


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Entry):
    """A ``Withdrawn`` takes back the entry that it replaces, which was a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignEntry:
    """A ``ForeignEntry`` is of a kind that this program does not know; its JSON is returned as it came."""

    raw: Mapping[str, Any]


ENTRY_KINDS: Mapping[str, type[Entry]] = {
    "after": AfterEntry,
    "morning": MorningEntry,
    "weekly": WeeklyEntry,
    "strength": StrengthEntry,
    "flag": FlagEntry,
    "cleared": ClearedEntry,
    "manual_run": ManualRunEntry,
    "shoe": ShoeEntry,
    "session_shoe": SessionShoeEntry,
    "declare": DeclareEntry,
    "share": ShareEntry,
    "withdrawn": Withdrawn,
}
"""Every kind of entry by its name in stored JSON."""
_KIND_NAMES = {cls: name for name, cls in ENTRY_KINDS.items()}
AnyEntry = Entry | ForeignEntry
_E = TypeVar("_E", bound=Entry)


def entry_to_json(entry: AnyEntry) -> dict[str, Any]:
    """Return an entry as JSON, with its ``kind``."""
    if isinstance(entry, ForeignEntry):
        return dict(entry.raw)
    return {"kind": _KIND_NAMES[type(entry)], **json_codec.to_json(entry)}


def entry_from_json(raw: Mapping[str, Any]) -> AnyEntry:
    """Return the entry of this JSON; ``ValueError`` for a known kind with fields that it cannot have."""
    fields = dict(raw)
    cls = ENTRY_KINDS.get(str(fields.pop("kind", "")))
    return ForeignEntry(raw=dict(raw)) if cls is None else json_codec.from_json(cls, fields)


class StandingEntries(tuple[Entry, ...]):
    """The entries that hold on a day, in the order of the days that they stand for.

    ``of`` has those of one kind without going through all of them.
    """

    of: Mapping[type[Entry], tuple[Entry, ...]]

    def __new__(
        cls, entries: Iterable[Entry], of: Mapping[type[Entry], tuple[Entry, ...]]
    ) -> StandingEntries:
        """Return entries in their order; ``of`` has the same ones by their kinds."""
        standing = super().__new__(cls, entries)
        standing.of = dict(of)
        return standing


def entries_of(kind: type[_E], entries: Iterable[Entry]) -> tuple[_E, ...]:
    """Return the entries of one kind, in the order in which they stand."""
    if isinstance(entries, StandingEntries):
        return entries.of.get(kind, ())  # type: ignore[return-value]
    return tuple(e for e in entries if isinstance(e, kind))


def check_between(entry: object, most: float, *names: str, least: float = 0.0) -> None:
    """Raise ``EntryMistake`` if one of these fields is known and not a number in these limits."""
    for name in names:
        value = getattr(entry, name)
        if value is not None and not (
            isinstance(value, int | float) and math.isfinite(value) and least <= value <= most
        ):
            raise EntryMistake("entry.between", name, least=least, most=most, value=str(value))


def _check_where(entry: AfterEntry | DeclareEntry) -> None:
    check_choice(entry, "side", get_args(LegSide))
    check_choice(entry, "place", get_args(Place))


def check_choice(entry: object, name: str, choices: tuple[str | None, ...]) -> None:
    """Raise ``EntryMistake`` if this field is none of the choices."""
    if getattr(entry, name) not in choices:
        names = ", ".join(choice for choice in choices if choice)
        raise EntryMistake("entry.choice", name, choices=names)
