"""Does this pod count steps or strides?  The standard means strides; half the market sends steps.

Order of belief: what the user says, the table of known devices, then a check against speed that
needs ``AGREE_S`` of agreement before it overturns anything.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from dsp.types import Array

AGREE_S = 20.0  # a choice: long enough for a start, short enough for a warm-up
MAX_STEP_GAP_S = 5.0  # evidence across a longer silence does not add up
_MAX_SPM = 250.0  # above the cadence of any runner (sprinters reach about 280, for seconds)
_FEWEST_VOTES, _LEAST_SHARE = (
    20,
    0.3,
)  # seconds, and share of those with a cadence, that overturn the standard
_LIKELY_COUNT = (0.7, 1.4)
"""What a cadence adds up to over the count of the same file: of public files within 0.87 and 1.1."""
_MAX_JOG_SPM = 210.0  # and above that of one who does not run fast (a choice)


class CadenceUnit(StrEnum):
    """The unit of the number in a cadence field: what it counts."""

    STEPS = "steps"  # both feet
    STRIDES = "strides"  # the foot with the sensor


_STEP_COUNTERS = ("TICKR X", "RUNN", "Technogym Run")
"""Names of devices known to send steps: OpenTracks issue 1164; TrackMyIndoorWorkout's captures."""


class CadenceResolver:
    """Turns one pod's raw cadence into steps per minute and notices when its unit is the other one."""

    def __init__(self, override: str | None = None, device: str | None = None) -> None:
        self._override = CadenceUnit(override) if override else None
        self.unit = self._override or _from_table(device)
        self._settled = self._override is not None
        self._leaning: CadenceUnit | None = None
        self._leaning_s = 0.0
        self._last_s: float | None = None
        self._warned = False
        self._note = ""

    def spm(self, raw: float, speed_mps: float | None, t_s: float) -> float | None:
        """Return steps per minute, or None where the reading makes no sense in the unit believed in.

        ``speed_mps`` None: the speed is not known.
        """
        evidence = _unit_evidence(raw, speed_mps)
        if evidence is not None:
            self._weigh_evidence(evidence, t_s)
        spm = raw if self.unit is CadenceUnit.STEPS else 2.0 * raw
        return spm if spm <= _MAX_SPM else None

    def note(self) -> str:
        """Return a contradiction that somebody should be told, once; empty if there is none."""
        note, self._note = self._note, ""
        return note

    def _weigh_evidence(self, evidence: CadenceUnit, t_s: float) -> None:
        since = 0.0 if self._last_s is None else t_s - self._last_s
        self._last_s = t_s
        if evidence is not self._leaning or not 0.0 <= since <= MAX_STEP_GAP_S:
            self._leaning, self._leaning_s = evidence, 0.0
        else:
            self._leaning_s += since
        if not self._settled:
            self.unit = evidence
        if self._leaning_s < AGREE_S:
            return
        if evidence is not self.unit:
            self._note_contradiction(evidence)
        if self._override is None:
            self.unit, self._settled = evidence, True

    def _note_contradiction(self, evidence: CadenceUnit) -> None:
        if self._warned:
            return
        self._warned = True
        told = "the settings say" if self._override else "it first looked like"
        self._note = f"cadence looks like {evidence}, but {told} {self.unit}"


