"""Finished numbers from pods, treadmills, straps and GPS: the last of each, for as long as it holds."""

from __future__ import annotations

import math
from bisect import bisect_right

from dsp.types import Activity, ActivityChange, Estimate, Reading

_HOLD_S = 3.5  # a 1 Hz source may miss two reports
_RUN_MPS, _WALK_MPS = 1.8, 0.4  # a pod's speed alone tells running from walking and standing
_WALKED_MPS = 2.2  # up to here also walked, with short steps: the cadence decides where it is known
_RUN_SPM, _WALK_SPM = 140.0, 20.0  # walkers change to running before this cadence (a choice)


class Readings:
    """A store of readings: in any order in, the latest of a quantity that is not after an instant out."""

    def __init__(self) -> None:
        self._series: dict[str, tuple[list[float], list[Reading]]] = {}

    @property
    def newest_s(self) -> float:
        """The time of the last reading of all; minus infinity before the first."""
        return max((times[-1] for times, _ in self._series.values()), default=-math.inf)

    def push(self, reading: Reading) -> None:
        """Remember a reading (the last minute of each quantity is kept)."""
        series = self._series.get(reading.quantity)
        if series is None:
            series = self._series[reading.quantity] = ([], [])
        times, values = series
        t_s = reading.t_s
        if not times or t_s >= times[-1]:  # nearly always
            times.append(t_s)
            values.append(reading)
        else:
            at = bisect_right(times, t_s)
            times.insert(at, t_s)
            values.insert(at, reading)
        while times[-1] - times[0] > 60:
            del times[0], values[0]

    def next_s(self, after_s: float) -> float:
        """Return the time of the first reading after ``after_s``; infinity where none is known."""
        at = ((times, bisect_right(times, after_s)) for times, _ in self._series.values())
        later = [times[i] for times, i in at if i < len(times)]
        return min(later, default=math.inf)

    def holds(self, t_s: float) -> bool:
        """Return whether any quantity has a reading at ``t_s`` that is not stale."""
        return any(self.latest(quantity, t_s) is not None for quantity in self._series)

    def latest(self, quantity: str, t_s: float) -> Reading | None:
        """Return the last reading at or before ``t_s``, or None where it is older than 3.5 s or NaN.

        NaN says that the quantity is not known from then on.
        """
        series = self._series.get(quantity)
        if series is None:
            return None
        times, values = series
        i = bisect_right(times, t_s) - 1
        if i < 0 or t_s - times[i] > _HOLD_S:
            return None
        reading = values[i]
        return reading if reading.value == reading.value else None

    def measured(self, quantity: str) -> bool:
        """Return whether a device gives this quantity, even if it does not know it now."""
        return quantity in self._series

    def estimate(self, quantity: str, t_s: float, *, sd: float) -> Estimate | None:
        """Return the value of ``latest`` as an estimate; None where there is none.

        Its SD is what the same device gave as ``quantity`` with ``_sd``, or this ``sd``.
        """
        reading = self.latest(quantity, t_s)
        if reading is None:
            return None
        if (named_sd := f"{quantity}_sd") in self._series:
            own = self.latest(named_sd, t_s)
            sd = own.value if own is not None and own.sensor == reading.sensor else sd
        return Estimate(quantity, reading.value, sd, reading.sensor)

    def activity_change(self, t_s: float, now: Activity) -> ActivityChange | None:
        """Return the change of activity that the speed alone shows; None where it stays ``now``.

        Without a speed the cadence shows it, and between the speeds of walkers and of runners too.
        """
        speed = self.latest("speed_mps", t_s)
        seen = self._activity_from("speed_mps", t_s, _RUN_MPS, _WALK_MPS)
        if speed is None or _RUN_MPS < speed.value <= _WALKED_MPS:
            seen = self._activity_from("cadence_spm", t_s, _RUN_SPM, _WALK_SPM) or seen
        return None if seen is None or seen is now else ActivityChange(t_s, seen, t_s)

    def _activity_from(self, quantity: str, t_s: float, run: float, walk: float) -> Activity | None:
        reading = self.latest(quantity, t_s)
        if reading is None:
            return None
        if reading.value > run:
            return Activity.RUN
        return Activity.STAND if reading.value < walk else Activity.WALK
