"""Outcomes of the simulated half year: what is counted, and quartiles with some who did not get there."""

from __future__ import annotations

from monitor.core.message_catalogues import UserMessage
from monitor.simulation.return_outcome import (
    Quartiles,
    ReturnOutcome,
    return_outcome,
    summarize_return,
    value_quartiles,
)
from monitor.training.plan_day import Checkpoint, PlanDay
from monitor.training.tables import Phase
from monitor.training.verdict import Verdict
from tests.training.diary import date, in_full


def day(number: int, phase: Phase, missing: tuple[str, ...] = ()) -> PlanDay:
    checks = tuple(
        Checkpoint(name=name, met=name not in missing, message=UserMessage("")) for name in "abc"
    )
    return PlanDay(day=date(number), phase=phase, checkpoints=checks)


def outcome(days: list[PlanDay], judged: list[tuple[Verdict, bool]]) -> ReturnOutcome:
    return return_outcome("honest", days, judged, 10, 9)


def test_holds_without_a_flare_are_false_and_flares_that_passed_are_missed() -> None:
    judged = [
        (Verdict.RED, True), (Verdict.RED, False), (Verdict.GREEN, True), (Verdict.GREEN, False),
        (Verdict.UNKNOWN, True),
    ]  # fmt: skip
    found = outcome([day(0, Phase.CALM)], judged)
    assert (found.holds, found.false_holds, found.missed, found.flares, found.runs) == (2, 1, 1, 3, 5)
    assert found.answered_share == 0.9


def test_days_to_full_and_what_was_the_last_thing_missing_before() -> None:
    days = [
        day(0, Phase.CALM, ("a", "b")),
        day(1, Phase.CALM, ("b",)),
        day(2, Phase.REBUILD, ("b",)),
        day(3, Phase.REBUILD, ("b",)),
        day(4, Phase.FULL, ("c",)),
    ]
    found = outcome(days, [])
    assert found.days_to_full == 4
    assert found.blocked_days == (("rebuild: b", 2), ("calm: b", 1))
    assert outcome(days[:4], []).days_to_full is None


def test_a_phase_back_is_counted_once() -> None:
    diary = in_full()
    for number in (43, 45):
        diary.run(number, 4, (7, 1))
    diary.mornings(range(43, 47))
    assert outcome([diary.on(46)], []).back == 1


def test_quartiles_with_some_who_did_not_get_there() -> None:
    assert value_quartiles([1, 2, 3, 4, 5]) == Quartiles(2, 3, 4)
    assert value_quartiles([10, 20, 30, None, None]) == Quartiles(20, 30, None)
    assert value_quartiles([10, None, None, None, None]) == Quartiles(None, None, None)
    assert value_quartiles([7]) == Quartiles(7, 7, 7)


def test_a_row_for_every_kind_that_ran() -> None:
    found = [outcome([day(0, Phase.FULL)], [(Verdict.RED, False)]) for _ in range(3)]
    (row,) = summarize_return(found)
    assert (row.kind, row.runners, row.reached_full, row.all_false_holds) == ("honest", 3, 3, 3)
    assert row.days_to_full == Quartiles(0, 0, 0)
