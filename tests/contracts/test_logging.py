"""Who may log and how: named loggers, silent numbers, results and errors printed by the commands alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for room in ("dsp", "monitor") for path in (ROOT / room).rglob("*.py"))
SILENT = ("dsp/", "monitor/pipeline/", "monitor/devices/")
"""They read no clock and do no I/O: what they have to say is in what they return."""
OWNER = "monitor/core/log_output.py"
"""The one module that knows other loggers than its own."""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def calls(module: ast.Module, name: str) -> list[ast.Call]:
    """Calls of ``name(...)`` or ``anything.name(...)``."""
    return [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and name in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
    ]


def printed(source: str) -> list[int]:
    """Lines that print, or write to stdout or stderr, by themselves."""
    module = ast.parse(source)
    prints = [c.lineno for c in calls(module, "print") if isinstance(c.func, ast.Name)]
    streams = [
        c.lineno
        for c in calls(module, "write")
        if isinstance(c.func, ast.Attribute) and ast.unparse(c.func.value) in ("sys.stdout", "sys.stderr")
    ]
    return sorted(prints + streams)


def test_the_tests_see_what_they_forbid() -> None:
    assert printed("print(1)\nconsole.print(2)\nimport sys\nsys.stderr.write('x')") == [1, 4]
    assert list(imported(ast.parse("import logging.handlers\nfrom warnings import warn"))) == [
        "logging.handlers",
        "warnings",
    ]


@pytest.mark.parametrize("path", [p for p in MODULES if relative(p).startswith(SILENT)], ids=relative)
def test_numbers_decoders_and_the_heart_log_nothing(path: Path) -> None:
    names = {name.partition(".")[0] for name in imported(tree(path))}
    assert not names & {"logging", "warnings"}
    assert "monitor.core.outage" not in set(imported(tree(path)))


@pytest.mark.parametrize("path", [p for p in MODULES if "monitor/cli/" not in relative(p)], ids=relative)
def test_only_commands_print(path: Path) -> None:
    assert not printed(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [p for p in MODULES if relative(p) != OWNER], ids=relative)
def test_every_module_logs_under_its_own_name(path: Path) -> None:
    others = {"bumble"} if relative(path) == "monitor/simulation/emulated/radio.py" else set()
    others |= {"uvicorn.access"} if relative(path) == "monitor/core/http_server.py" else set()
    for call in calls(tree(path), "getLogger"):
        (argument,) = call.args
        named = isinstance(argument, ast.Name) and argument.id == "__name__"
        assert named or (isinstance(argument, ast.Constant) and argument.value in others)
    assert not calls(tree(path), "basicConfig") + calls(tree(path), "addHandler")
