"""What a review says on top never contradicts its own tables: over many runs of any numbers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsp.metrics import BY_NAME, Role, with_role
from dsp.types import Band
from monitor.core.message_catalogues import Language, UserMessage, catalogue
from monitor.review.asymmetry import Legs
from monitor.review.block_statistics import Mean, clear_change
from monitor.review.feedback_text import SourcedText, _by, _what_to_work_on, _what_went_well
from monitor.review.findings import SessionFindings, session_findings
from monitor.review.history_comparison import PreviousRunsComparison
from monitor.review.report import build_review
from monitor.review.splits import Change
from monitor.storage.session_data import SessionData
from monitor.storage.session_info import StepColumns
from tests.review.test_report import NO_STEPS, a_run

ENGLISH = Path(str(files("monitor.core") / "catalogues" / "en.json"))
SECONDS = 1500
LEVELS: Mapping[str, float] = {
    "cadence_spm": 166.0, "contact_ms": 250.0, "overstride_m": 0.18, "braking_impulse_bws": 0.019,
    "peak_braking_bw": 0.31, "foot_strike_deg": 12.0, "step_variability_pct": 1.9, "heart_rate_bpm": 150.0,
    "contact_balance_pct": 50.2, "leg_stiffness_kn_m": 9.0,
}  # fmt: skip


@st.composite
def sessions(draw: st.DrawFn) -> tuple[SessionFindings, SessionData, StepColumns, list[SessionData]]:
    """A run that drifts, jumps and scatters in any of its metrics, with legs apart, after other runs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    run = _any_run(draw, rng)
    steps = _any_steps(draw, rng)
    previous = [_any_run(draw, rng) for _ in range(draw(st.integers(0, 3)))]
    return session_findings(run, steps, previous), run, steps, previous


def _any_run(draw: st.DrawFn, rng: np.random.Generator) -> SessionData:
    phase = np.linspace(0.0, 1.0, SECONDS)
    columns: dict[str, Any] = {}
    for name, level in LEVELS.items():
        if draw(st.booleans()) or name == "cadence_spm":
            drift = draw(st.sampled_from((0.0, 0.0, 0.002, -0.003, 0.01, -0.02, 0.08, -0.1)))
            noise = draw(st.sampled_from((0.0005, 0.003, 0.02))) * rng.standard_normal(SECONDS)
            columns[name] = level * (1 + drift * phase + noise)
    if draw(st.booleans()):
        speed = 3.0 + draw(st.sampled_from((0.0, 0.4, -0.6))) * phase + 0.2 * rng.random(SECONDS)
        columns |= {"speed_mps": speed, "slope_pct": np.zeros(SECONDS)}
        columns["cadence_spm"] = columns["cadence_spm"] + 9 * (speed - 3)
    run = a_run(SECONDS, **columns)
    low = draw(st.sampled_from((None, 150.0, 164.0, 168.0)))
    muted = draw(st.sampled_from(("", "silent by plan")))
    bands = [] if low is None else [Band(60.0, "cadence_spm", low + 4, low, low + 8, muted)]
    return dataclasses.replace(run, bands=bands)


def _any_steps(draw: st.DrawFn, rng: np.random.Generator) -> StepColumns:
    ic_s = np.arange(5.0, SECONDS - 5, 0.37)
    side = np.where(np.arange(len(ic_s)) % 2 == 0, "L", "R")
    apart = draw(st.sampled_from((0.0, 0.01, -0.03, 0.07, -0.1)))
    scatter = draw(st.sampled_from((0.005, 0.05))) * rng.standard_normal(len(ic_s))
    values = {
        name: LEVELS.get(name, 100.0) * (1 + np.where(side == "L", apart, 0.0) + scatter)
        for name in ("contact_ms", "flight_ms")
    }
    return StepColumns(side, ic_s, ic_s + 0.25, values) if draw(st.booleans()) else NO_STEPS


def rows_by_metric(rows: Any) -> dict[str, Any]:
    return {row.metric: row for row in rows if getattr(row, "difference", 0) is not None}


# ------------------------------------------------------------------ sentence against row


def _shown(metric: str, by: UserMessage) -> float:
    """A change as a sentence has it, in the unit of the metric, after the rounding of the sentence."""
    decimals = BY_NAME[metric].display_or_unit.decimals + 1
    assert f"{{by:.{decimals}f}}" in json.loads(ENGLISH.read_text())[by.key]
    assert by.values["unit"] == UserMessage(f"metric.{metric}.unit")
    value = by.values["by"]
    assert isinstance(value, float)
    return value / BY_NAME[metric].display_or_unit.scale


