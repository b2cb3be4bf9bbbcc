"""The simulated runner as one more set of recordings: other people's styles, every truth known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dsp.simulation.runner import Bout, Device, SimulatedRun, Style, imu, plan
from dsp.types import Array, Placement, Runner
from validation.recordings import COLUMNS, WANTED, Recording, Stream
from validation.truth import LAST_S, SETTLED_S, Truth

SECONDS = 40.0
SPEEDS_MPS = (2.5, 3.0, 3.5, 4.0, 4.5)
STYLES = {
    "usual": Style(),
    "on the forefoot": Style(strike_deg=-12.0),
    "on the heel": Style(strike_deg=4.0),
    "uneven": Style(uneven=0.04),
}
SIZE = Runner(height_m=1.75, mass_kg=70.0)
DEVICE = Device(misaligned_deg=(6.0, -5.0, 6.0))


def simulated(sensors: str) -> Iterator[tuple[Recording, Truth, dict[int, float]]]:
    """Every style at every speed: the recording, its truth, and what a pod counts as cadence."""
    for seed, (name, style) in enumerate(STYLES.items(), 1):
        for speed in SPEEDS_MPS:
            run = plan([Bout(seconds=SECONDS, speed_mps=speed)], style, seed)
            title = f"{name} {speed:g} m/s"
            cadence = dict.fromkeys(range(int(SECONDS)), float(60 / np.diff(run.ic_s).mean()))
            streams = tuple(_streams(run, sensors, seed))
            yield Recording(title, streams, SIZE, speed, SECONDS), _truth(run, name), cadence


def _streams(run: SimulatedRun, sensors: str, seed: int) -> Iterator[Stream]:
    for k, column in enumerate(COLUMNS):
        worn = column.worn
        two_legged = worn.placement is Placement.PELVIS
        if not column.gyr or worn.sensor not in WANTED[sensors] or (worn.side is None and not two_legged):
            continue
        yield Stream(worn, imu(run, worn.placement, worn.side, DEVICE, worn.sensor, 100 * seed + k))


def _truth(run: SimulatedRun, runner: str) -> Truth:
    ic: Array = run.ic_s
    settled = (ic > SETTLED_S) & (ic < ic[-1] - LAST_S)
    values = {
        "contact_ms": 1e3 * (run.to_s - ic),
        "speed_mps": run.speed_mps,
        "foot_strike_deg": run.foot_deg,
        "shank_deg": run.shank_deg,
        "overstride_m": run.overstride_m,
        "braking_impulse_bws": run.braking_bws,
        "slope_pct": run.slope_pct,
    }
    return Truth(runner, ic, run.to_s, tuple("L" if left else "R" for left in run.left), settled, values)
