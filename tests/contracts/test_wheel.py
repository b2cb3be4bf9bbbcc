"""The wheel holds the program, its documents and its examples, and works in a folder without the source."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = "share/doc/gaitcue"


def files_below(*folders: str) -> set[str]:
    """Every file of these folders but bytecode, by its path from the root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as ``make wheel`` does; skipped where the backend cannot be had."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", ROOT, "--no-deps", "--wheel-dir", folder, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode and "hatchling" in done.stderr:
        pytest.skip("hatchling, which builds the wheel, cannot be had from here")
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("gaitcue-*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def test_every_file_of_the_program_is_inside_and_nothing_else(names: set[str]) -> None:
    """Scripts and styles of the pages, phrase books, tables of the plan, descriptions of devices."""
    program = {name for name in names if name.split("/")[0] in ("dsp", "monitor")}
    assert program == files_below("dsp", "monitor")
    rest = {name.split("/")[0].rpartition(".")[2] for name in names - program}
    assert rest == {"dist-info", "data"}


def test_documents_and_examples_are_inside(names: set[str]) -> None:
    inside = {name.partition(f".data/data/{DOCUMENTS}/")[2] for name in names} - {""}
    texts = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}
    assert inside == files_below("docs", "config") | texts


def test_what_it_needs_to_be_built_is_copied_into_the_image() -> None:
    """A wheel whose documents are missing cannot be built."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = {word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]}
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    shared = [line.split('"')[1] for line in text.splitlines() if f'= "{DOCUMENTS}' in line]
    assert len(shared) == 6
    assert {*shared, "dsp", "monitor", "pyproject.toml", "constraints.txt", "LICENSE"} <= copied
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert not set(shared) & set(ignored)


def test_it_runs_where_the_source_is_not(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, on the libraries of these tests."""
    place, empty = tmp_path / "place", tmp_path / "empty"
    empty.mkdir()
    venv.create(place, with_pip=False, symlinks=True)
    python, (site,) = place / "bin" / "python", list(place.glob("lib/*/site-packages"))
    (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    install = ["pip", "--python", python, "install", wheel, "--no-deps", "--quiet"]
    subprocess.run([sys.executable, "-m", *install], check=True, capture_output=True)
    ours = {"PYTHONPATH": "", "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path)}
    for words, said in (
        (["--help"], str(place / DOCUMENTS)),
        (["demo", "--seconds", "5", "--speed", "0", "--no-web"], "Simulated sensors"),
        (["stack", "schema"], "| field | type | unit |"),
        (["config"], "[web]"),
    ):
        done = subprocess.run(
            [place / "bin" / "gaitcue", *words], cwd=empty, capture_output=True, text=True,
            env={**os.environ, **ours, "COLUMNS": "300"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert said in done.stdout
    assert list(empty.iterdir()) == []
