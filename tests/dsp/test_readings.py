"""Finished numbers of devices, with the uncertainty that some of them know themselves."""

from __future__ import annotations

import pytest

from dsp.engine import Engine
from dsp.readings import Readings
from dsp.types import Metric, Reading


def test_a_reading_that_knows_its_sd_is_as_unsure_as_it_says() -> None:
    readings = Readings()
    readings.push(Reading("gps", 1.0, "speed_mps", 3.0))
    readings.push(Reading("gps", 1.0, "speed_mps_sd", 0.4))
    readings.push(Reading("belt", 2.0, "speed_mps", 3.0))
    found = [readings.estimate("speed_mps", t_s, sd=0.05) for t_s in (1.0, 2.0)]
    assert [e and e.sd for e in found] == [0.4, 0.05]


@pytest.mark.parametrize(("sd", "speed_sd", "length_sd"), [(None, 0.07, 0.033), (0.4, 0.4, 0.147)])
def test_speed_and_step_length_are_as_unsure_as_the_positions(
    sd: float | None, speed_sd: float, length_sd: float
) -> None:
    engine, out = Engine([]), []
    numbers = {"cadence_spm": 164.0, "speed_mps": 3.0} | ({} if sd is None else {"speed_mps_sd": sd})
    for t in range(20):
        for quantity, value in numbers.items():
            out += engine.push(Reading("gps", float(t), quantity, value))
    last = {r.estimate.metric: r.estimate.sd for r in out if isinstance(r, Metric)}
    assert last["speed_mps"] == pytest.approx(speed_sd, abs=0.001)
    assert last["step_length_m"] == pytest.approx(length_sd, abs=0.001)
