"""``gaitcue sensors align``: what it says of two shoes that were knocked together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli.main import app
from monitor.core.errors import ConfigError, InputError
from monitor.recordings.tape import Tape, TapeHeader, TapeReader
from tests.pipeline.test_tap_alignment import LATE_S, shoes

TAPS_S = [3.0, 3.9, 4.5, 5.8, 6.3]


@pytest.fixture(scope="module")
def tape_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shoes, knocked before and after; all packets of the right one come late."""
    recording = shoes([*TAPS_S, *(45.0 + t for t in TAPS_S)], run_s=20.0)
    path = tmp_path_factory.mktemp("tapes") / "knocked.tape"
    tape = Tape(path, TapeHeader("knocked", "2026-01-01T07:00:00+00:00", recording.settings, "0"))
    late_ns = round(LATE_S * 1e9)
    packets = [
        replace(p, arrival_ns=p.arrival_ns + late_ns * (p.sensor == "footR")) for p in recording.packets()
    ]
    for packet in sorted(packets, key=lambda p: p.arrival_ns):
        tape.append(packet)
    tape.finish()
    return path


def align(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["sensors", "align", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_delay_is_told_for_the_settings(tape_path: Path) -> None:
    text = align(str(tape_path))
    line = next(line for line in text.splitlines() if "sync_delay_s" in line and "footR" in line)
    assert float(line.split("=")[1].split("#")[0]) == pytest.approx(LATE_S, abs=0.004)
    assert "footR" in text
    assert "later than footL" in text


def test_the_tape_keeps_the_delay_if_it_is_asked_to(tape_path: Path) -> None:
    align(str(tape_path), "--apply")
    with TapeReader(tape_path) as tape:
        delays = {s.name: s.sync_delay_s for s in tape.header.settings.sensors}
    assert delays == {"footL": 0.0, "footR": pytest.approx(LATE_S, abs=0.004)}


def test_only_a_tape_can_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.recordings.readers.read_recording", lambda file: shoes([], run_s=2.0))
    with pytest.raises(ConfigError, match="only a tape"):
        align("two.npz", "--apply")


def test_shoes_that_were_not_knocked_are_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    recording = shoes([], run_s=5.0)
    path = tmp_path / "quiet.tape"
    tape = Tape(path, TapeHeader("quiet", "2026-01-01T07:00:00+00:00", recording.settings, "0"))
    for packet in recording.packets():
        tape.append(packet)
    tape.finish()
    with pytest.raises(InputError, match=r"quiet\.tape: no three taps"):
        align(str(path))
