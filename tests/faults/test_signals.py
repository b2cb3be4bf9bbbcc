"""Whatever asks a run to end, the run ends in order: its session is whole and its exit code is 0."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from monitor.storage.session_info import SessionStatus
from tests.faults.program import COMMAND, PATIENCE_S, Home, end, hear_hang_ups, make_tape

SECONDS = 30.0
OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("tape") / "run.tape", SECONDS)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def assert_whole(home: Home) -> None:
    (session,) = home.sessions()
    assert session.status is SessionStatus.COMPLETE
    assert session.duration_s is not None
    assert 0 < session.duration_s < SECONDS


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_in_order(home: Home, tape: Path, how: signal.Signals) -> None:
    program = home.start("replay", tape, "--speed", 3)
    home.wait_for("is sending data", program)
    assert end(program, how) == 0
    assert_whole(home)
    assert "(stopped)" in home.log


def test_nohup_keeps_a_run_alive(home: Home, tape: Path) -> None:
    program = home.start("replay", tape, "--speed", 3, prefix=["nohup"])
    home.wait_for("is sending data", program)
    program.send_signal(signal.SIGHUP)
    assert end(program, signal.SIGTERM) == 0
    assert home.log.count("asked to stop") == 1
    assert_whole(home)


def run_in_terminal(home: Home, tape: Path, *, hang_up: bool) -> tuple[int, float]:
    """Close the terminal of a run, and return its exit code and how long that took.

    Without ``hang_up`` it gets no signal, as after ``setsid`` or ``disown``, and is ended another way.
    """
    ours, theirs = pty.openpty()
    words = [*COMMAND, "replay", str(tape), "--speed", "3"]
    owner = [COMMAND[0], "-c", OWN_TERMINAL] if hang_up else []
    program = subprocess.Popen(
        [*owner, *words],
        env=home.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=hear_hang_ups,
    )
    os.close(theirs)
    seen, deadline = b"", time.monotonic() + PATIENCE_S
    while b"steps/min" not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([ours], [], [], 0.1)[0]:
            seen += os.read(ours, 1 << 16)
    os.close(ours)
    began_s = time.monotonic()
    if not hang_up:
        time.sleep(1.0)  # a few tables for nobody
        program.send_signal(signal.SIGTERM)
    return program.wait(PATIENCE_S), time.monotonic() - began_s


@pytest.mark.parametrize("hang_up", [True, False])
def test_a_run_outlives_its_terminal(home: Home, tape: Path, hang_up: bool) -> None:
    """Once it drew into nothing until the deadline of ten seconds, and ended with a traceback."""
    code, seconds = run_in_terminal(home, tape, hang_up=hang_up)
    assert code == 0
    assert_whole(home)
    assert seconds < 9


def test_a_stopped_run_goes_on_where_it_was(home: Home, tape: Path) -> None:
    """Ctrl-Z, a debugger, a container that is paused: after it all packets are there."""
    program = home.start("replay", tape, "--speed", 10)
    home.wait_for("is sending data", program)
    program.send_signal(signal.SIGSTOP)
    time.sleep(3.0)
    program.send_signal(signal.SIGCONT)
    program.communicate(timeout=PATIENCE_S)
    assert program.returncode == 0
    (session,) = home.sessions()
    assert session.duration_s == pytest.approx(SECONDS, abs=1)
    assert "lost" not in home.log.split("finished after")[1]


def test_an_import_that_is_hung_up_keeps_whole_sessions_only(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for k in range(3):
        make_tape(folder / f"{k}.tape", 12.0, hour=k)
    program = home.start("import", folder)
    with contextlib.suppress(AssertionError):
        home.wait_for("0.tape", program)
    assert end(program, signal.SIGHUP) in (0, 130)  # it may have been quicker
    assert all(s.status is SessionStatus.COMPLETE for s in home.sessions())
    assert home.run("import", folder).returncode == 0
    assert len(home.sessions()) == 3
