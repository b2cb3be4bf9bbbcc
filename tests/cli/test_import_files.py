"""Exports of phones and sensors as recordings, and whole folders of good and bad files."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from dsp.simulation.runner import steady_foot_imu, steady_pelvis_imu
from dsp.types import Array, Metric, Step
from monitor.cli.import_files import _Teller, import_files
from monitor.core.errors import ConfigError, InputError
from monitor.pipeline.session import Session
from monitor.recordings.readers import read_recording
from monitor.service.file_import import FileFinished, ImportedRecording
from monitor.storage.store import Store
from tests.fit_bytes import NOON_S, file_id, fit_file, records, row

PHONE = steady_pelvis_imu("phone", 30.0, 100.0)
SHOE = steady_foot_imu("shoe", 30.0)
SPM = 120 / 0.70
EPOCH_NS = 1_790_000_000_000_000_000


def cadence(path: Path, *, speed: float | None = None, **how: str) -> float:
    """Mean cadence that the live session finds."""
    recording = read_recording(path, **how)  # type: ignore[arg-type]
    session = Session(recording.settings)
    found = [r for p in recording.packets() for r in session.push(p)] + session.finish()
    if speed is not None:
        given = [r.get("speed_mps") for r in found if isinstance(r, Step)]
        assert np.mean([e.value for e in given if e is not None]) == pytest.approx(speed, abs=0.05)
    values = [
        r.estimate.value for r in found if isinstance(r, Metric) and r.estimate.metric == "cadence_spm"
    ]
    return float(np.mean(values))


def csv(header: str, *columns: Array, delimiter: str = ",", decimal: str = ".") -> str:
    rows = [
        delimiter.join(f"{v:.9g}" for v in row).replace(".", decimal) for row in np.column_stack(columns)
    ]
    return "\n".join([header, *rows]) + "\n"


def sensor_logger() -> dict[str, str]:
    """As Sensor Logger writes it: columns backwards, gravity apart."""
    t, acc, gyr = PHONE.t_s, PHONE.acc_ms2, PHONE.gyr_rads
    assert gyr is not None
    down = np.tile((0.0, 0.0, 9.81), (len(t), 1))
    header = "time,seconds_elapsed,z,y,x"

    def table(v: Array) -> str:
        lines = [
            f"{EPOCH_NS + round(a * 1e9)},{a:.6f},{z:.6f},{y:.6f},{x:.6f}"
            for a, (x, y, z) in zip(t, v, strict=True)
        ]
        return "\n".join([header, *lines])

    gps = "\n".join(f"{EPOCH_NS + k * 10**9},{k},2.8,0.2" for k in range(30))
    return {
        "Accelerometer.csv": table(acc - down),
        "Gravity.csv": table(down),
        "Gyroscope.csv": table(gyr),
        "Location.csv": "time,seconds_elapsed,speed,speedAccuracy\n" + gps,
        "Metadata.csv": "version,device\n1,phone",
    }


def pack(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in members.items():
            packed.writestr(name, text)
    return path


def test_lines_about_files_in_a_zip_name_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[store]\nfolder = "{tmp_path / "data"}"\n')
    still = b"".join(row(t, speed=0.0, cadence=0) for t in range(300, 360))
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as packed:
        packed.writestr("activities.csv", "a,b,c,d,e\n1,x,Easy,Run,activities/1.fit\n")
        packed.writestr("activities/1.fit", fit_file(file_id() + records(60)))
        packed.writestr("activities/2.fit", fit_file(file_id() + records(60, NOON_S + 100)))
        packed.writestr("activities/3.fit", fit_file(file_id() + still))
        packed.writestr("activities/4.fit", b"no FIT")
    assert import_files([tmp_path / "export.zip"], None, None, "", settings) == 2
    said = capsys.readouterr().err
    assert "export.zip/activities/1.fit, Easy: 1.0 min" in said
    assert "export.zip/activities/2.fit: 1.0 min" in said
    assert f"not imported: {tmp_path}/export.zip/activities/3.fit: 3: not kept, nobody walks" in said
    assert f"not imported: {tmp_path}/export.zip/activities/4.fit: is not a FIT file" in said


def test_sensor_logger_as_a_zip(tmp_path: Path) -> None:
    path = pack(tmp_path / "run.zip", sensor_logger())
    assert cadence(path, placement="waist", speed=2.8) == pytest.approx(SPM, abs=0.5)
    assert read_recording(path, "waist").started_utc.startswith("2026-09-21")


def test_sensor_logger_unpacked_into_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "2026-09-21_run"
    folder.mkdir()
    for name, text in sensor_logger().items():
        (folder / name).write_text(text)
    assert cadence(folder, placement="waist") == pytest.approx(SPM, abs=0.5)


def test_sensor_logger_without_gravity_says_what_to_record(tmp_path: Path) -> None:
    members = sensor_logger()
    del members["Gravity.csv"]
    with pytest.raises(InputError, match="record Total Acceleration, or Accelerometer and Gravity"):
        read_recording(pack(tmp_path / "run.zip", members), "waist")


@pytest.mark.parametrize(("delimiter", "decimal"), [(",", "."), (";", ","), ("\t", ".")])
def test_phyphox_in_every_dialect_and_language(tmp_path: Path, delimiter: str, decimal: str) -> None:
    assert PHONE.gyr_rads is not None
    heads = (
        ["Zeit (s)", "Beschleunigung x (m/s^2)", "Beschleunigung y (m/s^2)", "Beschleunigung z (m/s^2)"],
    )
    head = delimiter.join(f'"{h}"' for h in heads[0])
    members = {
        "Accelerometer.csv": csv(head, PHONE.t_s, *PHONE.acc_ms2.T, delimiter=delimiter, decimal=decimal),
        "Gyroscope.csv": csv(head, PHONE.t_s, *PHONE.gyr_rads.T, delimiter=delimiter, decimal=decimal),
        "meta/device.csv": '"property","value"\n"deviceModel","x"\n',
    }
    assert cadence(pack(tmp_path / "p.zip", members), placement="pelvis") == pytest.approx(SPM, abs=0.5)


@pytest.mark.parametrize("per_packet", [1, 4])
def test_movesense_in_milliseconds_and_degrees(tmp_path: Path, per_packet: int) -> None:
    assert SHOE.gyr_rads is not None
    ms = np.round(1000 * SHOE.t_s) + 123456
    ms = ms[(np.arange(len(ms)) // per_packet) * per_packet]
    header = "Timestamp,AccX,AccY,AccZ,GyroX,GyroY,GyroZ"
    path = tmp_path / "ms.csv"
    path.write_text(csv(header, ms, *SHOE.acc_ms2.T, *np.degrees(SHOE.gyr_rads).T))
    assert cadence(path, placement="foot", side="left") == pytest.approx(SPM, abs=0.5)


def test_any_csv_with_a_column_map(tmp_path: Path) -> None:
    assert SHOE.gyr_rads is not None
    path = tmp_path / "other.csv"
    path.write_text(
        csv(
            "n;fwd;lft;up;p;q;r",
            np.arange(len(SHOE)),
            *(SHOE.acc_ms2 / 9.80665).T,
            *(1e3 * np.degrees(SHOE.gyr_rads)).T,
            delimiter=";",
        )
    )
    columns = "t=@200,ax=fwd:g,ay=lft:g,az=up:g,gx=p:mdps,gy=q:mdps,gz=r:mdps"
    assert cadence(path, placement="foot", side="left", columns=columns) == pytest.approx(SPM, abs=0.5)
    with pytest.raises(InputError, match=r"its columns \(n, fwd, lft, up, p, q, r\) are not known"):
        read_recording(path, "foot", "left")


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("t=@200,ax=fwd:g", "ay, az must all be there"),
        ("t=@200,ax=fwd:furlong,ay=b,az=c", 'unit "furlong" of ax is unknown'),
        ("nonsense", "is not like ax=NAME:g"),
        ("t=@fast,ax=a,ay=b,az=c", "give samples per second"),
    ],
)
def test_a_wrong_column_map_is_explained(tmp_path: Path, columns: str, told: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b,c\n1,2,3\n4,5,6\n")
    with pytest.raises(ConfigError, match=told):
        read_recording(path, "hip", columns=columns)


def test_a_folder_of_good_and_bad_files_gives_one_line_each_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "data"))
    files = tmp_path / "mine"
    (files / "deep").mkdir(parents=True)
    pack(files / "a.zip", sensor_logger())
    (files / "b.zip").write_bytes(b"PK\x03\x04 torn")
    (files / "c.fit").write_bytes(b"\x0e\x10junk.FIT" + bytes(20))
    (files / "deep" / "d.csv").write_text("who,knows\n1,2\n")
    (files / "e.txt").write_text("not a recording at all")
    assert import_files([files], "waist", None, "", None) == 2
    said = capfd.readouterr()
    lines = [line for line in said.err.splitlines() if line.startswith("not imported")]
    assert len(lines) == 3
    for name in ("b.zip", "c.fit", "d.csv"):
        assert sum(name in line for line in lines) == 1
    with Store(tmp_path / "data" / "gaitcue" / "gaitcue.db") as store:
        (info,) = store.sessions()
    assert info.title == "a"
    assert info.started_utc.startswith("2026-09-21")


def test_an_empty_folder_is_said_to_have_no_recordings_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "data"))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert import_files([empty], None, None, "", None) == 2
    assert f"{empty}: there are no recordings in it" in capfd.readouterr().err


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the store, empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "gaitcue"


def watches(folder: Path, count: int) -> Path:
    """A folder with files of a watch, one a day."""
    folder.mkdir(parents=True)
    for day in range(count):
        (folder / f"{day:03}.fit").write_bytes(fit_file(file_id() + records(60, NOON_S - 86_400 * day)))
    return folder


@pytest.mark.usefixtures("at_home")
def test_what_was_there_already_is_counted_as_such(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = watches(tmp_path / "mine", 3)
    assert import_files([files], None, None, "", None) == 0
    assert "3 imported, 0 not" in capfd.readouterr().err
    assert import_files([files], None, None, "", None) == 0
    lines = capfd.readouterr().err.strip().splitlines()
    assert lines == ["0 imported, 3 were there already, 0 could not be imported"]
    assert import_files([files / "001.fit"], None, None, "", None) == 0
    assert "1 were there already" in capfd.readouterr().err


def test_how_far_an_import_has_come_is_a_line_now_and_then_where_nobody_sees_a_bar() -> None:
    console = Console(force_terminal=False, width=100, file=io.StringIO())
    clock = ManualSeconds()
    teller = _Teller(Progress(console=console, disable=True), 1000, clock)
    for n in range(300):
        clock.now_s += 0.125
        teller.take(Path(f"{n}.fit"), ImportedRecording("a", f"{n}", 30.0, ()))
        teller.take(Path(f"{n}.fit"), FileFinished())
    assert isinstance(console.file, io.StringIO)
    lines = [line for line in console.file.getvalue().splitlines() if "of 1000" in line]
    assert lines[0] == "80 of 1000 files, 7.9 a second; now 80.fit"
    assert [line.split()[0] for line in lines] == ["80", "161", "242"]


class ManualSeconds:
    """A clock that is set by hand."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def run_import(*words: object, program: Sequence[str] = ("-m", "monitor")) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *program, "import", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def session_count(home: Path) -> int:
    if not (home / "gaitcue.db").exists():
        return 0
    with Store(home / "gaitcue.db") as store:
        return sum(info.ended for info in store.sessions())


