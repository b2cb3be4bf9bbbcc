"""A stored session as the plan sees it."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dsp.types import Activity, ActivityChange, Estimate, Metric, Placement, Side
from monitor.core import json_codec
from monitor.core.activity_facts import ActivityFacts, TimerPause
from monitor.core.records import Out, SessionStarted
from monitor.core.session_settings import CoachSettings, SensorSettings, SessionSettings
from monitor.review.plan_sessions import noted_answers, shoe_pods, stored_plan_runs
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.entries import ENTRY_KINDS
from monitor.training.session_shoes import session_shoes

UTC = datetime.UTC
NOW = datetime.datetime(2026, 5, 20, 12, tzinfo=UTC)
LONG_AGO = datetime.date(2026, 1, 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as made:
        yield made


def run_records(seconds: int, activity: Activity = Activity.RUN, **metrics: float) -> list[Out]:
    values = {"cadence_spm": 168.0, "speed_mps": 3.0} | metrics
    records: list[Out] = [
        SessionStarted("x", "ann", "2026-05-20T05:00:00+00:00", ()),
        ActivityChange(0.0, activity, 0.0),
    ]
    return records + [
        Metric(float(t), None, Estimate(name, value, 0.1, "foot"))
        for t in range(1, seconds + 1)
        for name, value in values.items()
    ]


def keep(store: Store, name: str, records: list[Out], seconds: float, **fields: Any) -> None:
    settings = SessionSettings(athlete="ann", coach=fields.pop("coach", None))
    given: dict[str, Any] = {
        "athlete": "ann",
        "title": "",
        "started_utc": f"{name[:10]}T05:00:00+00:00",
        "settings": json.dumps(json_codec.to_json(settings)),
        "utc_offset_s": 7200,
        "version": "1",
    }
    store.begin(SessionInfo(id=name, **(given | fields)))
    store.write(name, records)
    store.end(name, seconds)


def test_a_run_has_its_length_its_day_and_its_downhill(store: Store) -> None:
    records = run_records(1200, slope_pct=-4.0, braking_impulse_bws=0.02, braking_dose_bws=30.0)
    keep(store, "2026-05-19-ann", records, 1200.0, started_utc="2026-05-19T23:30:00+00:00")
    (run,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert run.day == datetime.date(2026, 5, 20)  # by the runner's clock
    assert run.start == datetime.datetime(2026, 5, 20, 1, 30)
    assert run.km == pytest.approx(3.6, abs=0.01)
    assert run.minutes == pytest.approx(20)
    assert run.descent_m == pytest.approx(0.04 * 3600, rel=0.01)
    assert run.descent_s == pytest.approx(1200, abs=2)
    assert run.braking_dose_bws == pytest.approx(30)
    assert not run.walk
    assert not run.cued
    assert run.stored_day is None


def test_what_no_sensor_saw_is_unknown(store: Store) -> None:
    keep(store, "2026-05-19-ann", [r for r in run_records(1200) if not _is_speed(r)], 1200.0)
    (run,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert (run.km, run.descent_m, run.descent_s, run.braking_dose_bws) == (None, None, None, None)
    assert run.minutes == pytest.approx(20)


def test_half_of_a_distance_is_none(store: Store) -> None:
    records = [r for r in run_records(1200) if not (_is_speed(r) and r.t_s > 500)]  # type: ignore[union-attr]
    keep(store, "2026-05-19-ann", records, 1200.0)
    (run,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert run.km is None


def _is_speed(record: Out) -> bool:
    return isinstance(record, Metric) and record.estimate.metric == "speed_mps"


def test_a_pause_is_no_running(store: Store) -> None:
    keep(store, "2026-05-19-ann", run_records(1200), 1200.0)
    store.add_facts("2026-05-19-ann", ActivityFacts(pauses=(TimerPause(300.0, 600.0),)))
    (run,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert run.minutes == pytest.approx(10)
    assert run.km == pytest.approx(1.8, abs=0.02)


@pytest.mark.parametrize(
    ("activity", "seconds", "sport", "walk"),
    [
        (Activity.WALK, 1800, "", True),
        (Activity.WALK, 300, "", None),
        (Activity.STAND, 3600, "", None),
        (Activity.RUN, 3600, "hiking", True),
        (Activity.RUN, 40, "", None),
        (Activity.RUN, 90, "", False),
    ],
)
def test_a_walk_is_a_walk_and_a_sensor_on_a_table_is_nothing(
    store: Store, activity: Activity, seconds: int, sport: str, walk: bool | None
) -> None:
    keep(store, "2026-05-19-ann", run_records(seconds, activity), float(seconds), sport=sport)
    runs = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert [run.walk for run in runs] == ([] if walk is None else [walk])


def test_others_runs_and_earlier_ones_are_left_out(store: Store) -> None:
    keep(store, "2026-05-01-ann", run_records(600), 600.0)
    keep(store, "2026-05-19-ann", run_records(600), 600.0)
    keep(store, "2026-05-19-ben", run_records(600), 600.0, athlete="ben")
    runs = stored_plan_runs(store, "ann", datetime.date(2026, 5, 10), NOW)
    assert [run.session for run in runs] == ["2026-05-19-ann"]


def test_a_coached_run_has_its_step(store: Store) -> None:
    keep(store, "2026-05-19-ann", run_records(600), 600.0, coach=CoachSettings(step=2))
    (run,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert (run.cued, run.step) == (True, 2)


def test_an_imported_run_is_known_from_the_day_on_which_the_plan_first_saw_it(store: Store) -> None:
    keep(store, "2026-05-10-ann", run_records(600), 600.0, source=f"{'a' * 64}:0")
    (first,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    (later,) = stored_plan_runs(store, "ann", LONG_AGO, NOW + datetime.timedelta(days=9))
    assert first.stored_day == datetime.date(2026, 5, 20)
    assert later == first


def test_a_session_is_summed_up_once_and_anew_when_its_records_are(store: Store) -> None:
    keep(store, "2026-05-19-ann", run_records(600), 600.0)
    (before,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert len(store.analyses("2026-05-19-ann", "plan run")) == 1
    assert stored_plan_runs(store, "ann", LONG_AGO, NOW) == (before,)
    assert len(store.analyses("2026-05-19-ann", "plan run")) == 1
    store.replace_measurements("2026-05-19-ann", run_records(600, speed_mps=4.0), "2")
    (after,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert after.km == pytest.approx(2.4, abs=0.02)


@pytest.mark.parametrize("body", [{"rules": 1}, {"rules": 1, "run": {"day": "x"}}, {"rules": 1, "run": 3}])
def test_a_summary_that_cannot_be_read_is_made_anew(store: Store, body: dict[str, Any]) -> None:
    keep(store, "2026-05-19-ann", run_records(600), 600.0)
    store.add_analysis("2026-05-19-ann", "plan run", "1", NOW.isoformat(), body)
    (run,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert run.km == pytest.approx(1.8, abs=0.02)


def test_a_noted_pain_is_an_answer_after_its_run(store: Store) -> None:
    keep(store, "2026-05-19-ann", run_records(600), 600.0)
    store.add_note("2026-05-19-ann", "pain", "behind the knee", value=4.0)
    store.add_note("2026-05-19-ann", "note", "windy")
    runs = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    (answer,) = noted_answers(store, runs, "ann")
    assert (answer.session, answer.day, answer.during, answer.now) == (runs[0].session, runs[0].day, 4, 4)


def test_the_scatter_of_a_length_adds_up_over_the_run(store: Store) -> None:
    keep(store, "2026-05-20T05-00-00-ann", run_records(600), 600)
    (run,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert run.km == pytest.approx(1.8, abs=0.01)
    assert run.km_sd == pytest.approx(0.1 * 600 / 1000, abs=0.001)  # 0.1 m/s for ten minutes


def test_a_length_whose_scatter_nobody_knows_has_none(store: Store) -> None:
    records = [replace(r, estimate=replace(r.estimate, sd=math.nan)) if isinstance(r, Metric) else r
               for r in run_records(600)]  # fmt: skip
    keep(store, "2026-05-20T05-00-00-ann", records, 600)
    (run,) = stored_plan_runs(store, "ann", LONG_AGO, NOW)
    assert (run.km, run.km_sd) == (pytest.approx(1.8, abs=0.01), None)


def sensor(name: str, placement: Placement, match: str | None, side: Side | None = None) -> SensorSettings:
    return SensorSettings(name=name, kind="plain", placement=placement, match=match, side=side)


def test_the_sensors_on_the_shoes_are_known_by_name_and_serial_and_no_others_are() -> None:
    sensors = [
        sensor("left", Placement.FOOT, "Movesense 231330000123", Side.LEFT),
        sensor("pod", Placement.POD, "0C8B2F"),
        sensor("belt", Placement.PELVIS, "Movesense 231330000999"),
        sensor("right", Placement.FOOT, None, Side.RIGHT),
        sensor("other", Placement.POD, "Stryd"),
    ]
    assert shoe_pods(sensors) == ("Movesense 231330000123", "231330000123", "0C8B2F")


def test_a_session_gets_its_pair_by_its_pods_and_its_tag_comes_first(store: Store) -> None:
    pod = sensor("pod", Placement.POD, "Stryd 0c8b2f")
    settings = json.dumps(json_codec.to_json(SessionSettings(athlete="ann", sensors=(pod,))))
    keep(store, "2026-05-20T05-00-00-ann", run_records(600), 600, settings=settings)
    made = NOW - datetime.timedelta(days=30)
    standing = [
        ENTRY_KINDS["shoe"](id=name, made_utc=made, day=made.date(), shoe=name, **fields)  # type: ignore[arg-type]
        for name, fields in (("blue", {"default": True}), ("red", {"pods": ("0C8B2F",), "model": "Ride"}))
    ]

    def pair() -> tuple[str, str]:
        (told,) = session_shoes(standing, stored_plan_runs(store, "ann", LONG_AGO, NOW)).values()
        return told.shoe, told.by

    assert pair() == ("red", "pods")
    store.tag("2026-05-20T05-00-00-ann", ["shoe=blue"])
    assert pair() == ("blue", "session")
    store.tag("2026-05-20T05-00-00-ann", ["shoe=RIDE"])
    assert pair() == ("red", "session")
    store.tag("2026-05-20T05-00-00-ann", ["shoe=borrowed"])
    assert pair() == ("borrowed", "session")
