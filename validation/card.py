"""The accuracy card: our estimates against the force plate, per quantity, per trial and per step."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from validation.run import Row

SETTLED_S = 5.0
NEAR_S = 0.08
TRUTH = {
    "foot_strike_deg": ("step_foot_pitch_ic_deg", 1.0),
    "shank_deg": ("step_shank_incl_ic_deg", -1.0),
    "overstride_m": ("step_ankle_ahead_of_pelvis_ic_m", 1.0),
}


@dataclass(slots=True)
class Tally:
    """Errors per step and their mean per trial, of one quantity."""

    steps: list[float] = field(default_factory=list)
    trials: list[float] = field(default_factory=list)

    def add(self, errors: list[float]) -> None:
        if errors:
            self.steps += errors
            self.trials.append(float(np.mean(errors)))

    def summary(self) -> dict[str, float]:
        """Bias, SD, RMSE per step and per trial, and the mean absolute error per trial."""
        s, t = np.array(self.steps), np.array(self.trials)
        return {
            "bias": float(s.mean()),
            "sd_step": float(s.std()),
            "rmse_trial": float(np.sqrt((t**2).mean())),
            "mae_trial": float(np.abs(t).mean()),
            "n_steps": len(s),
            "n_trials": len(t),
        }


class Card:
    """Adds up one set of sensors over all recordings with per-step truth."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}
        self.seen = self.matched = self.invented = self.octaves = 0

    def add(self, path: Path, found: list[Row]) -> None:
        """Compare one recording; files without force-plate steps are left out."""
        with np.load(path, allow_pickle=False) as z:
            if "step_ic_t" not in z or "step_side" not in z:
                return
            truth = _truth(z)
        start = min(SETTLED_S, float(truth["ic"][-1]) / 4)
        keep = (truth["ic"] > start) & (truth["ic"] < truth["ic"][-1] - 0.6)
        truth = {k: v[keep] for k, v in truth.items()}
        if len(truth["ic"]) < 4:
            return
        self._cadence(truth, found)
        pairs = self._match(truth, found)
        for name, values in truth.items():
            self._compare(
                name, values, pairs, found, relative=name in ("braking_impulse_bws", "peak_braking_bw")
            )

    def _cadence(self, truth: dict[str, np.ndarray], found: list[Row]) -> None:
        expected = 60 * (len(truth["ic"]) - 1) / (truth["ic"][-1] - truth["ic"][0])
        first, last = truth["ic"][0], truth["ic"][-1]
        own = [r["cadence_spm"] for r in found if "cadence_spm" in r and first <= float(r["ic_s"]) <= last]
        if own:
            mean = float(np.mean(np.array(own, dtype=float)))
            self.octaves += int(abs(np.log2(mean / expected)) > 0.4)
            self.tallies.setdefault("cadence_spm", Tally()).add([mean - expected])

    def _match(self, truth: dict[str, np.ndarray], found: list[Row]) -> list[tuple[int, int]]:
        times = np.array([float(r["ic_s"]) for r in found if "side" in r])
        if len(times) == 0:
            return self._by_second(truth, found)
        pairs, used = [], set()
        for i, ic in enumerate(truth["ic"]):
            j = int(np.argmin(np.abs(times - ic)))
            if abs(times[j] - ic) < NEAR_S and j not in used:
                used.add(j)
                pairs.append((i, j))
        inside = (times > truth["ic"][0] - 0.1) & (times < truth["ic"][-1] + 0.1)
        self.seen += len(truth["ic"])
        self.matched += len(pairs)
        self.invented += int(inside.sum()) - len(pairs)
        return pairs

    @staticmethod
    def _by_second(truth: dict[str, np.ndarray], found: list[Row]) -> list[tuple[int, int]]:
        """A pod has no steps: each true step against the report of its second."""
        index = {int(float(r["ic_s"])): j for j, r in enumerate(found)}
        return [(i, index[int(ic)]) for i, ic in enumerate(truth["ic"]) if int(ic) in index]

    def _compare(
        self,
        name: str,
        values: np.ndarray,
        pairs: list[tuple[int, int]],
        found: list[Row],
        *,
        relative: bool,
    ) -> None:
        column = {"ic": "ic_s", "to": "to_s"}.get(name, name)
        if column in ("ic_s",) and not any("side" in r for r in found):
            return
        errors, true = [], []
        for i, j in pairs:
            own = found[j].get(column)
            if isinstance(own, (int, float)) and np.isfinite(values[i]):
                errors.append(float(own) - float(values[i]))
                true.append(float(values[i]))
        if errors and relative:
            errors = [100 * e / float(np.mean(true)) for e in errors]
        if errors and name in ("ic", "to"):
            errors = [1e3 * e for e in errors]
        self.tallies.setdefault(name, Tally()).add(errors)


def _truth(z: np.lib.npyio.NpzFile) -> dict[str, np.ndarray]:
    weight = float(z["mass_kg"]) * 9.80665 if "mass_kg" in z else np.nan
    out = {
        "ic": z["step_ic_t"],
        "to": z["step_to_t"],
        "contact_ms": 1e3 * (z["step_to_t"] - z["step_ic_t"]),
    }
    for name, (key, sign) in TRUTH.items():
        if key in z:
            out[name] = sign * z[key]
    if "step_brake_impulse_Ns" in z:
        out["braking_impulse_bws"] = np.abs(z["step_brake_impulse_Ns"]) / weight
    if "step_peak_brake_lp30_N" in z:
        out["peak_braking_bw"] = np.abs(z["step_peak_brake_lp30_N"]) / weight
    return {k: np.asarray(v, dtype=float) for k, v in out.items()}
