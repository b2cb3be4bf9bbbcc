"""When cues come, when they do not, and that nothing but the records decides."""

from __future__ import annotations

import copy
import re
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.cueing.gating import EffortParams
from dsp.types import Activity, ActivityChange, Band, Cue, CueKind, Estimate, Fault, Gap, Metric, Record
from monitor.core.message_catalogues import catalogue
from monitor.core.records import LinkState, SensorStatus
from monitor.core.session_settings import CueSettings, SilenceReason, TodaysLimits
from monitor.pipeline.announcements import SILENCES
from tests.coached_runner import (
    OWN_SPM,
    TARGET_SPM,
    cues_among,
    learned_baseline,
    metric_seconds,
    new_coach,
    noisy_cadence,
    run_starts,
)
from tests.deep import DEEP

DRIFT = np.concatenate(
    (
        noisy_cadence(TARGET_SPM, 60),
        noisy_cadence(TARGET_SPM - 9, 25),
        noisy_cadence(TARGET_SPM, 60, seed=4),
    )
)


def spoken(records: list[Record]) -> list[tuple[CueKind, Fault | None]]:
    return [
        (c.kind, c.fault) for c in cues_among(records) if not c.withheld and c.kind is not CueKind.NOTICE
    ]


def test_a_drift_is_cued_once_its_end_confirmed_once_and_then_silence() -> None:
    records = new_coach(learned_baseline()).push([run_starts(), *metric_seconds(DRIFT)])
    assert spoken(records) == [
        (CueKind.CORRECT, Fault.CADENCE_LOW),
        (CueKind.CONFIRM, Fault.CADENCE_LOW),
    ]
    first, second = cues_among(records)
    assert 61 < first.t_s < 80
    assert first.expires_s > first.t_s
    assert 86 + 5 < second.t_s < 110
    assert first.target == pytest.approx(TARGET_SPM, abs=1)


def test_every_cue_tells_its_own_numbers_the_first_and_the_repeated_and_those_not_given() -> None:
    steady = noisy_cadence(TARGET_SPM - 8.5, 900)
    cues = cues_among(new_coach(learned_baseline()).push([run_starts(), *metric_seconds(steady)]))
    assert {cue.withheld for cue in cues} == {"", "unsure", "unanswered"}
    for cue in cues:
        off = 100 * (1 - round(cue.value) / round(cue.target))
        told = re.fullmatch(r"(\d+) % below target for (\d+) s", cue.why)
        assert told is not None
        assert int(told[1]) == round(off) >= 4
        assert 25 <= int(told[2]) <= cue.t_s


def test_a_cue_shows_the_seconds_of_the_fault_and_none_before_it() -> None:
    fall = np.r_[noisy_cadence(TARGET_SPM, 300), np.full(20, TARGET_SPM - 8)]
    first, *_ = cues_among(new_coach(learned_baseline()).push([run_starts(), *metric_seconds(fall)]))
    assert first.t_s <= 307
    assert first.value == pytest.approx(TARGET_SPM - 8, abs=1)


def test_a_return_that_does_not_last_is_not_confirmed() -> None:
    flow = np.concatenate((DRIFT[: 60 + 25 + 11], noisy_cadence(TARGET_SPM - 9, 60, seed=5)))
    records = new_coach(learned_baseline()).push([run_starts(), *metric_seconds(flow)])
    assert {kind for kind, _ in spoken(records)} == {CueKind.CORRECT}


def test_who_has_just_answered_is_not_told_again_while_the_return_is_being_judged() -> None:
    """Outdoors a return takes 30 s to be sure of; the second cue would be due 30 s after the first."""
    parts = [(0, 300), (-20, 22), (0, 60)]
    flow = np.concatenate([noisy_cadence(TARGET_SPM + by, n, 2.0, k) for k, (by, n) in enumerate(parts)])
    records = new_coach(learned_baseline()).push([run_starts(), *metric_seconds(flow)])
    assert [kind for kind, _ in spoken(records)].count(CueKind.CORRECT) == 1


def test_running_as_before_is_below_target_at_every_step() -> None:
    for step in (1, 2, 3, 9):
        records = new_coach(learned_baseline(), step=step).push(
            [run_starts(), *metric_seconds(noisy_cadence(OWN_SPM, 200))]
        )
        assert spoken(records)[0] == (CueKind.CORRECT, Fault.CADENCE_LOW)


