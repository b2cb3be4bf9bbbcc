"""Whole runs through the real program: kept, killed, recovered, looked at in a browser."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from dsp.simulation.runner import steady_foot_imu
from dsp.types import Step
from monitor.core.errors import InputError
from monitor.core.records import SensorStatus
from monitor.pipeline.session import Session
from monitor.recordings.readers import read_recording
from monitor.recordings.tape import TapeReader
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from tests.end_to_end.browser import shared_browser


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "gaitcue"


def recorded(folder: Path, seconds: float) -> Path:
    left, right = steady_foot_imu("L", seconds), steady_foot_imu("R", seconds, phase=0.5)
    np.savez(
        folder / "run.npz", fs_imu=200.0, footL_acc=left.acc_ms2, footL_gyro=left.gyr_rads,
        footR_acc=right.acc_ms2, footR_gyro=right.gyr_rads,
    )  # fmt: skip
    return folder / "run.npz"


@pytest.fixture
def shoes(tmp_path: Path) -> Path:
    return recorded(tmp_path, 60.0)


def start(*args: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "monitor", *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def steps_of(path: Path) -> list[Step]:
    recording = read_recording(path)
    session = Session(recording.settings)
    found = [r for packet in recording.packets() for r in session.push(packet)]
    return [r for r in found + session.finish() if isinstance(r, Step)]


def committed(home: Path, packets: int) -> Path:
    """Wait until the program has written so much of its tape; where it is."""
    deadline = os.times().elapsed + 60
    while os.times().elapsed < deadline:
        for path in home.glob("tapes/*.tape"):
            with contextlib.suppress(InputError), TapeReader(path) as tape:  # not made yet
                if tape.count() >= packets:
                    return path
    raise AssertionError("the program wrote no tape")


def test_a_replay_is_kept_and_gives_what_analysis_gives(home: Path, tmp_path: Path) -> None:
    shoes = recorded(tmp_path, 20.0)
    program = start("replay", shoes, "--speed", "max")
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 0, said
    with Store(home / "gaitcue.db") as store:
        (info,) = store.sessions()
        assert info.status is SessionStatus.COMPLETE
        assert store.steps(info.id) == steps_of(shoes)
    assert steps_of(Path(info.tape)) == steps_of(shoes)
    listed = subprocess.run(
        [sys.executable, "-m", "monitor", "sessions", "list"], capture_output=True, text=True
    )
    assert info.title in listed.stdout
    assert "recovered" not in listed.stdout


def test_what_was_on_the_tape_survives_a_kill(home: Path, shoes: Path) -> None:
    program = start("replay", shoes, "--speed", "10")
    tape = committed(home, 200)
    program.send_signal(signal.SIGKILL)
    program.communicate()
    with TapeReader(tape) as reader:
        kept = list(reader.packets())
    said = subprocess.run(
        [sys.executable, "-m", "monitor", "sessions", "list"], capture_output=True, text=True
    )
    assert "recovered" in said.stdout + said.stderr
    session = Session(read_recording(tape).settings)
    made = [r for packet in kept for r in session.push(packet)] + session.finish()
    with Store(home / "gaitcue.db") as store:
        (info,) = store.sessions()
        assert info.status is SessionStatus.RECOVERED
        stored = [r for r in store.records(info.id) if isinstance(r, Step)]
    assert stored == [r for r in made if isinstance(r, Step)]
    assert len(stored) > 10


def test_stopping_ends_the_session_cleanly(home: Path, shoes: Path) -> None:
    program = start("replay", shoes, "--speed", "1")
    committed(home, 20)
    program.send_signal(signal.SIGTERM)
    said, _ = program.communicate(timeout=30)
    assert program.returncode == 0, said
    with Store(home / "gaitcue.db") as store:
        assert [s.status for s in store.sessions()] == [SessionStatus.COMPLETE]
        assert any(isinstance(e, SensorStatus) for e in store.events(store.sessions()[0].id))


def address(output: IO[str] | None) -> str:
    assert output is not None
    for line in output:
        if found := re.search(r"http://\S+", line):
            return found[0]
    raise AssertionError("no page was told")


def with_token(url: str, home: Path) -> str:
    """The address as a terminal has it: what goes into a pipe may be kept, and comes without the token."""
    return f"{url}?token={(home / 'web-token').read_text().strip()}"


def test_the_page_shows_the_run_and_comes_back_after_a_restart(home: Path, shoes: Path) -> None:
    from playwright.sync_api import expect

    def service(port: str) -> tuple[subprocess.Popen[str], str]:
        program = start("replay", shoes, "--speed", "2", "--web", "--port", port, "--no-keep")
        return program, address(program.stdout)

    program, url = service("0")
    try:
        with (
            shared_browser() as browser,
            browser.new_context(viewport={"width": 390, "height": 844}) as phone,
        ):
            page = phone.new_page()
            troubles: list[str] = []
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.goto(url)
            expect(page.locator("#cadence")).to_have_text(re.compile(r"17[0-3]"), timeout=20_000)
            expect(page.locator("#activity")).to_have_text("Running")
            expect(page.locator("#tiles")).to_contain_text("Ground contact time")
            expect(page.locator("#strip path.trace").first).to_be_attached(timeout=20_000)
            program.kill()
            program.communicate()
            expect(page.locator("#link")).to_have_text("Offline …", timeout=10_000)
            program, _ = service(url.rsplit(":", 1)[1].strip("/"))
            expect(page.locator("#link")).to_have_text("Live", timeout=20_000)
            assert troubles == []
    finally:
        program.kill()
        program.communicate()
