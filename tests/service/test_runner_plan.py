"""The plan by the settings, and by the runner's own tables beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.service.config import Config, StoreSettings
from monitor.service.runner_plan import log_keeper, plan_keeper, plan_tables, todays_plan
from monitor.service.session_store import open_store
from monitor.training.plan_settings import PlanSettings
from monitor.training.table_files import shipped_tables
from monitor.training.tables import Phase

OURS = Path(__file__).parents[2] / "monitor" / "training" / "tables"


def test_without_own_tables_they_are_ours(tmp_path: Path) -> None:
    assert plan_tables(tmp_path / "plan") == shipped_tables()


def test_an_own_table_takes_the_place_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "gaitcue" / "plan"
    folder.mkdir(parents=True)
    text = (OURS / "phases.toml").read_text(encoding="utf-8")
    (folder / "phases.toml").write_text(text.replace("stay_days = 14", "stay_days = 28"), encoding="utf-8")
    keeper = plan_keeper(Config(athlete="ann", plan=PlanSettings(emergency_number="112")))
    assert keeper.tables.phases[Phase.REINTRODUCE].stay_days == 28
    assert keeper.settings.emergency_number == "112"
    assert keeper.athlete == "ann"


@pytest.mark.parametrize("content", [b"calm = 3\n", b"\xff\xfe", b"calm = = 3"])
def test_a_wrong_table_is_named_with_its_folder(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "phases.toml").write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        plan_tables(tmp_path)
    assert str(tmp_path) in str(refused.value)


def test_own_warning_signs_answer_unless_a_table_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "gaitcue" / "plan"
    folder.mkdir(parents=True)
    own = '[[flag]]\nname = "groin"\nanswer = "today"\n'
    (folder / "red_flags.toml").write_text(own, encoding="utf-8")
    assert [flag.name for flag in log_keeper(Config()).tables.flags] == ["groin"]
    (folder / "norms.toml").write_text("curls = 0", encoding="utf-8")
    assert log_keeper(Config()).tables == shipped_tables()
    with pytest.raises(ConfigError):
        plan_keeper(Config())


def test_a_decision_is_kept_only_where_something_was_written_down(tmp_path: Path) -> None:
    config = Config(athlete="ann", store=StoreSettings(folder=tmp_path))
    with open_store(config) as store:
        assert todays_plan(config, store).now.phase is Phase.NONE
        assert not (tmp_path / "runner-log").exists()
