"""Red flags: the most urgent answer, until somebody cleared the runner."""

from __future__ import annotations

import pytest

from monitor.core.message_catalogues import catalogue
from monitor.training.red_flags import stop_answer
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Phase
from tests.training.diary import Diary, calm_then_rebuild, in_full
from tests.training.test_entries import entry

FLAGS = shipped_tables().flags


@pytest.mark.parametrize(
    ("flag", "answer"),
    [
        ("chest", "emergency_call"),
        ("calf_hot", "emergency_department"),
        ("foot_cold", "emergency"),
        ("hot_knee_fever", "emergency_department"),
        ("locked", "today"),
        ("saddle", "emergency"),
        ("night_pain", "this_week"),
        ("bone_point", "this_week_no_impact"),
        ("cramp_at_distance", "this_week"),
        ("giving_way", "this_week"),
        ("low_energy", "this_month"),
        ("of another version", "today"),
    ],
)
def test_each_flag_has_its_graded_answer(flag: str, answer: str) -> None:
    stop = stop_answer([entry("flag", flag=flag)], FLAGS, "")
    assert stop is not None
    assert stop.answer == answer
    assert "112" not in catalogue("en").render(stop.message)


def test_the_most_urgent_flag_answers_with_the_number_of_the_settings() -> None:
    ticked = [entry("flag", "a", flag="giving_way"), entry("flag", "b", flag="chest")]
    stop = stop_answer(ticked, FLAGS, "112")
    assert stop is not None
    assert stop.flags == ("chest", "giving_way")
    assert catalogue("de").render(stop.message).startswith("Hör auf zu laufen und ruf jetzt 112 an")


def test_only_a_later_clearance_ends_stop() -> None:
    flag = entry("flag", "a", day=5)
    assert stop_answer([flag, entry("cleared", "b", day=4)], FLAGS, "") is not None
    assert stop_answer([flag, entry("cleared", "b", day=5, hour=9)], FLAGS, "") is None
    late = entry("flag", "c", day=3, made_on=7)
    assert stop_answer([entry("cleared", "b", day=5), late], FLAGS, "") is not None


def test_a_flag_without_a_plan_stops_too_and_cleared_leaves_no_plan() -> None:
    diary = Diary()
    diary.flag(3)
    assert diary.on(2).phase is Phase.NONE
    assert diary.on(2).allowance is None
    assert diary.on(4).phase is Phase.STOP
    diary.clear(5)
    assert diary.on(5).phase is Phase.NONE


def test_a_flag_that_was_cleared_on_the_same_day_leads_to_calm_all_the_same() -> None:
    diary = calm_then_rebuild()
    diary.flag(8)
    diary.clear(8)
    decided = diary.on(8)
    assert (decided.phase, decided.stop) == (Phase.CALM, None)
    assert decided.allowance is not None
    assert decided.allowance.walk


def test_a_mistaken_tick_that_is_taken_back_leaves_the_phase_as_it_was() -> None:
    diary = in_full()
    name = diary.flag(43)
    diary.add(type(entry("withdrawn")), 43, 20, on=44, replaces=name)
    assert diary.on(43).phase is Phase.STOP
    assert diary.on(44).phase is Phase.FULL
