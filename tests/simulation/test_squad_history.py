"""The made-up weeks of the squad tell the stories they are there for, the same ones each time."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from dsp.types import Cue, Gap
from monitor.review.training_plan import PlanKeeper
from monitor.simulation.squad import DEMO_RUNNER, SQUAD, Athlete
from monitor.simulation.squad_history import STORIES, days_with_a_run, past_entries, past_runs
from monitor.sinks.influx.run_rollup import RunRollup, RunRollups, matched_changes
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.tables import Phase

TODAY = datetime.date(2026, 3, 30)
NOON = datetime.datetime(2026, 3, 30, 12, tzinfo=datetime.UTC)


def athlete(name: str) -> Athlete:
    return next(a for a in SQUAD if a.name == name)


def stored(folder: Path, name: str) -> Store:
    store = Store(folder / "gaitcue.db")
    for run in past_runs(athlete(name), TODAY):
        at = run.started.isoformat()
        store.begin(SessionInfo(id=run.session, athlete=name, title="squad", started_utc=at))
        store.write(run.session, run.records)
        store.end(run.session, float(run.seconds))
    return store


def last_and_earlier(store: Store) -> tuple[RunRollup, list[RunRollup]]:
    rollups, (last, *_) = RunRollups(store), store.sessions()
    return rollups.rollup(last.id), [rollups.rollup(info.id) for info in rollups.runs_before(last)]


def test_everybody_of_the_squad_has_a_story_and_ran_yesterday() -> None:
    assert STORIES.keys() == {a.name for a in (*SQUAD, DEMO_RUNNER)}
    for a in (*SQUAD, DEMO_RUNNER):
        days = days_with_a_run(a, TODAY)
        assert days[-1] == TODAY - datetime.timedelta(days=1)
        assert 9 <= len(days) <= 14


def test_a_day_gives_the_same_runs_every_time() -> None:
    first, second = (list(past_runs(athlete("Hana"), TODAY)) for _ in range(2))
    assert first == second
    assert len({run.session for run in first}) == len(first)


def test_the_tiring_athlete_brakes_more_than_before_and_drops_out_of_band(tmp_path: Path) -> None:
    with stored(tmp_path, "Cem") as store:
        last, earlier = last_and_earlier(store)
    change = matched_changes(last, earlier)["braking_impulse_bws"]
    assert change.change / change.before > 0.10
    assert last.cues > 0
    assert last.off_in_s / last.off_s < 0.6


def test_the_limping_athlete_leans_on_one_foot_more_than_before(tmp_path: Path) -> None:
    with stored(tmp_path, "Eli") as store:
        last, earlier = last_and_earlier(store)
    assert matched_changes(last, earlier)["contact_balance_pct"].change > 3


def test_the_beginner_gets_better(tmp_path: Path) -> None:
    with stored(tmp_path, "Hana") as store:
        last, earlier = last_and_earlier(store)
    shares = [run.off_in_s / run.off_s for run in earlier[::-1]]
    assert max(shares[:5]) < 0.3
    assert last.off_in_s / last.off_s > 0.9


def test_the_failing_sensor_fails_in_the_last_week_only() -> None:
    runs = list(past_runs(athlete("Fay"), TODAY))
    gaps = [any(isinstance(r, Gap) for r in run.records) for run in runs]
    assert gaps == [run.started.date() >= TODAY - datetime.timedelta(days=7) for run in runs]
    assert not any(
        isinstance(r, (Gap, Cue)) for run in past_runs(athlete("Ada"), TODAY) for r in run.records
    )


def test_the_one_on_hold_shares_it_and_others_share_less_or_nothing(tmp_path: Path) -> None:
    with stored(tmp_path, "Dag") as store:
        keeper = PlanKeeper(tmp_path, "Dag")
        keeper.add(*past_entries(athlete("Dag"), TODAY))
        days = keeper.load_shared_days(store, NOON)
    assert (days[-1].held, days[-1].held_why) == (True, "red")
    assert days[-1].held_since == TODAY - datetime.timedelta(days=1)
    assert days[-2].during == 6.0
    assert days[-3].held is False
    keeper = PlanKeeper(tmp_path, "Bea")
    keeper.add(*past_entries(athlete("Bea"), TODAY))
    with Store(tmp_path / "gaitcue.db") as store:
        (*_, today) = keeper.load_shared_days(store, NOON)
    assert today.items == {"phase"}
    assert today.phase is Phase.CALM
    assert today.during is None


@pytest.mark.parametrize("name", ["Ada", "Cem", "Eli", "Fay", "Gus", "Hana"])
def test_who_has_no_plan_writes_nothing_down(name: str) -> None:
    assert past_entries(athlete(name), TODAY) == []
