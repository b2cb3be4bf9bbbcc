"""The review: what it says of runs whose truth is known."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsp.types import Activity, ActivityChange, Array, Band, Cue, CueKind, Fault, Gap
from monitor.core.activity_facts import LapMark, TimerPause
from monitor.core.message_catalogues import UserMessage
from monitor.core.session_settings import CoachSettings, SessionSettings
from monitor.exports.tables import second_columns
from monitor.pipeline.coach_lines import LINE_WORDING
from monitor.pipeline.cue_policy import notice
from monitor.review import splits
from monitor.review.block_statistics import ComparedSeconds, block_mean, matched_difference
from monitor.review.compare import _level_trend, compare_sessions, metric_trends
from monitor.review.downhill import downhill
from monitor.review.feedback_text import feedback
from monitor.review.report import build_review, session_review
from monitor.simulation.simulated_runner import hilly_recording
from monitor.storage.import_recording import import_recording
from monitor.storage.session_data import MetricColumn, SessionData, Stretch, load_session
from monitor.storage.session_info import Note, SessionInfo, StepColumns
from monitor.storage.store import Store
from monitor.web.review_file import review_html
from tests.exports.made_activities import Made, stored

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
NO_STEPS = StepColumns(np.array([], dtype="U1"), np.array([]), np.array([]), {})
RNG = np.random.default_rng(5)


def noise(n: int, sd: float = 1.0) -> Array:
    """As neighbouring seconds of running are: AR(1)."""
    out, x = np.empty(n), 0.0
    for k in range(n):
        x = 0.9 * x + sd * np.sqrt(1 - 0.81) * RNG.standard_normal()
        out[k] = x
    return out


def a_run(seconds: int = 2400, **columns: Any) -> SessionData:
    """Running all the time; columns by metric, a number means everywhere."""
    made = {}
    for name, value in columns.items():
        values = np.full(seconds, float(value)) if np.isscalar(value) else np.asarray(value, dtype=float)
        made[name] = MetricColumn(values, np.full(seconds, 0.5), "foot")
    info = SessionInfo(
        id="2026-11-24T12-00-00-me",
        athlete="me",
        title="a run",
        started_utc=NOON.isoformat(),
        duration_s=seconds - 1.0,
    )
    return SessionData(
        info=info,
        settings=SessionSettings(),
        t_s=np.arange(seconds, dtype=float),
        columns=made,
        sided={},
        activity={Activity.RUN: (Stretch(0.0, float(seconds)),)},
    )


# ------------------------------------------------------------------ numbers


def test_braking_downhill_is_a_share_of_the_whole_dose_though_half_of_the_run_hides_it() -> None:
    """A quarter of the run is steep and brakes twice as hard; half of the run hides its braking."""
    second = np.arange(2400)
    slope = np.where(second < 600, -4.0, 0.0)
    braking = np.where(second < 600, 0.04, np.where(second < 1200, 0.02, np.nan))
    run = a_run(
        slope_pct=slope, braking_impulse_bws=braking, cadence_spm=180, braking_dose_bws=second * 0.09
    )
    found = downhill(run)
    assert found is not None
    assert found.share == pytest.approx(2 / 3)
    assert found.total_bws == pytest.approx(0.09 * 2399)
    assert found.dose_bws == pytest.approx(2 / 3 * found.total_bws)


def test_an_interval_covers_the_truth_as_often_as_it_says() -> None:
    hits = 0
    for _ in range(200):
        found = block_mean(5 + noise(900), np.ones(900, dtype=bool))
        assert found is not None
        assert found.half is not None
        hits += abs(found.value - 5) <= found.half
    assert 0.89 <= hits / 200 <= 0.99


def test_a_faster_day_is_no_change_and_a_change_on_a_faster_day_is_found() -> None:
    slow, fast = 2.8 + 0.2 * RNG.random(1800), 2.9 + 0.25 * RNG.random(1800)
    everywhere = np.ones(1800, dtype=bool)
    flat = np.zeros(1800)
    a = ComparedSeconds(160 + 10 * (slow - 2.8) + noise(1800), slow, flat, everywhere)
    same = ComparedSeconds(160 + 10 * (fast - 2.8) + noise(1800), fast, flat, everywhere)
    quicker = dataclasses.replace(same, value=same.value + 5)
    none, some = matched_difference(a, same), matched_difference(a, quicker)
    assert none is not None
    assert some is not None
    assert none.half is not None
    assert abs(none.value) < 1.0
    assert some.value == pytest.approx(5, abs=1.0)
    assert abs(some.value - none.value - 5) < 1e-9


def test_what_never_ran_at_the_same_speed_is_not_compared() -> None:
    everywhere, flat = np.ones(600, dtype=bool), np.zeros(600)
    a = ComparedSeconds(noise(600), np.full(600, 2.5), flat, everywhere)
    assert matched_difference(a, dataclasses.replace(a, speed_mps=np.full(600, 3.5))) is None


def test_every_kilometre_and_the_rest() -> None:
    run = a_run(900, speed_mps=3.0, cadence_spm=165.0)
    found = splits.kilometres(run)
    assert [s.name for s in found] == ["1", "2", UserMessage("review.splits.part", {"kilometre": 3})]
    assert found[0].seconds == pytest.approx(333, abs=1)
    assert sum(s.distance_m for s in found) == pytest.approx(run.distance_m[-1] - run.distance_m[0], abs=4)


# ------------------------------------------------------------------ words


def said(run: SessionData, **more: Any) -> dict[str, Any]:
    return dict(build_review(dataclasses.replace(run, **more), NO_STEPS)["words"])


def steady(**columns: Any) -> SessionData:
    return a_run(speed_mps=3.0, slope_pct=0.0, **columns)


def band(muted: str = "") -> Band:
    return Band(0.0, "cadence_spm", 170.0, 166.6, 173.4, muted)


def test_without_a_target_none_is_invented() -> None:
    assert said(steady(cadence_spm=165 + noise(2400)))["verdict"] == "none"


@pytest.mark.parametrize(
    ("cadence", "muted", "verdict"),
    [
        (170.0, "silent by plan", "raise"),
        (170.0, "", "raise"),
        (166.7, "silent by plan", "hold"),
        (160.0, "silent by plan", "lower"),
        (160.0, "", "lower"),
    ],
)
def test_a_run_counts_for_the_next_step_as_the_plan_counts_it(
    cadence: float, muted: str, verdict: str
) -> None:
    assert said(steady(cadence_spm=cadence + noise(2400)), bands=[band(muted)])["verdict"] == verdict


def test_at_the_last_step_there_is_none_above_it() -> None:
    coach = CoachSettings(step=3)
    run = steady(cadence_spm=170.0 + noise(2400))
    found = said(
        run, bands=[band("silent by plan")], settings=dataclasses.replace(run.settings, coach=coach)
    )
    assert "last step" in found["target"]["text"]


def test_who_does_not_answer_is_told_of_a_lower_target() -> None:
    low = Fault.CADENCE_LOW
    cue = Cue(900.0, CueKind.CORRECT, low, "cadence_spm", 165.0, 170.0, low.value, 903.0, "unanswered", "")
    found = said(steady(cadence_spm=170.0 + noise(2400)), bands=[band()], cues=[cue])
    assert found["verdict"] == "lower"
    assert "three cues changed nothing" in found["target"]["text"]


@pytest.mark.parametrize(
    ("fault", "step"), [(Fault.OVERSTRIDE, 2), (Fault.CADENCE_HIGH, 2), (Fault.CADENCE_LOW, 0)]
)
def test_a_lower_target_is_no_answer_to_another_fault_nor_at_the_own_cadence(
    fault: Fault, step: int
) -> None:
    cue = Cue(900.0, CueKind.CORRECT, fault, "", 165.0, 170.0, fault.value, 903.0, "unanswered", "")
    run = steady(cadence_spm=170.0 + noise(2400))
    coached = dataclasses.replace(run.settings, coach=CoachSettings(step=step))
    assert said(run, bands=[band()], cues=[cue], settings=coached)["verdict"] == "raise"
    slow = steady(cadence_spm=160.0 + noise(2400))
    assert (said(slow, bands=[band()], settings=coached)["verdict"] == "lower") is (step > 0)


def test_few_seconds_without_cues_do_not_stand_for_a_run_that_counts_with_them() -> None:
    bands = [band(), dataclasses.replace(band("silent by plan"), t_s=2200.0)]
    found = said(steady(cadence_spm=170.0 + noise(2400)), bands=bands)
    assert found["verdict"] == "raise"
    assert "of 37 min with cues" in found["target"]["text"]


def test_pain_freezes_the_target_and_comes_before_everything() -> None:
    pain = Note(1, "pain", None, 5.0, "knee", "")
    found = said(steady(cadence_spm=170 + noise(2400)), bands=[band("silent by plan")], notes=[pain])
    assert found["verdict"] == "hold"
    assert "pain above 3" in found["work"]["text"]


def test_tiring_is_the_thing_to_work_on() -> None:
    tired = np.linspace(0, 1, 2400) > 0.6
    found = said(
        steady(cadence_spm=165 + noise(2400), braking_impulse_bws=0.02 + 0.002 * tired + noise(2400, 2e-4))
    )
    assert found["work"]["text"].startswith("Braking impulse rose by 10 % towards the end at the same pace")


def test_slowing_down_is_not_tiring() -> None:
    speed = np.where(np.arange(2400) < 1200, 3.2, 2.8) + 0.3 * RNG.random(2400)
    run = a_run(speed_mps=speed, slope_pct=0.0, cadence_spm=165 + 10 * (speed - 3) + noise(2400, 0.5))
    assert "Cadence fell" not in said(run)["work"]["text"]


@pytest.mark.parametrize("seconds", [2, 60, 100])
def test_a_run_too_short_gets_no_advice(seconds: int) -> None:
    assert "too little running" in said(a_run(seconds, cadence_spm=165))["well"]["text"]


def test_nothing_is_ever_a_diagnosis() -> None:
    source = Path(feedback.__code__.co_filename).read_text().lower()
    for claim in ("prevents", "injury risk", "you are injured", "risk of injury", "diagnosis:"):
        assert claim not in source


# ------------------------------------------------------------------ the whole


def test_what_is_missing_is_said() -> None:
    report = build_review(a_run(cadence_spm=157 + noise(2400)), NO_STEPS)
    text = " ".join(report["limits"])
    for word in ("Pace:", "Slope:", "Left and right:", "Heart rate:", "Target:"):
        assert word in text
    assert report["kilometres"] == []
    assert report["downhill"] is None


def test_a_cue_and_its_answer_are_on_the_timeline() -> None:
    cadence = np.where(np.arange(2400) < 1210, 160.0, 170.0)
    cue = Cue(
        1200.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 160.0, 170.0, "cadence_low", 1203.0
    )
    report = build_review(
        dataclasses.replace(steady(cadence_spm=cadence), bands=[band()], cues=[cue]), NO_STEPS
    )
    (shown,) = report["cues"]
    assert shown["answered_s"] == pytest.approx(13, abs=3)
    assert report["coached"]["response"]["cues"] == 1


def test_a_sensor_that_was_away_is_shaded_and_told() -> None:
    from dsp.types import Placement
    from monitor.core.session_settings import SensorSettings

    settings = SessionSettings(
        sensors=(SensorSettings(name="belt", kind="plain", placement=Placement.PELVIS),)
    )
    run = dataclasses.replace(
        steady(cadence_spm=165.0), settings=settings, gaps=[Gap("belt", 600.0, 900.0)]
    )
    report = build_review(run, NO_STEPS)
    assert {"kind": "gap", "start_s": 600.0, "end_s": 900.0, "sensor": "belt"} in report["shades"]
    assert any(text.startswith("belt sent no data for 5.0 min from minute 10") for text in report["limits"])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two short hilly runs of one simulated runner, two days apart."""
    folder = tmp_path_factory.mktemp("store")
    made = Store(folder / "gaitcue.db")
    for day, seed in ((0, 7), (2, 8)):
        import_recording(
            made, folder, hilly_recording(seed, kilometres=0.5), "me", NOON + datetime.timedelta(days=day)
        )
    return made


