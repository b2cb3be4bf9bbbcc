"""What a run was for the plan, and which runs were known on a day."""

from __future__ import annotations

from monitor.training.plan_runs import PlanRun, plan_runs_until
from tests.training.diary import date
from tests.training.test_entries import entry


def test_a_run_that_was_written_down_is_a_run() -> None:
    (run,) = plan_runs_until([], [entry("manual_run", "m", minutes=31.0, descent_m=12.0)], date(0))
    assert (run.session, run.km, run.minutes, run.descent_m, run.walk) == ("m", 5.0, 31.0, 12.0, False)


def test_sensors_win_over_what_was_written_and_effort_is_what_was_felt() -> None:
    entries = [entry("manual_run", "s1"), entry("after", effort=8.0)]
    (run,) = plan_runs_until([PlanRun(session="s1", day=date(0), km=5.3, effort=2.0)], entries, date(0))
    assert (run.km, run.effort) == (5.3, 8.0)


def test_a_file_that_came_later_is_not_known_before() -> None:
    run = PlanRun(session="s1", day=date(1), km=5.0, stored_day=date(4))
    assert plan_runs_until([run], [], date(3)) == ()
    assert plan_runs_until([run], [], date(4)) == (run,)
    told = plan_runs_until([run], [entry("after", day=1)], date(3))
    assert [(r.session, r.km) for r in told] == [("s1", None)]