def _metric_of(message: UserMessage) -> str:
    label = message.values["metric"]
    assert isinstance(label, UserMessage)
    return label.key.removeprefix("metric.").removesuffix(".label")


def check_sentence(said: UserMessage, found: SessionFindings) -> None:
    """Fail unless the row that a sentence speaks of says the same: sign, significance, size, unit."""
    thirds: dict[str, Change] = rows_by_metric(found.fatigue)
    earlier: dict[str, PreviousRunsComparison] = rows_by_metric(found.previous)
    legs: dict[str, Legs] = {row.metric: row for row in found.legs}
    key, values = said.key.removeprefix("feedback."), said.values

    def clear(rows: Mapping[str, Any], metric: str) -> float:
        return clear_change(metric, rows[metric].difference)

    if key.startswith("cadence_held"):
        difference = thirds["cadence_spm"].difference
        assert difference is not None
        assert difference.half is not None
        assert clear(thirds, "cadence_spm") == 0
        assert abs(difference.value) + difference.half < 2
    elif key.startswith("cadence_little"):
        change = clear(thirds, "cadence_spm")
        assert 0 < abs(change) < 2
        assert _shown("cadence_spm", values["by"]) == pytest.approx(abs(change))  # type: ignore[arg-type]
        assert values["direction"] == UserMessage("feedback.higher" if change > 0 else "feedback.lower")
    elif key == "cadence_fell":
        assert values["drop"] == pytest.approx(-clear(thirds, "cadence_spm"))
    elif key == "heart_rate_rose":
        assert values["rise"] == pytest.approx(clear(thirds, "heart_rate_bpm"))
        assert values["rise"] > 0  # type: ignore[operator]
    elif key == "rose":
        metric = _metric_of(said)
        assert values["rise"] == pytest.approx(100 * clear(thirds, metric) / thirds[metric].first.value)
        assert clear(thirds, metric) > 0
    elif key in ("changed_at_pace", "changed_from_before"):
        metric = _metric_of(said)
        change = clear(thirds if key == "changed_at_pace" else earlier, metric)
        assert change != 0
        assert _shown(metric, values["by"]) == pytest.approx(abs(change))  # type: ignore[arg-type]
        assert values["direction"] == UserMessage("feedback.higher" if change > 0 else "feedback.lower")
    elif key == "lower_than_before":
        assert clear(earlier, _metric_of(said)) < 0
    elif key in ("left_longer", "right_longer", "left_more", "right_more"):
        row = legs["contact_ms" if key.endswith("longer") else _metric_of(said)]
        assert row.stands_out
        assert (row.apart.v > 0) == key.startswith("left")
        assert (row.left.value > row.right.value) == key.startswith("left")
        assert values["apart"] == pytest.approx(abs(row.apart.v))
    elif key == "steady":
        assert "step_variability_pct" not in thirds or clear(thirds, "step_variability_pct") <= 0
    elif key.startswith("in_range"):
        assert found.coached is not None
        b = found.coached.in_band
        silent = key == "in_range_silent" or values.get("cues") == UserMessage("feedback.without_cues")
        inside, seconds = (b.off_in_s, b.off_s) if silent else (b.on_in_s, b.on_s)
        assert values["share"] == pytest.approx(100 * inside / seconds)
        assert (inside / seconds < 0.6) == key.startswith("in_range_little")
    elif key == "nothing":
        assert not [name for name in thirds if clear(thirds, name)]
        assert not [row for row in found.legs if row.stands_out]
        praised = ("overstride_m", "braking_impulse_bws")
        assert not [m for m in earlier if clear(earlier, m) > 0 or (clear(earlier, m) and m not in praised)]
    else:
        assert key in ("no_speed", "pain", "answered", "downhill"), f"no check of {key}"


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(sessions())
def test_every_sentence_agrees_with_the_row_that_it_speaks_of(
    made: tuple[SessionFindings, SessionData, StepColumns, list[SessionData]],
) -> None:
    found, *_ = made
    for said in (*_what_went_well(found), *_what_to_work_on(found)):
        if said.text.key == "feedback.nothing" and len(list(_what_to_work_on(found))) > 1:
            continue  # it speaks only where no other rule does
        check_sentence(said.text, found)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(sessions())
def test_numbers_side_by_side_are_apart_by_their_difference(
    made: tuple[SessionFindings, SessionData, StepColumns, list[SessionData]],
) -> None:
    found, run, steps, previous = made
    report = build_review(run, steps, previous)
    for row in report["fatigue"]:
        if row["difference"]["v"] is not None:
            apart = row["last"]["v"] - row["first"]["v"]
            assert apart == pytest.approx(row["difference"]["v"], abs=2e-5 * abs(row["first"]["v"]))
    for row in report["legs"]:
        assert (row["left"]["v"] > row["right"]["v"]) == (row["apart"]["v"] > 0)
    assert len(report["fatigue"]) == len(found.fatigue)


