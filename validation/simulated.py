"""The simulated runner as one more set of recordings: other people's styles, every truth known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dsp.simulation.runner import Bout, Device, SimulatedRun, Style, simulated_imu, simulated_run
from dsp.types import Array, Placement, Runner
from validation.recordings import FILE_COLUMNS, SENSORS_OF_SET, FileStream, TrialRecording
from validation.truth import LAST_S, SETTLED_S, Truth

_SECONDS = 40.0
_SPEEDS_MPS = (2.5, 3.0, 3.5, 4.0, 4.5)
_STYLES = {
    "usual": Style(),
    "on the forefoot": Style(strike_deg=-12.0),
    "on the heel": Style(strike_deg=4.0),
    "uneven": Style(uneven=0.04),
}
_SIZE = Runner(height_m=1.75, mass_kg=70.0)
_DEVICE = Device(misaligned_deg=(6.0, -5.0, 6.0))


def simulated_trials(sensors: str) -> Iterator[tuple[TrialRecording, Truth, dict[int, float]]]:
    """Yield every style at every speed: the recording, its truth, and what a pod counts as cadence."""
    for seed, (name, style) in enumerate(_STYLES.items(), 1):
        for speed in _SPEEDS_MPS:
            run = simulated_run([Bout(seconds=_SECONDS, speed_mps=speed)], style, seed)
            title = f"{name} {speed:g} m/s"
            cadence = dict.fromkeys(range(int(_SECONDS)), float(60 / np.diff(run.ic_s).mean()))
            streams = tuple(_streams(run, sensors, seed))
            yield TrialRecording(title, streams, _SIZE, speed, _SECONDS), _truth(run, name), cadence


def _streams(run: SimulatedRun, sensors: str, seed: int) -> Iterator[FileStream]:
    for k, column in enumerate(FILE_COLUMNS):
        worn = column.worn
        two_legged = worn.placement is Placement.PELVIS
        if (
            not column.gyr
            or worn.sensor not in SENSORS_OF_SET[sensors]
            or (worn.side is None and not two_legged)
        ):
            continue
        yield FileStream(
            worn, simulated_imu(run, worn.placement, worn.side, _DEVICE, worn.sensor, 100 * seed + k)
        )


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
