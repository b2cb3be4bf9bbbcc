"""Entries are facts: they survive their JSON, are bounded, and hold until they are corrected."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import json
import math

import pytest

from monitor.core.message_catalogues import UserMessage, catalogue
from monitor.training.entries import (
    ENTRY_KINDS,
    AfterEntry,
    AnyEntry,
    DeclareEntry,
    Entry,
    EntryMistake,
    ForeignEntry,
    ManualRunEntry,
    MorningEntry,
    Withdrawn,
    entry_from_json,
    entry_to_json,
)
from monitor.training.standing_entries import first_version, standing_entries
from tests.training.diary import date, made

NEEDED: dict[str, dict[str, object]] = {
    "after": {"session": "s1", "during": 2.0, "now": 1.0},
    "morning": {"pain": 1.0},
    "weekly": {"taking_part": 0, "volume": 1, "performance": 2, "pain": 3},
    "strength": {"exercise": "split_squat"},
    "flag": {"flag": "chest"},
    "manual_run": {"start": datetime.datetime(2026, 3, 2, 7), "km": 5.0},
    "shoe": {"shoe": "blue", "pods": ("L1", "R1")},
    "session_shoe": {"session": "s1", "shoe": "blue"},
    "declare": {"began": datetime.date(2026, 2, 1), "tissue": "tendon"},
    "share": {"item": "pain", "on": True},
}


def entry(kind: str, name: str = "e", day: int = 0, hour: int = 8, **fields: object) -> Entry:
    given = NEEDED.get(kind, {}) | fields
    on = given.pop("made_on", day)
    assert isinstance(on, int)
    return ENTRY_KINDS[kind](id=name, made_utc=made(on, hour), day=date(day), **given)


@pytest.mark.parametrize("kind", ENTRY_KINDS)
def test_an_entry_survives_its_json(kind: str) -> None:
    before = entry(kind, replaces="old", utc_offset_s=3600)
    stored = json.dumps(entry_to_json(before))
    assert json.loads(stored)["kind"] == kind
    assert entry_from_json(json.loads(stored)) == before


def test_a_kind_of_a_newer_program_is_returned_as_it_came_and_does_not_count() -> None:
    raw = {"kind": "mood", "id": "x", "score": 3}
    foreign = entry_from_json(raw)
    assert isinstance(foreign, ForeignEntry)
    assert entry_to_json(foreign) == raw
    assert standing_entries([foreign, entry("morning")], date(0)) == (entry("morning"),)


def test_a_known_kind_with_unknown_fields_is_refused() -> None:
    with pytest.raises(ValueError):
        entry_from_json({**entry_to_json(entry("morning")), "mood": 3})


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("after", "during", 10.5),
        ("after", "now", -1),
        ("after", "during", math.nan),
        ("after", "effort", math.inf),
        ("morning", "pain", 11),
        ("morning", "stiffness_min", -1),
        ("morning", "swelling", "huge"),
        ("morning", "tender", "none"),
        ("weekly", "volume", 4),
        ("strength", "reps", -1),
        ("strength", "pain", 12),
        ("manual_run", "km", 501),
        ("manual_run", "minutes", math.nan),
        ("shoe", "drop_mm", 31),
        ("declare", "tissue", "ligament"),
        ("declare", "reference_km", -3),
        ("share", "item", "flags"),
    ],
)
def test_what_cannot_be_is_refused(kind: str, field: str, value: object) -> None:
    with pytest.raises(EntryMistake) as refused:
        entry(kind, **{field: value})
    assert refused.value.message.values["field"] == UserMessage(f"entry.field.{field}")
    assert catalogue("de").render(refused.value.message)


def test_an_entry_has_an_id_and_a_time_with_an_offset() -> None:
    with pytest.raises(ValueError, match="id"):
        entry("cleared", name="")
    with pytest.raises(ValueError, match="offset"):
        ENTRY_KINDS["cleared"](id="e", made_utc=datetime.datetime(2026, 3, 2), day=date(0))


def test_the_day_of_making_is_that_of_the_runners_clock() -> None:
    late = MorningEntry(id="e", made_utc=made(0, 23), day=date(0), pain=0)
    assert late.written_day == date(0)
    assert dataclasses.replace(late, utc_offset_s=7200).written_day == date(1)


def test_the_last_correction_holds_in_any_order() -> None:
    first = entry("morning", "a", pain=6.0)
    entries: list[AnyEntry] = [
        first,
        entry("morning", "b", hour=9, pain=2.0, replaces="a"),
        entry("morning", "c", hour=10, pain=3.0, replaces="a"),
        entry("after", "d"),
        entry("withdrawn", "e", hour=11, replaces="d"),
    ]
    for order in itertools.permutations(entries):
        assert [e.id for e in standing_entries(order, date(0))] == ["c"]
    assert first_version(entries[2], entries) == "a"  # type: ignore[arg-type]


def test_a_correction_of_a_correction_is_one_of_the_first() -> None:
    entries = [entry("morning", "a"), entry("morning", "b", hour=9, replaces="a")]
    entries.append(entry("morning", "c", hour=10, replaces="b"))
    assert [e.id for e in standing_entries(entries, date(0))] == ["c"]
    assert first_version(entries[2], entries) == "a"


def test_entries_that_replace_each_other_end_somewhere() -> None:
    entries = [entry("morning", "a", replaces="b"), entry("morning", "b", hour=9, replaces="a")]
    assert [e.id for e in standing_entries(entries, date(0))] == ["b"]


def test_what_is_made_later_or_stands_for_a_later_day_does_not_hold_yet() -> None:
    entries = [entry("morning", "a", pain=6.0), entry("morning", "b", made_on=2, pain=0.0, replaces="a")]
    entries.append(entry("manual_run", "c", day=3, made_on=0))
    assert [e.id for e in standing_entries(entries, date(1))] == ["a"]
    assert [e.id for e in standing_entries(entries, date(2))] == ["b"]
    assert [e.id for e in standing_entries(entries, date(3))] == ["b", "c"]


def test_kinds_have_the_fields_of_the_log() -> None:
    assert {f.name for f in dataclasses.fields(AfterEntry)} >= {
        "session", "during", "now", "side", "place", "limp", "effort", "stopped_early", "painkiller",
    }  # fmt: skip
    assert {f.name for f in dataclasses.fields(ManualRunEntry)} >= {"start", "km", "minutes", "descent_m"}
    assert {f.name for f in dataclasses.fields(DeclareEntry)} >= {"began", "side", "place", "tissue"}
    assert dataclasses.fields(Withdrawn) == dataclasses.fields(Entry)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("km", 500), ("minutes", 6000), ("tempo_min", 6000), ("descent_m", 20_000),
        ("descent_s", 100_000), ("effort", 10), ("pickups", 1000),
    ],
)  # fmt: skip
def test_numbers_of_a_run_are_those_that_somebody_may_have_run(name: str, most: int) -> None:
    whole = {"start": "2026-01-01T07:00:00", "km": 5.0, "minutes": 30.0}
    assert getattr(entry("manual_run", **{**whole, name: most}), name) == most
    for beyond in (most + 1, -1):
        with pytest.raises(ValueError, match=f"must be between 0 and {most}, not"):
            entry("manual_run", **{**whole, name: beyond})
