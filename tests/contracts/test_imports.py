"""Who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {"monitor", "asyncio", "time", "datetime", "logging", "os", "threading"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return names


@pytest.mark.parametrize("path", sorted((ROOT / "dsp").rglob("*.py")), ids=lambda p: p.stem)
def test_numbers_know_no_clock_no_network_and_no_service(path: Path) -> None:
    assert not {n.split(".")[0] for n in imported(path)} & FORBIDDEN


@pytest.mark.parametrize("room", ["sensors", "sources", "sinks"])
def test_neighbours_never_import_each_other(room: str) -> None:
    files = {f"monitor.{room}.{p.stem}": p for p in (ROOT / "monitor" / room).glob("*.py")}
    del files[f"monitor.{room}.__init__"]  # the table, and what all of them share
    for path in files.values():
        assert not imported(path) & files.keys(), path


@pytest.mark.parametrize(
    ("room", "others"),
    [("sensors", {"sources", "sinks"}), ("sources", {"sinks"}), ("sinks", {"sensors", "sources"})],
)
def test_a_room_does_not_know_the_others_but_sources_read_sensors(room: str, others: set[str]) -> None:
    for path in (ROOT / "monitor" / room).glob("*.py"):
        rooms = {n.split(".")[1] for n in imported(path) if n.startswith("monitor.")}
        assert not rooms & others, path
