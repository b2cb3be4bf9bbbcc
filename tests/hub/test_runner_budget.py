"""What one runner may use of a partition in a day, and that the next day begins anew."""

from __future__ import annotations

import datetime

import pytest

from monitor.hub.runner_budget import BudgetParams, OverBudget, RunnerBudgets

MONDAY = datetime.date(2026, 11, 30)


def test_bytes_and_time_of_a_runner_add_up_until_the_day_is_over() -> None:
    budgets = RunnerBudgets(BudgetParams(day_mb=1.0, day_cpu_s=10.0))
    budgets.begin_day(MONDAY)
    budgets.take_message("ann", 600_000)
    budgets.take_message("ben", 600_000)
    with pytest.raises(OverBudget, match="was sent"):
        budgets.take_message("ann", 600_000)
    budgets.add_time("ben", 11.0)
    with pytest.raises(OverBudget, match="computing"):
        budgets.take_message("ben", 1)
    budgets.begin_day(MONDAY)
    with pytest.raises(OverBudget):
        budgets.take_message("ann", 1)
    budgets.begin_day(MONDAY + datetime.timedelta(days=1))
    budgets.take_message("ann", 600_000)
    budgets.take_message("ben", 1)


def test_each_limit_is_refused_only_beyond_it() -> None:
    budgets = RunnerBudgets(BudgetParams(message_cpu_s=1.0, runs=2, run_records=5, sensors=3))
    budgets.check_message(1.0)
    budgets.check_runs(2)
    budgets.check_run(5, 3)
    with pytest.raises(OverBudget):
        budgets.check_message(1.1)
    with pytest.raises(OverBudget):
        budgets.check_runs(3)
    for records, sensors in ((6, 0), (0, 4)):
        with pytest.raises(OverBudget):
            budgets.check_run(records, sensors)


@pytest.mark.parametrize("name", BudgetParams.__dataclass_fields__)
def test_nothing_of_a_budget_may_be_none(name: str) -> None:
    with pytest.raises(ValueError, match="positive"):
        BudgetParams(**{name: 0})
