"""The step of the target follows the runner's response, and nothing else."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from dsp.cueing.baseline import Baseline
from dsp.cueing.target import TargetParams
from dsp.types import Runner
from monitor.core.session_settings import CoachSettings, CueSettings
from monitor.storage.plan_file import Plan, PlannedRun, RunPain
from monitor.training.cadence_steps import (
    StepChange,
    coach_settings,
    cue_share,
    next_step,
    noted_responses,
    reason_not_to_raise,
    step_history,
)
from monitor.training.table_files import shipped_tables
from tests.coached_runner import learned_baseline

TABLES = shipped_tables()
PARAMS = TargetParams()
LAST = len(PARAMS.steps)


def run(day: int, step: int = 0, off_in_s: int = 900, on_in_s: int = 0, off_s: int = 1000) -> PlannedRun:
    """A run on this day of a year; by default 90 % of the time without cues was in band."""
    started = datetime.datetime(2026, 1, 1, 7, tzinfo=datetime.UTC) + datetime.timedelta(days=day)
    return PlannedRun(
        session=f"s{day}",
        started_utc=started.isoformat(),
        cue_share=0.5,
        off_s=off_s,
        off_in_s=off_in_s,
        on_s=on_in_s,
        on_in_s=on_in_s,
        step=step,
    )


def day_of(number: int) -> datetime.date:
    return datetime.date(2026, 1, 1) + datetime.timedelta(days=number)


def pain(session: str, value: float, words: str = "") -> RunPain:
    return RunPain(session=session, day=day_of(int(session[1:])).isoformat(), value=value, words=words)


def steps(*runs: PlannedRun, today: int | None = None, **pains: tuple[float, str]) -> list[tuple[int, str]]:
    day = max((int(r.session[1:]) for r in runs), default=0) if today is None else today
    noted = tuple(pain(session, *values) for session, values in pains.items())
    plan = Plan(runs=runs, pains=noted)
    history = step_history(noted_responses(plan, TABLES.verdicts), day_of(day), PARAMS, TABLES.doses)
    return [(change.step, change.reason) for change in history]


def good_runs(*at_steps: int, every: int = 2) -> list[PlannedRun]:
    return [run(every * k, step) for k, step in enumerate(at_steps)]


UP_TO_LAST = (0, 0, 1, 1, 2, 2)


def test_two_good_runs_at_a_step_lead_to_the_next_and_the_last_holds() -> None:
    assert steps() == []
    assert steps(*good_runs(0)) == [(0, "start")]
    assert steps(*good_runs(0, 0)) == [(0, "start"), (1, "kept")]
    assert steps(*good_runs(*UP_TO_LAST, 3, 3, 3)) == [(0, "start"), (1, "kept"), (2, "kept"), (3, "kept")]


def test_weeks_alone_change_nothing() -> None:
    poor = [run(3 * k, off_in_s=600) for k in range(20)]
    assert steps(*poor) == [(0, "start")]


@pytest.mark.parametrize(
    ("second", "counts"),
    [
        (run(2, off_in_s=700), True),
        (run(2, off_in_s=699), False),
        (run(2, off_s=200, off_in_s=200), False),
        (run(2, off_in_s=0, on_in_s=600), True),
        (run(2, off_in_s=0, on_in_s=599), False),
        (run(2, step=1), False),
    ],
)
def test_what_counts_as_a_good_run(second: PlannedRun, counts: bool) -> None:
    assert (steps(run(0), second)[-1][0] == 1) is counts


@pytest.mark.parametrize(
    ("days", "step", "reason"),
    [
        (7, 3, "kept"),
        (8, 2, "break"),
        (14, 2, "break"),
        (15, 1, "long_break"),
        (28, 1, "long_break"),
        (29, 1, "very_long_break"),
        (300, 1, "very_long_break"),
    ],
)
def test_a_break_leads_back(days: int, step: int, reason: str) -> None:
    assert steps(*good_runs(*UP_TO_LAST), today=10 + days)[-1] == (step, reason)


def test_after_a_very_long_break_a_low_step_stays_two_lower() -> None:
    assert steps(*good_runs(0, 0, 1, 1), today=40)[-1] == (0, "very_long_break")


def test_a_break_counts_once_and_two_good_runs_lead_up_again() -> None:
    back = [*good_runs(*UP_TO_LAST), run(30, 1), run(32, 1)]
    assert [step for step, _ in steps(*back)] == [0, 1, 2, 3, 1, 2]


def test_calf_pain_leads_a_step_back_and_other_pain_holds() -> None:
    up = good_runs(0, 0, 1, 1)
    assert steps(*up, s6=(3, "linke Wade"))[-1] == (0, "calf")
    assert steps(run(0), run(2), s2=(8, "calf"))[-1] == (0, "calf")  # kept and shown at the lowest too
    assert steps(*up, s6=(2, "Achilles"))[-1] == (2, "kept")
    assert steps(*up, s6=(4, "behind the knee"))[-1] == (1, "pain")
    assert steps(*up, s6=(3, "behind the knee"))[-1] == (2, "kept")
    assert steps(*up, run(8, 1), s6=(4, ""), s8=(1, ""))[-2:] == [(1, "settled"), (2, "kept")]
    assert steps(*up, run(8, 1, off_in_s=0), s6=(4, ""), s8=(1, ""))[-1] == (1, "settled")


def test_limits_of_an_own_table_count_without_a_plan_as_well() -> None:
    own = replace(TABLES.verdicts, calf=4, ok=replace(TABLES.verdicts.ok, unknown=1))
    noted = (pain("s0", 2), pain("s2", 4, "calf"))
    plan = Plan(runs=(run(0), run(2)), pains=noted)
    first, second = noted_responses(plan, TABLES.verdicts)
    assert (first.answer, second.calf) == ("good", True)
    first, second = noted_responses(plan, own)
    assert (first.answer, second.calf) == ("freeze", False)


def test_a_run_without_a_note_does_not_lift_the_freeze() -> None:
    up = good_runs(0, 0, 1, 1)
    after = [run(8, 1), run(10, 1), run(12, 1)]
    assert steps(*up, *after, s6=(4, ""))[-1] == (1, "pain")
    assert steps(*up, *after, s6=(4, ""), s12=(0, ""))[-2:] == [(1, "settled"), (2, "kept")]


def test_pain_of_a_run_without_cues_counts() -> None:
    up = good_runs(0, 0, 1)
    assert steps(*up, s5=(6, "knee"), today=5)[-1] == (1, "pain")
    assert steps(*up, s5=(6, "calf"), today=5)[-1] == (0, "calf")
    assert steps(s5=(6, "knee"), today=5) == []  # steps begin with the first target


def test_cues_fade_from_the_first_run_at_the_last_step() -> None:
    before = good_runs(*UP_TO_LAST)
    shares = [cue_share([*before, *(run(12 + k, 3) for k in range(n))], LAST, PARAMS) for n in range(11)]
    assert shares == [1, 1, 1, 1, 0.75, 0.5, 0.25, 0.1, 0, 0, 0]
    assert cue_share([run(k, 3) for k in range(9)], LAST - 1, PARAMS) == 1


def test_a_run_that_was_given_up_is_a_run_but_no_step_of_the_fading() -> None:
    given_up = run(40, 3, off_s=0, off_in_s=0)
    assert cue_share([*(run(k, 3) for k in range(4)), *[given_up] * 5], LAST, PARAMS) == 0.75
    assert steps(*good_runs(*UP_TO_LAST), run(17, 3, off_s=0, off_in_s=0), today=24)[-1] == (3, "kept")
    short = run(12, 3, off_s=0, off_in_s=0)
    assert steps(*good_runs(*UP_TO_LAST), short, s12=(7, "calf"))[-1] == (2, "calf")


def test_two_weak_probes_in_a_row_bring_cues_back() -> None:
    faded = [run(k, 3) for k in range(8)]
    good, weak = run(9, 3, off_in_s=800), run(9, 3, off_in_s=600)
    assert cue_share([*faded, weak], LAST, PARAMS) == 0
    assert cue_share([*faded, weak, good, weak], LAST, PARAMS) == 0
    assert cue_share([*faded, weak, weak], LAST, PARAMS) == 0.25


def test_a_run_is_coached_by_what_was_learned_and_by_what_the_user_set() -> None:
    plan = Plan(baseline=learned_baseline().to_dict(), runs=tuple(good_runs(0, 0)))
    now = next_step(plan, Runner(), PARAMS, datetime.date(2026, 1, 4), TABLES)
    made = coach_settings(plan, CoachSettings(cues=CueSettings(warm_up_s=60.0)), now, seed=4)
    assert (made.step, made.step_reason, made.cue_share) == (1, "kept", 1.0)
    assert (made.seed, made.cues.warm_up_s, made.baseline) == (4, 60.0, plan.baseline)
    faded = Plan(runs=tuple(run(k, 3) for k in range(9)))
    at_last = StepChange(datetime.date(2026, 1, 12), 3, "kept")
    assert coach_settings(faded, CoachSettings(), at_last, 0).cue_share == 0
    always = CoachSettings(cues=CueSettings(plan="always"))
    assert coach_settings(faded, always, at_last, 0).cue_share == 1


def test_a_quick_or_short_step_is_not_raised_unless_the_runner_wants_it() -> None:
    quick, usual = learned_baseline(own_spm=178.0), learned_baseline(own_spm=175.0)
    assert reason_not_to_raise(quick, None, PARAMS) == "quick"
    assert reason_not_to_raise(usual, None, PARAMS) == ""
    assert reason_not_to_raise(quick, None, TargetParams(raise_anyway=True)) == ""
    short = Baseline(1.75)
    for _ in range(900):
        short.push("overstride_m", 0.165, 2.8, 0.0)
    assert reason_not_to_raise(short, 0.92, PARAMS) == "short"
    assert reason_not_to_raise(short, 0.80, PARAMS) == ""
    plan = Plan(baseline=quick.to_dict(), runs=tuple(good_runs(0, 0)))
    held = next_step(plan, Runner(), PARAMS, datetime.date(2026, 1, 4), TABLES)
    assert (held.step, held.reason) == (0, "quick")
