"""Whether two sensors that are told as left and right sit on one foot: their contacts coincide."""

from __future__ import annotations

from collections.abc import Sequence

from dsp.types import Contact, Problem, SensorProblem, Worn

_TOGETHER_S = 0.06  # contacts so close are those of one foot (the clocks of two sensors may differ by 0.03)
_APART = (0.25, 0.75)  # of a stride: those of two feet lie so far apart
_IN_A_ROW = 8  # that agree before it is believed, either way: six seconds (a choice)


class SameFootWatch:
    """A watch over the two sensors of a pair; ``ignored`` is the one whose contacts are doubles, or None.

    A pair is the first two of the same kind on opposite legs.  Jumps on both feet coincide as well: a few
    of them are not enough.
    """

    def __init__(self, worn: Sequence[Worn]) -> None:
        self._pair = next(
            (
                (a.sensor, b.sensor)
                for i, a in enumerate(worn)
                for b in worn[i + 1 :]
                if a.placement is b.placement and a.placement.one_leg and {a.side, b.side} >= set("LR")
            ),
            None,
        )
        self.ignored: str | None = None
        self._last_s: dict[str, float] = {}
        self._together = self._apart = 0  # in a row
        self._reported = False

    @property
    def active(self) -> bool:
        """Return whether the two sit on one foot, so that no side is known."""
        return self.ignored is not None

    def push(self, c: Contact) -> list[SensorProblem]:
        """Take a contact, in time order, and return the problem when it is first found."""
        if self._pair is None or c.sensor not in self._pair:
            return []
        first, second = self._pair
        own_s, other_s = (self._last_s.get(s) for s in (c.sensor, second if c.sensor == first else first))
        self._last_s[c.sensor] = c.ic_s
        if own_s is None or other_s is None or not 0.4 < c.ic_s - own_s < 1.7:
            return []
        since = c.ic_s - other_s
        if abs(since) < _TOGETHER_S:
            self._together, self._apart = self._together + 1, 0
        elif _APART[0] < since / (c.ic_s - own_s) < _APART[1]:
            self._together, self._apart = 0, self._apart + 1
        if self._apart >= _IN_A_ROW:
            self.ignored = None
        if self._together >= _IN_A_ROW:
            self.ignored = second
        if self._reported or self.ignored is None:
            return []
        self._reported = True
        return [SensorProblem(c.known_s, second, Problem.SAME_FOOT)]
