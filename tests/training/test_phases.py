"""The phases: checkpoints met, not met, unknown; back and forward."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from monitor.training.entries import DeclareEntry, MorningEntry
from monitor.training.evidence_timeline import evidence_of
from monitor.training.plan_day import PlanDay
from monitor.training.plan_settings import PlanSettings
from monitor.training.tables import Phase
from monitor.training.verdict import Verdict
from tests.training.diary import (
    DOWNHILL,
    MONDAY,
    PICKUPS,
    TABLES,
    Diary,
    calm_then_rebuild,
    date,
    in_full,
    in_reintroduce,
    keys,
    phases,
)


def met(decided: PlanDay) -> dict[str, bool | None]:
    return {c.name: c.met for c in decided.checkpoints}


def test_a_checkpoint_names_the_entries_that_decided() -> None:
    diary = calm_then_rebuild()
    by_name = {c.name: c for c in diary.on(6).checkpoints}
    mornings = [e.id for e in diary.entries if isinstance(e, MorningEntry)]
    assert set(by_name["mornings"].entries) == set(mornings[3:6])
    assert set(by_name["two_green"].entries) > {mornings[3], mornings[5]}


@pytest.mark.parametrize(
    ("change", "name", "state"),
    [
        ({"pain": 2.0}, "mornings", False),
        ({"tender": "more"}, "tender", False),
        ({"tender": None}, "tender", None),
    ],
)
def test_a_morning_that_holds_rebuild_back(
    change: dict[str, object], name: str, state: bool | None
) -> None:
    diary = calm_then_rebuild()
    at = len(diary.entries) - 1  # the morning of day 7
    diary.entries[at] = dataclasses.replace(diary.entries[at], **change)  # type: ignore[type-var]
    assert diary.on(7).phase is Phase.CALM
    assert met(diary.on(7))[name] is state


def test_of_bone_three_mornings_without_pain_are_needed() -> None:
    diary = Diary().before()
    diary.declare(tissue="bone")
    diary.mornings(range(5))
    assert met(diary.on(4))["painless_mornings"] is True
    diary.morning(4, 1)
    assert met(diary.on(4))["painless_mornings"] is False
    assert "mornings" not in met(diary.on(4))


def test_a_missing_morning_is_unknown_and_not_green() -> None:
    diary = calm_then_rebuild()
    diary.entries.pop()
    assert (diary.on(7).phase, met(diary.on(7))["mornings"]) == (Phase.CALM, None)


def test_reintroduce_waits_for_a_green_last_run_even_when_all_else_is_there() -> None:
    diary = calm_then_rebuild().lift(7, 9, 11, 13, 15, 17, 19).benchmark(12)
    diary.run(8, 5, (1, 1))
    diary.run(10, 5, (6, 1))
    diary.mornings(range(8, 20))
    decided = diary.on(19)
    assert decided.phase is Phase.REBUILD
    assert [name for name, is_met in met(decided).items() if not is_met] == ["last_green"]


def test_a_run_of_unknown_distance_leaves_the_five_kilometres_unknown() -> None:
    diary = calm_then_rebuild()
    diary.mornings(range(8, 11))
    diary.run(8, 4, (1, 1))
    assert {c.name: c.met for c in diary.on(9).checkpoints}["five_km"] is False
    diary.run(9, None, (1, 1), minutes=40.0)
    unknown = next(c for c in diary.on(10).checkpoints if c.name == "five_km")
    assert (unknown.met, unknown.message.key) == (None, "plan.check.five_km_no_distance")
    diary.run(10, None, None, minutes=40.0)
    waiting = next(c for c in diary.on(10).checkpoints if c.name == "five_km")
    assert waiting.message.key == "plan.check.five_km_no_distance"
    silent = calm_then_rebuild()
    silent.run(8, 6, None)
    silent.mornings(range(8, 10))
    asked = next(c for c in silent.on(9).checkpoints if c.name == "five_km")
    assert (asked.met, asked.message.key, asked.entries) == (None, "plan.check.five_km", ())


def test_three_missed_strength_sessions_hold_rebuild() -> None:
    diary = in_reintroduce()
    assert diary.on(14).phase is Phase.REINTRODUCE
    diary.entries = [e for e in diary.entries if getattr(e, "exercise", "") != "split_squat"]
    assert diary.on(14).phase is Phase.REBUILD
    assert met(diary.on(14))["strength"] is False


def test_from_full_one_red_is_a_hold_and_the_second_in_seven_days_is_calm() -> None:
    diary = in_full()
    diary.run(43, 6, (6, 2))
    diary.mornings(range(43, 47))
    held = diary.on(45)
    assert (held.phase, held.hold_until) == (Phase.FULL, date(50))
    assert held.allowance is not None
    assert not held.allowance.hard
    diary.run(46, 4.8, (6, 2))
    assert diary.on(46).phase is Phase.CALM


def test_from_reintroduce_two_red_lead_to_rebuild_and_the_stressor_added_last_is_off() -> None:
    diary = in_reintroduce()
    diary.run(15, 5, (1, 1), pickups=10)
    diary.run(17, 5, (6, 1))
    diary.mornings(range(15, 25))
    once = diary.on(19)
    assert once.phase is Phase.REINTRODUCE
    assert "plan.not_offered.off" in keys(once)
    diary.run(20, 4, (6, 1))
    assert diary.on(20).phase is Phase.REBUILD
    assert phases(diary, 24)[20] is Phase.REBUILD  # the same two lead no further back
    assert diary.on(24).phase is Phase.REBUILD


def test_three_red_in_fourteen_days_lead_to_calm_with_advice() -> None:
    diary = in_reintroduce()
    for day in (15, 22, 28):
        diary.run(day, 5, (6, 1))
    diary.mornings(range(15, 30))
    decided = diary.on(28)
    assert decided.phase is Phase.CALM
    assert "plan.advice.not_settling" in keys(decided)


def test_three_weeks_in_calm_that_do_not_settle_are_told() -> None:
    diary = Diary().before()
    diary.declare()
    for day in range(1, 21, 4):
        diary.run(day, 3, (4, 2))
    diary.mornings(range(1, 22))
    assert "plan.advice.not_settling" in keys(diary.on(21))
    assert "plan.advice.not_settling" not in keys(diary.on(20))


def test_three_weeks_of_bad_mornings_are_told_without_any_run() -> None:
    diary = Diary().before()
    diary.declare()
    diary.mornings(range(22), pain=6)
    assert "plan.advice.not_settling" not in keys(diary.on(20))
    assert "plan.advice.not_settling" in keys(diary.on(21))


def test_three_weeks_without_a_calm_morning_are_told_though_every_run_is_green() -> None:
    """Pain of 2 every morning is usual, so runs are GREEN, and calm cannot end."""
    diary = Diary().before()
    diary.declare()
    for day in range(2, 40, 3):
        diary.run(day, 4, (1, 1))
    diary.mornings(range(40), pain=2)
    verdicts = evidence_of(diary.entries, diary.runs, date(39), TABLES).verdicts
    assert {v.verdict for v in verdicts if v.run.day >= MONDAY} == {Verdict.GREEN}
    assert "plan.advice.not_settling" not in keys(diary.on(20))
    assert "plan.advice.not_settling" in keys(diary.on(21))
    diary.morning(22, 1)
    assert "plan.advice.not_settling" in keys(diary.on(22))  # the worst answer of a morning counts
    diary.entries = [e for e in diary.entries if e.day != date(24)]
    diary.morning(24, 1)
    assert "plan.advice.not_settling" not in keys(diary.on(24))
    free = replace(TABLES, verdicts=replace(TABLES.verdicts, calm_morning=2))
    diary.tables = free
    assert phases(diary, 30) == {0: Phase.CALM, 7: Phase.REBUILD}


def test_two_good_runs_long_ago_do_not_hide_three_weeks_that_do_not_settle() -> None:
    diary = Diary().before()
    diary.declare()
    for day in (1, 3):
        diary.run(day, 4, (1, 1))
    for day in range(6, 40, 4):
        diary.run(day, 3, (4, 2))
    diary.mornings(range(1, 40), pain=1)
    assert "plan.advice.not_settling" not in keys(diary.on(22))
    assert "plan.advice.not_settling" in keys(diary.on(23))


def test_who_cannot_run_ten_minutes_walks_first() -> None:
    diary = Diary().before()
    diary.declare(runs_10_min=False)
    first = diary.on(0)
    assert first.allowance is not None
    assert (first.allowance.ladder, first.allowance.walk) == ("walk", True)
    other = Diary().before()
    other.declare()
    assert other.on(1).allowance is not None
    other.run(1, 1.5, (6, 0), minutes=9.0)
    after = other.on(3)
    assert after.allowance is not None
    assert after.allowance.ladder == "walk"


def on_the_ladder(pains: dict[int, float], last: int) -> Diary:
    """Every session that the ladder offers, with this pain on these days and none on the others."""
    diary = Diary().before()
    diary.declare(runs_10_min=False)
    diary.mornings(range(last + 1))
    for day in range(last):
        allowance = diary.on(day).allowance
        assert allowance is not None
        if allowance.run:
            pain = pains.get(day, 0)
            diary.run(day, None, (pain, pain), minutes=allowance.minutes, walk=allowance.walk)
    return diary


def rows(diary: Diary, *days: int) -> list[str]:
    return [allowance.ladder for day in days if (allowance := diary.on(day).allowance) is not None]


def test_a_hold_keeps_the_row_of_the_ladder_and_two_green_sessions_in_it_count_when_it_ends() -> None:
    """RED on day 12: a row down, two GREEN sessions by day 17, and nothing is raised before day 19."""
    diary = on_the_ladder({12: 6}, 19)
    assert rows(diary, 12, 14, 17, 18, 19) == ["w2", "w2", "w2", "w2", "w3"]
    assert [day for day in range(12, 20) if "plan.hold" in keys(diary.on(day))] == [*range(12, 19)]


def test_a_clinician_is_to_be_asked_from_the_second_red_on_also_on_days_of_rest() -> None:
    diary = on_the_ladder({8: 6, 16: 6}, 17)
    assert rows(diary, 7, 9, 15, 17) == ["w2", "w1", "w2", "walk"]
    assert "plan.advice.ladder" not in keys(diary.on(15))
    for day in (16, 17):
        assert "plan.advice.ladder" in keys(diary.on(day))


def test_who_ran_nothing_known_walks_first_unless_runs_are_told() -> None:
    diary = Diary()
    diary.declare()
    assert diary.on(0).allowance is not None
    assert diary.on(0).allowance.ladder == "walk"  # type: ignore[union-attr]
    told = Diary()
    told.declare(reference_km=40.0, longest_km=16.0)
    decided = told.on(0)
    assert decided.allowance is not None
    assert decided.week is not None
    assert (decided.allowance.ladder, decided.allowance.km, decided.week.limit_km) == ("", 8, 24)


def test_the_longest_run_that_was_told_holds_over_those_that_are_stored() -> None:
    """A run on the day of the declaration, as it was allowed, is not the longest of 30 days."""
    diary = Diary()
    diary.declare(reference_km=30.0, longest_km=12.0)
    assert diary.on(0).allowance.km == 6.0  # type: ignore[union-attr]
    diary.run(0, 6.0, (1, 1))
    diary.mornings(range(1, 3))
    assert diary.on(2).allowance.km == 6.0  # type: ignore[union-attr]
    stored = Diary().before()
    stored.declare()
    assert stored.on(0).allowance.km == 6.0  # type: ignore[union-attr]


def test_a_new_declaration_begins_again_and_a_correction_of_it_does_not() -> None:
    diary = in_reintroduce()
    first = next(e for e in diary.entries if isinstance(e, DeclareEntry))
    diary.add(DeclareEntry, 15, 6, replaces=first.id, tissue="joint")
    assert diary.on(15).phase is Phase.REINTRODUCE
    diary.add(DeclareEntry, 16, 6, tissue="joint")
    assert diary.on(16).phase is Phase.CALM


def test_a_corrected_declaration_counts_from_then_on() -> None:
    """300 km a week and 120 km were typed where 30 and 12 were meant."""
    diary = Diary()
    first = diary.declare(reference_km=300.0, longest_km=120.0)
    diary.run(0, 5, (1, 1))
    diary.mornings(range(1, 3))
    diary.add(DeclareEntry, 0, 7, on=2, replaces=first, reference_km=30.0, longest_km=12.0)
    before, after = diary.on(1), diary.on(2)
    assert (before.week.limit_km, after.week.limit_km) == (180, 18)  # type: ignore[union-attr]
    assert (after.longest_km, after.phase, after.since) == (12, Phase.CALM, date(0))
    assert "plan.change.declared" not in keys(after)


def test_a_correction_that_asks_for_the_ladder_leads_to_it() -> None:
    diary = calm_then_rebuild()
    first = next(e for e in diary.entries if isinstance(e, DeclareEntry))
    diary.add(DeclareEntry, 0, 9, on=7, replaces=first.id, tissue="bone")
    diary.mornings(range(8, 10))
    assert phases(diary, 8) == {0: Phase.CALM, 7: Phase.CALM}
    assert rows(diary, 6, 7, 8) == ["", "bone", "bone"]
    assert "plan.change.bone" in keys(diary.on(7))
    short = Diary().before()
    name = short.declare()
    short.add(DeclareEntry, 0, 9, on=1, replaces=name, runs_10_min=False)
    assert rows(short, 0, 1) == ["", "walk"]


def test_a_bone_that_was_a_slip_leaves_no_ladder_behind() -> None:
    """From the correction on that is allowed which would have been allowed without the slip."""
    slip, never = Diary().before(), Diary().before()
    first = slip.declare(tissue="bone", longest_km=12.0)
    never.declare(longest_km=12.0)
    assert rows(slip, 0) == ["bone"]
    slip.add(DeclareEntry, 0, 9, on=1, replaces=first, tissue="unknown", longest_km=12.0)
    now = slip.on(1)
    assert now.allowance == never.on(1).allowance
    assert now.allowance.km == 6.0  # type: ignore[union-attr]
    assert "plan.change.not_bone" in keys(now)


def test_who_left_the_ladder_of_the_bone_begins_calm_anew_with_the_runs_of_thirty_days() -> None:
    diary = Diary().before()
    first = diary.declare(tissue="bone", longest_km=12.0)
    diary.mornings(range(1, 42))
    for day in range(1, 39, 3):
        diary.run(day, 3.0, (0, 0), minutes=24.0)
    assert rows(diary, 39) != [""]
    diary.add(DeclareEntry, 0, 9, on=40, replaces=first, tissue="joint", longest_km=12.0)
    left = diary.on(40)
    assert left.allowance is not None
    assert (left.phase, left.since, left.allowance.ladder) == (Phase.CALM, date(40), "")
    assert left.allowance.km == 1.5  # half of the longest of 30 days, which is no longer 12 km
    assert diary.on(41).phase is Phase.CALM


def test_who_walks_for_another_reason_goes_on_without_the_row_of_the_bone() -> None:
    unable = Diary().before()
    first = unable.declare(tissue="bone", runs_10_min=False)
    assert rows(unable, 0) == ["bone"]
    unable.add(DeclareEntry, 0, 9, on=1, replaces=first, tissue="unknown", runs_10_min=False)
    assert rows(unable, 1) == ["w1"]
    found = on_the_ladder({}, 7)  # on its second row, and then a clinician says that it is the bone
    first = next(e.id for e in found.entries if isinstance(e, DeclareEntry))
    found.add(DeclareEntry, 0, 9, on=8, replaces=first, tissue="bone", runs_10_min=True)
    found.add(DeclareEntry, 0, 9, on=9, replaces=first, tissue="unknown", runs_10_min=True)
    assert rows(found, 8, 9) == ["bone", "w1"]
    rested = Diary().before()
    first = rested.declare(tissue="bone")
    rested.add(DeclareEntry, 0, 9, on=40, replaces=first, tissue="unknown")
    assert rows(rested, 39, 40) == ["walk", "walk"]  # after four weeks without a run


def test_a_clearance_names_the_warning_signs_that_it_ended() -> None:
    diary = in_reintroduce()
    earlier, cleared = diary.flag(15), diary.clear(16)
    later, again = diary.flag(17), diary.clear(18)
    changed = [c.reason.entries for c in diary.on(18).changes[-2:]]
    assert changed == [(cleared, earlier), (again, later)]


def test_who_ran_nothing_for_four_weeks_since_the_declaration_walks_first() -> None:
    diary = Diary()
    diary.declare(reference_km=30.0, longest_km=12.0)
    diary.mornings(range(1, 40))
    assert rows(diary, 28, 29, 39) == ["", "walk", "walk"]


@pytest.mark.parametrize(("week_km", "longest_km"), [(1.5, 5.0), (5.0, 5.0), (6.0, 4.0)])
def test_a_short_usual_week_is_no_dead_end(week_km: float, longest_km: float) -> None:
    """60 % of 1.5 km are less than any run, 80 % of 5 km less than the run that the next phase asks for."""
    diary = Diary(settings=PlanSettings(sex="woman", born_year=1991, long_run_km=5.0))
    diary.declare(reference_km=week_km, longest_km=longest_km)
    for day in range(70):
        diary.morning(day)
        allowed = diary.on(day).allowance
        assert allowed is not None
        if allowed.run and allowed.km:
            hard = {s.kind for s in allowed.stressors}
            kind = DOWNHILL if "downhill" in hard else PICKUPS if "pickups" in hard else {}
            diary.run(day, allowed.km, (0, 0), **kind)
        diary.lift(day)
        if day in (10, 50):
            diary.benchmark(day)
    reached = {c.phase for c in diary.on(69).changes}
    assert Phase.REINTRODUCE in reached


def test_who_says_that_the_longest_run_was_none_walks_first() -> None:
    diary = Diary()
    diary.declare(reference_km=0.0, longest_km=0.0)
    assert rows(diary, 0) == ["walk"]
    assert diary.on(0).longest_km is None


def test_answers_in_a_heap_move_one_phase_a_day() -> None:
    diary = Diary().before()
    diary.declare()
    for day in range(1, 28, 2):
        diary.run(day, 5, (1, 1))
    for day in range(1, 29):
        diary.morning(day, on=28)
    diary.lift(*range(7, 28, 2)).benchmark(12)
    assert diary.on(27).phase is Phase.CALM
    assert diary.on(28).phase is Phase.REBUILD


def test_a_correction_made_later_leaves_past_decisions_and_counts_from_then_on() -> None:
    diary = calm_then_rebuild()
    diary.run(8, 5.5, (6, 1))
    wrong = diary.entries[-1].id  # type: ignore[union-attr]
    diary.mornings(range(8, 12))
    assert diary.on(9).verdict is Verdict.RED
    corrected = dataclasses.replace(
        next(e for e in diary.entries if getattr(e, "id", "") == wrong),  # type: ignore[type-var]
        id="corrected",
        during=1.0,
        replaces=wrong,
        made_utc=diary.entries[-1].made_utc,  # type: ignore[union-attr]
    )
    diary.entries.append(corrected)
    assert diary.on(9).verdict is Verdict.RED
    assert diary.on(11).verdict is Verdict.GREEN


@pytest.mark.parametrize("settings", [{"born_year": 1850}, {"long_run_km": 0.5}])
def test_settings_have_limits(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        PlanSettings(**settings)  # type: ignore[arg-type]
