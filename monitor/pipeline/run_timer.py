"""The runner's timer: pauses, laps and intervals of a run that goes on.

A wish of the runner comes as a packet (``monitor.core.packet.RUNNER``) and is followed at its second, so
a replay has the same pauses and laps.  Timer seconds are those of the session without pauses.  Everything
that changes is said once, in a notice.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, replace
from typing import Any

from dsp.types import Cue
from monitor.core.activity_facts import ActivityFacts, LapMark, TimerPause
from monitor.core.json_codec import from_json, parse_json
from monitor.core.packet import INTERVALS, LAP, PAUSE, RESUME
from monitor.core.session_settings import IntervalPlan
from monitor.pipeline.cue_policy import notice

TIMER_NOTICES = frozenset(("paused", "resumed", "lap", "interval_work", "interval_easy", "intervals_done"))
"""The ``wording`` of what the timer says."""
_SHORTEST_LAP_S = 1.0  # a second tap within it is a slip of the finger


@dataclass(frozen=True, slots=True)
class IntervalPart:
    """A part of the intervals: what it is, the how many-eth of how many works, and its timer seconds.

    ``walk``: those of running and walking, which are told in these words.
    """

    kind: str
    number: int
    count: int
    from_s: float
    until_s: float
    pace_s_per_km: float | None
    walk: bool = False


@dataclass(frozen=True, slots=True)
class EndedLap:
    """A lap that has ended: its number from 1, its timer seconds, and its metres of known speed."""

    number: int
    seconds: float
    distance_m: float


class RunTimer:
    """A stage that takes wishes, seconds and speeds, and gives the notices of what changed.

    ``pauses`` are those that have ended, ``laps`` the ends of laps.  A lap ends by a wish, after
    ``auto_lap_m`` metres (0: never), and where an interval changes.
    """

    def __init__(self, auto_lap_m: float = 0.0) -> None:
        self.pauses: list[TimerPause] = []
        self.laps: list[LapMark] = []
        self.ended_laps: list[EndedLap] = []
        self.distance_m = 0.0
        self.interval: IntervalPart | None = None
        self._paused_at_s: float | None = None
        self._auto_lap_m = auto_lap_m
        self._lap_from = (0.0, 0.0)  # timer seconds and metres
        self._parts: list[IntervalPart] = []

    @property
    def paused(self) -> bool:
        """Whether the timer stands still at this moment."""
        return self._paused_at_s is not None

    def is_paused_at(self, t_s: float) -> bool:
        """Return whether the timer stood still in this second of the session, now or before."""
        if self._paused_at_s is None and not self.pauses:  # asked for every packet and record of a run
            return False
        if self._paused_at_s is not None and t_s >= self._paused_at_s:
            return True
        last = next((p for p in reversed(self.pauses) if p.start_s <= t_s), None)
        return last is not None and t_s < last.end_s

    def timer_s(self, t_s: float) -> float:
        """Return the seconds that the timer had run at the session second ``t_s``."""
        stood = sum(min(p.seconds, max(0.0, t_s - p.start_s)) for p in self.pauses)
        return t_s - stood - max(0.0, t_s - (t_s if self._paused_at_s is None else self._paused_at_s))

    def pauses_until(self, end_s: float) -> tuple[TimerPause, ...]:
        """Return all pauses of a session that ended at ``end_s``, one that was not ended too."""
        if self._paused_at_s is None or end_s <= self._paused_at_s:
            return tuple(self.pauses)
        return (*self.pauses, TimerPause(self._paused_at_s, end_s - self._paused_at_s))

    def follow(self, channel: str, payload: bytes, t_s: float) -> list[Cue]:
        """Return what follows from a wish at ``t_s``; one that is not known here changes nothing."""
        if channel == PAUSE and not self.paused:
            self._paused_at_s = t_s
            return [notice(t_s, "paused", "Paused.")]
        if channel == RESUME and self._paused_at_s is not None:
            self.pauses.append(TimerPause(self._paused_at_s, max(0.0, t_s - self._paused_at_s)))
            self._paused_at_s = None
            return [notice(t_s, "resumed", "The run goes on.")]
        if channel == LAP and not self.paused:
            if self.timer_s(t_s) - self._lap_from[0] < _SHORTEST_LAP_S:
                return []
            return [self._end_lap(t_s, t_s, "manual")]
        if channel == INTERVALS and (plan := _read_plan(payload)) is not None:
            return self._begin_intervals(plan, t_s)
        return []

    def second(self, now_s: float) -> list[Cue]:
        """Return what follows from the session second ``now_s``: the next part of the intervals."""
        out: list[Cue] = []
        while self.interval is not None and not self.paused:
            late_s = self.timer_s(now_s) - self.interval.until_s
            if late_s < 0:
                break
            self._end_lap(now_s - late_s, now_s, "time")
            out = [self._next_part(now_s)]
        return out

    def cover(self, t_s: float, speed_mps: float) -> list[Cue]:
        """Count the second before ``t_s`` at this speed; return what follows: the end of a lap."""
        self.distance_m += speed_mps
        over_m = self.distance_m - self._lap_from[1] - self._auto_lap_m
        if not self._auto_lap_m or over_m < 0 or self.interval is not None:
            return []
        return [self._end_lap(t_s - over_m / speed_mps, t_s, "distance", over_m)]

    def to_json(self) -> dict[str, Any]:
        """Return the state of the timer as a page shows it."""
        part = self.interval
        return {
            "paused_at_s": self._paused_at_s,
            "paused_s": round(sum(p.seconds for p in self.pauses), 2),
            "distance_m": round(self.distance_m),
            "lap_from_s": round(self._lap_from[0], 2),
            "lap_from_m": round(self._lap_from[1]),
            "laps": [
                {"number": n, "seconds": round(seconds, 1), "distance_m": round(distance_m)}
                for n, seconds, distance_m in map(astuple, self.ended_laps)
            ],
            "interval": None if part is None else {
                "kind": part.kind, "number": part.number, "count": part.count,
                "from_s": round(part.from_s, 2), "until_s": round(part.until_s, 2),
                "pace_s_per_km": part.pace_s_per_km, "walk": part.walk,
            },
        }  # fmt: skip

    def _end_lap(self, at_s: float, now_s: float, trigger: str, over_m: float = 0.0) -> Cue:
        """End the lap at ``at_s``, ``over_m`` before where the runner is; the notice is of now."""
        before_s, before_m = self._lap_from
        timer_s, metres = self.timer_s(at_s), self.distance_m - over_m
        ended = EndedLap(len(self.ended_laps) + 1, timer_s - before_s, metres - before_m)
        self._lap_from = (timer_s, metres)
        self.laps.append(LapMark(at_s, trigger))
        self.ended_laps.append(ended)
        text = f"Lap {ended.number}: {_clock_text(ended.seconds)}"
        if ended.distance_m >= 10:
            text += f", {ended.distance_m / 1000:.2f} km"
        return notice(now_s, "lap", f"{text}.")

    def _begin_intervals(self, plan: IntervalPlan, t_s: float) -> list[Cue]:
        at_s, number, self._parts = self.timer_s(t_s), 0, []
        for kind, seconds in plan.parts:
            number += kind == "work"
            pace = plan.pace_s_per_km if kind == "work" else None
            until_s = at_s + seconds
            self._parts.append(IntervalPart(kind, number, plan.repeats, at_s, until_s, pace, plan.walk))
            at_s += seconds
        if not self._parts:
            self.interval = None
            return []
        if self.timer_s(t_s) - self._lap_from[0] >= _SHORTEST_LAP_S:
            self._end_lap(t_s, t_s, "manual")
        return [self._next_part(t_s)]

    def _next_part(self, now_s: float) -> Cue:
        self.interval = part = self._parts.pop(0) if self._parts else None
        if part is None:
            return notice(now_s, "intervals_done", "Intervals done. Easy from here.")
        lasts = _clock_text(part.until_s - part.from_s)
        if part.kind == "easy":
            return notice(now_s, "interval_easy", f"{'Walk' if part.walk else 'Easy'}: {lasts}.")
        text = f"{'Run' if part.walk else 'Work'} {part.number} of {part.count}: {lasts}"
        if part.pace_s_per_km is not None:
            text += f" at {_clock_text(part.pace_s_per_km)} min/km"
        return notice(now_s, "interval_work", f"{text}.")


def with_timer(facts: ActivityFacts, timer: RunTimer, end_s: float) -> ActivityFacts:
    """Return facts of an activity with the pauses and laps of this timer, unless they have some already."""
    if facts.pauses or facts.laps:
        return facts
    return replace(facts, pauses=timer.pauses_until(end_s), laps=tuple(timer.laps))


def _read_plan(payload: bytes) -> IntervalPlan | None:
    """The intervals of a wish; None for what is none, as from a tape of another version."""
    try:
        return from_json(IntervalPlan, parse_json(payload))
    except ValueError:
        return None


def _clock_text(seconds: float) -> str:
    whole = math.floor(seconds + 0.5)
    return f"{whole // 60}:{whole % 60:02}"
