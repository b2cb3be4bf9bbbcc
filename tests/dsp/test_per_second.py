"""Seconds of a hole: up to an hour each is told, and what the hole goes on for costs nothing."""

from __future__ import annotations

import pytest

from dsp.activity import ActivityLog
from dsp.models import MODELS
from dsp.per_second import PerSecondMetrics
from dsp.readings import Readings
from dsp.speed import SpeedFusion
from dsp.types import Metric, Reading, Runner


def seconds_of(found: list[Metric]) -> list[float]:
    return sorted({m.t_s for m in found})


def stage() -> tuple[PerSecondMetrics, Readings, SpeedFusion, ActivityLog]:
    return PerSecondMetrics(Runner(), MODELS), Readings(), SpeedFusion(), ActivityLog()


@pytest.mark.parametrize("hole_s", [100.0, 3000.0, 1e5, 1.8e9])
def test_a_reading_after_a_hole_of_any_length_has_its_second(hole_s: float) -> None:
    metrics, readings, speed, log = stage()
    found: list[Metric] = []
    for t_s in (10.0, 11.0, 12.0, hole_s, hole_s + 1, hole_s + 2):
        readings.push(Reading("pod", t_s, "heart_rate_bpm", 140.0))
        found += metrics.until(t_s - 1.0, readings, speed, log)
    found += metrics.until(hole_s + 2, readings, speed, log)
    assert seconds_of(found)[-3:] == [hole_s, hole_s + 1, hole_s + 2]
    assert len(seconds_of(found)) <= 3 + 6


def test_the_load_of_a_run_is_told_for_an_hour_after_the_last_step(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, readings, speed, log = stage()
    monkeypatch.setattr(metrics._load, "dose_bws", 1.0)
    monkeypatch.setattr(metrics._load, "known_s", 1.0)
    monkeypatch.setattr(metrics._load, "flat_bws", 1.0)
    metrics.until(0.0, readings, speed, log)
    for t_s, first, end in ((3000.0, 1, 3001), (1e6, 3001, 3601), (1e9, 0, 0)):
        found = metrics.until(t_s, readings, speed, log)
        assert seconds_of(found) == [float(t) for t in range(first, end)]
