"""No stride time spans a gap; cadence counts steps across one where the detector can."""

from __future__ import annotations

import pytest

from dsp.cadence import StrideClock


def test_cadence_counts_strides_across_a_gap_and_gives_no_stride_time_there() -> None:
    clock = StrideClock(one_leg=False)
    times = [0.35 * k for k in range(20)]
    strides = [clock.push(t, 1) for t in times[:8]]
    assert strides[2:] == [pytest.approx(0.7)] * 6
    clock.gap()
    assert clock.push(times[10], 3) is None  # two contacts lie in the gap
    assert clock.push(times[11], 1) is None
    assert clock.push(times[12], 1) == pytest.approx(0.7)
    cadence = clock.now(times[12], "pelvis", 0.005)
    assert cadence is not None
    assert cadence.value == pytest.approx(60 / 0.35)


@pytest.mark.parametrize("passed", [0, None])
def test_where_nobody_can_count_the_steps_a_gap_ends_all(passed: int | None) -> None:
    clock = StrideClock(one_leg=False)
    for k in range(8):
        clock.push(0.35 * k, 1)
    clock.gap()
    assert clock.push(3.13, passed) is None
    assert clock.push(3.48, 1) is None
    assert clock.push(3.83, 1) == pytest.approx(0.7)
    cadence = clock.cadence(3.83, "pelvis")
    assert cadence is not None
    assert cadence.value == pytest.approx(60 / 0.35)


def test_strides_that_contradict_the_rhythm_are_left_out() -> None:
    clock = StrideClock(one_leg=False)
    for k in range(12):
        clock.push(0.35 * k, 1)
    found = clock.now(0.35 * 11, "waist", 0.007, rhythm_s=0.7)
    assert found is not None
    assert found.value == pytest.approx(60 / 0.7)
