"""A browser only where there is a screen, and commands as they can be typed in this terminal."""

from __future__ import annotations

import shlex
import sys
import webbrowser
from pathlib import Path

import pytest

from monitor.core.browser import command_as_typed, open_in_browser


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_without_a_screen_no_text_browser_takes_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    assert not open_in_browser("http://127.0.0.1/", {"TERM": "xterm"})
    assert not open_in_browser("http://127.0.0.1/", {"DISPLAY": ""})
    assert opened == []
    assert open_in_browser("http://127.0.0.1/", {"WAYLAND_DISPLAY": "wayland-0"})
    assert open_in_browser("http://127.0.0.1/", {"DISPLAY": ":0"})
    assert len(opened) == 2


def test_a_command_works_as_it_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "a venv" / "bin" / "gaitcue"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    settings = tmp_path / "with blanks.toml"

    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    line = command_as_typed("review", "--config", settings, program=str(program))
    assert shlex.split(line) == ["a venv/bin/gaitcue", "review", "--config", str(settings)]
    monkeypatch.chdir("/")
    assert shlex.split(command_as_typed("setup", program=str(program))) == [
        str(program).lstrip("/"),
        "setup",
    ]

    monkeypatch.setenv("PATH", str(program.parent))
    assert command_as_typed("setup", program=str(program)) == "gaitcue setup"
    other = tmp_path / "gaitcue"
    other.write_text("#!/bin/sh\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "a venv")
    assert command_as_typed("setup", program=str(other)) == f"{other} setup"  # another one than PATH's
    assert command_as_typed("setup", program="monitor") == "monitor setup"
    module = shlex.split(command_as_typed("setup", program="/x/monitor/__main__.py"))
    assert module == [sys.executable, "-m", "monitor", "setup"]
