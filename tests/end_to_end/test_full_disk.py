"""A run on a disk that fills, or in a folder that is removed: told, counted, and no success is claimed."""

from __future__ import annotations

import contextlib
import functools
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.recordings.recording import Recording
from monitor.recordings.tape import Tape, TapeHeader
from monitor.simulation.simulated_runner import simulated_recording
from tests.command_here import Gaitcue, here

__all__ = ["here"]
ROOT = Path(__file__).parents[2]
RUN_S = 36.0


@functools.cache
def run() -> Recording:
    return simulated_recording(RUN_S)


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tape") / "run.tape"
    tape = Tape(path, TapeHeader("run", "2026-01-01T07:00:00+00:00", run().settings, "0"))
    for packet in run().packets():
        tape.append(packet)
    tape.finish()
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for the store and for some seconds of a tape; only root can make one.

    Elsewhere, and in containers that may mount nothing, the test with a limit of the system stands for it.
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or mount is None:
        pytest.skip("only root can make a small disk; a limit on the size of files is tested instead")
    if subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(disk)], check=False
    ).returncode:
        pytest.skip("no disk can be mounted here; a limit on the size of files is tested instead")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def gaitcue(folder: Path, *words: str, largest_file: int | None = None) -> subprocess.Popen[str]:
    env = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "COLUMNS": "200"}
    env |= {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "tests.end_to_end.impatient_program", *words]
    pipes: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    if largest_file is not None:
        pipes["preexec_fn"] = lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (largest_file, largest_file)
        )
    return subprocess.Popen(command, env=env, text=True, **pipes)  # type: ignore[call-overload, no-any-return]


def outcome(running: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = running.communicate(timeout=120)
    return running.returncode, output


def test_a_disk_that_fills_in_a_run(
    small_disk: Path, tape: Path, here: Gaitcue, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = outcome(gaitcue(small_disk, "replay", str(tape), "--speed", "20"))
    assert code == 1, output
    assert "kept as" not in output
    assert "tape: " in output
    assert "no room on the disk" in output.splitlines()[-1]
    lost = int(output.splitlines()[-1].split(" of the ")[0].removeprefix("gaitcue: "))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("XDG_DATA_HOME", str(small_disk))
    listed = here("sessions", "list")
    assert (listed.returncode, "run" in listed.stdout) == (0, True), listed
    subprocess.run(["mount", "-o", "remount,size=60M", str(small_disk)], check=True)
    for _ in range(2):
        shown = here("sessions", "show", "last")
        assert shown.returncode == 0, shown
        assert f"{lost} packets are lost: no room on the disk" in shown.stdout
    (kept,) = (small_disk / "gaitcue" / "tapes").glob("*.tape")
    with contextlib.closing(sqlite3.connect(kept)) as db:
        assert db.execute("SELECT sum(packets) FROM block").fetchone()[0] == run().count - lost
        assert db.execute("SELECT packets, reason FROM gap").fetchall() == [(lost, "no room on the disk")]


def test_files_that_may_not_grow_in_a_run(
    tmp_path: Path, tape: Path, here: Gaitcue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit of the system (RLIMIT_FSIZE), for which nobody has to be root."""
    code, output = outcome(gaitcue(tmp_path, "replay", str(tape), "--speed", "20", largest_file=600_000))
    assert code == 1, output
    assert "kept as" not in output
    assert "tape: " in output
    reason = "the disk does not take it"
    assert reason in output.splitlines()[-1]
    lost = int(output.splitlines()[-1].split(" of the ")[0].removeprefix("gaitcue: "))
    assert 0 < lost < run().count
    code, listing = outcome(gaitcue(tmp_path, "sessions", "list", largest_file=600_000))
    assert (code, "run" in listing) == (0, True), listing
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for _ in range(2):
        shown = here("sessions", "show", "last")
        assert shown.returncode == 0, shown
        assert f"{lost} packets are lost: {reason}" in shown.stdout
    (kept,) = (tmp_path / "gaitcue" / "tapes").glob("*.tape")
    with contextlib.closing(sqlite3.connect(kept)) as db:
        assert db.execute("SELECT sum(packets) FROM block").fetchone()[0] == run().count - lost
        assert db.execute("SELECT packets, reason FROM gap").fetchall() == [(lost, reason)]


def test_a_folder_that_is_removed_in_a_run(tmp_path: Path, tape: Path) -> None:
    running = gaitcue(tmp_path, "replay", str(tape), "--speed", "10")
    tapes = tmp_path / "gaitcue" / "tapes"
    for _ in range(600):  # until packets are on the tape
        if any(log.stat().st_size > 30_000 for log in tapes.glob("*.tape-wal")):
            break
        time.sleep(0.1)
    while (tmp_path / "gaitcue").exists():
        shutil.rmtree(tmp_path / "gaitcue", ignore_errors=True)
    code, output = outcome(running)
    assert code == 1, output
    assert "kept as" not in output
    assert "this run is not kept: the file or its folder is gone" in output.splitlines()[-1]
    assert not (tmp_path / "gaitcue").exists()
