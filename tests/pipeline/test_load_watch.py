"""What a run costs is counted from what was measured, and a limit is told twice at most."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.types import Activity, Cue, CueKind, Estimate
from monitor.core.message_catalogues import catalogue
from monitor.core.session_settings import TodaysLimits
from monitor.pipeline.load_watch import PRIVATE_NOTICES, LoadWatch, UsedAllowance

RUN, WALK = Activity.RUN, Activity.WALK


def metrics(**values: float) -> dict[str, Estimate]:
    """One second's metrics; a name with ``_sd`` at its end is the SD of the one before it."""
    return {
        name: Estimate(name, value, values.get(f"{name}_sd", 0.0), "foot")
        for name, value in values.items()
        if not name.endswith("_sd")
    }


LEVEL = metrics(speed_mps=2.5, speed_mps_sd=0.025, slope_pct=0.0, slope_pct_sd=0.5)
DOWN = metrics(speed_mps=2.5, slope_pct=-4.0, slope_pct_sd=0.5)


def watched(
    limits: TodaysLimits | None, *parts: tuple[int, Mapping[str, Estimate], Activity]
) -> tuple[LoadWatch, list[Cue]]:
    watch, said, t_s = LoadWatch(limits), list[Cue](), 0.0
    for seconds, now, activity in parts:
        for _ in range(seconds):
            t_s += 1
            said += watch.second(t_s, now, activity)
    return watch, said


def wordings(said: list[Cue]) -> list[tuple[str, float]]:
    assert {c.kind for c in said} <= {CueKind.NOTICE}
    return [(c.wording, c.t_s) for c in said]


def test_distance_is_that_of_running_and_minutes_are_those_on_foot() -> None:
    load = watched(None, (600, LEVEL, RUN), (120, LEVEL, WALK), (60, LEVEL, Activity.STAND))[0].load
    assert load.distance_m == pytest.approx(1500)
    assert load.distance_sd_m == pytest.approx(15)  # a scale that is wrong stays so
    assert (load.running_s, load.on_foot_s) == (600, 720)


def test_at_the_longest_run_it_is_said_quietly_and_a_tenth_later_aloud_once_each() -> None:
    _, said = watched(TodaysLimits(longest_km=1.0), (1000, LEVEL, RUN))
    assert wordings(said) == [("longest_run", 400.0), ("longest_run_far", 440.0)]
    assert said[0].why == ("1.0 km: as far as your longest run of 30 days. Turn home, or stop at 1.1 km.")
    assert said[1].why == "1.1 km so far; your longest run of 30 days was 1.0 km."


def test_where_the_distance_is_not_known_time_is_compared() -> None:
    limits = TodaysLimits(longest_km=1.0, longest_min=10.0)
    blind = metrics(cadence_spm=170.0)
    _, said = watched(limits, (1000, blind, RUN))
    assert wordings(said) == [("longest_run", 600.0), ("longest_run_far", 660.0)]
    assert "stop at 11 min" in said[0].why
    assert watched(TodaysLimits(longest_km=1.0), (1000, blind, RUN))[1] == []


def test_a_slow_run_of_known_distance_is_not_held_against_the_minutes() -> None:
    slow = metrics(speed_mps=1.2)
    assert watched(TodaysLimits(longest_km=2.0, longest_min=10.0), (1200, slow, RUN))[1] == []


def test_half_of_the_run_without_a_speed_still_counts_what_was_measured() -> None:
    """A lower bound that reaches the limit has reached it."""
    _, said = watched(
        TodaysLimits(longest_km=1.0), (400, metrics(cadence_spm=170.0), RUN), (400, LEVEL, RUN)
    )
    assert wordings(said) == [("longest_run", 800.0)]


def test_todays_kilometres_and_the_minutes_of_the_ladder() -> None:
    _, said = watched(TodaysLimits(most_km=1.0, most_min=5.0), (1000, LEVEL, RUN))
    assert wordings(said) == [("todays_run", 400.0), ("todays_run_far", 440.0)]
    timed = TodaysLimits(most_min=10.0, timed=True)
    _, said = watched(timed, *[(60, LEVEL, RUN), (120, LEVEL, WALK)] * 5)
    assert wordings(said) == [("todays_run", 600.0), ("todays_run_far", 660.0)]


