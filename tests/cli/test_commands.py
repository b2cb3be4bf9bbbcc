"""The commands: every one has help, and no text names one that does not exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli.main import COMMANDS, GROUPS, app

ROOT = Path(__file__).parents[2]
WORDS = {command.words for command in COMMANDS}
GROUP_WORDS = {group.word for group in GROUPS}
SUBJECT = {"makes", "learns", "knows", "printed", "reaches", "erreicht"}
SUBJECT |= {"authority", "sketch", "in", "on", "by", "one"}
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
            yield first if first not in GROUP_WORDS else f"{first} {second}"


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
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    commands = re.findall(r"image: gaitcue:.*\n(?:    profiles:.*\n)?    command: \[([^\]]*)\]", text)
    assert len(commands) == text.count("image: gaitcue:") == 2
    for command in commands:
        words = [word for word in re.split(r",\s*", command)[:2] if not word.startswith("-")]
        assert " ".join(words) in WORDS


@pytest.mark.parametrize("words", sorted(WORDS | GROUP_WORDS))
def test_every_command_has_help(words: str) -> None:
    result = CliRunner().invoke(app, [*words.split(), "--help"], env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output


def test_no_line_of_the_lists_of_commands_is_broken_at_80_columns() -> None:
    for group in ["", *GROUP_WORDS]:
        listing = CliRunner().invoke(app, [*group.split(), "--help"], env={"COLUMNS": "80"}).output
        assert not re.search(r"│ {6,}\w", listing), listing


def test_the_version_is_the_package_s() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"gaitcue {version('gaitcue')}\n")


@pytest.mark.parametrize(
    "old", ["push", "gate", "twin", "sync", "phone", "scan", "check-config", "compare"]
)
def test_flat_commands_of_before_are_gone(old: str) -> None:
    assert CliRunner().invoke(app, [old]).exit_code == 2
