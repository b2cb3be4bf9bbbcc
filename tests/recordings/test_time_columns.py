"""Times in CSV files: units by their spacing, written times, and those that a spreadsheet rounded."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dsp.types import Array
from monitor.core.errors import InputError
from monitor.recordings.delimited_text import parse_clock
from monitor.recordings.imu_csv import IMU_CSV_HEADER
from monitor.recordings.readers import read_recording
from monitor.recordings.recording import Recording

START = datetime.datetime(2026, 5, 1, 6, 0, tzinfo=datetime.UTC)
MAP = "ax=ax:ms2,ay=ay:ms2,az=az:ms2"
T_S = np.arange(600) / 104


def table(path: Path, times: Array | list[str], heads: str = "when,ax,ay,az", delimiter: str = ",") -> Path:
    values = heads.count(",") * ["0.1"]
    values[2] = "9.8"
    rows = [delimiter.join([str(t), *values]) for t in times]
    path.write_text("\n".join([heads.replace(",", delimiter), *rows]))
    return path


def read(path: Path, columns: str = "") -> Recording:
    return read_recording(path, "waist", columns=columns)


def written(style: Callable[[datetime.datetime], str]) -> list[str]:
    return [style(START + datetime.timedelta(seconds=t)) for t in T_S.tolist()]


@pytest.mark.parametrize("factor", [1, 1e3, 1e6, 1e9])
@pytest.mark.parametrize("epoch", [0, 1_777_615_200])
def test_the_unit_of_times_is_told_by_their_spacing(tmp_path: Path, factor: float, epoch: int) -> None:
    times = [f"{(epoch + t) * factor:.6f}" if factor == 1 else f"{(epoch + t) * factor:.0f}" for t in T_S]
    recording = read(table(tmp_path / "a.csv", times), f"t=when,{MAP}")
    assert recording.duration_s == pytest.approx(T_S[-1], abs=0.002)
    assert recording.started_utc == ("2026-05-01T06:00:00+00:00" if epoch else "")


@pytest.mark.parametrize(
    "style",
    [
        lambda d: d.isoformat(),
        lambda d: d.isoformat().replace("+00:00", "Z"),
        lambda d: d.strftime("%Y-%m-%d %H:%M:%S.%f"),
        lambda d: d.strftime("%Y/%m/%d %H:%M:%S.%f"),
        lambda d: d.strftime("%d.%m.%Y %H:%M:%S.%f"),
        lambda d: d.strftime("%m/%d/%Y %H:%M:%S.%f"),
        lambda d: d.strftime("%H:%M:%S.%f"),
    ],
)
def test_times_that_are_written_as_text_are_read(
    tmp_path: Path, style: Callable[[datetime.datetime], str]
) -> None:
    recording = read(table(tmp_path / "a.csv", written(style)), f"t=when,{MAP}")
    assert recording.duration_s == pytest.approx(T_S[-1], abs=0.002)


@pytest.mark.parametrize(
    ("style", "started", "offset_s"),
    [
        ("%Y-%m-%dT%H:%M:%S.%fZ", "2026-05-21T06:00:00+00:00", None),
        ("%Y-%m-%dT%H:%M:%S.%f+02:00", "2026-05-21T04:00:00+00:00", 7200),
        ("%Y-%m-%d %H:%M:%S.%f-05:30", "2026-05-21T11:30:00+00:00", -19_800),
        ("%Y-%m-%d %H:%M:%S.%f", "2026-05-21T04:00:00+00:00", None),  # in Berlin, where it is read
        ("%d.%m.%Y %H:%M:%S.%f", "2026-05-21T04:00:00+00:00", None),
        ("%d/%m/%Y %H:%M:%S.%f", "2026-05-21T04:00:00+00:00", None),
        ("%m/%d/%Y %H:%M:%S.%f", "2026-05-21T04:00:00+00:00", None),
        ("%H:%M:%S.%f", "", None),
    ],
)
def test_a_written_day_is_that_of_the_start(
    tmp_path: Path, berlin: None, style: str, started: str, offset_s: int | None
) -> None:
    times = written(lambda d: (d + datetime.timedelta(days=20)).strftime(style))
    recording = read(table(tmp_path / "a.csv", times), f"t=when,{MAP}")
    assert recording.started_utc == started
    assert recording.facts.utc_offset_s == offset_s


def test_a_day_that_may_be_a_month_is_no_start(tmp_path: Path, berlin: None) -> None:
    times = written(lambda d: d.strftime("%d/%m/%Y %H:%M:%S.%f"))
    assert read(table(tmp_path / "a.csv", times), f"t=when,{MAP}").started_utc == ""
    times = written(lambda d: d.strftime("%d.%m.%Y %H:%M:%S.%f"))
    assert (
        read(table(tmp_path / "b.csv", times), f"t=when,{MAP}").started_utc == "2026-05-01T04:00:00+00:00"
    )


def test_written_times_with_a_decimal_comma_are_read(tmp_path: Path) -> None:
    times = written(lambda d: d.strftime("%d.%m.%Y %H:%M:%S,%f"))
    recording = read(table(tmp_path / "a.csv", times, delimiter=";"), f"t=when,{MAP}")
    assert recording.duration_s == pytest.approx(T_S[-1], abs=0.002)


@pytest.mark.parametrize(
    ("text", "clock"), [("59:59.9", 3599.9), ("23:59:59", 86399.0), ("7", None), ("x", None)]
)
def test_a_clock_is_seconds_since_midnight_or_the_hour(text: str, clock: float | None) -> None:
    assert parse_clock(text) == clock


def test_a_clock_that_begins_anew_goes_on(tmp_path: Path) -> None:
    times = [f"{int(m):02}:{s:05.2f}" for m, s in (divmod((3598 + t) % 3600, 60) for t in T_S)]
    assert read(table(tmp_path / "a.csv", times), f"t=when,{MAP}").duration_s == pytest.approx(
        T_S[-1], abs=0.02
    )


def test_whole_seconds_with_as_many_rows_each_are_spread(tmp_path: Path) -> None:
    times = [f"{k // 100}" for k in range(600)]
    assert read(table(tmp_path / "a.csv", times), f"t=when:s,{MAP}").duration_s == pytest.approx(
        5.99, abs=0.01
    )


@pytest.mark.parametrize(
    ("times", "rate"),
    [
        ([f"1.7776E+{12}" for _ in T_S], "RATE"),
        ([f"{t:.1f}" for t in T_S], "104"),
        ([f"00:{t:04.1f}" for t in T_S], "104"),
    ],
)
def test_times_that_a_spreadsheet_rounded_are_refused_with_what_helps(
    tmp_path: Path, times: list[str], rate: str
) -> None:
    path = table(tmp_path / "a.csv", times)
    with pytest.raises(InputError, match="rounded, as spreadsheets do") as caught:
        read(path, f"t=when,{MAP}")
    hint = str(caught.value).rpartition("--columns ")[2]
    given = hint.partition(",")[0].removeprefix("t=@")
    assert given == rate if rate == "RATE" else float(given) == pytest.approx(float(rate), rel=0.003)
    assert read(path, hint.replace("RATE", "104")).duration_s == pytest.approx(T_S[-1], rel=0.01)


def test_a_unit_that_cannot_be_is_refused_with_the_one_that_fits(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [f"{t * 1e9:.0f}" for t in T_S])
    with pytest.raises(InputError, match="cannot be in ms") as caught:
        read(path, f"t=when:ms,{MAP}")
    hint = str(caught.value).rpartition("--columns ")[2]
    assert hint == f"t=when:ns,{MAP}"
    assert read(path, hint).duration_s == pytest.approx(T_S[-1], abs=0.002)


@pytest.mark.parametrize("style", ["ns", "text"])
def test_our_own_form_with_other_times_is_refused_with_what_helps(tmp_path: Path, style: str) -> None:
    times = [f"{t * 1e9:.0f}" for t in T_S] if style == "ns" else written(lambda d: d.isoformat())
    path = table(tmp_path / "a.csv", times, ",".join(IMU_CSV_HEADER[:4]))
    with pytest.raises(InputError, match="add --columns") as caught:
        read(path)
    hint = str(caught.value).rpartition("--columns ")[2]
    assert read(path, hint).duration_s == pytest.approx(T_S[-1], abs=0.002)


@pytest.mark.parametrize(
    ("heads", "times"),
    [
        ("timestamp,accel_x,accel_y,accel_z", [f"{t * 1e3:.0f}" for t in T_S]),
        ("Time (us),AccX [m/s2],AccY [m/s2],AccZ [m/s2]", [f"{t * 1e6:.0f}" for t in T_S]),
        ("time,ax,ay,az,gx,gy,gz", written(lambda d: d.isoformat())),
    ],
)
def test_columns_that_are_not_known_are_refused_with_a_map_that_works(
    tmp_path: Path, heads: str, times: list[str]
) -> None:
    path = table(tmp_path / "a.csv", times, heads)
    with pytest.raises(InputError, match="are not known; if this is what they are") as caught:
        read(path)
    hint = str(caught.value).rpartition("--columns ")[2]
    assert read(path, hint).duration_s == pytest.approx(T_S[-1], abs=0.01)


def test_our_export_of_seconds_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "t_s,utc,speed_mps\n0,2026-05-01T06:00:00Z,3\n1,2026-05-01T06:00:01Z,3\n"
    )
    with pytest.raises(InputError, match="once a second"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "rows", ["0,1,2,9.8\n10,1,2,x\n", "inf,1,2,9.8\n" * 3, "0,1,2,9.8\ninf,1,2,9.8\n-inf,1,2,9.8\n"]
)
def test_too_few_samples_with_a_time_and_numbers_are_refused(tmp_path: Path, rows: str) -> None:
    (tmp_path / "a.csv").write_text("timestamp,x,y,z\n" + rows)
    with pytest.raises(InputError, match=r"only [01] samples"):
        read(tmp_path / "a.csv")
