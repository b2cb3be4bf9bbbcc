"""The text on top of a review: what went well, one thing to work on, and the next target.

Rules, each with its source; they speak about form and never about a diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dsp.cueing.baseline import BaselineParams
from dsp.metrics import BY_NAME
from monitor.review.block_statistics import clear_difference
from monitor.review.cue_outcomes import CoachedRun
from monitor.review.findings import SessionFindings
from monitor.storage.session_data import SessionData

PAIN = (
    "Pain above 3 of 10, or not settled after 24 h, freezes progress (rule of the run-retraining trials)."
)
_STEP = "Small steps: +2.5 % a week up to +7.5 %, never above +10 % (Willy 2016; Heiderscheit 2011)."
FADING_SOURCE = (
    "What counts is form without cues; feedback that fades is kept best (Crowell & Davis 2011; Davis 2020)."
)
BRAKING_SOURCE = "Shorter, quicker steps lowered peak braking by 15 % (Napier 2019)."
OVERSTRIDE_SOURCE = "Each +5 strides/min put the foot 6 % less far ahead of the hip (Lieberman 2015)."
STEADY = "Step times vary by less than 2.5 % within a steady run (review of within-run variation)."
_LEARNS = BaselineParams()
BASELINE = (
    f"Your own normal has a first answer after {_LEARNS.first_min:.0f} min of steady running and is "
    f"settled after {_LEARNS.full_min:.0f} min in {_LEARNS.full_runs} runs (choices; see gaitcue baseline)."
)
DOWNHILL = "Braking peaks rose by 73 % on a descent of 9 degrees (Gottschall & Kram 2005)."
_LEGS = "Healthy runners' legs differ too (Fukuchi 2017); only a change against yourself says something."


@dataclass(frozen=True, slots=True)
class SourcedText:
    """A sentence, and the source of the rule that chose it."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """``verdict`` on the target: raise, hold, lower, or none where there is no target."""

    well: SourcedText
    work: SourcedText
    verdict: str
    target: SourcedText


def feedback(found: SessionFindings) -> Feedback:
    """Return the texts of a review: of each kind, the first rule that applies speaks."""
    none = SourcedText("There is too little running in this session to say anything about form.", "")
    if found.run.running.sum() < 120:
        return Feedback(none, SourcedText("Run for a few minutes with a sensor on.", ""), "none", none)
    well = next(_what_went_well(found), SourcedText(f"You ran for {_minutes_run(found.run)}.", ""))
    work = next(_what_to_work_on(found))
    verdict, target = _next_target(found)
    return Feedback(well, work, verdict, target)


def _what_went_well(f: SessionFindings) -> Iterator[SourcedText]:
    if f.coached is not None:
        judged = _judged_share(f.coached)
        if judged is not None and judged[0] >= 0.7:
            kind = " without cues" if judged[2] else ""
            yield SourcedText(
                f"You stayed in your cadence band for {100 * judged[0]:.0f} % of the time{kind}.",
                FADING_SOURCE,
            )
        told = f.coached.response
        if told.answered is not None and told.cues >= 3 and told.answered.value >= 0.6:
            prompt = round(told.answered.value * told.cues)
            yield SourcedText(f"You answered {prompt} of {told.cues} cues within 15 s.", FADING_SOURCE)
    for name in ("overstride_m", "braking_impulse_bws"):
        change = next(
            (u for u in f.previous if u.metric == name and clear_difference(u.difference) < 0), None
        )
        if change is not None and f.run.columns[name].how != "pod":
            label = BY_NAME[name].label.lower()
            yield SourcedText(
                f"Your {label} was lower than in your earlier runs at the same speed.", OVERSTRIDE_SOURCE
            )
    cadence = next((c for c in f.fatigue if c.metric == "cadence_spm"), None)
    if cadence is not None and cadence.difference is not None and abs(cadence.difference.value) < 2:
        same = " at the same speed" if "speed_mps" in f.run.columns else ""
        yield SourcedText(f"Your cadence{same} was as high at the end as at the start.", STEADY)
    spread = f.run.value("step_variability_pct")[f.run.running]
    if np.isfinite(spread).sum() > 60 and np.nanmedian(spread) < 2.5:
        yield SourcedText(
            f"Your rhythm was steady: step times varied by {np.nanmedian(spread):.1f} %.", STEADY
        )


def _what_to_work_on(f: SessionFindings) -> Iterator[SourcedText]:
    if f.worst_pain > 3:
        yield SourcedText(
            "You noted pain above 3 of 10: let it settle before anything else. If it stays, or a red flag "
            "appears (swelling, locking, numbness, night pain), see a clinician.",
            PAIN,
        )
    yield from _what_tired(f)
    share = f.coached.in_band.share if f.coached is not None else None
    if share is not None and share < 0.6:
        yield SourcedText(
            f"Cadence was in band only {100 * share:.0f} % of the time: shorter, quicker steps.",
            BRAKING_SOURCE,
        )
    for legs in f.legs:
        apart = abs(legs.apart.v)
        if legs.metric == "contact_ms" and apart > 4 and apart > (legs.apart.ci or 9):
            side = "left" if legs.apart.v > 0 else "right"
            text = f"Your {side} foot stayed {apart:.0f} % longer on the ground"
            yield SourcedText(f"{text}: watch whether that is so in every run.", _LEGS)
    if f.downhill is not None and f.downhill.share > 0.35:
        text = f"{100 * f.downhill.share:.0f} % of the braking was done downhill"
        yield SourcedText(f"{text}: shorten your steps there.", DOWNHILL)
    if "speed_mps" not in f.run.columns:
        yield SourcedText(
            "Wear something that tells speed next time, or overstride and braking stay unknown.", ""
        )
    yield SourcedText("Nothing stands out; keep doing what you did.", "")


def _what_tired(f: SessionFindings) -> Iterator[SourcedText]:
    """What got worse from the first third to the last, at the same speed."""
    if "speed_mps" not in f.run.columns:
        return
    changes = {c.metric: c for c in f.fatigue if c.difference is not None}
    for name, source in (("braking_impulse_bws", BRAKING_SOURCE), ("overstride_m", OVERSTRIDE_SOURCE)):
        change = changes.get(name)
        rise = (
            0.0 if change is None else 100 * clear_difference(change.difference) / abs(change.first.value)
        )
        if rise >= 5:
            text = f"{BY_NAME[name].label} rose by {rise:.0f} % towards the end at the same speed"
            yield SourcedText(f"{text}: think quick and light when you tire.", source)
    cadence = changes.get("cadence_spm")
    drop = 0.0 if cadence is None else -clear_difference(cadence.difference)
    if drop >= 2:
        text = f"Cadence fell by {drop:.0f} steps/min towards the end at the same speed"
        yield SourcedText(f"{text}: keep the quick feet for the last third.", STEADY)


def _next_target(f: SessionFindings) -> tuple[str, SourcedText]:
    if f.worst_pain > 3:
        return "hold", SourcedText("Hold: no change of target before the pain has settled for 24 h.", PAIN)
    judged = _judged_share(f.coached) if f.coached is not None else None
    if judged is None:
        text = "No target was in force. Collect steady running first; gaitcue learns your own cadence at "
        return "none", SourcedText(text + "every speed and sets the target from that.", BASELINE)
    share, seconds, silent = judged
    text = f"in band {100 * share:.0f} % of {seconds / 60:.0f} min {'without' if silent else 'with'} cues"
    if seconds < 300:
        return "hold", SourcedText(f"Hold: too little to judge ({text}).", FADING_SOURCE)
    if share >= 0.8 and silent:
        return "raise", SourcedText(f"Raise it by 2.5 % if it feels easy and nothing hurts: {text}.", _STEP)
    if share < 0.4:
        return "lower", SourcedText(f"Lower it by 2.5 %: {text} means it is out of reach for now.", _STEP)
    return "hold", SourcedText(f"Hold: {text}; raise it once 80 % is reached without cues.", FADING_SOURCE)


def _judged_share(coached: CoachedRun) -> tuple[float, float, bool] | None:
    """Share in band, of how many seconds, and whether without cues: those count where there are enough."""
    b = coached.in_band
    if b.off_s >= 60:
        return b.off_in_s / b.off_s, float(b.off_s), True
    return (b.on_in_s / b.on_s, float(b.on_s), False) if b.on_s >= 30 else None


def _minutes_run(run: SessionData) -> str:
    return f"{run.running.sum() / 60:.0f} minutes"
