"""A shank that also turns about itself, and one above a pedal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dsp.engine import Engine
from dsp.simulation.other_motion import OtherMotion, other_motion_imu
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import ImuChunk, Placement, Side, Step, Worn

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


@pytest.mark.parametrize("lost_rows", range(0, 200, 10))
def test_a_recording_may_end_anywhere_in_a_turn_of_the_pedals(lost_rows: int) -> None:
    device = Device(rate_hz=100)
    c = other_motion_imu(
        OtherMotion.CYCLING, Placement.SHANK, Side.LEFT, device, "shank", seconds=30.0, seed=3
    )
    assert c.gyr_rads is not None
    rows = slice(0, len(c) - lost_rows)
    engine = Engine([Worn("shank", Placement.SHANK, Side.LEFT)])
    found = [
        *engine.push(ImuChunk("shank", c.t_s[rows], c.acc_ms2[rows], c.gyr_rads[rows])),
        *engine.finish(),
    ]
    assert all(r.ic_s <= c.t_s[rows][-1] for r in found if isinstance(r, Step))
