"""``gaitcue log``: what is written down, what is refused, and the answer to a warning sign."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.review.training_plan import PlanKeeper
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.entries import AfterEntry, DeclareEntry, FlagEntry, StrengthEntry
from tests.cli.notebook import Runner
from tests.finished_run import add_run


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(tmp_path, monkeypatch).at(0)


def entries(runner: Runner) -> list[dict[str, object]]:
    return PlanKeeper(runner.folder / "data", "me").log.lines()


def test_what_is_noted_is_read_back_with_what_today_allows(runner: Runner) -> None:
    runner.calm_week()
    text = runner.at(8, "07:00").says("log", "morning", "--pain", "1.5", "--swelling", "none")
    assert text.splitlines() == [
        "Noted for 2026-11-17: morning: pain 1.5, swelling: none",
        "Today: up to 5.5 km, easy. [D]",
    ]


def test_a_plan_begins_only_when_every_warning_sign_was_asked(runner: Runner) -> None:
    text = runner.says("log", "declare", "--place", "behind", code=2)
    assert "Chest pain, breathlessness" in text
    assert "low_energy" in text
    assert "--no-flags" in text
    assert entries(runner) == []
    assert "Today" in runner.says("log", "declare", "--place", "behind", "--no-flags")


def test_a_warning_sign_at_the_beginning_stops_before_it_starts(runner: Runner) -> None:
    text = runner.says("log", "declare", "--flag", "locked", "--flag", "tingling")
    assert text.startswith("Stop running and have this looked at today. [C]")
    assert [e["kind"] for e in entries(runner)] == ["flag", "flag", "declare"]
    assert "waits until somebody has looked at it" in text
    runner.at(1).says("log", "cleared", "--by", "Dr. Weber")
    assert "walk for 30 minutes" in runner.at(1).says("plan")


def test_the_answer_to_a_warning_sign_depends_on_no_database(runner: Runner) -> None:
    data = runner.folder / "data"
    data.mkdir()
    (data / "gaitcue.db").mkdir()  # cannot be opened
    text = runner.says("log", "flag", "calf-hot")
    assert text.startswith("Stop running and go to an emergency department today.")
    assert [e["flag"] for e in entries(runner)] == ["calf_hot"]


def test_what_must_not_wait_does_not_wait_for_a_table_to_be_corrected(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning sign, what is shared no longer, export and deletion; what goes by the tables says so."""
    runner.calm_week().says("share", "pain", "on")
    tables = runner.folder / "gaitcue" / "plan"
    tables.mkdir(parents=True)
    (tables / "shoes.toml").write_text("warn_km = -1\n", encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(runner.folder))
    assert "shoes.toml" in runner.says("plan", code=2)
    assert runner.says("log", "flag", "calf-hot").startswith(
        "Stop running and go to an emergency department"
    )
    assert "not shared" in runner.says("share", "pain", "off")
    assert [line["kind"] for line in entries(runner)[-2:]] == ["flag", "share"]
    assert "entries" in runner.says("log", "export", str(runner.folder / "log.zip"))
    assert "Deleted" in runner.says("log", "delete", "--all", "--yes")
    assert entries(runner) == []


def test_a_warning_sign_that_there_is_not_is_refused_with_all_names(runner: Runner) -> None:
    text = runner.says("log", "flag", "calf", code=2)
    assert "calf_hot" in text
    assert entries(runner) == []
    assert "calf_hot" in runner.says("log", "flag")


