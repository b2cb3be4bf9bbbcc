"""The command line in the process of the tests: a second of CPU less than in one of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from monitor.cli import main

Gaitcue = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Gaitcue:
    """``gaitcue`` with its words, to its end; where the process is the point a test starts one."""

    def gaitcue_here(*words: object) -> subprocess.CompletedProcess[str]:
        command = ["gaitcue", *map(str, words)]
        monkeypatch.setattr("sys.argv", command)
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main.main()
        code = ended.value.code
        return subprocess.CompletedProcess(
            command, code if isinstance(code, int) else 0, *capfd.readouterr()
        )

    return gaitcue_here
