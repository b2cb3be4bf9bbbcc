"""A sensor that slips on the leg is noticed, said, and learned anew."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dsp.engine import DETECTORS
from dsp.types import Contact, ImuChunk, Placement, Readiness
from tests.dsp.gait import SIMULATED_STRIDE_S, WORN, steady_foot_imu

SLIPS_S = 20.0


def slipped(name: str, axis: str, degrees: float) -> ImuChunk:
    """Forty seconds, the sensor turned on the leg after twenty."""
    whole = steady_foot_imu(name, 40.0)
    assert whole.gyr_rads is not None
    turn = Rotation.from_euler(axis, degrees, degrees=True)
    late = (whole.t_s >= SLIPS_S)[:, None]
    acc, gyr = (np.where(late, turn.apply(x), x) for x in (whole.acc_ms2, whole.gyr_rads))
    return ImuChunk(name, whole.t_s, acc, gyr)


def said(name: str, chunk: ImuChunk) -> tuple[np.ndarray, list[Readiness]]:
    detector = DETECTORS[Placement(name)](WORN[name])
    found = [*detector.push(chunk), *detector.finish()]
    shifts = [f for f in found if isinstance(f, Readiness) and f.shifted]
    return np.array([f.ic_s for f in found if isinstance(f, Contact)]), shifts


@pytest.mark.parametrize(
    ("name", "axis", "degrees"),
    [
        ("foot", "x", 50.0),
        ("foot", "x", -40.0),
        ("shank", "x", 50.0),
        ("shank", "z", 70.0),
        ("shank", "z", -70.0),
        ("shank", "z", 180.0),
    ],
)
def test_a_slip_is_told_once_and_strides_are_found_again(name: str, axis: str, degrees: float) -> None:
    times, shifts = said(name, slipped(name, axis, degrees))
    assert len(shifts) == 1
    assert SLIPS_S < shifts[0].t_s < SLIPS_S + 10
    after = times[(times > SLIPS_S + 13) & (times < 39)]
    assert len(after) == pytest.approx((39 - SLIPS_S - 13) / SIMULATED_STRIDE_S, abs=1.5)
    assert np.allclose(np.diff(after), SIMULATED_STRIDE_S, atol=0.02)


@pytest.mark.parametrize("name", ["foot", "shank"])
def test_no_slip_is_invented(name: str) -> None:
    assert said(name, steady_foot_imu(name, 40.0))[1] == []
    assert said(name, slipped(name, "z", 8.0))[1] == []