def test_ctrl_c_ends_an_import_cleanly_and_the_same_command_goes_on(at_home: Path, tmp_path: Path) -> None:
    files = watches(tmp_path / "mine", 40)
    program = run_import(files)
    wait_until(lambda: session_count(at_home) >= 3)
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does: to all processes
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 130, said
    assert "Traceback" not in said
    assert "the same command goes on where it stopped" in said
    there = session_count(at_home)
    assert 3 <= there < 40
    with Store(at_home / "gaitcue.db") as store:
        assert all(info.ended for info in store.sessions())
    second = run_import(files)
    said, _ = second.communicate(timeout=100)
    assert second.returncode == 0, said
    assert f"{40 - there} imported, {there} were there already, 0 could not" in said
    assert session_count(at_home) == 40


def test_two_imports_of_the_same_files_at_the_same_time_double_nothing(
    at_home: Path, tmp_path: Path
) -> None:
    files = watches(tmp_path / "mine", 12)
    programs = [run_import(files), run_import(files)]
    said = [program.communicate(timeout=100)[0] for program in programs]
    assert [program.returncode for program in programs] == [0, 0], said
    assert session_count(at_home) == 12
    assert len(list((at_home / "tapes").iterdir())) == 12


IMPATIENT = """
from monitor.cli.main import main
from monitor.service import folder_watch
folder_watch._SETTLED_S, folder_watch._LOOK_EVERY_S = 0.5, 0.1
main()
"""
"""The program, which takes a file for complete as soon as it has been still for half a second."""


def test_a_watched_folder_is_taken_up_as_files_appear_until_sigterm(at_home: Path, tmp_path: Path) -> None:
    folder = watches(tmp_path / "watch", 1)
    program = run_import("--watch", folder, program=("-c", IMPATIENT))
    wait_until(lambda: session_count(at_home) == 1)
    more = watches(tmp_path / "more", 2)
    os.replace(more / "001.fit", folder / "new.fit")
    wait_until(lambda: session_count(at_home) == 2)
    program.send_signal(signal.SIGTERM)
    said, _ = program.communicate(timeout=30)
    assert program.returncode == 0, said
    assert "no longer watching" in said
    assert "Traceback" not in said
