"""The store is opened without what a run needs, unless a killed program left a session in it."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.core.records import SessionStarted
from monitor.service.config import Config, StoreSettings
from monitor.service.session_store import open_store
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.new_session import begin_session
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store

LISTING = """
import sys
from monitor.cli.main import main
sys.argv = ["gaitcue", "sessions", "list"]
try:
    main()
finally:
    heavy = {"fastapi", "scipy", "plotly", "bleak", "uvicorn", "monitor.pipeline.session", "dsp.engine"}
    print("loaded:", sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""


HELP = """
import sys
from monitor.cli.main import main
sys.argv = ["gaitcue", "run", "--help"]
try:
    main()
finally:
    print("loaded:", sorted({"numpy", "scipy", "asyncio", "fastapi"} & sys.modules.keys()), file=sys.stderr)
"""


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_list_of_sessions_loads_nothing_that_only_a_run_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    done = run_python(LISTING)
    assert "no runs yet" in done.stdout
    assert "loaded: []" in done.stderr


def test_help_loads_no_numbers_and_no_loop() -> None:
    done = run_python(HELP)
    assert "Start a run" in done.stdout
    assert "loaded: []" in done.stderr


SESSION = "me-20261124-1200"


def begin_and_die(folder: Path) -> None:
    """Begin a session with the packets of ten seconds on its tape, and end neither."""
    recording = simulated_recording(10.0)
    sensors = tuple(s.name for s in recording.settings.sensors)
    started = SessionStarted(SESSION, "me", "2026-11-24T12:00:00+00:00", sensors)
    with Store(folder / "gaitcue.db") as store:
        tape = begin_session(store, folder, "killed", recording.settings, started)
    for packet in recording.packets():
        tape.append(packet)
    tape.commit()
    tape.close()


def test_what_a_killed_program_left_is_completed(tmp_path: Path) -> None:
    program = multiprocessing.get_context("spawn").Process(target=begin_and_die, args=(tmp_path,))
    program.start()
    program.join(60)
    assert program.exitcode == 0
    with Store(tmp_path / "gaitcue.db") as store:
        assert store.session(SESSION).status is SessionStatus.LIVE
    with open_store(Config(store=StoreSettings(folder=tmp_path))) as store:
        assert store.session(SESSION).status is SessionStatus.RECOVERED
        assert len(store.steps(SESSION)) > 10


def test_a_damaged_database_is_set_aside_and_the_tapes_give_the_sessions_back(tmp_path: Path) -> None:
    begin_and_die(tmp_path)
    config = Config(store=StoreSettings(folder=tmp_path))
    open_store(config).close()
    (tmp_path / "gaitcue.db").write_bytes(b"no database" * 1000)
    with open_store(config) as store:
        (info,) = store.sessions()
        assert (info.id, info.status) == (SESSION, SessionStatus.RECOVERED)
        assert store.count(SESSION) > 20
    assert len(list(tmp_path.glob("gaitcue.db-damaged-*"))) == 1


def test_on_a_disk_that_takes_nothing_sessions_are_listed_and_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read_only(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("disk I/O error")

    begin_and_die(tmp_path)
    config = Config(store=StoreSettings(folder=tmp_path))
    with monkeypatch.context() as full:
        full.setattr("monitor.storage.database._writable", read_only)
        with open_store(config) as store:
            assert [(s.id, s.status) for s in store.sessions()] == [(SESSION, SessionStatus.LIVE)]
    assert "unfinished runs wait to be completed" in caplog.text
    with open_store(config) as store:
        assert store.session(SESSION).status is SessionStatus.RECOVERED
