"""The store is opened without what a run needs, unless a killed program left a session in it."""

from __future__ import annotations

import datetime
import multiprocessing
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.core.records import SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.review.plan_sessions import stored_plan_runs
from monitor.service.config import Config, StoreSettings
from monitor.service.session_store import open_store
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.import_recording import import_recording
from monitor.storage.new_session import begin_session, create_tape
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from monitor.storage.tape_archive import tidy_tapes

NOON = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)
STARTED = SessionStarted("n", "me", NOON.isoformat(), ())
COMMAND = """
import sys
from monitor.cli.main import main
sys.argv = ["gaitcue", *sys.argv[1:]]
try:
    main()
finally:
    heavy = {"numpy", "scipy", "fastapi", "bleak", "uvicorn", "plotly", "apprise", "nats"}
    heavy |= {"scipy.signal", "monitor.pipeline.session", "dsp.engine", "monitor.web.app"}
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


def run_python(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def folder_with_a_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose run the plan has summed up."""
    folder = tmp_path_factory.mktemp("data")
    with Store(folder / "gaitcue" / "gaitcue.db") as store:
        import_recording(store, folder / "gaitcue", simulated_recording(90.0), "me", NOON)
        stored_plan_runs(store, "me", NOON.date() - datetime.timedelta(days=9), NOON)
    return folder


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("sessions list", "simulated runner"),
        ("config", "[[sensor]]"),
        ("plan", "plan"),
        ("log list", ""),
        ("stack status", ""),
        ("shoes", "shoe"),
    ],
)
def test_what_only_reads_the_store_loads_nothing_that_a_run_needs(
    command: str, says: str, folder_with_a_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(folder_with_a_run))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    done = run_python(COMMAND, *command.split())
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
    assert "loaded: []" in done.stderr


def test_a_run_without_a_page_loads_the_filter_alone_and_no_server(
    folder_with_a_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tape,) = (folder_with_a_run / "gaitcue" / "tapes").iterdir()
    done = run_python(COMMAND, "replay", str(tape), "--speed", "max", "--no-keep")
    assert done.returncode == 0, done.stderr
    assert "loaded: ['dsp.engine', 'monitor.pipeline.session', 'numpy', 'scipy']" in done.stderr


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


@pytest.mark.parametrize("lost", ["gone", "empty"])
def test_runs_whose_database_is_lost_are_made_from_their_tapes(
    tmp_path: Path, lost: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Plain, compressed, and left by a killed program; one that holds nothing makes no run."""
    config, later = Config(store=StoreSettings(folder=tmp_path)), NOON + datetime.timedelta(days=3)
    with Store(tmp_path / "gaitcue.db") as store:
        for day in range(2):
            began = NOON + datetime.timedelta(days=day)
            import_recording(store, tmp_path, simulated_recording(10.0), "me", began)
        list(tidy_tapes(store, later, 2.5, None))
        before = {info.id: len(store.steps(info.id)) for info in store.sessions()}
    begin_and_die(tmp_path)
    create_tape(tmp_path / "tapes" / "nothing.tape", SessionSettings(), STARTED).close()
    for file in tmp_path.glob("gaitcue.db*"):
        file.unlink()
    if lost == "empty":
        (tmp_path / "gaitcue.db").touch()
    with open_store(config) as store:
        found = {info.id: len(store.steps(info.id)) for info in store.sessions()}
        assert found.pop(SESSION) > 10
        assert found == before
        assert {info.status for info in store.sessions()} == {SessionStatus.RECOVERED}
    assert all(f"gaitcue.db: did not know the run {name}" in caplog.text for name in (*before, SESSION))
    assert len(list((tmp_path / "tapes").glob("*.xz"))) == 1
    caplog.clear()
    open_store(config).close()
    assert caplog.text == "", "once is enough"


def test_a_tape_that_is_being_written_is_nobodys_lone_tape(tmp_path: Path) -> None:
    (tmp_path / "tapes").mkdir()
    recording = simulated_recording(10.0)
    tape = create_tape(tmp_path / "tapes" / "run.tape", recording.settings, STARTED)
    for packet in recording.packets():
        tape.append(packet)
    tape.commit()
    with open_store(Config(store=StoreSettings(folder=tmp_path))) as store:
        assert store.sessions() == []
    tape.finish()


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
