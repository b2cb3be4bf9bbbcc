"""The verdict of a run, by its limits one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.training.evidence_timeline import evidence_of
from monitor.training.tables import Tables
from monitor.training.verdict import RunVerdict, Verdict, is_worse
from tests.training.diary import TABLES, Diary, date


def judged(
    pain: tuple[float, float] | None = (0, 0),
    morning: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    before: tuple[float, ...] = (),
    day: int = 11,
    tables: Tables = TABLES,
    **declared: Any,
) -> RunVerdict:
    """The verdict of a run on day 10 with these answers, known at the end of ``day``."""
    diary = Diary()
    diary.declare(**declared)
    for k, value in enumerate(before):
        diary.morning(10 - k, value)
    diary.run(10, 5, pain, after=after)
    if morning is not None:
        diary.morning(11, **({"pain": 0} | morning))
    return evidence_of(diary.entries, diary.runs, date(day), tables).verdicts[-1]


GREEN, UNKNOWN, AMBER, RED = Verdict.GREEN, Verdict.UNKNOWN, Verdict.AMBER, Verdict.RED


@pytest.mark.parametrize(
    ("answers", "verdict", "why"),
    [
        ({"morning": {}}, GREEN, "settled"),
        ({"pain": (3, 2), "morning": {"pain": 1}}, GREEN, "settled"),
        ({"pain": (3.5, 2), "morning": {}}, AMBER, "pain"),
        ({"pain": (2, 4), "morning": {}}, AMBER, "pain"),
        ({"pain": (5, 0), "morning": {}}, AMBER, "pain"),
        ({"pain": (5.5, 0)}, RED, "pain"),
        ({"pain": (0, 6)}, RED, "pain"),
        ({"after": {"limp": True}}, RED, "limp"),
        ({"morning": {"swelling": "more"}}, RED, "swelling"),
        ({"morning": {"swelling": "same"}}, GREEN, "settled"),
        ({"morning": {"as_before": False}}, RED, "not_as_before"),
        ({"morning": {"as_before": None}}, UNKNOWN, "no_morning"),
        ({"morning": {"pain": 2}}, AMBER, "morning"),
        ({"morning": {"pain": 2.5}}, RED, "morning"),
        ({"morning": {"pain": 2}, "before": (1, 5, 0)}, GREEN, "settled"),
        ({"morning": {"pain": 3.5}, "before": (1, 5, 0)}, RED, "morning"),
        ({"morning": {"pain": 3}, "before": (2, 0)}, GREEN, "settled"),
        ({"pain": None, "morning": {}}, UNKNOWN, "no_after"),
        ({}, UNKNOWN, "no_morning"),
        ({"morning": {}, "after": {"painkiller": True}}, UNKNOWN, "painkiller"),
        ({"pain": (4, 0), "morning": {}, "after": {"painkiller": True}}, AMBER, "pain"),
        ({"pain": (1, 0), "tissue": "bone"}, RED, "bone"),
        ({"morning": {"pain": 1}, "tissue": "bone"}, RED, "bone_morning"),
        ({"pain": (3, 0), "morning": {}, "tissue": "joint"}, AMBER, "pain"),
        ({"pain": (2, 0), "morning": {}, "tissue": "joint"}, GREEN, "settled"),
        ({"pain": (5, 0), "morning": {}, "tissue": "tendon"}, AMBER, "pain"),
        ({"pain": (5, 0), "morning": {}, "tissue": "tendon", "up_to_5": True}, GREEN, "settled"),
        ({"pain": (5, 0), "morning": {}, "tissue": "muscle", "up_to_5": True}, AMBER, "pain"),
    ],
)
def test_the_verdict_of_a_run(answers: dict[str, Any], verdict: Verdict, why: str) -> None:
    made = judged(**answers)
    assert (made.verdict, made.why) == (verdict, why)


OK = TABLES.verdicts.ok


@pytest.mark.parametrize(
    ("own", "answers", "verdict"),
    [
        ({"too_much": 6}, {"pain": (6, 0), "morning": {}}, AMBER),
        ({"too_much": 4}, {"pain": (4.5, 0), "morning": {}}, RED),
        ({"ok": replace(OK, unknown=2)}, {"pain": (2.5, 0), "morning": {}}, AMBER),
        ({"ok": replace(OK, joint=1)}, {"pain": (2, 0), "morning": {}, "tissue": "joint"}, AMBER),
        ({"ok": replace(OK, tendon=4)}, {"pain": (4, 0), "morning": {}, "tissue": "tendon"}, GREEN),
        ({"ok": replace(OK, muscle=1)}, {"pain": (2, 0), "morning": {}, "tissue": "muscle"}, AMBER),
        (
            {"ok": replace(OK, tendon_if_allowed=4)},
            {"pain": (4.5, 0), "morning": {}, "tissue": "tendon", "up_to_5": True},
            AMBER,
        ),
        ({"ok": replace(OK, joint=0)}, {"pain": (1, 0), "morning": {}, "tissue": "joint"}, AMBER),
        ({"morning_amber": 0}, {"morning": {"pain": 0.5}}, AMBER),
        ({"morning_red": 1}, {"morning": {"pain": 1.5}}, RED),
        ({"usual_mornings": 1, "least_mornings": 1}, {"morning": {"pain": 2}, "before": (0, 5, 5)}, AMBER),
        ({"least_mornings": 2}, {"morning": {"pain": 3}, "before": (1, 4)}, GREEN),
    ],
)
def test_limits_of_an_own_table_decide(
    own: dict[str, Any], answers: dict[str, Any], verdict: Verdict
) -> None:
    tables = replace(TABLES, verdicts=replace(TABLES.verdicts, **own))
    assert judged(**answers, tables=tables).verdict is verdict
    assert judged(**answers).verdict is not verdict


def test_of_bone_no_table_allows_any_pain() -> None:
    free = replace(TABLES.verdicts, too_much=10, ok=replace(OK, unknown=10, tendon=10))
    tables = replace(TABLES, verdicts=free)
    assert judged((1, 0), {}, tissue="bone", tables=tables).verdict is RED


def test_the_entries_that_decided_are_named() -> None:
    diary = Diary()
    diary.declare()
    diary.run(10, 5, (1, 1))
    morning = diary.morning(11, as_before=False)
    assert evidence_of(diary.entries, diary.runs, date(11), TABLES).verdicts[-1].entries == (morning,)


def test_the_worst_of_several_answers_counts() -> None:
    diary = Diary()
    diary.run(10, 5, (6, 0))
    diary.add(type(diary.entries[0]), 10, 20, session="s10", during=0, now=0)  # type: ignore[arg-type]
    diary.morning(11)
    assert evidence_of(diary.entries, diary.runs, date(11), TABLES).verdicts[-1].verdict is RED


def test_a_verdict_settles_with_the_answers_or_the_day_after_the_morning() -> None:
    assert not judged(day=10).settled
    assert not judged(day=11).settled
    assert judged(day=12).settled
    assert judged(morning={}).settled
    assert judged(pain=(7, 0), day=10).settled


def test_what_hurt_outlives_a_deleted_session() -> None:
    diary = Diary()
    diary.run(10, 5, (6, 0))
    diary.runs.clear()
    (left,) = evidence_of(diary.entries, diary.runs, date(11), TABLES).verdicts
    assert (left.verdict, left.run.session, left.run.km) == (RED, "s10", None)


def test_calf_and_achilles_above_2_are_told_apart() -> None:
    assert judged((3, 0), after={"place": "calf"}).calf
    assert judged((0, 2.5), after={"place": "achilles"}).calf
    assert not judged((2, 2), after={"place": "calf"}).calf
    assert not judged((5, 0), after={"place": "behind"}).calf
    strict = replace(TABLES, verdicts=replace(TABLES.verdicts, calf=1))
    assert judged((2, 2), after={"place": "calf"}, tables=strict).calf


def test_without_a_declaration_the_limit_is_that_of_the_unknown() -> None:
    assert evidence_of([], [], date(11), TABLES).ok_pain == 3
    assert is_worse(AMBER, UNKNOWN)
    assert is_worse(UNKNOWN, GREEN)
    assert not is_worse(RED, RED)
