"""The path of each foot from the side, the first third of a run against the last, at the same pace.

The strides are measured again from the raw tape (``dsp.foot_paths``): some pieces of each third, of every
sensor on a foot that was neither clipped nor loose.  That takes seconds for a long run, so what comes of it
is kept in the store as an analysis.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.foot_paths import StridePaths, stride_paths
from dsp.types import Array, ImuChunk, Placement, Side
from monitor.core.errors import InputError, StoreError
from monitor.core.message_catalogues import catalogue
from monitor.core.packet import Packet
from monitor.core.session_settings import SensorSettings
from monitor.pipeline.session import decoded_inputs
from monitor.recordings.recording import Recording
from monitor.review.block_statistics import (
    ComparedSeconds,
    Mean,
    bins_of,
    clear_difference,
    clustered_half,
)
from monitor.review.rendered_json import rendered_json
from monitor.review.splits import first_and_last_third
from monitor.storage.session_data import Mask, SessionData
from monitor.storage.store import Store
from monitor.storage.tape_archive import read_whole_tape, unpacked_tape

_ANALYSIS = "foot paths"
_PIECES, _PIECE_S = 8, 12  # of each third; a piece is some sixteen strides of a foot
_BEFORE_S, _AFTER_S = 3.0, 1.0  # packets of a piece come up to so much outside of it
_LEAST_STRIDES = 20  # of a foot in a third, at a pace that the other third has too
_LEAST_M = 0.001  # a change of height that is shown


@dataclass(frozen=True, slots=True)
class FootThird:
    """The mean stride of a foot in a third of the run, of so many ``strides``, by equal shares of its time.

    ``ahead_m``, ``height_m`` and ``pitch_deg`` (k,) are as in ``dsp.foot_paths``; ``spread_m`` (k,) is the
    SD of the height from stride to stride at the same pace and grade.
    """

    strides: int
    ahead_m: Array
    height_m: Array
    spread_m: Array
    pitch_deg: Array


@dataclass(frozen=True, slots=True)
class FootPath:
    """The path of a foot, and how high it comes (m): in the first third, in the last, and the difference.

    ``stands_out``: the difference is clear.
    """

    side: Side
    first: FootThird
    last: FootThird
    highest_first: Mean
    highest_last: Mean
    difference: Mean
    stands_out: bool


@dataclass(frozen=True, slots=True)
class _Strides:
    """Strides of one foot in one third: their paths, speed and grade bins (n,), and pieces (n,)."""

    paths: StridePaths
    bins: NDArray[np.int64]
    piece: NDArray[np.int64]


def stored_foot_paths(store: Store, run: SessionData) -> list[dict[str, Any]]:
    """Return the paths of a session's feet as JSON; none where they cannot be told.

    They are made from the tape at first, and kept until the session's numbers are made anew.
    """
    info = run.info
    sensors = _usable_sensors(run)
    if not sensors or not info.ended:
        return []
    for kept in reversed(store.analyses(info.id, _ANALYSIS)):
        if kept["version"] == info.version and isinstance(kept.get("feet"), list):
            return list(kept["feet"])
    try:
        with unpacked_tape(info) as path:
            feet = foot_paths(run, read_whole_tape(path))
    except (InputError, StoreError):  # no tape, or one that is damaged
        return []
    body = {"feet": rendered_json(feet, catalogue("en"))}
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat()
    with contextlib.suppress(StoreError):  # a folder that can only be read: then it is made each time
        store.add_analysis(info.id, _ANALYSIS, info.version, now, body)
    return list(body["feet"])


def foot_paths(run: SessionData, recording: Recording) -> list[FootPath]:
    """Return the path of every foot that wore an IMU, the left one first, of a session and its packets."""
    thirds = [_pieces(third) for third in first_and_last_third(run)]
    sensors = _usable_sensors(run)
    if not all(thirds) or not sensors:
        return []
    chunks = _chunks(recording, sensors, [start for pieces in thirds for start in pieces])
    out = []
    for sensor in sensors:
        first, last = (_strides(run, chunks[sensor.name], pieces) for pieces in thirds)
        found = None if first is None or last is None else _compared(sensor.side, first, last)
        out += [] if found is None else [found]
    return out


def _usable_sensors(run: SessionData) -> list[SensorSettings]:
    """One for each foot, left first: those whose range and mount no detector complained of."""
    wrong = {problem.sensor for problem in run.problems}
    feet = {
        s.side: s
        for s in reversed(run.settings.sensors)
        if s.placement is Placement.FOOT and s.side is not None and s.name not in wrong
    }
    return [feet[side] for side in (Side.LEFT, Side.RIGHT) if side in feet]


def _pieces(third: Mask) -> list[int]:
    """The seconds at which pieces of running begin, spread evenly over a third."""
    inside = np.concatenate(([0], np.cumsum(third)))
    starts = np.flatnonzero(inside[_PIECE_S:] - inside[:-_PIECE_S] == _PIECE_S)
    out: list[int] = []
    for start in (
        starts[np.linspace(0, max(0, len(starts) - 1), _PIECES).astype(int)] if len(starts) else ()
    ):
        if not out or start >= out[-1] + _PIECE_S:
            out.append(int(start))
    return out


def _chunks(
    recording: Recording, sensors: Sequence[SensorSettings], starts: Sequence[int]
) -> dict[str, list[ImuChunk]]:
    """The samples of these sensors in all pieces."""
    names = {s.name for s in sensors}
    wanted = np.zeros(int(recording.duration_s + _BEFORE_S + _PIECE_S) + 2, dtype=bool)
    for start in starts:
        wanted[max(0, int(start - _BEFORE_S)) : int(start + _PIECE_S + _AFTER_S) + 1] = True

    def packets() -> Iterator[Packet]:
        for packet in recording.packets():
            second = packet.arrival_ns // 1_000_000_000
            if packet.sensor in names and second < len(wanted) and wanted[second]:
                yield packet

    out: dict[str, list[ImuChunk]] = {name: [] for name in names}
    for item in decoded_inputs(recording.settings, packets()):
        if isinstance(item, ImuChunk) and len(item) and item.gyr_rads is not None:
            out[item.sensor].append(item)
    return out


def _strides(run: SessionData, chunks: Sequence[ImuChunk], pieces: Sequence[int]) -> _Strides | None:
    """The strides of one foot in these pieces, with the lengths that its speed gives."""
    if not chunks:
        return None
    t_s = np.concatenate([c.t_s for c in chunks])
    acc, gyr = (np.vstack([getattr(c, name) for c in chunks]) for name in ("acc_ms2", "gyr_rads"))
    found: list[StridePaths] = []
    numbers: list[Array] = []
    for number, start in enumerate(pieces):
        rows = slice(*np.searchsorted(t_s, (start, start + _PIECE_S)))
        paths = stride_paths(t_s[rows], acc[rows], gyr[rows])
        if paths is not None:
            found.append(paths)
            numbers.append(np.full(len(paths.start_s), number))
    if not found:
        return None
    paths = StridePaths(*(np.concatenate([getattr(p, n) for p in found]) for n in StridePaths.__slots__))
    second = np.clip(np.rint(paths.start_s + paths.seconds / 2).astype(int), 0, len(run.t_s) - 1)
    speed, slope = run.value("speed_mps")[second], run.value("slope_pct")[second]
    known = np.isfinite(speed)
    paths = paths.with_lengths(speed * paths.seconds).subset(known)
    everywhere = np.ones(int(known.sum()), dtype=bool)
    seconds = ComparedSeconds(paths.start_s, speed[known], slope[known], everywhere)
    return _Strides(paths, bins_of(seconds), np.concatenate(numbers)[known])


def _compared(side: Side | None, first: _Strides, last: _Strides) -> FootPath | None:
    """Both thirds at the same paces and grades, weighted by what both have of each."""
    assert side is not None
    shared = np.intersect1d(first.bins, last.bins)
    inside = [np.isin(part.bins, shared) for part in (first, last)]
    if min(mask.sum() for mask in inside) < _LEAST_STRIDES:
        return None
    parts = [
        _Strides(part.paths.subset(mask), part.bins[mask], part.piece[mask])
        for part, mask in zip((first, last), inside, strict=True)
    ]
    counts = [np.unique(part.bins, return_counts=True)[1] for part in parts]
    share = np.minimum(*counts) / np.minimum(*counts).sum()
    thirds: list[FootThird] = []
    heights: list[Mean] = []
    for part, n in zip(parts, counts, strict=True):
        which = np.searchsorted(shared, part.bins)
        weight = (share / n)[which]
        thirds.append(_mean_stride(part.paths, weight, which))
        highest = part.paths.height_m.max(axis=1)
        rest = highest - (np.bincount(which, highest) / n)[which]
        half = clustered_half(rest, weight, part.piece)
        heights.append(Mean(float(weight @ highest), half, float(len(highest))))
    before, after = heights
    both = None if before.half is None or after.half is None else float(np.hypot(before.half, after.half))
    difference = Mean(after.value - before.value, both, min(before.seconds, after.seconds))
    clear = clear_difference(difference, _LEAST_M) != 0
    return FootPath(side, thirds[0], thirds[1], before, after, difference, clear)


def _mean_stride(paths: StridePaths, weight: Array, which: NDArray[np.intp]) -> FootThird:
    """The mean of strides with these weights (n,); their spread is that round the mean of each bin."""
    height = weight @ paths.height_m
    means = np.stack([paths.height_m[which == k].mean(axis=0) for k in range(which.max() + 1)])
    spread = np.sqrt(weight @ (paths.height_m - means[which]) ** 2)
    columns = (weight @ paths.ahead_m, height, spread, weight @ paths.pitch_deg)
    return FootThird(len(weight), *(np.round(column, 4) for column in columns))
