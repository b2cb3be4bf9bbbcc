"""Day by day the timeline knows what is found from all entries at once, in whatever order they came."""

from __future__ import annotations

import datetime
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.training.entries import AfterEntry, AnyEntry, Entry, ManualRunEntry, Withdrawn
from monitor.training.evidence_timeline import EvidenceTimeline, evidence_of
from tests.training.diary import TABLES, Diary, calm_then_rebuild, date, made
from tests.training.test_decide import examples, histories, last_day


@examples
@given(histories(), st.randoms(use_true_random=False))
def test_day_by_day_is_known_what_all_at_once_tell(diary: Diary, shuffle: random.Random) -> None:
    """Days may be left out, answers may be late, corrected, withdrawn, or of a run on another day."""
    shuffle.shuffle(diary.entries)
    for entry in shuffle.sample(diary.entries, min(3, len(diary.entries))):
        if isinstance(entry, Entry) and not isinstance(entry, ManualRunEntry):
            again = shuffle.choice(diary.entries)
            id_, on = f"x{entry.id}", made(last_day(diary), 22)
            day = again.day if isinstance(again, Entry) else entry.day
            diary.entries.append(Withdrawn(id=id_, made_utc=on, day=day, replaces=entry.id))
    timeline = EvidenceTimeline(diary.entries, diary.runs, TABLES)
    for day in sorted({shuffle.randrange(last_day(diary) + 3) for _ in range(6)}):
        before = timeline.before_runs(date(day))
        assert before == evidence_of(*without_runs_of(diary, date(day)), date(day), TABLES)
        assert timeline.at(date(day)) == evidence_of(diary.entries, diary.runs, date(day), TABLES)


def without_runs_of(diary: Diary, day: datetime.date) -> tuple[list[AnyEntry], list[object]]:
    runs = AfterEntry | ManualRunEntry
    entries = [e for e in diary.entries if not (isinstance(e, runs) and e.day == day)]
    return entries, [r for r in diary.runs if r.day < day]  # type: ignore[return-value]


def test_an_answer_that_was_made_before_its_day_is_no_part_of_its_morning() -> None:
    """A clock that was set back: the entry says tomorrow."""
    diary = calm_then_rebuild()
    diary.add(AfterEntry, 8, 20, 7, session="s8", during=6, now=6)
    timeline = EvidenceTimeline(diary.entries, diary.runs, TABLES)
    assert [v.run.session for v in timeline.before_runs(date(8)).verdicts][-1] == "s5"
    assert [v.run.session for v in timeline.at(date(8)).verdicts][-1] == "s8"


def test_days_do_not_go_back() -> None:
    diary = calm_then_rebuild()
    timeline = EvidenceTimeline(diary.entries, diary.runs, TABLES)
    timeline.at(date(5))
    timeline.at(date(5))
    with pytest.raises(ValueError, match="before"):
        timeline.at(date(4))
    with pytest.raises(ValueError, match="has been at"):
        timeline.before_runs(date(5))


def test_runs_can_be_added_on_the_day_that_it_is_at() -> None:
    diary = calm_then_rebuild()
    timeline = EvidenceTimeline(diary.entries, diary.runs[:-1], TABLES)
    assert timeline.at(date(5)).runs[-1].km is None  # of the run there is only the answer
    timeline.add(runs=diary.runs[-1:])
    assert timeline.at(date(5)) == evidence_of(diary.entries, diary.runs, date(5), TABLES)
    morning = Diary()
    morning.morning(6, 3)
    timeline.add(morning.entries)  # type: ignore[arg-type]
    assert timeline.at(date(6)).morning_pain(date(6)) == 3
