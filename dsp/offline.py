"""Re-analysis of a whole run, where looking ahead gives better numbers.

These functions see the future and are therefore never part of the live engine; they are separate
functions, not flags of it.  Each mends one thing:

* a live second is the mean of the steps of the *last* five seconds, so it lags by half of that;
  ``centred_mean`` takes as many steps before as after;
* live speed is smoothed by a filter that only knows the past and lags by several steps; ``undo_smoothing``
  undoes that exactly, so that a centred mean can take its place;
* the first strides are read with axes learned from those few strides; ``steps_after_rehearsal`` lets the
  detectors learn on later running first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from dsp.engine import Engine
from dsp.speed import SMOOTHING, STALE_S
from dsp.types import Array, ImuChunk, Input, Reading, Record, Runner, Step, Worn

_HALF_S = 2.5  # a window of five seconds, as live, but round its middle
FIRST_S = 30.0  # in which the live axes were still being learned
OFFLINE_REST_S = 4.0  # between the rehearsal and the run: a gap for every detector


def centred_mean(t_s: Array, ic_s: Array, value: Array, half_s: float = _HALF_S) -> Array:
    """Return the mean (n,) of the steps within ``half_s`` of each ``t_s`` (n,); NaN where there are none.

    ``ic_s`` (m,) and their ``value`` (m,) may be in any order; steps whose ``value`` is NaN do not count.
    """
    good = np.isfinite(value)
    order = np.argsort(ic_s[good], kind="stable")
    at_s, v = ic_s[good][order], value[good][order]
    first = np.searchsorted(at_s, t_s - half_s, side="left")
    last = np.searchsorted(at_s, t_s + half_s, side="right")
    sums = np.concatenate(([0.0], np.cumsum(v)))
    n = last - first
    return np.asarray(np.where(n > 0, (sums[last] - sums[first]) / np.maximum(n, 1), np.nan))


def undo_smoothing(ic_s: Array, speed_mps: Array, gain: float = SMOOTHING) -> Array:
    """Return the speed per step (m,) as it was before the live filter of ``dsp.speed``.

    That filter weighs a step with ``gain``, the first ones with more.  ``ic_s`` (m,) must be in time order;
    NaN stays NaN.  After a hole the filter began anew.  ``centred_mean`` over the result averages as many
    steps as the live filter did, without its lag.
    """
    out = np.array(speed_mps, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(out))
    cuts = np.flatnonzero(np.diff(ic_s[known]) > STALE_S) + 1
    for rows in np.split(known, cuts):
        if len(rows) > 1:
            k = np.maximum(gain, 1 / np.arange(2, len(rows) + 1))
            before, after = speed_mps[rows[:-1]], speed_mps[rows[1:]]
            out[rows[1:]] = before + (after - before) / k
    return out


def steps_after_rehearsal(
    worn: Sequence[Worn],
    runner: Runner,
    inputs: Iterable[Input],
    rehearsal: Iterable[Input],
    shift_s: float,
) -> list[Step]:
    """Return the steps of ``inputs`` by an engine that has seen ``rehearsal`` first (later running).

    The rehearsal is moved back in time by ``shift_s``, to before the run; what it gives is thrown away.
    """
    engine = Engine(worn, runner)
    start_s = np.inf
    for item in rehearsal:
        engine.push(_shifted_item(item, -shift_s))
    out: list[Record] = []
    for item in inputs:
        start_s = min(start_s, item.t_s if isinstance(item, Reading) else float(item.t_s[0]))
        out += engine.push(item)
    out += engine.finish()
    return [r for r in out if isinstance(r, Step) and r.ic_s >= start_s]


def _shifted_item(item: Input, by_s: float) -> Input:
    if isinstance(item, Reading):
        return Reading(item.sensor, item.t_s + by_s, item.quantity, item.value)
    return ImuChunk(item.sensor, item.t_s + by_s, item.acc_ms2, item.gyr_rads)
