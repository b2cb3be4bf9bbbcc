"""The phrase book: every cue has its words, in every language, and few of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import monitor.pipeline.announcements
from dsp.types import Fault

BOOK = json.loads(
    (Path(__file__).parents[2] / "monitor" / "core" / "phrases.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("language", BOOK)
def test_every_cue_and_notice_has_its_words(language: str) -> None:
    said = BOOK[language]["said"]
    notices = re.findall(
        r'notice\(\s*[\w.]+,\s*"(\w+)"', Path(monitor.pipeline.announcements.__file__).read_text()
    )
    assert len(notices) >= 5
    assert {f.value for f in Fault} | {"confirm", *notices} <= said.keys()


@pytest.mark.parametrize("language", BOOK)
def test_a_phrase_has_at_most_five_words_and_faults_have_several(language: str) -> None:
    for key, wordings in BOOK[language]["said"].items():
        assert all(len(w.split()) <= 5 for w in wordings), key
    for fault in Fault:
        assert len(set(BOOK[language]["said"][fault.value])) >= 3


def test_all_languages_say_the_same_things() -> None:
    keys = {(frozenset(b["said"]), frozenset(b["push"])) for b in BOOK.values()}
    assert len(keys) == 1
