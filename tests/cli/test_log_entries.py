"""The log itself: numbers, corrections in the place of what was, taking back, taking along, deleting."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from monitor.review.training_plan import PlanKeeper
from monitor.storage.plan_file import Plan, plan_path, write_plan
from monitor.storage.store import Store
from tests.cli.notebook import Runner
from tests.finished_run import add_run


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(tmp_path, monkeypatch).at(0)


def lines(runner: Runner) -> list[dict[str, object]]:
    return PlanKeeper(runner.folder / "data", "me").log.lines()


def test_the_list_has_the_newest_day_first_and_a_number_each(runner: Runner) -> None:
    assert "Nothing is written down yet." in runner.says("log", "list")
    runner.calm_week()
    rows = [r for r in runner.at(7).says("log", "list").splitlines()[1:] if r[:3].strip()]
    assert [row.split()[0] for row in rows] == [str(k) for k in range(1, 15)]
    row = "pain 0, tender on pressing: as before, as before the run: yes"
    assert " ".join(rows[0].split()[1:]) == f"2026-11-16 morning {row}"
    assert "start of the plan" in rows[13]


def test_a_long_list_says_that_there_is_more(runner: Runner) -> None:
    for _ in range(43):
        runner.says("log", "morning", "--pain", "1")
    assert "3 older ones: gaitcue log list --all" in runner.says("log", "list")
    assert runner.says("log", "list", "--all").count(" morning ") == 43


def test_pain_that_was_noted_of_a_run_is_listed_and_cannot_be_taken_back_here(runner: Runner) -> None:
    with Store(runner.folder / "data" / "gaitcue.db") as store:
        name = add_run(store, "2026-11-08T10-00-00-me")
        store.add_note(name, "pain", "", value=4.0)
    runner.at(1).says("log", "morning", "--pain", "1")
    table = runner.says("log", "list")
    assert "1  2026-11-10  morning" in table
    runner.says("log", "withdraw", "note-1", code=2)
    runner.says("log", "withdraw", "2", code=2)


def test_a_correction_is_a_new_entry_in_the_place_of_the_old_one(runner: Runner) -> None:
    runner.calm_week()
    before = lines(runner)
    text = runner.says("log", "correct", "1", "pain=2,5", "tender=", "as-before=no")
    assert text.startswith("Noted for 2026-11-16: morning: pain 2.5, as before the run: no")
    after = lines(runner)
    assert after[:-1] == before
    assert after[-1]["replaces"] == before[-1]["id"]
    assert (after[-1]["pain"], after[-1]["tender"], after[-1]["as_before"]) == (2.5, None, False)
    assert runner.says("log", "list").count("2026-11-16") == 1
    runner.says("log", "correct", "1", "pain=0")  # of the correction
    assert runner.says("log", "list").count("2026-11-16") == 1


def test_without_changes_it_shows_what_can_be_changed_as_it_is_typed(runner: Runner) -> None:
    runner.says("log", "run", "--km", "5", "--day", "yesterday")
    shown = runner.says("log", "correct", "1").splitlines()
    assert shown[:3] == ["day=2026-11-08", "start=", "km=5"]
    assert "walk=no" in shown
    count = len(lines(runner))
    runner.says("log", "correct", "1", *[line for line in shown if not line.endswith("=")])
    last = lines(runner)[-1]
    assert len(lines(runner)) == count + 1
    assert {k: v for k, v in last.items() if k not in ("id", "replaces", "made_utc")} == {
        k: v for k, v in lines(runner)[0].items() if k not in ("id", "replaces", "made_utc")
    }


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("pian=1", "this entry has day, pain,"),
        ("pain", "is not like during=2"),
        ("pain=a lot", "pain must be a number"),
        ("pain=11", "pain must be between 0 and 10"),
        ("pain=", "nothing was written down"),
        ("as_before=perhaps", "must be true or false"),
        ("swelling=big", "must be one of none, same, more"),
        ("day=2027-01-01", "has not come yet"),
        ("id=x", "this entry has day"),
    ],
)
def test_a_change_that_cannot_be_is_refused(runner: Runner, change: str, text: str) -> None:
    runner.says("log", "morning", "--pain", "1")
    assert text in runner.says("log", "correct", "1", change, code=2)
    assert len(lines(runner)) == 1


def test_an_entry_is_named_by_its_number_its_id_or_its_beginning(runner: Runner) -> None:
    runner.says("log", "morning", "--pain", "1")
    (entry,) = lines(runner)
    for name in ("1", str(entry["id"]), str(entry["id"])[:20]):
        assert "pain=1" in runner.says("log", "correct", name)
    assert "there is no entry 2; gaitcue log list has 1" in runner.says(
        "log", "correct", "2", "pain=1", code=2
    )
    assert "is not one entry" in runner.says("log", "correct", "xyz", "pain=1", code=2)


def test_what_is_taken_back_no_longer_counts_and_is_not_gone(runner: Runner) -> None:
    runner.calm_week()
    count = len(lines(runner))
    text = runner.at(7).says("log", "withdraw", "1")
    assert text.startswith("Taken back, of 2026-11-16: morning: pain 0")
    assert "2026-11-16" not in runner.says("log", "list")
    assert len(lines(runner)) == count + 1
    assert "phase: calm" in runner.says("plan").lower()


def test_a_warning_sign_is_not_taken_back_by_mistake(runner: Runner) -> None:
    runner.says("log", "flag", "locked")
    assert "by mistake" in runner.says("log", "withdraw", "1", answers="n\n")
    assert len(lines(runner)) == 1
    runner.says("log", "withdraw", "1", "--yes")
    assert len(lines(runner)) == 2
    assert "You have no plan" in runner.says("plan")


def test_everything_can_be_taken_along(runner: Runner) -> None:
    runner.calm_week()
    path = runner.folder / "log.zip"
    assert "14 entries" in runner.says("log", "export", str(path))
    with zipfile.ZipFile(path) as file:
        assert json.loads(file.read("entries.json")) == lines(runner)
        assert len(json.loads(file.read("decisions.json"))) >= 7
    assert "exists already" in runner.says("log", "export", str(path), code=2)


def test_whatever_holds_a_word_of_mine_is_mine_alone(runner: Runner) -> None:
    """Also in a folder that is not called as ours are, which is not made private."""
    runner.calm_week().at(7)
    folder, data = runner.folder, runner.folder / "data"
    with Store(data / "gaitcue.db") as store:
        add_run(store)
        store.add_note(store.sessions()[0].id, "pain", "behind the knee", value=4.0)
    write_plan(plan_path(data, "me"), Plan())
    runner.says("share", "all", "on")
    runner.says("plan")
    runner.says("report", "--no-open")
    runner.says("report", "me", "--no-open")
    runner.says("review", "1", "--no-open")
    runner.says("log", "export", str(folder / "log.zip"))
    runner.says("sessions", "backup", str(folder / "all.tar"))
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "gaitcue.toml"]
    assert {path.suffix for path in files} >= {".jsonl", ".json", ".db", ".html", ".zip", ".tar"}
    assert len(files) > 8
    assert {
        path.name: oct(path.stat().st_mode & 0o777) for path in files if path.stat().st_mode & 0o077
    } == {}


def test_delete_asks_deletes_all_of_it_and_says_what_is_left_elsewhere(runner: Runner) -> None:
    runner.settings = '[plan]\nmorning_at = "07:00"\n'
    runner.calm_week().at(8, "07:30").says("plan", "--remind")
    folder = runner.folder / "data" / "runner-log"
    assert len(list(folder.iterdir())) == 4
    runner.says("report", "--no-open")
    assert len(list(folder.iterdir())) == 5
    assert "--all" in runner.says("log", "delete", code=2)
    runner.says("log", "delete", "--all", answers="n\n")
    assert len(list(folder.iterdir())) == 5
    text = " ".join(runner.says("log", "delete", "--all", answers="y\n").split())
    assert list(folder.iterdir()) == []
    assert list((folder.parent / "reports").iterdir()) == []
    assert "backups" in text
    assert "sessions show" in text
    assert "There was nothing to delete." in runner.says("log", "delete", "--all", "--yes")
    assert "You have no plan" in runner.says("plan")


def test_damage_is_told_and_costs_its_line_alone(runner: Runner) -> None:
    runner.says("log", "morning", "--pain", "1")
    path = runner.folder / "data" / "runner-log" / "me.jsonl"
    path.write_text(path.read_text() + "{torn\n" + '{"kind": "of a newer program", "id": "n"}\n')
    text = runner.says("log", "list")
    assert "One line of the log is damaged or was changed by hand" in text
    assert "gaitcue log correct" in text
    assert "One entry comes from a newer version" in text
    assert " morning " in text
