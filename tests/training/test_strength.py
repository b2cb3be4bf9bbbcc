"""Strength: norms by age and sex, benchmarks, adherence."""

from __future__ import annotations

import pytest

from monitor.training.entries import StrengthEntry
from monitor.training.evidence_timeline import evidence_of
from monitor.training.strength import (
    attendance_checkpoint,
    benchmark_checkpoints,
    heel_raise_norm,
    strength_adherence,
)
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Phase
from tests.training.diary import Diary, date

TABLES = shipped_tables()


@pytest.mark.parametrize(
    ("age", "sex", "norm"),
    [
        (25, "man", 37), (25, "woman", 30), (35, "man", 32), (35, "woman", 27), (45, "man", 28),
        (45, "woman", 24), (52, "man", 23), (52, "woman", 21), (65, "man", 19), (80, "woman", 19),
        (18, "man", 37), (None, "man", None), (40, "", None),
    ],
)  # fmt: skip
def test_norms_of_heel_raises(age: int | None, sex: str, norm: int | None) -> None:
    assert heel_raise_norm(TABLES.norms, age, sex) == norm


def met(diary: Diary, needed: int | None = 20, since: int | None = None) -> dict[str, bool | None]:
    begin = None if since is None else date(since)
    evidence = evidence_of(diary.entries, diary.runs, date(30), TABLES)
    checks = benchmark_checkpoints(evidence, TABLES.norms, needed, 12, begin)
    return {c.name: c.met for c in checks}


def test_what_was_not_tested_or_has_no_norm_is_unknown() -> None:
    assert set(met(Diary()).values()) == {None}
    tested = met(Diary().benchmark(3), needed=None)
    assert (tested["heel_left"], tested["heel_even"], tested["curl_left"]) == (None, True, True)
    assert met(Diary().benchmark(3), since=4)["heel_left"] is None


def test_the_last_benchmark_of_a_side_counts() -> None:
    diary = Diary().benchmark(3, ("heel_raise", "both", 30))
    diary.benchmark(9, ("heel_raise", "left", 18))
    assert met(diary) | {"curl_left": None} == {
        "heel_left": False, "heel_right": True, "heel_even": False, "curl_left": None, "curl_right": None,
    }  # fmt: skip


def test_what_another_phase_asks_for_is_no_session_of_this_one() -> None:
    """Daily holds of calm that go on after it: seven of three sessions would be done, and none was."""
    diary = Diary()
    for day in range(7, 14):
        diary.add(StrengthEntry, day, 20, exercise="calf_press_hold", sets=3)
    diary.add(StrengthEntry, 13, 20, exercise="side_hip", sets=2)
    diary.add(StrengthEntry, 12, 20, exercise="an own exercise", sets=2)
    done = strength_adherence(diary.entries, TABLES.exercises, Phase.REBUILD, date(7), date(14))  # type: ignore[arg-type]
    assert (done.done, done.planned) == (2, 3)
    calm = strength_adherence(diary.entries, TABLES.exercises, Phase.CALM, date(7), date(14))  # type: ignore[arg-type]
    assert (calm.done, calm.planned) == (7, 7)


def test_adherence_is_days_done_of_those_planned() -> None:
    diary = Diary().lift(7, 9, 9, 11, 13).benchmark(10)
    standing = [e for e in diary.entries if hasattr(e, "exercise")]
    done = strength_adherence(standing, TABLES.exercises, Phase.REBUILD, date(7), date(14))  # type: ignore[arg-type]
    assert (done.done, done.planned, done.missed) == (4, 3, 0)
    later = strength_adherence(standing, TABLES.exercises, Phase.REBUILD, date(0), date(27))  # type: ignore[arg-type]
    assert (later.done, later.planned, later.missed) == (1, 6, 5)
    assert attendance_checkpoint(done).met
    assert not attendance_checkpoint(later).met
