"""Signals of one device that come apart, as rows at the times of the first of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dsp.types import Array

KEEP_S = 10.0  # rows wait this long for their partners; then they are lost, which shows as a gap


class StreamMerger:
    """A merger of signals: ``names[0]`` leads, the others are interpolated linearly at its times.

    A leading row comes out once every other signal has passed it.  Where a signal has a hole of more
    than ``hole_s`` around it, the row is dropped: nothing is invented.
    """

    def __init__(self, names: Sequence[str], hole_s: float) -> None:
        self._names = tuple(names)
        self._hole_s = hole_s
        self._t: dict[str, Array] = {}
        self._rows: dict[str, Array] = {}
        self._last: dict[str, float] = {}  # time of the last row ever pushed
        for name in self._names:
            self._forget(name)

    def push(self, name: str, t_s: Array, rows: Array) -> None:
        """Take ``t_s`` (n,) increasing and ``rows`` (n, 3); what lies before rows already here is dropped.

        Time that goes back further than that is another clock: all that waited is forgotten.
        """
        if len(t_s) and t_s[-1] < self._last[name] - KEEP_S:
            for other in self._names:
                self._forget(other)
        fresh = t_s > self._last[name]
        self._t[name] = np.concatenate((self._t[name], t_s[fresh]))
        self._rows[name] = np.concatenate((self._rows[name], rows[fresh]))
        self._last[name] = max(self._last[name], *t_s.tolist(), -np.inf)

    def take(self) -> tuple[Array, list[Array]] | None:
        """Return times and one (n, 3) per name of the rows that are complete; None without any."""
        lead, *others = self._names
        t = self._t[lead]
        if len(t) == 0:
            return None
        ends = [self._t[name][-1] if len(self._t[name]) else -np.inf for name in others]
        until = max(min(ends, default=np.inf), t[-1] - KEEP_S)
        n = int(np.searchsorted(t, until, side="right"))
        t, rows = t[:n], self._rows[lead][:n]
        sound = np.ones(n, bool)
        columns = [rows]
        for name in others:
            values, near = self._at(name, t)
            sound &= near
            columns.append(values)
        self._drop(lead, n)
        for name in others if n else ():  # one row stays to interpolate from
            self._drop(name, int(np.searchsorted(self._t[name], t[-1], side="right")) - 1)
        return (t[sound], [c[sound] for c in columns]) if sound.any() else None

    def _at(self, name: str, t: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Values (n, 3) at ``t``, and whether its neighbours are near enough to say so."""
        have, rows = self._t[name], self._rows[name]
        if len(have) < 2:
            exact = np.isin(t, have)
            return np.repeat(rows, len(t), axis=0) if len(have) else np.zeros((len(t), 3)), exact
        after = np.clip(np.searchsorted(have, t), 1, len(have) - 1)
        before, inside = after - 1, (t >= have[0]) & (t <= have[-1])
        near = inside & ((have[after] - have[before] <= self._hole_s) | (t == have[after]))
        values = np.stack([np.interp(t, have, rows[:, k]) for k in range(3)], axis=1)
        return values, near | (t == have[before])

    def _forget(self, name: str) -> None:
        self._t[name], self._rows[name], self._last[name] = np.empty(0), np.empty((0, 3)), -np.inf

    def _drop(self, name: str, n: int) -> None:
        if n > 0:
            self._t[name], self._rows[name] = self._t[name][n:], self._rows[name][n:]
