"""A detector that was led astray is right again within three strides."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.engine import DETECTORS
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import Contact, ImuChunk, Placement
from tests.dsp.gait import SIMULATED_STRIDE_S, WORN, signal, steady_foot_imu, steady_pelvis_imu, without

SWINGING = ["foot", "shank"]
EVERYWHERE = ["ankle", "foot", "pelvis", "shank"]


def contacts(name: str, chunk: ImuChunk) -> np.ndarray:
    detector = DETECTORS[Placement(name)](WORN[name])
    return np.array([c.ic_s for c in [*detector.push(chunk), *detector.finish()] if isinstance(c, Contact)])


def later(chunk: ImuChunk, start_s: float) -> ImuChunk:
    """The same recording switched on later."""
    keep = chunk.t_s >= start_s
    assert chunk.gyr_rads is not None
    return ImuChunk(chunk.sensor, chunk.t_s[keep], chunk.acc_ms2[keep], chunk.gyr_rads[keep])


def agrees(times: np.ndarray, reference: np.ndarray, start_s: float, stop_s: float = 12.5) -> bool:
    """The same contacts, to 20 ms, none missing and none added."""
    a, b = (x[(x > start_s) & (x < stop_s)] for x in (times, reference))
    return len(a) == len(b) and bool(np.all(np.abs(a - b) < 0.02))


@pytest.mark.parametrize("name", EVERYWHERE)
@pytest.mark.parametrize("start", [0.1, 0.23, 0.37, 0.45, 0.52, 0.66])
def test_it_does_not_matter_when_the_recording_starts(name: str, start: float) -> None:
    whole = signal(name)
    assert agrees(
        contacts(name, later(whole, start)), contacts(name, whole), start + 3 * SIMULATED_STRIDE_S
    )


@pytest.mark.parametrize("name", SWINGING)
@pytest.mark.parametrize("size_rads", [3.0, 6.0, 10.0, 20.0, 35.0, 80.0])
@pytest.mark.parametrize("phase", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_one_false_peak_of_any_size_is_forgotten(name: str, size_rads: float, phase: float) -> None:
    whole = signal(name)
    at = 8 * SIMULATED_STRIDE_S + phase * SIMULATED_STRIDE_S
    bump = -size_rads * np.exp(-(((whole.t_s - at) / 0.02) ** 2))
    assert whole.gyr_rads is not None
    spoiled = whole.gyr_rads + np.column_stack((0 * bump, bump, 0 * bump))
    found = contacts(name, ImuChunk(whole.sensor, whole.t_s, whole.acc_ms2, spoiled))
    assert agrees(found, contacts(name, whole), at + 3 * SIMULATED_STRIDE_S)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_after_a_gap_the_next_strides_are_found(name: str) -> None:
    whole = signal(name)
    assert agrees(
        contacts(name, without(whole, 6.0, 6.9)), contacts(name, whole), 6.9 + 3 * SIMULATED_STRIDE_S
    )


@pytest.mark.parametrize("name", EVERYWHERE)
def test_after_standing_still_the_next_strides_are_found(name: str) -> None:
    made = steady_pelvis_imu if name == "pelvis" else steady_foot_imu
    first, second = made(name, 7.0, 200.0), made(name, 7.0, 200.0, seed=5)
    pause = np.arange(0, 4.0, 0.005)
    rng = np.random.default_rng(4)
    still = np.column_stack((0 * pause, 0 * pause, 9.80665 + 0 * pause)) + 0.05 * rng.standard_normal(
        (len(pause), 3)
    )
    t = np.concatenate((first.t_s, 7.0 + pause, 11.0 + second.t_s))
    acc = np.concatenate((first.acc_ms2, still, second.acc_ms2))
    assert first.gyr_rads is not None
    assert second.gyr_rads is not None
    gyr = np.concatenate((first.gyr_rads, 0.01 * rng.standard_normal((len(pause), 3)), second.gyr_rads))
    found = contacts(name, ImuChunk(name, t, acc, gyr))
    edge = SIMULATED_STRIDE_S if name == "ankle" else 0.3  # its filters look a second ahead and back
    assert not np.any((found > 7 + edge) & (found < 10.8))
    after = found[(found > 11 + 3 * SIMULATED_STRIDE_S) & (found < 17.0)]
    period = SIMULATED_STRIDE_S / 2 if name == "pelvis" else SIMULATED_STRIDE_S
    assert (
        abs(len(after) - (17.0 - 11 - 3 * SIMULATED_STRIDE_S) / period)
        <= 1.2 + (name == "ankle") * 1.4 / period
    )
    assert np.allclose(np.diff(after), period, atol=0.02)


@pytest.mark.parametrize("name", ["ankle", "pelvis"])
@pytest.mark.parametrize("size_ms2", [5.0, 20.0, 60.0, 150.0])
@pytest.mark.parametrize("phase", [0.1, 0.35, 0.6, 0.85])
def test_one_knock_of_any_size_is_forgotten(name: str, size_ms2: float, phase: float) -> None:
    whole = signal(name)
    at = 8 * SIMULATED_STRIDE_S + phase * SIMULATED_STRIDE_S
    bump = size_ms2 * np.exp(-(((whole.t_s - at) / 0.02) ** 2))
    spoiled = whole.acc_ms2 + np.column_stack((bump, 0 * bump, bump))
    found = contacts(name, ImuChunk(whole.sensor, whole.t_s, spoiled, whole.gyr_rads))
    assert agrees(found, contacts(name, whole), at + 3 * SIMULATED_STRIDE_S)


@pytest.mark.parametrize(("before", "after"), [(2.5, 4.5), (4.5, 2.5)])
@pytest.mark.parametrize("name", ["foot", "pelvis", "shank"])
def test_a_sudden_change_of_pace_costs_no_step(name: str, before: float, after: float) -> None:
    run = simulated_run([Bout(seconds=10, speed_mps=before), Bout(seconds=10, speed_mps=after)])
    worn = WORN[name]
    found = contacts(name, simulated_imu(run, worn.placement, worn.side, Device(), name))
    true = run.ic_s if worn.side is None else run.ic_s[run.left]
    true = true[(true > 3) & (true < 19)]
    near = np.array([np.abs(found - t).min() for t in true])
    assert near.max() < 0.06
    assert len(found[(found > true[0] - 0.06) & (found < true[-1] + 0.06)]) == len(true)
