"""Re-analysis: old sessions through today's engine, and which numbers that changed.

Steps, metrics, gaps and activity are replaced; bands and cues stay as they were, for the runner has
heard them.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeGuard, get_args

import numpy as np

from dsp import offline
from dsp.metrics import BY_NAME, Role, with_role
from dsp.types import Activity, ActivityChange, Cue, Input, Reading, Record, Step
from monitor.core.records import Out
from monitor.core.user_language import user_text
from monitor.pipeline.session import Session, decoded_inputs
from monitor.recordings.recording import Recording
from monitor.storage.changed_days import note_changed_run
from monitor.storage.import_recording import Progress
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.storage.tape_archive import read_covering_tape, unpacked_tape

_REHEARSED_S = 60.0
_FIRST_STEPS = 40
_COMPARED = ("speed_mps", *with_role(Role.COMPARED))
"""Metrics whose means are compared before and after: speed too, as most others depend on it."""
_FIRST_COMPARED = (*with_role(Role.OFFLINE), "shank_deg")
"""Metrics of the first strides: what the review sets beside live, and an angle that is learned likewise."""


@dataclass(frozen=True, slots=True)
class NumberChange:
    """``NumberChange`` is a metric's mean over the running before and after, for ``steps`` a count."""

    metric: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Reanalysis:
    """``Reanalysis`` says which numbers of a session changed from the program's version ``old`` to ``new``.

    It is stored as JSON under its field names.
    """

    session: str
    old: str
    new: str
    changed: tuple[NumberChange, ...]


def reanalyze_all(
    store: Store, infos: Sequence[SessionInfo], processes: int | None = None
) -> Iterator[Reanalysis]:
    """Yield what ``reanalyze`` returns for each of these sessions, in their order; a core works on each.

    ``processes`` work at once, None: as many as there are cores.  Raises as ``reanalyze`` does, when it is
    the turn of the session at fault; others may be done by then.
    """
    context = multiprocessing.get_context("spawn")
    count = min(len(infos), processes or os.cpu_count() or 1)
    with ProcessPoolExecutor(count, context, _begin_worker, (context.Lock(),)) as pool:
        waiting = [pool.submit(_reanalyze_alone, store.path, info.id) for info in infos]
        try:
            yield from (one.result() for one in waiting)
        finally:
            for one in waiting:
                one.cancel()


_NO_TURN: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
_turn = _NO_TURN
"""Held by the process that writes: a long run is one transaction, for which the others would not wait."""


def _begin_worker(turn: contextlib.AbstractContextManager[object]) -> None:
    global _turn
    _turn = turn
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends without a word: what is not written is not changed


def _reanalyze_alone(path: Path, session: str) -> Reanalysis:
    with Store(path) as store:
        return reanalyze(store, store.session(session), turn=_turn)


def reanalyze(
    store: Store,
    info: SessionInfo,
    progress: Progress = lambda done, total: None,
    *,
    turn: contextlib.AbstractContextManager[object] = _NO_TURN,
) -> Reanalysis:
    """Replace a session's records with those of today's engine and return what changed.

    ``progress`` is called with packets done and in all; ``turn`` is held while the store is changed.
    ``StoreError`` if the session's tape is gone, ``InputError`` if it does not have all that the session
    was measured in.
    """
    before = _session_means(load_session(store, info.id), len(store.step_columns(info.id).ic_s))
    with unpacked_tape(info) as path:
        recording = read_covering_tape(store, info, path)
        records = list(engine_records(recording, progress))
        first = compare_first_strides(recording, records)
    new = version("gaitcue")
    with turn:
        store.replace_measurements(info.id, records, new)
        note_changed_run(store, info)
    after = _session_means(load_session(store, info.id), sum(isinstance(r, Step) for r in records))
    changed = tuple(
        NumberChange(name, before.get(name), after.get(name))
        for name in {**before, **after}
        if _difference_text(name, before, after)
    )
    result = Reanalysis(info.id, info.version, new, changed)
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat()
    with turn:
        store.add_analysis(info.id, "again", new, now, asdict(result))
        if first:
            store.add_analysis(info.id, "first strides", new, now, {"rows": first})
    return result


