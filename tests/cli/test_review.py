"""``gaitcue review``: one file beside the sessions, its texts in the terminal, and the browser on it."""

from __future__ import annotations

import datetime
import webbrowser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli.main import app
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.import_recording import import_recording
from monitor.storage.store import Store

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)


def test_a_review_is_a_file_that_the_browser_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setenv("DISPLAY", ":0")  # a machine with a screen
    settings = tmp_path / "gaitcue.toml"
    settings.write_text(f'[store]\nfolder = "{tmp_path.as_posix()}"\n', encoding="utf-8")
    with Store(tmp_path / "gaitcue.db") as store:
        session = import_recording(store, tmp_path, simulated_recording(40.0), "me", NOON).id
    runner = CliRunner()

    result = runner.invoke(app, ["review", "--config", str(settings)], catch_exceptions=False)
    file = tmp_path / "reviews" / f"{session}.html"
    assert result.exit_code == 0
    assert str(file) in result.output.replace("\n", "")
    assert "target: " in result.output
    assert "<main" in file.read_text(encoding="utf-8")
    assert opened == [file.as_uri()]

    out = tmp_path / "mine.html"
    arguments = ["review", session, "--out", str(out), "--no-open", "--config", str(settings)]
    assert runner.invoke(app, arguments, catch_exceptions=False).exit_code == 0
    assert out.is_file()
    assert len(opened) == 1