def test_the_target_follows_speed_so_a_slower_pace_is_no_fault() -> None:
    slow = metric_seconds(noisy_cadence(TARGET_SPM - 3.1, 120), 62, speed=2.5)
    pushed = [run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM, 60)), *slow]
    assert spoken(new_coach(learned_baseline()).push(pushed)) == []
    assert spoken(
        new_coach(learned_baseline()).push(
            [run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM - 9, 180), speed=2.8)]
        )
    )


def test_too_quick_is_told_apart_from_too_slow() -> None:
    records = new_coach(learned_baseline()).push(
        [run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM + 14, 90))]
    )
    assert spoken(records)[0] == (CueKind.CORRECT, Fault.CADENCE_HIGH)


def test_a_runner_who_never_answers_is_asked_ever_less_often() -> None:
    records = new_coach(learned_baseline()).push(
        [run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM - 9, 3600))]
    )
    times = [c.t_s for c in cues_among(records, CueKind.CORRECT) if not c.withheld]
    assert 3 <= len(times) <= 8
    waits = np.diff(times)
    assert waits[0] >= 60
    assert np.all(np.diff(waits) > -61)


def test_who_comes_well_into_the_band_after_every_cue_has_answered() -> None:
    """From 1.45 to 0.65 widths below, for a minute and a half, again and again: no fault comes to rest."""
    it, noise, quicker_until, cues = new_coach(learned_baseline()), noisy_cadence(0, 3000), 0.0, []
    it.push([run_starts()])
    for k in range(3000):
        level = TARGET_SPM * (1 - 0.03 * (0.65 if k < quicker_until else 1.45))
        found = cues_among(it.push(metric_seconds(np.array([level + noise[k]]), k + 1)), CueKind.CORRECT)
        cues += found
        if any(not c.withheld for c in found):
            quicker_until = k + 90
    assert {c.withheld for c in cues} <= {"", "unsure"}
    assert sum(not c.withheld for c in cues) > 6


def test_braking_goes_first_and_only_where_a_sensor_sees_it() -> None:
    normal = {"overstride_m": 0.2, "braking_impulse_bws": 0.0191}
    much = normal | {"braking_impulse_bws": 0.025}
    flow = [run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM, 60), **normal)]
    flow += metric_seconds(noisy_cadence(TARGET_SPM, 60), 61, **much)
    cue = cues_among(new_coach(learned_baseline()).push(flow), CueKind.CORRECT)[0]
    assert (cue.fault, cue.metric, cue.wording) == (Fault.BRAKING, "braking_impulse_bws", "braking")
    assert 61 + 14 <= cue.t_s <= 61 + 35


@pytest.mark.parametrize(
    ("why", "settings_", "change", "more"),
    [
        ("warm-up", {"cues": CueSettings()}, None, {}),
        ("walking", {}, Activity.WALK, {}),
        ("not running", {}, Activity.STAND, {}),
        ("on a hill", {}, None, {"slope_pct": 5.0}),
        ("too steep", {}, None, {"slope_pct": -9.0}),
        ("hard effort (you said so)", {"effort": EffortParams(today="hard")}, None, {}),
        (
            "hard effort (heart rate)",
            {"effort": EffortParams(max_heart_rate_bpm=180)},
            None,
            {"heart_rate_bpm": 170.0},
        ),
        ("hard effort (pace)", {"effort": EffortParams(threshold_mps=3.0)}, None, {}),
        ("cues are off", {"cues": CueSettings(on=False, warm_up_s=0)}, None, {}),
    ],
)
def test_where_cues_have_no_place_there_are_none_and_the_band_says_why(
    why: str, settings_: dict[str, object], change: Activity | None, more: dict[str, float]
) -> None:
    flow: list[Record] = [run_starts()]
    if change is not None:
        flow.append(ActivityChange(5.0, change, 5.0))
    flow += metric_seconds(noisy_cadence(TARGET_SPM - 12, 200), **more)
    records = new_coach(learned_baseline(), **settings_).push(flow)
    assert cues_among(records, CueKind.CORRECT) == []
    bands = [b for b in records if isinstance(b, Band) and b.metric == "cadence_spm"]
    assert bands[-1].muted == why


