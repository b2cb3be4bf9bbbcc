"""Distance and speed from positions, with the uncertainty that their noise leaves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsp.types import Array
from monitor.core.activity_facts import Pause

_EARTH_M = 6_371_008.8
"""The mean radius of the earth (IUGG)."""
_WINDOW_S = 8.0
"""Speed is a mean over this long: positions of a second scatter by half a metre."""


def position_distance(t_s: Array, lat_deg: Array, lon_deg: Array, pauses: Sequence[Pause] = ()) -> Array:
    """Return metres (n,) from the first position along great circles; nothing is covered in ``pauses``.

    ``t_s``, ``lat_deg``, ``lon_deg`` are (n,).
    """
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    north, east = np.sin(np.diff(lat) / 2), np.sin(np.diff(lon) / 2)
    haversine = north**2 + np.cos(lat[1:]) * np.cos(lat[:-1]) * east**2
    metres = 2 * _EARTH_M * np.arcsin(np.sqrt(np.clip(haversine, 0, 1)))
    for pause in pauses:
        metres[(t_s[1:] > pause.start_s) & (t_s[:-1] < pause.end_s)] = 0.0
    return np.concatenate(([0.0], np.cumsum(metres)))


def position_speed(t_s: Array, metres: Array) -> tuple[Array, Array]:
    """Return speed (n,) in m/s at the times ``t_s`` (n,) of positions, and its standard deviation.

    ``metres`` (n,) is the distance along them.
    """
    half = _WINDOW_S / 2
    ahead, behind = np.minimum(t_s + half, t_s[-1]), np.maximum(t_s - half, t_s[0])
    span = ahead - behind
    speed = (np.interp(ahead, t_s, metres) - np.interp(behind, t_s, metres)) / np.maximum(span, 1e-9)
    return speed, np.full(len(speed), 0.2)