def test_what_today_allows_is_shown_as_far_as_it_is_used() -> None:
    def used(limits: TodaysLimits | None) -> UsedAllowance | None:
        return watched(limits, (600, LEVEL, RUN), (120, LEVEL, WALK))[0].allowance

    assert used(TodaysLimits(most_km=6.0)) == UsedAllowance(1.5, 6.0, "km")
    assert used(TodaysLimits(most_min=24)) == UsedAllowance(12.0, 24, "min")
    assert used(TodaysLimits(most_km=6.0, most_min=13, timed=True)) == UsedAllowance(12.0, 13, "min")
    assert used(TodaysLimits(longest_km=1.0)) is None, "that is no allowance"
    assert used(TodaysLimits(most_km=6.0, stop=True)) is None
    assert used(None) is None


def test_a_day_without_running_says_so_after_a_minute_of_it_and_walking_is_free() -> None:
    nothing = TodaysLimits(most_km=0.0)
    assert watched(nothing, (3000, LEVEL, WALK))[1] == []
    assert wordings(watched(nothing, (3000, LEVEL, RUN))[1]) == [("no_run_today", 60.0)]
    assert watched(TodaysLimits(most_km=0.0, stop=True), (3000, LEVEL, RUN))[1] == []


def test_of_two_limits_in_one_second_the_loud_one_is_left() -> None:
    limits = TodaysLimits(longest_km=1.0, most_km=1.099)
    _, said = watched(limits, (1000, LEVEL, RUN))
    assert wordings(said) == [
        ("longest_run", 400.0),
        ("longest_run_far", 440.0),
        ("todays_run_far", 484.0),
    ]


def test_descent_counts_below_two_per_cent_in_metres_and_seconds_with_their_doubt() -> None:
    load = watched(None, (1000, LEVEL, RUN), (200, DOWN, RUN), (100, DOWN, WALK))[0].load
    assert load.descent_s == 200
    assert load.descent_m == pytest.approx(200 * 2.5 * 0.04)
    assert load.descent_sd_m == pytest.approx(200 * 2.5 * 0.005, rel=0.05)
    assert load.descent_sd_s < 1
    edge = watched(None, (100, metrics(speed_mps=2.5, slope_pct=-2.1, slope_pct_sd=0.5), RUN))[0].load
    assert 40 < edge.descent_sd_s < 45  # nearly half of it may be none


def test_the_allowance_of_descent_is_told_at_all_of_it_and_a_tenth_beyond() -> None:
    _, said = watched(TodaysLimits(descent_m=10.05), (500, DOWN, RUN))
    assert wordings(said) == [("descent", 101.0), ("descent_far", 111.0)]
    assert said[0].why.startswith("10 ± 1 m downhill: ")
    assert said[1].why == "11 ± 1 m downhill; for today your plan has only 10 m."
    _, said = watched(TodaysLimits(descent_m=100.0, descent_s=60.0), (500, DOWN, RUN))
    assert wordings(said)[0] == ("descent", 60.0)


@pytest.mark.parametrize(
    "blind", [metrics(speed_mps=2.5), metrics(speed_mps=2.5, slope_pct=-9.0, slope_pct_sd=3.0)]
)
def test_a_slope_that_nobody_tells_adds_no_descent_and_that_is_said_once(
    blind: dict[str, Estimate],
) -> None:
    watch, said = watched(TodaysLimits(descent_m=10.0), (900, blind, RUN))
    assert watch.load.descent_m == watch.load.descent_s == 0
    assert wordings(said) == [("no_slope", 60.0)]
    assert watched(TodaysLimits(longest_km=99.0), (900, blind, RUN))[1] == []  # nothing to count


def test_braking_counts_beyond_what_the_level_would_have_cost() -> None:
    def braked(ratio: float) -> dict[str, Estimate]:
        return metrics(
            braking_dose_mps=500.0, braking_dose_flat_ratio=ratio, braking_dose_flat_ratio_sd=0.1
        )

    limit = TodaysLimits(speed_loss_mps=150.0)
    assert watched(limit, (10, braked(1.0), RUN))[1] == []
    assert watched(limit, (10, braked(0.8), RUN))[0].load.speed_loss_mps == 0
    watch, said = watched(limit, (10, braked(1.5), RUN))
    assert watch.load.speed_loss_mps == pytest.approx(500 / 3)
    assert wordings(said) == [("downhill", 1.0)]
    assert said[0].why == "Downhill braking has reached your limit (167 ± 22 of 150 m/s)."
    assert watched(TodaysLimits(), (10, braked(1.5), RUN))[1] == []