def test_ten_seconds_after_a_reconnect_are_silent() -> None:
    flow = [run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM, 60)), Gap("left shoe", 60.0, 75.0)]
    flow += metric_seconds(noisy_cadence(TARGET_SPM - 12, 60), 75)
    first = cues_among(new_coach(learned_baseline()).push(flow), CueKind.CORRECT)[0]
    assert first.t_s >= 85


def test_nothing_is_cued_before_a_baseline_is_there_and_it_stops_learning_before_the_first_cue() -> None:
    it = new_coach()
    flow = [run_starts(), *metric_seconds(noisy_cadence(OWN_SPM, 1500))]
    records = it.push(flow)
    told = cues_among(records, CueKind.NOTICE)
    assert [c.wording for c in told] == ["learning", "learned"]
    assert "height" in told[0].why
    assert 600 <= told[1].t_s <= 660
    first = cues_among(records, CueKind.CORRECT)[0]
    assert first.t_s > told[1].t_s
    assert it.learned_s == 600
    expected = it.baseline.expect("cadence_spm", 2.8, 0.0)
    assert expected is not None
    assert expected.value == pytest.approx(OWN_SPM, abs=1)


@pytest.mark.parametrize(("minutes", "left"), [(8.0, 10), (16.5, 4), (19.5, 1)])
def test_who_is_nearly_known_is_told_how_long_is_left_and_when_cues_begin(
    minutes: float, left: int
) -> None:
    it = new_coach(learned_baseline(minutes))
    records = it.push([run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM, 900))])
    learning, ready = cues_among(records, CueKind.NOTICE)[:2]
    assert (learning.wording, ready.wording) == ("learning", "learned")
    assert f"cues begin after {left} min of" in learning.why
    assert 60 * (left - 1) < it.learned_s <= 60 * left
    muted = {b.muted for b in records if isinstance(b, Band)}
    assert any(f"of {left} min)" in text for text in muted)


def test_who_is_known_is_told_nothing_about_learning() -> None:
    records = new_coach(learned_baseline()).push(
        [run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM, 60))]
    )
    assert cues_among(records, CueKind.NOTICE) == []


def test_a_first_minute_at_twice_the_cadence_is_forgotten_and_ten_right_minutes_are_learned() -> None:
    it = new_coach()
    cadence = np.concatenate((noisy_cadence(205, 90), noisy_cadence(140, 1000)))
    records = it.push([run_starts(), *metric_seconds(cadence)])
    ready = cues_among(records, CueKind.NOTICE)[-1]
    assert ready.wording == "learned"
    assert ready.t_s == pytest.approx(90 + 121 + 600, abs=2)
    assert it.learned_s == 600
    expected = it.baseline.expect("cadence_spm", 2.8, 0.0)
    assert expected is not None
    assert expected.value == pytest.approx(140, abs=1)


def test_without_speed_there_is_one_target_and_a_word_about_it() -> None:
    it = new_coach(learned_baseline(with_speed=False))
    records = it.push([run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM - 15, 200), speed=None)])
    assert "no_speed" in [c.wording for c in cues_among(records, CueKind.NOTICE)]
    assert spoken(records)[0] == (CueKind.CORRECT, Fault.CADENCE_LOW)


def test_an_unsure_target_keeps_silent_where_a_sure_one_speaks_and_the_review_knows() -> None:
    before = noisy_cadence(TARGET_SPM, 60, sd=0.5)
    low = np.concatenate((before, noisy_cadence(TARGET_SPM - 5.2, 110, sd=0.5)))
    level = metric_seconds(low, slope_pct=0.0)
    assert spoken(new_coach(learned_baseline()).push([run_starts(), *level]))
    unsure = new_coach(learned_baseline(minutes=20, with_speed=False)).push(
        [run_starts(), *metric_seconds(low, speed=None)]
    )
    assert spoken(unsure) == []
    assert [c.withheld for c in cues_among(unsure, CueKind.CORRECT)] == ["unsure"]


def test_a_speed_that_goes_is_a_new_start_not_a_fault() -> None:
    slow = noisy_cadence(OWN_SPM * 1.05 - 5, 120)
    flow = [run_starts(), *metric_seconds(slow, speed=2.3), *metric_seconds(slow, 121, speed=None)]
    assert spoken(new_coach(learned_baseline()).push(flow)) == []


