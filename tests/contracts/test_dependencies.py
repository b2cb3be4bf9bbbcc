"""What the program is installed with: each pinned version lies within the bounds it was tried in."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): version.split(";")[0].strip() for name, _, version in pairs}


def requirements() -> set[str]:
    """All of the program and of its extras, as they are written."""
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return {text for texts in lists for text in texts if not text.startswith("gaitcue[")}


@pytest.mark.parametrize("requirement", sorted(requirements()))
def test_every_dependency_is_pinned_within_its_bounds(requirement: str) -> None:
    wanted = Requirement(requirement)
    pinned = pins()[canonicalize_name(wanted.name)]
    assert wanted.specifier.contains(pinned, prereleases=True), f"{wanted} against {pinned}"


def test_every_dependency_has_a_line_of_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for requirement in requirements():
        lines = [line for line in text.splitlines() if f'"{requirement}"' in line]
        assert all("# " in line for line in lines), requirement


def test_the_mqtt_client_stays_below_the_version_that_drops_what_is_used() -> None:
    (specifier,) = [Requirement(r).specifier for r in requirements() if r.startswith("aiomqtt")]
    assert specifier.contains("2.5.1")
    for version in ("3.0.0a1", "3.0.0", "3.1.0"):
        assert not specifier.contains(version, prereleases=True), version
