"""Entries in words: what an entry says is there in every language, and nothing that it does not say."""

from __future__ import annotations

import datetime
from typing import Any, get_args

import pytest

from monitor.core.message_catalogues import Language, catalogue
from monitor.review.entry_text import COMMON_FIELDS, entry_kind_text, entry_text, own_fields
from monitor.training.entries import ENTRY_KINDS, Entry, ForeignEntry

DAY = datetime.date(2026, 11, 24)
COMMON: dict[str, Any] = {
    "id": "x",
    "made_utc": datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC),
    "day": DAY,
}
FIELDS: dict[str, dict[str, Any]] = {
    "after": {"session": "s1", "during": 3, "now": 2, "side": "left", "place": "behind", "limp": True},
    "morning": {"pain": 2.5, "swelling": "none", "tender": "less", "as_before": False},
    "weekly": {"taking_part": 0, "volume": 1, "performance": 2, "pain": 3},
    "strength": {"exercise": "heel_raise", "side": "left", "reps": 22, "benchmark": True},
    "flag": {"flag": "calf_hot"},
    "cleared": {"by": "Dr. Weber"},
    "manual_run": {
        "km": 5.2,
        "minutes": 31,
        "start": datetime.datetime(2026, 11, 24, 18, 30),
        "walk": True,
    },
    "shoe": {"shoe": "blue", "model": "Pegasus", "drop_mm": 10, "retired": True, "pods": ("A1", "B2")},
    "session_shoe": {"session": "s1", "shoe": "blue"},
    "declare": {"began": DAY, "tissue": "bone", "runs_10_min": False},
    "share": {"item": "pain", "on": True},
    "withdrawn": {"replaces": "y"},
}
TEXTS = {
    "after": "run of 2026-11-23, worst pain 3, afterwards 2, side: left, where: behind the knee, limping",
    "morning": "pain 2.5, swelling: none, tender on pressing: less, as before the run: no",
    "weekly": "taking part 0, less running 1, worse performance 2, pain 3",
    "strength": "single-leg heel raises, side: left, repeats 22, test",
    "flag": "A calf that is swollen, warm and tender",
    "cleared": "by Dr. Weber",
    "manual_run": "begun at 18:30, km 5.2, minutes 31, walk",
    "shoe": "shoe blue, model Pegasus, drop in mm 10, retired, pods A1, B2",
    "session_shoe": "run of 2026-11-23, shoe blue",
    "declare": "since 2026-11-24, a clinician says: bone, can run easily for 10 minutes: no",
    "share": "what: pain and effort, shared",
    "withdrawn": "",
}


def entry(kind: str) -> Entry:
    return ENTRY_KINDS[kind](**COMMON | FIELDS[kind])


@pytest.mark.parametrize("kind", ENTRY_KINDS)
def test_an_entry_says_what_is_in_it(kind: str) -> None:
    days = {"s1": datetime.date(2026, 11, 23)}
    assert entry_text(entry(kind), catalogue("en"), days) == TEXTS[kind]


@pytest.mark.parametrize("language", get_args(Language))
def test_every_kind_and_field_has_its_words(language: Language) -> None:
    messages = catalogue(language)
    for kind, cls in ENTRY_KINDS.items():
        assert entry_kind_text(entry(kind), messages)
        for field in own_fields(cls):
            assert f"entry.label.{field.name}" in messages.keys
        assert "None" not in entry_text(entry(kind), messages, {})
    assert {f"entry.label.{name}" for name in COMMON_FIELDS} <= messages.keys


def test_a_run_of_the_same_day_is_not_named_twice_and_an_unknown_one_by_its_id() -> None:
    assert entry_text(entry("after"), catalogue("en"), {"s1": DAY}).startswith("worst pain")
    assert entry_text(entry("after"), catalogue("en"), {}).startswith("run of s1,")


def test_what_a_newer_program_wrote_is_said_to_be_so() -> None:
    newer = ForeignEntry(raw={"kind": "dream", "id": "x"})
    assert entry_kind_text(newer, catalogue("en")) == "dream"
    assert "newer version" in entry_text(newer, catalogue("en"), {})


def test_a_run_in_none_of_the_pairs_says_so() -> None:
    taken = ENTRY_KINDS["session_shoe"](**COMMON, session="s1")
    assert entry_text(taken, catalogue("en"), {"s1": DAY}) == "none of your pairs"
    assert entry_text(taken, catalogue("de"), {"s1": DAY}) == "keines deiner Paare"
