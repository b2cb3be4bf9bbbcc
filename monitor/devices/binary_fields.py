"""Reading fields out of bytes so that nothing but ``DecodeError`` can come of it."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.types import GRAVITY_MS2, Array
from monitor.core.errors import DecodeError

RAD_PER_DEG = np.pi / 180.0
MS2_PER_MG = GRAVITY_MS2 / 1000.0

_MAX_ACC_MS2 = 4000.0  # about 400 g: no sensor here measures more, so more is not a measurement
_MAX_GYR_RADS = 200.0  # about 11,500 deg/s, likewise
MAX_SPEED_MPS = 15.0  # above any runner; a faster reading is a fault of the pod or the GPS

MIN_RR_S, MAX_RR_S = 0.25, 2.5
"""Outside lies no beat: a Garmin HRM-Dual was captured sending 52 ms beside a true 1,044 ms."""


def unpack(layout: struct.Struct, payload: bytes, offset: int = 0, what: str = "packet") -> tuple[Any, ...]:
    """Return the fields of ``layout`` at ``offset``; bytes behind them are not looked at."""
    if len(payload) < offset + layout.size:
        raise DecodeError(f"{what}: {len(payload)} bytes, {offset + layout.size} needed")
    return layout.unpack_from(payload, offset)


def acc_rows(rows: NDArray[Any], to_ms2: float) -> Array:
    """Return acceleration in m/s² (n, 3); ``DecodeError`` for what no accelerometer gives (NaN, 1e30)."""
    return _check_range(rows, to_ms2, _MAX_ACC_MS2, "acceleration")


def gyr_rows(rows: NDArray[Any], to_rads: float) -> Array:
    """Return angular rate in rad/s (n, 3); ``DecodeError`` for what no gyroscope gives."""
    return _check_range(rows, to_rads, _MAX_GYR_RADS, "angular rate")


def _check_range(rows: NDArray[Any], scale: float, limit: float, what: str) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        out = np.asarray(rows, dtype=np.float64) * scale
        sound = bool(np.all(np.abs(out) <= limit))
    if not sound:
        raise DecodeError(f"{what} is not a number a sensor can measure")
    out.flags.writeable = False
    return out
