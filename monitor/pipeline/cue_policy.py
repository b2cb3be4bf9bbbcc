"""When to speak: one fault at a time, rarely, confirmed once, then silence.

What lasts is decided in ``dsp.cueing.drift``; here is only what to do about it.  Synchronous and without a
clock: the same faults at the same seconds give the same cues, live and on replay.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from dsp.types import Cue, CueKind, Fault

EXPERIMENT, FADING, PROBE, _CAP, _UNSURE = "experiment", "fading", "probe", "cap", "unsure"
WITHHELD = {
    EXPERIMENT: "withheld at random, to learn what cues do",
    FADING: "a silent stretch of the plan",
    PROBE: "a silent run of the plan",
    _CAP: "too many cues already; silent for a while",
    _UNSURE: "probably out of band, but the target is not known well enough",
}
"""Why a cue that was due was not spoken: the key on the record, and its words in the review."""

SILENT_BY_PLAN = "silent by plan"
"""``Band.muted`` while the plan keeps silent: the seconds in which the outcome is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CuePolicyParams:
    """How rarely.  Each unanswered repetition after the first waits twice as long (a choice)."""

    cooldown: tuple[tuple[float, float], ...] = ((3.33, 30.0), (1.67, 60.0), (0.0, 180.0))
    """From this error (in widths of the band) on, so many seconds between cues.  Of a 3 % band that is
    10, 5 and 0 % (RunningCadence)."""
    most: int = 6  # cues in
    within_s: float = 600.0  # so many seconds; then
    rest_s: float = 300.0  # silence
    longest_backoff: int = 32
    withheld_share: float = 0.2  # of the eligible cues, with the runner's consent
    fresh_s: float = 3.0  # a cue is worthless later


@dataclass(frozen=True, slots=True)
class FaultState:
    """One fault in one second: ``error`` is its mean deviation, 1 at the edge of the band."""

    fault: Fault
    metric: str
    out: bool
    error: float
    value: float
    target: float
    why: str


class CuePolicy:
    """``second`` by second: states of the faults in, at most one cue out."""

    def __init__(self, seed: int, experiment: bool, params: CuePolicyParams | None = None) -> None:
        self._p = params or CuePolicyParams()
        self._random = random.Random(seed)
        self._experiment = experiment
        self._said: deque[float] = deque()  # times of spoken cues
        self._last_s: float | None = None  # of the last cue, spoken or withheld
        self._rest_until_s = float("-inf")
        self._repeats = 0
        self._spoken = False  # in this excursion
        self._worst: FaultState | None = None

    def second(self, t_s: float, states: Sequence[FaultState], silent: str) -> list[Cue]:
        """What to say now; ``silent`` (a key of ``WITHHELD``) makes a due cue a withheld one."""
        out = sorted((s for s in states if s.out), key=lambda s: list(Fault).index(s.fault))
        if not out:
            return self._returned(t_s, states)
        self._worst = worst = out[0]
        if self._last_s is not None and t_s - self._last_s < self._wait_s(worst.error):
            return []
        if t_s < self._rest_until_s:
            return []
        withheld = silent or self._held_back(t_s)
        if not withheld:
            self._said.append(t_s)
            self._spoken = True
        self._last_s, self._repeats = t_s, self._repeats + 1
        return [self._cue(t_s, CueKind.CORRECT, worst, worst.fault.value, withheld, worst.why)]

    def unsure(self, t_s: float, state: FaultState) -> Cue:
        """For the review only: this fault is likely but not probable enough."""
        return self._cue(t_s, CueKind.CORRECT, state, state.fault.value, _UNSURE, state.why)

    def interrupt(self) -> None:
        """The runner stopped or the signal went: the excursion ends without a word."""
        self._repeats, self._spoken, self._worst = 0, False, None

    def resting(self, t_s: float) -> bool:
        """True while silent because of too many cues."""
        return t_s < self._rest_until_s

    def _returned(self, t_s: float, states: Sequence[FaultState]) -> list[Cue]:
        worst, spoken = self._worst, self._spoken
        self.interrupt()
        now = next((s for s in states if worst is not None and s.fault is worst.fault), None)
        if now is None or not spoken:
            return []
        return [self._cue(t_s, CueKind.CONFIRM, now, "confirm", "", "back in band for 10 s")]

    def _wait_s(self, error: float) -> float:
        base = next((s for least, s in self._p.cooldown if error >= least), self._p.cooldown[-1][1])
        return base * float(min(2 ** max(0, self._repeats - 1), self._p.longest_backoff))

    def _held_back(self, t_s: float) -> str:
        while self._said and self._said[0] <= t_s - self._p.within_s:
            self._said.popleft()
        if len(self._said) >= self._p.most:
            self._rest_until_s = t_s + self._p.rest_s
            return _CAP
        if self._experiment and self._random.random() < self._p.withheld_share:
            return EXPERIMENT
        return ""

    def _cue(self, t_s: float, kind: CueKind, s: FaultState, wording: str, withheld: str, why: str) -> Cue:
        expires_s = t_s + self._p.fresh_s
        return Cue(t_s, kind, s.fault, s.metric, s.value, s.target, wording, expires_s, withheld, why)


def notice(t_s: float, wording: str, why: str) -> Cue:
    """Something about the sensors or the run, with what still works."""
    return Cue(t_s, CueKind.NOTICE, None, "", 0.0, 0.0, wording, t_s + 60.0, "", why)
