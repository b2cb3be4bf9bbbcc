"""The unit of a box that nobody looks at is shut off from all that it does not need."""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path

import pytest

from tests.contracts.test_documents import parse
from tests.stack.servers import needed

FOLDER = Path(__file__).parents[2] / "config" / "systemd"
UNIT, MORNING = FOLDER / "gaitcue@.service", FOLDER / "gaitcue-morning@.service"
TIMER = FOLDER / "gaitcue-morning@.timer"


def unit(path: Path = UNIT, section: str = "Service") -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(path, encoding="utf-8")
    return parser[section]


def test_the_unit_of_a_user_runs_what_setup_has_made_and_does_not_start_again_on_wrong_settings() -> None:
    service = unit(FOLDER / "gaitcue.service")
    program, *words = service["ExecStart"].split()
    assert program == "%h/.local/bin/gaitcue"
    parse(words)
    assert "Environment" not in service  # settings and data are the usual ones
    assert "User" not in service
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("on-failure", "2")


@pytest.mark.parametrize("path", [UNIT, MORNING], ids=lambda path: path.name)
def test_systemd_finds_the_service_little_exposed(path: Path) -> None:
    needed("systemd-analyze")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", path]
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


def test_the_morning_question_has_the_same_fences_folders_and_user() -> None:
    run, morning = unit(), unit(MORNING)
    fences = {
        k for k in run if k.startswith(("Protect", "Private", "Restrict", "Lock", "Memory", "System"))
    }
    assert {k: morning.get(k) for k in fences} == {k: run[k] for k in fences}
    for key in ("Environment", "User", "Group", "StateDirectory", "StateDirectoryMode", "UMask"):
        assert morning[key] == run[key]
    assert morning["ExecStart"].endswith("gaitcue plan --remind --config /etc/gaitcue/%i.toml")


def test_the_timer_asks_often_enough_and_starts_that_service() -> None:
    assert TIMER.stem == MORNING.stem
    timer = unit(TIMER, "Timer")
    assert timer["OnCalendar"] == "*-*-* 04..12:00/15"
    needed("systemd-analyze")
    command = ["systemd-analyze", "calendar", "--iterations=2", timer["OnCalendar"]]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