def test_a_simulated_run_with_hills_is_reviewed_as_it_was(store: Store) -> None:
    report = json.loads(json.dumps(session_review(store, store.sessions()[0].id), allow_nan=False))
    tiles = {t["metric"]: t for t in report["tiles"]}
    assert report["session"]["distance_m"] == pytest.approx(558, abs=25)
    assert tiles["cadence_spm"]["v"] == pytest.approx(163, abs=4)
    assert report["downhill"]["seconds"] == pytest.approx(90, abs=15)
    assert any("pelvis sent no data" in text for text in report["limits"])
    assert {x["metric"] for x in report["legs"]} >= {"contact_ms", "overstride_m"}
    assert report["usual"][0]["runs"] == 1
    assert report["again"]["rows"]


def test_the_page_stands_alone_and_cannot_be_broken_by_a_title(store: Store) -> None:
    report = session_review(store, store.sessions()[0].id)
    report["session"]["title"] = "</script><script>alert(1)</script>"
    html = review_html(report)
    assert "<script>alert(1)" not in html
    for outside in ("src=", "https://", "@import", "fetch("):
        assert outside not in html
    assert not re.search(r"url\((?!#)", html)
    assert set(re.findall(r"http://[^\"]+", html)) == {"http://www.w3.org/2000/svg"}
    assert len(html) < 300_000


