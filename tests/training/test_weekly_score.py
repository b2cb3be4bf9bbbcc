"""The score of the four weekly questions, against worked sums, and its trend."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.training.entries import WeeklyEntry
from monitor.training.plan_day import ReasonWriter
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Phase
from monitor.training.weekly_score import is_substantial, score_remarks, severity_score, weekly_scores
from tests.training.diary import Diary, calm_then_rebuild, date, in_full
from tests.training.test_entries import entry

ANSWERS = st.tuples(*[st.integers(0, 3)] * 4)
NAMES = ("taking_part", "volume", "performance", "pain")


def week(*answers: int) -> WeeklyEntry:
    made = entry("weekly", **dict(zip(NAMES, answers, strict=True)))
    assert isinstance(made, WeeklyEntry)
    return made


@pytest.mark.parametrize(
    ("answers", "score", "substantial"),
    [
        ((0, 0, 0, 0), 0, False),
        ((1, 1, 1, 1), 32, False),
        ((1, 0, 1, 2), 33, False),
        ((2, 2, 1, 1), 50, True),
        ((1, 1, 2, 3), 58, True),
        ((2, 3, 3, 3), 92, True),
        ((3, 0, 0, 0), 75, True),
        ((3, 3, 3, 3), 100, True),
        ((0, 0, 0, 3), 25, False),
    ],
)
def test_scores_and_substantial_problems(answers: tuple[int, ...], score: int, substantial: bool) -> None:
    assert severity_score(week(*answers)) == score
    assert is_substantial(week(*answers)) is substantial


@given(ANSWERS, st.sampled_from(NAMES))
def test_a_worse_answer_never_lowers_the_score(answers: tuple[int, ...], name: str) -> None:
    made = week(*answers)
    assert 0 <= severity_score(made) <= 100
    value = getattr(made, name)
    if value < 3:
        worse = dataclasses.replace(made, **{name: value + 1})
        assert severity_score(worse) >= severity_score(made)
        assert is_substantial(worse) or not is_substantial(made)


def diary_of(scores: dict[int, tuple[int, int, int, int]]) -> Diary:
    diary = Diary()
    for k, answers in scores.items():
        diary.add(WeeklyEntry, 7 * k + 6, 20, **dict(zip(NAMES, answers, strict=True)))
    return diary


def test_a_week_without_an_answer_has_no_score() -> None:
    diary = diary_of({0: (1, 1, 1, 1), 2: (0, 0, 0, 0)})
    scores = weekly_scores(diary.entries, date(20), 4)  # type: ignore[arg-type]
    assert [(w.monday, w.score) for w in scores] == [
        (date(-7), None), (date(0), 32), (date(7), None), (date(14), 0),
    ]  # fmt: skip


def remarks(diary: Diary, day: int) -> list[str]:
    writer = ReasonWriter(shipped_tables().grades)
    found = score_remarks(diary.entries, date(day), writer)  # type: ignore[arg-type]
    assert {r.grade for r in found} <= {"B"}
    return [r.message.key.removeprefix("plan.weekly.") for r in found]


def test_a_trend_is_told_from_one_answer_by_two_steps_on() -> None:
    before = dict.fromkeys(range(4), (0, 0, 0, 0))
    for answers, score, told in (
        ((0, 1, 0, 0), 8, []),
        ((1, 0, 0, 1), 16, []),
        ((0, 2, 0, 0), 17, ["worse"]),
    ):
        assert severity_score(week(*answers)) == score
        found = remarks(diary_of(before | dict.fromkeys(range(4, 8), answers)), 55)
        assert [key for key in found if key != "substantial"] == told


def test_a_substantial_problem_is_told_until_the_next_answer() -> None:
    diary = diary_of({0: (2, 2, 2, 2)})
    assert [remarks(diary, day) for day in (5, 6, 13, 14)] == [[], ["substantial"], ["substantial"], []]
    assert remarks(diary_of({0: (2, 2, 2, 2), 1: (1, 1, 1, 1)}), 13) == []


def test_four_weeks_are_compared_with_the_four_before() -> None:
    bad, mild, good = (1, 1, 1, 2), (1, 1, 1, 1), (0, 0, 0, 1)
    better = {k: bad if k < 4 else good for k in range(8)}
    assert remarks(diary_of(better), 55) == ["better"]
    assert remarks(diary_of({k: better[7 - k] for k in range(8)}), 55) == ["worse"]
    assert remarks(diary_of({k: bad if k < 4 else mild for k in range(8)}), 55) == []
    few = {k: v for k, v in better.items() if k not in (1, 2)}
    assert remarks(diary_of(few), 55) == []


def test_the_score_decides_nothing() -> None:
    plain, scored = in_full(), in_full()
    for sunday in (6, 13, 20, 27, 34, 41):
        scored.add(WeeklyEntry, sunday, 20, taking_part=2, volume=3, performance=3, pain=3)
    a, b = plain.on(43), scored.on(43)
    assert (a.phase, a.allowance, a.checkpoints) == (b.phase, b.allowance, b.checkpoints)
    assert a.phase is Phase.FULL
    assert b.remarks[-1].message.key == "plan.weekly.substantial"
    assert not [r for r in calm_then_rebuild().on(8).remarks if r.rule == "weekly"]
