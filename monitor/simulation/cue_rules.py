"""Ways to decide when to speak, for the coaching trial: ours, and how others do it (read in their source).

A policy sees the records of one second and answers whether it speaks.  Those of others know a fixed
target, as their programs do; ours is the very ``Coach`` that runs live.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from dsp.types import Activity, ActivityChange, Cue, CueKind, Metric, Record
from monitor.core.session_settings import CoachSettings, SessionSettings
from monitor.pipeline.coach import Coach


class CueRule(Protocol):
    """A rule of when to speak, asked once a second."""

    name: str
    confirmed: bool  # in the last second the rule said that the runner is back

    def second(self, t_s: float, records: Sequence[Record]) -> bool:
        """Return whether it speaks at ``t_s``, given what came since it was last asked."""
        ...


class GaitcueRule:
    """The coach itself; a withheld cue, a confirmation or a notice is not speaking."""

    name = "gaitcue"

    def __init__(self, settings: CoachSettings) -> None:
        self._coach = Coach(settings, SessionSettings(coach=settings))
        self.confirmed = False

    def second(self, t_s: float, records: Sequence[Record]) -> bool:
        """Return whether this rule speaks in the second that ends at ``t_s``."""
        said = [r for r in self._coach.push(records) if isinstance(r, Cue) and not r.withheld]
        self.confirmed = any(r.kind is CueKind.CONFIRM for r in said)
        return any(r.kind is CueKind.CORRECT for r in said)


class _Fixed:
    """Cadence of the second while running, against one number of steps."""

    confirmed = False

    def __init__(self, target_spm: float) -> None:
        self.target_spm = target_spm
        self._running = False
        self._last_s = -math.inf

    def second(self, t_s: float, records: Sequence[Record]) -> bool:
        """Return whether this rule speaks in the second that ends at ``t_s``."""
        cadence = None
        for record in records:
            if isinstance(record, ActivityChange):
                self._running = record.activity is Activity.RUN
            elif isinstance(record, Metric) and record.estimate.metric == "cadence_spm":
                cadence = record.estimate.value
        if cadence is None or not self._running:
            self.no_cadence()
            return False
        if not self.due(t_s, cadence):
            return False
        self._last_s = t_s
        return True

    def no_cadence(self) -> None:
        """Take a second without a running cadence."""

    def due(self, t_s: float, cadence_spm: float) -> bool:
        """Return whether a cue is due in this second."""
        raise NotImplementedError


class FixedBand(_Fixed):
    """At every crossing of ±5 spm, and every 30 s for 3 min (Redback-Operations/garmin-smartwatch)."""

    name = "fixed band, 1 Hz"

    def __init__(self, target_spm: float) -> None:
        super().__init__(target_spm)
        self._since_s: float | None = None

    def no_cadence(self) -> None:
        """Take a second without a running cadence."""
        self._since_s = None

    def due(self, t_s: float, cadence_spm: float) -> bool:
        """Return whether a cue is due in this second."""
        if abs(cadence_spm - self.target_spm) <= 5:
            self._since_s = None
            return False
        if self._since_s is None:
            self._since_s = t_s
            return True
        return t_s - self._since_s <= 180 and t_s - self._last_s >= 30


class Quanta(_Fixed):
    """Steps in 5 s times 12 against ±3 spm, at each poll (mdmedley/cadence-coach)."""

    name = "12-spm quanta"

    def __init__(self, target_spm: float) -> None:
        super().__init__(target_spm)
        self._steps, self._seconds, self._left = 0.0, 0, 0.0

    def due(self, t_s: float, cadence_spm: float) -> bool:
        """Return whether a cue is due in this second."""
        self._steps += cadence_spm / 60
        self._seconds += 1
        if self._seconds < 5:
            return False
        whole = math.floor(self._steps + self._left)
        self._left += self._steps - whole
        self._steps, self._seconds = 0.0, 0
        return abs(12 * whole - self.target_spm) > 3


class Proportional(_Fixed):
    """±2.5 % of the unsmoothed value; again after 180, 60 or 30 s by error (aleung/RunningCadence)."""

    name = "error-proportional"

    def due(self, t_s: float, cadence_spm: float) -> bool:
        """Return whether a cue is due in this second."""
        error = abs(cadence_spm / self.target_spm - 1)
        wait_s = 30.0 if error >= 0.10 else 60.0 if error >= 0.05 else 180.0
        return error > 0.025 and t_s - self._last_s >= wait_s


class Dwell(_Fixed):
    """A fault of 3 % that lasts 8 s, at least 20 s between two words (HW006-J/run, Form Coach)."""

    name = "8-s dwell"

    def __init__(self, target_spm: float) -> None:
        super().__init__(target_spm)
        self._lasts_s = 0

    def no_cadence(self) -> None:
        """Take a second without a running cadence."""
        self._lasts_s = 0

    def due(self, t_s: float, cadence_spm: float) -> bool:
        """Return whether a cue is due in this second."""
        self._lasts_s = self._lasts_s + 1 if abs(cadence_spm / self.target_spm - 1) > 0.03 else 0
        return self._lasts_s >= 8 and t_s - self._last_s >= 20


_OTHERS = (FixedBand, Quanta, Proportional, Dwell)
OTHER_RULES = tuple(rule.name for rule in _OTHERS)
"""The names of the rules beside ours, in the order of ``all_rules``."""


def all_rules(settings: CoachSettings, target_spm: float) -> list[CueRule]:
    """Return every rule of the trial, the coach of this program first."""
    return [GaitcueRule(settings), *(make(target_spm) for make in _OTHERS)]