def test_two_runs_are_compared_and_make_a_trend(store: Store) -> None:
    one, two = (info.id for info in reversed(store.sessions()))
    rows = {r.metric: r for r in compare_sessions(store, [one, two])}
    apart = rows["cadence_spm"].differences[1]
    assert apart is not None
    assert abs(apart.value) < 2.5  # the same runner
    points = metric_trends(store, "me", 4)["cadence_spm"]
    assert [p.session for p in points] == [one, two]
    assert points[1].found.value - points[0].found.value == pytest.approx(apart.value, abs=1.5)


def test_a_run_that_shares_no_speed_with_others_is_no_point_of_a_trend() -> None:
    slow, fast = (
        a_run(600, speed_mps=v, slope_pct=0.0, cadence_spm=160.0 + noise(600)) for v in (2.5, 3.5)
    )
    other = dataclasses.replace(fast, info=dataclasses.replace(fast.info, id="b"))
    third = dataclasses.replace(other, info=dataclasses.replace(fast.info, id="c"))
    faster = {
        "cadence_spm": MetricColumn(fast.value("cadence_spm") + 6, fast.columns["cadence_spm"].sd, "foot")
    }
    third = dataclasses.replace(third, columns={**third.columns, **faster})
    points = {p.session: p.found.value for p in _level_trend([slow, other, third], "cadence_spm")}
    assert set(points) == {"b", "c"}
    assert points["c"] - points["b"] == pytest.approx(6, abs=1.5)


