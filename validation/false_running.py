"""``python -m validation.false_running``: what is called running, and what is counted, that may not be.

The simulated runner walks, climbs stairs, hops, cycles, drives, ties shoes and stands, and runs from 1.2
to 6 m/s, with one sensor at every placement in turn.  Printed is, for every motion and placement, the share
of seconds that are called running, the steps that were counted in a minute (of both feet), and how far
cadence is off.  What people did, without any simulation, is in the card of ``python -m validation``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dsp.engine import Engine
from dsp.simulation.other_motion import OtherMotion, other_motion_imu
from dsp.simulation.runner import Bout, Device, Gait, SimulatedRun, simulated_imu, simulated_run
from dsp.types import (
    Activity,
    ActivityChange,
    Array,
    ImuChunk,
    Metric,
    Placement,
    Record,
    Runner,
    Side,
    Step,
    Worn,
)

PLACEMENTS = (
    Placement.FOOT, Placement.SHANK, Placement.ANKLE, Placement.PELVIS, Placement.WAIST, Placement.HIP
)  # fmt: skip
_SECONDS = 60
_DEVICE = Device(rate_hz=100.0)
_FROM_S = 12  # until then a sensor may still learn how it is worn
_WALKS_MPS = (0.8, 1.0, 1.3, 1.6, 2.0)
_STAIRS_MPS = (0.35, 0.5, 0.65)
_RUNS_MPS = (1.2, 1.6, 2.0, 2.5, 3.5, 4.5, 5.0, 5.5, 6.0)


@dataclass(frozen=True, slots=True)
class Doing:
    """Doing is what the simulated runner does for a minute; ``run`` has the steps, if it is a gait."""

    name: str
    gait: Gait | None = None
    run: SimulatedRun | None = None
    other: OtherMotion | None = None
    per_min: float | None = None

    def chunk(self, placement: Placement, seed: int) -> ImuChunk:
        """Return what one sensor measures; an ankle's has no gyroscope."""
        side = Side.LEFT if placement.one_leg or placement is Placement.HIP else None
        if self.run is not None:
            out = simulated_imu(self.run, placement, side, _DEVICE, "s", seed)
        else:
            assert self.other is not None
            out = other_motion_imu(
                self.other, placement, side, _DEVICE, "s", seconds=_SECONDS, per_min=self.per_min, seed=seed
            )
        return ImuChunk("s", out.t_s, out.acc_ms2) if placement is Placement.ANKLE else out


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one minute: share of seconds called running, steps, cadence less the truth of each second.

    ``steps_per_min`` counts both feet; ``cadence_error_spm`` is (n,) of the seconds that have a cadence,
    empty where there is no truth, and ``cadences_spm`` is what was said.
    """

    running: float
    standing: float
    steps_per_min: float
    cadences_spm: Array
    cadence_error_spm: Array
    records: tuple[Record, ...]


def all_doings(seed: int = 2) -> Iterator[Doing]:
    """Yield everything in the order of the card."""
    for gait, speeds in ((Gait.WALK, _WALKS_MPS), (Gait.STAIRS, _STAIRS_MPS)):
        for speed in speeds:
            yield gait_of(gait, speed, seed)
    yield gait_of(Gait.STAIRS, 0.5, seed, slope_pct=-1.0)
    for per_min in (110.0, 130.0, 150.0):
        yield Doing(f"hopping, {per_min:.0f} hops/min", other=OtherMotion.HOPPING, per_min=per_min)
    for per_min in (60.0, 80.0, 100.0):
        yield Doing(f"cycling, {per_min:.0f} turns/min", other=OtherMotion.CYCLING, per_min=per_min)
    for other in (OtherMotion.DRIVING, OtherMotion.TYING_SHOES, OtherMotion.STANDING):
        yield Doing(other.value, other=other)
    for speed in _RUNS_MPS:
        yield gait_of(Gait.RUN, speed, seed)


def gait_of(gait: Gait, speed_mps: float, seed: int = 2, slope_pct: float = 0.0) -> Doing:
    """Return a minute of a gait at one speed."""
    bout = Bout(seconds=_SECONDS, speed_mps=speed_mps, gait=gait, slope_pct=slope_pct)
    run = simulated_run([bout], seed=seed)
    down = " down" if slope_pct < 0 else ""
    return Doing(f"{gait.value}{down}, {speed_mps:g} m/s", gait=gait, run=run)


def figures(doing: Doing, placement: Placement, seed: int = 4, runner: Runner | None = None) -> Figures:
    """Return what the engine makes of one minute from one sensor."""
    chunk = doing.chunk(placement, seed)
    side = Side.LEFT if placement.one_leg else None
    engine = Engine([Worn("s", placement, side)], runner or Runner(height_m=1.75))
    records: list[Record] = []
    for at in range(0, len(chunk), 20):
        rows = slice(at, at + 20)
        gyr = None if chunk.gyr_rads is None else chunk.gyr_rads[rows]
        records += engine.push(ImuChunk("s", chunk.t_s[rows], chunk.acc_ms2[rows], gyr))
    records += engine.finish()
    activity = called_activities(records)
    cadence = {
        r.t_s: r.estimate.value
        for r in records
        if isinstance(r, Metric) and r.side is None and r.estimate.metric == "cadence_spm"
    }
    steps = sum(isinstance(r, Step) for r in records) * (2 if placement.one_leg else 1)
    late = [(t, c) for t, c in cadence.items() if t > _FROM_S]
    errors = [] if doing.run is None else [c - _true_spm(doing.run, t) for t, c in late]
    return Figures(
        running=float(np.mean([a is Activity.RUN for a in activity])),
        standing=float(np.mean([a is Activity.STAND for a in activity])),
        steps_per_min=steps * 60 / _SECONDS,
        cadences_spm=np.array([c for _, c in late]),
        cadence_error_spm=np.array(errors),
        records=tuple(records),
    )


def called_activities(records: list[Record]) -> list[Activity]:
    """Return the activity of every second; what comes first counts backwards too."""
    changes = [r for r in records if isinstance(r, ActivityChange)]
    out = [changes[0].activity if changes else Activity.UNKNOWN] * _SECONDS
    for change in changes:
        out[max(0, int(change.t_s)) :] = [change.activity] * (_SECONDS - max(0, int(change.t_s)))
    return out


def _true_spm(run: SimulatedRun, t_s: float) -> float:
    """The cadence of the last five seconds, over whole strides."""
    recent = run.ic_s[(run.ic_s > t_s - 5) & (run.ic_s <= t_s)]
    return float(60 * (len(recent) - 1) / (recent[-1] - recent[0])) if len(recent) > 2 else float("nan")


def main() -> int:
    """Print one line per motion; return exit code 0."""
    print("% of seconds called running; steps a minute; largest error of a second's cadence, steps/min\n")
    print(f"| | steps/min | {' | '.join(PLACEMENTS)} |\n|---|---|{'---|' * len(PLACEMENTS)}")
    for doing in all_doings():
        true = "" if doing.run is None else f"{len(doing.run.ic_s) * 60 / _SECONDS:.0f}"
        cells = []
        for placement in PLACEMENTS:
            f = figures(doing, placement)
            off = f"; {np.nanmax(np.abs(f.cadence_error_spm)):.1f}" if len(f.cadence_error_spm) else ""
            cells.append(f"{100 * f.running:.0f} %; {f.steps_per_min:.0f}{off}")
        print(f"| {doing.name} | {true} | {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
