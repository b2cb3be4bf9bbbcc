"""``gaitcue shoes``: pairs with what they ran, and which pair a run was in."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.shoes import shoe_change_lines
from monitor.core.message_catalogues import catalogue
from monitor.review.block_statistics import Mean
from monitor.review.shoe_gait import ShoeChange
from monitor.review.training_plan import PlanKeeper
from monitor.training.entries import ShoeEntry
from monitor.training.shoes import ShoeUse
from tests.cli.notebook import Runner


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(tmp_path, monkeypatch).at(0)


def row(runner: Runner, shoe: str) -> list[str]:
    (line,) = [line for line in runner.says("shoes").splitlines() if line.startswith(shoe)]
    return line.split()


def test_there_are_none_at_first(runner: Runner) -> None:
    assert "gaitcue shoes add NAME" in runner.says("shoes")


def test_a_pair_has_its_kilometres_from_its_start_on(runner: Runner) -> None:
    runner.says("shoes", "add", "blue", "--model", "Pegasus", "--start-km", "480", "--default")
    runner.says("log", "run", "--km", "15")
    assert row(runner, "blue")[:4] == ["blue", "(Pegasus)", "495", "1"]
    runner.at(1).says("log", "run", "--km", "10")
    assert row(runner, "blue")[2] == "505"
    assert "many change shoes between 500 and 800 km" in " ".join(runner.says("shoes").split())


def test_what_is_not_known_of_a_run_is_marked(runner: Runner) -> None:
    runner.says("shoes", "add", "blue", "--default")
    runner.says("log", "run", "--minutes", "30")
    text = runner.says("shoes")
    assert row(runner, "blue")[1] == "0+"
    assert "runs of unknown length" in text


def test_use_takes_the_newest_run_or_the_named_one(runner: Runner) -> None:
    runner.says("shoes", "add", "blue", "--default")
    runner.says("shoes", "add", "red", "--model", "Ride")
    runner.says("log", "run", "--km", "5", "--day", "yesterday")
    runner.says("log", "run", "--km", "7")
    runner.says("shoes", "use", "rid")  # the beginning of its model
    assert [row(runner, "blue")[1], row(runner, "red")[2]] == ["0", "7"]
    runner.says("shoes", "use", "blue", "2026-11-08")
    assert row(runner, "blue")[1] == "5"
    runner.says("shoes", "use", "none")
    assert row(runner, "red")[2] == "0"


def test_a_retired_pair_keeps_its_kilometres_and_gets_no_more(runner: Runner) -> None:
    runner.says("shoes", "add", "blue", "--default", "--pod", "A1")
    runner.says("log", "run", "--km", "5")
    runner.at(1).says("shoes", "retire", "blue")
    runner.at(2).says("log", "run", "--km", "5")
    assert row(runner, "blue")[1] == "5"
    assert "retired" in row(runner, "blue")
    last = PlanKeeper(runner.folder / "data", "me").log.lines()
    assert [e["pods"] for e in last if e["kind"] == "shoe"] == [["A1"], ["A1"]]


def test_more_about_a_pair_keeps_what_was_said_before(runner: Runner) -> None:
    runner.says("shoes", "add", "blue", "--model", "Pegasus", "--drop-mm", "10", "--stack-mm", "33")
    runner.says("shoes", "add", "blue", "--start-km", "100")
    last = PlanKeeper(runner.folder / "data", "me").log.lines()[-1]
    assert (last["model"], last["drop_mm"], last["stack_mm"], last["start_km"]) == ("Pegasus", 10, 33, 100)


@pytest.mark.parametrize("name", ["12", "none", " "])
def test_some_words_are_no_names(runner: Runner, name: str) -> None:
    assert "cannot be the name" in runner.says("shoes", "add", name, code=2)


def test_a_pair_that_is_not_there_is_refused_with_the_names(runner: Runner) -> None:
    runner.says("shoes", "add", "blue")
    runner.says("shoes", "add", "blank")
    assert "none of" not in runner.says("shoes", "use", "bl", code=2)
    assert "blank, blue" in runner.says("shoes", "retire", "bl", code=2)
    assert "blank, blue" in runner.says("log", "run", "--km", "5", "--shoe", "green", code=2)
    runner.says("log", "run", "--km", "5", "--shoe", "blu")
    assert row(runner, "blue")[1] == "5"


def test_what_changed_over_a_pairs_life_stands_below_the_table() -> None:
    use, other = (ShoeUse(**{**EMPTY, "shoe": pair(name)}) for name in ("blue", "red"))
    change = ShoeChange(
        shoe="blue", metric="contact_ms", first=250.0, change=Mean(5.0, 2.5, 12), first_runs=7, last_runs=5
    )
    unclear = replace(change, metric="cadence_spm", change=Mean(-1.0, 5.0, 12))
    assert list(shoe_change_lines([use, other], [], catalogue("en"))) == []
    lines = list(shoe_change_lines([other, use], [change, unclear], catalogue("en")))
    assert lines[:3] == [
        "blue",
        "  Ground contact time: 2.0 ± 1.0 % more in the last 100 km than in the first (7 and 5 runs)",
        "  Cadence: no clear change from the first 100 km to the last, −0.4 ± 2.0 % (7 and 5 runs)",
    ]
    assert "this says what changed, not why" in lines[3]
    german = list(shoe_change_lines([use], [replace(change, change=Mean(-5.0, 2.5, 12))], catalogue("de")))
    assert german[1].strip().startswith("Bodenkontaktzeit: auf den letzten 100 km 2,0 ± 1,0 % weniger")


def pair(name: str) -> ShoeEntry:
    made = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
    return ShoeEntry(id=name, made_utc=made, day=made.date(), shoe=name)


EMPTY: dict[str, Any] = {
    "km": 0.0, "km_pm": None, "runs": 0, "unknown_runs": 0, "braking_dose_bws": None, "dose_runs": 0,
    "first_day": None, "last_day": None, "recent_share": None,
}  # fmt: skip
