"""A session as arrays: what its pauses take away, and what a model may not fill."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.types import Activity, Estimate, Gap, Metric
from monitor.core.activity_facts import TimerPause
from monitor.storage.session_data import Stretch, load_session
from tests.exports.made_activities import Made, stored

PAUSED = Made(seconds=300.5, pauses=(TimerPause(100.0, 60.0), TimerPause(200.0, 20.5)), stands=(20, 40))


def test_elapsed_timer_and_moving_time_are_three_numbers() -> None:
    with stored(PAUSED.recording()) as (_, run):
        assert run.elapsed_s == 300.5
        assert run.timer_s == 220.0
        assert run.moving_s == pytest.approx(220.0 - 20.0, abs=1.5)
        assert run.running.sum() <= run.moving_s + 1
        assert run.paused_s(Stretch(150.0, 210.0)) == 20.0


def test_a_pause_holds_no_values_and_covers_nothing() -> None:
    with stored(PAUSED.recording()) as (_, run):
        inside = (run.t_s >= 100) & (run.t_s < 160)
        assert not any(np.isfinite(column.value[inside]).any() for column in run.columns.values())
        assert run.distance_m[100] == run.distance_m[160] == run.distance_at(130.5)
        assert not run.running[inside].any()


def test_a_speed_holds_for_the_second_before_it_as_far_as_the_timer_ran() -> None:
    with stored(PAUSED.recording()) as (_, run):
        assert run.timed_s.sum() == pytest.approx(300 - 80.5)
        assert run.timed_s[[0, 100, 130, 160, 161, 221]].tolist() == [0, 0, 0, 1, 1, 1.5]
        assert run.distance_m[0] == 0
        assert run.distance_m[-1] == pytest.approx(run.distance_at(300.0))


def test_of_a_metric_measured_for_a_part_of_the_run_no_second_is_modelled() -> None:
    with stored(Made(seconds=90.0).recording()) as (store, run):
        assert run.columns["contact_ms"].modelled
        assert run.modelled[:2] == ["braking_damage_index", "braking_dose_bws"]
        store.write(run.info.id, [Metric(30.0, None, Estimate("contact_ms", 240.0, 14.0, "watch"))])
        column = load_session(store, run.info.id).columns["contact_ms"]
        assert (column.modelled, column.how) == (False, "watch")
        assert np.flatnonzero(np.isfinite(column.value)).tolist() == [30]


def test_a_gap_that_a_pause_has_made_is_none() -> None:
    with stored(PAUSED.recording()) as (store, run):
        store.write(run.info.id, [Gap("watch", 98.5, 160.4), Gap("watch", 150.0, 190.0)])
        assert load_session(store, run.info.id).gaps == [Gap("watch", 150.0, 190.0)]


def test_a_session_that_goes_on_is_as_long_as_its_records() -> None:
    with stored(Made(seconds=90.0).recording()) as (_, run):
        assert Activity.RUN in run.activity
        from dataclasses import replace

        live = replace(run, info=replace(run.info, duration_s=0.0, ended=False))
        assert live.elapsed_s == live.timer_s == 90.0
