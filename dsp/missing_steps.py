"""A problem when a sensor feels running and its detector finds no step.

Nothing else would tell: a detector that cannot learn how it is worn gives no steps and no reason, and other
sensors may hide it.  Running is what the sensor's own signal looks like (``dsp.activity``), never what the
steps say.
"""

from __future__ import annotations

import math

import numpy as np

from dsp.types import Activity, ActivityChange, Array, Contact, ImuChunk, Problem, SensorProblem

_WAIT_S = 10.0  # of running without a step; a detector that learns needs 3 to 6 (a choice)
_AWAY_S = 1.0  # samples missing for longer begin the wait anew


class MissingSteps:
    """A watcher of one sensor: its samples, activities and contacts in, a problem per spell out.

    Decisions fall on whole seconds and rest on what was known by then, so no cut of the samples matters.
    """

    def __init__(self, sensor: str) -> None:
        self._sensor = sensor
        self._runs_since_s: float | None = None
        self._now_s = -math.inf  # time of the last sample
        self._here_since_s = -math.inf
        self._changes: list[ActivityChange] = []  # known later than the last decision
        self._contacts: list[tuple[float, float]] = []  # known, landed; since the last decision
        self._landed_s = -math.inf
        self._reported = False

    def push_contact(self, contact: Contact) -> None:
        """Take a contact of this sensor, before the samples that brought it."""
        self._contacts.append((contact.known_s, contact.ic_s))

    def push(self, chunk: ImuChunk, changes: list[ActivityChange]) -> list[SensorProblem]:
        """Take samples of this sensor with the changes of activity they brought; return problems."""
        self._changes += changes
        return [p for begin_s, end_s in _stretches(chunk.t_s) for p in self._decide(begin_s, end_s)]

    def _decide(self, begin_s: float, end_s: float) -> list[SensorProblem]:
        """Decide the whole seconds that samples without a hole complete; inside a hole there are none."""
        if begin_s - self._now_s > _AWAY_S:
            self._here_since_s, first = begin_s, math.floor(begin_s)
        else:
            first = math.floor(self._now_s) + 1
        self._now_s = end_s
        out: list[SensorProblem] = []
        for second in range(first, math.floor(end_s) + 1):
            while self._changes and self._changes[0].known_s <= second:
                change = self._changes.pop(0)
                self._runs_since_s = change.known_s if change.activity is Activity.RUN else None
            if self._is_missing(float(second)) and not self._reported:
                self._reported = True
                out.append(SensorProblem(float(second), self._sensor, Problem.NO_STEPS))
        return out

    def _is_missing(self, t_s: float) -> bool:
        """Whether the runner has run for so long without a step; a step or another gait ends the spell."""
        known = [landed for known, landed in self._contacts if known <= t_s]
        self._contacts = [c for c in self._contacts if c[0] > t_s]
        self._landed_s = max([self._landed_s, *known])
        if known or self._runs_since_s is None:
            self._reported = False
        if self._runs_since_s is None:
            return False
        return t_s - max(self._runs_since_s, self._here_since_s, self._landed_s) >= _WAIT_S


def _stretches(t_s: Array) -> list[tuple[float, float]]:
    """The first and last time (s) of every stretch of samples between holes that begin the wait anew."""
    if t_s[-1] - t_s[0] <= _AWAY_S:
        return [(float(t_s[0]), float(t_s[-1]))]
    last = np.flatnonzero(np.diff(t_s) > _AWAY_S)
    begins, ends = [t_s[0], *t_s[last + 1]], [*t_s[last], t_s[-1]]
    return [(float(a), float(b)) for a, b in zip(begins, ends, strict=True)]
