"""File, store, FIT, store: what a table lists comes back as it was, to the resolution of FIT's fields."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings

from dsp.types import Activity, Array
from monitor.core.activity_facts import LapMark, PlaceTrack, TimerPause
from monitor.core.local_time import local_start
from monitor.exports.fit import encode_fit
from monitor.exports.tables import second_columns
from monitor.recordings.readers import read_recording
from monitor.review.report import session_review
from monitor.storage.session_data import SessionData
from monitor.storage.store import Store
from tests.deep import example_count
from tests.exports.made_activities import Made, made_activities, stored

NEAR = {
    "cadence_spm": 2 / 128,
    "distance_m": 0.03,
    "speed_mps": 0.012,
    "step_length_m": 0.006,
    "slope_pct": 0.5,
    "contact_ms": 0.6,
    "overstride_m": 0.002,
    "braking_impulse_bws": 2e-4,
}
"""How far a number may be off: a step of its field, or what such a step changes in a model of it.

Speed is brought to agree with distance, which has centimetres; slope is worked out from altitude, which has
steps of 20 cm, over 60 m of that distance.
"""

RELATIVE = {"slope_pct": 0.15, "braking_impulse_bws": 0.15}
"""How far an SD may be off: a second more or less in the window at each end, of about 20 s."""


def again(store: Store, run: SessionData) -> Path:
    folder = Path(tempfile.mkdtemp())
    path = folder / "back.fit"
    path.write_bytes(encode_fit(run, store.track(run.info.id)))
    return path


def assert_same_session(one: SessionData, two: SessionData) -> None:
    a, b = one.info, two.info
    assert (a.started_utc, a.sport, a.sub_sport) == (b.started_utc, b.sport, b.sub_sport)
    assert local_start(a.started_utc, a.utc_offset_s).utcoffset() == (
        local_start(b.started_utc, b.utc_offset_s).utcoffset()
    )
    if a.counted_steps is not None:
        assert b.counted_steps == a.counted_steps
    assert b.duration_s == pytest.approx(a.duration_s, abs=6e-4)
    assert [(p.start_s, p.end_s) for p in two.pauses] == [
        (pytest.approx(p.start_s), pytest.approx(p.end_s)) for p in one.pauses
    ]
    assert two.laps == one.laps
    assert two.timer_s == pytest.approx(one.timer_s, abs=6e-4)
    assert two.moving_s == pytest.approx(one.moving_s, abs=1.01)
    for what in Activity:
        apart = one.mask(one.activity.get(what, ())) ^ two.mask(two.activity.get(what, ()))
        assert apart.sum() <= 2


def assert_same_seconds(one: SessionData, two: SessionData) -> None:
    a, b = second_columns(one), second_columns(two)
    assert set(a) == set(b)
    assert (a["utc"], list(a["t_s"])) == (b["utc"], list(b["t_s"]))
    for name, near in NEAR.items():
        if name in a:
            np.testing.assert_allclose(b[name], a[name], atol=near, err_msg=name)
        if f"{name}_sd" in a:
            sd = b[f"{name}_sd"], a[f"{name}_sd"]
            np.testing.assert_allclose(*sd, rtol=RELATIVE.get(name, 0.02), err_msg=f"{name}, SD")
    for name in ("heart_rate_bpm", "power_w"):
        np.testing.assert_array_equal(b.get(name), a.get(name))
    assert {n: c.modelled for n, c in one.columns.items()} == {
        n: c.modelled for n, c in two.columns.items()
    }


def assert_same_places(one: PlaceTrack | None, two: PlaceTrack | None) -> None:
    assert (one is None) == (two is None)
    if one is None or two is None:
        return
    np.testing.assert_array_equal(two.t_s, one.t_s)
    for name, near in (("lat_deg", 1e-7), ("lon_deg", 1e-7), ("altitude_m", 0.11)):
        a: Array = getattr(one, name)
        np.testing.assert_allclose(getattr(two, name), a, atol=near, err_msg=name)


def assert_same_reviews(one: Store, two: Store, a: SessionData, b: SessionData) -> None:
    first, second = session_review(one, a.info.id), session_review(two, b.info.id)
    for table in ("kilometres", "laps"):
        assert [s["name"] for s in first[table]] == [s["name"] for s in second[table]]
        for left, right in zip(first[table], second[table], strict=True):
            assert right["seconds"] == pytest.approx(left["seconds"], abs=0.05)
            assert right["distance_m"] == pytest.approx(left["distance_m"], abs=0.05)
    for name in ("duration_s", "timer_s", "moving_s", "distance_m"):
        assert second["session"][name] == pytest.approx(first["session"][name], abs=1.01), name


@settings(
    max_examples=example_count(12, 200), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
@given(made=made_activities())
def test_the_way_through_fit_is_the_identity(made: Made) -> None:
    with (
        stored(made.recording()) as (store, one),
        stored(read_recording(again(store, one))) as (other, two),
    ):
        assert_same_session(one, two)
        assert_same_seconds(one, two)
        assert_same_places(store.track(one.info.id), other.track(two.info.id))
        assert_same_reviews(store, other, one, two)


def test_a_second_way_through_fit_changes_nothing_more() -> None:
    made = Made(
        seconds=1000.25,
        pauses=(TimerPause(400.0, 300.0),),
        laps=(LapMark(333.0, "distance"),),
        stands=(100, 130),
        contact_ms=245.0,
        counted_strides=987,
    )
    with (
        stored(made.recording()) as (store, one),
        stored(read_recording(again(store, one))) as (other, two),
        stored(read_recording(again(other, two))) as (third, three),
    ):
        assert_same_session(two, three)
        assert_same_seconds(two, three)
        assert_same_places(other.track(two.info.id), third.track(three.info.id))
