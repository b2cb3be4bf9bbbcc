"""The demo of a hub: a worker is killed, everything is accounted for, and nothing is left behind."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from monitor.core.errors import SinkError
from monitor.hub import demo_hub
from monitor.hub.demo_hub import run_demo_hub
from monitor.hub.fleet_account import FleetAccount
from tests.hub_rig import needs_nats

ROOT = Path(__file__).parents[2]


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of processes that name this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace")
        except OSError:  # it has just ended
            continue
        if str(folder) in words:
            found.append(words.replace("\0", " "))
    return found


def test_a_worker_is_killed_and_everything_is_accounted_for() -> None:
    needs_nats()
    out = io.StringIO()
    run_demo_hub(3, 6.0, Console(file=out, width=200))
    text = out.getvalue()
    assert re.search(r"worker [01] is killed \(kill -9, process [1-9]\d*\)", text)
    assert "Packets: 360 sent, 360 evaluated" in text
    (numbers,) = re.findall(r"Records: (\d+) expected, (\d+) in the log, (\d+) stored", text)
    assert len(set(numbers)) == 1
    assert int(numbers[0]) > 100
    assert "3 of 3 runs are stored as one undisturbed process makes them" in text
    (killed,) = re.findall(r"of a runner: ([\d.]+) s on the killed worker", text)
    assert float(killed) > 0.3  # so long at least a new process takes
    assert re.search(r"had caught up [\d.]+ s after the kill|did not catch up", text)


def test_an_account_that_is_not_whole_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_nats()

    async def lossy(*ignored: object) -> FleetAccount:
        return FleetAccount(1, 0, 10, 9, 5, 5, 4)

    monkeypatch.setattr(demo_hub, "fleet_account", lossy)
    out = io.StringIO()
    with pytest.raises(SinkError, match="not whole"):
        run_demo_hub(1, 2.0, Console(file=out, width=200))
    assert "Packets: 10 sent, 9 evaluated" in out.getvalue()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked for in /proc")
def test_ctrl_c_ends_the_runs_with_an_account_and_leaves_nothing(tmp_path: Path) -> None:
    needs_nats()
    command = [sys.executable, "-m", "monitor", "demo", "--hub", "2", "--seconds", "60"]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as demo:
        assert demo.stdout is not None
        seen = ""
        for line in demo.stdout:
            seen += line
            if "workers are ready" in line:
                assert len(processes_of(tmp_path)) >= 3
                demo.send_signal(signal.SIGINT)
    assert demo.returncode == 0, seen
    assert "2 of 2 runs are stored" in seen
    assert "Traceback" not in seen
    assert processes_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
