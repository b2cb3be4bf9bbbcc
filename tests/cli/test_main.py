"""The commands: every one has help, and no text names one that does not exist."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import get_args

import pytest
import yaml
from typer.testing import CliRunner

from monitor.cli.main import COMMANDS, GROUPS, app
from monitor.core.errors import ConfigError, InputError, MonitorError, StoreError
from monitor.core.message_catalogues import Language

ROOT = Path(__file__).parents[2]
WORDS = {command.words for command in COMMANDS}
GROUP_WORDS = {group.word for group in GROUPS}
SUBJECT = {"makes", "learns", "knows", "printed", "reaches", "erreicht"}
SUBJECT |= {
    "authority",
    "sketch",
    "auf",
    "beim",
    "eine",
    "einen",
    "in",
    "on",
    "by",
    "one",
    "can",
    "has",
    "learned",
    "was",
    "hat",
    "lernt",
    "noch",
    "misses",
    "then",
    "still",
}
"""Words that follow where gaitcue is the subject of a sentence or part of a name, not a command."""
TEXTS = sorted(
    path
    for pattern in (
        "Makefile", "Dockerfile", "docker-compose.yml", "config/**/*.toml", "config/**/*.sh",
        "grafana/*.md", "grafana/**/*.json", "monitor/**/*.js", "monitor/**/*.html", "monitor/**/*.json",
        "monitor/**/*.toml", "pyproject.toml",
    )
    for path in ROOT.glob(pattern)
)  # fmt: skip
"""Documents are not among them: what is in code style there is looked at in ``tests/contracts``."""
MODULES = sorted(
    path for room in ("monitor", "dsp", "grafana", "validation") for path in (ROOT / room).rglob("*.py")
)


def literals(source: str) -> Iterator[str]:
    """Strings and docstrings of a module; what an f-string puts in is left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(v.value if isinstance(v, ast.Constant) else "…" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def named_commands(text: str) -> Iterator[str]:
    """What follows ``gaitcue`` as a word, up to two words: ``sessions list``, ``run``."""
    for found in re.finditer(r"(?<![\w/.-])gaitcue[ \n]+([a-z][a-z-]*)(?:[ \n]+([a-z][a-z-]*))?", text):
        first, second = found.groups()
        if first not in SUBJECT:
            whole = f"{first} {second}"
            alone = first not in GROUP_WORDS or (first in WORDS and whole not in WORDS)
            yield first if alone else whole


def test_the_test_sees_a_command_that_does_not_exist() -> None:
    assert list(named_commands("run `gaitcue twin --hours 6`; gaitcue sessions lists all")) == [
        "twin",
        "sessions lists",
    ]
    assert not {"twin", "sessions lists"} & WORDS
    assert list(literals('f"{path}: gaitcue scan " "shows"')).count("…: gaitcue scan shows") == 1


@pytest.mark.parametrize("path", TEXTS + MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_command_that_a_text_names_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    parts = literals(text) if path.suffix == ".py" else [re.sub(r"\n\s*(?:#|//)\s*", " ", text)]
    assert not {name for part in parts for name in named_commands(part)} - WORDS


def test_the_containers_start_commands_that_exist() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))[
        "services"
    ].values()
    ours = [one for one in services if one["image"].startswith("gaitcue:")]
    commands = [one["command"] if "command" in one else one["entrypoint"][1:] for one in ours]
    assert len(commands) == 7
    for command in commands:
        words = [word for word in command[:2] if not word.startswith("-")]
        assert " ".join(words) in WORDS


@pytest.mark.parametrize("words", sorted(WORDS | GROUP_WORDS))
def test_every_command_has_help(words: str) -> None:
    result = CliRunner().invoke(app, [*words.split(), "--help"], env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("language", get_args(Language))
def test_no_line_of_the_lists_of_commands_is_broken_at_80_columns(language: str) -> None:
    for group in ["", *GROUP_WORDS]:
        environment = {"COLUMNS": "80", "LC_ALL": language}
        listing = CliRunner().invoke(app, [*group.split(), "--help"], env=environment).output
        lists = listing[listing.rindex("╭") if group in WORDS else 0 :]  # behind the options of its own
        assert not re.search(r"│ {6,}\w", lists), listing


def test_the_version_is_the_package_s() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"gaitcue {version('gaitcue')}\n")


