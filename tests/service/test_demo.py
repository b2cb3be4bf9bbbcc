"""``gaitcue demo`` runs one demo, the one that was asked for; a squad is read in runners' units."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from dsp.metrics import Role, with_role
from monitor.cli.main import app
from monitor.service import demo, demo_squad


@pytest.mark.parametrize(("arguments", "expected"), [([], "run_demo"), (["--radio"], "run_radio_demo")])
def test_one_demo_runs(arguments: list[str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    for name in ("run_demo", "run_radio_demo"):
        monkeypatch.setattr(demo, name, lambda *_, name=name: ran.append(name))
    result = CliRunner().invoke(app, ["demo", "--no-web", *arguments])
    assert result.exit_code == 0, result.output
    assert ran == [expected]


def test_the_squad_reads_its_speed_as_pace_and_the_columns_follow_the_role() -> None:
    metrics = {m.name: m for m in demo_squad._METRICS}
    assert tuple(metrics) == with_role(Role.SQUAD)
    speed, cadence = metrics["speed_mps"], metrics["cadence_spm"]
    assert demo_squad._value_text(speed, {"value": 1000 / 330}) == "5:30"
    assert demo_squad._value_text(speed, {"value": 0.0}) == "—"
    assert demo_squad._value_text(cadence, {"value": 171.6}) == "172"
    assert demo_squad._value_text(cadence, None) == "—"
    assert demo_squad._value_text(metrics["overstride_m"], {"value": 0.0512}) == "5.1"
