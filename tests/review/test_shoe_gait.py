"""What changed over a shoe's life: at the same speed, with an interval that holds; nothing of few runs."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from dsp.types import Activity, ActivityChange, Estimate, Metric
from monitor.core import json_codec
from monitor.core.records import Out
from monitor.core.session_settings import SessionSettings
from monitor.review.shoe_gait import (
    LEAST_SHOE_RUNS,
    GaitBins,
    change_of_metric,
    session_gait,
    shoe_changes,
    welch_difference,
)
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

NOW = datetime.datetime(2026, 11, 24, 20, 0, tzinfo=datetime.UTC)
SPEED_EFFECT_MS = -40.0  # contact time is so much shorter for each m/s


def gait(rng: np.random.Generator, speed_mps: float, change_ms: float, how: str = "foot") -> list[GaitBins]:
    """A run around a speed: its own level scatters by 4 ms, each of its bins of speed by 1 ms more."""
    own = 240.0 + change_ms + rng.normal(0.0, 4.0)
    speeds = np.round(speed_mps / 0.25) + np.arange(-2, 3)
    values = own + SPEED_EFFECT_MS * (0.25 * speeds - 3.0) + rng.normal(0.0, 1.0, 5)
    seconds = (200.0, 400.0, 600.0, 400.0, 200.0)
    bins = tuple(int(s) * 1000 + 100 for s in speeds)
    sums = tuple(float(v * n) for v, n in zip(values, seconds, strict=True))
    return [GaitBins(metric="contact_ms", how=how, bins=bins, seconds=seconds, sums=sums)]


def ends(
    rng: np.random.Generator, change_ms: float, runs: int = 8
) -> tuple[list[list[GaitBins]], list[list[GaitBins]]]:
    """First runs, and last ones that are a good deal faster."""
    first = [gait(rng, rng.normal(2.8, 0.2), 0.0) for _ in range(runs)]
    return first, [gait(rng, rng.normal(3.1, 0.2), change_ms) for _ in range(runs)]


def test_the_interval_holds_the_true_change_as_often_as_it_says_whatever_the_speeds_were() -> None:
    rng = np.random.default_rng(7)
    found = [change_of_metric("blue", "contact_ms", *ends(rng, 3.0)) for _ in range(600)]
    changes = [c.change for c in found if c is not None]
    assert len(changes) > 590
    holds = np.mean([abs(c.value - 3.0) <= (c.half or 0.0) for c in changes])
    assert 0.93 <= holds <= 0.97
    assert np.mean([c.value for c in changes]) == pytest.approx(3.0, abs=0.3)
    assert 3.0 < np.median([c.half or 0.0 for c in changes]) < 6.0


def test_with_too_few_runs_at_an_end_there_is_no_change() -> None:
    rng = np.random.default_rng(1)
    first, last = ends(rng, 3.0, LEAST_SHOE_RUNS)
    assert change_of_metric("blue", "contact_ms", first, last) is not None
    assert change_of_metric("blue", "contact_ms", first[1:], last) is None
    assert change_of_metric("blue", "contact_ms", [], []) is None
    assert change_of_metric("blue", "cadence_spm", first, last) is None


def test_runs_that_share_no_speed_are_not_compared() -> None:
    rng = np.random.default_rng(2)
    first = [gait(rng, 2.0, 0.0) for _ in range(6)]
    last = [gait(rng, 5.0, 0.0) for _ in range(6)]
    found = change_of_metric("blue", "contact_ms", first, last)
    assert found is None


def test_runs_on_other_sensors_are_left_out() -> None:
    rng = np.random.default_rng(3)
    first, last = ends(rng, 0.0)
    others = [gait(rng, 3.0, 90.0, how="pelvis") for _ in range(5)]
    found = change_of_metric("blue", "contact_ms", first, [*last, *others])
    assert found is not None
    assert (found.first_runs, found.last_runs) == (8, 8)
    assert abs(found.change.value) < 10


def test_the_difference_of_two_small_samples() -> None:
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([4.0, 6.0, 8.0, 10.0, 12.0])
    found = welch_difference(a, b)
    assert found.value == pytest.approx(5.5)
    reference = stats.ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    assert found.value - (found.half or 0) == pytest.approx(reference.low)


# ------------------------------------------------------------------ out of the store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as store:
        yield store


def keep_run(store: Store, day: datetime.date, contact_ms: float, km: float) -> None:
    """Ten minutes at 3 m/s, whose summary says that they were ``km`` long."""
    name = f"{day}T05-00-00-ann"
    seconds = 600
    records: list[Out] = [ActivityChange(0.0, Activity.RUN, 0.0)]
    for t in range(1, seconds + 1):
        values = {"speed_mps": 1000 * km / seconds, "contact_ms": contact_ms + t % 3, "cadence_spm": 170.0}
        records += [Metric(float(t), None, Estimate(n, v, 0.1, "foot")) for n, v in values.items()]
    settings = json.dumps(json_codec.to_json(SessionSettings(athlete="ann")))
    started = f"{day}T05:00:00+00:00"
    info = SessionInfo(
        id=name, athlete="ann", title="", started_utc=started, settings=settings, version="1"
    )
    store.begin(info)
    store.write(name, records)
    store.end(name, float(seconds))


def pair_over_its_life(store: Store, folder: Path, contacts: Sequence[float], km: float) -> PlanKeeper:
    keeper = PlanKeeper(folder, "ann")
    first = NOW - datetime.timedelta(days=2 * len(contacts))
    keeper.add(new_entry("shoe", {"shoe": "blue", "default": True}, first))
    for k, contact_ms in enumerate(contacts):
        keep_run(store, (first + datetime.timedelta(days=2 * k)).date(), contact_ms, km)
    return keeper


def test_a_pair_with_a_life_behind_it_has_its_changes(store: Store, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    contacts = [*(240 + rng.normal(0, 2, 5)), *(245 + rng.normal(0, 2, 5))]
    keeper = pair_over_its_life(store, tmp_path, contacts, 20.5)  # km in ten minutes, so that ten runs do
    changes = {c.metric: c for c in shoe_changes(keeper.load(store, NOW), store)}
    assert changes.keys() == {"contact_ms", "cadence_spm"}  # nothing measured braking
    contact = changes["contact_ms"]
    assert (contact.shoe, contact.first_runs, contact.last_runs) == ("blue", 5, 5)
    assert contact.change.value == pytest.approx(np.mean(contacts[5:]) - np.mean(contacts[:5]), abs=0.1)
    assert contact.first == pytest.approx(np.mean(contacts[:5]) + 1, abs=0.1)
    assert changes["cadence_spm"].change.value == pytest.approx(0.0)


def test_a_pair_with_less_than_two_hundred_kilometres_has_none(store: Store, tmp_path: Path) -> None:
    keeper = pair_over_its_life(store, tmp_path, [240.0] * 9, 20.5)
    assert shoe_changes(keeper.load(store, NOW), store) == ()


def test_a_session_is_put_into_bins_once(store: Store, tmp_path: Path) -> None:
    keep_run(store, NOW.date(), 240.0, 2.0)
    (info,) = store.sessions()
    made = session_gait(store, info, NOW.date())
    store.clear(info.id)
    assert session_gait(store, info, NOW.date()) == made
    assert {b.metric for b in made} == {"contact_ms", "cadence_spm"}
    assert sum(made[0].seconds) == pytest.approx(600, abs=2)