# ------------------------------------------------------------------ what was wrong once


def findings_of(thirds: tuple[float, float], metric: str = "cadence_spm", **more: Any) -> SessionFindings:
    """Findings with one row in the table of thirds: a change with half of its interval."""
    level = LEVELS[metric]
    run = a_run(1200, speed_mps=3.0, cadence_spm=166.0)
    value, half = thirds
    row = Change(
        metric, Mean(level, 0.3, 400), Mean(level + value, 0.3, 400), Mean(value, half, 400), 400.0
    )
    return dataclasses.replace(session_findings(run, NO_STEPS), fatigue=(row,), **more)


def text_of(said: SourcedText, language: Language = "en") -> str:
    return catalogue(language).render(said.text)


def test_what_the_table_marks_is_not_called_as_high_as_at_the_start() -> None:
    marked, plain = findings_of((-0.5, 0.4)), findings_of((-0.3, 0.4))
    assert text_of(next(_what_went_well(marked))) == (
        "At the same pace, your cadence changed little: "
        "it was 0.5 steps/min lower at the end than at the start."
    )
    german = text_of(next(_what_went_well(marked)), "de")
    assert german.endswith("am Ende kaum anders als am Anfang: 0,5 Schritte/min niedriger.")
    assert "as high at the end" in text_of(next(_what_went_well(plain)))


def test_an_interval_that_reaches_far_is_no_proof_of_evenness() -> None:
    for unsure in ((0.1, 3.0), (0.1, None)):
        said = [s.text.key for s in _what_went_well(findings_of(unsure))]  # type: ignore[arg-type]
        assert not [key for key in said if "cadence" in key]


def test_ten_beats_more_at_the_same_pace_stand_out() -> None:
    said = text_of(next(_what_to_work_on(findings_of((10.0, 2.0), "heart_rate_bpm"))))
    assert said.startswith("Your heart rate was 10.0 bpm higher in the last third")
    few = text_of(next(_what_to_work_on(findings_of((3.0, 1.0), "heart_rate_bpm"))))
    assert few.startswith(
        "Heart rate was 3.0 bpm higher in the last third than in the first at the same pace"
    )
    assert text_of(next(_what_to_work_on(findings_of((3.0, 4.0), "heart_rate_bpm")))).startswith("Nothing")


def test_who_runs_above_the_target_is_not_told_to_step_quicker() -> None:
    run = a_run(1500, cadence_spm=180.0, speed_mps=3.0)
    band = Band(60.0, "cadence_spm", 166.0, 162.0, 170.0)
    found = session_findings(dataclasses.replace(run, bands=[band]), NO_STEPS)
    said = [text_of(s) for s in _what_to_work_on(found)]
    assert "and mostly above it" in said[0]
    slow = session_findings(
        dataclasses.replace(a_run(1500, cadence_spm=150.0, speed_mps=3.0), bands=[band]), NO_STEPS
    )
    assert "quicker steps" in text_of(next(_what_to_work_on(slow)))


def test_matched_means_show_what_raw_ones_would_hide() -> None:
    """A runner who slows down: cadence falls, but at equal pace it rises, and that is what stands there."""
    speed = np.where(np.arange(2400) < 1200, 3.0, 2.75) + 0.25 * (np.arange(2400) % 2)
    cadence = 160 + 12 * (speed - 3) + np.where(np.arange(2400) > 1400, 1.5, 0.0)
    report = build_review(a_run(2400, speed_mps=speed, slope_pct=0.0, cadence_spm=cadence), NO_STEPS)
    (row,) = [r for r in report["fatigue"] if r["metric"] == "cadence_spm"]
    assert row["difference"]["v"] == pytest.approx(1.5)
    assert row["last"]["v"] - row["first"]["v"] == pytest.approx(1.5)


def test_texts_and_pages_point_out_the_same_changes() -> None:
    """The cases are those of the page's own test, tests/web/js/review.test.mjs."""
    cases = json.loads((Path(__file__).parents[1] / "web" / "js" / "clear_cases.json").read_text())
    assert {case["clear"] for case in cases} == {True, False}
    for case in cases:
        assert bool(clear_change(case["metric"], Mean(case["v"], case["ci"], 100.0))) is case["clear"], case


def test_every_number_of_a_change_can_be_written() -> None:
    for metric in (*with_role(Role.COMPARED), *with_role(Role.HABIT)):
        _shown(metric, _by(metric, 1.0)["by"])  # type: ignore[arg-type]
