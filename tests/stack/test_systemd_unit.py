"""The unit of a box that nobody looks at is shut off from all that it does not need."""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path

from tests.stack.servers import needed

UNIT = Path(__file__).parents[2] / "config" / "systemd" / "gaitcue@.service"


def unit() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(UNIT, encoding="utf-8")
    return parser["Service"]


def test_systemd_finds_the_service_little_exposed() -> None:
    needed("systemd-analyze")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", UNIT]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "Overall exposure level" in done.stdout


def test_it_is_nobody_in_particular_and_keeps_its_data_to_itself() -> None:
    service = unit()
    assert service["User"] == "gaitcue"
    assert service["CapabilityBoundingSet"] == ""
    assert service["StateDirectoryMode"] == "0700"
    assert service["UMask"] == "0077"


def test_the_folders_it_may_use_are_those_the_program_takes() -> None:
    """``own_folder`` puts everything below these into a folder ``gaitcue``."""
    service = unit()
    assert "XDG_DATA_HOME=/var/lib" in service["Environment"]
    assert "XDG_CONFIG_HOME=/etc" in service["Environment"]
    assert service["StateDirectory"] == "gaitcue"
    assert service["ExecStart"].endswith("gaitcue run --athlete %i")
