"""What is allowed today: the tightest limit, rest, and what silences cues."""

from __future__ import annotations

import datetime
from dataclasses import replace

from monitor.core.message_catalogues import catalogue
from monitor.training.day_facts import round_down
from monitor.training.entries import AfterEntry, ManualRunEntry
from monitor.training.plan_day import Allowance, PlanDay
from monitor.training.tables import Phase
from tests.training.diary import (
    DOSES,
    DOWNHILL,
    PICKUPS,
    Diary,
    calm_then_rebuild,
    date,
    in_full,
    in_reintroduce,
    keys,
)


def may(decided: PlanDay) -> Allowance:
    assert decided.allowance is not None
    return decided.allowance


def test_a_limit_is_rounded_down() -> None:
    assert [round_down(x) for x in (5.94, 6.6, 5.999, 6.6000000001)] == [5.9, 6.6, 5.9, 6.6]


def test_48_hours_in_calm_are_from_start_to_start() -> None:
    diary = Diary().before()
    diary.declare()
    start = datetime.datetime(2026, 3, 3, 18, 30)
    diary.run(1, 5, (0, 0), start=start)
    diary.mornings(range(2, 4))
    assert not may(diary.on(2)).run
    third = diary.on(3)
    assert may(third).run
    assert may(third).earliest == start + datetime.timedelta(hours=48)
    assert "plan.today.not_before" in keys(third)


def test_the_longest_run_of_the_week_is_followed_by_rest_in_rebuild() -> None:
    diary = calm_then_rebuild()
    diary.run(8, 5.5, (1, 1))
    diary.mornings(range(8, 10))
    assert keys(diary.on(9))[0] == "plan.rest.after_longest"


def test_of_runs_that_are_all_about_alike_each_is_followed_by_rest_in_rebuild() -> None:
    """Else five runs of 5 km on five days would have no longest one, and no rest after it."""
    diary = calm_then_rebuild()
    diary.mornings(range(8, 13))
    for day, km in ((8, 5.0), (10, 4.9), (11, 4.0)):  # the last one is clearly shorter
        diary.run(day, km, (1, 1))
    assert [may(diary.on(day)).run for day in (9, 11, 12)] == [False, False, True]
    by_minutes = calm_then_rebuild()
    by_minutes.runs = [replace(run, km=None) for run in by_minutes.runs]
    by_minutes.run(8, None, (1, 1), minutes=30.0)
    by_minutes.mornings(range(8, 10))
    assert keys(by_minutes.on(9))[0] == "plan.rest.after_longest"


def test_the_week_is_full_at_its_share_of_the_reference() -> None:
    diary = Diary().before()
    diary.declare()
    for day in (0, 2, 4):
        diary.run(day, 5.9, (1, 1))
    diary.mornings(range(1, 7))
    decided = diary.on(6)
    assert decided.week is not None
    assert decided.week.left_km is not None
    assert round(decided.week.left_km, 1) == 0.3
    assert keys(decided)[0] == "plan.rest.week"


def test_runs_without_distance_are_limited_by_time() -> None:
    diary = Diary()
    for day in range(-26, 0, 2):
        diary.run(day, None, None, minutes=60.0)
    diary.declare()
    first = may(diary.on(0))
    assert (first.km, first.minutes) == (None, 30)
    name = diary.add(ManualRunEntry, 1, 18, minutes=20.0)
    diary.add(AfterEntry, 1, 19, session=name, during=4, now=0)
    diary.mornings(range(1, 4))
    assert (may(diary.on(3)).km, may(diary.on(3)).minutes) == (None, 18)


def test_calm_a_hold_and_red_silence_cues_of_form() -> None:
    diary = in_full()
    assert may(diary.on(42)).form_cues
    diary.run(43, 6, (6, 0))
    diary.mornings(range(43, 60))
    assert not may(diary.on(45)).form_cues
    assert not may(diary.on(50)).form_cues  # the hold is over, but nothing went well since
    diary.run(50, 4, (0, 0))
    assert may(diary.on(51)).form_cues
    assert not may(calm_then_rebuild().on(6)).form_cues


def test_full_running_has_no_limit_of_descent_and_shows_the_weeks() -> None:
    diary = in_full()
    diary.runs = [replace(run, descent_m=run.descent_m or 8.0) for run in diary.runs]
    decided = diary.on(43)
    assert may(decided).descent_m is None
    assert decided.week is not None
    assert decided.week.guard_descent_m is not None
    assert decided.week.monday == date(42)


def test_the_pain_of_another_morning_is_not_told_as_that_of_today() -> None:
    diary = Diary().before()
    diary.declare()
    diary.run(1, 5, (7, 5))
    diary.mornings(range(2, 3), pain=4)
    waits = diary.on(2).reasons[0].message
    assert catalogue("en").render(waits).endswith("tomorrow at the earliest, after a morning without pain.")
    assert catalogue("de").render(waits).endswith("laufen, nach einem Morgen ohne Schmerz.")
    assert keys(diary.on(5))[0] == "plan.rest.no_morning"
    diary.mornings(range(5, 6), pain=4)
    assert keys(diary.on(5))[0] == "plan.rest.morning"


