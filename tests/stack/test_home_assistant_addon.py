"""The folder that Home Assistant takes as a local add-on agrees with the program."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import yaml

from monitor.core.http_access import WebSettings
from monitor.sources.phone_settings import PhoneSettings
from tests.contracts.test_documents import parse

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "config" / "home-assistant-addon"
ADDON = yaml.safe_load((FOLDER / "config.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")


def test_it_has_what_the_supervisor_asks_of_every_add_on() -> None:
    """Those that its developers' documents call required, and only processors that they still know."""
    assert {"name", "version", "slug", "description", "arch"} <= set(ADDON)
    assert set(ADDON["arch"]) == {"amd64", "aarch64"}


def test_its_version_is_the_programs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert ADDON["version"] == project["version"]


def test_its_ports_are_those_of_the_page_and_of_phones() -> None:
    ports = {f"{port}/tcp": port for port in (WebSettings().port, PhoneSettings().port)}
    assert ADDON["ports"] == ports
    assert set(ADDON["ports_description"]) == set(ports)
    assert f"[PORT:{WebSettings().port}]" in ADDON["webui"]


def test_its_command_is_one_that_the_program_takes() -> None:
    command = re.search(r"^CMD (\[.*\])$", DOCKERFILE, flags=re.MULTILINE)
    assert command is not None
    program, *words = json.loads(command[1])
    assert program == "gaitcue"
    parse(words)


def test_settings_and_data_lie_where_home_assistant_keeps_them() -> None:
    assert "XDG_CONFIG_HOME=/config" in DOCKERFILE
    assert "XDG_DATA_HOME=/data" in DOCKERFILE
    assert ADDON["map"] == ["addon_config:rw"]
