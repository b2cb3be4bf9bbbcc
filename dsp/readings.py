"""Finished numbers from pods, treadmills, straps and GPS: the last of each, for as long as it holds."""

from __future__ import annotations

import math
from bisect import bisect_right

from dsp.types import Activity, ActivityChange, Estimate, Reading

_HOLD_S = 3.5  # a 1 Hz source may miss two reports
RUN_MPS, WALK_MPS = 1.8, 0.4  # a pod's speed alone tells running from walking and standing


class Readings:
    """Readings in, in time order per sensor; the latest not after an instant out."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}
        self._values: dict[str, list[Reading]] = {}

    @property
    def newest_s(self) -> float:
        """Time of the last reading of all; minus infinity before the first."""
        return max((times[-1] for times in self._times.values()), default=-math.inf)

    def push(self, reading: Reading) -> None:
        """Remember a reading (the last minute of each quantity is kept)."""
        times = self._times.setdefault(reading.quantity, [])
        values = self._values.setdefault(reading.quantity, [])
        at = bisect_right(times, reading.t_s)
        times.insert(at, reading.t_s)
        values.insert(at, reading)
        while times[-1] - times[0] > 60:
            del times[0], values[0]

    def latest(self, quantity: str, t_s: float) -> Reading | None:
        """The last reading at or before ``t_s`` that still holds."""
        times = self._times.get(quantity, [])
        i = bisect_right(times, t_s) - 1
        if i < 0 or t_s - times[i] > _HOLD_S:
            return None
        return self._values[quantity][i]

    def estimate(self, quantity: str, t_s: float, *, sd: float) -> Estimate | None:
        """The same as an estimate with the given SD."""
        found = self.latest(quantity, t_s)
        return None if found is None else Estimate(quantity, found.value, sd, found.sensor)

    def activity(self, t_s: float, now: Activity) -> ActivityChange | None:
        """A change of activity that the speed shows, where there is no motion sensor."""
        speed = self.latest("speed_mps", t_s)
        if speed is None:
            return None
        seen = Activity.STAND if speed.value < WALK_MPS else Activity.WALK
        if speed.value > RUN_MPS:
            seen = Activity.RUN
        return None if seen is now else ActivityChange(t_s, seen, t_s)
