"""``python -m bench.peers``: other open gait libraries on the same simulated runner, one JSON line each.

They are made for walking, read whole recordings and may look ahead; ours streams.  Each gets clean
axes and what else it needs (``given``) as a gift.  Runs in an environment of its own (``make
bench-peers``), because their pins are not ours.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from dsp.engine import Engine
from dsp.simulation.runner import Bout, Device, SimulatedRun, simulated_imu, simulated_run
from dsp.types import GRAVITY_MS2, Array, ImuChunk, Placement, Runner, Side, Step, Worn

_HEIGHT_M = 1.75
_SAME_CONTACT_S = 0.1  # an estimate belongs to a true contact no further off than this
_FOOT_HZ, _PELVIS_HZ = 200.0, 100.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Initial contacts with their contact times and speeds; NaN where a library gives none."""

    given: str
    ic_s: Array
    contact_s: Array
    speed_mps: Array


def main(argv: Sequence[str] | None = None) -> None:
    """Score this engine and the others; a library that is not installed gets a line that says so."""
    options = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    options.add_argument("--seconds", type=float, default=3600.0, help="length of the simulated run")
    seconds = options.parse_args(argv).seconds
    paces = [Bout(seconds=min(300.0, seconds), speed_mps=v) for v in (2.6, 3.0, 3.4, 3.8)]
    run = simulated_run([paces[k % 4] for k in range(max(1, round(seconds / paces[0].seconds)))])
    foot = simulated_imu(run, Placement.FOOT, Side.LEFT, Device(rate_hz=_FOOT_HZ), "foot")
    pelvis = simulated_imu(run, Placement.PELVIS, None, Device(rate_hz=_PELVIS_HZ), "pelvis")
    print_score("gaitcue", "left foot", run, foot, own_engine)
    print_score("gaitmap", "left foot", run, foot, gaitmap)
    print_score("gaitcue", "pelvis", run, pelvis, own_engine)
    print_score("scikit-digital-health", "pelvis", run, pelvis, skdh)
    print_score("mobgap", "pelvis", run, pelvis, mobgap)


def print_score(
    name: str,
    worn: str,
    run: SimulatedRun,
    chunk: ImuChunk,
    ask: Callable[[SimulatedRun, ImuChunk], Answer],
) -> None:
    """Print one line: what a library found, how far off, and how long it took."""
    line: dict[str, str | float | None] = {"library": name, "worn": worn}
    try:
        began = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = ask(run, chunk)
        spent = time.process_time() - began
        line["version"] = "this tree" if ask is own_engine else version(name)
    except ImportError as exc:
        line["not_run"] = str(exc)
    else:
        one_leg = worn != "pelvis"
        line |= {"given": answer.given, **score(run, answer, one_leg)}
        line["times_real_time"] = len(chunk) and float(chunk.t_s[-1]) / spent
    short = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in line.items()}
    print(json.dumps(short), flush=True)


def score(run: SimulatedRun, answer: Answer, one_leg: bool) -> dict[str, float | None]:
    """Return the errors against the truth; a constant offset of contacts is apart from their scatter."""
    which = np.flatnonzero(run.left) if one_leg else np.arange(len(run.ic_s))
    truth = run.ic_s[which]
    offset = 0.0
    for _ in range(2):  # the second time around what the first has found
        near = np.abs(answer.ic_s[:, None] - offset - truth[None, :]) if len(truth) < 400 else None
        k = nearest_index(truth, answer.ic_s - offset) if near is None else near.argmin(axis=1)
        error = answer.ic_s - truth[k]
        offset = float(np.median(error)) if len(error) else 0.0
    good = np.abs(error - offset) < _SAME_CONTACT_S
    found = len(set(k[good].tolist()))
    stride = np.diff(answer.ic_s) * (1 if one_leg else 2)
    true_stride = np.interp(answer.ic_s[1:], truth[1:], np.diff(truth)) * (1 if one_leg else 2)
    steady = (stride > 0.5 * true_stride) & (stride < 1.5 * true_stride)
    cadence = 120 / stride[steady] - 120 / true_stride[steady]
    contact = 1e3 * (answer.contact_s - (run.to_s - run.ic_s)[which][k])
    speed = 100 * (answer.speed_mps / run.speed_mps[which][k] - 1)
    return {
        "steps_found_pct": 100 * found / len(truth),
        "steps_invented_pct": 100 * float(len(answer.ic_s) - found) / len(truth),
        "contact_offset_ms": 1e3 * offset,
        "contact_scatter_ms": 1e3 * float(np.std(error[good])),
        "cadence_step_sd_spm": float(np.std(cadence)),
        "ground_contact_bias_ms": finite_median(contact[good]),
        "speed_bias_pct": finite_median(speed[good]),
    }


def nearest_index(truth: Array, at: Array) -> np.ndarray:
    """Return the index of the nearest true time for each of ``at``."""
    k = np.clip(np.searchsorted(truth, at), 1, len(truth) - 1)
    return np.asarray(k - (at - truth[k - 1] < truth[k] - at))


