"""Rooms: what import-linter cannot see, and that its hand-written lists are complete."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from monitor.devices.registry import DEVICES

ROOT = Path(__file__).parents[2]
PURE = sorted(
    path for room in ("dsp", "monitor/pipeline", "monitor/devices") for path in (ROOT / room).rglob("*.py")
)
INPUT_OUTPUT = {"open", "print", "input", "read_text", "read_bytes", "write_text", "write_bytes"}
READS_WHAT_IS_SHIPPED = {"monitor/devices/declared.py": ["read_text"]}
"""The one exception: a description in ``devices/described`` is part of the program, as a table in its code
would be; it is read once, and tests need no file of their own."""
CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}
HELPERS_OF_DEVICES = {
    "binary_fields", "cadence_unit", "declared_schema", "device_information", "garmin_protocol", "gatt",
    "json_fields", "pod_extensions", "registry", "sample_times", "stream_merger",
}  # fmt: skip
"""What is in ``monitor/devices`` and reads no device: what several families share, and the registry."""
HELPERS_OF_SOURCES = {"device_identity", "phone_settings", "protocol"}
HELPERS_OF_SINKS = {"cue_text", "finished_runs", "live_state", "outbox", "protocol", "run_summary"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(source: str) -> list[str]:
    """Return the names of what is called, of a method its last word."""
    called = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = [f.id for f in called if isinstance(f, ast.Name)]
    return names + [f.attr for f in called if isinstance(f, ast.Attribute)]


def test_the_test_sees_functions_and_methods() -> None:
    source = "with open(p) as f: print(f)\np.read_text()\nasync def g(): x.y.write_bytes(b'')"
    assert sorted(calls(source)) == ["open", "print", "read_text", "write_bytes"]


@pytest.mark.parametrize("path", PURE, ids=relative)
def test_numbers_decoders_and_the_heart_do_no_input_or_output(path: Path) -> None:
    found = [name for name in calls(path.read_text(encoding="utf-8")) if name in INPUT_OUTPUT]
    assert found == READS_WHAT_IS_SHIPPED.get(relative(path), [])


def modules_in(room: str) -> set[str]:
    """Return the modules and folders directly in a room of ``monitor``."""
    there = (ROOT / "monitor" / room).iterdir()
    return {p.stem for p in there if p.suffix == ".py" or (p / "__init__.py").exists()} - {"__init__"}


@pytest.mark.parametrize(
    ("room", "contract", "helpers"),
    [
        ("devices", "device families know nothing of each other", HELPERS_OF_DEVICES),
        ("sources", "ways in know nothing of each other", HELPERS_OF_SOURCES),
        ("sinks", "outside systems know nothing of each other", HELPERS_OF_SINKS),
    ],
)
def test_every_module_of_a_kind_stands_in_its_contract(room: str, contract: str, helpers: set[str]) -> None:
    listed = {module.removeprefix(f"monitor.{room}.") for module in CONTRACTS[contract]["modules"]}
    assert helpers <= modules_in(room)
    assert listed == modules_in(room) - helpers


def test_every_registered_decoder_lives_in_a_listed_family() -> None:
    families = set(CONTRACTS["device families know nothing of each other"]["modules"])
    made_by = {spec.decoder.__module__ for spec in DEVICES.values()} - {"monitor.devices.registry"}
    assert made_by <= families
    assert made_by
