"""Activities made up as a watch would write them, imported into a store of their own."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from monitor.core.activity_facts import ActivityFacts, LapMark, PlaceTrack, TimerPause
from monitor.recordings.recording import Recording
from monitor.recordings.watch_activity import WatchActivity, WatchSeries, activity_recording
from monitor.storage.import_recording import import_recording
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.store import Store

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a made-up watch recorded: one point a second, none of them inside a pause."""

    seconds: float = 300.0
    pauses: tuple[TimerPause, ...] = ()
    laps: tuple[LapMark, ...] = ()
    sport: str = "running"
    sub_sport: str = "generic"
    utc_offset_s: int | None = 3600
    speed_mps: float = 3.0
    strides: float = 85.0
    stands: tuple[int, int] = (0, 0)  # the seconds from and to which the runner stands
    contact_ms: float | None = None
    power_w: int | None = None
    track: bool = True
    altitude: bool = True
    counted_strides: int | None = None
    every_s: int = 1  # seconds between two points, but where the timer stops or starts
    contact_lost: frozenset[int] = frozenset()  # seconds whose point has no contact time

    @property
    def recorded_s(self) -> list[int]:
        """The seconds that have a point."""
        ends = [
            (p.start_s, p.end_s + (round(p.end_s, 3) >= self.seconds)) for p in self.pauses
        ]  # the last one too
        inside = {t for start_s, end_s in ends for t in range(int(start_s) + 1, int(end_s))}
        edges = {int(self.seconds), *(int(t) for p in self.pauses for t in (p.start_s, p.end_s))}
        wanted = [t for t in range(int(self.seconds) + 1) if t % self.every_s == 0 or t in edges]
        return [t for t in wanted if t not in inside]

    def recording(self) -> Recording:
        """The recording of it."""
        series, distance_m, before = WatchSeries("watch"), 0.0, 0
        timer_s = 0
        for t in self.recorded_s:
            paused = any(p.start_s < t <= p.end_s for p in self.pauses)
            standing = self.stands[0] <= t < self.stands[1]
            wave = np.sin(t / 37)
            speed = 0.0 if standing else self.speed_mps + 0.3 * wave
            distance_m += 0.0 if paused else speed * (t - before)
            timer_s += 0 if paused else t - before
            before = t
            point: dict[str, float | None] = {
                "speed_mps": round(speed, 3),
                "distance_m": round(distance_m, 2),
                "cadence_raw": 0.0 if standing else round(128 * (self.strides + wave)) / 128,
                "heart_rate_bpm": 140 + round(10 * wave),
                "contact_ms": None
                if self.contact_ms is None or t in self.contact_lost
                else self.contact_ms + round(5 * wave),
                "power_w": self.power_w,
                "altitude_m": round(5 * (120 + distance_m / 50)) / 5 if self.altitude else None,
            }
            for quantity, value in point.items():
                if value is not None:
                    series.add(quantity, float(t), value)
        facts = ActivityFacts(
            self.sport, self.sub_sport, self.utc_offset_s, self.pauses, self.laps, self._track(series)
        )
        activity = WatchActivity(
            series=[series],
            seconds=self.seconds,
            started=NOON,
            facts=facts,
            distance_m=round(distance_m, 2),
            strides=self.counted_strides,
        )
        return activity_recording(activity, "a made-up <run> & more")

    def _track(self, series: WatchSeries) -> PlaceTrack | None:
        t_s = np.array(self.recorded_s, dtype=float)
        if not self.track and not self.altitude:
            return None
        unknown = np.full(len(t_s), np.nan)
        metres = np.array([v for _, v in series.points["distance_m"]])
        altitude = np.array([v for _, v in series.points["altitude_m"]]) if self.altitude else unknown
        if not self.track:
            return PlaceTrack(t_s, unknown, unknown, altitude)
        semicircle = 180 / 2**31
        north = np.round((47.5 + metres / 111_195) / semicircle) * semicircle
        return PlaceTrack(t_s, north, np.full(len(t_s), round(8.25 / semicircle) * semicircle), altitude)


@contextmanager
def stored(recording: Recording) -> Iterator[tuple[Store, SessionData]]:
    """A store with nothing but this recording in it, and the session as it is loaded."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "gaitcue.db") as store:
        info = import_recording(store, Path(folder), recording, "me", NOON)
        yield store, load_session(store, info.id)


TRIGGERS = ("manual", "distance", "time", "position_lap")


@st.composite
def made_activities(draw: st.DrawFn) -> Made:
    """Activities with pauses, laps, sports, places, measured and modelled numbers, of odd lengths."""
    seconds = draw(st.integers(80, 260))
    cuts = sorted(draw(st.sets(st.integers(5, seconds - 5), max_size=4)))
    if len(cuts) % 2:
        cuts.pop()
    fraction_s = draw(st.integers(0, 999)) / 1000
    pauses = tuple(
        TimerPause(float(a), float(b - a)) for a, b in zip(cuts[::2], cuts[1::2], strict=True) if b - a > 1
    )
    if draw(st.booleans()) and seconds - 20 > max((p.end_s for p in pauses), default=0):
        pauses += (TimerPause(seconds - 15.0, 15.0 + fraction_s),)  # to the end
    outside = [t for t in range(10, seconds - 10) if not any(p.start_s <= t <= p.end_s for p in pauses)]
    ends: Sequence[int] = sorted(draw(st.sets(st.sampled_from(outside), max_size=3))) if outside else []
    more: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {
                "sport": st.sampled_from(["running", "walking", "hiking"]),
                "sub_sport": st.sampled_from(["generic", "treadmill", "trail", "track"]),
                "utc_offset_s": st.integers(-48, 56).map(lambda quarters: 900 * quarters),
                "contact_ms": st.none() | st.integers(200, 300).map(float),
                "power_w": st.none() | st.integers(100, 400),
                "track": st.booleans(),
                "altitude": st.booleans(),
                "every_s": st.sampled_from([1, 1, 4, 7]),
                "contact_lost": st.frozensets(st.integers(0, 260), max_size=40),
            }
        )
    )
    speed, strides = (1.4, 55.0) if more["sport"] != "running" else (3.0, draw(st.integers(80, 95)))
    return Made(
        seconds=seconds + fraction_s,
        pauses=pauses,
        laps=tuple(LapMark(float(t), draw(st.sampled_from(TRIGGERS))) for t in ends),
        speed_mps=speed,
        strides=float(strides),
        **more,
    )
