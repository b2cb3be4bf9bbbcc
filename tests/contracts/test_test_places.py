"""The test of a module is found by its path: ``tests/<room>/test_<module>.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
WHOLE_FOLDERS = {
    "bench": "the measurements beside the program, at a small size",
    "contracts": "what holds for the whole source",
    "end_to_end": "whole ways through the program, as a user goes them",
    "faults": "what breaks around the program, and what is left after it",
    "stack": "the coach's servers: compose file, dashboards, doctor",
    "validation": "the package beside the program, whose modules work as one",
}
LAWS = {
    "dsp/test_false_running.py": "a law: whatever is no run, at every placement",
    "dsp/test_laws.py": "what every detector and the engine keep",
    "dsp/test_clipping.py": "a law: a sensor at the end of its range",
    "dsp/test_mount.py": "a law: a sensor that slips",
    "dsp/test_recovery.py": "a law: a detector led astray",
    "dsp/test_together.py": "a law: several sensors on one runner",
    "exports/test_fit_cookbook.py": "a law: what Garmin asks of an activity, field by field",
    "exports/test_fit_round_trip.py": "a law: file, store, FIT, store is the identity",
    "service/test_health_words.py": "a law: nothing of a runner's health goes to who it is not shared with",
    "service/test_secrets_in_logs.py": "a law: no secret is written to a log",
    "sources/bluetooth/test_run.py": "whole runs, on the radios of that folder",
    "sources/bluetooth/test_scan.py": "the command and its search, on the radios of that folder",
    "sources/bluetooth/test_whose_sensor.py": "which of several is whose, on the radios of that folder",
    "sources/bluetooth/test_long_runs.py": "what happens to the radios of that folder in months",
    "web/api/test_description.py": "of the description that all routes make together",
    "web/test_static.py": "of the folder static, which is no module",
}
"""Tests that belong to no single module, each with its reason."""
MODULES = sorted(
    path.relative_to(TESTS).as_posix()
    for path in TESTS.rglob("test_*.py")
    if path.relative_to(TESTS).parts[0] not in WHOLE_FOLDERS
)


def module_of(test: str) -> Path:
    """Return where the module that ``test`` (a path below ``tests``) is about must be."""
    *folders, name = test.split("/")
    package = ROOT if folders[0] == "dsp" else ROOT / "monitor"
    return package.joinpath(*folders, name.removeprefix("test_"))


@pytest.mark.parametrize("test", MODULES)
def test_every_test_has_its_module_at_the_same_place(test: str) -> None:
    assert module_of(test).is_file() != (test in LAWS)


def test_every_exception_is_still_there() -> None:
    assert set(LAWS) <= set(MODULES)
    assert all((TESTS / folder).is_dir() for folder in WHOLE_FOLDERS)
