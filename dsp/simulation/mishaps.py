"""What goes wrong with worn sensors: a loose or turned mount, a range too small, packets lost in bursts.

Each takes the samples of one sensor (``dsp.simulation.runner.simulated_imu``) and returns what it would
have sent.  They can be combined in any order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dsp.orientation import rotations
from dsp.types import Array, ImuChunk


def flopping(
    chunk: ImuChunk,
    impacts_s: Sequence[float] | Array,
    degrees: float,
    hz: float = 9.0,
    damping: float = 0.2,
) -> ImuChunk:
    """Return the samples of a case that turns up to ``degrees`` about its own y after every impact.

    It turns on the spot (no lever) as a damped oscillation of ``hz``; accelerometer and gyroscope both feel
    it.  ``impacts_s`` are the contacts of this foot.
    """
    at = np.asarray(impacts_s, dtype=np.float64)
    w = 2 * math.pi * hz
    last = np.clip(np.searchsorted(at, chunk.t_s, side="right") - 1, 0, None)
    since = np.where(chunk.t_s >= at[0], chunk.t_s - at[last], np.inf)
    calm = np.isinf(since)
    since[calm] = 0.0
    decay = np.where(calm, 0.0, math.radians(degrees) * np.exp(-damping * w * since))
    angle = decay * np.sin(w * since)
    rate = decay * w * (np.cos(w * since) - damping * np.sin(w * since))
    zero = np.zeros(len(angle))
    turn = rotations(np.column_stack((zero, angle, zero))).transpose(0, 2, 1)
    acc = np.einsum("nij,nj->ni", turn, chunk.acc_ms2)
    gyr = None
    if chunk.gyr_rads is not None:
        gyr = np.einsum("nij,nj->ni", turn, chunk.gyr_rads) + np.column_stack((zero, rate, zero))
    return replace(chunk, acc_ms2=acc, gyr_rads=gyr)


def remounted(chunk: ImuChunk, at_s: float, turned_rad: Sequence[float]) -> ImuChunk:
    """Return the samples of a case that sits turned by a rotation vector (3,) from ``at_s`` on."""
    turn = rotations(np.asarray(turned_rad, dtype=np.float64)[None])[0]
    late = (chunk.t_s >= at_s)[:, None]
    gyr = None if chunk.gyr_rads is None else np.where(late, chunk.gyr_rads @ turn.T, chunk.gyr_rads)
    return replace(chunk, acc_ms2=np.where(late, chunk.acc_ms2 @ turn.T, chunk.acc_ms2), gyr_rads=gyr)


def clipped(chunk: ImuChunk, acc_ms2: float = math.inf, gyr_rads: float = math.inf) -> ImuChunk:
    """Return the samples of a sensor whose axes end at these values."""
    gyr = None if chunk.gyr_rads is None else np.clip(chunk.gyr_rads, -gyr_rads, gyr_rads)
    return replace(chunk, acc_ms2=np.clip(chunk.acc_ms2, -acc_ms2, acc_ms2), gyr_rads=gyr)


def with_bursts_lost(
    chunk: ImuChunk, share: float, seed: int = 1, shortest_s: float = 0.02, longest_s: float = 0.2
) -> ImuChunk:
    """Return the samples that arrive when ``share`` of the time is lost in bursts of these lengths.

    Lengths are uniform, and so is where they fall; they may overlap.
    """
    rng = np.random.default_rng(seed)
    start, end = float(chunk.t_s[0]), float(chunk.t_s[-1])
    lost = np.zeros(len(chunk.t_s), bool)
    while lost.mean() < share:
        at = rng.uniform(start, end)
        lost |= (chunk.t_s >= at) & (chunk.t_s < at + rng.uniform(shortest_s, longest_s))
    gyr = None if chunk.gyr_rads is None else chunk.gyr_rads[~lost]
    return replace(chunk, t_s=chunk.t_s[~lost], acc_ms2=chunk.acc_ms2[~lost], gyr_rads=gyr)
