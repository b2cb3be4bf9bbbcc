"""What the next run gets follows from the kept ones, and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dsp.cueing.baseline import Baseline
from dsp.types import CueKind, Fault, Metric
from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.records import Out
from monitor.core.session_settings import CoachSettings, CueSettings, SessionSettings, TodaysLimits
from monitor.pipeline.announcements import cues_ended_notice
from monitor.pipeline.session import Session
from monitor.review import cadence_plan
from monitor.simulation.drifting_runner import coached_settings, drifting_bouts
from monitor.simulation.simulated_runner import RadioModel, recording_of_run
from monitor.storage.plan_file import Plan, PlannedRun, RunPain, plan_path, read_plan, write_plan
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.coached_runner import (
    OWN_SPM,
    SENSORS,
    cues_among,
    learned_baseline,
    metric_seconds,
    noisy_cadence,
    run_starts,
)


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path / "gaitcue.db") as made:
        yield made


def kept(store: Store, name: str, records: list[Out], settings: SessionSettings) -> SessionInfo:
    store.begin(
        SessionInfo(
            id=name, athlete="me", title="", started_utc=f"{name[:10]}T07:00:00+00:00",
            settings=json.dumps(json_codec.to_json(settings)),
        )
    )  # fmt: skip
    store.write(name, records)
    store.end(name, 3600.0)
    return store.session(name)


def easy_run(minutes: float, seed: int) -> list[Out]:
    return [run_starts(), *metric_seconds(noisy_cadence(OWN_SPM, round(60 * minutes), seed=seed))]


def test_a_baseline_is_learned_from_kept_runs_and_each_counts_once(store: Store) -> None:
    learning = SessionSettings(sensors=SENSORS, coach=CoachSettings(cues=CueSettings(on=False)))
    kept(store, "2026-03-01-me", easy_run(18, 1), learning)
    once = cadence_plan.catch_up(Plan(), store, "me")
    kept(store, "2026-03-02-me", easy_run(22, 2), learning)
    twice = cadence_plan.catch_up(once, store, "me")
    assert cadence_plan.catch_up(twice, store, "me") == twice
    assert cadence_plan.catch_up(Plan(), store, "me") == twice
    assert twice.seen == ("2026-03-01-me", "2026-03-02-me")
    assert twice.baseline is not None
    baseline = Baseline.from_dict(twice.baseline)
    assert baseline.full(with_speed=True)
    assert 12 < Baseline.from_dict(once.baseline or {}).minutes("cadence_spm", True) < 14  # 5 min warm-up
    expected = baseline.expect("cadence_spm", 2.8, 0.0)
    assert expected is not None
    assert expected.value == pytest.approx(OWN_SPM, abs=1)
    assert cadence_plan.catch_up(Plan(), store, "somebody else") == Plan()


def test_a_frozen_baseline_learns_no_more(store: Store) -> None:
    start = cadence_plan.frozen_plan(Plan(baseline=learned_baseline(minutes=12, runs=1).to_dict()))
    kept(store, "2026-03-03-me", easy_run(30, 3), SessionSettings(sensors=SENSORS, coach=CoachSettings()))
    now = cadence_plan.catch_up(start, store, "me")
    assert now.baseline is not None
    assert Baseline.from_dict(now.baseline).lines["cadence_spm"].seconds == 720
    with pytest.raises(StoreError, match="nothing has been learned"):
        cadence_plan.frozen_plan(Plan())


def test_what_a_coached_run_did_without_cues_is_in_the_plan(store: Store) -> None:
    coach = CoachSettings(
        cues=CueSettings(warm_up_s=0), baseline=learned_baseline().to_dict(), step=2, cue_share=0.0
    )
    settings = SessionSettings(sensors=SENSORS, coach=coach)
    session = Session(settings)
    assert session._coach is not None
    target = OWN_SPM * 1.05
    records = session._coach.push(
        [
            run_starts(),
            *metric_seconds(
                [*noisy_cadence(target, 600, seed=4), *noisy_cadence(target - 12, 600, seed=5)]
            ),
        ]
    )
    kept(store, "2026-03-04-me", records, settings)
    (made,) = cadence_plan.catch_up(Plan(baseline=learned_baseline().to_dict()), store, "me").runs
    assert (made.cue_share, made.step, made.on_in_s) == (0, 2, 0)
    assert made.off_s == pytest.approx(1180, abs=25)
    assert made.off_in_s / made.off_s == pytest.approx(0.5, abs=0.05)


def test_a_run_whose_form_cues_were_silent_is_learned_from_and_counts_for_no_step(store: Store) -> None:
    calm = TodaysLimits(form_cues=False, silence="calm")
    settings = SessionSettings(sensors=SENSORS, coach=CoachSettings(today=calm))
    kept(store, "2026-03-05-me", easy_run(22, 3), settings)
    plan = cadence_plan.catch_up(Plan(), store, "me")
    assert plan.runs == ()
    assert Baseline.from_dict(plan.baseline or {}).minutes("cadence_spm", True) > 12


def test_nothing_is_learned_after_the_runner_stopped_the_cues(store: Store) -> None:
    run = easy_run(22, 3)
    stop = next(k for k, r in enumerate(run) if isinstance(r, Metric) and r.t_s > 600)
    records = [*run[:stop], cues_ended_notice(600.0), *run[stop:]]
    kept(store, "2026-03-05-me", records, SessionSettings(sensors=SENSORS, coach=CoachSettings()))
    plan = cadence_plan.catch_up(Plan(), store, "me")
    assert Baseline.from_dict(plan.baseline or {}).minutes("cadence_spm", True) < 5.1  # after the warm-up


def test_a_run_that_comes_late_stands_where_it_was_run(store: Store) -> None:
    settings = SessionSettings(sensors=SENSORS, coach=CoachSettings())
    plan = Plan()
    for day in ("2026-03-09", "2026-03-01", "2026-03-05"):  # restored, or recovered after a crash
        kept(store, f"{day}-me", easy_run(1, 1), settings)
        plan = cadence_plan.catch_up(plan, store, "me")
    assert [run.started_utc[8:10] for run in plan.runs] == ["01", "05", "09"]


def test_pains_are_read_as_they_stand_now_and_outlive_their_session(store: Store) -> None:
    kept(store, "2026-03-04-me", easy_run(6, 1), SessionSettings(sensors=SENSORS))  # without cues
    assert cadence_plan.catch_up(Plan(), store, "me").pains == ()
    store.add_note("2026-03-04-me", "note", "calf was fine")
    store.add_note("2026-03-04-me", "pain", "left calf", value=3)
    day = store.sessions()[0].started_utc[:10]
    noted = (RunPain(session="2026-03-04-me", day=day, value=3, words="left calf"),)
    plan = cadence_plan.catch_up(Plan(), store, "me")
    assert plan.pains == noted
    assert cadence_plan.catch_up(plan, store, "other").pains == noted  # as it stood
    store.delete("2026-03-04-me")
    assert cadence_plan.catch_up(plan, store, "me").pains == noted
    assert cadence_plan.relearn(plan, store, "me").pains == noted


def test_a_plan_survives_its_file_and_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    path = plan_path(tmp_path, "Ana  Maria")
    assert read_plan(path) == Plan()
    made = Plan(
        baseline=learned_baseline().to_dict(),
        seen=("a",),
        runs=(PlannedRun(session="a", started_utc="2026-03-01T07:00:00+00:00", cue_share=1.0),),
    )
    write_plan(path, made)
    assert read_plan(path) == made
    path.write_text('{"baseline": {"format": 9}}')
    with pytest.raises(StoreError, match="--relearn"):
        read_plan(path)


def test_the_demo_of_a_load_shows_a_cue_for_overstride_and_none_for_cadence() -> None:
    recording = recording_of_run(drifting_bouts(100, "load"), RadioModel())
    session = Session(coached_settings(recording.settings, "load"))
    records = [r for packet in recording.packets() for r in session.push(packet)] + session.finish()
    faults = {c.fault for c in cues_among(records, CueKind.CORRECT) if not c.withheld}
    assert faults
    assert faults <= {Fault.OVERSTRIDE, Fault.BRAKING}


def test_the_demo_shows_a_drift_its_cue_and_its_answer() -> None:
    recording = recording_of_run(drifting_bouts(90), RadioModel())
    session = Session(coached_settings(recording.settings))
    records = [r for packet in recording.packets() for r in session.push(packet)] + session.finish()
    said = [c for c in cues_among(records) if c.kind is not CueKind.NOTICE]
    assert [c.kind for c in said] == [CueKind.CORRECT, CueKind.CONFIRM]
    assert 47 < said[0].t_s < 65
    assert 72 < said[1].t_s < 90
