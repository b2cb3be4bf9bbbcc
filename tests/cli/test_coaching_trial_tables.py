"""The tables of the coaching trial: every rule on every ground, and on a run of one's own."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from dsp.types import Estimate, Metric, Placement
from monitor.cli import coaching_trial_tables
from monitor.cli.coaching_trial_tables import (
    coach_at_own_mean,
    print_recording_trial,
    print_simulated_trial,
    trial_table,
)
from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.recordings.tape import Tape, TapeHeader
from monitor.simulation.coaching_trial import Score
from monitor.simulation.trial_scenarios import SCENARIOS, Bars


def cadence(seconds: int, spm: float = 170.0) -> list[Metric]:
    return [Metric(float(t), None, Estimate("cadence_spm", spm, 1.0, "pod")) for t in range(seconds)]


def drawn(score: Score) -> str:
    console = Console(width=120, file=io.StringIO())
    with console.capture() as text:
        console.print(trial_table("a title", [score]))
    return text.get()


def test_rates_are_per_hour_and_what_was_not_measured_stays_empty() -> None:
    text = drawn(Score("a rule", hours=2.0, cues=7, false=1, run_s=7200, in_band_s=5400))
    assert "a title" in text
    row = next(line for line in text.splitlines() if "a rule" in line)
    cells = [cell.strip() for cell in row.strip("│┃ ").split("│")]
    assert cells == ["a rule", "3.5", "0.50", "", "", "75.0"]


def test_a_coach_of_a_recording_aims_at_its_own_mean() -> None:
    settings, aim = coach_at_own_mean([*cadence(600, 168.0), *cadence(600, 172.0), *cadence(60, 100.0)])
    assert aim == pytest.approx(170.0)  # walking does not count
    assert settings.baseline is not None
    assert settings.cues.warm_up_s == 0


def test_ten_minutes_of_running_are_needed() -> None:
    with pytest.raises(InputError, match="ten minutes"):
        coach_at_own_mean(cadence(599))


def test_every_scenario_has_a_row_and_a_lost_bar_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    two = [s for s in SCENARIOS if s.name in ("treadmill, -6 at once", "tires by 3 an hour")]
    never = replace(two[0], name="asks too much", bars=Bars(delay_s=0.5))
    monkeypatch.setattr(coaching_trial_tables, "SCENARIOS", (*two, never))
    monkeypatch.setenv("COLUMNS", "80")  # a common terminal, or no terminal
    assert not print_simulated_trial(runs=1, seed=1)
    text = capsys.readouterr().out
    for words in ("treadmill, -6 at once", "tires by 3 an hour", "asks too much", "8-s dwell"):
        assert words in text
    assert "…" not in text
    assert "limit missed: asks too much: delay (s)" in text
    assert "not that cues help anybody" in " ".join(text.split())


def test_a_run_of_ones_own_is_tried_as_it_was_and_with_drifts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pod = SensorSettings(name="pod", kind="plain", placement=Placement.POD)
    settings = SessionSettings(sensors=(pod,))
    tape = Tape(tmp_path / "own.tape", TapeHeader("own", "2026-01-01T07:00:00+00:00", settings, "0"))
    for second in range(900):
        values = {"cadence_spm": 170.0 + 2 * math.sin(second), "speed_mps": 2.8}
        tape.append(Packet("pod", second * 10**9, plain.VALUES, plain.encode_values(values)))
    tape.finish()
    print_recording_trial(tape.path, -6.0, None)
    text = " ".join(capsys.readouterr().out.split())
    assert "own.tape: no drift put in" in text
    assert "own.tape: -6 steps/min for a minute, again and again" in text
