"""What a watch says of an activity beside its numbers: sport, pauses, laps, places, time zone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dsp.types import Array


@dataclass(frozen=True, slots=True)
class TimerPause:
    """A ``TimerPause`` is a stretch from ``start_s``, ``seconds`` long, while a timer stood still."""

    start_s: float
    seconds: float

    @property
    def end_s(self) -> float:
        """The time at which the timer went on, in seconds of the session."""
        return self.start_s + self.seconds


@dataclass(frozen=True, slots=True)
class LapMark:
    """A ``LapMark`` is the end of a lap, in seconds of the session, and its ``trigger`` in FIT's words.

    ``manual``, ``distance``, ``time``, ``position_lap`` ... or empty where the file does not say.
    """

    end_s: float
    trigger: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PlaceTrack:
    """A ``PlaceTrack`` holds places (n,) at ``t_s`` seconds of the session, NaN where a file says nothing.

    ``lat_deg`` and ``lon_deg`` are WGS 84, ``altitude_m`` is above the sea.  It stays on this machine: no
    sink gets it.
    """

    t_s: Array
    lat_deg: Array
    lon_deg: Array
    altitude_m: Array


@dataclass(frozen=True, slots=True, eq=False)
class ActivityFacts:
    """``ActivityFacts`` are what a watch says of an activity as a whole.

    ``sport`` and ``sub_sport`` are FIT's words (``running``, ``treadmill``), empty where nobody says it.
    ``utc_offset_s`` is what the runner's clock was ahead of UTC there and then, None where not known.
    ``steps`` is how many the watch counted: often 1 to 4 % beside what its cadence adds up to.
    """

    sport: str = ""
    sub_sport: str = ""
    utc_offset_s: int | None = None
    pauses: tuple[TimerPause, ...] = ()
    laps: tuple[LapMark, ...] = ()
    track: PlaceTrack | None = None
    steps: int | None = None


def facts_until(facts: ActivityFacts, t_s: float) -> ActivityFacts:
    """Return what is true of an activity that was left off after ``t_s`` seconds, a count of steps not."""
    pauses = [TimerPause(p.start_s, min(p.end_s, t_s) - p.start_s) for p in facts.pauses if p.start_s < t_s]
    track = facts.track
    if track is not None:
        inside = track.t_s <= t_s
        columns = (track.t_s, track.lat_deg, track.lon_deg, track.altitude_m)
        track = PlaceTrack(*(column[inside] for column in columns)) if inside.any() else None
    laps = tuple(lap for lap in facts.laps if lap.end_s < t_s)
    return replace(facts, pauses=tuple(pauses), laps=laps, track=track, steps=None)
