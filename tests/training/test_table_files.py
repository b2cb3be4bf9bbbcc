"""Tables as files: those that are shipped, an own copy that wins, and what is told of its mistakes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.errors import ConfigError
from monitor.core.message_catalogues import catalogue
from monitor.training.strength_today import exercise_message
from monitor.training.table_files import TABLE_NAMES, read_tables, shipped_tables

FOLDER = Path("settings") / "plan"
TABLES = files("monitor.training") / "tables"
TEXTS = {name: (TABLES / f"{name}.toml").read_text("utf-8") for name in TABLE_NAMES}


def test_every_shipped_table_has_its_file_and_no_other() -> None:
    assert {path.name for path in TABLES.iterdir()} == {f"{name}.toml" for name in TABLE_NAMES}


def test_an_own_copy_wins_for_its_table_alone() -> None:
    own = read_tables({"norms": TEXTS["norms"].replace("curls = 12\n", "curls = 10\n")}, FOLDER)
    assert own.norms.curls == 10
    assert own.phases == shipped_tables().phases


def test_the_shipped_tables_pass_the_checks_of_own_copies() -> None:
    assert read_tables(TEXTS, FOLDER) == shipped_tables()


def changed(name: str, old: str, new: str) -> dict[str, str]:
    assert old in TEXTS[name]
    return {name: TEXTS[name].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("own", "place", "what"),
    [
        ({"norm": ""}, "norm.toml", "norms"),
        ({"norms": "curls = 12"}, "norms.toml: heel_raises: ", "is missing"),
        ({"phases": "[warm]\nstay_days = 7"}, "warm: ", "is not a setting"),
        ({"phases": ""}, "[calm], stay_days: ", "is missing"),
        (changed("phases", "week_share = 0.60", ""), "[calm], week_share: ", "is missing"),
        (changed("phases", "week_least_km = 6 ", "#"), "[rebuild], week_least_km: ", "is missing"),
        ({"norms": "curls = "}, "norms.toml: ", "not valid TOML"),
        ({"strength": ""}, "exercise: ", "is missing"),
        ({"strength": "exercise = []"}, "exercise: ", 'the phase "calm"'),
        ({"red_flags": "flag = []"}, "flag: ", "at least one row"),
        ({"rules": "grades = 3"}, "grades: ", "must be a table"),
        (changed("phases", "week_share = 0.60", "week_share = 60"), ":5: [calm], week_share: ", "not 60"),
        (changed("phases", "stay_days = 7", "stay_days = \"7\""), "[calm], stay_days: ", "a whole number"),
        (changed("phases", '"tempo"]', '"temop"]'), "[reintroduce], stressors: ", 'did you mean "tempo"?'),
        (changed("norms", "curls = 12", "curls = 0"), "curls: ", "between 1 and 200, not 0"),
        (changed("norms", "below_age = 40", "below_age = 20"), "heel_raises: ", "rising below_age"),
        (changed("strength", 'sets = "2-3"', 'sets = "some"'), "[[exercise]] 1, sets: ", "like 2-3"),
        (changed("strength", '"split_squat"', '"split_squad"'), "[[exercise]] 6, name: ", "split_squat"),
        (changed("red_flags", '"calf_hot"', '"hot_calf"'), "[[flag]] 2, name: ", "is not known"),
        (changed("red_flags", '"emergency_call"', '"never"'), "[[flag]] 1, answer: ", "is not known"),
        (changed("weeks", "share = 0.60", "share = 6"), "[[week]] 1, share: ", "between 0 and 1.5"),
        (changed("ladders", "walk_min = 30.0", "walk_min = nan"), "[[walk_run]] 1, walk_min: ", "finite"),
        (changed("ladders", "run_min = 0.0", "run_min = 5.0"), "walk_run: ", "walking alone"),
        (changed("ladders", "[4, 30]", "[4]"), "[downhill], repeats: ", "pairs of times and seconds"),
        (changed("ladders", "[3.0, 5.0", "[-3.0, 5.0"), "[downhill], slopes_pct: ", "downhill is meant"),
        (changed("shoes", "drop_mm = 4", "drop_mm = true"), "drop_mm: ", "a number"),
        (changed("doses", "growth = 1.10", "growth = 10"), "growth: ", "between 1 and 1.5, not 10"),
        (changed("doses", "hold_days = 7", ""), "hold_days: ", "is missing"),
        (changed("doses", "from_days = 15", "from_days = 5"), "breaks: ", "rising from_days"),
        (changed("doses", '"long_break"', '"longer_break"'), "[[breaks]] 2, name: ", "is not known"),
        (changed("rules", 'verdict = "B"', 'verdict = "E"'), "[grades], verdict: ", "is not known"),
        (changed("rules", "verdict =", "verdikt ="), "[grades], verdikt: ", 'did you mean "verdict"?'),
        (changed("doses", "red_share = 0.80", "red_share = 0.95"), "red_share: ", "above amber_share"),
        (changed("doses", "share = 0.6", "share = 0.9"), "breaks: ", "does not rise with from_days"),
        (changed("verdicts", "too_much = 5", "too_much = 11"), "too_much: ", "between 0 and 10, not 11"),
        (changed("verdicts", "too_much = 5", "too_much = 4"), "tendon_if_allowed: ", "above too_much (4)"),
        (changed("verdicts", "morning_red = 2", "morning_red = 0"), "morning_amber: ", "above morning_red"),
        (changed("verdicts", "least_mornings = 3", "least_mornings = 8"), "least_mornings: ", "above"),
        (changed("verdicts", "joint = 2", ""), "[ok], joint: ", "is missing"),
        (changed("verdicts", "joint = 2", "joint = 2\nbone = 1"), "[ok], bone: ", "is not a setting"),
        (changed("verdicts", "calf = 2", 'calf = "2"'), "calf: ", "a number"),
        (changed("red_flags", '"calf_hot"', '"chest"'), "flag: ", '"chest" comes twice'),
        (changed("ladders", "walk_min = 30.0", "walk_min = 0.0"), "[[walk_run]] 1", "minutes must be"),
    ],
)  # fmt: skip
def test_a_bad_own_copy_is_told_with_its_place_in_both_languages(
    own: dict[str, str], place: str, what: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read_tables(own, FOLDER)
    english, german = refused.value.text_in("en"), refused.value.text_in("de")
    assert str(FOLDER / next(iter(own))) in english
    assert place in english
    assert what in english
    assert "elete" in english.splitlines()[-1]
    assert "lösch" in german.splitlines()[-1]
    assert not set(english.splitlines()) & set(german.splitlines())


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    own = changed("shoes", "warn_km = 500", "warn_km = -1") | changed("norms", "curls = 12", "curls = 0")
    own["shoes"] += "new_day = 14"
    with pytest.raises(ConfigError) as refused:
        read_tables(own, FOLDER)
    assert len(refused.value.messages) == 5  # two in one file, one in the other, twice what to do


def test_an_exercise_of_ones_own_has_its_own_words() -> None:
    row = '[[exercise]]\nname = "bridge"\nlabel = "Bridge"\nphase = "calm"\nsets = "3"\ndose = "10"'
    own = read_tables({"strength": f"{TEXTS['strength']}\n{row}\na_week = 2"}, FOLDER)
    words = catalogue("en").render(exercise_message(own.exercises[-1]))
    assert words == "Bridge: 3 sets of 10, 2 times a week"


PUT = ("= -1", "nan", "[]", "{}", "\n[[", '"x"', "1e400")


@settings(deadline=None, max_examples=150)
@given(
    name=st.sampled_from(TABLE_NAMES),
    cut=st.integers(0, 3000),
    put=st.one_of(st.text(max_size=12), st.sampled_from(PUT)),
    length=st.integers(0, 30),
)
def test_no_text_makes_anything_but_tables_or_a_told_mistake(
    name: str, cut: int, put: str, length: int
) -> None:
    text = TEXTS[name]
    at = cut % len(text)
    refused = None
    try:
        read_tables({name: text[:at] + put + text[at + length :]}, FOLDER)
    except ConfigError as exc:
        refused = exc
    assert refused is None or (refused.text_in("en") and refused.text_in("de"))
