"""When not to cue and what to learn from: reasons to keep silent, judged once a second.

The first of these reasons mutes all cues: not running; the signal came back less than ``reconnect_s``
ago; more than ``lost_share`` of the last ``window_s`` is missing; running began less than ``settle_s``
ago; slower than ``slow_mps``; changing speed; faster or slower than before; two sources of speed that
disagree; warm-up (``warm_up_s`` from the first running); hard effort; ground steeper than ``steep_pct``.
Ground steeper than ``hill_pct`` silences cadence only. Slope and effort have a hysteresis, so that cues
do not flicker at a limit. A second is fit for the baseline when nothing mutes it and the ground is within
``level_pct``. An unknown speed, slope or heart rate mutes nothing.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from dsp.cueing.conditions import Conditions
from dsp.types import Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class EffortParams:
    """Limits of easy and moderate running, which cues are for; a limit that is None is not judged.

    Heart rate lags by 30 to 60 s, so both a low heart rate and a low pace are asked for where both
    are known.  ``today`` is the runner's own word: "hard" silences the whole run, "easy" none of it.
    Raises ``ValueError`` for limits no runner has.
    """

    today: Literal["auto", "easy", "hard"] = "auto"
    max_heart_rate_bpm: float | None = None
    heart_rate_share: float = 0.82  # of the maximum
    threshold_mps: float | None = None  # speed of an all-out hour
    speed_share: float = 0.88  # of the threshold speed
    back: float = 0.03  # must fall this far below again (relative)

    def __post_init__(self) -> None:
        if self.max_heart_rate_bpm is not None and not 120 <= self.max_heart_rate_bpm <= 240:
            raise ValueError("max_heart_rate_bpm must be between 120 and 240")
        if self.threshold_mps is not None and not 1.5 <= self.threshold_mps <= 7:
            raise ValueError("threshold_mps must be between 1.5 and 7")


@dataclass(frozen=True, slots=True, kw_only=True)
class CueGateParams:
    """Limits of steady running (evidence: cueing by RunningCadence, RunnerUp)."""

    warm_up_s: float = 300.0
    settle_s: float = 20.0  # after starting to run
    reconnect_s: float = 10.0
    window_s: float = 30.0  # in which ``lost_share`` of the samples may be missing
    lost_share: float = 0.10
    hill_pct: float = 3.0  # cadence is not cued on steeper ground,
    steep_pct: float = 8.0  # overstride and braking not on this
    level_pct: float = 2.0  # nothing is learned on steeper ground
    changing_ms2: float = 0.05
    slow_mps: float = 1.8  # turns and crossings
    running_spm: float = 140.0  # what counts as running where nothing tells the activity
    effort: EffortParams = field(default_factory=EffortParams)


@dataclass(frozen=True, slots=True)
class Gating:
    """The judgement of one second: may cues be given, and is it fit for a baseline (``learn``).

    ``muted`` and ``hill`` are reasons in plain words, empty if cues are on; ``hill`` silences cadence only.
    """

    muted: str = ""
    hill: str = ""
    learn: bool = False


class CueGate:
    """A stage from events and seconds to a ``Gating`` per second, on a clock that never goes back."""

    def __init__(self, params: CueGateParams | None = None) -> None:
        self.params = params or CueGateParams()
        self.activity = Activity.UNKNOWN
        self._first_run_s = math.inf
        self._run_since_s = math.inf
        self._back_s = -math.inf
        self._lost: deque[tuple[float, float]] = deque()
        self._speeds: deque[float] = deque(maxlen=10)
        self._hard = _HardEffort(self.params.effort)
        self._hill = self._steep = False

    @property
    def running_since_s(self) -> float:
        """The time at which running last began; infinite before."""
        return self._run_since_s

    def change(self, activity: Activity, now_s: float) -> None:
        """Note that the runner does something else from now on."""
        if activity is Activity.RUN and self.activity is not Activity.RUN:
            self._run_since_s = now_s
            self._first_run_s = min(self._first_run_s, now_s)
        self.activity = activity

    def lost(self, now_s: float, gap_s: float) -> None:
        """Note that samples were missing for ``gap_s``, of all sensors on average."""
        self._lost.append((now_s, gap_s))

    def returned(self, now_s: float) -> None:
        """Note that the signal is back after a hole, or that the clock jumped."""
        self._back_s = now_s
        self._speeds.clear()

    def second(
        self,
        now_s: float,
        cadence_spm: float,
        here: Conditions,
        heart: float | None,
    ) -> Gating:
        """Judge this second and return the result; ``heart`` is in beats per minute, None where unknown."""
        p, speed = self.params, here.speed_mps
        if self.activity is Activity.UNKNOWN and cadence_spm >= p.running_spm:
            self.change(Activity.RUN, now_s)
        if speed is not None:
            self._speeds.append(speed)
        grade = abs(here.slope_pct or 0.0)
        self._hill = grade > (p.hill_pct - 0.5 if self._hill else p.hill_pct)
        self._steep = grade > (p.steep_pct - 0.5 if self._steep else p.steep_pct)
        hard = self._hard.second(speed, heart)
        transient = self._passing_reason(now_s, speed) or _reason_to_doubt_speed(here)
        warm = now_s - self._first_run_s < p.warm_up_s
        muted = transient or ("warm-up" if warm else "") or hard or ("too steep" if self._steep else "")
        return Gating(
            muted=muted,
            hill="on a hill" if self._hill else "",
            learn=not muted and grade <= p.level_pct,
        )

    def _passing_reason(self, now_s: float, speed: float | None) -> str:
        p = self.params
        if self.activity is not Activity.RUN:
            return "walking" if self.activity is Activity.WALK else "not running"
        if now_s - self._back_s < p.reconnect_s:
            return "the signal has just come back"
        while self._lost and self._lost[0][0] < now_s - p.window_s:
            self._lost.popleft()
        if sum(gap for _, gap in self._lost) > p.lost_share * p.window_s:
            return "the signal has holes"
        if now_s - self._run_since_s < p.settle_s:
            return "just started running"
        if speed is not None and speed < p.slow_mps:
            return "turning, crossing or very slow"
        return "changing speed" if abs(self._acceleration()) > p.changing_ms2 else ""

    def _acceleration(self) -> float:
        """m/s² between the last five seconds and the five before."""
        if len(self._speeds) < 10:
            return 0.0
        v = list(self._speeds)
        return (sum(v[5:]) - sum(v[:5])) / 25


def _reason_to_doubt_speed(here: Conditions) -> str:
    """Why what is known of the speed now is no ground for a target."""
    if here.other_pace:
        return "faster than before" if here.other_pace > 0 else "slower than before"
    return "two sources of speed disagree" if here.disagree else ""


class _HardEffort:
    """Hard effort with hysteresis, on the mean of about a minute."""

    MEMORY_S = 60.0

    def __init__(self, params: EffortParams) -> None:
        self._p = params
        self._means: dict[str, float] = {}
        self._over: dict[str, bool] = {}

    def second(self, speed: float | None, heart: float | None) -> str:
        p = self._p
        if p.today == "hard":
            return "hard effort (you said so)"
        if p.today == "easy":
            return ""
        heart_limit = None if p.max_heart_rate_bpm is None else p.heart_rate_share * p.max_heart_rate_bpm
        speed_limit = None if p.threshold_mps is None else p.speed_share * p.threshold_mps
        by_heart = self._stays_above("heart", heart, heart_limit)
        by_speed = self._stays_above("speed", speed, speed_limit)
        if by_heart:
            return "hard effort (heart rate)"
        return "hard effort (pace)" if by_speed else ""

    def _stays_above(self, name: str, value: float | None, limit: float | None) -> bool:
        if value is None or limit is None:
            self._over[name] = False
            return False
        mean = self._means.get(name, value)
        self._means[name] = mean = mean + (value - mean) / self.MEMORY_S
        high = max(mean, value) if name == "speed" else mean
        if self._over.get(name):
            limit *= 1 - self._p.back
        self._over[name] = high > limit
        return self._over[name]
