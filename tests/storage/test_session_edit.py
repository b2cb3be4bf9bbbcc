"""Whole sessions: cut, joined, deleted for good, made anew, saved and brought back."""

from __future__ import annotations

import datetime
import io
import lzma
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from dsp.types import Band, Cue, CueKind, Fault, Record, Step
from monitor.core.errors import InputError, StoreError
from monitor.core.packet import stop_cues_packet
from monitor.core.records import SensorStatus
from monitor.core.session_settings import CoachSettings
from monitor.pipeline.session import Session
from monitor.simulation.simulated_runner import RadioModel, simulated_recording
from monitor.storage import session_edit, tape_archive
from monitor.storage.backup import DATABASE, restore_backup, write_backup
from monitor.storage.import_recording import import_recording
from monitor.storage.reanalysis import engine_records, reanalysis_text, reanalyze
from monitor.storage.runner_log import RunnerLog, runner_log_path
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.storage_of_files import copy_store

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
RUN = simulated_recording(40.0, RadioModel(loss=0.02))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with Store(folder / DATABASE) as store:
        import_recording(store, folder, RUN, "me", NOON)
    return folder


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Store:
    return Store(copy_store(made, tmp_path) / DATABASE)


@pytest.fixture
def info(store: Store) -> SessionInfo:
    return store.sessions()[0]


def steps(store: Store, info: SessionInfo) -> list[float]:
    return [round(s.ic_s, 6) for s in store.steps(info.id)]


def test_tags_are_set_replaced_and_taken_away(info: SessionInfo) -> None:
    tags = session_edit.edited_tags(info, ["shoe=Pegasus", "trail", "effort=6"])
    assert tags == ["shoe=Pegasus", "trail", "effort=6"]
    again = session_edit.edited_tags(replace(info, tags=tuple(tags)), ["shoe=Ghost", "-trail", "-effort"])
    assert again == ["shoe=Ghost"]
    with pytest.raises(InputError, match="effort=0 to 10"):
        session_edit.edited_tags(info, ["effort=11"])


def test_deleted_is_gone_from_database_and_disk(store: Store, info: SessionInfo, tmp_path: Path) -> None:
    store.rename(info.id, "a very secret run")
    store.add_note(info.id, "note", "a very secret thought")
    assert session_edit.delete_session(store, info) > 1000
    assert store.sessions() == []
    assert list((tmp_path / "tapes").iterdir()) == []
    for file in tmp_path.glob(f"{DATABASE}*"):
        assert b"very secret" not in file.read_bytes()


def test_what_is_being_recorded_is_not_deleted(store: Store, info: SessionInfo) -> None:
    from monitor.recordings.tape_lock import TapeLock

    owner = TapeLock(Path(info.tape))
    with pytest.raises(StoreError, match="is being recorded right now"):
        session_edit.delete_session(store, info)
    owner.release()
    assert store.session(info.id)


