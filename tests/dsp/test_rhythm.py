"""A movement repeats after a stride, not after half of one."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.rhythm import shortest_period
from dsp.types import Array

RATE_HZ = 100.0


def two_humps(stride_s: float, second: float, seconds: float = 4.0) -> Array:
    """Two humps a stride, the other one ``second`` times as high and a little broader."""
    phase = (np.arange(0, seconds, 1 / RATE_HZ) / stride_s) % 1
    return np.exp(-(((phase - 0.25) / 0.06) ** 2)) + second * np.exp(-(((phase - 0.75) / 0.09) ** 2))


@pytest.mark.parametrize("stride_s", [0.62, 0.75, 0.95, 1.1, 1.3])
@pytest.mark.parametrize("second", [0.0, 0.2, 0.35])
def test_the_period_is_the_stride_though_it_has_two_humps(stride_s: float, second: float) -> None:
    assert shortest_period(two_humps(stride_s, second), RATE_HZ, 0.45, 1.4) == pytest.approx(
        stride_s, abs=0.03
    )


def test_a_period_is_not_taken_twice() -> None:
    """Two strides fit between the limits as well; the shorter time is the period."""
    assert shortest_period(two_humps(0.66, 0.1), RATE_HZ, 0.45, 1.4) == pytest.approx(0.66, abs=0.03)


def test_noise_and_too_short_a_stretch_have_no_period() -> None:
    noise = np.random.default_rng(3).standard_normal(400)
    assert shortest_period(noise, RATE_HZ, 0.45, 1.4) is None
    assert shortest_period(two_humps(1.0, 0.3, seconds=1.2), RATE_HZ, 0.45, 1.4) is None
    assert shortest_period(np.ones(400), RATE_HZ, 0.45, 1.4) is None