def recording_unit(
    raw: Array,
    speed_mps: Array | None,
    step_length_m: Array | None = None,
    strides: float | None = None,
) -> CadenceUnit:
    """Return the unit of a whole recording: ``raw`` (n,) and what else the file says of the same seconds.

    ``strides`` is the file's own count over all of it, which settles it; so does a step length (speed =
    length times cadence).  Otherwise the seconds vote as above, if enough of them can, and the standard's
    strides win where they say nothing.
    """
    by_count = _unit_by_count(raw, speed_mps, strides)
    if by_count is not None:
        return by_count
    if speed_mps is not None and step_length_m is not None:
        moving = (speed_mps > 1.5) & np.isfinite(step_length_m) & (raw > 40)
        if moving.sum() >= 20:
            ratio = np.median(60 * speed_mps[moving] / (step_length_m[moving] * raw[moving]))
            return CadenceUnit.STEPS if ratio < np.sqrt(2) else CadenceUnit.STRIDES
    speeds = np.full(len(raw), 2.5) if speed_mps is None else speed_mps
    known = [(float(r), float(v)) for r, v in zip(raw, speeds, strict=True) if r > 0 and v == v]
    seen = [_unit_evidence(r, v) for r, v in known]
    steps, others = seen.count(CadenceUnit.STEPS), seen.count(CadenceUnit.STRIDES)
    enough = steps >= max(_FEWEST_VOTES, _LEAST_SHARE * len(known)) or 2 * steps > len(known)
    return CadenceUnit.STEPS if enough and steps > others else CadenceUnit.STRIDES


def _unit_by_count(raw: Array, speed_mps: Array | None, strides: float | None) -> CadenceUnit | None:
    """Return the unit in which ``raw`` (n,) adds up to the file's count of strides.

    A file that counts steps in both adds up as well: then its means must be possible in strides.
    """
    counted = float(np.nansum(raw)) / 60
    if not strides or counted <= 0:
        return None
    ratio = counted / strides
    if 1.6 < ratio < 2.5:
        return CadenceUnit.STEPS
    if not _LIKELY_COUNT[0] < ratio < _LIKELY_COUNT[1]:
        return None
    moving = raw > 0
    fast = None if speed_mps is None else float(np.nanmean(np.where(moving, speed_mps, np.nan)))
    return _unit_evidence(float(np.mean(raw[moving])), fast) or CadenceUnit.STRIDES


def counted_steps(raw: Array, unit: CadenceUnit, strides: float | None) -> int | None:
    """Return how many steps the file's own count of ``strides`` is, None if it cannot be one of these.

    ``raw`` (n,) is the cadence once a second in ``unit``.  Some files that count steps do so in the total
    as well.
    """
    summed = float(np.nansum(raw)) / 60 / (1 if unit is CadenceUnit.STRIDES else 2)
    if not strides or summed <= 0:
        return None
    ratio = summed / strides
    if _LIKELY_COUNT[0] < ratio < _LIKELY_COUNT[1]:
        return round(2 * strides)
    in_steps = unit is CadenceUnit.STEPS and _LIKELY_COUNT[0] < 2 * ratio < _LIKELY_COUNT[1]
    return round(strides) if in_steps else None


def _from_table(device: str | None) -> CadenceUnit:
    known = device is not None and device.upper().startswith(tuple(n.upper() for n in _STEP_COUNTERS))
    return CadenceUnit.STEPS if known else CadenceUnit.STRIDES


def _unit_evidence(raw: float, speed_mps: float | None) -> CadenceUnit | None:
    """What one reading says about the unit; None where both are possible.

    125 strides/min would be 250 steps/min.  Above 105 they would be more than 210, which is a fast
    runner's: at 2.2 m/s or less, or where no speed speaks for it, these are a walker's steps.  Between 90
    and 105 a walker's steps and a runner's strides are told apart by speed; 65 to 90 at a slow speed may
    be a slow jogger's strides, so it says nothing.  Below 65 and moving, steps would be longer than
    walkers take them.
    """
    if raw >= 125:
        return CadenceUnit.STEPS
    if 2 * raw > _MAX_JOG_SPM and (speed_mps is None or 0.5 <= speed_mps <= 2.2):
        return CadenceUnit.STEPS
    if speed_mps is None:
        return None
    if raw >= 65 and speed_mps >= 2.1:
        return CadenceUnit.STRIDES
    if raw >= 90 and 0.5 <= speed_mps <= 1.7:
        return CadenceUnit.STEPS
    if 20 <= raw < 65 and speed_mps >= 1.0:
        return CadenceUnit.STRIDES
    return None