def test_a_lost_sensor_is_told_with_what_still_works() -> None:
    it = new_coach(learned_baseline())
    status = SensorStatus(20.0, "left shoe", LinkState.SILENT, "silent for 9 s", 100, silent_s=9.0)
    (_, told) = it.push([status])
    assert cues_among([told])[0].wording == "sensor_lost"
    assert "go on from right shoe" in cues_among([told])[0].why
    assert cues_among(it.push([status])) == []
    back = it.push([SensorStatus(40.0, "left shoe", LinkState.STREAMING, "streaming")])
    assert cues_among(back)[0].wording == "sensor_back"


def test_the_plan_is_silent_for_its_share_and_what_was_due_is_kept_for_the_review() -> None:
    parts = [noisy_cadence(TARGET_SPM - 9 * (k % 2), 60 - 40 * (k % 2), seed=k) for k in range(30)]
    flow = [run_starts(), *metric_seconds(np.concatenate(parts))]
    half = cues_among(new_coach(learned_baseline(), cue_share=0.5).push(flow), CueKind.CORRECT)
    assert {c.withheld for c in half if c.t_s % 600 < 299} == {""}
    assert {c.withheld for c in half if c.t_s % 600 > 301} == {"fading"}
    assert {
        c.withheld
        for c in cues_among(new_coach(learned_baseline(), cue_share=0.0).push(flow), CueKind.CORRECT)
    } == {"probe"}


DRIFTS = 100 if DEEP else 50


def test_one_due_cue_in_five_is_withheld_at_random_if_the_runner_agreed() -> None:
    """Looked at in fifty drifts; in a hundred in ``make deep``."""
    drifts = (noisy_cadence(TARGET_SPM - 9, 20, seed=k) for k in range(DRIFTS))
    returns = (noisy_cadence(TARGET_SPM, 300, seed=-k + 999) for k in range(DRIFTS))
    parts = [np.concatenate(pair) for pair in zip(drifts, returns, strict=True)]
    flow = [run_starts(), *metric_seconds(np.concatenate(parts))]
    agreed = CueSettings(warm_up_s=0, experiment=True)
    due = cues_among(new_coach(learned_baseline(), cues=agreed, seed=5).push(flow), CueKind.CORRECT)
    share = sum(c.withheld == "experiment" for c in due) / len(due)
    assert 0.1 < share < 0.32
    begin = flow[: len(flow) * 20 // DRIFTS]
    again = cues_among(new_coach(learned_baseline(), cues=agreed, seed=5).push(begin), CueKind.CORRECT)
    assert again == due[: len(again)]
    assert any(c.withheld for c in again)
    unasked = cues_among(new_coach(learned_baseline(), seed=5).push(begin), CueKind.CORRECT)
    assert len(unasked) > 10
    assert all(not c.withheld for c in unasked)


# ------------------------------------------------------------------ laws


def batches(flow: list[Record]) -> list[list[Record]]:
    """The seconds of a flow: what the engine gives at once at the least."""
    out: list[list[Record]] = [[]]
    for record in flow:
        if out[-1] and getattr(record, "t_s", 0.0) != getattr(out[-1][-1], "t_s", 0.0):
            out.append([])
        out[-1].append(record)
    return out


FLOW = [run_starts(), *metric_seconds(DRIFT)]
WHOLE = new_coach(learned_baseline()).push(FLOW)


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_how_many_seconds_come_at_once_never_matters(sizes: list[int]) -> None:
    it, pieces, out, at, k = new_coach(learned_baseline()), batches(FLOW), [], 0, 0
    while at < len(pieces):
        some = pieces[at : at + sizes[k % len(sizes)]]
        out += it.push([record for piece in some for record in piece])
        at, k = at + sizes[k % len(sizes)], k + 1
    assert out == WHOLE


def test_a_copied_twin_goes_on_alike_and_an_empty_push_is_nothing() -> None:
    it = new_coach(learned_baseline())
    pieces = batches(FLOW)
    for piece in pieces[:70]:
        it.push(piece)
    twin = copy.deepcopy(it)
    rest = [r for piece in pieces[70:] for r in piece]
    assert it.push([]) == []
    assert it.push(rest) == twin.push(rest)


def test_a_slope_that_is_not_sure_makes_it_slower_and_silences_nothing() -> None:
    low = [run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM - 9, 160))]

    def on_slope(sd: float) -> list[Record]:
        return [
            Metric(r.t_s, None, Estimate("slope_pct", -4.0, sd, "foot")) if k % 2 else r
            for r in low
            for k in range(2 if isinstance(r, Metric) and r.estimate.metric == "speed_mps" else 1)
        ]

    assert spoken(new_coach(learned_baseline()).push(on_slope(1.0)))[0] == (
        CueKind.CORRECT,
        Fault.CADENCE_LOW,
    )
    assert spoken(new_coach(learned_baseline()).push(on_slope(0.3))) == []


