"""Where the settings are, in each system's own way: more of it in ``tests/service/test_config.py``."""

from __future__ import annotations

from pathlib import Path

from monitor.core.settings_path import athlete_file, default_path, own_folder


def test_settings_of_several_runners_lie_side_by_side(tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert own_folder(environment, "XDG_CONFIG_HOME", ".config") == tmp_path / "gaitcue"
    assert default_path(environment) == tmp_path / "gaitcue" / "gaitcue.toml"
    assert athlete_file("ann lee", environment) == tmp_path / "gaitcue" / "ann-lee.toml"