def test_a_full_week_is_a_day_of_rest_on_the_ladder_too_and_never_a_run_of_no_kilometres() -> None:
    """6 km were usual, so 3.6 km a week are allowed in calm; two sessions of 1.8 km fill it."""
    diary = Diary()
    diary.declare(reference_km=6.0, longest_km=2.0, runs_10_min=False)
    diary.mornings(range(15))
    for day in (0, 2):
        diary.run(day, None, minutes=30.0, walk=True)
    for day in (7, 9):
        diary.run(day, 1.8, minutes=24.0)
    assert keys(diary.on(11))[0] == "plan.rest.week"
    assert not may(diary.on(11)).run
    assert (may(diary.on(14)).ladder, may(diary.on(14)).km) == ("w2", 3.0)
    diary.run(14, 2.4, minutes=24.0)
    diary.mornings(range(15, 17))
    assert (may(diary.on(16)).run, may(diary.on(16)).km) == (True, 1.2)
    assert "plan.limit.week" in keys(diary.on(16))  # 12 minutes of running may be more
    assert "plan.limit.week" not in keys(diary.on(14))


def test_walking_needs_nothing_of_the_week() -> None:
    diary = Diary()
    diary.declare(reference_km=4.0, longest_km=2.0)
    diary.run(0, 2.4, (6, 6), minutes=9.0)  # too much, and too short for any row of running
    diary.mornings(range(1, 3))
    assert (may(diary.on(2)).ladder, may(diary.on(2)).run) == ("walk", True)


def test_a_run_that_nobody_told_of_is_asked_about_on_the_next_day_too() -> None:
    diary = Diary().before()
    diary.declare()
    session = diary.run(1, 5, None)
    asked = [[(q.kind, q.session) for q in diary.on(day).questions] for day in (1, 2, 3)]
    assert asked == [
        [("after", session), ("morning", "")],
        [("morning", ""), ("after", session)],
        [("morning", "")],
    ]


def test_days_after_a_run_that_was_too_much_nothing_is_said_of_seven_more() -> None:
    """Seven days after it the hold is over, and what is left is to wait for a run that goes well."""
    diary = Diary().before()
    diary.declare()
    diary.run(1, 5, (7, 5))
    diary.mornings(range(2, 9))
    said = [catalogue("en").render(r.message) for r in diary.on(8).reasons]
    assert "plan.hold" not in keys(diary.on(8))
    assert not [text for text in said if "7 days" in text]
    assert [text for text in said if "before one that goes well" in text]


def test_a_bad_morning_is_no_day_to_run_whatever_was_run_before() -> None:
    """Nobody ran since the declaration; pain above 5, more swelling, and of bone any pain are a rest."""
    for tissue, fields, run in (
        ("unknown", {"pain": 5}, True),
        ("unknown", {"pain": 6}, False),
        ("unknown", {"pain": 1, "swelling": "more"}, False),
        ("bone", {"pain": 0}, True),
        ("bone", {"pain": 1}, False),
    ):
        diary = Diary().before()
        diary.declare(tissue=tissue)
        entry = diary.morning(2, **fields)  # type: ignore[arg-type]
        decided = diary.on(2)
        assert may(decided).run is run, (tissue, fields)
        if not run:
            assert decided.reasons[0].entries == (entry,)
            assert decided.reasons[0].message.key in ("plan.rest.morning", "plan.rest.swelling")


def test_a_row_of_the_ladder_allows_the_kilometres_of_its_minutes_and_not_of_the_week() -> None:
    """Eight times half a minute are no 18 km, which is what is left of this week."""
    diary = Diary().before()
    diary.declare(tissue="bone")
    decided = diary.on(1)
    assert (may(decided).ladder, may(decided).km, may(decided).minutes) == ("bone", 1.0, 12.0)
    assert decided.week is not None
    assert decided.week.left_km == 18
    said = decided.reasons[0].message
    assert catalogue("en").render(said) == "Today 8 times: run 0.5 min, walk 1 min, easy and flat."
    assert catalogue("de").render(said) == "Heute 8‑mal: 0,5 min laufen, 1 min gehen, locker und flach."


def test_a_table_of_doses_of_ones_own_decides_and_is_what_is_said() -> None:
    diary = calm_then_rebuild()
    diary.tables = replace(diary.tables, doses=replace(DOSES, red_share=0.5, growth=1.2, hold_days=3))
    diary.run(8, 5.5, (6, 6))
    diary.mornings(range(8, 11))
    held = diary.on(10)
    assert may(held).km == 2.7  # half of 5.5, rounded down
    said = [catalogue("en").render(r.message) for r in held.reasons]
    assert any("The next run is 50 % shorter" in text for text in said), said
    assert held.hold_until == date(11)
    assert diary.on(11).hold_until is None


def said(decided: PlanDay, language: str = "en") -> str:
    return "\n".join(catalogue(language).render(r.message) for r in decided.reasons)


