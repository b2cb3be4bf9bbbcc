"""``gaitcue`` as its user meets it: real processes, exit codes, one clear line."""

from __future__ import annotations

import csv
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dsp.simulation.runner import SIMULATED_STRIDE_S, steady_foot_imu
from tests.command_here import Gaitcue, here
from tests.faults.program import make_tape
from tests.track_bytes import gpx_run

__all__ = ["here"]


def gaitcue(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def shoes(tmp_path: Path) -> Path:
    path = tmp_path / "run.npz"
    left, right = steady_foot_imu("L"), steady_foot_imu("R", phase=0.5)
    np.savez(
        path, fs_imu=200.0, footL_acc=left.acc_ms2, footL_gyro=left.gyr_rads, footR_acc=right.acc_ms2,
        footR_gyro=right.gyr_rads,
    )  # fmt: skip
    return path


def test_a_recording_becomes_one_row_per_step(shoes: Path, tmp_path: Path) -> None:
    done = gaitcue("analyze", shoes, "--steps", tmp_path / "steps.csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "steps.csv").read_text().splitlines()))
    assert list(rows[0])[:5] == ["side", "ic_s", "to_s", "contact_ms", "cadence_spm"]
    assert {r["side"] for r in rows} == {"L", "R"}
    assert abs(len(rows) - 14 / SIMULATED_STRIDE_S * 2) < 4
    cadence = [float(r["cadence_spm"]) for r in rows if r["cadence_spm"]]
    assert np.allclose(cadence, 120 / SIMULATED_STRIDE_S, atol=2)
    assert all(r["shank_deg"] == "" for r in rows)


def test_a_csv_of_one_imu_is_read(here: Gaitcue, tmp_path: Path) -> None:
    chunk = steady_foot_imu("L")
    path = tmp_path / "shoe.csv"
    table = np.column_stack((chunk.t_s, chunk.acc_ms2, chunk.gyr_rads))
    header = "t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2,gyr_x_rads,gyr_y_rads,gyr_z_rads"
    np.savetxt(path, table, delimiter=",", header=header, comments="")
    done = here("analyze", path, "--placement", "foot", "--side", "L")
    assert done.returncode == 0, done.stderr
    assert "Cadence" in done.stdout
    assert "scatter of steps" in done.stdout  # a column that was "SD" looked like its ±
    assert "\x1b[" not in done.stdout


def test_what_a_damaged_tape_lacks_is_told(here: Gaitcue, tmp_path: Path) -> None:
    path = make_tape(tmp_path / "run.tape", 20.0)
    with sqlite3.connect(path) as db:
        (lost,) = db.execute("SELECT packets FROM block WHERE id = 9").fetchone()
        db.execute("UPDATE block SET crc = crc + 1 WHERE id = 9")
    db.close()
    done = here("analyze", path)
    assert done.returncode == 0, done.stderr
    assert f"the tape is damaged: {lost} of its packets are lost\n" in done.stdout
    assert "Cadence" in done.stdout


BROKEN = {
    "empty.npz": b"",
    "text.npz": b"hello, this is not an archive",
    "header.csv": b"time,x,y,z\n0,1,2,3\n",
    "words.csv": b"t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2\n0,a,b,c\n",
    "none.csv": b"t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2\n",
    "short.csv": b"t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2\n0,1,2\n",
    "grams.csv": b"t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2\n0,0,0,1\n0.01,0,0,1\n",
    "nan.csv": b"t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2\n0,nan,nan,nan\n0.01,nan,0,9.8\n",
    "run.doc": b"x",
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_bad_input_gives_one_clear_line_and_exit_code_two(here: Gaitcue, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    done = here("analyze", path, "--placement", "ankle", "--side", "L")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_and_a_folder_are_told_apart(here: Gaitcue, tmp_path: Path) -> None:
    assert "No such file" in here("analyze", tmp_path / "gone.npz").stderr
    assert "a folder" in here("analyze", tmp_path).stderr


def test_a_sensor_that_is_not_there_is_told_with_those_there_are(here: Gaitcue, shoes: Path) -> None:
    done = here("analyze", shoes, "--placement", "hip")
    assert done.returncode == 2
    assert "the file has foot" in done.stderr


def test_the_demo_shows_a_cadence_and_where_its_page_is() -> None:
    done = gaitcue("demo", "--seconds", "12", "--speed", "0")
    assert done.returncode == 0, done.stderr
    assert "http://127.0.0.1" in done.stdout
    assert re.search("finished after 0:12 min .*cadence 17[2-5] steps/min", done.stderr)


def test_every_metric_is_listed_with_its_unit(here: Gaitcue) -> None:
    assert "BW·s" in here("metrics").stdout


def test_a_file_of_seconds_holds_no_samples_and_import_is_named(here: Gaitcue, tmp_path: Path) -> None:
    (tmp_path / "run.gpx").write_bytes(gpx_run(60))
    (tmp_path / "seconds.csv").write_text("t_s,utc,speed_mps\n0,2026-05-01T06:00:00Z,3\n")
    for name in ("run.gpx", "seconds.csv"):
        done = here("analyze", tmp_path / name)
        assert done.returncode == 2
        assert "once a second" in done.stderr
        assert "gaitcue import" in done.stderr
        assert len(done.stderr.splitlines()) == 1
