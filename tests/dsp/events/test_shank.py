"""A shank that also turns about itself, that stands for long, and whose packets are lost."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dsp.engine import Engine
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import ImuChunk, Placement, Readiness, Side, Step, Worn
from tests.dsp.gait import cut

RUN = simulated_run([Bout(seconds=40, speed_mps=3.0)])
STRIDE_S = float(2 * np.diff(RUN.ic_s).mean())


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("phase", [0.0, 1.5, 3.0, 4.5])
@pytest.mark.parametrize("size_rads", [2.0, 4.0])
def test_rotation_about_itself_hides_no_step(side: Side, phase: float, size_rads: float) -> None:
    clean = simulated_imu(RUN, Placement.SHANK, side, Device(rate_hz=200), "shank")
    assert clean.gyr_rads is not None
    rate = size_rads * np.sin(2 * np.pi * clean.t_s / STRIDE_S + phase)
    turn = Rotation.from_rotvec(np.outer(np.cumsum(rate) / 200, (0, 0, 1))).inv()
    gyr = turn.apply(clean.gyr_rads) + np.outer(rate, (0, 0, 1))
    engine = Engine([Worn("shank", Placement.SHANK, side)])
    found = [*engine.push(ImuChunk("shank", clean.t_s, turn.apply(clean.acc_ms2), gyr)), *engine.finish()]
    times = np.array([r.ic_s for r in found if isinstance(r, Step)])
    true = RUN.ic_s[RUN.left == (side is Side.LEFT)][1:-1]
    errors = np.array([times[np.argmin(np.abs(times - ic))] - ic for ic in true])
    assert np.mean(np.abs(errors) < 0.03) > 0.97
    assert len(times) <= len(true) + 2


@pytest.mark.parametrize("still_s", [30, 90, 200])
def test_however_long_a_runner_stands_first_all_strides_are_found(still_s: int) -> None:
    """After 30 s the mount was said to have moved; after 90 s the detector ended with an error."""
    run = simulated_run([Bout(seconds=still_s, speed_mps=0), Bout(seconds=25, speed_mps=3.0)])
    chunk = simulated_imu(run, Placement.SHANK, Side.LEFT, Device(rate_hz=100), "shank")
    engine = Engine([Worn("shank", Placement.SHANK, Side.LEFT)])
    found = [*(r for piece in cut(chunk, [20]) for r in engine.push(piece)), *engine.finish()]
    assert not any(r.shifted for r in found if isinstance(r, Readiness))
    assert len([r for r in found if isinstance(r, Step)]) >= run.left.sum() - 1