def test_the_hours_and_days_of_an_own_table_are_what_is_said() -> None:
    diary = in_reintroduce()
    ladders, phases = diary.tables.ladders, diary.tables.phases
    diary.tables = replace(
        diary.tables,
        ladders=replace(
            ladders,
            hard=replace(ladders.hard, rest_h=72),
            tempo=replace(ladders.tempo, green_days=20),
            downhill=replace(ladders.downhill, first_rest_days=5),
        ),
        phases=phases | {Phase.REINTRODUCE: replace(phases[Phase.REINTRODUCE], one_kind_days=28)},
    )
    diary.run(15, 5.5, (1, 1), **DOWNHILL)
    diary.mornings(range(15, 21))
    close, later = diary.on(17), diary.on(18)
    assert "Running downhill: not today, 72 hours lie between two hard runs." in said(close)
    assert "which is hard, and 72 hours lie between two hard runs." in said(close)
    assert "Tempo running: after 20 days in which every run went well." in said(later)
    assert "Running downhill: not today, 120 hours lie between the first downhill sessions." in said(later)
    assert "Pickups: next week. In the first 28 days of this phase, one new thing a week." in said(later)
    assert "zwischen zwei harten Läufen liegen 72 Stunden" in said(close, "de")


def test_the_rest_after_a_red_run_and_the_limit_of_a_morning_are_those_of_an_own_table() -> None:
    diary = calm_then_rebuild()
    limits = replace(diary.tables.verdicts, red_rest_h=72, too_much=6)
    start = datetime.datetime(2026, 3, 10, 18)
    diary.run(8, 5.5, (7, 7), start=start)
    diary.mornings(range(8, 12))
    assert may(diary.on(10)).run
    diary.tables = replace(diary.tables, verdicts=limits)
    assert not may(diary.on(10)).run
    assert may(diary.on(11)).earliest == start + datetime.timedelta(hours=72)
    assert "Not before 18:00: 72 hours after the start of your last run." in said(diary.on(11))
    sore = calm_then_rebuild()
    sore.morning(8, 5.5)
    assert not may(sore.on(8)).run
    sore.tables = replace(sore.tables, verdicts=limits)
    assert may(sore.on(8)).run


def test_48_hours_between_two_hard_runs_are_from_start_to_start() -> None:
    diary = in_reintroduce()
    evening = datetime.datetime(2026, 3, 17, 18, 30)
    diary.run(15, 5.5, (1, 1), start=evening, **PICKUPS)
    diary.mornings(range(15, 20))
    assert "plan.today.hard_not_before" not in keys(diary.on(16))  # nothing hard at all
    assert may(diary.on(17)).hard
    assert "Something hard not before 18:30: 48 hours after the start of your last hard run." in said(
        diary.on(17)
    )
    assert "plan.today.hard_not_before" not in keys(diary.on(18))
    easy = in_reintroduce()
    easy.run(13, 7, (1, 1))
    easy.run(15, 5.5, (1, 1), start=evening)
    easy.mornings(range(15, 20))
    assert "plan.today.hard_not_before" not in keys(easy.on(17))


def test_72_hours_between_the_first_downhill_sessions_are_from_start_to_start() -> None:
    diary = in_reintroduce()
    diary.run(15, 5.5, (1, 1), start=datetime.datetime(2026, 3, 17, 18, 30), **DOWNHILL)
    diary.mornings(range(15, 20))
    third = diary.on(18)
    assert [s.kind for s in may(third).stressors] == ["downhill"]
    assert "Downhill not before 18:30: 72 hours after the start of your last downhill session." in said(
        third
    )
    assert "plan.today.hard_not_before" not in keys(third)
    assert "plan.today.downhill_not_before" not in keys(diary.on(19))


def red_once() -> Diary:
    """A RED run on day 8, before which no morning hurt."""
    diary = calm_then_rebuild()
    diary.run(8, 5.5, (6, 4))
    return diary


def test_a_little_more_pain_than_before_a_red_run_is_no_rest_for_good() -> None:
    diary = red_once()
    diary.mornings(range(8, 9)).mornings(range(9, 30), pain=1)
    assert [may(diary.on(day)).run for day in (10, 14)] == [False, False]
    assert "You can run again after a morning without pain." in said(diary.on(14))
    assert may(diary.on(15)).run  # the hold of seven days is over, and 1 is a calm morning
    worse = red_once()
    worse.mornings(range(8, 9)).mornings(range(9, 30), pain=2)
    assert not may(worse.on(29)).run
    assert "You can run again after a morning with pain of 1 at most." in said(worse.on(15))
    assert "plan.advice.not_settling" not in keys(worse.on(21))
    assert "plan.advice.not_settling" in keys(worse.on(22))
    sore = calm_then_rebuild()
    sore.mornings(range(8, 30), pain=6)  # after a run on day 5 that was well
    assert sore.on(18).phase is Phase.REBUILD
    assert "plan.advice.not_settling" not in keys(sore.on(18))
    assert "plan.advice.not_settling" in keys(sore.on(19))
    bone = Diary().before()
    bone.declare(tissue="bone")
    bone.run(2, 1.0, (1, 0), minutes=12.0)
    bone.mornings(range(1, 20), pain=1)
    assert not may(bone.on(19)).run
