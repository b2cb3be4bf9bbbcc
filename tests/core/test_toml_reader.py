"""A settings file becomes dataclasses; every mistake is told with its line and what was expected."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest

from monitor.core.errors import ConfigError
from monitor.core.secret import Secret
from monitor.core.toml_reader import read_toml_text


class Colour(StrEnum):
    """One of two, given by its value."""

    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """A table."""

    colour: Colour = Colour.RED
    watts: float | None = None
    options: dict[str, str | float | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.watts is not None and self.watts < 0:
            raise ValueError(f"watts must not be negative, not {self.watts:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp(Light):
    """One of several tables; its name must be given."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Every type that a setting may have."""

    on: bool = True
    rooms: int = 3
    height_m: float = 2.5
    owner: str = "me"
    plan: Literal["small", "large"] = "small"
    map: Path | None = None
    years: tuple[int, ...] = ()
    lamp: tuple[Lamp, ...] = ()
    main: Light = field(default_factory=Light)
    key: Secret | None = None


def read(text: str, folder: Path = Path("/somewhere")) -> House:
    return read_toml_text(House, text, {}, folder / "house.toml")


def test_every_type_is_read(tmp_path: Path) -> None:
    text = """
    on = false
    rooms = 4
    height_m = 3
    owner = "ann"
    plan = "large"
    map = "maps/a.png"
    years = [1999, 2001]
    main = { colour = "green", watts = 5 }
    [[lamp]]
    name = "one"
    options = { dim = true, level = 3, at = "night" }
    """
    assert read(text, tmp_path) == House(
        on=False,
        rooms=4,
        height_m=3.0,
        owner="ann",
        plan="large",
        map=tmp_path / "maps" / "a.png",
        years=(1999, 2001),
        main=Light(colour=Colour.GREEN, watts=5.0),
        lamp=(Lamp(name="one", options={"dim": True, "level": 3.0, "at": "night"}),),
    )
    assert type(read("height_m = 3").height_m) is float
    assert read("") == House()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("on = 1", ":1: on: must be true or false, not 1"),
        ('on = "true"', ':1: on: must be true or false, not "true"'),
        ("rooms = 3.0", ":1: rooms: must be a whole number, not 3.0"),
        ("rooms = true", ":1: rooms: must be a whole number, not true"),
        ('rooms = "3"', ':1: rooms: must be a whole number, not "3"'),
        ("height_m = true", ":1: height_m: must be a number, not true"),
        ('\nheight_m = "tall"', ':2: height_m: must be a number, not "tall"'),
        ("height_m = nan", ":1: height_m: must be a finite number, not nan"),
        (f"height_m = {10**400}", ":1: height_m: must be a finite number, not 1" + 29 * "0"),
        ("height_m = -inf", ":1: height_m: must be a finite number, not -inf"),
        ("owner = 5", ":1: owner: must be a text in quotes, not 5"),
        ("[owner]\nname = 1", ":1: owner: must be a text in quotes, not a table"),
        ("map = 5", ":1: map: must be a text in quotes, not 5"),
        ('plan = "smal"', ':1: plan: "smal" is not possible (did you mean "small"?)'),
        ('plan = "huge"', ':1: plan: "huge" is not possible (there is: small, large)'),
        ("years = 1999", ":1: years: must be a list in [ ]"),
        ("years = [1999, true]", ":1: [[years]] 2: must be a whole number, not true"),
        ('[main]\ncolour = "gren"', ':2: [main], colour: "gren" is not possible (did you mean "green"?)'),
        ('[main]\nwatts = "x"', ':2: [main], watts: must be a number, not "x"'),
        ('[main]\noptions = 3', ":2: [main], options: must be a table"),
        ('[main]\noptions = { b = [1] }', ":2: [main], [options], b: must be a text in quotes, not [1]"),
        ("main = 3", ":1: main: must be a table"),
        ("[[lamp]]", ":1: [[lamp]] 1, name: is missing"),
        ('[[lamp]]\nname = "a"\n[[lamp]]\nname=7', ":4: [[lamp]] 2, name: must be a text in quotes, not 7"),
        ('[[lamp]]\nname = "a"\nwatts = -1', ":3: [[lamp]] 1, watts: must not be negative, not -1"),
        ("ownr = 3", ':1: ownr: is not a setting (did you mean "owner"?)'),
        ("[mani]\nname = 3", ':1: mani: is not a setting (did you mean "main"?)'),
        (
            'key = "abc"',
            ":1: key: a secret must not stand in this file: put it into a file and write "
            'key_file = "...", or set GAITCUE_KEY in the environment',
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_was_expected(text: str, mistake: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert str(refused.value) == f"/somewhere/house.toml{mistake}"


def test_mistakes_are_told_all_at_once_in_the_order_of_the_file() -> None:
    text = 'rooms = 1.5\nowner = 2\n[main]\nwatts = -3\n[[lamp]]\ncolour = "blue"\n'
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert [line.partition("house.toml:")[2] for line in str(refused.value).splitlines()] == [
        "1: rooms: must be a whole number, not 1.5",
        "2: owner: must be a text in quotes, not 2",
        "4: [main], watts: must not be negative, not -3",
        "5: [[lamp]] 1, name: is missing",
        '6: [[lamp]] 1, colour: "blue" is not possible (there is: red, green)',
    ]


def test_a_file_that_is_not_toml_is_told() -> None:
    with pytest.raises(ConfigError, match="this is not valid TOML"):
        read("rooms = = 3")


def test_a_text_nested_too_deep_is_no_settings_file() -> None:
    with pytest.raises(ConfigError, match=r"x\.toml"):
        read_toml_text(House, "x = " + "[" * 100_000, {}, Path("x.toml"))
