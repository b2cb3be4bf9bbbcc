"""Documents and examples are found with the source beside the program, and where a wheel has put them."""

from __future__ import annotations

from importlib.metadata import PackagePath
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitor.cli.documents import documents_folder
from monitor.cli.main import app

ROOT = Path(__file__).parents[2]


def test_of_a_checkout_they_are_its_own() -> None:
    assert documents_folder() == ROOT


def installed(folder: Path) -> list[Any]:
    """What the metadata of an installed wheel lists, paths from where the packages lie."""
    paths = [PackagePath("monitor/__init__.py"), PackagePath("../../../share/doc/gaitcue/README.md")]
    for path in paths:
        path.dist = type("Distribution", (), {"locate_file": staticmethod(lambda p: folder / str(p))})()
    return paths


def test_of_a_wheel_they_are_where_it_has_put_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages, documents_of_it = tmp_path / "lib/python3.11/site-packages", tmp_path / "share/doc/gaitcue"
    packages.mkdir(parents=True)
    monkeypatch.setattr("importlib.metadata.files", lambda name: installed(packages))
    assert documents_folder(packages) is None  # somebody has deleted them
    documents_of_it.mkdir(parents=True)
    (documents_of_it / "README.md").write_text("# gaitcue")
    assert documents_folder(packages) == documents_of_it


def test_the_help_of_the_program_names_them_and_that_of_a_command_does_not() -> None:
    assert str(ROOT) in CliRunner().invoke(app, ["--help"], terminal_width=200).output.replace("\n", "")
    assert str(ROOT) not in CliRunner().invoke(app, ["run", "--help"]).output
