"""The real program without a terminal, and with one: what goes to stdout, to stderr and to the screen."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsp.simulation.runner import steady_foot_imu
from tests.ports import free_port

DEMO = ("demo", "--seconds", "5", "--speed", "0", "--no-web")
BOXES = re.compile("[\u2500-\u257f]")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("GAITCUE_LOG_FORMAT", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "gaitcue"


def gaitcue(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_without_a_terminal_a_demo_is_log_lines_and_no_table() -> None:
    done = gaitcue(*DEMO)
    assert done.returncode == 0, done.stderr
    assert not BOXES.search(done.stdout + done.stderr)
    assert "\x1b" not in done.stdout + done.stderr
    told = done.stdout.splitlines()
    assert told[:3] == [
        "The first cue comes at about 0:53; --seconds 60 or more reaches it.",
        "",
        "Simulated sensors: the numbers show that everything works, not how anybody runs.",
    ]
    assert len([line for line in told[3:] if line.startswith("  ") and line[2] != " "]) == 3  # to type next
    line = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO monitor\.\w+\.\w+: (.*)")
    said = [found[1] for text in done.stderr.splitlines() if (found := line.fullmatch(text))]
    assert len(said) == len(done.stderr.splitlines())
    assert said[1].endswith("started for demo, with footL, footR, pelvis")
    assert {f"{name} is sending data" for name in ("footL", "footR", "pelvis")} < set(said)
    assert re.search(
        r"finished after 0:05 min \(end of input\): \d+ steps, cadence 17\d steps/min", said[-1]
    )


@pytest.mark.parametrize("how", ["before", "environment"])
def test_json_is_asked_for_before_a_command_or_for_all(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words: tuple[str, ...] = ("-v", "sessions", "list")
    if how == "environment":
        monkeypatch.setenv("GAITCUE_LOG_FORMAT", "json")
    else:
        words = ("--log-format", "json", *words)
    lines = json_lines(gaitcue(*words).stderr)
    assert "made, with tables" in lines[-1]["message"]
    assert {line["level"] for line in lines} == {"info"}


def test_every_line_is_json_where_that_is_asked_for() -> None:
    done = gaitcue(*DEMO, "--log-format", "json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    made, *lines = json_lines(done.stderr)
    assert "made, with tables" in made["message"]  # before there is a session
    assert all({"time", "level", "logger", "message", "session"} <= line.keys() for line in lines)
    assert {line["session"] for line in lines} == {lines[0]["session"]}
    assert {line.get("sensor") for line in lines} == {None, "footL", "footR", "pelvis"}
    assert (lines[-1]["reason"], lines[-1]["duration_s"]) == ("the input ended", 5.1)


def test_a_mistake_in_the_settings_is_a_json_line_each(home: Path) -> None:
    settings = home.parent / "bad.toml"
    settings.write_text('athlete = 3\nnonsense = 1\n[influx]\nurl = "http://ann:hunter22@box"\n')
    done = gaitcue("--log-format", "json", "run", "--config", settings)
    assert done.returncode == 2
    lines = json_lines(done.stderr)
    assert len(lines) == 3
    assert {line["level"] for line in lines} == {"error"}
    assert "hunter22" not in done.stderr + gaitcue("run", "--config", settings).stderr


def test_a_short_command_says_nothing_about_itself_unless_asked() -> None:
    said = gaitcue("-v", "sessions", "list").stderr
    assert gaitcue("sessions", "list").stderr == ""
    assert "no settings file" in said
    assert "made, with tables of version" in said


def recorded(folder: Path) -> Path:
    left = steady_foot_imu("L", 24.0)
    np.savez(folder / "run.npz", fs_imu=200.0, footL_acc=left.acc_ms2, footL_gyro=left.gyr_rads)
    return folder / "run.npz"


def test_a_page_for_the_network_is_logged_without_its_token(home: Path) -> None:
    words = ["--host", "0.0.0.0", "--port", "0", "--speed", "60", "--web"]
    command = [sys.executable, "-u", "-m", "monitor", "replay", str(recorded(home.parent)), *words]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert program.stderr is not None
    said = []
    while not said or "stays open" not in said[-1]:
        said.append(program.stderr.readline())
        assert said[-1], said
    program.send_signal(signal.SIGINT)
    out, rest = program.communicate(timeout=60)
    everything = "".join(said) + rest + out
    token = (home / "web-token").read_text().strip()
    assert "page: http://" in out
    assert f"the page asks for its token, which is in {home / 'web-token'}" in everything
    assert token not in everything
    assert not BOXES.search("".join(said) + rest)


def test_the_proxy_logs_its_begin_and_its_end(home: Path) -> None:
    home.mkdir()
    (home / "proxy.token").write_text("the-proxys-own-token")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "monitor",
        "stack",
        "proxy",
        "--runners",
        str(home),
        "--port",
        str(port),
    ]
    command += ["--token-file", str(home / "proxy.token"), "--log-format", "json"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert program.stderr is not None
    began = json.loads(program.stderr.readline())
    time.sleep(1.0)  # it listens already; now it takes signals too
    program.send_signal(signal.SIGTERM)
    out, rest = program.communicate(timeout=60)
    assert (program.returncode, out) == (0, "")
    assert began["message"] == f"listening on 127.0.0.1 port {port}"
    assert [line["message"] for line in json_lines(rest)] == ["stopped"]
    taken = socket.create_server(("127.0.0.1", port))
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
    taken.close()
    assert refused.returncode == 2
    assert "choose another with --port" in json_lines(refused.stderr)[-1]["message"]


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of our own is made as Unix makes it")
def test_at_a_terminal_there_is_the_table_and_only_what_is_wrong_above_it(home: Path) -> None:
    import pty

    settings = home.parent / "s.toml"
    settings.write_text('[mqtt]\nhost = "127.0.0.1"\nport = 9\n')
    words = ["replay", str(recorded(home.parent)), "--speed", "12", "--config", str(settings)]
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.end_to_end.impatient_program", *words],
        stdin=theirs, stdout=theirs, stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )  # fmt: skip
    os.close(theirs)
    screen, deadline = b"", time.monotonic() + 90
    while time.monotonic() < deadline and select.select([ours], [], [], 30)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break  # the other end is closed
        screen += piece
    assert program.wait(timeout=60) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.decode())
    assert BOXES.search(text)
    assert "Cadence" in text
    assert re.search(r"\d\d:\d\d:\d\d WARNING mqtt: 127.0.0.1:9 cannot be reached", text)
    assert "is sending data" not in text
    assert "monitor.sinks" not in text
