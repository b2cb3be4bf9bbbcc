"""What a memory folds is what a fold from the beginning gives, however the sequence changed."""

from __future__ import annotations

import functools
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from monitor.training.fold_memory import FoldMemory


def _step(value: tuple[int, ...], item: int) -> tuple[int, ...]:
    return (*value, item)


@given(st.lists(st.tuples(st.lists(st.integers(0, 2), max_size=6), st.integers(0, 1))))
def test_a_fold_does_not_depend_on_what_was_folded_before(steps: list[tuple[list[int], int]]) -> None:
    memory = FoldMemory()
    for items, of in steps:

        def step(value: int, item: int, of: int = of) -> int:
            return 3 * value + item + of

        assert memory.fold("sum", items, 1, step, of) == functools.reduce(step, items, 1)
        states = memory.trace("all", items, (), _step)
        assert states == [tuple(items[:k]) for k in range(len(items) + 1)]


def test_only_what_is_new_is_folded_again() -> None:
    memory, folded = FoldMemory(), list[int]()

    def step(value: int, item: int) -> int:
        folded.append(item)
        return value + item

    for items in ([1, 2], [1, 2, 3], [1, 2, 4], [1, 2, 4]):
        memory.fold("sum", items, 0, step)
    assert folded == [1, 2, 3, 4]


def test_what_is_made_once_is_made_anew_where_its_cause_changes() -> None:
    memory, made = FoldMemory(), list[int]()

    def maker(number: int) -> Callable[[], int]:
        return lambda: made.append(number) or number

    assert [memory.once("x", of, maker(k)) for k, of in enumerate("aabba")] == [0, 0, 2, 2, 4]
    assert made == [0, 2, 4]
