"""After deleting, no byte of store, tape or plan tells how a runner was; the numbers of the runs stay."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from dsp.types import Band
from monitor.core.session_settings import CoachSettings, TodaysLimits
from monitor.pipeline.announcements import CUES_OFF, SILENCES
from monitor.pipeline.cue_policy import notice
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.health_deletion import delete_health
from monitor.storage.import_recording import import_recording
from monitor.storage.plan_file import Plan, RunPain, plan_path, read_plan, write_plan
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.storage.tape_archive import tape_file, tidy_tapes, unpacked_tape

NOW = datetime.datetime(2026, 11, 24, 20, 0, tzinfo=datetime.UTC)
CANARY, ALLOWED = "Kanarienvogel", "5.4321"


def painful_run(store: Store, folder: Path, athlete: str) -> SessionInfo:
    coach = CoachSettings(
        today=TodaysLimits(most_km=5.4321, form_cues=False, silence="calm"), step_reason="pain"
    )
    recording = simulated_recording(30.0)
    settings = replace(recording.settings, athlete=athlete, coach=coach)
    info = import_recording(store, folder, replace(recording, settings=settings), athlete, NOW)
    store.write(info.id, [Band(5.0, "cadence_spm", 170, 165.0, 180, SILENCES["hold"])])
    store.write(info.id, [notice(6.0, "todays_run", f"{CANARY} of your plan")])
    store.add_note(info.id, "pain", CANARY, value=7.0)
    store.add_note(info.id, "note", "rain")
    store.tag(info.id, ["effort=9", "shoe=blue"])
    return store.session(info.id)


def bytes_of(folder: Path) -> bytes:
    """Every byte below the folder, with tapes unpacked, while nobody has the store open."""
    with Store(folder / "gaitcue.db") as store:
        tapes = []
        for info in store.sessions():
            with unpacked_tape(info) as tape:
                tapes.append(tape.read_bytes())
    return b"".join([*tapes, *(path.read_bytes() for path in folder.rglob("*") if path.is_file())])


@pytest.mark.parametrize("compressed", [False, True])
def test_nothing_of_health_is_left_in_store_tape_and_plan(tmp_path: Path, compressed: bool) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        info = painful_run(store, tmp_path, "ann")
        steps, records = len(store.steps(info.id)), store.count(info.id)
        write_plan(
            plan_path(tmp_path, "ann"),
            Plan(pains=(RunPain(session="x", day="2026-11-01", value=4.0, words=CANARY),)),
        )
        if compressed:
            assert [c.done for c in tidy_tapes(store, NOW + datetime.timedelta(days=9), 1.0, None)] == [
                "compressed"
            ]
    pages = [tmp_path / "reviews" / f"{info.id}.html", tmp_path / "reports" / "ann-2026-11-24-own.html"]
    others = [tmp_path / "reports" / "ann-b-2026-11-24.html", tmp_path / "reviews" / "bens.html"]
    for page in (*pages, *others):
        page.parent.mkdir(exist_ok=True)
        page.write_text(CANARY if page in pages else "of somebody else")
    words = (CANARY, ALLOWED, "effort=9", *(SILENCES[k] for k in ("calm", "hold")), '"calm"', '"pain"')
    assert {w for w in words if w.encode() in bytes_of(tmp_path)} >= {CANARY, ALLOWED, "effort=9", '"calm"'}
    with Store(tmp_path / "gaitcue.db") as store:
        assert delete_health(store, tmp_path, "ann")
        assert not delete_health(store, tmp_path, "ann")
        assert len(store.steps(info.id)) == steps
        assert store.count(info.id) == records - 1
        assert [n.text for n in store.notes(info.id)] == ["rain"]
        assert store.session(info.id).tags == ("shoe=blue",)
        assert CUES_OFF in {e.muted for e in store.events(info.id) if isinstance(e, Band)}
    assert {w for w in words if w.encode() in bytes_of(tmp_path)} == set()
    assert read_plan(plan_path(tmp_path, "ann")) == Plan()
    assert [page.exists() for page in (*pages, *others)] == [False, False, True, True]
    file = tape_file(info)
    assert file is not None
    assert (file.suffix == ".xz") is compressed


def test_what_another_runner_of_the_box_wrote_down_stays(tmp_path: Path) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        painful_run(store, tmp_path, "ann")
        bens = painful_run(store, tmp_path, "ben")
        before = store.notes(bens.id), store.records(bens.id)
        delete_health(store, tmp_path, "ann")
        assert (store.notes(bens.id), store.records(bens.id)) == before
        assert store.session(bens.id) == bens
