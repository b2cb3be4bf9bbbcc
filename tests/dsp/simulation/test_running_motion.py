"""The simulated runner beyond the measured speeds: what is extrapolated holds together."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.simulation.mean_curves import BELT_MPS, STANCE, STRIDE_S
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.simulation.running_motion import leg_curve, mean_at, running_stance
from dsp.types import Placement, Runner, Side, Step, Worn


@pytest.mark.parametrize("k", range(3))
def test_measured_speeds_are_kept(k: int) -> None:
    assert running_stance(BELT_MPS[k]) == pytest.approx(STANCE[k])
    assert mean_at(STRIDE_S, BELT_MPS[k]) == pytest.approx(STRIDE_S[k])


def test_beyond_them_rhythm_and_contact_go_on_along_the_line() -> None:
    """A slow jog at 153 steps/min has 0.33 s of contact, a fast run at 207 has 0.16 s."""
    for speed, cadence, contact_s in ((1.2, 152.7, 0.328), (6.0, 206.6, 0.158)):
        run = simulated_run([Bout(seconds=20, speed_mps=speed)])
        assert run.cadence_spm[0] == pytest.approx(cadence, abs=0.1)
        assert float(np.mean(run.to_s - run.ic_s)) == pytest.approx(contact_s, abs=0.003)
        assert float(np.mean((run.to_s - run.ic_s)[:-1] - np.diff(run.ic_s))) < 0  # there is a flight


@pytest.mark.parametrize("edge", [BELT_MPS[0], BELT_MPS[-1]])
@pytest.mark.parametrize("name", ["pitch_deg", "shank_deg", "ankle_z_m"])
def test_curves_do_not_jump_where_measured_ones_end(name: str, edge: float) -> None:
    phase = np.linspace(0, 1, 200)
    inside, outside = (leg_curve(name, phase, np.full(200, edge + off)) for off in (-1e-6, 1e-6))
    assert np.abs(inside - outside).max() < 1e-3


@pytest.mark.parametrize("speed", [1.2, 1.8, 5.2, 6.0])
def test_a_foot_does_not_slip_at_any_speed(speed: float) -> None:
    """So strapdown from rest to rest gives the speed, and contact times come out as within the range."""
    run = simulated_run([Bout(seconds=25, speed_mps=speed)])
    chunk = simulated_imu(run, Placement.FOOT, Side.LEFT, Device(), "shoe")
    engine = Engine([Worn("shoe", Placement.FOOT, Side.LEFT)], Runner(height_m=1.75))
    steps = [r for r in [*engine.push(chunk), *engine.finish()] if isinstance(r, Step)]
    assert len(steps) >= run.left.sum() - 4
    own = [e.value for s in steps if (e := s.get("speed_mps")) is not None]
    assert float(np.mean(own)) == pytest.approx(speed, abs=0.045)  # 0.03 at 2.5 m/s
    contact = [e.value for s in steps if (e := s.get("contact_ms")) is not None]
    assert float(np.mean(contact)) == pytest.approx(1e3 * float(np.mean(run.to_s - run.ic_s)), abs=5)


@pytest.mark.parametrize("placement", [Placement.PELVIS, Placement.WAIST, Placement.HIP])
@pytest.mark.parametrize("speed", [1.2, 3.0, 6.0])
def test_a_trunk_is_no_limb_in_disguise(placement: Placement, speed: float) -> None:
    """It bounces and nods once a step; sideways it sways, and it turns, once a stride."""
    run = simulated_run([Bout(seconds=30, speed_mps=speed)])
    chunk = simulated_imu(run, placement, Side.LEFT, Device(rate_hz=200), "belt")
    stride_hz = 1 / (2 * float(np.mean(np.diff(run.ic_s))))

    def at(column: np.ndarray, hz: float) -> float:
        rows = column[200:-600] * np.hanning(len(column) - 800)
        t = chunk.t_s[200:-600]
        return max(abs(rows @ np.exp(-2j * np.pi * f * t)) for f in (0.99 * hz, hz, 1.01 * hz))

    assert chunk.gyr_rads is not None
    acc, gyr = chunk.acc_ms2, chunk.gyr_rads
    assert at(acc[:, 2], 2 * stride_hz) > 4 * at(acc[:, 2], stride_hz)
    assert at(gyr[:, 1], 2 * stride_hz) > 4 * at(gyr[:, 1], stride_hz)
    assert at(gyr[:, 2], stride_hz) > 4 * at(gyr[:, 2], 2 * stride_hz)
    if placement is Placement.PELVIS:
        assert at(acc[:, 1], stride_hz) > 2 * at(acc[:, 1], 2 * stride_hz)


@pytest.mark.parametrize("speed", [1.1, 6.1])
def test_speeds_that_nobody_vouches_for_are_refused(speed: float) -> None:
    with pytest.raises(ValueError, match=r"1\.2 to 6 m/s"):
        Bout(seconds=10, speed_mps=speed)