def test_a_loaded_run_is_what_was_written(store: Store) -> None:
    run = load_session(store, store.sessions()[0].id, ["cadence_spm"])
    assert set(run.columns) == {"cadence_spm"}
    metrics = store.metrics(run.info.id, ["cadence_spm"])
    assert np.isfinite(run.value("cadence_spm")).sum() == len({m.t_s for m in metrics})


def test_a_session_in_which_nothing_was_recorded_is_reviewed_too(tmp_path: Path) -> None:
    info = SessionInfo(id="x", athlete="me", title="nothing", started_utc=NOON.isoformat())
    with Store(tmp_path / "gaitcue.db") as empty:
        empty.begin(info)
        report = json.loads(json.dumps(session_review(empty, "x"), allow_nan=False))
        assert "No running was found" in report["limits"][0]
        assert report["tiles"] == []
        empty.end("x", 5.0)
        assert "too little running" in session_review(empty, "x")["words"]["well"]["text"]
        assert metric_trends(empty, "me", 4) == {}


def test_a_pause_is_shown_as_one_and_counts_in_no_time_but_the_elapsed() -> None:
    made = Made(seconds=2000.25, pauses=(TimerPause(400.0, 1200.0),), laps=(LapMark(1700.0, "manual"),))
    with stored(made.recording()) as (store, run):
        report = session_review(store, run.info.id)
    session = report["session"]
    assert (session["duration_s"], session["timer_s"]) == (2000.25, 800.25)
    assert session["moving_s"] == session["running_s"] == pytest.approx(800, abs=1)
    assert session["started_local"] == "2026-11-24T13:00:00+01:00"
    assert session["distance_m"] == pytest.approx(2400, rel=0.02)
    assert [s["seconds"] for s in report["laps"]] == [500.0, 300.25]
    assert sum(s["seconds"] for s in report["kilometres"]) == pytest.approx(800.25)
    for split in report["kilometres"][:2]:
        assert split["distance_m"] == pytest.approx(1000, abs=0.01)
        assert split["seconds"] == pytest.approx(1000 / 3, rel=0.06)
    assert report["shades"] == [{"kind": "pause", "start_s": 400.0, "end_s": 1600.0}]
    every = report["timeline"]["every_s"]
    assert all(
        v is None for v in report["timeline"]["lines"]["cadence_spm"]["mean"][402 // every : 1598 // every]
    )


def test_the_second_kilometre_after_a_pause_takes_as_long_as_it_was_run() -> None:
    """A steady 3 m/s: 400 s, twenty minutes of pause, 400 s."""
    t_s = np.arange(2001.0)
    run = a_run(2001, speed_mps=np.where((t_s > 400) & (t_s < 1600), np.nan, 3.0))
    note = Note(1, "pause", 400.0, 1200.0, "", NOON.isoformat())
    first, second, _ = splits.kilometres(dataclasses.replace(run, notes=[note]))
    assert first.seconds == pytest.approx(1000 / 3)
    assert second.seconds == pytest.approx(1000 / 3)


def test_what_is_modelled_is_named_in_report_limits_and_feedback() -> None:
    with stored(Made(seconds=400.0).recording()) as (store, run):
        report, german = session_review(store, run.info.id), session_review(store, run.info.id, "de")
    assert {"contact_ms", "overstride_m", "braking_impulse_bws", "peak_braking_bw"} <= set(
        report["modelled"]
    )
    assert "cadence_spm" not in report["modelled"]
    for label in ("Ground contact time", "Overstride", "Braking impulse"):
        assert any(text.startswith(f"{label}: calculated from pace") for text in report["limits"])
    assert any(text.startswith("Bodenkontaktzeit: aus Tempo") for text in german["limits"])
    with stored(Made(seconds=400.0, contact_ms=240.0).recording()) as (store, run):
        assert "contact_ms" not in session_review(store, run.info.id)["modelled"]


def test_a_sentence_about_a_modelled_number_says_that_it_is() -> None:
    rising = np.concatenate((np.full(1200, 0.016), np.full(1200, 0.020))) + 1e-5 * noise(2400)
    run = a_run(2400, speed_mps=3.0, slope_pct=0.0, cadence_spm=170, braking_impulse_bws=rising)
    column = dataclasses.replace(run.columns["braking_impulse_bws"], how="pod", modelled=True)
    modelled = dataclasses.replace(run, columns={**run.columns, "braking_impulse_bws": column})
    for made, said in ((run, "Braking impulse rose"), (modelled, "Braking impulse (calculated) rose")):
        text = build_review(made, NO_STEPS)["words"]["work"]["text"]
        assert text.startswith(said), text


def test_a_coachs_line_is_kept_with_the_run_for_review_and_export(tmp_path: Path) -> None:
    lines = [replace(notice(t, LINE_WORDING, f"Coach: {text}"), withheld=w) for t, text, w in (
        (3.0, "Turn at the bridge", ""), (9.0, "Too late", "late"),
    )]  # fmt: skip
    with Store(tmp_path / "gaitcue.db") as store:
        store.begin(SessionInfo(id="s", athlete="me", title="", started_utc=NOON.isoformat()))
        store.write("s", [ActivityChange(0.0, Activity.RUN, 0.0), *lines, Gap("belt", 1.0, 20.0)])
        store.end("s", 20.0)
        run = load_session(store, "s")
        reviewed = session_review(store, "s", "de")
    assert list(run.cues) == lines
    assert [(c["wording"], c["t_s"], c["why"], c["withheld"]) for c in reviewed["cues"]] == [
        ("coach_line", 3.0, "Dein Trainer: Turn at the bridge", ""),
        ("coach_line", 9.0, "Dein Trainer: Too late", "es kam kein ruhiger Moment dafür"),
    ]
    exported = second_columns(run)["cue"]
    assert (exported[3], exported[9]) == ("coach: Turn at the bridge", "(coach: Too late)")


def test_sensors_are_called_by_where_they_are_worn() -> None:
    from dsp.types import Placement, Side
    from monitor.core.session_settings import SensorSettings

    worn = (
        SensorSettings(name="footL", kind="plain", placement=Placement.FOOT, side=Side.LEFT),
        SensorSettings(name="belt", kind="plain", placement=Placement.PELVIS),
    )
    run = dataclasses.replace(steady(cadence_spm=165.0), settings=SessionSettings(sensors=worn))
    assert build_review(run, NO_STEPS)["session"]["sensors"] == ["left shoe (footL)", "lower back (belt)"]
    german = build_review(run, NO_STEPS, language="de")["session"]["sensors"]
    assert german == ["linker Schuh (footL)", "Kreuz (belt)"]
