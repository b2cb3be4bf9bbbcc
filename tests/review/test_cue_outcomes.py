"""What cues did: answers, and the difference that speaking made."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from dsp.types import Band, Cue, CueKind, Estimate, Fault, Metric
from monitor.review.cue_outcomes import CueOutcome, cue_outcomes, effect, response, wilson
from monitor.review.time_in_band import in_band, record_tracks
from tests.coached_runner import (
    OWN_SPM,
    TARGET_SPM,
    learned_baseline,
    metric_seconds,
    new_coach,
    noisy_cadence,
    run_starts,
)


def session(answers: list[bool], withheld: list[bool], delay: int = 6) -> list[object]:
    """One drift of 80 s each: cued after 20 s, answered ``delay`` later where it says so."""
    out: list[object] = [Band(0.0, "cadence_spm", 174.0, 168.8, 181.0)]
    rng, t_s = np.random.default_rng(1), 0.0
    for answered, silent in zip(answers, withheld, strict=True):
        for k in range(80):
            low = k < 20 + delay or not answered
            value = (166.0 if low else 174.0) + 0.3 * rng.standard_normal()
            out.append(Metric(t_s + k, None, Estimate("cadence_spm", value, 0.3, "foot")))
            if k == 20:
                reason = "experiment" if silent else ""
                out.append(
                    Cue(t_s + k, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 166.0, 174.0,
                        "cadence_low", t_s + k + 3, reason)
                )  # fmt: skip
        t_s += 100
    return out


def outcomes(records: list[object]) -> list[CueOutcome]:
    return cue_outcomes([r for r in records if isinstance(r, Cue)], record_tracks(records))


def test_a_cue_is_counted_with_its_answer() -> None:
    (entry,) = outcomes(session([True], [False]))
    assert entry.to_band_s == pytest.approx(9, abs=2)  # 6 s, and the mean of 5 s catches up
    assert entry.answered
    assert entry.change_pct == pytest.approx(100 * 8 / 174, abs=0.3)
    assert np.mean(entry.before) == pytest.approx(166, abs=0.5)


def test_who_never_comes_back_has_no_time_and_no_answer() -> None:
    some = outcomes(session([False, False, True], [False] * 3))
    assert [e.answered for e in some] == [False, False, True]
    assert response(some).median_s is None
    share = response(some).answered
    assert share is not None
    assert share.low < 1 / 3 < share.high


def test_the_effect_is_spoken_minus_withheld_with_an_interval() -> None:
    withheld = [k % 5 == 0 for k in range(60)]
    works = effect(outcomes(session([not w for w in withheld], withheld)))
    assert works is not None
    assert (works.spoken, works.withheld) == (48, 12)
    assert works.answered.low > 0.6
    assert works.change_pct is not None
    assert works.change_pct.low > 4
    useless = effect(outcomes(session([k % 2 == 0 for k in range(60)], withheld)))
    assert useless is not None
    assert useless.answered.low < 0 < useless.answered.high


def test_without_withheld_cues_there_is_no_effect_to_state() -> None:
    assert effect(outcomes(session([True] * 3, [False] * 3))) is None
    assert response([]).answered is None


def test_time_in_band_counts_cues_on_and_the_silence_of_the_plan_apart() -> None:
    flow = [
        run_starts(),
        *metric_seconds(np.r_[noisy_cadence(TARGET_SPM, 300), noisy_cadence(OWN_SPM, 300)], speed=2.8),
    ]
    found = in_band(record_tracks(new_coach(learned_baseline(), cue_share=0.5).push(flow)))
    assert found.on_share == pytest.approx(1, abs=0.01)
    assert found.off_share == pytest.approx(0, abs=0.05)
    assert 270 <= found.on_s <= 300
    assert in_band(record_tracks([])).off_share is None


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_wilsons_interval(hits: int, n: int, low: float, high: float) -> None:
    """The four examples of Newcombe 1998 (Stat Med 17:857), table I, method 3."""
    found = wilson(hits, n)
    assert found.value == hits / n
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


SLEEP = (
    (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
    (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
)
"""Hours of sleep won with two drugs (Student 1908)."""


def with_changes(*groups: tuple[float, ...]) -> list[CueOutcome]:
    """Outcomes with these changes towards the target: first of spoken cues, then of withheld ones."""
    return [
        CueOutcome(replace(CUE, withheld=withheld), (), None, change)
        for withheld, changes in zip(("", "experiment"), groups, strict=True)
        for change in changes
    ]


CUE = Cue(20.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 166.0, 174.0, "cadence_low", 23.0)


def test_a_difference_of_changes_has_welchs_interval() -> None:
    """As R prints it for these data: t = -1.8608, df = 17.776, -3.3654832 to 0.2054832."""
    found = effect(with_changes(*SLEEP))
    assert found is not None
    assert found.change_pct is not None
    assert found.change_pct.value == pytest.approx(-1.58)
    assert found.change_pct.low == pytest.approx(-3.3654832, abs=1e-7)
    assert found.change_pct.high == pytest.approx(0.2054832, abs=1e-7)


@pytest.mark.parametrize("spoken", [(), (1.0,), (1.0, 1.0)])
def test_without_two_different_changes_on_each_side_their_difference_is_not_known(
    spoken: tuple[float, ...],
) -> None:
    outcomes = [*with_changes(spoken, (0.5, 2.0)), CueOutcome(CUE, (), 3.0, None)]
    found = effect(outcomes)
    assert found is not None
    assert found.change_pct is None


def test_statistics_are_loaded_only_where_they_are_used() -> None:
    code = "import sys, monitor.review.cue_outcomes; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
