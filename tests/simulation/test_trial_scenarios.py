"""What the coach does in every scenario of the trial: never worse than its card, and within the bars.

One run of two hours in each is too little for the bars one by one (``make coaching-trial`` has 24 hours);
so the card holds what was reached on these very seeds, and the bars are asked of all quiet runners
together.  ``make test`` runs one scenario of each kind, ``make coaching-trial`` and ``make deep`` run all.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import pytest

from monitor.simulation.coaching_trial import Score, TrialRunner, coached_hour, learned_coach_settings
from monitor.simulation.cue_rules import GaitcueRule
from monitor.simulation.trial_scenarios import (
    SCENARIOS,
    Bars,
    Scenario,
    lost_bars,
    scenario_scores,
    summed,
)
from tests.deep import DEEP

SEED = 300
CARD = json.loads((Path(__file__).parent / "trial_scenarios.json").read_text())
ON_THE_CARD = [
    s for s in SCENARIOS if not s.name.startswith("steady") or "SD 2.7" in s.name or "SD 4" in s.name
]
ONE_OF_EACH_KIND = {
    "steady, 0 widths low, SD 4": "on target, and as uneven as on a trail: silence",
    "steady, 0.5 widths low, SD 2.7": "inside the band, low: silence",
    "steady, 1 widths low, SD 2.7": "at the edge of the band without an answer: left alone",
    "outdoors, -6 over 10 s": "a drift that creeps in",
    "outdoors, -6, slope unknown": "a drift without a slope",
    "streets, -6": "a drift between stops",
    "treadmill, overstride +30 %": "another fault",
    "treadmill, braking +30 %": "a third one",
    "ignores every cue": "cues without an answer",
    "overshoots by 8": "an answer that is too much",
    "tires by 3 an hour": "a drift of hours, which is no fault",
    "speed 15 % too high, feet disagree": "a wrong speed, from two shoes",
    "GPS wanders by 0.5 m/s": "a speed that wanders, at its widest",
    "hills, slope unknown": "hills, at their worst",
    "tempo without heart rate": "a faster pace that is meant",
    "tunnels": "holes in the speed",
    "traffic lights": "pauses",
    "sensor taken off and put on": "a sensor that sits differently",
}
"""One of each kind of ground and habit, the hardest of its kind: a change of any rule of cueing moves
one of them.  The others differ in degree."""
TRIED = [s for s in ON_THE_CARD if DEEP or s.name in ONE_OF_EACH_KIND]


@cache
def ours(scenario: Scenario) -> tuple[Score, Score]:
    rule = GaitcueRule(learned_coach_settings(scenario.ground))
    runner = TrialRunner(scenario.ground, scenario.habits, SEED)
    first, second = Score("gaitcue"), Score("gaitcue")
    coached_hour(rule, runner, first)
    coached_hour(rule, runner, second, start_s=3600)
    return first, second


@pytest.mark.parametrize("scenario", TRIED, ids=lambda s: s.name)
def test_ours_is_not_worse_than_its_card(scenario: Scenario) -> None:
    row, card = summed(ours(scenario)).row, CARD[scenario.name]
    for figure in ("cues_per_h", "false_per_h", "false_tones_per_h", "delay_s", "missed_pct"):
        now, then = row[figure], card[figure]
        assert math.isnan(now) or now <= (math.inf if then is None else then) + 1e-9, figure


def test_every_kind_is_on_the_card() -> None:
    assert ONE_OF_EACH_KIND.keys() <= {s.name for s in ON_THE_CARD} == CARD.keys()


def test_the_quiet_runners_together_keep_their_bars() -> None:
    quiet = [s for s in TRIED if s.bars.first_h <= 1]
    assert len(quiet) > len(TRIED) * 3 / 8
    first = sum(ours(s)[0].cues for s in quiet)
    later = sum(ours(s)[1].cues for s in quiet if s.bars.later_h <= 1)
    assert first <= sum(s.bars.first_h for s in quiet)
    assert later <= sum(s.bars.later_h for s in quiet if s.bars.later_h <= 1)


def test_nobody_who_does_not_answer_hears_more_than_three_cues_for_one_fault() -> None:
    ignoring = [s for s in TRIED if s.name.startswith("steady") and "SD 2.7" in s.name]
    assert len(ignoring) == (6 if DEEP else 2)
    for scenario in ignoring:
        assert summed(ours(scenario)).cues <= 4  # an answer by chance takes one away


def test_outdoors_ours_speaks_without_cause_more_rarely_than_a_simple_rule() -> None:
    scenario = next(s for s in SCENARIOS if s.name == "outdoors, -6 at once")
    scores = {hours[0].policy: summed(hours) for hours in scenario_scores(scenario, 1, SEED)}
    for rule in ("fixed band, 1 Hz", "8-s dwell"):
        assert scores["gaitcue"].false < scores[rule].false, rule


def test_a_bar_is_lost_by_what_exceeds_it_and_each_is_named() -> None:
    hour = Score("x", hours=1.0, cues=3, false=2, false_tones=1, delays_s=[9.0], missed=2)
    lost = lost_bars(Bars(first_h=2, later_h=2, false_h=2, tones_h=0.5, delay_s=30, missed_pct=70), [hour])
    assert lost == [
        "cues in the first hour 3.00, bar 2",
        "cues an hour later 3.00, bar 2",
        "false tones an hour 1.00, bar 0.5",
        "delay (s) inf, bar 30",
    ]
