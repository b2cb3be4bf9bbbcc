"""Scores on runners the regressions have not seen: all of them fitted anew without each in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dsp.calibration import Calibration
from dsp.foot_calibration import current_slope_offset, current_speed_gain, foot_means, learned_speed_gain
from dsp.models import MODELS, Models
from dsp.types import Metric, Record, Step, Worn
from validation.card import Card
from validation.quantities import AFTER_KNOWN_BELT, AFTER_ONE_STAY
from validation.recordings import load_recording
from validation.refit import Trial, record_terms, refit_models
from validation.run import streamed_records
from validation.truth import Truth

FITTED_ON = ("rbds_virtual_imu",)
"""Folders whose runners the shipped regressions were fitted on; all others are unseen anyway."""
_FEWEST_RUNNERS = 4  # runners that can be left out in turn


def leave_one_out(paths: Sequence[Path], sensors: str, progress: Callable[[str], None]) -> dict[str, Card]:
    """Return one card per fitted folder, each runner scored with models of the others.

    A second card per folder says how well they do after one stay of known truth: gains are learned at a
    runner's middle speed and scored at his others.  Of feet a third one is likewise after a stay of which
    only the belt's speed was known, and that it was level.
    """
    cards: dict[str, Card] = {}
    for folder in FITTED_ON:
        noted = [
            t
            for p in paths
            if p.parent.name == folder and (t := record_terms(p, sensors, MODELS)) is not None
        ]
        runners = sorted({t.true.runner for t in noted})
        if len(runners) < _FEWEST_RUNNERS:
            continue
        card, after, belt = Card(), Card(), Card()
        cards |= {folder: card, f"{folder}{AFTER_ONE_STAY}": after}
        if sensors == "foot":
            cards[f"{folder}{AFTER_KNOWN_BELT}"] = belt
        for runner in runners:
            progress(f"leaving out {runner}")
            models = refit_models([t.path for t in noted if t.true.runner != runner], sensors, noted)
            own = [t for t in noted if t.true.runner == runner]
            for trial in own:
                card.add(trial.true, streamed_records(trial.path, sensors, models))
            _one_stay(after, own, sensors, models)
            if sensors == "foot":
                _after_belt(belt, own, models)
    return cards


def _one_stay(card: Card, own: Sequence[Trial], sensors: str, models: Models) -> None:
    """Learn the gains of one runner at the middle of his speeds; score the other trials."""
    order, stay = _by_speed(own)
    calibration, true = Calibration(), own[stay].true
    records = streamed_records(own[stay].path, sensors, calibration.personal(models))
    for name, metric in GAINS.items():
        estimate = _mean(metric, records, true)
        if estimate is not None:
            calibration = calibration.learn(
                name, estimate, float(np.nanmean(true.values[metric][true.settled]))
            )
    personal = calibration.personal(models)
    for k in order:
        if k != stay:
            card.add(own[k].true, streamed_records(own[k].path, sensors, personal))


def _by_speed(own: Sequence[Trial]) -> tuple[list[int], int]:
    """The numbers of the trials by speed, and that of the middle one."""
    order = sorted(range(len(own)), key=lambda k: float(np.mean(own[k].true.values["speed_mps"])))
    return order, order[len(order) // 2]


def _after_belt(card: Card, own: Sequence[Trial], models: Models) -> None:
    """Calibrate the feet of one runner at the middle of his speeds; score the other trials."""
    order, stay = _by_speed(own)
    worn = belt_calibrated(own[stay], models)
    for k in order:
        if k != stay:
            card.add(own[k].true, streamed_records(own[k].path, "foot", models, calibrated=worn))


def belt_calibrated(trial: Trial, models: Models) -> dict[str, Worn]:
    """Return the foot sensors of a trial with what its belt, of known speed and level, says about them."""
    first, last = trial.true.ic_s[trial.true.settled][[0, -1]]
    worn = {s.worn.sensor: s.worn for s in load_recording(trial.path, "foot").streams}
    steps = [r for r in streamed_records(trial.path, "foot", models) if isinstance(r, Step)]
    true_mps = float(np.mean(trial.true.values["speed_mps"]))
    out: dict[str, Worn] = {}
    for name, mean in foot_means(steps, worn, float(first), float(last)).items():
        if mean.speed_mps is not None and mean.slope_pct is not None:
            gain = learned_speed_gain(current_speed_gain(None), mean.speed_mps, true_mps).value
            offset = current_slope_offset(None).learn(mean.slope_pct).value
            out[name] = replace(worn[name], speed_gain=gain, slope_offset_pct=offset)
    return out


GAINS = {
    "contact_ms": "contact_ms",
    "overstride_m": "overstride_m",
    "impulse_bws": "braking_impulse_bws",
    "peak_bw": "peak_braking_bw",
}
"""The metric by which each gain of ``dsp.calibration`` is learned."""


def _mean(metric: str, records: Sequence[Record], true: Truth) -> float | None:
    """Mean of ``metric`` between the first and the last step that count; None if there was none."""
    first, last = true.ic_s[true.settled][[0, -1]]
    steps = [r.get(metric) for r in records if isinstance(r, Step) and first <= r.ic_s <= last]
    own = [e.value for e in steps if e is not None] or [
        r.estimate.value for r in records
        if isinstance(r, Metric) and r.side is None and r.estimate.metric == metric
    ]  # fmt: skip
    return float(np.mean(own)) if own else None
