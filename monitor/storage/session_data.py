"""One stored session as arrays on whole seconds: what every analysis and export starts from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.metrics import is_modelled
from dsp.types import Activity, ActivityChange, Array, Band, Cue, Gap, Readiness, SensorProblem
from monitor.core.activity_facts import LapMark
from monitor.core.records import SensorStatus
from monitor.core.session_settings import SessionSettings
from monitor.storage.record_rows import stored_settings
from monitor.storage.session_info import Note, SessionInfo
from monitor.storage.store import Store

LONGEST_VIEW_S = 4 * 86_400.0
"""Seconds of a session that are shown; as long as any recording that can be imported."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MetricColumn:
    """A metric over the session: ``value`` and ``sd`` (n,), NaN where absent; what it rests on.

    ``modelled``: no sensor saw it (``dsp.metrics.is_modelled``).  A column is modelled as a whole or not at
    all: what was measured for a part of the run is not filled from a model.
    """

    value: Array
    sd: Array
    how: str
    modelled: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch from ``start_s`` to ``end_s`` (session seconds) in which something held."""

    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        """The length of the stretch in seconds of the session."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionData:
    """A session as arrays: ``t_s`` (n,) whole seconds from 0, ``columns`` by metric, ``sided`` by leg."""

    info: SessionInfo
    settings: SessionSettings
    t_s: Array
    columns: Mapping[str, MetricColumn]
    sided: Mapping[tuple[str, str], MetricColumn]
    activity: Mapping[Activity, tuple[Stretch, ...]]
    gaps: Sequence[Gap] = ()
    bands: Sequence[Band] = ()
    cues: Sequence[Cue] = ()
    statuses: Mapping[str, SensorStatus] = field(default_factory=dict)
    shifted: Sequence[Readiness] = ()
    problems: Sequence[SensorProblem] = ()
    notes: Sequence[Note] = ()

    def value(self, name: str) -> Array:
        """Return a metric's values (n,), all NaN if the session has none."""
        column = self.columns.get(name)
        return np.full(len(self.t_s), np.nan) if column is None else column.value

    @property
    def modelled(self) -> list[str]:
        """The names of the metrics that no sensor saw, in the order of their names."""
        return sorted(name for name, column in self.columns.items() if column.modelled)

    def mask(self, stretches: Sequence[Stretch]) -> Mask:
        """Return which seconds lie in any of these stretches."""
        out = np.zeros(len(self.t_s), dtype=bool)
        for s in stretches:
            out |= (self.t_s >= s.start_s) & (self.t_s < s.end_s)
        return out

    @property
    def pauses(self) -> list[Stretch]:
        """The stretches in which the watch's timer stood still, in order."""
        return _pause_stretches(self.notes)

    @property
    def running(self) -> Mask:
        """The seconds (n,) that were running, as a mask; none of them in a pause."""
        return self.mask(self.activity.get(Activity.RUN, ())) & ~self.mask(self.pauses)

    @property
    def elapsed_s(self) -> float:
        """The seconds from the start to the end, pauses included."""
        return self.info.duration_s or float(len(self.t_s) - 1)

    @property
    def timer_s(self) -> float:
        """The seconds that the timer ran: all of the session but its pauses."""
        return self.elapsed_s - self.paused_s(Stretch(0.0, self.elapsed_s))

    @property
    def moving_s(self) -> float:
        """The seconds of the timer in which the runner walked or ran."""
        moving = [s for what in (Activity.WALK, Activity.RUN) for s in self.activity.get(what, ())]
        ends = [Stretch(s.start_s, min(s.end_s, self.elapsed_s)) for s in moving]
        return sum(max(0.0, s.seconds) - self.paused_s(s) for s in ends)

    def paused_s(self, part: Stretch) -> float:
        """Return how many seconds of ``part`` lie in pauses."""
        shared = (min(p.end_s, part.end_s) - max(p.start_s, part.start_s) for p in self.pauses)
        return sum(s for s in shared if s > 0)

    def timer_stretches(self, part: Stretch) -> list[Stretch]:
        """Return the stretches of ``part`` in which the timer ran, without those of no length."""
        out, start = [], part.start_s
        for pause in self.pauses:
            if pause.end_s > part.start_s and pause.start_s < part.end_s:
                out.append(Stretch(start, max(start, pause.start_s)))
                start = max(start, pause.end_s)
        return [s for s in (*out, Stretch(start, part.end_s)) if s.seconds > 0]

    @property
    def timed_s(self) -> Array:
        """The seconds (n,) that the timer ran since the last second that was not paused.

        That is 1, or 0 at the start and in pauses.
        """
        timer_s = self.t_s.copy()
        for pause in self.pauses:
            timer_s -= np.clip(self.t_s - pause.start_s, 0, pause.seconds)
        ran, out = ~self.mask(self.pauses), np.zeros(len(self.t_s))
        out[ran] = np.diff(timer_s[ran], prepend=0.0)
        return out

    @property
    def distance_m(self) -> Array:
        """The distance covered up to each second (n,): the sum of speed, none where it is not known.

        A speed holds for the second before it, after a pause for the one before the stop.
        """
        out = np.cumsum(np.nan_to_num(self.value("speed_mps")) * self.timed_s)
        for pause in self.pauses:
            first, end = int(np.ceil(pause.start_s)), int(np.ceil(pause.end_s))
            out[first:end] = out[min(end, len(out) - 1)]
        return out

    def distance_at(self, t_s: float) -> float:
        """Return the distance in m covered up to ``t_s``, between two whole seconds too."""
        return float(np.interp(t_s, self.t_s, self.distance_m))

    @property
    def summed_steps(self) -> Array:
        """The steps made up to each second (n,), as the cadence adds up: none where it is not known.

        A watch's own count (``info.counted_steps``) may differ.
        """
        return np.asarray(np.cumsum(np.nan_to_num(self.value("cadence_spm")) * self.timed_s) / 60)

    @property
    def laps(self) -> list[LapMark]:
        """The ends of laps, in order."""
        found = [LapMark(n.t_s, n.text) for n in self.notes if n.kind == "lap" and n.t_s is not None]
        return sorted(found, key=lambda lap: lap.end_s)


