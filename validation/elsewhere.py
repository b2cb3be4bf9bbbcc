"""What recordings without a force plate can still say: walking, strides in a room, two sites at once."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dsp.types import Activity, ActivityChange, Array, Metric, Record, Step
from validation.gait_card import GaitCard
from validation.run import streamed_records

_SAME_STRIDE_S = 0.25  # a stride ends at the mid-stance this close
_TO_MIDSTANCE_S = {"walk": 0.25}  # from contact, about; of a jog 0.1
Sums = dict[str, list[float]]


class OtherReferences:
    """The sums, per folder, of whatever truth its files have besides that of a force plate."""

    def __init__(self) -> None:
        self._sums: dict[str, Sums] = defaultdict(lambda: defaultdict(list))
        self._gaits = GaitCard()

    def add(self, path: Path, records: Sequence[Record]) -> None:
        """Add one file and the engine's records of it; a file without such truth adds nothing."""
        sums = self._sums[path.parent.name]
        try:
            with np.load(path, allow_pickle=False) as z:
                if "ref_vicon_midstance_t" in z and "label" in z:
                    label = str(z["label"])
                    _strides(sums, label, {k: np.asarray(z[k], float) for k in _STRIDES}, records)
                self._gaits.add(path, z, records)
                if "step_ic_t_L" in z:
                    _gait(sums, Activity.WALK, records)
                if "left_hip_acc_g" in z and "left_ankle_acc_g" in z:
                    _two_sites(
                        sums, streamed_records(path, "pelvis+speed"), streamed_records(path, "ankle")
                    )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return

    def summary(self) -> dict[str, dict[str, float]]:
        """Return one figure per folder and name: a sum of counts, else a mean."""
        out = {f: {n: _figure(n, v) for n, v in s.items() if v} for f, s in self._sums.items()}
        return {folder: figures for folder, figures in out.items() if figures} | self._gaits.summary()


_STRIDES = ("ref_vicon_midstance_t", "ref_stride_len_m", "ref_stride_time_s")


def _figure(name: str, values: list[float]) -> float:
    return float(np.sum(values) if name.startswith("n ") else np.mean(values))


def _strides(sums: Sums, label: str, true: Mapping[str, Array], records: Sequence[Record]) -> None:
    """Strides between mid-stances of a real foot, by kind of gait."""
    steps = [s for s in records if isinstance(s, Step) and s.get("stride_time_ms") is not None]
    contacts = np.array([s.ic_s for s in steps])
    mid = true["ref_vicon_midstance_t"]
    ends = contacts + _TO_MIDSTANCE_S.get(label, 0.1)
    near = [] if len(ends) == 0 else [int(np.argmin(np.abs(ends - t))) for t in mid[1:]]
    hits = [(k, j) for k, j in enumerate(near) if abs(ends[j] - mid[k + 1]) < _SAME_STRIDE_S]
    sums[f"n true strides, {label}"].append(len(mid) - 1)
    sums[f"n found strides, {label}"].append(len({j for _, j in hits}))
    inside = (contacts > mid[0]) & (contacts < mid[-1] + _SAME_STRIDE_S)
    sums[f"n invented strides, {label}"].append(max(0, int(inside.sum()) - len({j for _, j in hits})))
    for k, j in hits:
        time, length = steps[j].get("stride_time_ms"), steps[j].get("stride_length_m")
        if time is not None:
            error = time.value - 1e3 * true["ref_stride_time_s"][k]
            sums[f"absolute error of stride time, ms, {label}"].append(abs(error))
        if length is not None and true["ref_stride_len_m"][k] > 0.3:
            error = 100 * (length.value / true["ref_stride_len_m"][k] - 1)
            sums[f"bias of stride length, %, {label}"].append(error)
            sums[f"absolute error of stride length, %, {label}"].append(abs(error))


def _gait(sums: Sums, truth: Activity, records: Sequence[Record]) -> None:
    """Seconds that were called something else while everybody did ``truth``."""
    changes = [c for c in records if isinstance(c, ActivityChange)]
    for a, b in zip(changes, [*changes[1:], None], strict=True):
        end = a.t_s + 1 if b is None else b.t_s
        name = "n seconds of walking" if a.activity is truth else f"n seconds called {a.activity.value}"
        sums[name].append(end - a.t_s)


def _two_sites(sums: Sums, hip: Sequence[Record], ankle: Sequence[Record]) -> None:
    """Cadence of one run at two sites: 10-s windows in which both ran at a steady pace."""
    a, b = (_cadence(r) for r in (hip, ankle))
    seconds = sorted(set(a) & set(b))
    for start in range(0, max(seconds, default=0), 10):
        window = [t for t in range(start, start + 10) if t in a and t in b]
        steady = np.ptp([a[t] for t in window]) < 6 if window else False
        if len(window) == 10 and steady and all(min(a[t], b[t]) > 130 for t in window):
            x, y = (float(np.mean([c[t] for t in window])) for c in (a, b))
            sums["n windows of 10 s"].append(1)
            sums["n factor-two errors"].append(float(abs(np.log2(x / y)) > 0.4))
            sums["absolute difference of cadence, spm"].append(abs(x - y))


def _cadence(records: Sequence[Record]) -> dict[int, float]:
    return {
        round(r.t_s): r.estimate.value
        for r in records
        if isinstance(r, Metric) and r.side is None and r.estimate.metric == "cadence_spm"
    }
