"""A runner's plan as the program keeps it: what is written down decides, and any day can be told again."""

from __future__ import annotations

import datetime
import hashlib
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.core import json_codec
from monitor.core.errors import InputError
from monitor.review.training_plan import PLAN_RULES_VERSION, PlanKeeper, StoredDecisions, new_entry
from monitor.storage.store import Store
from monitor.training.entries import Entry
from monitor.training.plan_replay import decide, replayed_days
from monitor.training.plan_settings import PlanSettings
from monitor.training.tables import Phase
from tests.review.plan_days import plan_of
from tests.training.diary import Diary, calm_then_rebuild, date, in_full

BERLIN = datetime.timezone(datetime.timedelta(hours=2))
MONDAY = datetime.datetime(2026, 5, 4, 20, 0, tzinfo=BERLIN)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as made:
        yield made


@pytest.fixture
def keeper(tmp_path: Path) -> PlanKeeper:
    return PlanKeeper(tmp_path, "ann")


def at(day: int, hour: int = 20) -> datetime.datetime:
    return MONDAY.replace(hour=hour) + datetime.timedelta(days=day)


def write(keeper: PlanKeeper, on: int, kind: str, hour: int = 20, **fields: Any) -> Entry:
    entry = new_entry(kind, fields, at(on, hour))
    keeper.add(entry)
    return entry


def calm_week(keeper: PlanKeeper) -> None:
    """A declaration and three easy runs that went well."""
    write(keeper, 0, "declare", 6, place="behind", reference_km=30, longest_km=12)
    for day in (1, 3, 5):
        run = write(keeper, day, "manual_run", 19, km=5.0, minutes=31.0)
        write(keeper, day, "after", session=run.id, during=1, now=1)
    for day in range(1, 8):
        write(keeper, day, "morning", 7, pain=0, as_before=True, tender="same", swelling="none")


def test_nothing_declared_is_no_plan(store: Store, keeper: PlanKeeper) -> None:
    plan = keeper.load(store, at(0))
    assert plan.now.phase is Phase.NONE
    assert plan.now.allowance is None
    assert plan.entries == ()


def test_a_week_of_answers_leads_from_calm_to_rebuild(store: Store, keeper: PlanKeeper) -> None:
    calm_week(keeper)
    plan = keeper.load(store, at(7))
    assert [(c.day - at(0).date()).days for c in plan.now.changes] == [0, 7]
    assert plan.now.phase is Phase.REBUILD
    assert [run.km for run in plan.current_runs] == [5.0, 5.0, 5.0]


def test_a_past_day_gives_the_decision_that_was_kept(store: Store, keeper: PlanKeeper) -> None:
    calm_week(keeper)
    for day in range(8):
        keeper.keep_decision(keeper.load(store, at(day, 23)))
    kept = keeper.stored_decisions()
    write(keeper, 8, "morning", 7, day=at(2).date().isoformat(), pain=9, as_before=False)
    plan = keeper.load(store, at(9))
    for day in range(8):
        replayed = plan.day(at(day).date())
        assert replayed is not None
        again = json.loads(json.dumps(json_codec.to_json(replayed.decision)))
        assert kept.lines[at(day).date()] == {"rules": PLAN_RULES_VERSION, **again}
        compared = kept.compare(replayed.decision)
        assert compared is not None
        assert (compared.same, compared.newer_rules) == (True, False)
    assert plan.day(at(-1).date()) is None
    assert plan.day(at(10).date()) is None


DECIDED_BY = (7, "490494af2a74eb4b")
"""The version of the rules, and what stands for all that they decide of these diaries."""


def test_the_version_of_the_rules_goes_up_with_what_they_decide() -> None:
    """Where this fails, raise ``PLAN_RULES_VERSION`` and put both here."""
    flags, walks = in_full(), Diary().before()
    flags.flag(43)
    flags.clear(45)
    walks.declare(runs_10_min=False)
    for day in range(1, 25, 2):
        walks.run(day, None, (1, 7 * (day == 9)), minutes=30.0, walk=day < 5)
    walks.mornings(range(1, 25))
    digest = hashlib.sha256()
    for diary, day in ((flags, 60), (walks, 40)):
        for decided in replayed_days(diary.entries, diary.runs, diary.settings, date(day)):
            digest.update(json.dumps(json_codec.to_json(decided), sort_keys=True).encode())
    assert (PLAN_RULES_VERSION, digest.hexdigest()[:16]) == DECIDED_BY


