"""How a foot sensor sits: its principal axes are those that NumPy's own function gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.events import foot_axes

rates = st.lists(st.floats(-40, 40), min_size=9, max_size=9)


@given(rates, st.sampled_from([2, 3]))
def test_the_axis_of_most_rotation_is_that_of_numpy_to_the_last_bit(values: list[float], axes: int) -> None:
    gyr = np.array(values).reshape(3, 3)[:, :axes]
    covariance = gyr.T @ gyr
    wanted = np.linalg.eigh(covariance)[1][:, -1]
    assert np.array_equal(foot_axes._principal_direction(covariance), wanted)


def test_a_numpy_that_has_moved_what_is_called_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    covariance = np.array([[4.0, 1.0], [1.0, 2.0]])
    before = foot_axes._principal_direction(covariance)
    monkeypatch.delattr(np.linalg, "_umath_linalg")
    foot_axes._eigenvectors.cache_clear()
    try:
        assert foot_axes._eigenvectors() is np.linalg.eigh
        assert np.array_equal(foot_axes._principal_direction(covariance), before)
    finally:
        foot_axes._eigenvectors.cache_clear()
