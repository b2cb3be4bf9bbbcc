"""Spans of days are those days and all between, in a sequence in the order of days."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.training.day_spans import on_days, places_on_days
from monitor.training.plan_runs import PlanRun
from tests.training.diary import date

DAYS = st.integers(0, 9)


@given(st.lists(DAYS), DAYS, DAYS)
def test_a_span_has_all_items_of_its_days(days: list[int], first: int, last: int) -> None:
    runs = [PlanRun(session=str(k), day=date(day)) for k, day in enumerate(sorted(days))]
    span = [r for r in runs if date(first) <= r.day <= date(last)]
    assert on_days(runs, date(first), date(last)) == span
    assert on_days(runs, date(first)) == [r for r in runs if date(first) <= r.day]
    begin, end = places_on_days(runs, date(first), date(last))
    assert runs[begin:end] == span
