"""Today's strength: what is done, which load is next, and what is worth a remark."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.message_catalogues import catalogue
from monitor.training.entries import StrengthEntry
from monitor.training.evidence_timeline import evidence_of
from monitor.training.plan_settings import PlanSettings
from monitor.training.plan_state import PlanRules, PlanState
from monitor.training.strength_today import StrengthItem, StrengthToday, lighter_reasons, strength_today
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Phase
from tests.training.diary import TABLES, Diary, calm_then_rebuild, date, keys

RULES = PlanRules(settings=PlanSettings(sex="woman", born_year=1991), tables=shipped_tables())


def today(diary: Diary, day: int, phase: Phase = Phase.REBUILD) -> StrengthToday:
    state = PlanState(phase=phase, since=date(0))
    return strength_today(state, evidence_of(diary.entries, diary.runs, date(day), TABLES), RULES)


def item(diary: Diary, day: int, name: str = "calf_raise_bent") -> StrengthItem:
    (found,) = (i for i in today(diary, day).items if i.exercise.name == name)
    return found


def lift(diary: Diary, day: int, **fields: object) -> str:
    given = {"exercise": "calf_raise_bent", "sets": 3, "reps": 10} | fields
    return diary.add(StrengthEntry, day, 19, **given)


def test_the_checklist_is_that_of_the_phase_and_empty_while_a_flag_stands() -> None:
    assert [i.exercise.name for i in today(Diary(), 1, Phase.CALM).items] == [
        "knee_flexion_hold", "calf_press_hold",
    ]  # fmt: skip
    assert today(Diary(), 1, Phase.NONE) == StrengthToday()
    diary = Diary()
    diary.flag(1)
    assert today(diary, 2) == StrengthToday()


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        (PlanSettings(), "born_year, sex"),
        (PlanSettings(sex="woman"), "born_year"),
        (PlanSettings(born_year=1974), "sex"),
        (PlanSettings(sex="woman", born_year=1974), ""),
        (PlanSettings(articles_gates=True), ""),
    ],
)
def test_without_age_or_sex_the_phases_that_need_them_say_so_before_any_test(
    given: PlanSettings, lacking: str
) -> None:
    rules = PlanRules(settings=given, tables=shipped_tables())
    evidence = evidence_of([], [], date(1), TABLES)
    for phase in Phase:
        remarks = strength_today(PlanState(phase=phase, since=date(0)), evidence, rules).remarks
        told = [r.message.values["names"] for r in remarks if r.message.key == "plan.strength.no_norm"]
        waits = lacking and phase in (Phase.REBUILD, Phase.REINTRODUCE)
        assert told == ([lacking] if waits else []), phase


def test_nothing_done_yet_is_told_as_nothing() -> None:
    found = item(Diary(), 1)
    assert (found.sets_done, found.done, found.last_day, found.loads) == (0, False, None, ())
    assert (found.lighter, found.remarks) == (None, ())


def test_rest_between_sets_comes_from_the_table() -> None:
    assert 120 <= (item(Diary(), 1).rest_s or 0) <= 180  # Beyer 2015: two to three minutes
    assert {i.rest_s for i in today(Diary(), 1, Phase.FULL).items} == {None}


def test_sets_count_where_both_legs_have_them() -> None:
    diary = Diary()
    lift(diary, 1, side="left")
    assert not item(diary, 1).done
    lift(diary, 1, side="right", sets=2)
    assert item(diary, 1).sets_done == 2
    lift(diary, 1, sets=1)
    assert item(diary, 1).done
    assert not item(diary, 2).done


def test_a_benchmark_is_no_session() -> None:
    diary = Diary()
    lift(diary, 1, benchmark=True)
    assert item(diary, 1).sets_done == 0
    assert item(diary, 2).last_day is None


def test_the_load_stays_and_is_never_raised() -> None:
    diary = Diary()
    lift(diary, 1, side="left", load_kg=20.0, pain=3)
    lift(diary, 1, side="right", load_kg=24.0)
    diary.morning(2, 0)
    found = item(diary, 3)
    assert [(x.side, x.last_kg, x.next_kg) for x in found.loads] == [("left", 20, 20), ("right", 24, 24)]
    assert found.lighter is None


def test_pain_above_3_in_an_exercise_is_a_fifth_lighter_with_its_entry() -> None:
    diary = Diary()
    lift(diary, 1, side="left", load_kg=20.0)
    entry = lift(diary, 1, side="right", load_kg=21.0, pain=4)
    found = item(diary, 3)
    assert found.lighter is not None
    assert (found.lighter.entries, found.lighter.grade) == ((entry,), "B")
    assert [x.next_kg for x in found.loads] == [16, 16.5]
    lift(diary, 3, load_kg=16.0, pain=1)
    assert item(diary, 5).lighter is None
    assert item(diary, 5).loads[0].next_kg == 16


def test_the_pain_of_an_exercise_that_an_own_table_allows_is_what_is_said() -> None:
    diary = Diary()
    lift(diary, 1, load_kg=20.0, pain=3)
    assert item(diary, 3).lighter is None
    own = replace(TABLES, verdicts=replace(TABLES.verdicts, exercise=2))
    rules, state = (
        PlanRules(settings=RULES.settings, tables=own),
        PlanState(phase=Phase.REBUILD, since=date(0)),
    )
    evidence = evidence_of(diary.entries, diary.runs, date(3), own)
    (lighter,) = lighter_reasons(state, evidence, rules)
    assert "it hurt 3 out of 10 last time, and 2 is enough" in catalogue("en").render(lighter.message)


def test_of_bone_any_pain_in_an_exercise_is_lighter() -> None:
    diary = Diary()
    diary.declare(tissue="bone")
    lift(diary, 2, load_kg=10, pain=1)
    found = item(diary, 4)
    assert found.lighter is not None
    assert "bone" in catalogue("en").render(found.lighter.message)
    lift(diary, 4, load_kg=8, pain=0)
    assert item(diary, 6).lighter is None


@pytest.mark.parametrize(
    ("morning", "lighter"),
    [
        ({"pain": 1}, False),
        ({"pain": 4}, True),
        ({"pain": 1, "swelling": "more"}, True),
        ({"pain": 1, "as_before": False}, True),
        (None, False),
    ],
)
def test_a_red_morning_after_is_a_fifth_lighter(morning: dict[str, object] | None, lighter: bool) -> None:
    diary = Diary().mornings(range(-2, 2), 1)
    diary.add(StrengthEntry, 1, 19, exercise="split_squat", sets=2, load_kg=10.0)
    if morning is not None:
        diary.morning(2, **morning)  # type: ignore[arg-type]
    found = item(diary, 3, "split_squat")
    assert (found.lighter is not None) is lighter
    assert found.loads[0].next_kg == (8 if lighter else 10)


def test_too_soon_is_told_where_hours_belong_between() -> None:
    diary = Diary()
    lift(diary, 1)
    lift(diary, 1, exercise="side_hip")
    (remark,) = item(diary, 2).remarks
    assert remark.message.key == "plan.strength.too_soon"
    assert remark.message.values["n"] == 1
    assert item(diary, 3).remarks == ()
    assert item(diary, 2, "side_hip").remarks == ()


def heavy(diary: Diary, day: int, phase: Phase) -> list[str]:
    return [r.message.key.removeprefix("plan.strength.") for r in today(diary, day, phase).remarks]


def test_heavy_legs_belong_on_the_day_after_a_hard_run() -> None:
    diary = Diary()
    diary.run(1, 5.0, pickups=10)
    assert heavy(diary, 1, Phase.REINTRODUCE) == ["tomorrow"]
    assert heavy(diary, 2, Phase.REINTRODUCE) == ["after_hard"]
    assert heavy(diary, 3, Phase.REINTRODUCE) == ["not_before"]
    assert heavy(diary, 3, Phase.REBUILD) == []
    assert heavy(diary, 2, Phase.CALM) == []  # holds leave no heavy legs


def test_a_lighter_exercise_is_a_reason_of_the_day() -> None:
    diary = calm_then_rebuild()
    entry = lift(diary, 7, pain=5, load_kg=20.0)
    reasons = {r.message.key: r.entries for r in diary.on(8).reasons}
    assert reasons["plan.strength.lighter"] == (entry,)
    assert "plan.strength.lighter" not in keys(calm_then_rebuild().on(8))


@settings(deadline=None)
@given(
    loads=st.lists(st.floats(0, 200), min_size=1, max_size=4),
    pain=st.floats(0, 10),
    more=st.floats(0, 10),
)
def test_more_pain_never_means_a_heavier_load(loads: list[float], pain: float, more: float) -> None:
    def next_loads(worst: float) -> list[float]:
        diary = Diary()
        for load in loads:
            lift(diary, 1, load_kg=load, pain=worst)
        return [x.next_kg for x in item(diary, 2).loads]

    less, much = next_loads(min(pain, more)), next_loads(max(pain, more))
    assert all(a >= b for a, b in zip(less, much, strict=True))
    assert all(kg <= max(loads) for kg in less)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_remark_has_its_words(language: str) -> None:
    words = catalogue(language)  # type: ignore[arg-type]
    diary = Diary()
    diary.run(1, 5.0, pickups=10)
    lift(diary, 1, pain=6)
    day = today(diary, 2)
    lighter = [i.lighter for i in day.items if i.lighter is not None]
    reasons = [*day.remarks, *lighter, *(r for i in day.items for r in i.remarks)]
    assert len([words.render(r.message) for r in reasons]) == 3
