"""Settings: what is accepted, and every mistake with its place."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import platformdirs.macos
import platformdirs.windows
import pytest

from dsp.types import Placement, Side
from monitor.core import toml_text
from monitor.core.errors import ConfigError
from monitor.core.settings_path import athlete_file, default_path
from monitor.service.config import Config, StoreSettings, data_folder, load_config

SHIPPED = Path(__file__).parents[2] / "config" / "gaitcue.toml"
GOOD = """
athlete = "ann"
[runner]
height_m = 1.7
[[sensor]]
name = "left shoe"
kind = "rsc"
placement = "foot"
side = "L"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "gaitcue.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_says_the_defaults_of_the_code() -> None:
    assert load_config(SHIPPED, {}) == Config()


def test_a_good_file_becomes_settings(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD), {})
    assert config.athlete == "ann"
    assert config.runner.height_m == 1.7
    (sensor,) = config.sensor
    assert (sensor.placement, sensor.side) == (Placement.FOOT, Side.LEFT)


def test_what_config_prints_is_a_file_with_the_same_settings(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD), {})
    text = toml_text.to_toml(config)
    tomllib.loads(text)
    assert load_config(written(tmp_path, text), {}) == config


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = 'athlet = "ann"\n[runner]\nheight_m = "tall"\n[web]\nport = 99999\n'
    with pytest.raises(ConfigError) as refused:
        load_config(written(tmp_path, text), {})
    said = str(refused.value)
    assert len(refused.value.messages) == 3
    assert "athlete" in said  # what was probably meant
    for place in (":1", ":3", ":5"):
        assert place in said or f"line {place[1:]}" in said


def test_mistakes_of_sensors_are_told_with_the_rest(tmp_path: Path) -> None:
    text = """athlet = "ann"
[[sensor]]
name = "shoe"
kind = "movesens"
placement = "foot"
[[sensor]]
name = "other shoe"
kind = "movesense"
placement = "foot"
rate_hz = 0
options = { resorce = "IMU6" }
[[sensor]]
name = "shoe"
kind = "sensor_logger"
placement = "wais"
options = { platform = "windows" }
[target]
low = 3
"""
    with pytest.raises(ConfigError) as refused:
        load_config(written(tmp_path, text), {})
    lines = [line.partition("gaitcue.toml:")[2] for line in str(refused.value).splitlines()]
    assert lines == [
        '1: athlet: is not a setting (did you mean "athlete"?)',
        '2: sensor: two sensors are called "shoe"; each needs a name of its own',
        '4: [[sensor]] 1, kind: "movesens" is not a known device (did you mean "movesense"?)',
        '6: [[sensor]] 2, side: is missing: "L" or "R", the leg it is worn on',
        "10: [[sensor]] 2, rate_hz: must be between 1 and 5000, not 0",
        '11: [[sensor]] 2, [options], resorce: is not an option of movesense (did you mean "resource"?)',
        '12: [[sensor]] 3: shoe: say options.platform = "ios" or "android" (iOS turns the signs around)',
        '15: [[sensor]] 3, placement: "wais" is not possible (did you mean "waist"?)',
        "18: [target], low: must be between 0.01 and 0.5",
    ]
    german = refused.value.text_in("de")
    assert not re.search(r"\b(is|are|must|not|there)\b", german)


def test_a_complaint_about_two_settings_names_both(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(written(tmp_path, '[alerts]\nquiet_from = "22:00"\n'), {})
    assert str(refused.value).endswith("quiet_from: quiet_from and quiet_to must be given together")
    assert refused.value.text_in("de").endswith("quiet_from: quiet_from und quiet_to gehören zusammen")


def test_a_token_whose_file_is_missing_is_not_called_unset_too(tmp_path: Path) -> None:
    text = '[influx]\nurl = "http://127.0.0.1:8086"\ntoken_file = "secrets/influx/proxy.token"\n'
    with pytest.raises(ConfigError) as refused:
        load_config(written(tmp_path, text), {})
    (line,) = str(refused.value).splitlines()
    assert "start the stack first" in line


def test_an_unknown_device_is_told_with_the_likely_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rsc"):
        load_config(written(tmp_path, GOOD.replace('"rsc"', '"rsk"')), {})


def test_a_secret_stands_in_a_file_or_the_environment_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="token"):
        load_config(written(tmp_path, '[web]\ntoken = "let-me-in-please"\n'), {})
    (tmp_path / "t").write_text("let-me-in-please\n")
    config = load_config(written(tmp_path, f'[web]\ntoken_file = "{tmp_path / "t"}"\n'), {})
    assert config.web.token is not None
    assert config.web.token.reveal() == "let-me-in-please"
    assert "let-me-in" not in repr(config) + toml_text.to_toml(config)
    assert "\n# token_file = ***\n" in toml_text.to_toml(config)
    assert "\n# password_file is not set\n" in toml_text.to_toml(config)
    given = load_config(written(tmp_path, ""), {"GAITCUE_WEB_TOKEN": "from-the-environment"})
    assert given.web.token is not None


@pytest.mark.parametrize("system", ["linux", "freebsd14", "darwin", "win32"])
def test_data_live_where_the_system_says(
    tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert data_folder(Config(), {"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "gaitcue"
    assert default_path({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "gaitcue" / "gaitcue.toml"
    chosen = Config(store=StoreSettings(folder=tmp_path / "mine"))
    assert data_folder(chosen, {"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "mine"


@pytest.mark.parametrize("environment", [{}, {"XDG_DATA_HOME": "here", "XDG_CONFIG_HOME": "here"}])
def test_linux_has_the_folders_of_the_specification(environment: dict[str, str]) -> None:
    """A relative path in a variable does not count, says the XDG Base Directory Specification."""
    assert data_folder(Config(), environment) == Path.home() / ".local" / "share" / "gaitcue"
    assert default_path(environment) == Path.home() / ".config" / "gaitcue" / "gaitcue.toml"
    code = "import monitor.service.config as c, sys; c.data_folder(c.Config(), {}); c.default_path({})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print('platformdirs' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_macos_has_them_in_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.macos.MacOS)
    home = Path.home() / "Library" / "Application Support" / "gaitcue"
    assert data_folder(Config(), {}) == home
    assert default_path({}) == home / "gaitcue.toml"
    assert athlete_file("ann lee", {}) == home / "ann-lee.toml"


def test_windows_has_them_among_local_application_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA", "/users/ann/AppData/Local")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.windows.Windows)
    monkeypatch.setattr(
        platformdirs.windows, "get_win_folder", platformdirs.windows.get_win_folder_from_env_vars
    )
    home = Path("/users/ann/AppData/Local/gaitcue")
    assert data_folder(Config(), {}) == home
    assert default_path({}) == home / "gaitcue.toml"


def test_two_sensors_that_one_device_would_fit_are_refused_when_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    row = '[[sensor]]\nname = "{0}"\nkind = "witmotion"\nplacement = "foot"\nside = "{1}"\nmatch = "{2}"\n'
    path.write_text(row.format("left", "L", "WT901BLE68") + row.format("right", "R", "WT901BLE68"))
    with pytest.raises(ConfigError) as refused:
        load_config(path, {})
    assert '"left" and "right"' in str(refused.value)
    path.write_text(
        row.format("left", "L", "F0:00:00:00:00:0A") + row.format("right", "R", "F0:00:00:00:00:0B")
    )
    assert len(load_config(path, {}).sensor) == 2
