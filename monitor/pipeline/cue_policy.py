"""When to speak: one fault at a time, rarely, confirmed once, then silence.

What lasts is decided in ``dsp.cueing.drift``; here is only what to do about it.  Synchronous and without a
clock: the same faults at the same seconds give the same cues, live and on replay.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from dsp.types import Cue, CueKind, Fault

EXPERIMENT, FADING, PROBE, _CAP, _UNSURE, UNANSWERED, LATE = (
    "experiment",
    "fading",
    "probe",
    "cap",
    "unsure",
    "unanswered",
    "late",
)
WITHHELD = (EXPERIMENT, FADING, PROBE, _CAP, _UNSURE, UNANSWERED, LATE)
"""Why a cue that was due, or a coach's line, was not spoken, as it stands on the record.

``withheld.<key>`` has the words."""

_OPPOSITE = {Fault.CADENCE_HIGH: Fault.CADENCE_LOW, Fault.CADENCE_LOW: Fault.CADENCE_HIGH}

SILENT_BY_PLAN = "silent by plan"
"""``Band.muted`` while the plan keeps silent: the seconds in which the outcome is measured."""
RESTING = "too many cues; resting"
"""``Band.muted`` after so many cues that more would be noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CuePolicyParams:
    """The limits of how often to speak.  Each unanswered repetition after the first waits twice as long (a
    choice)."""

    cooldown: tuple[tuple[float, float], ...] = ((3.33, 30.0), (1.67, 60.0), (0.0, 180.0))
    """From this error (in widths of the band) on, so many seconds between cues.  Of a 3 % band that is
    10, 5 and 0 % (RunningCadence)."""
    most: int = 6  # cues in
    within_s: float = 600.0  # so many seconds; then
    rest_s: float = 300.0  # silence
    longest_backoff: int = 32
    forget_s: float = 600.0  # in band for so long, a fault begins anew
    judged_s: int = 60  # seconds after a cue whose mean tells whether it was answered,
    answer: float = 0.5  # by a level so much better, in widths,
    answer_at: float = 0.75  # that is well in band, or twice as much better
    most_unanswered: int = 3  # then the fault rests for this run; an answer takes one away
    confirm: float = 0.6  # a return that has lasted is confirmed if it is so many widths,
    confirm_sd: float = 2.0  # and so many SDs of a difference of two means (less may be chance),
    confirm_in: float = 0.4  # and leads so far into the band
    confirm_every_s: float = 300.0
    confirm_within_s: float = 180.0  # of the cue; a later return may be anything
    withheld_share: float = 0.2  # of the eligible cues, with the runner's consent
    settles_s: float = 120.0  # after a cue: the opposite fault may be too much of an answer
    fresh_s: float = 3.0  # a cue is worthless later


@dataclass(frozen=True, slots=True)
class FaultState:
    """One fault in one second, in widths of the band: 1 is its edge.

    ``deviation`` is this second's, ``error`` the mean of the fault while it lasts; ``value`` is that mean
    in the unit of ``metric``.  ``seems_over`` while the last seconds are in band: nobody is told to do what
    they do.  ``settled`` is true in one second, when a return has lasted; then ``error`` is the mean
    since it began, and ``settled_sd`` what chance makes of a mean like that.
    """

    fault: Fault
    metric: str
    out: bool
    error: float
    seems_over: bool
    settled: bool
    settled_sd: float
    deviation: float
    value: float
    target: float
    why: str


class _Answers:
    """What the runner made of the cues for one fault in this run."""

    def __init__(self) -> None:
        self.unanswered = 0
        self.repeats = 0  # cues since the last answer; each doubles the wait
        self._out_s = -math.inf  # when the fault was last there
        self.cued = 0.0  # worst level since the last cue
        self._before: float | None = None  # level when the cue came that is being judged
        self._sum, self._seconds = 0.0, 0

    def cue(self, level: float) -> None:
        """Note a spoken cue at this level; what it does is judged from now on."""
        self.repeats += 1
        self.cued = level
        self._before, self._sum, self._seconds = level, 0.0, 0

    def drop(self) -> None:
        """Forget the cue that is being judged: nobody knows what it did once the runner stopped."""
        self._before = None

    def second(self, t_s: float, state: FaultState, params: CuePolicyParams) -> None:
        """Take a second; after ``judged_s`` of them the last cue was answered or not."""
        if state.out:
            if t_s - self._out_s > params.forget_s:
                self.repeats = 0
            self._out_s = t_s
            self.cued = max(self.cued, state.error)
        if self._before is None:
            return
        self._sum += state.deviation
        self._seconds += 1
        if self._seconds < params.judged_s:
            return
        after = self._sum / self._seconds
        better = self._before - after
        if better >= params.answer and (after <= params.answer_at or better >= 2 * params.answer):
            self.unanswered = max(0, self.unanswered - 1)
            self.repeats = 0
        else:
            self.unanswered += 1
        self._before = None