def test_what_was_shown_then_is_told_from_what_the_rules_say_now() -> None:
    decided = plan_of(calm_then_rebuild(), 4).now
    line = json.loads(json.dumps({"rules": PLAN_RULES_VERSION, **json_codec.to_json(decided)}))
    kept = StoredDecisions({decided.day: line}).compare(decided)
    assert kept is not None
    assert (kept.same, kept.newer_rules, kept.headline) == (True, False, decided.reasons[0].message)
    older = {**line, "rules": PLAN_RULES_VERSION - 1, "phase": "full"}
    other = StoredDecisions({decided.day: older}).compare(decided)
    assert other is not None
    assert (other.same, other.newer_rules) == (False, True)
    unsaid = {"message": {"key": "plan.rest.morning", "values": {"pain": 2.0, "most": 0.0}}}
    said_otherwise = {**older, "reasons": [{**older["reasons"][0], **unsaid}]}
    assert StoredDecisions({decided.day: said_otherwise}).compare(decided) is None
    assert not StoredDecisions({decided.day: said_otherwise}).days(decided.day)
    assert StoredDecisions({decided.day: older}).days(decided.day)
    for damaged in ({}, {"reasons": []}, {"reasons": ["x"]}, {"reasons": None}):
        assert StoredDecisions({decided.day: damaged}).compare(decided) is None
    assert StoredDecisions({}).compare(decided) is None


