"""What a force plate and markers say about a recording; only the scoring ever reads it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from dsp.types import GRAVITY_MS2, Array

SETTLED_S = 5.0  # of a long recording; a quarter of a short one
LAST_S = 0.6  # a step this close to the end may be cut
_NEAR_S = 0.08

_STEP_VALUES = {
    "foot_strike_deg": ("step_foot_pitch_ic_deg", 1.0),
    "shank_deg": ("step_shank_incl_ic_deg", -1.0),
    "overstride_m": ("step_ankle_ahead_of_pelvis_ic_m", 1.0),
}


@dataclass(frozen=True, slots=True)
class Truth:
    """True steps in time order; ``values`` holds one number per step and quantity, NaN where unknown.

    ``side`` is ``L``, ``R`` or empty; ``settled`` marks the steps that are scored.
    """

    runner: str
    ic_s: Array
    to_s: Array
    side: tuple[str, ...]
    settled: np.ndarray
    values: dict[str, Array]

    @property
    def cadence_spm(self) -> float:
        """Mean cadence over the steps that are scored."""
        ic = self.ic_s[self.settled]
        return float(60 * (len(ic) - 1) / (ic[-1] - ic[0]))

    def nearest(self, times_s: Array) -> Array:
        """Return for each true step (n,) the number of the one estimate within ``_NEAR_S``, else -1."""
        out = np.full(len(self.ic_s), -1)
        if len(times_s) == 0:
            return out
        for i, ic in enumerate(self.ic_s):
            j = int(np.argmin(np.abs(times_s - ic)))
            if abs(times_s[j] - ic) < _NEAR_S and j not in out:
                out[i] = j
        return out


def read_truth(path: Path) -> Truth | None:
    """Return the truth of one file; None where it has no steps of a force plate."""
    try:
        with np.load(path, allow_pickle=False) as z:
            return _read(path, z) if "step_ic_t" in z and "step_to_t" in z else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _read(path: Path, z: np.lib.npyio.NpzFile) -> Truth | None:
    ic, to = (np.asarray(z[k], dtype=float) for k in ("step_ic_t", "step_to_t"))
    if len(ic) < 6:
        return None
    settled = (ic > min(SETTLED_S, ic[-1] / 4)) & (ic < ic[-1] - LAST_S)
    side = tuple(str(s)[:1].upper() for s in z["step_side"]) if "step_side" in z else ("",) * len(ic)
    runner = str(z["subject"]) if "subject" in z else path.stem
    values = {"contact_ms": 1e3 * (to - ic)} | _values(z, ic)
    return Truth(runner, ic, to, side, settled, values) if settled.sum() >= 4 else None


def _values(z: np.lib.npyio.NpzFile, ic: Array) -> dict[str, Array]:
    out = {name: sign * np.asarray(z[key], float) for name, (key, sign) in _STEP_VALUES.items() if key in z}
    if "mass_kg" in z:
        weight = float(z["mass_kg"]) * GRAVITY_MS2
        for name, key in (
            ("braking_impulse_bws", "step_brake_impulse_Ns"),
            ("peak_braking_bw", "step_peak_brake_lp30_N"),
        ):
            if key in z:
                out[name] = np.abs(np.asarray(z[key], float)) / weight
    if "speed_mps" in z:
        out["speed_mps"] = np.full(len(ic), float(z["speed_mps"]))
    if "slope_pct" in z:
        out["slope_pct"] = np.full(len(ic), float(z["slope_pct"]))
    if "ref_pelvis_xyz_m" in z:
        out["vertical_oscillation_mm"] = _rise_mm(z, ic)
    return out


def _rise_mm(z: np.lib.npyio.NpzFile, ic: Array) -> Array:
    """Peak-to-peak height of the pelvis markers from each contact to the next."""
    scale = float(z["ref_pelvis_xyz_m__scale"]) if "ref_pelvis_xyz_m__scale" in z else 1.0
    height = 1e3 * scale * np.asarray(z["ref_pelvis_xyz_m"][:, 2], float)
    rows = np.append(np.round(ic * float(z["fs_imu"])).astype(int), len(height))
    return np.array([float(np.ptp(height[a:b])) if b - a > 3 else np.nan for a, b in pairwise(rows)])