def answer(*words: str) -> str:
    """Return what a wrong command prints, in one line."""
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert result.exit_code == 2
    (line,) = (line for line in result.output.splitlines() if "There is no command" in line)
    return line.strip("│ ")


@pytest.mark.parametrize("words", sorted(w for w in WORDS if " " in w and w.split()[1] not in WORDS))
def test_a_command_of_a_group_is_found_by_its_last_word_alone(words: str) -> None:
    word = words.split()[1]
    alike = [command.words for command in COMMANDS if command.words.split()[1:] == [word]]
    hints = " or ".join(f"gaitcue {other}" for other in alike)
    assert words in alike
    assert answer(word) == f"There is no command '{word}'. Did you mean: {hints}?"
    for other in GROUP_WORDS - {command.split()[0] for command in alike}:
        assert answer(other, word) == f"There is no command '{other} {word}'. Did you mean: {hints}?"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("session", "sessions"),
        ("restor", "sessions restore"),
        ("notes", "sessions note"),
        ("revew", "review"),
        ("list-sessions", "sessions list"),
        ("sessions shw", "sessions show"),
        ("sensors demo", "demo"),
    ],
)
def test_a_slip_is_answered_with_the_whole_command(typed: str, meant: str) -> None:
    hints = answer(*typed.split()).partition("Did you mean: ")[2]
    assert re.split(r" or |\?", hints)[0] == f"gaitcue {meant}"


def test_what_resembles_no_command_leads_to_the_help() -> None:
    assert answer("xyzzy") == "There is no command 'xyzzy'. gaitcue --help lists them all."


@pytest.mark.parametrize(
    ("words", "made", "error", "text"),
    [
        ("sessions restore DIR/nosuch", "", InputError, "there is no such file; name the file"),
        (
            "sessions backup DIR/nonexist/x --config DIR/set",
            "",
            StoreError,
            "there is no folder DIR/nonexist;",
        ),
        ("config --config DIR", "", ConfigError, "is a folder; name the settings file"),
        ("config --config DIR/picture", "picture", ConfigError, "is not a text file"),
        (
            "config --config DIR/nosuch",
            "",
            ConfigError,
            "there is no such file; `gaitcue setup --config DIR/nosuch` writes one",
        ),
        ("import DIR/empty.tape --config DIR/set", "empty.tape", None, "is not a complete tape"),
        (
            "export nosuch --format foo --config DIR/set",
            "",
            ConfigError,
            "choose one of fit, gpx, tcx, csv",
        ),
    ],
)
def test_a_mistake_with_a_file_is_told_in_words_that_help(
    words: str, made: str, error: type[MonitorError] | None, text: str, tmp_path: Path
) -> None:
    (tmp_path / "set").write_text(f'[store]\nfolder = "{tmp_path}/data"\n')
    if made:
        (tmp_path / made).write_bytes(b"\x89PNG\xff" if made == "picture" else b"")
    result = CliRunner().invoke(app, words.replace("DIR", str(tmp_path)).split(), env={"COLUMNS": "300"})
    assert error is None or type(result.exception) is error
    answer = f"{result.exception} {result.output}"
    assert text.replace("DIR", str(tmp_path)) in answer
    assert "Errno" not in answer
    assert "no such table" not in answer
    assert result.exit_code != 0


NO_SETTINGS = {
    "analyze", "coaching-trial", "hub accounts", "hub server", "metrics", "sensors align", "stack proxy",
    "stack schema",
}  # fmt: skip
"""Commands that depend on no settings file."""


@pytest.mark.parametrize("words", sorted(WORDS - NO_SETTINGS))
def test_the_settings_file_is_named_in_one_way(words: str) -> None:
    listing = CliRunner().invoke(app, [*words.split(), "--help"], env={"COLUMNS": "100"}).output
    assert "--config" in listing


def test_a_recording_needs_no_name_and_takes_no_option_for_it() -> None:
    listing = CliRunner().invoke(app, ["record", "--help"], env={"COLUMNS": "100"}).output
    assert re.search(r"record \[OPTIONS\] \[file\]", listing), listing
    assert "--raw" not in listing


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_finds_no_room_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "monitor", "metrics"]
        done = subprocess.run(
            command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["gaitcue: the output cannot be written: No space left on device"]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_an_option_takes_finite_numbers_only(value: str) -> None:
    found = CliRunner().invoke(app, ["demo", "--seconds", value])
    assert found.exit_code == 2
    assert "Traceback" not in found.output
