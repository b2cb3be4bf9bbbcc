"""``python -m bench.peers``: other open gait libraries on the same simulated runner, one JSON line each.

They are made for walking, read whole recordings and may look ahead; ours streams.  Each gets clean
axes and what else it needs (``given``) as a gift.  Runs in an environment of its own (``make
bench-peers``), because their pins are not ours.
"""

from __future__ import annotations

import argparse
import json
import statistics
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


@dataclass(frozen=True, slots=True)
class Peer:
    """``Peer`` is a library that is asked about the samples of one sensor."""

    name: str
    worn: str
    chunk: ImuChunk
    ask: Callable[[SimulatedRun, ImuChunk], Answer]


def main(argv: Sequence[str] | None = None) -> None:
    """Score this engine and the others; a library that is not installed gets a line that says so.

    They are asked in turn, so that what else the machine does falls on all of them.
    """
    options = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    options.add_argument("--seconds", type=float, default=3600.0, help="length of the simulated run")
    options.add_argument("--rounds", type=int, default=3, help="how often each is asked")
    given = options.parse_args(argv)
    paces = [Bout(seconds=min(300.0, given.seconds), speed_mps=v) for v in (2.6, 3.0, 3.4, 3.8)]
    run = simulated_run([paces[k % 4] for k in range(max(1, round(given.seconds / paces[0].seconds)))])
    foot = simulated_imu(run, Placement.FOOT, Side.LEFT, Device(rate_hz=_FOOT_HZ), "foot")
    pelvis = simulated_imu(run, Placement.PELVIS, None, Device(rate_hz=_PELVIS_HZ), "pelvis")
    peers = (
        Peer("gaitcue", "left foot", foot, own_engine),
        Peer("gaitmap", "left foot", foot, gaitmap),
        Peer("gaitcue", "pelvis", pelvis, own_engine),
        Peer("scikit-digital-health", "pelvis", pelvis, skdh),
        Peer("mobgap", "pelvis", pelvis, mobgap),
    )
    rounds = [[ask_peer(peer, run) for peer in peers] for _ in range(given.rounds)]
    for peer, *answers in zip(peers, *rounds, strict=True):
        own = peers.index(next(p for p in peers if p.worn == peer.worn))
        print_score(peer, run, answers, [found[own] for found in rounds])


def ask_peer(peer: Peer, run: SimulatedRun) -> tuple[Answer | str, float]:
    """Return what a library answers, or why it is not there, and the CPU seconds that it took."""
    began = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer: Answer | str = peer.ask(run, peer.chunk)
    except ImportError as exc:
        answer = str(exc)
    return answer, time.process_time() - began


def print_score(
    peer: Peer,
    run: SimulatedRun,
    answers: Sequence[tuple[Answer | str, float]],
    own: Sequence[tuple[Answer | str, float]],
) -> None:
    """Print one line: what a library found, how far off, and how long it took beside this engine.

    Of each round one of ``answers``, and one of this engine for the same samples (``own``).
    """
    line: dict[str, str | float | None] = {"library": peer.name, "worn": peer.worn}
    answer, _ = answers[-1]
    if isinstance(answer, str):
        line["not_run"] = answer
    else:
        spent = [s for _, s in answers]
        beside = [s / max(1e-9, o) for s, (_, o) in zip(spent, own, strict=True)]
        line["version"] = "this tree" if peer.ask is own_engine else version(peer.name)
        line |= {"given": answer.given, **score(run, answer, peer.worn != "pelvis")}
        line["times_real_time"] = float(peer.chunk.t_s[-1]) / statistics.median(spent)
        line |= {"times_of_gaitcue": statistics.median(beside), "least": min(beside), "most": max(beside)}
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
