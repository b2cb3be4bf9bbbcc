"""What session second it is by the clock of a page: it is asked for its time again and again.

An answer was given at some time between question and arrival, so each bounds the offset of the two clocks
from both sides; the narrowest of the last ones counts (as in NTP, RFC 5905, whose clock filter takes the
one of least delay too).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_REMEMBERED = 8  # answers: 40 s at one in 5 s, in which a crystal of 100 ppm drifts by 4 ms
_DRIFT_S = 0.1  # more than two clocks drift apart in that time: one of them was set


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Of the offset, session less page (s)."""

    low_s: float
    high_s: float


class PageClock:
    """``PageClock`` turns the times of one page into session seconds, from its answers (``push``)."""

    def __init__(self) -> None:
        self._answers: deque[_Bounds] = deque(maxlen=_REMEMBERED)
        self._best: _Bounds | None = None

    @property
    def unsure_s(self) -> float | None:
        """The most by which a time may be wrong (s), None before the first answer."""
        return None if self._best is None else (self._best.high_s - self._best.low_s) / 2

    def push(self, asked_s: float, page_s: float, answered_s: float) -> None:
        """Take an answer: the page's ``page_s`` lay between the session seconds of question and arrival."""
        bounds = _Bounds(asked_s - page_s, answered_s - page_s)
        if self._best is not None and not _may_agree(self._best, bounds):
            self._answers.clear()
        self._answers.append(bounds)
        self._best = min(self._answers, key=lambda b: b.high_s - b.low_s)

    def at(self, page_s: float) -> float:
        """Return the session second of a page's time; ``ValueError`` before the first answer."""
        if self._best is None:
            raise ValueError("a page's clock must be asked first")
        return page_s + (self._best.low_s + self._best.high_s) / 2


def _may_agree(a: _Bounds, b: _Bounds) -> bool:
    """Whether one offset can lie within both, but for a little drift."""
    return a.low_s - _DRIFT_S <= b.high_s and b.low_s - _DRIFT_S <= a.high_s
