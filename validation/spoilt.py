"""Recordings as a poor sensor would have sent them."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from dsp.orientation import rotations
from dsp.types import GRAVITY_MS2, Array, ImuChunk
from validation.recordings import FileStream, TrialRecording

_RATE_HZ = 100.0
_ACC_NOISE_MS2, _GYR_NOISE_RADS, _GYR_BIAS_RADS = 0.03 * GRAVITY_MS2, 0.002, 0.0035
_ASKEW_DEG = 10.0
_CLIP_MS2 = 16 * GRAVITY_MS2
_PACKET_S, _LOST_SHARE = 0.04, 0.03
HOW_POOR = "100 Hz, noise, 10 deg askew, 16 g clipping, 3 % of packets lost"


def degraded(recording: TrialRecording) -> TrialRecording:
    """Return the recording at 100 Hz, noisy, 10 deg askew, clipped at 16 g, 3 % of its packets lost."""
    return replace(recording, streams=tuple(_spoil(s, recording.name) for s in recording.streams))


def _spoil(stream: FileStream, name: str) -> FileStream:
    """One stream; the seed is its name, so that a recording is always degraded alike."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {stream.worn.sensor}".encode()))
    c = stream.chunk
    t = np.arange(c.t_s[0], c.t_s[-1], 1 / _RATE_HZ)
    axis = rng.normal(size=3)
    turn = rotations((np.radians(_ASKEW_DEG) * axis / np.linalg.norm(axis))[None])[0]
    acc = _at(t, c.t_s, c.acc_ms2) @ turn.T + _ACC_NOISE_MS2 * rng.normal(size=(len(t), 3))
    got = rng.random(1 + int(np.ceil(t[-1] / _PACKET_S))) >= _LOST_SHARE
    keep = got[np.floor(t / _PACKET_S).astype(int)]
    gyr = None
    if c.gyr_rads is not None:
        gyr = (
            _at(t, c.t_s, c.gyr_rads) @ turn.T
            + _GYR_NOISE_RADS * rng.normal(size=(len(t), 3))
            + _GYR_BIAS_RADS
        )
        gyr = gyr[keep]
    return FileStream(
        stream.worn, ImuChunk(c.sensor, t[keep], np.clip(acc, -_CLIP_MS2, _CLIP_MS2)[keep], gyr)
    )


def _at(t: Array, t_s: Array, x: Array) -> Array:
    return np.column_stack([np.interp(t, t_s, x[:, k]) for k in range(3)])
