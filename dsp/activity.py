"""Stand, walk or run, from one sensor, once a second.

Movement of less than 0.06 g (SD over the second) is standing; two seconds in a row must agree.  Whether
the rest is walking or running is asked of the last two seconds: ``dsp.gait_evidence`` gives one number for
where the sensor is worn.  Its distance from the border between the gaits, on a logarithmic scale, is
evidence, and evidence adds up: a clear gait is told after two seconds, one near the border only when
several seconds speak for it on the whole, and a single odd second changes nothing.

How often it is right on people whom nothing was fitted on: ``docs/accuracy.md``.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from dsp.filters import norms, spread
from dsp.gait_evidence import EVIDENCE_RATE_HZ, ankle_restlessness, lands, rest_share, trunk_vigour
from dsp.types import GRAVITY_MS2, Activity, ActivityChange, Array, ImuChunk, Placement, Worn

_CONFIRM_S = 2  # seconds in a row that must agree
_LEAST_MOVEMENT_G = 0.06  # SD of a second
_FEWEST_SAMPLES = 10  # of a second


class _Window(NamedTuple):
    """What one second or two brought: times, and norms of force (g) and rotation (rad/s)."""

    t_s: Array
    acc_g: Array
    gyr_rads: Array | None


_FOOT_REST, _SHANK_REST = 0.15, 0.12  # border of the share of rest: a running leg rests less
# A shank at rest still tips over the foot, by 1.5 rad/s in a brisk walk.  Below 2 rad/s: 99 of 100 windows
# of 21 walkers above 0.26 and of 20 virtual runners below 0.04 (below 1.5 rad/s: 0.12 and 0.03).
_FOOT_RADS, _SHANK_RADS = 1.5, 2.0
_FOOT_SPREAD_G, _SHANK_SPREAD_G = 0.45, 0.50  # and its force has at least this SD over a second
_ANKLE_RESTLESSNESS = 2.5  # border, g/s
_TRUNK_VIGOUR = 15.5  # border, g Hz³
_FULL_RATIO = 1.5  # this far from the border, evidence is full (a choice)
_DECIDED = 2.0  # evidence that changes the gait; a second brings as much at most


class ActivityClassifier:
    """A stage from one sensor's chunks to changes of activity; ``now`` is that of the last whole second."""

    def __init__(self, worn: Worn) -> None:
        self._placement = worn.placement
        self._second: int | None = None
        self._parts: list[ImuChunk] = []  # of the second that is not over
        self._before: _Window | None = None  # the second before it
        self._moving, self._held = False, 0  # what the last seconds showed, and for how many of them
        self._evidence = 0.0  # for running, against walking below 0
        self._turned_s = 0.0  # when it last changed its sign
        self.now = Activity.UNKNOWN

    def push(self, chunk: ImuChunk) -> list[ActivityChange]:
        """Return the changes that the whole seconds completed by this chunk bring."""
        out: list[ActivityChange] = []
        for part in _cut_at_seconds(chunk):
            second = math.floor(part.t_s.item(0))
            if self._second is not None and second != self._second:
                out += self._close_second(self._second, second)
            self._second = second
            self._parts.append(part)
        return out

    def _close_second(self, second: int, following: int) -> list[ActivityChange]:
        whole, self._parts = _window_of(self._parts), []
        last, self._before = self._before, whole if following == second + 1 else None
        if len(whole.t_s) < _FEWEST_SAMPLES:
            return []
        spread_g = spread(whole.acc_g)
        moving, moved = spread_g >= _LEAST_MOVEMENT_G, self._moving
        self._held = self._held + 1 if moving is moved else 1
        self._moving = moving
        if not moving:
            self._evidence = 0.0
        elif last is not None and moved:
            self._weigh(_joined_windows(last, whole), spread_g, second, _DECIDED)
        else:  # a second of standing still is no rest of a walking leg; one second alone decides less
            self._weigh(whole, spread_g, second, _DECIDED / 2)
        return self._changes(second + 1.0)

    def _weigh(self, window: _Window, spread_g: float, second: int, most: float) -> None:
        """Add what the window says for running, at most ``most``; ``spread_g`` is the last second's SD."""
        before = self._evidence
        full = math.log(_FULL_RATIO)
        ratio = max(1e-3, self._over_border(window, spread_g))
        self._evidence += most * min(1.0, max(-1.0, math.log(ratio) / full))
        self._evidence = min(_DECIDED, max(-_DECIDED, self._evidence))
        if (before > 0) is not (self._evidence > 0):
            self._turned_s = float(second)

    def _over_border(self, window: _Window, spread_g: float) -> float:
        """How many times over the border to running the window is; below 1 it is a walk."""
        acc_g = _on_grid(window)
        if not self._placement.one_leg:
            return trunk_vigour(acc_g) / _TRUNK_VIGOUR
        if not lands(acc_g):
            return 0.0
        if self._placement is Placement.ANKLE or window.gyr_rads is None:
            return ankle_restlessness(acc_g) / _ANKLE_RESTLESSNESS
        foot = self._placement is Placement.FOOT
        border, least = (_FOOT_REST, _FOOT_SPREAD_G) if foot else (_SHANK_REST, _SHANK_SPREAD_G)
        rest = rest_share(window.acc_g, window.gyr_rads, _FOOT_RADS if foot else _SHANK_RADS)
        return border / max(rest, 1e-3) if spread_g > least else 0.0

    def _changes(self, t_s: float) -> list[ActivityChange]:
        """The change that the second which ends at ``t_s`` decides, if it does."""
        if self._held < _CONFIRM_S:
            return []
        seen, since = Activity.STAND, t_s - self._held
        if self._moving:
            seen = Activity.RUN if self._evidence > 0 else Activity.WALK
            gaits = (Activity.RUN, Activity.WALK)
            if self.now in gaits and abs(self._evidence) < _DECIDED:
                seen = self.now
            since = self._turned_s if self.now in gaits else since
        if seen is self.now:
            return []
        self.now = seen
        return [ActivityChange(since, seen, t_s)]


