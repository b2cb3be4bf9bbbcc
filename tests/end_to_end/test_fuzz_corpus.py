"""What once made a target of the fuzzer fail does so no more, and its seeds never did."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz_targets import TARGETS

CORPUS = Path(__file__).parents[1] / "fuzz_corpus"
KEPT = sorted(path for path in CORPUS.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_once_failed_is_refused_or_sound(path: Path) -> None:
    assert TARGETS[path.parent.name].run(path.read_bytes()) in ("refused", "sound")


@pytest.mark.parametrize("name", TARGETS)
def test_what_it_begins_with_is_refused_or_sound(name: str) -> None:
    for data in TARGETS[name].seeds():
        assert TARGETS[name].run(data) in ("refused", "sound")


def test_every_folder_of_the_corpus_has_its_target() -> None:
    assert {path.parent.name for path in KEPT} <= set(TARGETS)
