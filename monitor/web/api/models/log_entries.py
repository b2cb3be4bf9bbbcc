"""Answers about the runner's log: every kind of entry, and the log as it stands."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from monitor.web.api.models.described import ApiModel, described


class LogEntryJson(ApiModel):
    """An entry of the log: what all kinds have."""

    id: str = described("id of the entry")
    made_utc: str = described("when it was written down")
    day: str = described("the runner's day that it stands for")
    utc_offset_s: int = described("what the runner's clock was ahead of UTC then")
    replaces: str = described("id of the entry that it corrects; empty: of none")


class AfterEntryJson(LogEntryJson):
    """An answer to how a run felt."""

    kind: Literal["after"] = described("always after")
    session: str = described("id of the run")
    during: float = described("worst pain during it, 0 to 10", "1")
    now: float = described("pain after it, 0 to 10", "1")
    side: str = described("left, right or both; empty: not said")
    place: str = described("front, inner, outer, behind, calf, achilles or other; empty: not said")
    limp: bool = described("limping")
    effort: float | None = described("effort, 0 to 10; null: not said", "1")
    stopped_early: bool = described("ended before it was meant to")
    painkiller: bool = described("a painkiller within 24 h of it")
    pickups: int = described("short quick pieces in it", "1")
    tempo_min: float = described("minutes of tempo in it", "min")


class MorningEntryJson(LogEntryJson):
    """An answer to how a morning is."""

    kind: Literal["morning"] = described("always morning")
    pain: float = described("pain, 0 to 10", "1")
    stiffness_min: float | None = described("minutes of stiffness; null: not said", "min")
    swelling: str | None = described("none, same or more; null: not said")
    tender: str | None = described("on pressing: less, same or more; null: not said")
    as_before: bool | None = described("as before the run; null: not said")


class WeeklyEntryJson(LogEntryJson):
    """The four weekly questions, each 0 (none) to 3 (most)."""

    kind: Literal["weekly"] = described("always weekly")
    taking_part: int = described("difficulty in taking part", "1")
    volume: int = described("less training", "1")
    performance: int = described("worse performance", "1")
    pain: int = described("pain", "1")


class StrengthEntryJson(LogEntryJson):
    """An exercise, or a test of strength, that was done."""

    kind: Literal["strength"] = described("always strength")
    exercise: str = described("name of the exercise")
    side: str = described("left, right or both; empty: not said")
    sets: int = described("sets", "1")
    reps: int = described("repeats of a set", "1")
    load_kg: float | None = described("load; null: none, or not said")
    pain: float | None = described("pain, 0 to 10; null: not said", "1")
    benchmark: bool = described("true: a test of how many repeats a side can do")


class FlagEntryJson(LogEntryJson):
    """A red flag that the runner ticked."""

    kind: Literal["flag"] = described("always flag")
    flag: str = described("its name")


class ClearedEntryJson(LogEntryJson):
    """A note that somebody has looked at it."""

    kind: Literal["cleared"] = described("always cleared")
    by: str = described("who; empty: not said")


class ManualRunEntryJson(LogEntryJson):
    """A run or a walk that no sensor saw."""

    kind: Literal["manual_run"] = described("always manual_run")
    start: str | None = described("the runner's time of day; null: not said")
    km: float | None = described("distance; null: not said", "km")
    minutes: float | None = described("time; null: not said", "min")
    descent_m: float | None = described("running downhill, in metres of height; null: not said")
    descent_s: float | None = described("running downhill, in time; null: not said")
    effort: float | None = described("effort, 0 to 10; null: not said", "1")
    pickups: int = described("short quick pieces in it", "1")
    tempo_min: float = described("minutes of tempo in it", "min")
    walk: bool = described("true: a walk")
    shoe: str = described("name of the pair; empty: not said")


class ShoeEntryJson(LogEntryJson):
    """A pair of shoes that is in use."""

    kind: Literal["shoe"] = described("always shoe")
    shoe: str = described("its name")
    model: str = described("what it is; empty: not said")
    drop_mm: float | None = described("heel higher than toe by; null: not said", "mm")
    stack_mm: float | None = described("height of the heel; null: not said", "mm")
    start_km: float = described("kilometres before its first run here", "km")
    retired: bool = described("true: not in use any more")
    pods: list[str] = described("serials of the pods that are worn on it")
    default: bool = described("true: the pair of runs of which nobody says another")


class SessionShoeEntryJson(LogEntryJson):
    """The pair of shoes that a session was run in."""

    kind: Literal["session_shoe"] = described("always session_shoe")
    session: str = described("id of the run")
    shoe: str = described("name of the pair; empty: none of them")


class DeclareEntryJson(LogEntryJson):
    """The beginning of a plan: what hurts, and since when."""

    kind: Literal["declare"] = described("always declare")
    began: str | None = described("the day on which it began to hurt; null: not said")
    side: str = described("left, right or both; empty: not said")
    place: str = described("front, inner, outer, behind, calf, achilles or other; empty: not said")
    tissue: str = described("what a clinician said: tendon, joint, bone, muscle or unknown")
    up_to_5: bool = described("true: a clinician allows pain up to 5, of a tendon")
    reference_km: float | None = described("a usual week; null: that of the stored runs", "km")
    longest_km: float | None = described("longest run of 30 days; null: that of the stored runs", "km")
    runs_10_min: bool = described("whether easy running for 10 minutes is possible")


class ShareEntryJson(LogEntryJson):
    """A switch: a coach sees one item from now on, or does not any more."""

    kind: Literal["share"] = described("always share")
    item: str = described("phase, allowance, pain, strength or shoes")
    on: bool = described("true: shared from now on")
    guardian: bool = described("true: a guardian agreed, which is needed under 16")


class WithdrawnJson(LogEntryJson):
    """An entry that takes back the one that it replaces."""

    kind: Literal["withdrawn"] = described("always withdrawn")


AnyEntryJson = Annotated[
    AfterEntryJson
    | MorningEntryJson
    | WeeklyEntryJson
    | StrengthEntryJson
    | FlagEntryJson
    | ClearedEntryJson
    | ManualRunEntryJson
    | ShoeEntryJson
    | SessionShoeEntryJson
    | DeclareEntryJson
    | ShareEntryJson
    | WithdrawnJson,
    Field(discriminator="kind"),
]


class EntryJson(ApiModel):
    """The entry as it was written into the log."""

    entry: AnyEntryJson = described("the entry")
    came: list[str] = described("what came of it at the coach's server, if it changes what is shared")


class LogJson(ApiModel):
    """The entries of the log that hold today."""

    entries: list[AnyEntryJson] = described("the newest day first")
    unreadable: int = described("lines of the log that cannot be read", "1")
    foreign: int = described("entries of a newer program, which do not count", "1")
