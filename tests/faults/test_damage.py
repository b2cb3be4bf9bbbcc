"""A damaged file costs that file: every command opens, and tells what is damaged."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.faults.damaged_folder import Outcome, examine_folder, files_of, make_folder, verdict


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("made") / "data")


@pytest.fixture(scope="module")
def sound(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What all commands make of a copy of the folder."""
    return examine_folder(Path(shutil.copytree(made, tmp_path_factory.mktemp("sound") / "data")))


def test_every_command_and_page_opens_a_sound_folder(sound: Outcome) -> None:
    assert sound.tracebacks == ()
    assert len(sound.content) > 12


@pytest.mark.parametrize("kind", ["page", "empty"])
@pytest.mark.parametrize("name", ["gaitcue.db", "-me.tape", "-me.tape.xz", "me.json", "web-devices.json"])
def test_what_is_damaged_costs_nothing_or_is_named(
    name: str, kind: str, made: Path, sound: Outcome, tmp_path: Path
) -> None:
    """A thousand at random, to every file, are for ``python -m tests.faults --damages 1000``."""
    copy = Path(shutil.copytree(made, tmp_path / "data"))
    path = next(path for path in files_of(copy) if path.name.endswith(name))
    data = path.read_bytes()
    path.write_bytes(b"" if kind == "empty" else random.Random(name).randbytes(4096) + data[4096:])
    found = verdict(path.relative_to(copy), kind, sound, examine_folder(copy, random.Random(name + kind)))
    assert found.startswith(("named", "as before")), found