EVERYTHING = TodaysLimits(
    longest_km=0.9, longest_min=5.0, most_km=1.2, most_min=9.0, timed=True, descent_m=5.0, descent_s=40.0
)
SECONDS = st.tuples(
    st.integers(1, 120),
    st.sampled_from([LEVEL, DOWN, metrics(cadence_spm=170.0), metrics(speed_mps=2.5)]),
    st.sampled_from([RUN, RUN, WALK, Activity.STAND]),
)


@given(st.lists(SECONDS, max_size=25))
def test_every_notice_comes_once_and_no_quiet_one_after_its_loud_one(
    parts: list[tuple[int, Mapping[str, Estimate], Activity]],
) -> None:
    names = [c.wording for c in watched(EVERYTHING, *parts)[1]]
    assert len(names) == len(set(names))
    for name in names:
        assert f"{name}_far" not in names[: names.index(name)]


def test_nothing_quiet_follows_its_loud_one_when_the_speed_is_known_again() -> None:
    """By time, for want of a speed, the run was far too long; by its distance it is just too long."""
    unknown = metrics(cadence_spm=170.0)
    parts = (179, LEVEL, RUN), (131, LEVEL, WALK), (20, unknown, RUN), (181, LEVEL, RUN)
    _, said = watched(TodaysLimits(longest_km=0.9, longest_min=5.0), *parts)
    assert [c.wording for c in said] == ["longest_run_far"]


@given(st.lists(SECONDS, min_size=2, max_size=10), st.data())
def test_a_copied_twin_goes_on_alike(
    parts: list[tuple[int, Mapping[str, Estimate], Activity]], data: st.DataObject
) -> None:
    seconds = list(itertools.chain.from_iterable([(now, what)] * n for n, now, what in parts))
    cut, watch, twin = data.draw(st.integers(0, len(seconds))), LoadWatch(EVERYTHING), None
    said: list[list[Cue]] = []
    for t_s, (now, what) in enumerate(seconds):
        twin = copy.deepcopy(watch) if t_s == cut else twin
        said.append(watch.second(float(t_s), now, what))
    if twin is not None:
        assert [twin.second(float(t), *seconds[t]) for t in range(cut, len(seconds))] == said[cut:]
        assert twin.load == watch.load


@given(st.lists(SECONDS, max_size=15), st.floats(1.0, 3.0))
def test_a_larger_limit_is_never_reached_earlier(
    parts: list[tuple[int, Mapping[str, Estimate], Activity]], more: float
) -> None:
    def first(most_km: float) -> float:
        said = watched(TodaysLimits(most_km=most_km), *parts)[1]
        return min((c.t_s for c in said), default=float("inf"))

    assert first(0.3) <= first(0.3 * more)


def test_every_notice_is_said_in_german() -> None:
    downs = metrics(
        speed_mps=2.5, slope_pct=-5.0, slope_pct_sd=0.3,
        braking_dose_mps=900.0, braking_dose_flat_ratio=2.0, braking_dose_flat_ratio_sd=0.1,
    )  # fmt: skip
    said: list[Cue] = []
    for limits in (
        TodaysLimits(longest_km=1.0), TodaysLimits(longest_min=5.0), TodaysLimits(most_km=1.0),
        TodaysLimits(most_min=5.0), TodaysLimits(most_km=0.0), TodaysLimits(descent_m=20.0),
        TodaysLimits(descent_s=50.0), TodaysLimits(speed_loss_mps=100.0),
    ):  # fmt: skip
        said += watched(limits, (900, downs, RUN))[1]
    said += watched(TodaysLimits(descent_s=50.0), (900, metrics(speed_mps=2.5), RUN))[1]
    assert len(said) == 15
    assert PRIVATE_NOTICES - {c.wording for c in said} == {"cues_ended"}
    for language in ("en", "de"):
        texts = [catalogue(language).translate_recorded(c.why) for c in said]  # type: ignore[arg-type]
        assert len(set(texts)) == 15
        assert all(text != c.why for text, c in zip(texts, said, strict=True))
        assert not [text for text in texts if "{" in text]
    german = " ".join(texts)
    assert "1,0 km: so weit wie dein längster Lauf" in german
    assert "your" not in german
