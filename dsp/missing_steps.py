"""A problem when a sensor feels running and its detector finds no step.

Nothing else would tell: a detector that cannot learn how it is worn gives no steps and no reason, and other
sensors may hide it.  Running is what the sensor's own signal looks like (``dsp.activity``), never what the
steps say.
"""

from __future__ import annotations

import math

from dsp.types import Activity, ActivityChange, Contact, ImuChunk, Problem, SensorProblem

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
        self._contacts: list[tuple[float, float]] = []  # known, landed; since the last decision
        self._landed_s = -math.inf
        self._reported = False

    def push_contact(self, contact: Contact) -> None:
        """Take a contact of this sensor, before the samples that brought it."""
        self._contacts.append((contact.known_s, contact.ic_s))

    def push(self, chunk: ImuChunk, changes: list[ActivityChange]) -> list[SensorProblem]:
        """Take samples of this sensor with the changes of activity they brought; return problems."""
        begin_s, end_s = float(chunk.t_s[0]), float(chunk.t_s[-1])
        if begin_s - self._now_s > _AWAY_S:
            self._here_since_s = begin_s
        elif math.floor(end_s) == math.floor(self._now_s):
            self._now_s = end_s
            return []
        out: list[SensorProblem] = []
        first = math.floor(max(self._now_s, begin_s - 1)) + 1
        for second in range(first, math.floor(end_s) + 1):
            for change in [c for c in changes if c.known_s == second]:
                runs = change.activity is Activity.RUN
                self._runs_since_s = change.known_s if runs else None
            if self._is_missing(float(second)) and not self._reported:
                self._reported = True
                out.append(SensorProblem(float(second), self._sensor, Problem.NO_STEPS))
        self._now_s = end_s
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
