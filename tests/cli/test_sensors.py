"""``gaitcue sensors phone``: what to enter in the phone's app."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli.main import app
from monitor.core.errors import ConfigError

PHONE = """
[[sensor]]
name = "phone"
kind = "sensor_logger"
placement = "waist"
options = { platform = "android" }
"""


def phone(folder: Path, settings: str) -> str:
    file = folder / "gaitcue.toml"
    file.write_text(f'[store]\nfolder = "{folder.as_posix()}"\n{settings}', encoding="utf-8")
    result = CliRunner().invoke(app, ["sensors", "phone", "--config", str(file)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_without_a_phone_it_says_how_to_set_one_up(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no phone is set up: `gaitcue setup --config"):
        phone(tmp_path, "")


def test_a_phone_over_http_gets_an_address_with_its_token(tmp_path: Path) -> None:
    text = phone(tmp_path, PHONE + '[phone]\nhost = "0.0.0.0"\n')
    assert "HTTP Push" in text
    (address,) = [line.strip() for line in text.splitlines() if line.strip().startswith("http://")]
    assert "/phone" in address
    again = phone(tmp_path, PHONE + '[phone]\nhost = "0.0.0.0"\n')
    assert address in again  # the token stays


def test_a_phone_over_mqtt_gets_its_topic(tmp_path: Path) -> None:
    over_mqtt = PHONE.replace('"android" }', '"android", over = "mqtt" }')
    text = phone(tmp_path, over_mqtt + '[mqtt]\nhost = "broker.lan"\n')
    assert "MQTT Publish" in text
    assert "HTTP Push" not in text
    assert "ws://broker.lan:9001 (over WebSockets)\n topic sensor-logger\n" in text
    assert "password" not in text


def test_a_phone_over_the_shipped_broker_gets_its_websocket_and_the_topic_of_its_user(
    tmp_path: Path,
) -> None:
    over_mqtt = PHONE.replace('"android" }', '"android", over = "mqtt" }')
    broker = '[mqtt]\nhost = "broker.lan"\ntls = true\nuser = "ann"\n'
    text = phone(tmp_path, over_mqtt + broker)
    assert "wss://broker.lan:8884 (over WebSockets)\n topic sensor-logger/ann\n user ann, and this" in text
    own = phone(tmp_path, over_mqtt.replace('over = "mqtt"', 'over = "mqtt", topic = "mine"') + broker)
    assert "topic mine\n" in own
