"""The limits of a run that begins: the longest run of 30 days, and what settings and plan say."""

from __future__ import annotations

import datetime
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from dsp.types import Activity, ActivityChange, Estimate, Metric
from monitor.core.errors import StoreError
from monitor.core.session_settings import TodaysLimits
from monitor.service import todays_limits as module
from monitor.service.config import Config, StoreSettings
from monitor.service.start import planned_settings
from monitor.service.todays_limits import longest_recent_run, todays_limits
from monitor.sinks.push.alerts import AlertSettings
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.plan_day import Allowance, PlanDay
from monitor.training.tables import Phase

NOON = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)


def add_run(store: Store, name: str, athlete: str, day: int, walked_s: int, ran_s: int) -> None:
    """A walk at 1 m/s, then a run at 3 m/s."""
    info = SessionInfo(id=name, athlete=athlete, title="", started_utc=f"2026-11-{day:02d}T10:00:00+00:00")
    store.begin(info)
    total = walked_s + ran_s
    store.write(
        name, [ActivityChange(0.0, Activity.WALK, 0.0), ActivityChange(walked_s + 0.5, Activity.RUN, 1.0)]
    )
    store.write(
        name,
        [
            Metric(float(t), None, Estimate("speed_mps", 1.0 if t <= walked_s else 3.0, 0.1, "foot"))
            for t in range(1, total + 1)
        ],
    )


def test_the_longest_run_is_this_athletes_of_the_last_30_days_and_of_running(tmp_path: Path) -> None:
    with Store(tmp_path / "s.db") as store:
        add_run(store, "a", "ann", 1, 60, 300)
        add_run(store, "b", "ann", 20, 400, 200)
        add_run(store, "c", "bob", 20, 0, 900)
        km, minutes = longest_recent_run(store, "ann", NOON)
        assert km == pytest.approx(0.9)
        assert minutes == pytest.approx(10.0, abs=0.1)
        km, minutes = longest_recent_run(store, "ann", NOON + datetime.timedelta(days=15))
        assert km == pytest.approx(0.6)
        assert longest_recent_run(store, "eve", NOON) == (None, None)


def test_a_run_without_a_plan_has_the_runners_own_limits_and_one_with_it_the_plans(tmp_path: Path) -> None:
    alerts = AlertSettings(downhill_speed_loss_mps=300.0, longest_share=1.2)
    config = Config(athlete="ann", alerts=alerts, store=StoreSettings(folder=tmp_path))
    with Store(tmp_path / "s.db") as store:
        add_run(store, "a", "ann", 20, 0, 600)
        own = todays_limits(config, store, NOON, None)
        assert own == replace(
            TodaysLimits(speed_loss_mps=300.0, loud_share=1.2),
            longest_km=own.longest_km,
            longest_min=own.longest_min,
        )
        assert own.longest_km == pytest.approx(1.8)
        day = PlanDay(
            day=NOON.date(), phase=Phase.CALM, allowance=Allowance(run=True, km=5.0), longest_km=8.0
        )
        planned = todays_limits(config, store, NOON, day)
        assert (planned.longest_km, planned.most_km, planned.silence) == (8.0, 5.0, "calm")


def test_earlier_runs_that_cannot_be_read_stop_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable(*_: object) -> None:
        raise StoreError("error.no_file", path="s.db")

    monkeypatch.setattr(module, "longest_recent_run", unreadable)
    with Store(tmp_path / "s.db") as store, caplog.at_level(logging.WARNING):
        assert todays_limits(Config(), store, NOON, None) == TodaysLimits()
    assert "no notice about the longest run" in caplog.text


def test_a_run_begins_with_todays_limits_in_its_settings(tmp_path: Path) -> None:
    settings = planned_settings(Config(store=StoreSettings(folder=tmp_path)))
    assert settings.coach is not None
    assert settings.coach.today == TodaysLimits()
