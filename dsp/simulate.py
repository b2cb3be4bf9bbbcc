"""Made-up IMU signals with a known rhythm, for the demo and for the laws.

A shoe that stands, rolls over the toes and swings, and a trunk that bounces once per step.  The
curves are knots of ours, so they prove that code runs and stays in step, nothing about people:
accuracy is measured on recordings, in ``validation``.
"""

from __future__ import annotations

import numpy as np

from dsp.types import Array, ImuChunk

STRIDE_S = 0.70


def leg(
    sensor: str, seconds: float = 14.0, rate_hz: float = 200.0, phase: float = 0.0, seed: int = 1
) -> ImuChunk:
    """A foot-like IMU: still in mid-stance, tipping down, one strong swing forward per stride.

    The pitch over a stride is a closed curve; speed and height are those of a foot that rests for
    a third of it and then moves 2 m on.
    """
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    u = ((t / STRIDE_S) + phase) % 1.0
    grid = np.linspace(0, 1, 701)
    pitch = np.interp(
        grid, [0, 0.06, 0.1, 0.22, 0.35, 0.6, 0.85, 0.95, 1], [14, 6, 0, 0, -30, -85, 5, 17, 14]
    )
    move = np.clip((grid - 0.28) / 0.72, 0, 1)
    smooth = np.hanning(41) / np.hanning(41).sum()
    x = 2.0 * (move - np.sin(2 * np.pi * move) / (2 * np.pi))
    z = 0.15 * np.sin(np.pi * move) ** 2
    dt = STRIDE_S / 700
    pitch_rad = np.radians(_round(pitch, smooth))
    rate = np.gradient(pitch_rad, dt)
    ax, az = np.gradient(np.gradient(x, dt), dt), np.gradient(np.gradient(z, dt), dt) + 9.80665
    cos, sin = np.cos(pitch_rad), np.sin(pitch_rad)
    columns = [ax * cos + az * sin, -ax * sin + az * cos, -rate]
    fx, fz, wy = (np.interp(u, grid, _round(c, smooth)) for c in columns)
    rng = np.random.default_rng(seed)
    acc = np.column_stack((fx, np.zeros_like(fx), fz)) + 0.05 * rng.standard_normal((len(t), 3))
    gyr = np.column_stack((0 * wy, wy, 0 * wy)) + 0.01 * rng.standard_normal((len(t), 3))
    return ImuChunk(sensor, t, acc, gyr)


def _round(x: Array, window: Array) -> Array:
    """Periodic smoothing of one stride."""
    body = np.concatenate((x[-101:-1], x, x[1:101]))
    return np.convolve(body, window, "same")[100:-100]


def trunk(sensor: str, seconds: float = 14.0, rate_hz: float = 100.0, seed: int = 2) -> ImuChunk:
    """A pelvis-like IMU: vertical bounce at the step rate, roll at the stride rate."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    step = 2 * np.pi * t * 2 / STRIDE_S
    rng = np.random.default_rng(seed)
    up = 9.80665 * (1 + 1.1 * np.sin(step) + 0.2 * np.sin(2 * step))
    acc = np.column_stack((1.5 * np.cos(step), 0.8 * np.sin(step / 2), up)) + 0.1 * rng.standard_normal(
        (len(t), 3)
    )
    gyr = np.column_stack((1.2 * np.cos(step / 2), 0.3 * np.sin(step), 0.8 * np.cos(step / 2)))
    return ImuChunk(sensor, t, acc, gyr + 0.02 * rng.standard_normal((len(t), 3)))
