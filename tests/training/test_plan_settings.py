"""Settings of the plan: their limits, and who needs a guardian for sharing."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.training.plan_settings import PlanSettings, needs_guardian


@pytest.mark.parametrize("fields", [{"born_year": 1899}, {"long_run_km": 0.5}, {"long_run_km": 201.0}])
def test_values_out_of_their_limits_are_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        PlanSettings(**fields)  # type: ignore[arg-type]


def test_a_guardian_is_needed_through_the_year_of_the_16th_birthday() -> None:
    young = PlanSettings(born_year=2010)
    last, first = datetime.date(2026, 12, 31), datetime.date(2027, 1, 1)
    assert [needs_guardian(young, day) for day in (last, first)] == [True, False]


def test_without_a_birth_year_it_is_not_known() -> None:
    assert needs_guardian(PlanSettings(), datetime.date(2026, 5, 1)) is None


@given(st.dates(datetime.date(1985, 1, 1), datetime.date(2025, 12, 31)), st.integers(0, 15 * 365))
def test_nobody_under_16_is_without_one(born: datetime.date, days: int) -> None:
    day = born + datetime.timedelta(days=days)
    assert needs_guardian(PlanSettings(born_year=born.year), day)
