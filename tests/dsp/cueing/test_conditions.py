"""Speed and slope are believed as far as their sources go."""

from __future__ import annotations

import pytest

from dsp.cueing.conditions import Conditions, ConditionsEstimate
from dsp.readings import Readings
from dsp.speed import SpeedFusion
from dsp.types import Estimate, Reading


def speed(value: float, how: str = "foot", sd: float = 0.03) -> Estimate:
    return Estimate("speed_mps", value, sd, how)


def slope(value: float, sd: float) -> Estimate:
    return Estimate("slope_pct", value, sd, "pod")


def after(estimate: ConditionsEstimate, *paces: tuple[float, int]) -> list[Conditions]:
    return [estimate.second(speed(mps), None) for mps, seconds in paces for _ in range(seconds)]


def test_a_speed_from_outside_is_less_sure_than_the_feet() -> None:
    own, given = (ConditionsEstimate().second(speed(3.0, how), None) for how in ("foot", "gps"))
    assert own.speed_sd_mps == pytest.approx(0.03)
    assert given.speed_sd_mps == pytest.approx(0.124, abs=0.001)


def test_speeds_that_differ_widely_are_a_disagreement() -> None:
    assert not ConditionsEstimate().second(speed(3.0, "belt", 0.1), None).disagree
    assert ConditionsEstimate().second(speed(3.0, "belt", 0.3), None).disagree


@pytest.mark.parametrize(("apart", "disagree"), [(0.0, False), (0.08, False), (0.12, True), (-0.12, True)])
def test_feet_and_a_belt_disagree_from_about_a_tenth_on(apart: float, disagree: bool) -> None:
    fusion, readings = SpeedFusion(), Readings()
    fusion.push_foot(1.0, 2.8)
    readings.push(Reading("belt", 1.0, "speed_mps", 2.8 * (1 + apart)))
    given, from_outside = fusion.at(1.0, readings)
    assert from_outside
    assert ConditionsEstimate().second(given, None).disagree is disagree


def test_a_slope_counts_where_its_source_is_sure_of_it() -> None:
    def of(found: Estimate | None) -> tuple[float | None, float]:
        here = ConditionsEstimate().second(None, found)
        return here.slope_pct, here.slope_sd_pct

    assert of(slope(4.0, 0.3)) == (4.0, 0.3)
    assert of(slope(0.0, 1.4)) == (None, 1.4)
    assert of(slope(2.0, 1.4)) == (None, pytest.approx(2.44, abs=0.01))
    assert of(slope(-5.0, 1.4)) == (None, pytest.approx(5.19, abs=0.01))
    assert of(slope(4.0, 9.0)) == of(None)


def test_the_usual_pace_lags_behind_a_speed_that_wanders() -> None:
    *_, here = after(ConditionsEstimate(), (2.8, 300), (3.0, 30))
    assert here.speed_mps == pytest.approx(3.0)
    assert here.usual_mps == pytest.approx(2.82, abs=0.01)
    assert here.other_pace == 0


def test_another_pace_is_told_until_it_is_the_usual_one() -> None:
    seen = after(ConditionsEstimate(), (2.8, 120), (3.6, 340), (2.8, 60))
    faster = [k for k, here in enumerate(seen) if here.other_pace == 1]
    slower = [k for k, here in enumerate(seen) if here.other_pace == -1]
    assert 120 < faster[0] < 135
    assert len(faster) == 300
    assert seen[450].usual_mps == pytest.approx(3.6, abs=0.05)
    assert slower[0] > 460


def test_a_surge_leaves_the_usual_pace_as_it_was() -> None:
    *_, here = after(ConditionsEstimate(), (2.8, 120), (3.6, 120), (2.8, 25))
    assert here.other_pace == 0
    assert here.usual_mps == pytest.approx(2.8, abs=0.05)


def test_another_source_of_speed_begins_anew() -> None:
    it = ConditionsEstimate()
    after(it, (2.8, 120))
    it.forget()
    assert {here.other_pace for here in after(it, (3.6, 60))} == {0}