def test_going_on_from_yesterday_gives_what_all_days_give(store: Store, keeper: PlanKeeper) -> None:
    """A bookmark of every day before, of a plan with a ladder, a flare, a flag and a clearance."""
    write(keeper, 0, "declare", 6, place="behind", reference_km=30, longest_km=12, runs_10_min=False)
    for day in range(1, 30):
        write(keeper, day, "morning", 7, pain=3.0 * (day in (9, 10)), as_before=day != 9, tender="same")
        if day % 2 == 0:
            run = write(keeper, day, "manual_run", 19, minutes=30.0, walk=day < 5)
            write(keeper, day, "after", session=run.id, during=1 + 5 * (day == 8), now=1, limp=day == 12)
    write(keeper, 20, "flag", flag="calf_hot")
    write(keeper, 22, "cleared", by="my doctor")
    whole = keeper.load(store, at(29))
    assert whole.bookmark is None
    days = replayed_days(whole.entries, whole.runs, whole.settings, whole.today)
    for day in range(30):
        plan = keeper.load(store, at(day))
        keeper.keep_decision(plan)
        assert (plan.bookmark is not None) == (day > 0)
        assert tuple(d.decision for d in plan.week) == days[max(0, day - 7) : day + 1]
        before = plan.day(at(day // 2).date())
        assert before is not None
        assert before.decision == days[day // 2]


@pytest.mark.parametrize("change", ["late entry", "settings", "damage", "nonsense"])
def test_a_bookmark_of_something_else_is_not_gone_on_from(
    store: Store, keeper: PlanKeeper, change: str
) -> None:
    calm_week(keeper)
    keeper.keep_decision(keeper.load(store, at(12)))
    assert keeper.load(store, at(13)).bookmark is not None
    state = keeper.folder / "runner-log" / "ann-state.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    if change == "late entry":
        keeper.add(replace(new_entry("morning", {"pain": 9}, at(3)), id="from-another-machine"))
    elif change == "settings":
        keeper = PlanKeeper(keeper.folder, "ann", PlanSettings(emergency_number="112"))
    else:
        state.write_text("{" if change == "damage" else '{"of": 3, "mark": []}', encoding="utf-8")
    assert keeper.load(store, at(13)).bookmark is None
    plan = keeper.load(store, at(13))
    assert plan.now == decide(plan.entries, plan.runs, plan.settings, plan.today)


def test_a_decision_is_kept_once(store: Store, keeper: PlanKeeper) -> None:
    calm_week(keeper)
    for _ in range(3):
        keeper.keep_decision(keeper.load(store, at(7)))
    path = keeper.folder / "runner-log" / "ann-plan.jsonl"
    assert path.read_text(encoding="utf-8").count("\n") == 1


def test_a_correction_takes_the_place_of_what_it_corrects(store: Store, keeper: PlanKeeper) -> None:
    first = write(keeper, 0, "morning", 7, pain=6)
    write(keeper, 0, "morning", 8, pain=1, replaces=first.id)
    plan = keeper.load(store, at(0))
    assert [getattr(e, "pain", None) for e in plan.standing] == [1]
    write(keeper, 0, "withdrawn", 9, replaces=first.id)
    assert keeper.load(store, at(0)).standing == ()
    assert len(keeper.log.lines()) == 3


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        ("mourning", {}, "no kind of entry"),
        ("morning", {"pain": 11}, "pain must be between 0 and 10, not 11"),
        ("morning", {"pain": "a lot"}, "nothing was written down"),
        ("morning", {"pane": 1}, "nothing was written down"),
        ("morning", {}, "nothing was written down"),
        ("morning", {"pain": 1, "swelling": "huge"}, "swelling must be one of none, same, more"),
        ("morning", {"pain": 1, "day": "2026-05-05"}, "has not come yet"),
        ("morning", {"pain": 1, "day": "yesterday"}, "nothing was written down"),
        ("after", {"session": "x", "during": 1, "now": None}, "nothing was written down"),
        ("after", {"session": "x", "during": True, "now": 1}, "pain during the run must be a number"),
        ("after", {"session": "x", "during": 1, "now": 1, "limp": "yes"}, "limp must be true or false"),
        ("after", {"session": 7, "during": 1, "now": 1}, "session must be a text"),
        ("shoe", {"shoe": "blue", "pods": "L1"}, "pods must be a list of texts"),
        ("shoe", {"shoe": "blue", "pods": ["L1", 2]}, "pods must be a list of texts"),
        ("shoe", {"shoe": "blue", "default": 1}, "default pair must be true or false"),
        ("weekly", {"taking_part": 0.5, "volume": 0, "performance": 0, "pain": 0}, "a whole number"),
    ],
)
def test_what_makes_no_entry_is_refused_with_the_reason(
    kind: str, fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        new_entry(kind, fields, at(0))


def test_texts_are_bounded_and_free_of_control_characters() -> None:
    cleared = new_entry("cleared", {"by": "Dr.\x1b[31m M\u202eü" + "x" * 500}, at(0))
    assert getattr(cleared, "by", "").startswith("Dr.[31m Mü")
    assert len(getattr(cleared, "by", "")) == 200
    shoe = new_entry("shoe", {"shoe": "blue", "pods": ["L\x1b1", "R1"]}, at(0))
    assert getattr(shoe, "pods", ()) == ("L1", "R1")


def test_only_what_is_there_can_be_corrected(keeper: PlanKeeper) -> None:
    morning = write(keeper, 0, "morning", pain=1)
    for kind, fields, says in (
        ("morning", {"pain": 1, "replaces": "nothing"}, "no entry"),
        ("weekly", {"taking_part": 0, "volume": 0, "performance": 0, "pain": 0}, "another kind"),
        ("withdrawn", {"replaces": ""}, "no entry"),
    ):
        with pytest.raises(InputError, match=says):
            keeper.add(new_entry(kind, {"replaces": morning.id, **fields}, at(1)))
    assert len(keeper.log.lines()) == 1


def test_ids_and_times_are_ours_whatever_is_asked(keeper: PlanKeeper) -> None:
    entry = new_entry("morning", {"pain": 1, "id": "x", "made_utc": "1999-01-01", "kind": "flag"}, at(0))
    assert entry.id != "x"
    assert entry.made_utc == at(0)
    assert entry.utc_offset_s == 7200
    assert entry.day == at(0).date()


def test_damage_costs_its_line_and_is_told(store: Store, keeper: PlanKeeper) -> None:
    calm_week(keeper)
    with keeper.log.path.open("ab") as file:
        file.write(b'{"kind": "morning", "pain": 99}\n{"kind": "mood", "value": 3}\nnonsense\n')
    plan = keeper.load(store, at(7))
    assert plan.unreadable == 2
    assert plan.foreign == 1
    assert plan.now.phase is Phase.REBUILD


def test_another_runner_has_a_plan_of_their_own(store: Store, keeper: PlanKeeper) -> None:
    calm_week(keeper)
    assert PlanKeeper(keeper.folder, "ben").load(store, at(7)).entries == ()


def test_deleted_is_all_gone(store: Store, keeper: PlanKeeper) -> None:
    calm_week(keeper)
    keeper.keep_decision(keeper.load(store, at(7)))
    assert keeper.delete()
    assert not keeper.delete()
    assert list((keeper.folder / "runner-log").iterdir()) == []
    assert keeper.load(store, at(7)).now.phase is Phase.NONE