def test_a_session_is_split_and_joined_again(store: Store, info: SessionInfo, tmp_path: Path) -> None:
    whole = steps(store, info)
    store.tag(info.id, ["shoe=x"])
    store.add_note(info.id, "lap", "", t_s=30.0)
    info = store.session(info.id)
    one, two = session_edit.split_session(store, tmp_path, info, 22.0)
    assert {s.id for s in store.sessions()} == {one.id, two.id}
    assert one.tags == two.tags == ("shoe=x",)
    assert [n.t_s for n in store.notes(two.id)] == [8.0]
    assert max(steps(store, one)) < 22.0
    assert abs(len(steps(store, one)) + len(steps(store, two)) - len(whole)) <= 8
    joined = session_edit.merge_sessions(store, tmp_path, [store.session(two.id), store.session(one.id)])
    assert [s.id for s in store.sessions()] == [joined.id]
    again = steps(store, joined)
    assert abs(len(again) - len(whole)) <= 8
    late = [s for s in whole if s > 28]
    nearest = [min(abs(s - a) for a in again) for s in late]
    assert sorted(nearest)[len(nearest) // 2] < 0.03
    assert [n.t_s for n in store.notes(joined.id)] == pytest.approx([30.0], abs=2)


def test_what_the_runner_stopped_stays_stopped_in_both_parts(store: Store, tmp_path: Path) -> None:
    packets = sorted((*RUN.packets(), stop_cues_packet(10.0, "red_flag")), key=lambda p: p.arrival_ns)
    coached = replace(RUN.settings, coach=CoachSettings())
    run = replace(RUN, settings=coached, count=len(packets), packets=lambda: iter(packets))
    info = import_recording(store, tmp_path, run, "me", NOON + datetime.timedelta(minutes=5))
    parts = session_edit.split_session(store, tmp_path, info, 22.0)
    ended = [
        [c.t_s for c in store.events(p.id) if isinstance(c, Cue) and c.wording == "cues_ended"]
        for p in parts
    ]
    assert ended == [[10.0], [0.0]]


def test_different_sensors_cannot_be_one_session(store: Store, info: SessionInfo, tmp_path: Path) -> None:
    settings = replace(RUN.settings, sensors=RUN.settings.sensors[:1])
    shoe = replace(
        RUN, settings=settings, packets=lambda: (p for p in RUN.packets() if p.sensor == "footL")
    )
    other = import_recording(store, tmp_path, shoe, "me", NOON + datetime.timedelta(minutes=5))
    with pytest.raises(InputError, match="had different sensors"):
        session_edit.merge_sessions(store, tmp_path, [info, other])


def test_reanalysis_with_the_same_engine_finds_the_very_same(store: Store, info: SessionInfo) -> None:
    session = Session(RUN.settings)
    live = [r for p in RUN.packets() for r in session.push(p)] + session.finish()
    gait = [r for r in live if not isinstance(r, SensorStatus)]
    assert list(engine_records(RUN)) == gait
    assert "no number changed" in reanalysis_text(reanalyze(store, info))


def test_reanalysis_says_what_changed_and_leaves_what_was_said(store: Store, info: SessionInfo) -> None:
    cue = Cue(20.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 160.0, 170.0, "cadence_low", 23.0)
    said: list[Record] = [Band(10.0, "cadence_spm", 170.0, 166.0, 174.0), cue]
    store.write(info.id, said)
    store.add_note(info.id, "note", "windy")
    kept = steps(store, info)
    store.replace_measurements(
        info.id, [Step("footL", None, 5.0, None)], "0.0.9"
    )  # as if an old version had found this
    assert len(store.steps(info.id)) == 1
    again = reanalyze(store, store.session(info.id))
    assert (again.old, again.new) == ("0.0.9", store.session(info.id).version)
    assert steps(store, info) == kept
    assert [r for r in store.events(info.id) if isinstance(r, (Band, Cue))] == said
    assert [n.text for n in store.notes(info.id)] == ["windy"]
    text = reanalysis_text(again)
    assert f"steps found: 1 -> {len(kept)}" in text
    assert "Cadence: none ->" in text
    assert store.analyses(info.id, "again")[0]["version"] == again.new


def test_old_tapes_are_packed_or_dropped_as_stated_and_metrics_stay(
    store: Store, info: SessionInfo, tmp_path: Path
) -> None:
    kept = steps(store, info)
    before = tape_archive.tape_sizes([info])[info.id]
    later = NOON + datetime.timedelta(days=40)
    assert list(tape_archive.tidy_tapes(store, NOON, 30, None)) == []
    assert [d.done for d in tape_archive.tidy_tapes(store, later, 30, None, really=False)] == ["compressed"]
    assert tape_archive.tape_file(info) == Path(info.tape)
    (packed,) = tape_archive.tidy_tapes(store, later, 30, None)
    assert packed.freed_bytes == before - tape_archive.tape_sizes([info])[info.id] > 0
    assert "no number changed" in reanalysis_text(reanalyze(store, info))  # from the packed tape
    assert [d.done for d in tape_archive.tidy_tapes(store, later, 30, 39)] == ["deleted"]
    assert tape_archive.tape_file(info) is None
    assert steps(store, info) == kept
    with pytest.raises(StoreError, match="raw tape is not there"):
        reanalyze(store, info)


def test_a_backup_comes_back_elsewhere_whole(store: Store, info: SessionInfo, tmp_path: Path) -> None:
    store.add_note(info.id, "pain", "calf", value=2.0)
    RunnerLog(runner_log_path(store.path.parent, "ann")).add({"pain": 1})
    RunnerLog(runner_log_path(store.path.parent, "ben")).add({"pain": 2})
    write_backup(store, tmp_path / "all.tar")
    elsewhere = tmp_path / "other" / "machine"
    RunnerLog(runner_log_path(elsewhere, "ben")).add({"pain": 3})
    assert restore_backup(tmp_path / "all.tar", elsewhere) == 1
    with Store(elsewhere / DATABASE) as back:
        (found,) = back.sessions()
        assert found.tape.startswith(str(elsewhere))
        assert steps(back, found) == steps(store, info)
        assert back.notes(found.id)[0].value == 2.0
        logs = [RunnerLog(runner_log_path(elsewhere, name)).lines() for name in ("ann", "ben")]
        assert logs == [[{"pain": 1}], [{"pain": 3}]]  # what was written down since stays
        assert "no number changed" in reanalysis_text(reanalyze(back, found))
    with pytest.raises(StoreError, match=r"already holds runs \(1\)"):
        restore_backup(tmp_path / "all.tar", elsewhere)


@pytest.mark.parametrize("damage", ["cut", "other", "none"])
def test_a_bad_backup_touches_nothing(store: Store, info: SessionInfo, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "bad.tar"
    if damage == "cut":
        write_backup(store, path)
        path.write_bytes(path.read_bytes()[:20_000])
    elif damage == "other":
        path.write_bytes(b"not a tar file" * 1000)
    elif damage == "none":
        path.write_bytes(b"")
    target = tmp_path / "target"
    with pytest.raises(StoreError, match="damaged or not a backup"):
        restore_backup(path, target)
    assert not (target / DATABASE).exists()
    shutil.rmtree(target)


def test_a_compressed_tape_unpacks_to_its_limit_and_no_further(
    store: Store, info: SessionInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = Path(info.tape)
    tape.with_name(f"{tape.name}.xz").write_bytes(lzma.compress(bytes(30_000_000), preset=1))
    tape.unlink()
    monkeypatch.setattr(tape_archive, "largest_inflated", lambda size: 2_000_000)
    with pytest.raises(StoreError, match=r"xz: cannot be unpacked: unpacks to more than 2 MB"):
        reanalyze(store, info)
    assert len(store.steps(info.id)) > 20


def test_a_tape_that_could_not_be_unpacked_again_is_not_compressed(
    store: Store, info: SessionInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Path(info.tape).read_bytes()
    monkeypatch.setattr(tape_archive, "largest_inflated", lambda size: 100_000)
    with pytest.raises(StoreError, match="cannot be compressed"):
        list(tape_archive.tidy_tapes(store, NOON + datetime.timedelta(days=40), 30, None))
    assert Path(info.tape).read_bytes() == before
    assert [p.name for p in Path(info.tape).parent.iterdir()] == [Path(info.tape).name]


@pytest.mark.parametrize("packing", ["gz", "xz", "bz2"])
def test_a_backup_that_somebody_compressed_is_not_unpacked(tmp_path: Path, packing: str) -> None:
    """It may become a thousand times as large; ours are not compressed."""
    with tarfile.open(tmp_path / "bomb.tar", f"w:{packing}") as out:
        member = tarfile.TarInfo(DATABASE)
        member.size = 20_000_000
        out.addfile(member, io.BytesIO(bytes(member.size)))
    with pytest.raises(StoreError, match="not a backup"):
        restore_backup(tmp_path / "bomb.tar", tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


HOLES = {
    "major": "0",
    "minor": "1",
    "name": "tapes/h.tape",
    "size": f"{10**12}",
    "numblocks": "1",
    "map": "0,1",
}


def test_holes_and_links_in_a_backup_are_left_out(store: Store, info: SessionInfo, tmp_path: Path) -> None:
    """A file of one byte and a hole is as large as it says."""
    write_backup(store, tmp_path / "all.tar")
    with tarfile.open(tmp_path / "all.tar", "a") as out:
        hole = tarfile.TarInfo("tapes/hole.tape")
        hole.pax_headers = {f"GNU.sparse.{key}": value for key, value in HOLES.items()}
        hole.size = 1
        out.addfile(hole, io.BytesIO(b"x"))
        link = tarfile.TarInfo("tapes/link.tape")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(link)
    target = tmp_path / "target"
    assert restore_backup(tmp_path / "all.tar", target) == 1
    assert [p.name for p in (target / "tapes").iterdir()] == [Path(info.tape).name]
