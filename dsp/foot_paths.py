"""The paths of a foot sensor over its strides, from the side, for a look after the run.

A stride is cut where the foot moves least, in mid-stance; up and forward are learned from all strides
given.  Heights are above the line from one mid-stance to the next, which takes away the slope of the
ground and what two integrations drift.  Against simulated shoes (``dsp.simulation``, 2.5 to 3.8 m/s) a
height is right within 1 cm and, once the stride is given its length, a place within 2 cm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dsp.events.foot_axes import Axes, FootAxes, angle_deg
from dsp.events.foot_stride import candidate_strides
from dsp.events.foot_trust import StuckSamples
from dsp.orientation import Track, track
from dsp.types import Array

POINTS = 49
"""Places of a path, at equal shares of the stride's time: the first and the last are mid-stances."""
_RATE_HZ = 200.0
_LEAST_STRIDES = 8  # to learn axes from (a choice; the detector begins with as few)
_WIDEST_HOLE_S = 0.06  # bridged, as of a stride of ``dsp.events.foot_stride``
_MOST_CLIPPED = 0.005  # share of a stride's samples at the end of the sensor's range
_UNLIKE_DEG = 12.0  # of a stride's own vertical from the usual one: not understood
_STEEPEST = 0.3  # rise over length: not understood


@dataclass(frozen=True, slots=True)
class StridePaths:
    """Strides of one foot: when each began and how long it took (n,), and its path (n, ``POINTS``).

    ``ahead_m`` and ``height_m`` count from the mid-stance before; ``pitch_deg`` is the foot's angle, toes
    up positive, 0 in mid-stance.
    """

    start_s: Array
    seconds: Array
    ahead_m: Array
    height_m: Array
    pitch_deg: Array

    def with_lengths(self, length_m: Array) -> StridePaths:
        """Return the same strides with these lengths (n,) in metres.

        A foot rolls while it stands, so the sensor is never quite at rest: what a path lacks of a length
        that is known better grows evenly over the stride.
        """
        lacking = np.asarray(length_m) - self.ahead_m[:, -1]
        return replace(self, ahead_m=self.ahead_m + np.outer(lacking, np.linspace(0.0, 1.0, POINTS)))

    def subset(self, which: NDArray[np.bool_]) -> StridePaths:
        """Return the strides of this mask (n,)."""
        columns = (self.start_s, self.seconds, self.ahead_m, self.height_m, self.pitch_deg)
        return StridePaths(*(column[which] for column in columns))


def stride_paths(t_s: Array, acc_ms2: Array, gyr_rads: Array) -> StridePaths | None:
    """Return the paths of all strides in a stretch of running, None with too few of them.

    ``t_s`` (n,) rises; ``acc_ms2`` and ``gyr_rads`` (n, 3) are those of a sensor on a foot that did not
    move on the shoe meanwhile.  Strides over a hole, or of a sensor at the end of its range, are left out.
    """
    if len(t_s) < 2 * _RATE_HZ / 4:
        return None
    rows = np.hstack((acc_ms2, gyr_rads))
    grid = np.arange(t_s[0], t_s[-1], 1 / _RATE_HZ)
    even = np.column_stack([np.interp(grid, t_s, column) for column in rows.T])
    bad = np.interp(grid, t_s, StuckSamples().push(rows))
    after = np.clip(np.searchsorted(t_s, grid), 1, len(t_s) - 1)
    hole = t_s[after] - t_s[after - 1] > _WIDEST_HOLE_S
    tracks = [
        (a, track(even[a : b + 1, :3], even[a : b + 1, 3:], 1 / _RATE_HZ))
        for a, b in candidate_strides(even[:, :3], even[:, 3:], _RATE_HZ)
        if not hole[a : b + 1].any() and bad[a : b + 1].mean() <= _MOST_CLIPPED
    ]
    learned = FootAxes()
    for _, stride in tracks:
        learned.learn(stride, 0, len(stride.turn))
    axes = learned.current()
    if axes is None or learned.have < _LEAST_STRIDES:
        return None
    found = [(a, stride, path) for a, stride in tracks if (path := _path(stride, axes)) is not None]
    if not found:
        return None
    start = np.array([grid[a] for a, _, _ in found])
    seconds = np.array([(len(stride.turn) - 1) / _RATE_HZ for _, stride, _ in found])
    return StridePaths(start, seconds, *np.stack([path for _, _, path in found], axis=1))


def _path(stride: Track, axes: Axes) -> Array | None:
    """Ahead, height and pitch (3, ``POINTS``) of a stride; None where it was not understood."""
    n = len(stride.turn)
    if angle_deg(stride.up(0, n), axes.up) > _UNLIKE_DEG:
        return None
    place = stride.path(0, n, axes.up)
    height = place @ axes.up
    flat = place - np.outer(height, axes.up)
    length = float(np.sqrt(flat[-1] @ flat[-1]))
    if length < 0.3 or flat[-1] @ axes.forward < 0.5 * length or abs(height[-1]) > _STEEPEST * length:
        return None
    way = flat[-1] / length
    toes = stride.turn @ axes.forward
    pitch = np.degrees(np.arctan2(toes @ axes.up, toes @ way))
    share, ahead = np.linspace(0.0, 1.0, n), flat @ way
    level = height - ahead / length * height[-1]
    at = np.linspace(0.0, 1.0, POINTS)
    columns = (ahead, level, pitch - share * (pitch[-1] - pitch[0]) - pitch[0])
    return np.stack([np.interp(at, share, column) for column in columns])
