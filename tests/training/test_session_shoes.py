"""Which pair a session was run in: the answer, the session itself, its pods, the default, the last one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.training.entries import Entry
from monitor.training.plan_runs import PlanRun
from monitor.training.session_shoes import SessionShoe, session_shoes
from monitor.training.standing_entries import standing_entries
from tests.training.diary import date
from tests.training.test_entries import entry


def shoe(name: str, day: int, **fields: object) -> Entry:
    fields = {"pods": ()} | fields
    return entry("shoe", f"{name}{day}{fields.get('retired', '')}", day, shoe=name, **fields)


def run(day: int, **fields: object) -> PlanRun:
    return PlanRun(session=f"s{day}", day=date(day), km=5.0, **fields)  # type: ignore[arg-type]


def told(entries: list[Entry], *runs: PlanRun) -> list[tuple[str, str]]:
    standing = standing_entries(entries, date(100))
    return [(s.shoe, s.by) for s in session_shoes(standing, runs).values()]


def test_without_any_pair_nothing_is_known() -> None:
    assert session_shoes([], [run(1)]) == {"s1": SessionShoe()}


def test_the_last_used_pair_is_taken_where_no_default_is_marked() -> None:
    pairs = [shoe("blue", 0), shoe("red", 0)]
    assert told(pairs, run(1), run(2, shoe="red"), run(3)) == [
        ("", ""),
        ("red", "session"),
        ("red", "last"),
    ]


def test_a_default_counts_from_its_day_on() -> None:
    pairs = [shoe("blue", 0, default=True), shoe("red", 5, default=True)]
    assert told(pairs, run(-1), run(1), run(5)) == [("", ""), ("blue", "default"), ("red", "default")]


def test_pods_win_over_the_default_and_belong_to_the_pair_that_named_them_last() -> None:
    pairs = [
        shoe("blue", 0, pods=("L1", "R1")),
        shoe("red", 0, default=True),
        shoe("green", 9, pods=("L1",)),
    ]
    runs = run(1, pods=("L1",)), run(2, pods=("R1", "L1")), run(9, pods=("L1",)), run(10, pods=("X",))
    pods = [("blue", "pods"), ("blue", "pods"), ("green", "pods")]
    assert told(pairs, *runs) == [*pods, ("red", "default")]


def test_pods_of_two_pairs_tell_nothing() -> None:
    pairs = [shoe("blue", 0, pods=("L1",)), shoe("red", 0, pods=("R1",), default=True)]
    assert told(pairs, run(1, pods=("L1", "R1"))) == [("", "")]


def test_a_retired_pair_is_neither_default_nor_last_nor_that_of_its_pods() -> None:
    pairs = [
        shoe("blue", 0, pods=("L1",), default=True),
        shoe("blue", 5, pods=("L1",), default=True, retired=True),
    ]
    assert told(pairs, run(1), run(4, pods=("L1",)), run(6), run(7, pods=("L1",))) == [
        ("blue", "default"), ("blue", "pods"), ("", ""), ("", ""),
    ]  # fmt: skip


def test_an_answer_wins_over_all_and_a_later_one_over_it() -> None:
    pairs = [shoe("blue", 0, pods=("L1",)), shoe("red", 0)]
    first = entry("session_shoe", "a", 1, session="s1", shoe="red")
    assert told([*pairs, first], run(1, shoe="blue", pods=("L1",))) == [("red", "answer")]
    second = entry("session_shoe", "b", 2, session="s1", shoe="blue")
    assert told([*pairs, first, second], run(1)) == [("blue", "answer")]
    back = entry("withdrawn", "c", 3, replaces="a")
    assert told([*pairs, first, back], run(1, pods=("L1",))) == [("blue", "pods")]
    none = entry("session_shoe", "d", 4, session="s1", shoe="")
    assert told([*pairs, first, none], run(1, pods=("L1",)), run(2)) == [("", "answer"), ("", "")]


@given(
    days=st.lists(st.integers(0, 20), min_size=1, max_size=6, unique=True),
    later=st.integers(21, 40),
    name=st.sampled_from(["blue", "red", "new"]),
)
def test_a_pair_that_is_added_later_never_takes_earlier_sessions(
    days: list[int], later: int, name: str
) -> None:
    pairs = [shoe("blue", 0, pods=("L1",), default=True), shoe("red", 3, pods=("R1",))]
    runs = [run(day, pods=("L1",) if day % 2 else ()) for day in sorted(days)]
    before = told(pairs, *runs)
    assert told([*pairs, shoe(name, later, pods=("L1", "R1"), default=True)], *runs) == before
