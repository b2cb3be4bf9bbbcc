"""``gaitcue report``: your own with everything, another's with what is shared."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.service import runner_plan
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training import plan_replay
from tests.cli.notebook import Runner


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Runner(tmp_path, monkeypatch).at(0)


def report(runner: Runner, *words: str) -> tuple[str, str]:
    """What the command prints, and the page that it wrote."""
    out = runner.says("report", *words, "--no-open")
    path = Path(out.splitlines()[-1])
    return out, path.read_text(encoding="utf-8")


def test_without_a_name_it_is_the_runners_own(runner: Runner) -> None:
    out, page = report(runner.calm_week())
    assert "with everything you wrote down" in out
    assert "Your last run went well" in page
    assert "not shared" not in page


def test_with_a_name_it_has_only_what_is_shared_even_for_oneself(runner: Runner) -> None:
    runner.calm_week()
    out, page = report(runner, "me")
    assert "me shares: nothing" in out
    assert page.count("not shared") >= 5
    keeper = PlanKeeper(runner.folder / "data", "me")
    keeper.add(new_entry("share", {"item": "pain", "on": True}, runner_plan.runner_now()))
    out, page = report(runner, "me")
    assert "me shares: pain and effort" in out
    assert "<svg" in page
    assert "Your last run" not in page


def test_another_runner_of_the_same_box_has_a_report_of_their_own(runner: Runner) -> None:
    runner.calm_week()
    keeper = PlanKeeper(runner.folder / "data", "ann")
    now = runner_plan.runner_now()
    keeper.add(new_entry("declare", {}, now), new_entry("share", {"item": "phase", "on": True}, now))
    out, page = report(runner, "ann")
    assert "ann shares: phase" in out
    assert "<h1>Coming back: ann</h1>" in page
    assert "nothing is written down of ben" in runner.says("report", "ben", "--no-open", code=2)


def test_sixteen_year_olds_share_with_a_guardian_only(runner: Runner) -> None:
    config = runner.folder / "config" / "gaitcue"
    config.mkdir(parents=True)
    (config / "kid.toml").write_text("[plan]\nborn_year = 2014\n")
    keeper, now = PlanKeeper(runner.folder / "data", "kid"), runner_plan.runner_now()
    keeper.add(new_entry("declare", {}, now), new_entry("share", {"item": "phase", "on": True}, now))
    assert "kid shares: nothing" in report(runner, "kid")[0]
    later = runner_plan.runner_now()
    keeper.add(new_entry("share", {"item": "phase", "on": True, "guardian": True}, later))
    assert "kid shares: phase" in report(runner, "kid")[0]


def test_the_weeks_and_the_place_can_be_chosen(runner: Runner) -> None:
    path = runner.folder / "here.html"
    out, page = report(runner.calm_week(), "--weeks", "1", "--out", str(path))
    assert out.splitlines()[-1] == str(path)
    assert "2026-11-10 to 2026-11-16" in page


def test_it_is_german_where_the_settings_are(runner: Runner) -> None:
    runner.settings = '[alerts]\nlanguage = "de"\n'
    _, page = report(runner.calm_week())
    assert '<html lang="de">' in page
    assert "Schmerz unter der Belastung des Vortags" in page


def test_days_that_are_over_are_worked_out_for_one_report_and_not_the_next(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.calm_week().at(30).says("plan")
    _, page = report(runner)
    days = list[datetime.date]()
    replayed = plan_replay.next_state
    monkeypatch.setattr(plan_replay, "next_state", lambda *of: days.append(of[1].day) or replayed(*of))
    _, again = report(runner)
    assert again == page
    today = runner_plan.runner_now().date()
    assert today in days
    assert min(days) >= today - datetime.timedelta(days=7)  # by the bookmark of a week before
    assert days.count(today) <= 4  # for the decision and for the book, and before runs


def test_the_squads_report_is_of_everybody_and_of_nobody_in_particular(runner: Runner) -> None:
    runner.calm_week()
    assert "nobody has run yet" in runner.says("report", "--squad", "--no-open", code=2)
    with Store(runner.folder / "data" / "gaitcue.db") as store:
        for name in ("me", "ann"):
            at = "2026-01-01T08:00:00+00:00"
            store.begin(SessionInfo(id=name, athlete=name, title="", started_utc=at))
            store.end(name, 10.0)
    _, page = report(runner, "--squad")
    assert all(f"<td>{name}</td>" in page for name in ("me", "ann"))
    assert "not shared" in page
    assert "give a name or --squad" in runner.says("report", "me", "--squad", "--no-open", code=2)
