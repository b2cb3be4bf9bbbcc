"""A device's own numbers: what is missing, what came before, and when it has begun anew."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.packet import Samples
from monitor.pipeline.sample_timeline import SequenceCounter


def ten(number: int, wrap: int | None = None) -> Samples:
    """Ten samples that bear this number, each of them one."""
    return Samples(np.zeros((10, 3)), None, nominal_hz=100.0, sequence=number, sequence_wrap=wrap)


def test_numbers_that_stay_behind_for_ten_packets_are_those_of_a_device_that_began_anew() -> None:
    counter = SequenceCounter()
    assert [counter.missing(ten(number), False, 0.1) for number in (1000, 1010)] == [0, 0]
    behind = [counter.missing(ten(10 * k), False, 0.1) for k in range(12)]
    assert behind == [None] * SequenceCounter.PATIENCE + [0, 0]


def test_numbers_behind_on_a_new_link_are_taken_at_once() -> None:
    counter = SequenceCounter()
    assert counter.missing(ten(1000), False, 0.1) == 0
    assert counter.missing(ten(0), True, 0.1) == 0
    assert counter.missing(ten(30), False, 1.0) == 20


@pytest.mark.parametrize("wrap", [256, 1024])
def test_a_counter_that_begins_over_at_its_end_has_lost_nothing(wrap: int) -> None:
    counter = SequenceCounter()
    numbers = [(10 * k) % wrap for k in range(3 * wrap // 10)]
    assert {counter.missing(ten(number, wrap), False, 0.1) for number in numbers} == {0}