def load_session(store: Store, session_id: str, names: Sequence[str] | None = None) -> SessionData:
    """Return what the store has of a session, except its steps; of the metrics all or those named.

    ``StoreError`` if there is none of this id.
    """
    info = store.session(session_id)
    rows = store.metric_rows(session_id, names)
    events, notes = store.events(session_id), store.notes(session_id)
    last = max((row[0] for row in rows), default=0.0)
    seconds = int(min(max(info.duration_s, last), LONGEST_VIEW_S)) + 1
    columns, sided = _columns_by_name(_outside_pauses(rows, _pause_stretches(notes)), seconds)
    return SessionData(
        info=info,
        settings=stored_settings(info),
        t_s=np.arange(seconds, dtype=np.float64),
        columns=columns,
        sided=sided,
        activity=_activity_stretches([e for e in events if isinstance(e, ActivityChange)], float(seconds)),
        gaps=_gaps_outside(store.gaps(session_id), _pause_stretches(notes)),
        bands=[e for e in events if isinstance(e, Band)],
        cues=[e for e in events if isinstance(e, Cue)],
        statuses={e.sensor: e for e in events if isinstance(e, SensorStatus)},
        shifted=[e for e in events if isinstance(e, Readiness) and e.shifted],
        problems=[e for e in events if isinstance(e, SensorProblem)],
        notes=notes,
    )


def target_edges(run: SessionData, metric: str) -> tuple[Array, Array]:
    """Return the edges (n,) of this metric's band in force at each second, NaN where there is none."""
    low, high = np.full(len(run.t_s), np.nan), np.full(len(run.t_s), np.nan)
    for band in run.bands:
        at = int(band.t_s)
        if band.metric == metric and 0 <= at < len(low):
            low[at:] = np.nan if band.low is None else band.low
            high[at:] = np.nan if band.high is None else band.high
    return low, high


def _pause_stretches(notes: Sequence[Note]) -> list[Stretch]:
    found = [
        Stretch(note.t_s, note.t_s + note.value)
        for note in notes
        if note.kind == "pause" and note.t_s is not None and note.value is not None
    ]
    return sorted(found, key=lambda pause: pause.start_s)


def _outside_pauses(rows: Sequence[Sequence[Any]], pauses: Sequence[Stretch]) -> Sequence[Sequence[Any]]:
    """Rows without those in a pause: a device's last reading holds for some seconds into it."""
    if not pauses:
        return rows
    t_s = np.array([row[0] for row in rows], dtype=np.float64)
    inside = np.zeros(len(rows), dtype=bool)
    for pause in pauses:
        inside |= (t_s >= pause.start_s) & (t_s < pause.end_s)
    return [row for row, within in zip(rows, inside.tolist(), strict=True) if not within]


def _gaps_outside(gaps: Sequence[Gap], pauses: Sequence[Stretch]) -> list[Gap]:
    """Gaps without those that a pause has made: nothing of its samples was looked at."""
    by_s = 3.0  # for samples that were on their way
    return [
        gap
        for gap in gaps
        if not any(p.start_s - by_s <= gap.start_s and gap.end_s <= p.end_s + by_s for p in pauses)
    ]


def _columns_by_name(
    rows: Sequence[Sequence[Any]], seconds: int
) -> tuple[dict[str, MetricColumn], dict[tuple[str, str], MetricColumn]]:
    """Rows ordered by name to columns on whole seconds."""
    whole: dict[str, MetricColumn] = {}
    sided: dict[tuple[str, str], MetricColumn] = {}
    for name, group in groupby(rows, key=itemgetter(2)):
        members = list(group)
        for side in {row[1] for row in members}:
            column = _column_on_seconds([row for row in members if row[1] == side], seconds)
            if side is None:
                whole[name] = column
            else:
                sided[name, side] = column
    return whole, sided


def _column_on_seconds(rows: Sequence[Sequence[Any]], seconds: int) -> MetricColumn:
    """Rows of one metric and side to a column; those of a model only where none was measured."""
    models = {(name, how) for name, how in {(row[2], row[5]) for row in rows} if is_modelled(name, how)}
    measured = [row for row in rows if (row[2], row[5]) not in models]
    used = measured or rows
    at = np.rint([row[0] for row in used]).astype(int)
    value, sd = np.full(seconds, np.nan), np.full(seconds, np.nan)
    good = (at >= 0) & (at < seconds)
    value[at[good]] = np.array([row[3] for row in used], dtype=np.float64)[good]
    sd[at[good]] = np.array([row[4] for row in used], dtype=np.float64)[good]
    how = Counter(row[5] for row in used).most_common(1)[0][0]
    return MetricColumn(value, sd, how, modelled=not measured)


def _activity_stretches(changes: list[ActivityChange], end_s: float) -> dict[Activity, tuple[Stretch, ...]]:
    out: dict[Activity, list[Stretch]] = {}
    edges = [(c.t_s, c.activity) for c in changes] + [(end_s, Activity.UNKNOWN)]
    for (start, what), (stop, _) in pairwise(edges):
        if stop > start:
            out.setdefault(what, []).append(Stretch(start, stop))
    return {what: tuple(stretches) for what, stretches in out.items()}
