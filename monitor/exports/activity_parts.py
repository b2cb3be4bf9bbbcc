"""What FIT, TCX and GPX have in common: the parts of an activity that every one of them writes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dsp.types import Activity, Array
from monitor.core.activity_facts import PlaceTrack
from monitor.storage.session_data import Mask, SessionData, Stretch


@dataclass(frozen=True, slots=True)
class LapPart:
    """A ``LapPart`` is a lap with its ``trigger`` in FIT's words; the last one ends with the session."""

    where: Stretch
    trigger: str


def start_second(run: SessionData) -> datetime.datetime:
    """Return the start of the session in UTC, cut to the whole second that FIT's clock counts."""
    return datetime.datetime.fromisoformat(run.info.started_utc).replace(microsecond=0)


def utc_text(when: datetime.datetime) -> str:
    """Return a time of day as the XML formats write it: UTC, to the millisecond where it is not whole."""
    utc = when.astimezone(datetime.UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds' if utc.microsecond else 'seconds')}Z"


def sport_names(run: SessionData) -> tuple[str, str]:
    """Return sport and sub-sport in FIT's words: what the file said, else running, on a belt if one was."""
    belt = any(s.kind == "treadmill" or s.name == "treadmill" for s in run.settings.sensors)
    return run.info.sport or "running", run.info.sub_sport or ("treadmill" if belt else "generic")


def lap_parts(run: SessionData) -> list[LapPart]:
    """Return the laps from the start to the end of the session, one where none was marked."""
    marks = [lap for lap in run.laps if 0 < lap.end_s < run.elapsed_s]
    edges = [0.0, *(lap.end_s for lap in marks), run.elapsed_s]
    triggers = [*(lap.trigger or "manual" for lap in marks), "session_end"]
    return [
        LapPart(Stretch(a, b), trigger) for (a, b), trigger in zip(pairwise(edges), triggers, strict=True)
    ]


def timed_seconds(run: SessionData) -> Mask:
    """Return which seconds (n,) an activity may have a record of: up to its end, none inside a pause.

    The second in which a pause ends is that of the start; after the last stop there is none.
    """
    out = run.t_s <= run.elapsed_s
    for pause in run.pauses:
        out &= ~((run.t_s > pause.start_s) & ((run.t_s < pause.end_s) | _is_last(run, pause)))
    return np.asarray(out)


def places_on_seconds(run: SessionData, track: PlaceTrack | None) -> Array:
    """Return latitude and longitude in degrees and altitude in m (n, 3) at each second, NaN if not known.

    Of several places in one second the last counts.
    """
    out = np.full((len(run.t_s), 3), np.nan)
    if track is not None:
        at = np.rint(track.t_s).astype(int)
        good = (at >= 0) & (at < len(out))
        out[at[good]] = np.column_stack((track.lat_deg, track.lon_deg, track.altitude_m))[good]
    return out


def strides_per_minute(run: SessionData) -> Array:
    """Return half the cadence (n,), as these formats count it: 0 while standing, NaN where not known."""
    strides = run.value("cadence_spm") / 2
    still = run.mask(run.activity.get(Activity.STAND, ())) & np.isnan(strides)
    return np.where(still & np.isfinite(strides).any(), 0.0, strides)


def track_points(
    run: SessionData, stretches: Sequence[Stretch], wanted: Mask
) -> Iterator[list[tuple[float, int]]]:
    """Yield the points of each stretch of the timer that has any: their time, and the second they tell of.

    They are the seconds that are ``wanted`` (n,).  Where the timer starts, stops or ends between two of
    them it has a point of its own with what was known next to it, and a last pause ends with one: so a
    reader sees how long it stood.
    """
    ends = {run.elapsed_s, *(p.start_s for p in run.pauses), *(p.end_s for p in run.pauses)}
    last = -1
    for stretch, seconds in zip(stretches, runs_of_seconds(run, stretches, wanted), strict=True):
        if not seconds:
            continue
        points = [(float(at), at) for at in seconds]
        if stretch.start_s in ends and 0 < points[0][0] - stretch.start_s < 1:
            points.insert(0, (stretch.start_s, seconds[0]))
        if stretch.end_s in ends and 0 < stretch.end_s - points[-1][0] < 1:
            points.append((stretch.end_s, seconds[-1]))
        last = seconds[-1]
        yield points
    if last >= 0 and stretches[-1].end_s < run.elapsed_s and _stands_at_end(run, stretches[-1].end_s):
        yield [(run.elapsed_s, last)]


def _stands_at_end(run: SessionData, since_s: float) -> bool:
    return any(p.start_s <= since_s and _is_last(run, p) for p in run.pauses)


def _is_last(run: SessionData, pause: Stretch) -> bool:
    """Return whether a pause lasts to the end, to the millisecond."""
    return pause.end_s > run.elapsed_s - 1e-3


def runs_of_seconds(run: SessionData, stretches: Sequence[Stretch], wanted: Mask) -> Iterator[list[int]]:
    """Yield, for each of the stretches, the seconds in it that are ``wanted`` (n,); none twice."""
    free = wanted.copy()
    for s in stretches:
        inside = free & (run.t_s >= s.start_s) & (run.t_s <= s.end_s)
        free &= ~inside
        yield np.flatnonzero(inside).tolist()
