"""The card counts what it says it counts, and nobody is scored by models that have seen him."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dsp.models import MODELS, Linear
from dsp.types import Activity, ActivityChange, Estimate, Metric, Record, Side, Step
from validation import leave_one_out
from validation.card import Card
from validation.quantities import AFTER_ONE_STAY
from validation.refit import Trial, fit_models, refit_models
from validation.truth import Truth


def truth(runner: str = "a", offset: float = 0.0) -> Truth:
    """Forty steps, a third of a second apart."""
    ic = 0.5 + np.arange(40) / 3
    values = {
        "contact_ms": np.full(40, 230.0),
        "overstride_m": np.full(40, 0.2 + offset),
        "speed_mps": np.full(40, 3.0),
    }
    side = tuple("LR"[k % 2] for k in range(40))
    return Truth(runner, ic, ic + 0.23, side, (ic > 2) & (ic < 13), values)


def steps(true: Truth, late_s: float = 0.0, **wrong: float) -> list[Record]:
    """The steps of an engine that is right but for what is told."""
    out: list[Record] = []
    for k, ic in enumerate(true.ic_s):
        own = tuple(
            Estimate(name, float(v[k] + wrong.get(name, 0.0)), 1.0, "foot")
            for name, v in true.values.items()
        )
        cadence = Estimate("cadence_spm", 180.0 + wrong.get("cadence_spm", 0.0), 1.0, "foot")
        out.append(Step("s", Side(true.side[k]), ic + late_s, ic + 0.23 + late_s, (*own, cadence)))
    return out


def card(true: Truth, records: list[Record]) -> dict[str, dict[str, float]]:
    made = Card()
    made.add(true, records)
    return made.summary()


def test_a_perfect_engine_has_no_errors() -> None:
    found = card(truth(), steps(truth()))
    assert found["steps"]["found"] == found["steps"]["seen"] == truth().settled.sum()
    assert found["steps"]["invented"] == found["steps"]["wrong_side"] == found["steps"]["octaves"] == 0
    assert all(s["rmse_trial"] < 1e-9 for name, s in found.items() if name != "steps")


def test_each_kind_of_error_is_counted_where_it_belongs() -> None:
    true = truth()
    found = card(true, steps(true, late_s=0.004, contact_ms=10.0, speed_mps=0.06, cadence_spm=-90.0))
    assert found["ic_ms"]["bias"] == pytest.approx(4.0)
    assert found["contact_ms"]["rmse_trial"] == pytest.approx(10.0)
    assert found["speed_mps"]["bias"] == pytest.approx(2.0)  # percent
    assert found["steps"]["octaves"] == 1


def test_missed_invented_and_confused_steps_are_told_apart() -> None:
    true = truth()
    said = steps(true)
    settled = np.flatnonzero(true.settled)
    wrong = said[settled[3]]
    assert isinstance(wrong, Step)
    assert wrong.side is not None
    said[settled[3]] = replace(wrong, side=wrong.side.other)
    extra = replace(wrong, ic_s=wrong.ic_s + 0.15)
    found = card(true, [r for k, r in enumerate(said) if k != settled[5]] + [extra])["steps"]
    assert (found["seen"] - found["found"], found["invented"], found["wrong_side"]) == (1, 1, 1)


def test_running_told_as_walking_is_counted_by_the_second() -> None:
    true = truth()
    walked = [ActivityChange(0.0, Activity.RUN, 1.0), ActivityChange(6.0, Activity.WALK, 8.0)]
    found = card(true, [*steps(true), *walked])["steps"]
    assert (found["other_gait"], found["seconds"]) == (6, 9)


def test_a_pod_is_scored_by_its_reports() -> None:
    true = truth()
    said = [Metric(float(t), None, Estimate("overstride_m", 0.23, 0.02, "pod")) for t in range(14)]
    assert card(true, list(said))["overstride_m"]["rmse_trial"] == pytest.approx(0.03)


def test_steps_are_judged_by_the_interval_of_a_step_and_trials_by_that_of_a_mean() -> None:
    true = truth()
    rng = np.random.default_rng(3)
    said = []
    for step in steps(true):
        assert isinstance(step, Step)
        wrong = Estimate(
            "contact_ms", 230.0 + 3.0 + 3.9 * float(rng.normal()), math.hypot(2.0, 3.9), "foot"
        )
        said.append(replace(step, estimates=(wrong,)))
    found = card(true, list(said))["contact_ms"]
    assert found["within_68"] == 0.0  # 3 ms off, where 2 ms last
    assert found["within_95"] == 1.0
    assert 0.45 < found["steps_within_68"] < 0.85
    assert found["steps_within_95"] > found["steps_within_68"]


def trials(spoil: str | None = None) -> list[Trial]:
    """Runners whose overstride is 0.1 + 0.2 times step length, but for one."""
    out = []
    for k, runner in enumerate("abcdef"):
        length = 0.8 + 0.05 * k
        value = 5.0 if runner == spoil else 0.1 + 0.2 * length
        true = replace(
            truth(runner), values={"overstride_m": np.full(40, value), "speed_mps": np.full(40, 3.0)}
        )
        out.append(Trial(Path(runner), true, ((-1, {"speed_step_m": length}),)))
    return out


def test_least_squares_finds_the_line_again() -> None:
    found = fit_models(trials(), MODELS, ["pod_overstride_m"], per_step=False).pod_overstride_m
    assert found.constant == pytest.approx(0.1)
    assert found.weights["speed_step_m"] == pytest.approx(0.2)


def test_a_model_with_a_relative_sd_is_fitted_on_relative_errors() -> None:
    """Two runners at each of two step lengths, 10 % above and below a line."""
    said = []
    for k, (length, high) in enumerate([(0.8, 1.1), (0.8, 0.9), (1.6, 1.1), (1.6, 0.9)]):
        true = replace(truth(str(k)), values={"braking_impulse_bws": np.full(40, 0.02 * length * high)})
        said.append(Trial(Path(str(k)), true, ((-1, {"speed_step_m": length}),)))
    found = fit_models(said, MODELS, ["pod_impulse_bws"], per_step=False).pod_impulse_bws
    best = (1 / 1.1 + 1 / 0.9) / (1 / 1.1**2 + 1 / 0.9**2)
    assert found.value({"speed_step_m": 0.8}) == pytest.approx(0.016 * best)
    assert found.value({"speed_step_m": 1.6}) == pytest.approx(0.032 * best)


def test_too_few_trials_leave_a_model_as_it_was() -> None:
    assert fit_models(trials()[:2], MODELS, ["pod_overstride_m"], per_step=False) == MODELS


def test_who_is_left_out_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validation.refit.record_terms", lambda path, sensors, models: by_path[path])
    everybody = trials(spoil="c")
    by_path = {t.path: t for t in everybody}
    others = [t.path for t in everybody if t.true.runner != "c"]
    assert refit_models(others, "pod", everybody).pod_overstride_m.constant == pytest.approx(0.1)
    assert refit_models(list(by_path), "pod", everybody).pod_overstride_m.constant != pytest.approx(
        0.1, abs=0.01
    )


def test_every_runner_is_scored_once_and_by_models_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = {Path("rbds_virtual_imu") / str(t.path): t for t in trials()}
    fitted_without: list[set[str]] = []

    def refitted(paths: list[Path], sensors: str, noted: list[Trial]) -> object:
        left_out = {t.true.runner for t in noted} - {p.name for p in paths}
        fitted_without.append(left_out)
        return replace(MODELS, pod_overstride_m=Linear(float(len(fitted_without)), {}, 0.1))

    monkeypatch.setattr(
        leave_one_out,
        "record_terms",
        lambda path, sensors, models: replace(everybody[path], path=Path(path.name)),
    )
    monkeypatch.setattr(leave_one_out, "refit_models", refitted)
    monkeypatch.setattr(leave_one_out, "streamed_records", lambda path, sensors, models: [])
    cards = leave_one_out.leave_one_out(list(everybody), "pod", lambda _: None)
    assert fitted_without == [{r} for r in "abcdef"]
    assert set(cards) == {"rbds_virtual_imu", "rbds_virtual_imu" + AFTER_ONE_STAY}