class CuePolicy:
    """A rule of when to speak, ``second`` by second: states of the faults in, at most one cue out."""

    def __init__(self, seed: int, experiment: bool, params: CuePolicyParams | None = None) -> None:
        self._p = params or CuePolicyParams()
        self._random = random.Random(seed)
        self._experiment = experiment
        self._said: deque[float] = deque()  # times of spoken cues
        self._last_s = -math.inf  # of the last cue, spoken or withheld
        self._confirmed_s = -math.inf
        self._rest_until_s = -math.inf
        self._answers = {fault: _Answers() for fault in Fault}
        self._noted: set[Fault] = set()  # of those that rest, written down once
        self._spoken: Fault | None = None  # in this excursion
        self._spoken_s = dict.fromkeys(Fault, -math.inf)
        self._quiet_until_s = -math.inf  # somebody else speaks

    def keep_quiet(self, until_s: float) -> None:
        """Let no cue come before ``until_s``: the runner hears something else; a fault that lasts waits."""
        self._quiet_until_s = until_s

    def second(self, t_s: float, states: Sequence[FaultState], silent: str) -> list[Cue]:
        """Return what to say now; ``silent`` (a key of ``WITHHELD``) makes a due cue a withheld one."""
        for state in states:
            self._answers[state.fault].second(t_s, state, self._p)
        if t_s < self._quiet_until_s:
            return []
        found = (s for s in states if s.out and not self._overshoots(t_s, s.fault))
        out = sorted(found, key=lambda s: list(Fault).index(s.fault))
        resting = [s for s in out if self.rests(s.fault)]
        due = next((s for s in out if s not in resting and not s.seems_over), None)
        if due is None:
            return self._confirm_return(t_s, states) + self._note_resting_faults(t_s, resting)
        if t_s - self._last_s < self._wait_s(due) or t_s < self._rest_until_s:
            return []
        withheld = silent or self._held_back(t_s)
        answers = self._answers[due.fault]
        if withheld:
            answers.repeats += 1
        else:
            self._said.append(t_s)
            self._spoken = due.fault
            self._spoken_s[due.fault] = t_s
            answers.cue(due.error)
        self._last_s = t_s
        return [self._make_cue(t_s, CueKind.CORRECT, due, due.fault.value, withheld, due.why)]

    def unsure(self, t_s: float, state: FaultState) -> Cue:
        """Return a withheld cue for the review: this fault is likely but not probable enough."""
        return self._make_cue(t_s, CueKind.CORRECT, state, state.fault.value, _UNSURE, state.why)

    def interrupt(self) -> None:
        """End the excursion without a word: the runner stopped or the signal went."""
        self._spoken = None
        for answers in self._answers.values():
            answers.drop()

    def resting(self, t_s: float) -> bool:
        """Return whether it is silent because of too many cues."""
        return t_s < self._rest_until_s

    def rests(self, fault: Fault) -> bool:
        """Return whether cues for this fault changed nothing, so that it rests for this run."""
        return self._answers[fault].unanswered >= self._p.most_unanswered

    def _overshoots(self, t_s: float, fault: Fault) -> bool:
        """Whether this may be too much of an answer to the opposite cue; that settles by itself."""
        opposite = _OPPOSITE.get(fault)
        return opposite is not None and t_s - self._spoken_s[opposite] < self._p.settles_s

    def _note_resting_faults(self, t_s: float, resting: Sequence[FaultState]) -> list[Cue]:
        """For the review: a fault that lasts and is no longer spoken of, once."""
        new = [s for s in resting if s.fault not in self._noted]
        self._noted |= {s.fault for s in new}
        return [self._make_cue(t_s, CueKind.CORRECT, s, s.fault.value, UNANSWERED, s.why) for s in new]

    def _confirm_return(self, t_s: float, states: Sequence[FaultState]) -> list[Cue]:
        """Confirm once, soon after the cue, that the fault that was spoken of is over and stays so."""
        now = next((s for s in states if s.fault is self._spoken), None)
        if now is not None and not now.settled:
            return []
        self._spoken = None
        if now is None or t_s - self._last_s > self._p.confirm_within_s:
            return []
        if t_s - self._confirmed_s < self._p.confirm_every_s or now.error > self._p.confirm_in:
            return []
        least = max(self._p.confirm, self._p.confirm_sd * math.sqrt(2) * now.settled_sd)
        if self._answers[now.fault].cued - now.error < least:
            return []
        self._confirmed_s = t_s
        return [self._make_cue(t_s, CueKind.CONFIRM, now, "confirm", "", "back in band")]

    def _wait_s(self, due: FaultState) -> float:
        repeats = self._answers[due.fault].repeats
        if not repeats:
            return float(self._p.judged_s)
        base = next((s for least, s in self._p.cooldown if due.error >= least), self._p.cooldown[-1][1])
        return base * float(min(2 ** (repeats - 1), self._p.longest_backoff))

    def _held_back(self, t_s: float) -> str:
        while self._said and self._said[0] <= t_s - self._p.within_s:
            self._said.popleft()
        if len(self._said) >= self._p.most:
            self._rest_until_s = t_s + self._p.rest_s
            return _CAP
        if self._experiment and self._random.random() < self._p.withheld_share:
            return EXPERIMENT
        return ""

    def _make_cue(
        self, t_s: float, kind: CueKind, s: FaultState, wording: str, withheld: str, why: str
    ) -> Cue:
        expires_s = t_s + self._p.fresh_s
        return Cue(t_s, kind, s.fault, s.metric, s.value, s.target, wording, expires_s, withheld, why)


def notice(t_s: float, wording: str, why: str) -> Cue:
    """Return a word about the sensors or the run, with what still works."""
    return Cue(t_s, CueKind.NOTICE, None, "", 0.0, 0.0, wording, t_s + 60.0, "", why)
