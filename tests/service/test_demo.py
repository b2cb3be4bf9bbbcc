"""``gaitcue demo`` runs one demo, the one that was asked for."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from monitor.cli.main import app
from monitor.service import demo


@pytest.mark.parametrize(("arguments", "expected"), [([], "run_demo"), (["--radio"], "run_radio_demo")])
def test_one_demo_runs(arguments: list[str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    for name in ("run_demo", "run_radio_demo"):
        monkeypatch.setattr(demo, name, lambda *_, name=name: ran.append(name))
    result = CliRunner().invoke(app, ["demo", "--no-web", *arguments])
    assert result.exit_code == 0, result.output
    assert ran == [expected]