def _cut_at_seconds(chunk: ImuChunk) -> list[ImuChunk]:
    """The parts of a chunk that lie in one second each: nearly always it is the only one."""
    t = chunk.t_s
    if len(t) and math.floor(t.item(0)) == math.floor(t.item(-1)):
        return [chunk]
    edges = np.flatnonzero(np.diff(np.floor(t))) + 1
    return [
        ImuChunk(
            chunk.sensor,
            t[a:b],
            chunk.acc_ms2[a:b],
            None if chunk.gyr_rads is None else chunk.gyr_rads[a:b],
        )
        for a, b in pairwise([0, *edges.tolist(), len(t)])
        if a < b
    ]


def _window_of(parts: list[ImuChunk]) -> _Window:
    """Successive parts as one window; without rotation where any of them has none."""
    acc = np.concatenate([p.acc_ms2 for p in parts])
    rates = [p.gyr_rads for p in parts if p.gyr_rads is not None]
    gyr = norms(np.concatenate(rates)) if len(rates) == len(parts) else None
    return _Window(np.concatenate([p.t_s for p in parts]), norms(acc) / GRAVITY_MS2, gyr)


def _joined_windows(first: _Window, second: _Window) -> _Window:
    """Two windows as one; without rotation where one of them has none."""
    gyr = None
    if first.gyr_rads is not None and second.gyr_rads is not None:
        gyr = np.concatenate((first.gyr_rads, second.gyr_rads))
    t_s = np.concatenate((first.t_s, second.t_s))
    return _Window(t_s, np.concatenate((first.acc_g, second.acc_g)), gyr)


def _on_grid(window: _Window) -> Array:
    """The window's norms of force (n,), in g, at the rate that evidence is judged at."""
    count = math.ceil((window.t_s[-1] - window.t_s[0]) * EVIDENCE_RATE_HZ)
    grid = window.t_s[0] + np.arange(max(2, count)) / EVIDENCE_RATE_HZ
    return np.asarray(np.interp(grid, window.t_s, window.acc_g))


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
