"""``gaitcue demo`` runs one demo, the one that was asked for; a squad is read in runners' units."""

from __future__ import annotations

import datetime
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster
from typer.testing import CliRunner

from dsp.metrics import Role, with_role
from dsp.types import Cue
from monitor.cli.main import app
from monitor.core.browser import command_as_typed
from monitor.core.errors import StoreError
from monitor.core.records import SessionStarted
from monitor.recordings.tape import Tape
from monitor.review.training_plan import PlanKeeper
from monitor.service import demo, demo_squad
from monitor.service.config import Config, StoreSettings, load_config
from monitor.service.runner_plan import plan_keeper
from monitor.sinks.export.settings import ExportSettings
from monitor.storage.new_session import begin_run
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.entries import ShoeEntry


@pytest.mark.parametrize(("arguments", "expected"), [([], "run_demo"), (["--radio"], "run_radio_demo")])
def test_one_demo_runs(arguments: list[str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    for name in ("run_demo", "run_radio_demo"):
        monkeypatch.setattr(demo, name, lambda *_, name=name, **__: ran.append(name))
    result = CliRunner().invoke(app, ["demo", "--no-web", *arguments])
    assert result.exit_code == 0, result.output
    assert ran == [expected]


def quick_demo(
    monkeypatch: pytest.MonkeyPatch, folder: Path, seconds: float | None, **options: Any
) -> Path:
    """Run a demo as fast as possible with its data below a folder; returns its settings file."""
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.setattr(demo, "command_as_typed", partial(command_as_typed, program="/opt/gaitcue"))
    demo.run_demo(seconds, 0.0, None, **options)
    return folder / "gaitcue" / "demo" / "gaitcue.toml"


def test_the_story_has_learning_a_cue_an_answer_and_a_cue_for_the_load(
    tmp_path: Path,
    nothing_blocks: BlockBuster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nothing_blocks.deactivate()
    settings = quick_demo(monkeypatch, tmp_path, None)
    config = load_config(settings)
    with Store(settings.parent / "gaitcue.db") as store:
        (info,) = store.sessions()
        cues = [r for r in store.events(info.id) if isinstance(r, Cue) and not r.withheld]
    assert (info.athlete, info.ended, config.athlete) == ("demo", True, "demo")
    heard = [(c.wording, c.fault and c.fault.value) for c in cues]
    assert heard == [
        ("learning", None),
        ("learned", None),
        ("cadence_low", "cadence_low"),
        ("confirm", "cadence_low"),
        ("braking", "braking"),
    ]
    told = capsys.readouterr().out
    assert "Simulated sensors" in told
    lines = [
        line.split("gaitcue ", 1)[1]
        for line in told.splitlines()
        if line.startswith("  ") and "gaitcue " in line
    ]
    assert lines == [f"review --config {settings}", "demo --history", "setup"]
    shown = CliRunner().invoke(app, [*lines[0].split(), "--no-open"], catch_exceptions=False)
    assert shown.exit_code == 0, shown.output


def test_with_history_there_are_weeks_a_plan_shoes_and_a_usual_cadence(
    tmp_path: Path, nothing_blocks: BlockBuster, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_blocks.deactivate()
    noon = datetime.datetime(2026, 3, 30, 12, tzinfo=datetime.UTC)
    today = noon.date()
    yesterday = SessionInfo(
        id="of-yesterday", athlete="demo", title="demo", started_utc="2026-03-29T08:00:00Z"
    )
    with Store(tmp_path / "gaitcue" / "demo" / "gaitcue.db") as store:
        store.begin(yesterday)  # a demo without history, which keeps none away
        store.end(yesterday.id, 1.0)
    for _ in range(2):  # a second time adds only a run
        settings = quick_demo(monkeypatch, tmp_path, 8.0, history_until=today)
    with Store(settings.parent / "gaitcue.db") as store:
        assert len([info for info in store.sessions() if info.title == "made up"]) == 14
        plan = plan_keeper(load_config(settings)).load(store, noon)
    assert plan.now.phase.value == "reintroduce"
    assert plan.now.verdict.value == "green"
    assert {e.shoe for e in plan.standing if isinstance(e, ShoeEntry)} == {"daily", "light"}
    usual = CliRunner().invoke(app, ["baseline", "--config", str(settings)], catch_exceptions=False)
    assert "Learning is complete" in usual.output


def test_a_demo_that_cannot_be_kept_runs_all_the_same(
    tmp_path: Path,
    nothing_blocks: BlockBuster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nothing_blocks.deactivate()
    (tmp_path / "gaitcue").write_text("in the way", encoding="utf-8")
    quick_demo(monkeypatch, tmp_path, 8.0)
    told = capsys.readouterr().out
    assert "Not kept" in told
    assert "Simulated sensors" in told


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