# ------------------------------------------------------------------ what the plan of today says

CALM = TodaysLimits(form_cues=False, silence="calm", longest_km=0.2)


def test_where_the_plan_silences_form_cues_the_bands_say_why_and_safety_notices_come() -> None:
    flow = [run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM - 12, 200), braking_impulse_bws=0.03)]
    flow += [SensorStatus(150.5, "left shoe", LinkState.SILENT, "", 100, silent_s=9.0)]
    records = new_coach(learned_baseline(), today=CALM).push(flow)
    assert spoken(records) == []
    assert not [c for c in cues_among(records) if c.withheld]
    bands = [b for b in records if isinstance(b, Band)]
    assert {b.metric for b in bands} >= {"cadence_spm", "braking_impulse_bws"}
    assert bands[-1].muted == "your plan has no cues in its calm phase"
    assert [c.wording for c in cues_among(records)] == ["longest_run", "longest_run_far", "sensor_lost"]
    assert spoken(new_coach(learned_baseline(), today=TodaysLimits()).push(flow))


def test_the_runners_own_choice_of_no_cues_is_named_before_the_plans() -> None:
    off = CueSettings(on=False, warm_up_s=0)
    records = new_coach(learned_baseline(), today=CALM, cues=off).push(
        [run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM, 60))]
    )
    assert [b.muted for b in records if isinstance(b, Band)][-1] == "cues are off"


def test_every_silence_of_the_plan_has_its_words() -> None:
    assert SILENCES.keys() == set(get_args(SilenceReason))
    for text in SILENCES.values():
        assert "Plan" in catalogue("de").translate_recorded(text)


def test_while_form_cues_are_silent_the_own_normal_is_learned_on() -> None:
    coach = new_coach(today=CALM)
    records = coach.push([run_starts(), *metric_seconds(noisy_cadence(OWN_SPM, 900))])
    assert coach.learned_s > 850  # and does not end with the first answer, as no cue will change it
    assert "cues begin" not in " ".join(c.why for c in cues_among(records))


def test_a_stopped_day_has_no_target_no_band_no_cue_and_learns_nothing() -> None:
    coach = new_coach(learned_baseline(), today=TodaysLimits(stop=True, form_cues=False))
    records = coach.push([run_starts(), *metric_seconds(noisy_cadence(TARGET_SPM - 12, 300))])
    assert not [r for r in records if isinstance(r, Band)]
    assert [c.wording for c in cues_among(records)] == ["cues_ended"]
    assert coach.learned_s == 0


@pytest.mark.parametrize("at", [20, 62, 75, 150])
def test_a_stop_in_mid_run_ends_bands_and_cues_at_once_and_notices_go_on(at: int) -> None:
    coach = new_coach(learned_baseline(), today=TodaysLimits(longest_km=0.5))
    seconds = metric_seconds(noisy_cadence(TARGET_SPM - 12, 400))
    coach.push([run_starts(), *seconds[: 2 * at]])
    ended = coach.stop(at + 0.3)
    assert [r.wording for r in ended if isinstance(r, Cue)] == ["cues_ended"]
    assert {r.muted for r in ended if isinstance(r, Band)} <= {"cues are off"}
    assert any(isinstance(r, Band) for r in ended)
    after = coach.push(
        [*seconds[2 * at :], SensorStatus(401.0, "left shoe", LinkState.SILENT, "", 9, silent_s=9.0)]
    )
    assert not [r for r in after if isinstance(r, Band)]
    assert [c.wording for c in cues_among(after)] == ["longest_run", "longest_run_far", "sensor_lost"]
    assert coach.stop(402.0) == []
