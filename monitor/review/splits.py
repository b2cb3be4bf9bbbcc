"""Pieces of a run: kilometres, laps, and the first against the last third."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dsp.metrics import Role, with_role
from dsp.types import Array
from monitor.core.message_catalogues import UserMessage
from monitor.review.block_statistics import Mean, block_mean, matched_means, values_to_compare
from monitor.storage.session_data import Mask, SessionData, Stretch

_WARM_S = 60  # seconds of running at the start that the first third leaves out


@dataclass(frozen=True, slots=True)
class Split:
    """A piece of a run: ``distance_m`` covered in its ``seconds``, and means of its running by metric.

    Pauses do not count.
    """

    name: UserMessage | str
    start_s: float
    seconds: float
    distance_m: float
    means: dict[str, Mean]


@dataclass(frozen=True, slots=True)
class Change:
    """A metric in two parts of a run, and the difference over ``matched_s`` at the same speed and grade.

    ``first`` and ``last`` are the means of these matched seconds, so that they are apart by the difference.
    Where the parts share too little of any speed and grade, ``difference`` is None and they are those of
    all seconds.
    """

    metric: str
    first: Mean
    last: Mean
    difference: Mean | None
    matched_s: float


def kilometres(run: SessionData) -> tuple[Split, ...]:
    """Return every full kilometre and the rest if it is longer than 50 m; nothing without a speed."""
    at_m = run.distance_m
    if "speed_mps" not in run.columns or at_m[-1] < 1000:
        return ()
    marks_m = np.arange(1000.0, at_m[-1] + 1e-9, 1000.0)
    edges = [0.0, *_reached_s(run, at_m, marks_m), run.elapsed_s]
    return tuple(
        _make_split(run, f"{k}" if k * 1000 <= at_m[-1] else _part_name(k), Stretch(a, b))
        for k, (a, b) in enumerate(pairwise(edges), start=1)
        if run.distance_at(b) - run.distance_at(a) > 50
    )


def _reached_s(run: SessionData, at_m: Array, marks_m: Array) -> list[float]:
    """When each mark was passed, between whole seconds: a straight line in the second before ``at_m``."""
    after = np.maximum(np.searchsorted(at_m, marks_m), 1)
    share = (marks_m - at_m[after - 1]) / (at_m[after] - at_m[after - 1])
    times: list[float] = (run.t_s[after - 1] + share).tolist()
    return times


def laps(run: SessionData) -> tuple[Split, ...]:
    """Return the pieces between the ends of laps, those of 5 s and more; nothing without one."""
    if not run.laps:
        return ()
    edges = [0.0, *(lap.end_s for lap in run.laps), run.elapsed_s]
    return tuple(
        _make_split(run, str(k), Stretch(a, b))
        for k, (a, b) in enumerate(pairwise(edges), start=1)
        if b - a >= 5
    )


def _part_name(kilometre: int) -> UserMessage:
    return UserMessage("review.splits.part", {"kilometre": kilometre})


def _make_split(run: SessionData, name: UserMessage | str, where: Stretch) -> Split:
    inside = run.mask([where]) & run.running
    means = {m: block_mean(run.value(m), inside) for m in with_role(Role.SPLIT) if m in run.columns}
    covered_m = run.distance_at(where.end_s) - run.distance_at(where.start_s)
    known = {m: v for m, v in means.items() if v is not None}
    return Split(name, where.start_s, where.seconds - run.paused_s(where), covered_m, known)


def changes_over_thirds(run: SessionData) -> tuple[Change, ...]:
    """Return how every metric that is compared differs between the first and the last third of the
    running.
    """
    first, last = first_and_last_third(run)
    found = (_change_over_thirds(run, metric, first, last) for metric in with_role(Role.COMPARED))
    return tuple(change for change in found if change is not None)


def first_and_last_third(run: SessionData) -> tuple[Mask, Mask]:
    """Return which seconds (n,) of the running are in its first third, and which in its last.

    The first minute is in neither: nobody is warm then.
    """
    running = np.flatnonzero(run.running)
    first, last = np.zeros(len(run.t_s), dtype=bool), np.zeros(len(run.t_s), dtype=bool)
    rest = running[min(_WARM_S, len(running) // 10) :]
    n = len(rest) // 3
    first[rest[:n]] = True
    last[rest[len(rest) - n :]] = True
    return first, last


def _change_over_thirds(run: SessionData, metric: str, first: Mask, last: Mask) -> Change | None:
    matched = matched_means(values_to_compare(run, metric, first), values_to_compare(run, metric, last))
    if matched is not None:
        difference = matched.difference
        return Change(metric, matched.first, matched.second, difference, difference.seconds)
    before, after = (block_mean(run.value(metric), part) for part in (first, last))
    return None if before is None or after is None else Change(metric, before, after, None, 0.0)
