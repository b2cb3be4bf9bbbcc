"""Exports of phyphox and Sensor Logger: when they began, what was paused, how fast the GPS was."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from monitor.devices.plain import decode_values
from monitor.recordings.readers import read_recording
from monitor.recordings.recording import Recording

RATE = 100


def save_zip(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in members.items():
            packed.writestr(name, text)
    return path


def phyphox(*events: str, seconds: int = 30, delimiter: str = ",") -> dict[str, str]:
    rows = "".join(f"{k / RATE},0.1,0.2,9.8\n" for k in range(seconds * RATE))
    heads = '"Zeit (s)","Breite (°)","Länge (°)","Höhe (m)","Geschwindigkeit (m/s)","Richtung (°)"\n'
    members = {
        "Accelerometer.csv": '"Zeit (s)","x (m/s^2)","y (m/s^2)","z (m/s^2)"\n' + rows,
        "Location.csv": heads + "".join(f"{t}.0,48.0,11.0,500.0,3.0,90.0\n" for t in range(seconds)),
        "meta/time.csv": '"event","experiment time","system time","system time text"\n' + "".join(events),
    }
    return {name: text.replace(",", delimiter) for name, text in members.items()}


def speeds(recording: Recording) -> dict[float, dict[str, float]]:
    packets = [p for p in recording.packets() if p.sensor == "gps"]
    return {p.arrival_ns / 1e9: dict(decode_values(p.payload).values) for p in packets}


START = '"START",0.0,1777615200.25,"2026-05-01 06:00:00.250 UTC"\n'
LATER = '"PAUSE",10.0,1777615210.25,""\n"START",10.0,1777615270.25,""\n"PAUSE",30.0,1777615290.25,""\n'


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_phyphox_says_when_it_began_and_how_fast_the_gps_was(tmp_path: Path, delimiter: str) -> None:
    path = save_zip(tmp_path / "p.zip", phyphox(START, delimiter=delimiter))
    recording = read_recording(path, "waist")
    assert recording.started_utc == "2026-05-01T06:00:00+00:00"
    assert speeds(recording)[5.0] == {"speed_mps": 3.0}
    assert recording.duration_s == pytest.approx(30, abs=0.1)


def test_what_phyphox_paused_is_a_gap_and_not_left_out(tmp_path: Path) -> None:
    recording = read_recording(save_zip(tmp_path / "p.zip", phyphox(START, LATER)), "waist")
    assert recording.duration_s == pytest.approx(90, abs=0.1)
    times = np.array(sorted(speeds(recording)))
    assert times[np.argmax(np.diff(times)) : np.argmax(np.diff(times)) + 2].tolist() == [9.0, 70.0]


def test_a_folder_has_its_start_too(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "meta").mkdir(parents=True)
    for name, text in phyphox(START).items():
        (folder / name).write_text(text)
    assert read_recording(folder, "waist").started_utc == "2026-05-01T06:00:00+00:00"


@pytest.mark.parametrize("events", ["", '"START",junk,junk\n', '"START",0,5\n', '"PAUSE",0,1777615200\n'])
def test_without_a_start_that_can_be_none_is_claimed(tmp_path: Path, events: str) -> None:
    assert read_recording(save_zip(tmp_path / "p.zip", phyphox(events)), "waist").started_utc == ""


def test_sensor_logger_says_how_sure_its_speed_is(tmp_path: Path) -> None:
    rows = "".join(f"{k / RATE},0.1,0.2,9.8\n" for k in range(20 * RATE))
    places = "seconds_elapsed,speed,speedAccuracy\n" + "".join(
        f"{t},2.8,{0.4 if t % 2 else -1}\n" for t in range(20)
    )
    members = {"TotalAcceleration.csv": "seconds_elapsed,x,y,z\n" + rows, "Location.csv": places}
    found = speeds(read_recording(save_zip(tmp_path / "s.zip", members), "waist"))
    assert found[3.0] == {"speed_mps": 2.8, "speed_mps_sd": 0.4}
    assert found[4.0] == {"speed_mps": 2.8}
