"""SCORED: one row makes a quantity scored, says its bars, and puts it into the CSV of steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsp.metrics import BY_NAME

AFTER_ONE_STAY = ", after one stay"
"""Ending of the name of a card of personal gains learned from one recording."""
AFTER_KNOWN_BELT = ", after a known belt"
"""Ending of the name of a card of foot sensors that were calibrated on a level belt of known speed."""


@dataclass(frozen=True, slots=True)
class ScoredQuantity:
    """A quantity of the card: its bars by set of sensors (of the number ``figure``) and the best known.

    ``unit`` is that of its errors: % where they are relative.  ``csv`` is its place in the CSV of steps,
    None where it is not there.
    """

    unit: str
    figure: str
    bars: Mapping[str, float]
    published: str = ""
    csv: int | None = None


_FOOT, _SHANK, _PELVIS, _POD = "foot", "shank+speed", "pelvis+speed", "pod"
SCORED: Mapping[str, ScoredQuantity] = {
    "cadence_spm": ScoredQuantity(
        "spm", "mae_trial", {_FOOT: 0.3, _SHANK: 0.3, _PELVIS: 0.3, _POD: 0.3}, "", csv=1
    ),
    "ic_ms": ScoredQuantity("ms", "sd_step", {_FOOT: 4.0}, "foot 2 ± 1 ms precision (Falbriard 2018)"),
    "to_ms": ScoredQuantity("ms", "sd_step", {_FOOT: 6.5}, "foot 4 ± 2 ms precision (Falbriard 2018)"),
    "contact_ms": ScoredQuantity(
        "ms",
        "rmse_trial",
        {_FOOT: 6.0, _SHANK: 10.0, _PELVIS: 14.0, _POD: 18.0},
        "sacrum 20 ms (Patoz 2022); foot bias < 12 ± 10 ms (Falbriard 2018)",
        csv=0,
    ),
    "speed_mps": ScoredQuantity(
        "%", "rmse_trial", {_FOOT: 1.5}, "0.09 m/s with personal calibration (Falbriard 2021)", csv=2
    ),
    "foot_strike_deg": ScoredQuantity(
        "deg", "rmse_trial", {_FOOT: 2.0}, "2.0 ± 5.9 deg (Falbriard 2020)", csv=3
    ),
    "shank_deg": ScoredQuantity("deg", "rmse_trial", {}, "", csv=4),
    "overstride_m": ScoredQuantity(
        "m", "rmse_trial", {_FOOT: 0.0135, _SHANK: 0.016, _POD: 0.023}, "none found for wearables", csv=5
    ),
    "braking_impulse_bws": ScoredQuantity(
        "%",
        "rmse_trial",
        {_FOOT: 7.5, _POD: 10.0, AFTER_ONE_STAY: 5.0},
        "R² 0.50 from video kinematics (Wille 2014)",
        csv=6,
    ),
    "peak_braking_bw": ScoredQuantity(
        "%", "rmse_trial", {_FOOT: 11.0, _POD: 11.0}, "none found within 12 %", csv=7
    ),
    "vertical_oscillation_mm": ScoredQuantity("mm", "rmse_trial", {_PELVIS: 4.5}, ""),
    "slope_pct": ScoredQuantity("%", "rmse_trial", {}, "", csv=8),
}
"""All that is scored, in the order of the card.  Bars are for runners nobody has fitted on."""

_IN_CSV = [n for n, q in SCORED.items() if q.csv is not None]
CSV_QUANTITIES = tuple(sorted(_IN_CSV, key=lambda n: SCORED[n].csv or 0))
"""The metrics that the CSV of steps has, in its order."""

RELATIVE = frozenset(n for n, q in SCORED.items() if n in BY_NAME and q.unit == "%" != BY_NAME[n].unit)
"""Quantities whose errors are given in percent of the truth."""
