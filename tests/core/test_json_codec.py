"""Records and settings come back from JSON; older keys are read, and what is written keeps them."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.types import (
    Activity,
    ActivityChange,
    Band,
    Cue,
    CueKind,
    Estimate,
    Fault,
    Gap,
    Metric,
    Placement,
    Problem,
    Readiness,
    SensorProblem,
    Side,
    Step,
)
from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted, SinkStatus
from monitor.core.session_settings import CoachSettings, SensorSettings, SessionSettings
from monitor.recordings.tape import Tape, TapeHeader, TapeReader
from monitor.storage.plan_file import Plan, PlannedRun, RunPain, read_plan, write_plan

SETTINGS = SessionSettings(
    sensors=(SensorSettings(name="belt", kind="plain", placement=Placement.WAIST, sync_delay_s=0.03),),
    coach=CoachSettings(cue_share=0.5),
)


def stored_settings(tape: Path) -> str:
    with sqlite3.connect(tape) as db:
        (text,) = db.execute("SELECT settings FROM header").fetchone()
    return str(text)


def test_settings_on_a_tape_keep_their_old_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    Tape(path, TapeHeader("a", "2026-01-01T00:00:00+00:00", SETTINGS, "0")).finish()
    stored = json.loads(stored_settings(path))
    assert stored["sensors"][0]["delay_s"] == 0.03
    assert stored["coach"]["availability"] == 0.5
    assert "sync_delay_s" not in stored["sensors"][0]
    assert "cue_share" not in stored["coach"]
    with TapeReader(path) as tape:
        assert tape.header.settings == SETTINGS


def test_a_tape_that_an_older_version_wrote_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    Tape(path, TapeHeader("a", "2026-01-01T00:00:00+00:00", SessionSettings(), "0")).finish()
    old = {
        "athlete": "ann",
        "sensors": [{"name": "belt", "kind": "plain", "placement": "waist", "delay_s": 0.03}],
        "coach": {"week": 2, "availability": 0.25},
    }
    with sqlite3.connect(path) as db:
        db.execute("UPDATE header SET settings = ?", (json.dumps(old),))
    with TapeReader(path) as tape:
        settings = tape.header.settings
    assert settings.sensors[0].sync_delay_s == 0.03
    assert settings.coach is not None
    assert (settings.coach.step, settings.coach.cue_share) == (2, 0.25)


def test_a_plan_file_keeps_its_old_key(tmp_path: Path) -> None:
    path = tmp_path / "plans" / "ann.json"
    plan = Plan(runs=(PlannedRun(session="a", started_utc="2026-01-01T00:00:00+00:00", cue_share=0.75),))
    write_plan(path, plan)
    assert json.loads(path.read_text())["runs"][0]["availability"] == 0.75
    assert "cue_share" not in path.read_text()
    assert read_plan(path) == plan


def test_a_plan_file_that_an_older_version_wrote_is_read(tmp_path: Path) -> None:
    run = {"session": "a", "started_utc": "", "availability": 0.1, "off_s": 60, "off_in_s": 30}
    path = tmp_path / "ann.json"
    path.write_text(json.dumps({"baseline": None, "seen": ["a"], "runs": [run]}))
    (planned,) = read_plan(path).runs
    assert (planned.cue_share, planned.off_s, planned.off_in_s) == (0.1, 60, 30)


def test_json_and_back_gives_the_same_settings() -> None:
    assert json_codec.from_json(SessionSettings, json_codec.to_json(SETTINGS)) == SETTINGS


EVERY_KIND: tuple[Out, ...] = (
    Step("left", Side.LEFT, 1.0, None, (Estimate("contact_ms", 240.0, 3.0, "foot"),)),
    Metric(2.0, None, Estimate("cadence_spm", 170.5, 0.4, "foot")),
    Gap("left", 1.0, 2.5),
    ActivityChange(3.0, Activity.RUN, 5.0),
    Readiness(4.0, "left", 3, 20),
    SensorProblem(4.0, "left", Problem.CLIPPED),
    Band(5.0, "cadence_spm", 172.0, 168.0, None, "warming up"),
    Cue(
        6.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 165.0, 172.0, "cadence_low", 9.0, "", "low"
    ),
    SensorStatus(7.0, "left", LinkState.STREAMING, "streaming", 12, 1, 200.0, clock_ppm=-3.5),
    SinkStatus(8.0, "influx", False, "cannot be reached", 5, 0, 2.5),
    SessionStarted("a", "ann", "2026-01-01T00:00:00+00:00", ("left", "right")),
    SessionEnded("a", 9.0, "the input ended"),
)


@pytest.mark.parametrize("record", EVERY_KIND, ids=json_codec.kind_of)
def test_every_record_comes_back_as_it_was(record: Out) -> None:
    text = json.dumps(json_codec.to_json(record))
    assert json_codec.from_json(type(record), json.loads(text)) == record


def test_every_kind_of_record_was_tried() -> None:
    assert {json_codec.kind_of(record) for record in EVERY_KIND} == json_codec.RECORD_KINDS.keys()


def test_numbers_without_a_value_stay_so() -> None:
    """NaN and infinity, which strict JSON has no word for, and numbers that NumPy made."""
    for value in (math.nan, math.inf, -math.inf, np.float64(1.5)):
        text = json.dumps(json_codec.to_json(Estimate("cadence_spm", value, 0.1, "foot")))
        back = json_codec.from_json(Estimate, json.loads(text))
        assert repr(float(back.value)) == repr(float(value))
        assert type(back.value) is float


def test_whole_numbers_become_floats_where_floats_are_meant() -> None:
    gap = json_codec.from_json(Gap, {"sensor": "left", "start_s": 1, "end_s": 2})
    assert type(gap.start_s) is float


@pytest.mark.parametrize(
    "raw",
    [
        {"sensor": "left", "start_s": 1.0, "end_s": 2.0, "length_s": 1.0},
        {"sensor": "left", "start_s": 1.0},
        {"sensor": "left", "start_s": 1.0, "end_s": "later"},
        {"sensor": "left", "start_s": 1.0, "end_s": None},
        ["left", 1.0, 2.0],
        None,
    ],
)
def test_what_does_not_fit_is_refused(raw: object) -> None:
    with pytest.raises(ValueError):
        json_codec.from_json(Gap, raw)


def test_reading_stored_json_does_not_load_what_the_codec_does_without() -> None:
    """``gaitcue sessions`` and a killed run's recovery read JSON; neither needs pydantic for that."""
    code = "import sys, monitor.core.json_codec, monitor.storage.store; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("text", ["NaN", "[1, -Infinity]", '{"a": 1e999}', "[" * 100_000, "{", "", b"\xff"])
def test_json_from_outside_has_finite_numbers_and_an_end(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_codec.parse_json(text)


def test_json_from_outside_is_read_as_ever() -> None:
    assert json_codec.parse_json('{"a": [1, 2.5, -1e300, "x", null, true]}') == {
        "a": [1, 2.5, -1e300, "x", None, True]
    }


def test_one_wrong_bit_is_no_other_pain_in_a_plan(tmp_path: Path) -> None:
    path = tmp_path / "me.json"
    write_plan(path, Plan(pains=(RunPain(session="a", day="2026-11-25", value=2.0),)))
    path.write_text(path.read_text().replace("2.0", "0.0"))
    with pytest.raises(StoreError, match="checksum"):
        read_plan(path)


@given(st.integers(0), st.integers(0, 7))
def test_no_wrong_bit_changes_a_value_of_a_checked_object(place: int, bit: int) -> None:
    value = {"role": 2, "name": "Łukasz", "pains": [2.0, {"day": "2026-11-25"}]}
    data = bytearray(json_codec.checked_json(value).encode())
    assert json_codec.parse_checked(bytes(data)) == value
    data[place % len(data)] ^= 1 << bit
    try:
        found = json_codec.parse_checked(bytes(data))
    except ValueError:
        return
    assert {key: found[key] for key in value} == value  # the checksum's own name may have changed
