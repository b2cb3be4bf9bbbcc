"""A runner's log as one file: all of it, as it was written, with a text that explains every field."""

from __future__ import annotations

import datetime
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from monitor.core.errors import ConfigError, StoreError
from monitor.core.message_catalogues import Language
from monitor.exports.runner_log_zip import README, readme_text, write_runner_log
from monitor.review.entry_text import COMMON_FIELDS, own_fields
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.entries import ENTRY_KINDS, entry_from_json

NOW = datetime.datetime(2026, 5, 4, 20, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))


@pytest.fixture
def keeper(tmp_path: Path) -> PlanKeeper:
    keeper = PlanKeeper(tmp_path, "ann")
    keeper.add(new_entry("declare", {"place": "behind"}, NOW), new_entry("cleared", {"by": "Dr. Ä"}, NOW))
    keeper.log.add({"kind": "of a newer program", "id": "n"})
    with Store(tmp_path / "gaitcue.db") as store:
        keeper.keep_decision(keeper.load(store, NOW))
    return keeper


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as store:
        for name in ("ann", "ben"):
            start = f"{NOW.date()}T07:00:00+00:00"
            store.begin(SessionInfo(id=name, athlete=name, title="", started_utc=start, ended=True))
            store.add_note(name, "pain", f"of {name}", value=4.0)
        yield store


def test_everything_is_in_it_as_it_was_written(keeper: PlanKeeper, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "log.zip"
    assert write_runner_log(keeper, store, path, "en") == 3
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        assert sorted(file.namelist()) == sorted(["entries.json", "decisions.json", "pains.json", README])
        (pain,) = json.loads(file.read("pains.json"))
        entries = json.loads(file.read("entries.json"))
        decisions = json.loads(file.read("decisions.json"))
        assert file.read(README).decode() == readme_text("ann", "en")
    assert (pain["session"], pain["value"], pain["words"]) == ("ann", 4, "of ann")
    assert entries == keeper.log.lines()
    assert [type(entry_from_json(e)).__name__ for e in entries] == [
        "DeclareEntry", "ClearedEntry", "ForeignEntry",
    ]  # fmt: skip
    assert [(d["day"], d["phase"]) for d in decisions] == [("2026-05-04", "calm")]


def test_a_file_that_is_there_is_not_written_over(keeper: PlanKeeper, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "log.zip"
    path.write_text("mine")
    with pytest.raises(ConfigError):
        write_runner_log(keeper, store, path, "en")
    assert path.read_text() == "mine"
    with pytest.raises(StoreError):
        write_runner_log(keeper, store, tmp_path / "nowhere" / "log.zip", "en")


@pytest.mark.parametrize("language", get_args(Language))
def test_the_text_explains_every_field_of_every_kind(language: Language) -> None:
    text = readme_text("ann", language)
    for kind, cls in ENTRY_KINDS.items():
        _, _, part = text.partition(f"\n{kind}: ")
        for field in own_fields(cls):
            assert f"\n  {field.name} " in part.partition("\n\n")[0], (kind, field.name)
    for name in COMMON_FIELDS:
        assert f"\n  {name} " in text
    assert "ann" in text.splitlines()[0]
