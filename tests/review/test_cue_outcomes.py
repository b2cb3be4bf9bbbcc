"""What cues did: answers, and the difference that speaking made."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.types import Band, Cue, CueKind, Estimate, Fault, Metric
from monitor.review import cue_outcomes
from tests.coached_runner import OWN_SPM, TARGET_SPM, coach, known, noisy, running, seconds


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


def test_a_cue_is_in_the_ledger_with_its_answer() -> None:
    (entry,) = cue_outcomes.cue_outcomes(session([True], [False]))
    assert entry.to_band_s == pytest.approx(9, abs=2)  # 6 s, and the mean of 5 s catches up
    assert entry.answered
    assert entry.change_pct == pytest.approx(100 * 8 / 174, abs=0.3)
    assert np.mean(entry.before) == pytest.approx(166, abs=0.5)


def test_who_never_comes_back_has_no_time_and_no_answer() -> None:
    some = cue_outcomes.cue_outcomes(session([False, False, True], [False] * 3))
    assert [e.answered for e in some] == [False, False, True]
    assert cue_outcomes.response(some).median_s is None
    share = cue_outcomes.response(some).answered
    assert share is not None
    assert share.low < 1 / 3 < share.high


def test_the_effect_is_spoken_minus_withheld_with_an_interval() -> None:
    withheld = [k % 5 == 0 for k in range(60)]
    works = cue_outcomes.effect(cue_outcomes.cue_outcomes(session([not w for w in withheld], withheld)))
    assert works is not None
    assert (works.spoken, works.withheld) == (48, 12)
    assert works.answered.low > 0.6
    assert works.change_pct is not None
    assert works.change_pct.low > 4
    useless = cue_outcomes.effect(
        cue_outcomes.cue_outcomes(session([k % 2 == 0 for k in range(60)], withheld))
    )
    assert useless is not None
    assert useless.answered.low < 0 < useless.answered.high


def test_without_withheld_cues_there_is_no_effect_to_state() -> None:
    assert cue_outcomes.effect(cue_outcomes.cue_outcomes(session([True] * 3, [False] * 3))) is None
    assert cue_outcomes.response([]).answered is None


def test_time_in_band_counts_cues_on_and_the_silence_of_the_plan_apart() -> None:
    flow = [running(), *seconds(np.r_[noisy(TARGET_SPM, 300), noisy(OWN_SPM, 300)], speed=2.8)]
    found = cue_outcomes.in_band(coach(known(), cue_share=0.5).push(flow))
    assert found.on_share == pytest.approx(1, abs=0.01)
    assert found.off_share == pytest.approx(0, abs=0.05)
    assert 270 <= found.on_s <= 300
    assert cue_outcomes.in_band([]).off_share is None
