"""The limits of a run that begins: the longest run of 30 days, and what settings and plan say."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.core.session_settings import TodaysLimits
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.service.config import Config, StoreSettings
from monitor.service.runner_plan import plan_keeper, runner_now
from monitor.service.start import todays_run
from monitor.service.todays_limits import todays_limits
from monitor.sinks.push.alerts import AlertSettings
from monitor.storage.store import Store


@pytest.fixture
def config(tmp_path: Path) -> Config:
    alerts = AlertSettings(downhill_speed_loss_mps=300.0, longest_share=1.2)
    return Config(athlete="ann", alerts=alerts, store=StoreSettings(folder=tmp_path))


def write(keeper: PlanKeeper, days_ago: int, kind: str, **fields: Any) -> None:
    now = runner_now() - datetime.timedelta(days=days_ago)
    keeper.add(new_entry(kind, fields, now))


def limits(config: Config, folder: Path) -> TodaysLimits:
    with Store(folder / "gaitcue.db") as store:
        return todays_limits(config, plan_keeper(config).load(store, runner_now()))


def test_without_a_plan_a_run_has_the_runners_own_limits(config: Config, tmp_path: Path) -> None:
    assert limits(config, tmp_path) == TodaysLimits(speed_loss_mps=300.0, loud_share=1.2)
    keeper = plan_keeper(config)
    for days_ago, km in ((2, 5.0), (20, 9.0), (35, 15.0)):
        write(keeper, days_ago, "manual_run", km=km, minutes=6 * km)
    write(plan_keeper(replace(config, athlete="ben")), 1, "manual_run", km=30.0, minutes=200.0)
    own = limits(config, tmp_path)
    assert (own.longest_km, own.longest_min, own.most_km) == (9.0, 54.0, None)


def test_with_a_plan_it_has_the_plans(config: Config, tmp_path: Path) -> None:
    keeper = plan_keeper(config)
    write(keeper, 3, "declare", reference_km=30.0, longest_km=12.0)
    planned = limits(config, tmp_path)
    assert (planned.most_km, planned.form_cues, planned.silence) == (6.0, False, "calm")
    write(keeper, 0, "flag", flag="calf_hot")
    assert limits(config, tmp_path).stop


def test_a_run_begins_with_todays_limits_in_its_settings(config: Config, tmp_path: Path) -> None:
    settings = todays_run(config).settings
    assert settings.coach is not None
    assert settings.coach.today == TodaysLimits(speed_loss_mps=300.0, loud_share=1.2)
    write(plan_keeper(config), 3, "declare", reference_km=30.0, longest_km=12.0)
    settings = todays_run(config).settings
    assert settings.coach is not None
    assert settings.coach.today is not None
    assert settings.coach.today.most_km == 6.0
    assert settings.coach.step == 0


def test_a_plan_that_cannot_be_read_stops_no_run_and_gives_no_cues(
    config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plan_keeper(config).log.path.mkdir(parents=True)
    settings = todays_run(config).settings
    assert settings.coach is not None
    assert settings.coach.today is not None
    assert not settings.coach.may_cue
    assert "no cues today" in caplog.text