def engine_records(recording: Recording, progress: Progress = lambda done, total: None) -> Iterator[Record]:
    """Yield what a live session without its coach measures in the packets of a recording."""
    session = Session(replace(recording.settings, coach=None))
    for done, found in enumerate(session.evaluate(recording.packets()), start=1):
        yield from filter(_is_measured, found)
        if done % 1000 == 0:
            progress(done, recording.count)
    yield from filter(_is_measured, session.finish())
    progress(recording.count, recording.count)


def _is_measured(record: Out) -> TypeGuard[Record]:
    """Whether it is a record of the engine: what was said stays as it was."""
    return isinstance(record, get_args(Record)) and not isinstance(record, Cue)


def _decoded_inputs(recording: Recording, end_s: float) -> Iterator[Input]:
    """Yield the samples and readings that the streams decode from the packets up to ``end_s``."""
    early = itertools.takewhile(lambda packet: packet.arrival_ns <= end_s * 1e9, recording.packets())
    yield from (i for i in decoded_inputs(recording.settings, early) if isinstance(i, Reading) or len(i))


def compare_first_strides(recording: Recording, records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return means of the first steps, live and by detectors that learned on the next minute first.

    One row per metric, ``{"metric", "live", "again"}`` in the metric's unit; none if the running is too
    short for a comparison.
    """
    start_s = next(
        (r.t_s for r in records if isinstance(r, ActivityChange) and r.activity is Activity.RUN), None
    )
    live = [r for r in records if isinstance(r, Step)]
    if start_s is None or len(live) < 4 * _FIRST_STEPS:
        return []
    middle_s = start_s + offline.FIRST_S
    end_s = middle_s + _REHEARSED_S
    inputs = list(_decoded_inputs(recording, end_s + 1))
    parts = [
        [i for i in inputs if low <= _time_of(i) < high]
        for low, high in ((-1e9, middle_s), (middle_s, end_s))
    ]
    worn = [s.worn for s in recording.settings.sensors]
    shift_s = end_s - min(map(_time_of, inputs)) + offline.OFFLINE_REST_S
    rehearsed = offline.steps_after_rehearsal(worn, recording.settings.runner, parts[0], parts[1], shift_s)
    rows = []
    for name in _FIRST_COMPARED:
        means = [_mean_of_steps(steps[:_FIRST_STEPS], name) for steps in (live, rehearsed)]
        if None not in means:
            rows.append({"metric": name, "live": means[0], "again": means[1]})
    return rows


def _time_of(item: Input) -> float:
    return item.t_s if isinstance(item, Reading) else float(item.t_s[0])


def _mean_of_steps(steps: Sequence[Step], name: str) -> float | None:
    values = [e.value for s in steps if (e := s.get(name)) is not None]
    return sum(values) / len(values) if len(values) >= _FIRST_STEPS // 2 else None


def _session_means(run: SessionData, steps: int) -> dict[str, float]:
    """Return means over the running by metric, and the number of steps as ``steps``."""
    out = {"steps": float(steps)}
    running = run.running
    for name in _COMPARED:
        values = run.value(name)[running]
        if np.isfinite(values).any():
            out[name] = float(np.nanmean(values))
    return out


def _difference_text(name: str, before: dict[str, float], after: dict[str, float]) -> bool:
    a, b = before.get(name), after.get(name)
    return a is None or b is None or abs(a - b) > 1e-6 * max(abs(a), abs(b))


def reanalysis_text(result: Reanalysis) -> str:
    """Return what changed as lines for a person: the numbers before and after."""
    key = "say.reanalysis.changed" if result.changed else "say.reanalysis.same"
    old = result.old or user_text("say.reanalysis.unknown")
    lines = [user_text(key, session=result.session, old=old, new=result.new)]
    for c in result.changed:
        spec = BY_NAME.get(c.metric)
        n, unit = (0, "") if spec is None else (spec.decimals + 2, spec.unit)
        values = [
            user_text("say.reanalysis.none") if v is None else f"{v:.{n}f}" for v in (c.before, c.after)
        ]
        label = user_text(f"metric.{c.metric}.label" if spec else "say.reanalysis.steps")
        lines.append(f"  {label}: {values[0]} -> {values[1]} {unit}".rstrip())
    return "\n".join(lines)
