"""Files to packets: what is read, and one clear line for what cannot be."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from dsp.simulation.runner import steady_foot_imu, steady_pelvis_imu
from dsp.types import GRAVITY_MS2, Gap, ImuChunk, Placement, Reading, Side, Step
from monitor.core.errors import ConfigError, InputError
from monitor.devices.registry import DEVICES
from monitor.pipeline.sensor_stream import SensorStream
from monitor.pipeline.session import Session, decoded_inputs
from monitor.recordings.imu_csv import IMU_CSV_HEADER
from monitor.recordings.readers import read_recording

SHOE, BELT = steady_foot_imu("footL", 12.0), steady_pelvis_imu("pelvis", 12.0)


def save_csv(path: Path, chunk: ImuChunk = SHOE, unit: float = 1.0) -> Path:
    assert chunk.gyr_rads is not None
    rows = np.column_stack((chunk.t_s, chunk.acc_ms2 * unit, chunk.gyr_rads))
    np.savetxt(path, rows, delimiter=",", header=",".join(IMU_CSV_HEADER), comments="", fmt="%.9g")
    return path


def save_npz(path: Path, **changes: object) -> Path:
    arrays: dict[str, object] = {
        "fs_imu": 200.0,
        "footL_acc": np.round(SHOE.acc_ms2 / 0.01).astype(np.int16),
        "footL_acc__scale": 0.01,
        "footL_gyro": SHOE.gyr_rads,
        "mass_kg": 70.0,
        "height_m": float("nan"),
        "speed_mps": 2.5,
        "slope_deg": 5,
        "step_ic_t": np.array([1.0]),
    }
    arrays.update(changes)
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def samples(path: Path, **options: object) -> dict[str, ImuChunk]:
    """What the packets of a recording carry, in session time."""
    recording = read_recording(path, **options)
    parts: dict[str, list[ImuChunk]] = {}
    for item in decoded_inputs(recording.settings, recording.packets()):
        if isinstance(item, ImuChunk):
            parts.setdefault(item.sensor, []).append(item)
    return {
        name: ImuChunk(
            name, *(np.concatenate([getattr(p, f) for p in ps]) for f in ("t_s", "acc_ms2", "gyr_rads"))
        )
        for name, ps in parts.items()
    }


def test_a_csv_comes_through_with_its_own_times(tmp_path: Path) -> None:
    shifted = ImuChunk("x", SHOE.t_s + 100.25, SHOE.acc_ms2, SHOE.gyr_rads)
    got = samples(save_csv(tmp_path / "run.csv", shifted), placement="foot", side="left")["footL"]
    assert got.t_s == pytest.approx(shifted.t_s, abs=2e-6)
    assert got.acc_ms2 == pytest.approx(SHOE.acc_ms2, abs=1e-5)
    assert got.gyr_rads == pytest.approx(SHOE.gyr_rads, abs=1e-5)


def test_an_npz_comes_through_scaled_with_the_runner_and_without_the_truth(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "run.npz", pelvis_acc=BELT.acc_ms2[:2000], pelvis_gyro=BELT.gyr_rads[:2000])
    got = samples(path)
    assert set(got) == {"footL", "pelvis"}
    assert got["footL"].t_s == pytest.approx(np.arange(2400) / 200, abs=2e-6)
    assert got["footL"].acc_ms2 == pytest.approx(SHOE.acc_ms2, abs=0.0051)
    settings = read_recording(path).settings
    assert settings.runner.mass_kg == 70.0
    assert settings.runner.height_m is None
    assert [s.placement for s in settings.sensors] == [Placement.FOOT, Placement.PELVIS]


def test_truth_in_an_archive_changes_nothing(tmp_path: Path) -> None:
    plain = save_npz(tmp_path / "a.npz", step_ic_t=None)
    told = save_npz(tmp_path / "b.npz", step_ic_t=np.array(["junk"]), ref_footpitchL_deg=np.ones(3))
    assert [p.payload for p in read_recording(plain).packets()] == [
        p.payload for p in read_recording(told).packets()
    ]


def test_the_treadmill_is_only_read_when_asked_for(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "run.npz")
    assert all(s.placement is not Placement.POD for s in read_recording(path).settings.sensors)
    recording = read_recording(path, with_speed=True)
    stream = SensorStream(recording.settings.sensors[-1], DEVICES["plain"])
    readings = [r for p in recording.packets() if p.sensor == "treadmill" for r in stream.push(p)]
    assert readings[:2] == [
        Reading("treadmill", 0.0, "speed_mps", 2.5),
        Reading("treadmill", 0.0, "slope_pct", pytest.approx(8.7489, abs=1e-4)),
    ]
    assert len(readings) == 24


def test_placement_and_side_choose_among_the_sensors(tmp_path: Path) -> None:
    in_g = SHOE.acc_ms2 / GRAVITY_MS2
    path = save_npz(tmp_path / "run.npz", left_ankle_acc_g=in_g, left_hip_acc_g=in_g)
    assert [s.name for s in read_recording(path).settings.sensors] == ["footL", "ankleL", "hipL"]
    assert [s.name for s in read_recording(path, "ankle").settings.sensors] == ["ankleL"]
    assert [s.name for s in read_recording(path, None, "left").settings.sensors] == [
        "footL",
        "ankleL",
        "hipL",
    ]
    with pytest.raises(ConfigError, match="the file has ankle, foot, hip"):
        read_recording(path, "shank")


def test_a_foot_of_unknown_side_takes_the_side_that_is_given(tmp_path: Path) -> None:
    path = save_npz(
        tmp_path / "a.npz", footL_acc=None, footL_gyro=None, foot_acc=SHOE.acc_ms2, foot_gyro=SHOE.gyr_rads
    )
    assert read_recording(path).settings.sensors[0].side is None
    assert read_recording(path, "foot", "right").settings.sensors[0].side is Side.RIGHT


def test_two_axes_of_a_sacrum_are_enough(tmp_path: Path) -> None:
    up, ahead = BELT.acc_ms2[:, 2] / GRAVITY_MS2, BELT.acc_ms2[:, 0] / GRAVITY_MS2
    path = save_npz(
        tmp_path / "a.npz",
        footL_acc=None,
        footL_gyro=None,
        sacrum_acc_vert_clipped_g=up,
        sacrum_acc_ap_g=ahead,
    )
    (sensor,) = read_recording(path).settings.sensors
    assert sensor.placement is Placement.PELVIS


def test_samples_that_are_not_numbers_become_one_gap(tmp_path: Path) -> None:
    acc = SHOE.acc_ms2.copy()
    acc[1200:1300, 1] = np.nan
    path = save_csv(tmp_path / "run.csv", ImuChunk("x", SHOE.t_s, acc, SHOE.gyr_rads))
    recording = read_recording(path, "foot", "left")
    session = Session(recording.settings)
    records = [r for p in recording.packets() for r in session.push(p)] + session.finish()
    assert [r for r in records if isinstance(r, Gap)] == [
        Gap("footL", pytest.approx(5.995, abs=1e-5), pytest.approx(6.5, abs=1e-5))
    ]
    assert session.statuses()[0].lost == 100
    assert session.statuses()[0].received == 2300
    assert any(isinstance(r, Step) for r in records)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


HEAD = ",".join(IMU_CSV_HEADER) + "\n"
ROW = "0.01,0,0,9.8,0,0,0\n"
BAD_CSV = {
    "empty": ("", "is empty"),
    "only a header": (HEAD, "only 0 samples"),
    "another header": ("time,ax,ay,az\n" + ROW, "line 1 must be t_s,acc_x_ms2"),
    "text": (HEAD + "0,0,0,9.8,0,0,0\n0.01,zero,0,9.8,0,0,0\n", 'line 3: acc_x_ms2 is "zero"'),
    "a hole in the text": (HEAD + "0,0,0,9.8,0,0,0\n0.01,,0,9.8,0,0,0\n", 'line 3: acc_x_ms2 is ""'),
    "too few columns": (HEAD + "0,0,0,9.8,0,0,0\n0.01,0,0,9.8\n", "line 3 has 4 columns, the header 7"),
    "time that stands": (HEAD + ROW + ROW, "line 3: t_s does not increase"),
    "time that is nan": (HEAD + ROW + "nan,0,0,9.8,0,0,0\n", 'line 3: t_s is "nan"'),
    "milliseconds": (HEAD + "".join(f"{10 * k},0,0,9.8,0,0,0\n" for k in range(50)), "samples a second"),
    "all nan": (HEAD + "".join(f"0.0{k},nan,0,9.8,0,0,0\n" for k in range(1, 9)), "not numbers (NaN)"),
}


@pytest.mark.parametrize("name", BAD_CSV)
def test_a_bad_csv_gives_one_clear_line(name: str, tmp_path: Path) -> None:
    text, message = BAD_CSV[name]
    path = write(tmp_path / "bad.csv", text)
    with pytest.raises(InputError) as caught:
        read_recording(path, "foot", "left")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("unit", "shown"), [(1 / GRAVITY_MS2, "median norm"), (1000 / GRAVITY_MS2, "median norm")]
)
def test_acceleration_in_g_or_milli_g_is_refused(unit: float, shown: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=shown):
        read_recording(save_csv(tmp_path / "run.csv", unit=unit), "foot", "left")


def test_angular_rate_in_degrees_is_refused(tmp_path: Path) -> None:
    assert SHOE.gyr_rads is not None
    fast = ImuChunk("x", SHOE.t_s, SHOE.acc_ms2, np.degrees(SHOE.gyr_rads))
    with pytest.raises(InputError, match="give it in rad/s"):
        read_recording(save_csv(tmp_path / "run.csv", fast), "foot", "left")


def test_a_foot_without_a_gyroscope_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"{k / 100},0,0,9.8\n" for k in range(100))
    path = write(tmp_path / "run.csv", ",".join(IMU_CSV_HEADER[:4]) + "\n" + rows)
    assert read_recording(path, "pelvis").count == 10
    with pytest.raises(InputError, match="needs a gyroscope"):
        read_recording(path, "foot")


@pytest.mark.parametrize(
    ("placement", "side", "message"),
    [
        ("wrist", None, 'placement "wrist" is unknown'),
        ("foot", "up", 'side "up" is unknown'),
        (None, None, "say where"),
    ],
)
def test_wearing_that_makes_no_sense_is_the_operators_mistake(
    placement: str | None, side: str | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        read_recording(save_csv(tmp_path / "run.csv"), placement, side)


BAD_NPZ: dict[str, tuple[dict[str, object], str]] = {
    "no rate": ({"fs_imu": None}, "has no fs_imu"),
    "silly rate": ({"fs_imu": 3.0}, "fs_imu is 3 Hz"),
    "rate of two": ({"fs_imu": np.array([1.0, 2.0])}, "fs_imu must be one number"),
    "no sensor": ({"footL_acc": None}, "has none of the sensors"),
    "two columns": ({"footL_acc": np.ones((50, 2)) * 9}, "footL_acc has shape (50, 2), (50, 3) is needed"),
    "short gyro": ({"footL_gyro": np.ones((50, 3))}, "footL_gyro has shape (50, 3), (2400, 3) is needed"),
    "text": ({"footL_acc": np.full((50, 3), "x")}, "numbers are expected"),
    "zero-length": ({"footL_acc": np.ones((0, 3)), "footL_gyro": np.ones((0, 3))}, "only 0 samples"),
    "mass": ({"mass_kg": 7000.0}, "mass_kg must be between"),
}


@pytest.mark.parametrize("name", BAD_NPZ)
def test_a_bad_npz_gives_one_clear_line(name: str, tmp_path: Path) -> None:
    changes, message = BAD_NPZ[name]
    with pytest.raises(InputError) as caught:
        read_recording(save_npz(tmp_path / "bad.npz", **changes))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_not_a_file_of_ours_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    cut = save_npz(tmp_path / "cut.npz")
    cut.write_bytes(cut.read_bytes()[:5000])
    for name, message in {
        "missing.csv": "No such file",
        "folder.csv": "is a folder",
        "pipe.csv": "is not a plain file",
        "cut.npz": "is damaged or not an .npz",
    }.items():
        with pytest.raises(InputError, match=message):
            read_recording(tmp_path / name, "foot")
    for name, content in {
        "a.mp3": b"x",
        "a.npz": b"",
        "b.npz": b"PK",
        "a.tape": b"",
        "b.tape": b"x" * 5000,
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError):
            read_recording(tmp_path / name)
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="is not text"):
        read_recording(tmp_path / "binary.csv", "foot")
