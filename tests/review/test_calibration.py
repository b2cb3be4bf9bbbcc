"""A review offers to calibrate what its run could calibrate, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dsp.types import Activity, Placement, Problem, Readiness, SensorProblem, Side
from monitor.core.message_catalogues import catalogue
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.review.calibration import calibration_offers, minutes_text
from monitor.review.data_quality import data_limits
from monitor.storage.session_data import MetricColumn, SessionData, Stretch
from monitor.storage.session_info import SessionInfo

SHOE = SensorSettings(name="left shoe", kind="plain", placement=Placement.FOOT, side=Side.LEFT)
LEVELLED = replace(SHOE, speed_gain=1.02, slope_offset_pct=0.4)
SECONDS = 300
EVEN = np.full(SECONDS, 2.8)
SPEED, SLOPE = "limits.uncalibrated_speed", "limits.uncalibrated_slope"


def column(value: np.ndarray, how: str = "foot") -> MetricColumn:
    return MetricColumn(value, np.full(len(value), 0.03), how)


def run(
    sensor: SensorSettings = SHOE, speed: MetricColumn | None = None, slope: MetricColumn | None = None
) -> SessionData:
    """Five minutes at one speed, but for what is given."""
    found = {
        "speed_mps": speed or column(EVEN),
        "slope_pct": slope or column(0.3 * np.sin(np.arange(SECONDS))),
    }
    return SessionData(
        info=SessionInfo(id="2026-05-03T07-00-00-me", athlete="me", title="easy", started_utc="2026-05-03"),
        settings=SessionSettings(sensors=(sensor,)),
        t_s=np.arange(float(SECONDS)),
        columns=found,
        sided={},
        activity={Activity.RUN: (Stretch(0.0, float(SECONDS)),)},
    )


def offers(data: SessionData) -> list[str]:
    return [m.key for m in calibration_offers(data)]


def test_a_steady_run_on_uncalibrated_feet_is_offered_with_its_command() -> None:
    assert offers(run()) == [SPEED, SLOPE]
    texts = [catalogue(la).render(m) for la in ("en", "de") for m in data_limits(run())]  # type: ignore[arg-type]
    for command in ("--speed", "--distance", "--level"):
        assert sum(f"gaitcue calibrate 2026-05-03T07-00-00-me {command}" in t for t in texts) in (0, 2)
        assert sum(command in t for t in texts) == 2


def test_what_is_calibrated_is_not_offered() -> None:
    assert offers(run(LEVELLED)) == []
    assert offers(run(replace(LEVELLED, slope_offset_pct=None))) == [SLOPE]
    assert offers(run(replace(LEVELLED, speed_gain=None))) == [SPEED]


@pytest.mark.parametrize("how", ["treadmill", "foot, calibrated"])
def test_a_speed_from_outside_is_not_offered(how: str) -> None:
    assert offers(run(speed=column(EVEN, how), slope=column(0 * EVEN, how))) == []


def test_a_run_without_a_steady_minute_or_over_hills_is_not_offered() -> None:
    uneven = EVEN * (1 + 0.1 * np.sin(np.arange(SECONDS) / 8))
    hills = 4 * np.sin(np.arange(SECONDS) / 30)
    assert offers(run(speed=column(uneven), slope=column(hills))) == []


def problem(kind: Problem, t_s: float = 6.0) -> SensorProblem:
    return SensorProblem(t_s, "left shoe", kind)


@pytest.mark.parametrize("kind", [Problem.LOOSE, Problem.CLIPPED, Problem.SAME_FOOT])
def test_a_sensor_that_cannot_be_trusted_is_not_offered(kind: Problem) -> None:
    assert offers(replace(run(), problems=(problem(kind),))) == []
    other = replace(SHOE, name="right shoe", side=Side.RIGHT)
    both = SessionSettings(sensors=(SHOE, other))
    assert offers(replace(run(), settings=both, problems=(problem(kind),))) == [SPEED, SLOPE]


def test_after_a_slip_the_level_is_not_offered_but_the_speed_is() -> None:
    assert offers(replace(run(), shifted=(Readiness(90.0, "left shoe", 0, 4, shifted=True),))) == [SPEED]


def test_seconds_of_slope_count_and_not_those_of_running() -> None:
    seen = np.where(np.arange(SECONDS) < 65, 0.2, np.nan)
    assert offers(run(slope=column(seen))) == [SPEED]


def test_other_sensors_are_not_offered() -> None:
    belt = SensorSettings(name="belt", kind="plain", placement=Placement.PELVIS)
    assert offers(run(belt)) == []


@pytest.mark.parametrize(
    ("name", "value", "placement"),
    [
        ("speed_gain", 1.2, Placement.FOOT),
        ("slope_offset_pct", -6.0, Placement.FOOT),
        ("speed_gain", 1.0, Placement.SHANK),
    ],
)
def test_a_setting_that_cannot_be_is_refused(name: str, value: float, placement: Placement) -> None:
    with pytest.raises(ValueError, match=name):
        replace(SHOE, placement=placement, **{name: value})  # type: ignore[arg-type]


def test_a_time_of_a_run_is_minutes_and_seconds() -> None:
    assert minutes_text(754.6) == "12:34"
    assert minutes_text(5.0) == "0:05"
