"""Settings that were stored under an older key are read, and what is written keeps that key."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from dsp.types import Placement
from monitor.core import json_codec
from monitor.core.session_settings import CoachSettings, SensorSettings, SessionSettings
from monitor.recordings.tape import Tape, TapeHeader, TapeReader
from monitor.storage.plan_file import Plan, PlannedRun, read_plan, write_plan

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
    assert (settings.coach.week, settings.coach.cue_share) == (2, 0.25)


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
