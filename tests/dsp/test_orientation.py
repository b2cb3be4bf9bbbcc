"""Rotations over a stride."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp import orientation

angles = st.lists(st.floats(-20, 20) | st.just(0.0), min_size=1, max_size=20)


@given(angles)
def test_sinc_is_that_of_numpy_to_the_last_bit(values: list[float]) -> None:
    x = np.array(values)
    assert np.array_equal(orientation._sinc(x), np.sinc(x))


def test_a_quarter_turn_about_each_axis() -> None:
    turns = orientation.rotations(np.eye(3) * math.pi / 2)
    for k, turn in enumerate(turns):
        i, j = (k + 1) % 3, (k + 2) % 3
        assert turn @ np.eye(3)[i] == pytest.approx(np.eye(3)[j], abs=1e-12)
    assert np.array_equal(orientation.rotations(np.zeros((2, 3))), np.array([np.eye(3)] * 2))
