"""Several sensors on one runner: no step is counted twice, and the better sensor is believed."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import GRAVITY_MS2, ImuChunk, Placement, Record, Runner, Side, Step, Worn

RUN = simulated_run([Bout(seconds=40, speed_mps=3.0)])
WORN = {
    "footL": Worn("footL", Placement.FOOT, Side.LEFT),
    "footR": Worn("footR", Placement.FOOT, Side.RIGHT),
    "shankL": Worn("shankL", Placement.SHANK, Side.LEFT),
    "shankR": Worn("shankR", Placement.SHANK, Side.RIGHT),
    "belt": Worn("belt", Placement.PELVIS),
    "hip": Worn("hip", Placement.HIP),
    "ankleL": Worn("ankleL", Placement.ANKLE, Side.LEFT),
}


def chunk_of(worn: Worn) -> ImuChunk:
    body = Placement.PELVIS if not worn.placement.one_leg else worn.placement
    c = simulated_imu(RUN, body, worn.side, Device(rate_hz=100), worn.sensor)
    gyr = None if worn.placement in (Placement.ANKLE, Placement.HIP) else c.gyr_rads
    return ImuChunk(worn.sensor, c.t_s, c.acc_ms2, gyr)


def records(*names: str) -> list[Record]:
    chunks = [chunk_of(WORN[name]) for name in names]
    engine, out = Engine([WORN[name] for name in names], Runner(height_m=1.75)), list[Record]()
    for at in range(0, len(chunks[0]), 10):
        for c in chunks:
            rows = slice(at, at + 10)
            gyr = None if c.gyr_rads is None else c.gyr_rads[rows]
            out += engine.push(ImuChunk(c.sensor, c.t_s[rows], c.acc_ms2[rows], gyr))
    return out + engine.finish()


@pytest.mark.parametrize(
    "names",
    [
        ("hip", "ankleL"),
        ("belt", "ankleL"),
        ("footL", "footR", "belt"),
        ("footL", "footR", "shankL", "shankR", "belt"),
        ("footL", "footR", "ankleL", "hip"),
        ("shankL", "shankR", "belt"),
        ("footL", "belt"),
    ],
)
def test_no_step_is_counted_twice_and_none_is_missed(names: tuple[str, ...]) -> None:
    steps = np.array([r.ic_s for r in records(*names) if isinstance(r, Step)])
    true = RUN.ic_s[(RUN.ic_s > 5) & (RUN.ic_s < 38)]
    found = steps[(steps > 5 - 0.1) & (steps < 38 + 0.1)]
    assert np.abs(found[:, None] - true[None]).min(axis=0).max() < 0.06  # none missed
    assert np.abs(found[:, None] - true[None]).min(axis=1).max() < 0.06  # none invented
    assert np.diff(found).min() > 0.2  # none twice


def test_one_hip_gives_both_legs_the_same_contact_time() -> None:
    """A sensor on the side of the belt leans towards one leg; what differs from step to step is that."""
    c = chunk_of(WORN["hip"])
    lean = 1 + 0.25 * np.sin(np.pi * np.searchsorted(RUN.ic_s, c.t_s) + 1.0)[:, None]
    still = GRAVITY_MS2 * np.array((0.0, 0.0, 1.0))
    engine = Engine([WORN["hip"]], Runner(height_m=1.75))
    found = engine.push(ImuChunk("hip", c.t_s, still + lean * (c.acc_ms2 - still)))
    contact = [e.value for r in found if isinstance(r, Step) and (e := r.get("contact_ms")) is not None]
    assert len(contact) > 60
    assert np.abs(np.diff(contact[20:])).mean() < 8
