"""``gaitcue demo`` runs one demo, the one that was asked for; a squad is read in runners' units."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster
from typer.testing import CliRunner

from dsp.metrics import Role, with_role
from monitor.cli.main import app
from monitor.core.errors import StoreError
from monitor.core.records import SessionStarted
from monitor.recordings.tape import Tape
from monitor.review.training_plan import PlanKeeper
from monitor.service import demo, demo_squad
from monitor.service.config import Config, StoreSettings
from monitor.sinks.export.settings import ExportSettings
from monitor.storage.new_session import begin_run
from monitor.storage.store import Store


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


def test_what_nobody_ran_is_not_exported(tmp_path: Path, nothing_blocks: BlockBuster) -> None:
    nothing_blocks.deactivate()
    config = Config(
        store=StoreSettings(folder=tmp_path / "data"), export=ExportSettings(folder=tmp_path / "synced")
    )
    demo_squad.run_demo_squad(config, 1, 8.0, 0.0)
    with Store(tmp_path / "data" / "squad" / "gaitcue.db") as store:
        (info,) = store.sessions()
        assert info.ended
        assert store.backlog("export", runs=True) == 0
    assert not (tmp_path / "synced").exists()


def test_a_squad_that_loses_something_claims_no_success(
    tmp_path: Path,
    nothing_blocks: BlockBuster,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two of three find no room on their tapes; all three run to their ends."""
    nothing_blocks.deactivate()
    begun: list[Tape] = []

    def begin(*arguments: Any, **named: Any) -> tuple[SessionStarted, Tape]:
        started, tape = begin_run(*arguments, **named)
        begun.append(tape)
        if len(begun) > 1:
            (pages,) = tape._db.execute("PRAGMA page_count").fetchone()
            tape._db.execute(f"PRAGMA max_page_count={pages + 10}")
        return started, tape

    monkeypatch.setattr(demo_squad, "begin_run", begin)
    config = Config(store=StoreSettings(folder=tmp_path / "data"))
    with pytest.raises(StoreError, match="no room on the disk") as raised:
        demo_squad.run_demo_squad(config, 3, 8.0, 0.0)
    told = [str(raised.value), *(r.message for r in caplog.records if r.name == demo_squad.__name__)]
    assert len(told) == 2
    assert all("no room on the disk" in text for text in told)
    assert "kept" not in capsys.readouterr().out
    with Store(tmp_path / "data" / "squad" / "gaitcue.db") as store:
        assert [info.ended for info in store.sessions()] == [True] * 3
        assert sum(len(store.step_columns(info.id).ic_s) for info in store.sessions()) > 10


def test_who_is_new_gets_four_weeks_once(tmp_path: Path, nothing_blocks: BlockBuster) -> None:
    nothing_blocks.deactivate()
    config, today = Config(store=StoreSettings(folder=tmp_path)), datetime.date(2026, 3, 30)
    numbers = []
    for count in (1, 2, 2):
        demo_squad.run_demo_squad(config, count, 8.0, 0.0, today)
        with Store(tmp_path / "squad" / "gaitcue.db") as store:
            sessions = store.sessions()
            assert all(info.ended and info.source for info in sessions)
            numbers.append(Counter(info.athlete for info in sessions))
    assert numbers == [{"Ada": 15}, {"Ada": 16, "Bea": 15}, {"Ada": 17, "Bea": 16}]
    assert PlanKeeper(tmp_path / "squad", "Bea").load_shared_items(today) == {"phase"}
