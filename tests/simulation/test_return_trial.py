"""The simulated half year: the same for the same seed, and the rules hold for every kind of runner."""

from __future__ import annotations

import pytest

from monitor.simulation.return_outcome import TRIAL_KINDS, TrialKind, summarize_return
from monitor.simulation.return_trial import return_trial
from monitor.training.tables import Phase


@pytest.mark.parametrize("kind", TRIAL_KINDS)
def test_a_runner_is_the_same_for_the_same_seed_and_counts_add_up(kind: TrialKind) -> None:
    outcome = return_trial(kind, 1, days=60)
    assert outcome == return_trial(kind, 1, days=60)
    assert outcome.runs > 5
    assert 0 <= outcome.false_holds <= outcome.holds <= outcome.runs
    assert outcome.holds - outcome.false_holds + outcome.missed <= outcome.flares
    assert outcome.answered <= outcome.asked


def test_who_answers_half_of_the_questions_comes_less_far() -> None:
    outcomes = [return_trial(kind, seed, days=60) for kind in ("honest", "silent") for seed in range(3)]
    honest, silent = summarize_return(outcomes)
    assert (honest.answered_share.median or 0) > 0.85 > (silent.answered_share.median or 1)
    reached = {k: sum(o.last_phase.code for o in outcomes if o.kind == k) for k in ("honest", "silent")}
    assert reached["silent"] < reached["honest"]
    assert Phase.FULL not in {o.last_phase for o in outcomes if o.kind == "silent"}


def test_on_the_ladder_its_row_is_run_and_not_what_is_left_of_the_week() -> None:
    """This runner is away for five weeks and comes back on the ladder, whose rows its tissue bears."""
    outcome = return_trial("gaps", 1000, days=120)
    assert (outcome.flares, outcome.last_phase) == (0, Phase.REINTRODUCE)
