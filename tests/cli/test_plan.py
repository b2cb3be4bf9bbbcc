"""``gaitcue plan``: today with its reason, a past day as it was, the calendar, and never a diagnosis."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.review.training_plan import PlanKeeper
from monitor.storage.runner_log import RunnerLog, decision_log_path
from tests.cli.notebook import Runner

DISCLAIMER = "This plan does not diagnose anything."


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(tmp_path, monkeypatch).at(0)


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_without_a_plan_it_says_so_and_how_to_begin_one(runner: Runner) -> None:
    text = one_line(runner.says("plan"))
    assert "You have no plan, so nothing is limited." in text
    assert "gaitcue log declare" in text
    assert DISCLAIMER in text


def test_today_comes_first_with_reason_grade_week_phase_days_and_questions(runner: Runner) -> None:
    runner.calm_week()
    text = one_line(runner.at(8, "06:00").says("plan"))
    for part in (
        "Today, Tuesday 2026-11-17 Today: up to 5.5 km, easy. [D]",
        "At most 5.5 km: that follows from how your last runs went. [B]",
        "This week, from Monday 2026-11-16 0.0 of 24.0 km run, 24.0 km left.",
        "Nothing hard today.",
        "Phase: rebuild, since 2026-11-16 (day 2) The phase reintroduce begins when all of this is met:",
        "not met 1 of at least 7 days in this phase",
        "unknown Heel raises left: not tested yet",
        "Last change, 2026-11-16: Everything needed is there: from today on you are in the phase rebuild.",
        "Sat 2026-11-14 5.5 km 5.0 km 1 0 well",
        "Fri 2026-11-13 rest",
        "How is this morning? gaitcue log morning",
        DISCLAIMER,
        "how strong the evidence is",
    ):
        assert part in text, (part, text)
    assert "log after" not in text


def test_without_age_and_sex_plan_and_checklist_say_what_is_missing(runner: Runner) -> None:
    runner.calm_week().at(8)
    missing = "the settings lack born_year, sex ([plan]). Until then this phase cannot end. [B]"
    assert missing in one_line(runner.says("plan"))
    assert missing in one_line(runner.says("log", "strength"))
    runner.settings = '[plan]\nsex = "woman"\nborn_year = 1974\n'
    assert "the settings lack" not in runner.says("plan") + runner.says("log", "strength")


def test_what_is_worth_knowing_is_no_question_and_what_nobody_measured_no_zero(runner: Runner) -> None:
    runner.calm_week().at(6, "21:00")
    week = ("--taking-part", "1", "--volume", "2", "--performance", "1", "--pain", "2")
    runner.says("log", "weekly", *week)
    text = one_line(runner.at(7, "06:00").says("plan"))
    assert "Worth knowing Your last weekly answers add up to 50 of 100" in text
    assert "0 minutes of running with its walking breaks, and 0 m downhill so far." in text
    runner.at(7).says("log", "run", "--km", "5", "--minutes", "31")
    text = one_line(runner.says("plan"))
    assert (
        "31 minutes of running with its walking breaks so far; how much of it was downhill is not known"
        in text
    )


def test_a_run_that_nobody_answered_for_is_asked_with_its_command(runner: Runner) -> None:
    runner.calm_week()
    runner.at(8, "08:00").says("log", "run", "--km", "2")
    runner.at(8, "18:00").says("log", "run", "--km", "3")
    text = one_line(runner.at(8, "19:00").says("plan"))
    assert re.search(r"How was the run\? gaitcue log after \d+T\d+-manual_run-\w+", text)
    assert re.search(r"How was the run\? gaitcue log after How is", text) or text.count("log after") == 2


@pytest.mark.parametrize("words", [("--history",), ("--day", "2026-11-12"), ()])
def test_every_view_says_that_it_does_not_diagnose(runner: Runner, words: tuple[str, ...]) -> None:
    runner.calm_week()
    assert DISCLAIMER in runner.at(8).says("plan", *words)


def test_a_past_day_is_as_it_was_and_not_as_it_is_known_now(runner: Runner) -> None:
    runner.calm_week()
    then = runner.at(8).says("plan", "--day", "2026-11-12")
    assert "Thursday 2026-11-12, as it was at its end" in then
    assert "This is what was decided on that day." in then
    assert "Before that day's run: Today: up to 5.5 km, easy." in one_line(then)
    runner.at(8, "21:00").says("log", "morning", "--day", "2026-11-11", "--pain", "9", "--not-as-before")
    assert runner.at(9).says("plan", "--day", "2026-11-12") == then
    assert "Phase: calm" in then
    assert "log morning" not in then  # nothing is asked about the past


def test_a_kept_decision_that_differs_is_told_with_why(runner: Runner) -> None:
    runner.calm_week()
    path = decision_log_path(runner.folder / "data", "me")
    lines = RunnerLog(path).lines()
    assert PlanKeeper(runner.folder / "data", "me").stored_decisions().lines
    changed = [
        {**line, "rules": 0, "phase": "full"} if line["day"] == "2026-11-12" else line for line in lines
    ]
    path.unlink()
    RunnerLog(path).add(*changed)
    text = one_line(runner.at(8).says("plan", "--day", "2026-11-12"))
    assert "The rules have changed since. What you were shown on that day: You have run today." in text


def test_days_that_are_none_of_the_plan_are_refused(runner: Runner) -> None:
    runner.calm_week()
    assert "there was no plan on 2026-10-01" in runner.says("plan", "--day", "2026-10-01", code=2)
    assert "is still to come" in runner.says("plan", "--day", "2027-01-01", code=2)
    assert "is not a day" in runner.says("plan", "--day", "soon", code=2)
    refused = runner.says("plan", "--day", "today", "--km", "5", code=2)
    assert "give only one of --day, --history, --km, --ics and --remind" in refused


def test_the_history_has_every_change_and_every_run(runner: Runner) -> None:
    text = one_line(runner.calm_week().at(8).says("plan", "--history"))
    assert "2026-11-09, calm: Your plan begins with the phase calm. [D]" in text
    assert "2026-11-16, rebuild: Everything needed is there" in text
    assert text.count("5.0 km: well (it felt all right, and the next morning was as before)") == 3


def test_the_calendar_is_a_file_for_its_owner(runner: Runner) -> None:
    path = runner.folder / "plan.ics"
    assert "there is no plan yet" in runner.says("plan", "--ics", str(path), code=2)
    text = runner.calm_week().at(8, "06:00").says("plan", "--ics", str(path))
    assert DISCLAIMER in text
    assert path.read_bytes().count(b"BEGIN:VEVENT\r\n") == 8
    assert b"SUMMARY:Run 5.5 km easy\\, flat\r\n" in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_a_warning_sign_is_the_whole_answer(runner: Runner) -> None:
    runner.settings = '[plan]\nemergency_number = "112"\n'
    runner.calm_week().at(8, "09:00").says("log", "flag", "chest")
    text = one_line(runner.at(9).says("plan"))
    assert "Stop running and call 112 now. This needs to be looked at right away. [C]" in text
    assert 'gaitcue log cleared --by "who"' in text
    assert "up to" not in text.partition("The last days")[0]
    assert "gaitcue log morning" not in text


def test_the_reminder_is_off_until_an_hour_is_set(runner: Runner) -> None:
    runner.calm_week()
    assert "No reminder is set" in runner.at(8, "07:30").says("plan", "--remind")
    runner.settings = '[plan]\nmorning_at = "07:00"\n'
    assert runner.at(8, "07:30").says("plan", "--remind") == "Your morning question is waiting.\n"
    assert runner.at(8, "07:45").says("plan", "--remind") == ""


def test_it_speaks_german(runner: Runner) -> None:
    runner.settings = '[alerts]\nlanguage = "de"\n'
    text = one_line(runner.calm_week().at(8, "06:00").says("plan"))
    assert "Heute, Dienstag 2026-11-17 Heute: bis zu 5,5 km, locker. [D]" in text
    assert "Dieser Plan stellt keine Diagnose." in text
    assert not re.search(r"\b(the|run|met|unknown)\b", text)
