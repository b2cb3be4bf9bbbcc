"""Old sessions through today's engine: their records made anew, and what changed said.

Steps, metrics, gaps and activity are replaced; bands and cues stay as they were, for they were said.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any, get_args

import numpy as np

from dsp import offline
from dsp.metrics import BY_NAME
from dsp.types import Activity, ActivityChange, Input, Reading, Record, Step
from monitor.devices.registry import DEVICES
from monitor.pipeline.sensor_stream import SensorStream
from monitor.pipeline.session import Session
from monitor.recordings.readers import read_recording
from monitor.recordings.recording import Recording
from monitor.storage.import_recording import Progress
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.storage.tape_archive import unpacked_tape

REHEARSED_S = 60.0
FIRST_STEPS = 40
_COMPARED = (
    "cadence_spm",
    "speed_mps",
    "contact_ms",
    "foot_strike_deg",
    "shank_deg",
    "overstride_m",
    "braking_impulse_bws",
    "peak_braking_bw",
    "vertical_oscillation_mm",
    "tibial_shock_g",
)


@dataclass(frozen=True, slots=True)
class Changed:
    """A number before and after: mean over the running (``steps``: how many)."""

    metric: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Reanalysis:
    """One session made anew, from the program's version ``old`` to ``new``."""

    session: str
    old: str
    new: str
    changed: tuple[Changed, ...]


def reanalyze(store: Store, info: SessionInfo, progress: Progress = lambda done, total: None) -> Reanalysis:
    """Replace a session's numbers with those of today's engine; ``StoreError`` if its tape is gone."""
    before = _numbers(load_session(store, info.id), len(store.step_columns(info.id).ic_s))
    with unpacked_tape(info) as path:
        recording = read_recording(path)
        records = list(engine_records(recording, progress))
        first = first_strides(recording, records)
    new = version("gaitcue")
    store.renew(info.id, records, new)
    after = _numbers(load_session(store, info.id), sum(isinstance(r, Step) for r in records))
    changed = tuple(
        Changed(name, before.get(name), after.get(name))
        for name in {**before, **after}
        if _differs(name, before, after)
    )
    again = Reanalysis(info.id, info.version, new, changed)
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat()
    store.add_analysis(info.id, "again", new, now, asdict(again))
    if first:
        store.add_analysis(info.id, "first strides", new, now, {"rows": first})
    return again


def engine_records(recording: Recording, progress: Progress = lambda done, total: None) -> Iterator[Record]:
    """What the live session says of a recording, packet by packet; the coach is not asked again."""
    session = Session(replace(recording.settings, coach=None))
    for done, packet in enumerate(recording.packets(), start=1):
        yield from (r for r in session.push(packet) if isinstance(r, get_args(Record)))
        if done % 1000 == 0:
            progress(done, recording.count)
    yield from (r for r in session.finish() if isinstance(r, get_args(Record)))
    progress(recording.count, recording.count)


def _inputs(recording: Recording, end_s: float) -> Iterator[Input]:
    """What the streams make of the packets up to ``end_s``."""
    streams = {s.name: SensorStream(s, DEVICES[s.kind]) for s in recording.settings.sensors}
    for packet in recording.packets():
        if packet.arrival_ns > end_s * 1e9:
            return
        yield from (
            item for item in streams[packet.sensor].push(packet) if isinstance(item, Reading) or len(item)
        )


def first_strides(recording: Recording, records: Sequence[Record]) -> list[dict[str, Any]]:
    """Means of the first steps, live and by detectors that had seen the next minute already."""
    start_s = next(
        (r.t_s for r in records if isinstance(r, ActivityChange) and r.activity is Activity.RUN), None
    )
    live = [r for r in records if isinstance(r, Step)]
    if start_s is None or len(live) < 4 * FIRST_STEPS:
        return []
    middle_s = start_s + offline.FIRST_S
    end_s = middle_s + REHEARSED_S
    inputs = list(_inputs(recording, end_s + 1))
    parts = [
        [i for i in inputs if low <= _at(i) < high] for low, high in ((-1e9, middle_s), (middle_s, end_s))
    ]
    worn = [s.worn for s in recording.settings.sensors]
    shift_s = end_s - min(map(_at, inputs)) + offline.OFFLINE_REST_S
    again = offline.primed(worn, recording.settings.runner, parts[0], parts[1], shift_s)
    rows = []
    for name in ("foot_strike_deg", "shank_deg", "contact_ms", "speed_mps", "overstride_m"):
        means = [_mean(steps[:FIRST_STEPS], name) for steps in (live, again)]
        if None not in means:
            rows.append({"metric": name, "live": means[0], "again": means[1]})
    return rows


def _at(item: Input) -> float:
    return item.t_s if isinstance(item, Reading) else float(item.t_s[0])


def _mean(steps: Sequence[Step], name: str) -> float | None:
    values = [e.value for s in steps if (e := s.get(name)) is not None]
    return sum(values) / len(values) if len(values) >= FIRST_STEPS // 2 else None


def _numbers(run: SessionData, steps: int) -> dict[str, float]:
    """Means over the running, and how many steps were found."""
    out = {"steps": float(steps)}
    running = run.running
    for name in _COMPARED:
        values = run.value(name)[running]
        if np.isfinite(values).any():
            out[name] = float(np.nanmean(values))
    return out


def _differs(name: str, before: dict[str, float], after: dict[str, float]) -> bool:
    a, b = before.get(name), after.get(name)
    return a is None or b is None or abs(a - b) > 1e-6 * max(abs(a), abs(b))


def reanalysis_text(again: Reanalysis) -> str:
    """What changed, in lines: the numbers before and after."""
    head = f"{again.session}: version {again.old or 'unknown'} to {again.new}"
    if not again.changed:
        return f"{head}: no number changed"
    lines = [f"{head}: numbers changed"]
    for c in again.changed:
        spec = BY_NAME.get(c.metric)
        n, unit = (0, "") if spec is None else (spec.decimals + 2, spec.unit)
        values = ["none" if v is None else f"{v:.{n}f}" for v in (c.before, c.after)]
        lines.append(
            f"  {spec.label if spec else 'steps found'}: {values[0]} -> {values[1]} {unit}".rstrip()
        )
    return "\n".join(lines)