def finite_median(x: Array) -> float | None:
    """Return the median of the values that are not NaN; None where all are."""
    known = x[np.isfinite(x)]
    return float(np.median(known)) if len(known) else None


def own_engine(_: SimulatedRun, chunk: ImuChunk) -> Answer:
    """Ask this engine, live in chunks of half a second, nothing given but the body height."""
    placement = Placement(chunk.sensor)
    side = Side.LEFT if placement.one_leg else None
    engine, size = Engine([Worn(chunk.sensor, placement, side)], Runner(height_m=_HEIGHT_M)), 100
    assert chunk.gyr_rads is not None
    steps: list[Step] = []
    for at in range(0, len(chunk), size):
        rows = slice(at, at + size)
        piece = ImuChunk(chunk.sensor, chunk.t_s[rows], chunk.acc_ms2[rows], chunk.gyr_rads[rows])
        steps += [r for r in engine.push(piece) if isinstance(r, Step)]
    steps += [r for r in engine.finish() if isinstance(r, Step)]

    def column(metric: str, unit: float = 1.0) -> Array:
        found = [s.get(metric) for s in steps]
        return np.array([np.nan if e is None else e.value * unit for e in found])

    contact, speed = column("contact_ms", 1e-3), column("speed_mps")
    return Answer("where it is worn; height", np.array([s.ic_s for s in steps]), contact, speed)


def gaitmap(run: SimulatedRun, chunk: ImuChunk) -> Answer:
    """Ask gaitmap: its MIT part finds events in strides but no strides, so it is given true toe-offs."""
    import pandas as pd
    from gaitmap.event_detection import HerzerEventDetection
    from gaitmap.parameters import SpatialParameterCalculation
    from gaitmap.trajectory_reconstruction import StrideLevelTrajectory
    from gaitmap.utils.consts import SF_COLS
    from gaitmap.utils.coordinate_conversion import convert_left_foot_to_fbf

    assert chunk.gyr_rads is not None
    sensor = pd.DataFrame(np.hstack((chunk.acc_ms2, np.degrees(chunk.gyr_rads))), columns=SF_COLS)
    rows = np.round(run.to_s[run.left] * _FOOT_HZ).astype(int)
    rows = rows[rows < len(chunk)]
    strides = pd.DataFrame({"s_id": np.arange(len(rows) - 1), "start": rows[:-1], "end": rows[1:]})
    events = HerzerEventDetection().detect(
        convert_left_foot_to_fbf(sensor), stride_list=strides, sampling_rate_hz=_FOOT_HZ
    )
    found = events.min_vel_event_list_
    path = StrideLevelTrajectory().estimate(sensor, stride_event_list=found, sampling_rate_hz=_FOOT_HZ)
    spatial = SpatialParameterCalculation().calculate(
        stride_event_list=found,
        positions=path.position_,
        orientations=path.orientation_,
        sampling_rate_hz=_FOOT_HZ,
    )
    speed = spatial.parameters_.reindex(found.index)["gait_velocity"].to_numpy(float)
    first = found["pre_ic"].to_numpy(float) / _FOOT_HZ
    off = found["tc"].to_numpy(float) / _FOOT_HZ
    return Answer("true toe-offs, side, axes", first, off - first, speed)


def skdh(_: SimulatedRun, chunk: ImuChunk) -> Answer:
    """Ask scikit-digital-health, with the whole recording declared as gait."""
    from skdh.gait import GaitLumbar

    found = GaitLumbar().predict(
        time=chunk.t_s + 1.7e9,
        accel=chunk.acc_ms2 / GRAVITY_MS2,
        gyro=chunk.gyr_rads,
        fs=_PELVIS_HZ,
        height=_HEIGHT_M,
    )
    at = np.asarray(found["IC Timestamp"], float) - 1.7e9
    return Answer(
        "axes, height, that it is gait",
        at,
        np.asarray(found["stance time"], float),
        np.asarray(found["gait speed"], float),
    )


def mobgap(_: SimulatedRun, chunk: ImuChunk) -> Answer:
    """Ask mobgap for initial contacts (Ionescu), without its sequence detection, made for walking."""
    import pandas as pd
    from mobgap.initial_contacts import IcdIonescu

    assert chunk.gyr_rads is not None
    columns = [f"{kind}_{axis}" for kind in ("acc", "gyr") for axis in ("is", "ml", "pa")]
    data = np.hstack((chunk.acc_ms2[:, ::-1], np.degrees(chunk.gyr_rads[:, ::-1])))
    found = IcdIonescu().detect(pd.DataFrame(data, columns=columns), sampling_rate_hz=_PELVIS_HZ)
    at = found.ic_list_["ic"].to_numpy(float) / _PELVIS_HZ
    unknown = np.full(len(at), np.nan)
    return Answer("axes, that it is gait", at, unknown, unknown)


if __name__ == "__main__":
    main()
