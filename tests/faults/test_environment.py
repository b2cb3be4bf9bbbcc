"""The machine is not as it should be: each time the right outcome, or one line that says what to do."""

from __future__ import annotations

import datetime
import itertools
import sqlite3
from pathlib import Path

import pytest

from monitor.recordings.readers import read_recording
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from tests.faults.program import PATIENCE_S, Home, make_tape
from tests.storage_of_files import copy_store

LATIN = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "PYTHONIOENCODING": ""}


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("tape") / "run.tape", 12.0)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tape: Path) -> Path:
    """A store with one run."""
    folder = tmp_path_factory.mktemp("made")
    with Store(folder / DATABASE) as store:
        import_recording(store, folder, read_recording(tape), "me", datetime.datetime.now(datetime.UTC))
    return folder


def test_what_an_old_locale_cannot_show_is_a_question_mark(home: Home, made: Path) -> None:
    """As in a pipe on Windows, whose encoding knows neither the name nor the degree sign."""
    with Store(copy_store(made, home.data) / DATABASE) as store:
        store.rename(store.sessions()[0].id, "Łukasz läuft")
    for words in ("sessions list", "sessions show last", "review last", "metrics"):
        done = home.run(*words.split(), **LATIN)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert ("?ukasz l?uft" in done.stdout) == words.startswith("sessions"), words


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&- <&-"])
def test_a_program_that_is_started_without_its_streams_works(home: Home, tape: Path, closed: str) -> None:
    done = home.run("replay", tape, "--speed", "60", prefix=("sh", "-c", f'"$@" {closed}', "sh"))
    assert done.returncode == 0
    assert [info.status for info in home.sessions()] == [SessionStatus.COMPLETE]


def test_a_store_of_a_newer_version_is_left_alone_by_every_command(
    home: Home, tape: Path, made: Path
) -> None:
    path = copy_store(made, home.data) / DATABASE
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    for words in ("sessions list", "review last", f"replay {tape} --speed max", f"import {tape}"):
        done = home.run(*words.split())
        assert done.returncode == 1, words
        assert "newer version" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
    assert path.read_bytes() == before


def test_runs_that_begin_in_one_second_are_all_kept(home: Home, tape: Path) -> None:
    """Four at once, so that two at least share their second."""
    programs = [home.start("replay", tape, "--speed", 4) for _ in range(4)]
    for program in programs:
        program.communicate(timeout=PATIENCE_S)
        assert program.returncode == 0
    sessions = home.sessions()
    assert len({s.id for s in sessions}) == 4
    assert {s.status for s in sessions} == {SessionStatus.COMPLETE}
    assert len({s.tape for s in sessions}) == 4
    lengths = [s.duration_s for s in sessions]
    assert all(a == pytest.approx(b, abs=0.5) for a, b in itertools.pairwise(lengths))


def test_a_home_that_cannot_be_written_is_named_before_anything_starts(home: Home, tape: Path) -> None:
    done = home.run("replay", tape, "--speed", "max", XDG_DATA_HOME="/proc/1")
    assert done.returncode == 1
    assert "/proc/1/gaitcue" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert home.run("demo", "--seconds", "5", "--no-web", XDG_DATA_HOME="/proc/1").returncode == 0
