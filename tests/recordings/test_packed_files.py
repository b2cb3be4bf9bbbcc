"""Zips of exports as they come: one recording each, names of the runner, limits, and bad members."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.errors import ConfigError, InputError
from monitor.recordings import inflation, packed_files
from monitor.recordings.readers import is_recording_name, read_recording, read_recordings, recordings_in
from monitor.recordings.recording import Recording, Wearing
from tests.fit_bytes import file_id, fit_file, records
from tests.track_bytes import gpx_run, tcx_run, zip_of

GPX, TCX = gpx_run(120), tcx_run(120)
FIT = fit_file(file_id() + records(120))
LIST = (
    "\ufeffAktivitäts-ID,Aktivitätsdatum,Name der Aktivität,Aktivitätsart,Dateiname\n"
    '1,24.11.2026,"Morgenlauf, locker",Lauf,activities/1.fit.gz\n2,24.11.2026,Hügel,Lauf,activities/2.gpx\n'
)


def found(path: Path, data: bytes | None = None) -> list[Recording | InputError]:
    if data is not None:
        path.write_bytes(data)
    return list(recordings_in(path, Wearing()))


def titles(path: Path, data: bytes) -> list[str]:
    return [r.title if isinstance(r, Recording) else str(r) for r in found(path, data)]


@pytest.mark.parametrize(("ending", "data"), [("fit", FIT), ("tcx", TCX), ("gpx", GPX)])
def test_one_file_is_the_same_run_alone_as_gz_and_in_a_zip(
    ending: str, data: bytes, tmp_path: Path
) -> None:
    ways = {
        f"run.{ending}": data,
        f"run.{ending}.gz": gzip.compress(data),
        "run.zip": zip_of({f"run.{ending}": data}),
        "gz.zip": zip_of({f"deep/run.{ending}.gz": gzip.compress(data)}),
        "nested.zip": zip_of({"part1.zip": zip_of({f"run.{ending}": data})}),
    }
    runs = [found(tmp_path / name, packed) for name, packed in ways.items()]
    assert all(len(run) == 1 and isinstance(run[0], Recording) for run in runs)
    recordings = [r for run in runs for r in run if isinstance(r, Recording)]
    assert {r.title for r in recordings} == {"run"}
    assert len({r.source for r in recordings}) == 1
    assert len({tuple(p.payload for p in r.packets()) for r in recordings}) == 1
    assert all(is_recording_name(Path(name)) for name in ways)


def test_a_packed_file_that_lost_its_ending_is_read(tmp_path: Path) -> None:
    assert titles(tmp_path / "run.fit", gzip.compress(FIT)) == ["run"]
    assert titles(tmp_path / "e.zip", zip_of({"a/1.tcx": gzip.compress(TCX)})) == ["1"]


def test_stravas_export_has_the_runners_names(tmp_path: Path) -> None:
    members = {
        "activities.csv": LIST.encode(),
        "activities/1.fit.gz": gzip.compress(FIT),
        "activities/2.gpx": GPX,
        "activities/3.tcx.gz": gzip.compress(b"  \n" + TCX),
        "media/photo.jpg": b"\xff\xd8",
        "profile.csv": b"a,b\n",
    }
    assert titles(tmp_path / "export.zip", zip_of(members)) == ["Morgenlauf, locker", "Hügel", "3"]


def unpacked(folder: Path, members: dict[str, bytes]) -> dict[str, Path]:
    for name, data in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return {name: folder / name for name in members}


def test_stravas_export_has_the_runners_names_when_it_is_unpacked_too(tmp_path: Path) -> None:
    members = {
        "activities.csv": LIST.encode(),
        "profile.csv": b"a,b\n",
        "activities/1.fit.gz": gzip.compress(FIT),
        "activities/2.gpx": GPX,
        "activities/3.tcx.gz": gzip.compress(TCX),
        "elsewhere/1.fit.gz": gzip.compress(FIT),
    }
    paths = unpacked(tmp_path, members)
    read = [name for name, path in paths.items() if is_recording_name(path)]
    called = {name: [getattr(r, "title", None) for r in found(paths[name])] for name in read}
    assert called == {
        "activities/1.fit.gz": ["Morgenlauf, locker"],
        "activities/2.gpx": ["Hügel"],
        "activities/3.tcx.gz": ["3"],
        "elsewhere/1.fit.gz": ["1"],
    }
    (tmp_path / "activities.csv").write_bytes(LIST.replace("Hügel", "Berg").encode())
    assert [getattr(r, "title", None) for r in found(paths["activities/2.gpx"])] == ["Berg"]
    (tmp_path / "activities.csv").unlink()
    assert is_recording_name(paths["profile.csv"])  # a table of anything


@pytest.mark.parametrize(
    ("listed", "sport"),
    [
        ("Trail Run", "running trail"),
        ("Walk", "walking "),
        ("Ride", "is cycling"),
        ("Lauf", "running "),
        ("Course à pied", " "),
        ("", " "),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_the_list_gives_the_sport_that_a_file_does_not(
    tmp_path: Path, listed: str, sport: str, packed: bool
) -> None:
    head = f"Activity ID,Date,Activity Name,Activity Type,Filename\n1,x,Up,{listed},activities/1.gpx\n"
    unnamed = GPX.replace(b"<type>running</type>", b"")
    members = {"activities.csv": head.encode(), "activities/1.gpx": unnamed}
    if packed:
        (one,) = found(tmp_path / "e.zip", zip_of(members))
    else:
        (one,) = found(unpacked(tmp_path, members)["activities/1.gpx"])
    if isinstance(one, InputError):
        assert sport in str(one)
    else:
        assert f"{one.facts.sport} {one.facts.sub_sport}" == sport
        assert one.title == "Up"


def test_a_file_that_names_its_sport_is_believed_more_than_the_list(tmp_path: Path) -> None:
    head = "a,b,c,d,e\n1,x,Up,Ride,activities/1.gpx\n"
    members = {"activities.csv": head.encode(), "activities/1.gpx": GPX}
    (one,) = found(tmp_path / "e.zip", zip_of(members))
    assert isinstance(one, Recording)
    assert one.facts.sport == "running"
    assert one.member == "activities/1.gpx"


def test_garmins_export_is_zips_within_a_zip_and_macs_add_nothing(tmp_path: Path) -> None:
    inner = zip_of({"a_1.fit": FIT, "__MACOSX/._a_1.fit": b"\0\5\x16\7"})
    members = {
        "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip": inner,
        "DI_CONNECT/DI-Connect-User/user.json": b"{}",
        "__MACOSX/DI_CONNECT/._x.zip": b"\0\5\x16\7",
    }
    assert titles(tmp_path / "garmin.zip", zip_of(members)) == ["a_1"]


def test_a_bad_file_is_a_line_with_its_place_and_stops_nobody(tmp_path: Path) -> None:
    members = {
        "1.fit": b"no fit",
        "2.gpx.gz": b"\x1f\x8b torn",
        "3.zip": b"PK torn",
        "4.tcx": TCX,
        "5.fit.gz": gzip.compress(FIT)[:-9],
        "6.gpx": GPX,
    }
    path = tmp_path / "e.zip"
    lines = titles(path, zip_of(members))
    assert [line for line in lines if line in ("4", "6")] == ["4", "6"]
    refused = [line for line in lines if line not in ("4", "6")]
    assert [line.removeprefix(f"{path}/").removeprefix(f"{path}: ")[:2] for line in refused] == [
        "1.", "2.", "3.", "5.",
    ]  # fmt: skip
    assert all("\n" not in line for line in refused)


def test_a_bug_in_a_reader_is_one_files_line_and_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(data: bytes) -> list[object]:
        raise ZeroDivisionError("a bug")

    from monitor.recordings import readers

    monkeypatch.setattr(readers, "_ACTIVITIES", {**readers._ACTIVITIES, ".tcx": stumble})
    lines = titles(tmp_path / "e.zip", zip_of({"1.tcx": TCX, "2.gpx": GPX}))
    assert "mistake in gaitcue" in lines[0]
    assert lines[1] == "2"
    assert "ZeroDivisionError" in caplog.text


def test_one_member_at_a_time_is_unpacked(tmp_path: Path) -> None:
    """The second member is torn only after the first was handed out."""
    path = tmp_path / "e.zip"
    path.write_bytes(zip_of({"1.gpx": GPX, "far.bin": random.Random(1).randbytes(200_000), "2.gpx": GPX}))
    each = recordings_in(path, Wearing())
    assert isinstance(next(each), Recording)
    data = bytearray(path.read_bytes())
    second = data.rindex(b"PK\x03\x04")
    data[second + 40 : second + 90] = bytes(50)
    path.write_bytes(data)
    assert isinstance(next(each), InputError)


def test_what_unpacks_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_files, "_LARGEST", 200_000)
    bomb = gzip.compress(bytes(300_000))
    (line,) = titles(tmp_path / "bomb.fit.gz", bomb)
    assert "unpacks to more than" in line
    lines = titles(tmp_path / "e.zip", zip_of({"1.fit": bytes(300_000), "2.fit.gz": bomb, "3.gpx": GPX}))
    assert ["unpacks to more than" in line for line in lines] == [True, True, False]
    monkeypatch.setattr(inflation, "_LARGEST_IN_ALL", 200_000)
    (line,) = titles(tmp_path / "all.zip", zip_of({f"{k}.gpx": GPX for k in range(20)}))
    assert "it is not read" in line
    part = zip_of({f"{k}.gpx": GPX for k in range(20)})
    (line,) = titles(tmp_path / "nested.zip", zip_of({"part.zip": part}))
    assert "it is not read" in line


def test_zips_that_are_nested_deeper_are_not_opened(tmp_path: Path) -> None:
    inside = zip_of({"1.gpx": GPX})
    for _ in range(3):
        inside = zip_of({f"{k}.zip": inside for k in range(4)})
    (line,) = titles(tmp_path / "42.zip", inside)
    assert "holds no recordings" in line


def test_encrypted_members_are_said_to_be(tmp_path: Path) -> None:
    data = bytearray(zip_of({"1.gpx": GPX}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (line,) = titles(tmp_path / "e.zip", bytes(data))
    assert "encrypted" in line


def test_a_zip_of_a_phone_stays_one_and_needs_its_place(tmp_path: Path) -> None:
    path = tmp_path / "phone.zip"
    path.write_bytes(zip_of({"Accelerometer.csv": b"t,x,y,z\n", "Location.csv": b"", "run.gpx": GPX}))
    with pytest.raises(ConfigError, match="say where"):
        list(recordings_in(path, Wearing()))


def test_a_file_without_any_good_run_raises_for_who_wants_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    path.write_bytes(zip_of({"1.fit": b"no fit", "2.gpx": GPX}))
    assert [r.title for r in read_recordings(path, Wearing())] == ["2"]
    path.write_bytes(zip_of({"1.fit": b"no fit"}))
    with pytest.raises(InputError, match=r"1\.fit"):
        read_recordings(path, Wearing())


ZIP = zip_of({"1.gpx": gpx_run(20), "2.fit.gz": gzip.compress(fit_file(file_id() + records(20)))})


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_torn_or_mutated_zip_gives_recordings_and_lines_and_nothing_else(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    at, gone = data.draw(st.integers(0, len(ZIP))), data.draw(st.integers(0, 30))
    what = data.draw(st.one_of(st.just(b""), st.binary(max_size=8)))
    cut = data.draw(st.booleans())
    path = tmp_path_factory.mktemp("zip") / "e.zip"
    results = found(path, ZIP[:at] if cut else ZIP[:at] + what + ZIP[at + gone :])
    assert results
    assert all("\n" not in str(r) for r in results if isinstance(r, InputError))


def test_of_several_runs_the_first_is_taken_with_a_remark(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    path.write_bytes(zip_of({"1.fit": b"no fit", "2.gpx": GPX, "3.gpx": GPX}))
    recording = read_recording(path)
    assert recording.title == "2"
    assert "more than one run" in recording.remarks[0]
