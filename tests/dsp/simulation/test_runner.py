"""The simulated runner moves like the measured ones, and the engine finds its truth again."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.simulation.runner import Bout, Device, SimulatedRun, Style, simulated_imu, simulated_run
from dsp.types import Array, ImuChunk, Placement, Reading, Runner, Side, Step, Worn

CLEAN = Device(rate_hz=1000, acc_noise_ms2=0, gyr_noise_rads=0, gyr_bias_rads=0, clip_ms2=1e9)
# Offsets from the force plate's instants, ms, of Fukuchi 2017 at 2.5, 3.5 and 4.5 m/s: where the foot slaps
# down after contact, where it turns fastest about toe-off, where the sacrum stops falling and brakes most.
MEASURED = {2.53: (5, -12, 37, 30), 3.54: (6, -11, 25, 27), 4.55: (5, -6, 17, 24)}


@cache
def run_at(speed_mps: float) -> SimulatedRun:
    return simulated_run([Bout(seconds=40, speed_mps=speed_mps)])


def lowest(t: Array, y: Array, at: float, before: float, after: float) -> float:
    """When ``y`` is lowest in a window around ``at``, ms after it."""
    inside = np.flatnonzero((t > at - before) & (t < at + after))
    return 1e3 * float(t[inside[y[inside].argmin()]] - at)


@pytest.mark.parametrize("speed", MEASURED)
def test_features_lie_within_5_ms_of_where_they_were_measured(speed: float) -> None:
    run = run_at(speed)
    foot = simulated_imu(run, Placement.FOOT, Side.LEFT, CLEAN, "foot")
    belt = simulated_imu(run, Placement.PELVIS, None, CLEAN, "belt")
    assert foot.gyr_rads is not None
    pitch = -foot.gyr_rads[:, 1]
    fall = np.cumsum(belt.acc_ms2[:, 2] - 9.80665) / 1000
    left = np.flatnonzero(run.left)[3:-3]
    steps = range(4, len(run.ic_s) - 4)
    found = (
        np.median([lowest(foot.t_s, pitch, run.ic_s[k], 0.03, 0.06) for k in left]),
        np.median([lowest(foot.t_s, pitch, run.to_s[k], 0.07, 0.05) for k in left]),
        np.median([lowest(belt.t_s, fall, run.ic_s[k], 0.03, 0.09) for k in steps]),
        np.median([lowest(belt.t_s, belt.acc_ms2[:, 0], run.ic_s[k], 0.03, 0.09) for k in steps]),
    )
    assert np.abs(np.array(found) - MEASURED[speed]).max() <= 5, found


def feet(run: SimulatedRun, device: Device, loss: float = 0.0) -> list[Step]:
    """Steps from both feet, in chunks of 20 samples of which a share is lost."""
    rng = np.random.default_rng(3)
    worn = [Worn(s.name, Placement.FOOT, s) for s in Side]
    chunks = [simulated_imu(run, Placement.FOOT, s, device, s.name, seed=k) for k, s in enumerate(Side)]
    engine, out = Engine(worn, Runner(height_m=1.75, mass_kg=70)), []
    for at in range(0, len(chunks[0]), 20):
        for c in chunks:
            assert c.gyr_rads is not None
            if rng.random() >= loss:
                rows = slice(at, at + 20)
                out += engine.push(ImuChunk(c.sensor, c.t_s[rows], c.acc_ms2[rows], c.gyr_rads[rows]))
    return [r for r in out + engine.finish() if isinstance(r, Step)]


def errors(run: SimulatedRun, steps: list[Step], metric: str, truth: Array) -> Array:
    out = []
    for s in steps:
        k = int(np.abs(run.ic_s - s.ic_s).argmin())
        assert (s.side is Side.LEFT) == run.left[k]
        out += [e.value - truth[k] for e in s.estimates if e.metric == metric]
    return np.array(out)


DEVICES = {
    "as good as it gets": (Device(), 0.0),
    "100 Hz, 10 deg askew": (Device(rate_hz=100, misaligned_deg=(7, 7, -3)), 0.0),
    "3 % of packets lost": (Device(misaligned_deg=(-5, 6, 6)), 0.03),
}


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("speed", MEASURED)
def test_two_shoes_give_the_truth_within_the_bars(speed: float, name: str) -> None:
    """Bars of real runners times 1.5: the simulated one is as far from the mean as they are."""
    run = simulated_run([Bout(seconds=40, speed_mps=speed)])
    device, loss = DEVICES[name]
    steps = feet(run, device, loss)
    assert len(steps) > (0.95 if loss == 0 else 0.7) * len(run.ic_s)
    assert abs(np.mean(errors(run, steps, "cadence_spm", run.cadence_spm))) < 0.45
    assert abs(np.mean(errors(run, steps, "contact_ms", 1e3 * (run.to_s - run.ic_s)))) < 9
    assert abs(np.mean(errors(run, steps, "speed_mps", run.speed_mps))) < 0.0225 * speed
    assert abs(np.mean(errors(run, steps, "foot_strike_deg", run.foot_deg))) < 3
    assert abs(np.mean(errors(run, steps, "overstride_m", run.overstride_m))) < 0.020
    impulse = errors(run, steps, "braking_impulse_bws", run.braking_bws)
    assert abs(np.mean(impulse)) < 0.1125 * np.mean(run.braking_bws)


def test_a_belt_tells_left_from_right_and_a_given_speed_its_contact_times() -> None:
    run, out = run_at(3.54), []
    belt = simulated_imu(run, Placement.PELVIS, None, Device(rate_hz=100), "belt")
    engine = Engine([Worn("belt", Placement.PELVIS)], Runner(height_m=1.75))
    for at in range(0, len(belt), 10):
        assert belt.gyr_rads is not None
        rows = slice(at, at + 10)
        out += engine.push(Reading("treadmill", float(belt.t_s[at]), "speed_mps", 3.54))
        out += engine.push(ImuChunk("belt", belt.t_s[rows], belt.acc_ms2[rows], belt.gyr_rads[rows]))
    steps = [r for r in out + engine.finish() if isinstance(r, Step) and r.side is not None]
    assert len(steps) > 0.7 * len(run.ic_s)
    assert abs(np.mean(errors(run, steps, "contact_ms", 1e3 * (run.to_s - run.ic_s)))) < 21


def test_pace_cadence_and_style_are_what_was_asked_for() -> None:
    run = simulated_run(
        [Bout(seconds=5, speed_mps=0), Bout(seconds=30, speed_mps=3.0, cadence_spm=180)], Style(uneven=0.03)
    )
    assert run.ic_s[0] >= 5
    assert 60 / np.mean(np.diff(run.ic_s)) == pytest.approx(180, abs=1)
    step = np.diff(run.ic_s)
    assert np.mean(step[run.left[:-1]]) / np.mean(step[~run.left[:-1]]) == pytest.approx(1.03, abs=0.01)
    still = simulated_imu(run, Placement.FOOT, Side.LEFT, CLEAN, "foot")
    assert np.allclose(np.linalg.norm(still.acc_ms2[still.t_s < 4.9], axis=1), 9.80665)


def test_nobody_runs_in_a_run_of_standing() -> None:
    with pytest.raises(ValueError, match="nobody runs"):
        simulated_run([Bout(seconds=5, speed_mps=0)])
