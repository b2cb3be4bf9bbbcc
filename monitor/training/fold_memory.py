"""Folds over sequences that mostly grow at their end, without beginning anew every day.

Some rules carry a value from run to run through all runs of a plan: the most for the next run, the step of
the cadence, the pair of shoes.  Day by day that would cost the square of the days.  A ``FoldMemory``
remembers what it folded, and goes on from where the sequence is still the same; the result is that of
folding all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

_Item = TypeVar("_Item")
_Value = TypeVar("_Value")


class FoldMemory:
    """The folds of one replay, each by its name."""

    def __init__(self) -> None:
        self._of: dict[str, object] = {}
        self._items: dict[str, tuple[Any, ...]] = {}
        self._values: dict[str, list[Any]] = {}

    def fold(
        self,
        name: str,
        items: Sequence[_Item],
        start: _Value,
        step: Callable[[_Value, _Item], _Value],
        of: object = None,
    ) -> _Value:
        """Return ``start`` carried through all items by ``step``, which changes nothing that it is given.

        ``of`` is what else the steps depend on: where it has changed, all items are folded anew.
        """
        return self._values_of(name, items, start, step, of)[-1]

    def once(self, name: str, of: object, make: Callable[[], _Value]) -> _Value:
        """Return what ``make`` made of ``of``, made anew only where that has changed."""
        if name not in self._values or self._of[name] != of:
            self._of[name], self._values[name] = of, [make()]
        return self._values[name][0]  # type: ignore[no-any-return]

    def trace(
        self,
        name: str,
        items: Sequence[_Item],
        start: _Value,
        step: Callable[[_Value, _Item], _Value],
        of: object = None,
    ) -> list[_Value]:
        """Return ``start`` and what it became after each item."""
        return self._values_of(name, items, start, step, of).copy()

    def _values_of(
        self,
        name: str,
        items: Sequence[_Item],
        start: _Value,
        step: Callable[[_Value, _Item], _Value],
        of: object,
    ) -> list[_Value]:
        new = tuple(items)
        if name not in self._values or self._of[name] != of:
            self._of[name], self._items[name], self._values[name] = of, (), [start]
        values = self._values[name]
        same = _agreement(self._items[name], new)
        del values[same + 1 :]
        for item in new[same:]:
            values.append(step(values[-1], item))
        self._items[name] = new
        return values


def _agreement(before: tuple[Any, ...], now: tuple[Any, ...]) -> int:
    """How many items at the beginning are the same."""
    same, end = 0, min(len(before), len(now))
    if before[:end] == now[:end]:
        return end
    while same + 1 < end:  # the first that differs lies from ``same`` on, before ``end``
        middle = (same + end) // 2
        if before[same:middle] == now[same:middle]:
            same = middle
        else:
            end = middle
    return same
