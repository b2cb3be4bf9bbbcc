"""Walking, jogging and what is neither, on people without a force plate: is the gait told, is the cadence?

Per folder, placement and what the people did: the share of seconds that is called running, and the share
of seconds with a cadence whose cadence is twice or half of the truth, each over everybody and for the
worst person.  The true step rate is the strongest rate of the acceleration's norm in 8 s, where the
labelled gait can have it (elsewhere the truth is not known, on stairs say); where one person wore two
sensors on one clock it is that of the waist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dsp.filters import norms
from dsp.types import GRAVITY_MS2, Activity, ActivityChange, Array, Metric, Record, Step

_WINDOW_S = 8
_RATE_HZ = 50.0
_STEP_RATES_HZ = {"walk": (1.0, 2.55), "jog": (2.1, 3.7)}  # 60 to 153 and 126 to 222 steps/min
_RATES_HZ = np.arange(1.0, 3.7, 0.02)
_LEAST_SHARE = 0.15  # of the movement is at the step rate, or the truth is not known
_OCTAVE = 1.4  # times the truth, or less: twice or half of it
_EDGE_S = 4  # about a labelled jog: neither


@dataclass(slots=True)
class GaitTally:
    """GaitTally counts seconds of one person: of the gait, called running, with a cadence, doubled, halved.

    ``still_steps`` are steps counted in seconds in which nothing moved.
    """

    seconds: int = 0
    running: int = 0
    timed: int = 0
    doubled: int = 0
    halved: int = 0
    still_steps: int = 0


@dataclass(slots=True)
class GaitCard:
    """GaitCard holds the tallies of every person, by folder and by placement and gait."""

    people: dict[str, dict[str, dict[str, GaitTally]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(GaitTally)))
    )

    def add(self, path: Path, recorded: Mapping[str, np.ndarray], records: Sequence[Record]) -> None:
        """Add one labelled recording and the engine's records of it; one without a label adds nothing."""
        worn = next((k for k in ("pelvis", "ankleR") if f"{k}_acc" in recorded), None)
        if worn is None or "label" not in recorded or not records:
            return
        norm = norm_g(recorded, worn)
        truth = _step_rates(_reference(path, recorded, norm))
        doing = labelled_seconds(recorded, len(norm) // round(_RATE_HZ))
        calls, cadence = _called(records, len(doing)), _cadence(records)
        steps = [int(r.ic_s) for r in records if isinstance(r, Step)]
        place = "waist" if worn == "pelvis" else "ankle"
        for second, what in enumerate(doing):
            if not what:
                continue
            tally = self.people[path.parent.name][f"{place}, {what}"][str(recorded["subject"])]
            tally.seconds += 1
            tally.running += calls[second] is Activity.RUN
            around = norm[max(0, second - 1) * round(_RATE_HZ) : (second + 2) * round(_RATE_HZ)]
            tally.still_steps += steps.count(second) if float(around.std()) < 0.03 else 0
            true_hz = truth["jog" if what == "jog" else "walk"].get(second) if what in _TIMED else None
            if second in cadence and true_hz is not None:
                ratio = cadence[second] / (60 * true_hz)
                tally.timed += 1
                tally.doubled += ratio > _OCTAVE
                tally.halved += ratio < 1 / _OCTAVE

    def summary(self) -> dict[str, dict[str, float]]:
        """Return the figures of every folder by name."""
        return {
            folder: dict(line for what, people in sorted(kinds.items()) for line in _lines(what, people))
            for folder, kinds in self.people.items()
        }


def _lines(what: str, people: Mapping[str, GaitTally]) -> Iterable[tuple[str, float]]:
    everybody = list(people.values())
    yield f"{what}: people", len(everybody)
    yield f"{what}: seconds", sum(p.seconds for p in everybody)
    shares = {"called running": ("running", "seconds")}
    if sum(p.timed for p in everybody):
        yield f"{what}: seconds with a known step rate", sum(p.timed for p in everybody)
        shares |= {"at double cadence": ("doubled", "timed"), "at half cadence": ("halved", "timed")}
    for name, (part, whole) in shares.items():
        each = [(getattr(p, part), getattr(p, whole)) for p in everybody if getattr(p, whole)]
        yield f"{what}: % {name}", 100 * sum(a for a, _ in each) / sum(b for _, b in each)
        worst = min if (part, what.split(", ")[1]) == ("running", "jog") else max
        yield f"{what}: % {name}, worst person", worst(100 * a / b for a, b in each)
    yield f"{what}: steps counted while still", sum(p.still_steps for p in everybody)


def norm_g(recorded: Mapping[str, np.ndarray], worn: str) -> Array:
    """Return the norm of one sensor's acceleration (n,), in g, at 50 Hz."""
    acc = np.asarray(recorded[f"{worn}_acc"], float) * float(recorded[f"{worn}_acc__scale"])
    t = np.arange(len(acc)) / float(recorded["fs_imu"])
    return np.interp(np.arange(0, t[-1], 1 / _RATE_HZ), t, norms(acc) / GRAVITY_MS2)


def _reference(path: Path, recorded: Mapping[str, np.ndarray], own: Array) -> Array:
    """The norm that says the step rate: the waist's where it was worn on the same clock."""
    waist = path.with_name(path.name.replace("ankle", "waist"))
    if waist == path or not waist.exists():
        return own
    with np.load(waist, allow_pickle=False) as z:
        return norm_g(z, "pelvis")


def _step_rates(norm: Array) -> dict[str, dict[int, float]]:
    """By gait and second: the step rate in Hz, where it is clear."""
    size = round(_WINDOW_S * _RATE_HZ)
    hann = np.hanning(size)
    waves = np.exp(-2j * np.pi * np.outer(_RATES_HZ, np.arange(size) / _RATE_HZ))
    out: dict[str, dict[int, float]] = {gait: {} for gait in _STEP_RATES_HZ}
    for first in range(0, len(norm) - size + 1, round(_RATE_HZ)):
        swing = norm[first : first + size] - norm[first : first + size].mean()
        power = np.abs(waves @ (swing * hann)) ** 2
        share = 2 * float(power.max()) / hann.sum() ** 2 / max(1e-9, float(swing @ swing) / size)
        strongest = float(_RATES_HZ[int(power.argmax())])
        for gait, (least, most) in _STEP_RATES_HZ.items():
            if share >= _LEAST_SHARE and least < strongest < most:
                out[gait][first // round(_RATE_HZ) + _WINDOW_S // 2] = strongest
    return out


_TIMED = ("walk", "slow walk", "quick walk", "jog")
_LABELS = {
    "walk slowly": "slow walk",
    "walk quickly": "quick walk",
    "jog slowly": "jog",
    "jog quickly": "jog",
}


def labelled_seconds(recorded: Mapping[str, np.ndarray], seconds: int) -> list[str]:
    """Return what the person did in every second; empty where nobody knows."""
    if "jog_t" in recorded:
        begins, ends = (float(t) for t in recorded["jog_t"])
        jog = [begins + _EDGE_S <= t < ends - 1 for t in range(seconds)]
        near = [begins - _EDGE_S <= t < ends + _EDGE_S for t in range(seconds)]
        return ["jog" if j else "" if n else "walk" for j, n in zip(jog, near, strict=True)]
    label = str(recorded["label"])
    return [_LABELS.get(label, label)] * seconds


def _called(records: Sequence[Record], seconds: int) -> list[Activity]:
    changes = [r for r in records if isinstance(r, ActivityChange)]
    out = [changes[0].activity if changes else Activity.UNKNOWN] * seconds
    for change in changes:
        for second in range(max(0, int(change.t_s)), seconds):
            out[second] = change.activity
    return out


def _cadence(records: Sequence[Record]) -> dict[int, float]:
    return {
        round(r.t_s): r.estimate.value
        for r in records
        if isinstance(r, Metric) and r.side is None and r.estimate.metric == "cadence_spm"
    }
