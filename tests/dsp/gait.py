"""What the tests push: simulated signals, whole, in pieces, and with holes."""

from __future__ import annotations

from dsp.simulation.runner import SIMULATED_STRIDE_S, steady_foot_imu, steady_pelvis_imu
from dsp.types import ImuChunk, Placement, Side, Worn

__all__ = ["SIMULATED_STRIDE_S", "WORN", "cut", "signal", "steady_foot_imu", "steady_pelvis_imu", "without"]

WORN = {
    "foot": Worn("foot", Placement.FOOT, Side.LEFT),
    "shank": Worn("shank", Placement.SHANK, Side.LEFT),
    "ankle": Worn("ankle", Placement.ANKLE, Side.LEFT),
    "pelvis": Worn("pelvis", Placement.PELVIS),
}


def signal(placement: str) -> ImuChunk:
    return steady_pelvis_imu(placement) if placement == "pelvis" else steady_foot_imu(placement)


def cut(chunk: ImuChunk, sizes: list[int]) -> list[ImuChunk]:
    """The same samples in pieces of these sizes, repeated until all are used."""
    out, at, k = [], 0, 0
    while at < len(chunk):
        stop = at + sizes[k % len(sizes)]
        gyr = None if chunk.gyr_rads is None else chunk.gyr_rads[at:stop]
        out.append(ImuChunk(chunk.sensor, chunk.t_s[at:stop], chunk.acc_ms2[at:stop], gyr))
        at, k = stop, k + 1
    return out


def without(chunk: ImuChunk, start_s: float, stop_s: float) -> ImuChunk:
    """The same with a hole in it."""
    keep = (chunk.t_s < start_s) | (chunk.t_s > stop_s)
    gyr = None if chunk.gyr_rads is None else chunk.gyr_rads[keep]
    return ImuChunk(chunk.sensor, chunk.t_s[keep], chunk.acc_ms2[keep], gyr)