def test_only_somebody_ends_a_stop(runner: Runner) -> None:
    assert "nothing to clear" in runner.says("log", "cleared", "--by", "x", code=2)
    runner.says("log", "flag", "locked")
    assert "--by" in runner.says("log", "cleared", code=2)
    assert "--by" in runner.says("log", "cleared", "--by", " ", code=2)
    assert len(entries(runner)) == 1
    runner.says("log", "cleared", "--by", "Dr. Weber")
    assert len(entries(runner)) == 2


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("log morning", "missing: --pain"),
        ("log weekly --pain 1", "missing: --taking-part, --volume, --performance"),
        ("log after --during 2", "missing: --now"),
        ("log run --effort 3", "how long it was"),
        ("log run --km 5 --start noon", "not a time of day"),
        ("log run --km 5 --day tomorrow", "is not a day"),
        ("log morning --pain 1 --day 2026-12-24", "has not come yet"),
        ("log strength pushups", "is not an exercise; there are calf_press_hold"),
        ("log strength heel_raise --benchmark", "a test needs --reps"),
        ("log strength split_squat --benchmark --reps 3", "a test needs --reps"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(runner: Runner, words: str, text: str) -> None:
    runner.says("log", "run", "--km", "1")
    before = entries(runner)
    assert text in runner.says(*words.split(), code=2)
    assert entries(runner) == before


@pytest.mark.parametrize("words", ["log morning --pain 11", "log after --during nan --now 1"])
def test_numbers_out_of_their_scale_are_no_options(runner: Runner, words: str) -> None:
    runner.says(*words.split(), code=2)
    assert entries(runner) == []


def test_after_takes_a_session_by_its_number_and_the_day_of_the_run(runner: Runner) -> None:
    with Store(runner.folder / "data" / "gaitcue.db") as store:
        first = add_run(store, "2026-11-07T10-00-00-me")
        add_run(store, "2026-11-08T10-00-00-me")
    runner.says("log", "after", "2", "--during", "3", "--now", "1", "--limp", "--effort", "4")
    (entry,) = entries(runner)
    assert (entry["session"], entry["day"], entry["limp"], entry["effort"]) == (
        first,
        "2026-11-07",
        True,
        4.0,
    )


def test_the_newest_run_may_be_one_without_sensors(runner: Runner) -> None:
    assert "no run yet" in runner.says("log", "after", "--during", "1", "--now", "1", code=2)
    runner.says("log", "run", "--km", "5", "--day", "yesterday")
    (run,) = entries(runner)
    text = runner.says("log", "after", "--during", "1", "--now", "1", "--painkiller")
    assert text.startswith("Noted for 2026-11-08: after the run: worst pain 1, afterwards 1, painkiller")
    for name in (str(run["id"]), str(run["id"])[:15], "2026-11-08", "yesterday"):
        runner.says("log", "after", name, "--during", "2", "--now", "2")
        assert entries(runner)[-1]["session"] == run["id"]


def test_a_run_of_another_runner_is_not_answered_for(runner: Runner) -> None:
    with Store(runner.folder / "data" / "gaitcue.db") as store:
        started = "2026-11-08T10:00:00+00:00"
        store.begin(SessionInfo(id="2026-11-08-ben", athlete="ben", title="x", started_utc=started))
        store.end("2026-11-08-ben", 60.0)
    text = runner.says("log", "after", "1", "--during", "1", "--now", "1", code=2)
    assert "is a run of ben" in text
    assert entries(runner) == []


def test_a_second_answer_says_that_the_worse_counts(runner: Runner) -> None:
    runner.calm_week()
    again = runner.at(7).says("log", "morning", "--pain", "0", "--as-before")
    assert "the worse of two counts" in again
    first = runner.at(8, "07:00").says("log", "morning", "--pain", "0")
    assert "the worse of two counts" not in first
    runner.at(8).says("log", "run", "--km", "4")
    morning = runner.at(9, "07:00").says("log", "morning", "--pain", "0")
    assert "One thing is missing" in morning
    completed = runner.at(9, "07:05").says("log", "morning", "--pain", "0", "--as-before")
    assert "One thing is missing" not in completed
    assert "the worse of two counts" not in completed


def test_strength_alone_shows_todays_list(runner: Runner) -> None:
    assert "There is no checklist" in runner.says("log", "strength")
    runner.calm_week()
    text = runner.at(8).says("log", "strength")
    assert "to do  hamstring_lowering" in text
    runner.says("log", "strength", "split-squat", "--sets", "3", "--reps", "8", "--load-kg", "10")
    assert entries(runner)[-1]["exercise"] == "split_squat"
    runner.says("log", "strength", "heel_raise", "--side", "left", "--reps", "28", "--benchmark")
    (test,) = [e for e in entries(runner) if e.get("benchmark")]
    assert (test["side"], test["reps"]) == ("left", 28)


def test_every_field_of_an_answer_can_be_given(runner: Runner) -> None:
    runner.says(
        "log", "run", "--km", "5", "--minutes", "30", "--descent-m", "20", "--walk", "--start", "18:30"
    )
    runner.says(
        "log", "after", "--during", "1", "--now", "1", "--side", "left", "--place", "calf", "--limp",
        "--effort", "5", "--stopped-early", "--painkiller", "--pickups", "10", "--tempo-min", "4",
    )  # fmt: skip
    runner.says("log", "strength", "side_hip", "--pain", "4", "--day", "yesterday")
    runner.says(
        "log", "declare", "--no-flags", "--began", "2026-11-01", "--side", "both", "--place", "achilles",
        "--tissue", "tendon", "--up-to-5", "--not-10-min",
    )  # fmt: skip
    plan = PlanKeeper(runner.folder / "data", "me")
    with Store(runner.folder / "data" / "gaitcue.db") as store:
        from monitor.service.runner_plan import runner_now

        standing = plan.load(store, runner_now()).standing
    (after,) = [e for e in standing if isinstance(e, AfterEntry)]
    assert (after.side, after.place, after.limp, after.stopped_early) == ("left", "calf", True, True)
    assert (after.painkiller, after.pickups, after.tempo_min) == (True, 10, 4)
    (declare,) = [e for e in standing if isinstance(e, DeclareEntry)]
    assert (declare.tissue, declare.up_to_5, declare.runs_10_min) == ("tendon", True, False)
    (strength,) = [e for e in standing if isinstance(e, StrengthEntry)]
    assert (strength.pain, strength.day.isoformat()) == (4, "2026-11-08")
    assert not [e for e in standing if isinstance(e, FlagEntry)]
