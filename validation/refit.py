"""Fit the engine's regressions anew, on any people: all but one to score that one, or all for shipping.

The live engine runs with regressions that note the terms they are asked about; least squares then finds
new weights.  First the models of contact and toe-off, per step with equal weight for every trial; then,
with these in the engine, everything that builds on them, on the means of the trials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np

from dsp.models import MODELS, Linear, Models
from validation.run import streamed_records
from validation.truth import Truth, read_truth

_POD = ("pod", "foot", "foot+speed", "shank+speed", "pelvis+speed")
_EVENTS: Mapping[str, tuple[str, ...]] = {
    "foot_ic_ms": ("foot", "foot+speed"),
    "foot_to_ms": ("foot", "foot+speed"),
    "shank_ic_ms": ("shank+speed",),
    "shank_contact_ms": ("shank+speed",),
    "shank_contact_ms_with_lean": ("shank+speed",),
    "pelvis_ic_ms": ("pelvis+speed", "pelvis"),
    "pelvis_ic_ms_with_speed": ("pelvis+speed",),
}
_TRIALS: Mapping[str, tuple[str, ...]] = {
    "pelvis_contact_ms": ("pelvis",),
    "pelvis_contact_ms_of_fall": ("pelvis",),
    "pelvis_contact_ms_with_speed": ("pelvis+speed",),
    "pod_contact_ms": _POD,
}
_LATER: Mapping[str, tuple[str, ...]] = {
    "foot_strike_deg": ("foot", "foot+speed"),
    "pelvis_rise_mm": ("pelvis+speed", "pelvis"),
    "foot_overstride_m": ("foot",),
    "foot_overstride_m_with_speed": ("foot+speed",),
    "shank_overstride_m": ("shank+speed",),
    "pod_overstride_m": _POD,
    "pod_overstride_m_with_contact": _POD,
    "foot_impulse_bws": ("foot",),
    "foot_impulse_bws_with_speed": ("foot+speed",),
    "pod_impulse_bws": _POD,
    "foot_peak_bw": ("foot",),
    "foot_peak_bw_with_height": ("foot",),
    "pod_peak_bw": _POD,
}
"""Which sets of sensors show a model its terms; the first is where the shipped constants come from."""

FITTED_FROM = {**_EVENTS, **_TRIALS, **_LATER}

FitTerms = dict[str, float]


@dataclass(frozen=True)
class _RecordingLinear(Linear):
    """A model that records the terms it was asked about."""

    noted: list[FitTerms] = field(default_factory=list)

    def value(self, terms: Mapping[str, float]) -> float:
        self.noted.append(dict(terms))
        return Linear.value(self, terms)


@dataclass(frozen=True, slots=True)
class Trial:
    """One recording: its truth, and the terms of its steps with the number of the true step (-1: any)."""

    path: Path
    true: Truth
    rows: tuple[tuple[int, FitTerms], ...]


def record_terms(path: Path, sensors: str, models: Models) -> Trial | None:
    """Run the live engine and return the terms it asked its models about; None without truth."""
    true = read_truth(path)
    if true is None:
        return None
    noted: list[FitTerms] = []
    spying = replace(
        models,
        **{
            f.name: _RecordingLinear(m.constant, m.weights, m.sd, m.relative, noted)
            for f in fields(models)
            if (m := getattr(models, f.name)) is not None
        },
    )
    streamed_records(path, sensors, spying)
    steps: dict[float, FitTerms] = {}
    for terms in noted:
        steps.setdefault(terms.get("at_s", -len(steps) - 1.0), {}).update(terms)
    times = np.array(list(steps))
    match = true.nearest(times - 0.015) if len(times) and times.max() >= 0 else np.empty(0, int)
    number = {int(j): i for i, j in enumerate(match.tolist()) if j >= 0 and true.settled[i]}
    rows = [(number.get(j, -1), t) for j, t in enumerate(steps.values())]
    return Trial(path, true, tuple(r for r in rows if r[0] >= 0 or sensors == "pod"))


def fit_models(trials: Sequence[Trial], models: Models, names: Sequence[str], *, per_step: bool) -> Models:
    """Return ``models`` with new weights for these names, fitted on the terms recorded in ``trials``.

    ``per_step`` fits on steps, every trial with equal weight; else on the means of the trials.  A model
    whose SD is a share of its value is fitted on errors that are shares of the truth.
    """
    return replace(models, **{n: _fit(trials, n, getattr(models, n), per_step=per_step) for n in names})


def _fit(trials: Sequence[Trial], name: str, model: Linear, *, per_step: bool) -> Linear:
    x, y = [], []
    for trial in trials:
        rows = [(i, t) for i, t in trial.rows if model.weights.keys() <= t.keys()]
        terms = np.array([[1.0, *(t[w] for w in model.weights)] for _, t in rows])
        target = np.array([_target(name, trial.true, i, t) for i, t in rows])
        good = np.isfinite(target)
        if not good.any():
            continue
        unit = float(target[good].mean()) if model.relative else 1.0
        if per_step:
            weight = 1 / np.sqrt(good.sum()) / unit
            x.append(terms[good] * weight)
            y.append(target[good] * weight)
        else:
            x.append(terms[good].mean(axis=0)[None] / unit)
            y.append(target[good].mean()[None] / unit)
    if len(x) <= len(model.weights) + 1:
        return model
    found = np.linalg.lstsq(np.concatenate(x), np.concatenate(y), rcond=None)[0].tolist()
    return replace(model, constant=found[0], weights=dict(zip(model.weights, found[1:], strict=True)))


def _target(name: str, true: Truth, i: int, terms: FitTerms) -> float:
    """What the model should have said about true step ``i`` (-1: about the whole trial)."""
    if name.endswith(("_ic_ms", "_ic_ms_with_speed")):
        return float(1e3 * (true.ic_s[i] - terms["at_s"]))
    if name == "foot_to_ms":
        return float(1e3 * (true.to_s[i] - terms["tipped_s"]))
    quantity = next(q for part, q in _QUANTITIES.items() if part in name)
    values = true.values.get(quantity)
    if values is None:
        return np.nan
    return float(values[i] if i >= 0 else np.mean(values[true.settled]))


_QUANTITIES = {
    "contact_ms": "contact_ms",
    "strike": "foot_strike_deg",
    "rise": "vertical_oscillation_mm",
    "overstride": "overstride_m",
    "impulse": "braking_impulse_bws",
    "peak": "peak_braking_bw",
}


def refit_models(paths: Sequence[Path], sensors: str, noted: Sequence[Trial]) -> Models:
    """Return all models this set of sensors shows, fitted on the recordings ``paths``.

    ``noted`` holds the trials of these recordings, and may hold others.
    """
    wanted = set(paths)
    trials = [t for t in noted if t.path in wanted]
    models = fit_models(trials, MODELS, _fitted_from(_EVENTS, sensors), per_step=True)
    trials = _record_anew(trials, sensors, models)
    models = fit_models(trials, models, _fitted_from(_TRIALS, sensors), per_step=False)
    if sensors.startswith("pelvis"):  # its contact time is such a model, and a term of what comes later
        trials = _record_anew(trials, sensors, models)
    return fit_models(trials, models, _fitted_from(_LATER, sensors), per_step=False)


def _record_anew(trials: Sequence[Trial], sensors: str, models: Models) -> list[Trial]:
    return [t for p in trials if (t := record_terms(p.path, sensors, models)) is not None]


def _fitted_from(names: Mapping[str, tuple[str, ...]], sensors: str) -> list[str]:
    return [n for n, sets in names.items() if sensors in sets]
