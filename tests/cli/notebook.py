"""The command line as a runner uses it day by day: a folder of its own, and a clock that is set."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli import runner_notebook
from monitor.cli.main import app
from monitor.core.errors import MonitorError
from monitor.service import runner_plan, shared_plan, squad_report

MONDAY = datetime.date(2026, 11, 9)
ZONE = datetime.timezone(datetime.timedelta(hours=1))


@dataclass
class Runner:
    """A runner at the terminal; ``day`` counts from a Monday."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    settings: str = ""

    @property
    def config(self) -> Path:
        path = self.folder / "gaitcue.toml"
        path.write_text(f'[store]\nfolder = "{self.folder}/data"\n{self.settings}', encoding="utf-8")
        return path

    def at(self, day: int, clock: str = "20:00") -> Runner:
        time = datetime.time.fromisoformat(clock)
        begin = datetime.datetime.combine(MONDAY + datetime.timedelta(days=day), time, ZONE)
        seconds = itertools.count()  # nobody writes twice in a second
        for module in (runner_plan, runner_notebook, shared_plan, squad_report):
            self.monkeypatch.setattr(
                module, "runner_now", lambda: begin + datetime.timedelta(seconds=next(seconds))
            )
        return self

    def says(self, *words: str, code: int = 0, answers: str = "") -> str:
        """What a command prints, or its error."""
        words = (*words, "--config", str(self.config))
        result = CliRunner().invoke(app, list(words), env={"COLUMNS": "100"}, input=answers)
        assert result.exit_code == code or isinstance(result.exception, MonitorError), result.output
        if isinstance(result.exception, MonitorError):
            assert code == 2, result.exception
            return f"{result.output}{result.exception.text_in('en')}"
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    def calm_week(self) -> Runner:
        """A declaration and three runs that went well; day 7 leads to rebuild."""
        self.at(0).says(
            "log",
            "declare",
            "--no-flags",
            "--place",
            "behind",
            "--reference-km",
            "30",
            "--longest-km",
            "12",
        )
        for day in range(1, 8):
            self.at(day, "07:00").says("log", "morning", "--pain", "0", "--as-before", "--tender", "same")
            if day in (1, 3, 5):
                self.at(day).says("log", "run", "--km", "5", "--minutes", "31")
                self.at(day).says("log", "after", "--during", "1", "--now", "1")
        return self
