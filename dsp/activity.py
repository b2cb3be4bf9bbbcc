"""Stand, walk or run, from one sensor, once a second.

Running has no quiet moment: on foot and shank the share of near-rest samples separates it from
walking (shank: 0 of 118 walking windows called running, 21 people); above the ankle, without a
gyroscope, it is how far the acceleration usually is from 1 g (walking: 99 % of 832 windows of 21 people
below 0.29 g; running at 2 m/s: all of 20 above 0.47 g; in between only 16 of 1500 s of a real run); at
the pelvis its spread.  A state must hold for two seconds before a change is reported.
"""

from __future__ import annotations

import math

import numpy as np

from dsp.filters import norms
from dsp.types import GRAVITY_MS2, Activity, ActivityChange, Array, ImuChunk, Placement, Worn

_CONFIRM_S = 2  # seconds in a row that must agree


class ActivityClassifier:
    """A stage from one sensor's chunks to changes of activity; ``now`` is that of the last whole second."""

    def __init__(self, worn: Worn) -> None:
        self._placement = worn.placement
        self._second: int | None = None
        self._parts: list[tuple[Array, Array | None]] = []
        self._before: tuple[Array, Array | None] | None = None
        self._candidate, self._held = Activity.UNKNOWN, 0
        self.now = Activity.UNKNOWN

    def push(self, chunk: ImuChunk) -> list[ActivityChange]:
        """Return the changes that the whole seconds completed by this chunk bring."""
        out: list[ActivityChange] = []
        seconds = np.floor(chunk.t_s).astype(int)
        edges = np.flatnonzero(np.diff(seconds)) + 1
        for a, b in zip([0, *edges.tolist()], [*edges.tolist(), len(seconds)], strict=True):
            if a == b:
                continue
            second = int(seconds[a])
            if self._second is not None and second != self._second:
                out += self._close_second(self._second, second)
            self._second = second
            acc = norms(chunk.acc_ms2[a:b]) / GRAVITY_MS2
            gyr = None if chunk.gyr_rads is None else norms(chunk.gyr_rads[a:b])
            self._parts.append((acc, gyr))
        return out

    def _close_second(self, second: int, following: int) -> list[ActivityChange]:
        acc = np.concatenate([a for a, _ in self._parts])
        rates = [g for _, g in self._parts if g is not None]
        gyr = np.concatenate(rates) if rates else None
        self._parts = []
        last, self._before = self._before, (acc, gyr)
        if following != second + 1:
            self._before = None
        if len(acc) < 10:
            return []
        return self._confirm_change(self._classify_window(acc, gyr, last), second + 1.0)

    def _classify_window(
        self, acc: Array, gyr: Array | None, last: tuple[Array, Array | None] | None
    ) -> Activity:
        spread = float(acc.std())
        if spread < 0.06:
            return Activity.STAND
        running = self.now is Activity.RUN
        if self._placement in (Placement.FOOT, Placement.SHANK) and gyr is not None:
            if last is not None and last[1] is not None:
                acc, gyr = np.concatenate((last[0], acc)), np.concatenate((last[1], gyr))
            quiet = float(np.mean((gyr < 1.5) & (np.abs(acc - 1) < 0.2)))
            limit, least = (0.15, 0.45) if self._placement is Placement.FOOT else (0.12, 0.50)
            runs = quiet < limit and spread > least
        elif self._placement is Placement.ANKLE:
            if last is not None:
                acc = np.concatenate((last[0], acc))
            runs = float(np.median(np.abs(acc - 1))) >= (0.35 if running else 0.40)
        else:
            runs = spread >= (0.45 if running else 0.55)
        return Activity.RUN if runs else Activity.WALK

    def _confirm_change(self, seen: Activity, t_s: float) -> list[ActivityChange]:
        self._held = self._held + 1 if seen is self._candidate else 1
        self._candidate = seen
        if seen is self.now or self._held < _CONFIRM_S:
            return []
        self.now = seen
        return [ActivityChange(t_s - _CONFIRM_S, seen, t_s)]


class ActivityLog:
    """The last 16 changes of activity: push them in time order, ask for the state at any instant."""

    def __init__(self) -> None:
        self._changes: list[ActivityChange] = []

    @property
    def begun(self) -> bool:
        """True once a first change of activity was pushed."""
        return bool(self._changes)

    def push(self, change: ActivityChange) -> None:
        """Remember a change; it must not be earlier than the one before."""
        self._changes = [*self._changes[-15:], change]

    def at(self, t_s: float) -> Activity:
        """Return the state at ``t_s`` (or the latest, for infinity); the first one counts backwards too."""
        state = Activity.UNKNOWN if not self._changes else self._changes[0].activity
        for change in self._changes:
            if change.t_s <= t_s or not math.isfinite(t_s):
                state = change.activity
        return state
