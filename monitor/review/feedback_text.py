"""The text on top of a review: what went well, one thing to work on, and the next target.

Rules, each with its source; they speak about form and never about a diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dsp.cueing.baseline import BaselineParams
from dsp.types import Fault
from monitor.core.message_catalogues import UserMessage
from monitor.pipeline.cue_policy import UNANSWERED
from monitor.review.block_statistics import clear_difference
from monitor.review.cue_outcomes import CoachedRun
from monitor.review.findings import SessionFindings
from monitor.storage.session_data import SessionData
from monitor.training.cadence_steps import LEAST_S, counts_for_next_step

_LEARNS = BaselineParams()


@dataclass(frozen=True, slots=True)
class SourcedText:
    """A sentence, and the source of the rule that chose it."""

    text: UserMessage
    source: UserMessage | str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """``verdict`` on the target: raise, hold, lower, or none where there is no target."""

    well: SourcedText
    work: SourcedText
    verdict: str
    target: SourcedText


def feedback(found: SessionFindings) -> Feedback:
    """Return the texts of a review: of each kind, the first rule that applies speaks."""
    none = SourcedText(UserMessage("feedback.too_little"))
    if found.run.running.sum() < 120:
        return Feedback(none, SourcedText(UserMessage("feedback.run_more")), "none", none)
    ran = UserMessage("feedback.ran", {"n": round(found.run.running.sum() / 60)})
    well = next(_what_went_well(found), SourcedText(ran))
    work = next(_what_to_work_on(found))
    verdict, target = _next_target(found)
    return Feedback(well, work, verdict, target)


def _what_went_well(f: SessionFindings) -> Iterator[SourcedText]:
    if f.coached is not None:
        judged = _judged_share(f.coached)
        if judged is not None and judged[0] >= 0.7:
            share = {"share": 100 * judged[0]}
            in_range = UserMessage("feedback.in_range_silent" if judged[2] else "feedback.in_range", share)
            yield SourcedText(in_range, UserMessage("feedback.source.fading"))
        told = f.coached.response
        if told.answered is not None and told.cues >= 3 and told.answered.value >= 0.6:
            counts = {"prompt": round(told.answered.value * told.cues), "cues": told.cues}
            answered = UserMessage("feedback.answered", counts)
            yield SourcedText(answered, UserMessage("feedback.source.fading"))
    for name in ("overstride_m", "braking_impulse_bws"):
        change = next(
            (u for u in f.previous if u.metric == name and clear_difference(u.difference) < 0), None
        )
        if change is not None and name not in f.run.modelled:
            lower = UserMessage("feedback.lower_than_before", {"metric": _metric_label(f.run, name)})
            yield SourcedText(lower, UserMessage("feedback.source.overstride"))
    yield from _what_stayed_even(f)


def _what_stayed_even(f: SessionFindings) -> Iterator[SourcedText]:
    """What stayed as it was from the start to the end."""
    source = UserMessage("feedback.source.steady")
    cadence = next((c for c in f.fatigue if c.metric == "cadence_spm"), None)
    if cadence is not None and cadence.difference is not None and abs(cadence.difference.value) < 2:
        at_pace = "speed_mps" in f.run.columns
        yield SourcedText(
            UserMessage("feedback.cadence_held_at_pace" if at_pace else "feedback.cadence_held"), source
        )
    spread = f.run.value("step_variability_pct")[f.run.running]
    if np.isfinite(spread).sum() > 60 and np.nanmedian(spread) < 2.5:
        yield SourcedText(UserMessage("feedback.steady", {"spread": float(np.nanmedian(spread))}), source)


def _what_to_work_on(f: SessionFindings) -> Iterator[SourcedText]:
    if f.worst_pain > 3:
        yield SourcedText(UserMessage("feedback.pain"), UserMessage("feedback.source.pain"))
    yield from _what_tired(f)
    share = f.coached.in_band.share if f.coached is not None else None
    if share is not None and share < 0.6:
        little = UserMessage("feedback.in_range_little", {"share": 100 * share})
        yield SourcedText(little, UserMessage("feedback.source.braking"))
    for legs in f.legs:
        apart = abs(legs.apart.v)
        if legs.metric == "contact_ms" and apart > 4 and apart > (legs.apart.ci or 9):
            left = legs.apart.v > 0
            longer = "feedback.left_longer" if left else "feedback.right_longer"
            yield SourcedText(UserMessage(longer, {"apart": apart}), UserMessage("feedback.source.legs"))
    if f.downhill is not None and f.downhill.share > 0.35:
        downhill = UserMessage("feedback.downhill", {"share": 100 * f.downhill.share})
        yield SourcedText(downhill, UserMessage("feedback.source.downhill"))
    if "speed_mps" not in f.run.columns:
        yield SourcedText(UserMessage("feedback.no_speed"))
    yield SourcedText(UserMessage("feedback.nothing"))


def _what_tired(f: SessionFindings) -> Iterator[SourcedText]:
    """What got worse from the first third to the last, at the same speed."""
    if "speed_mps" not in f.run.columns:
        return
    changes = {c.metric: c for c in f.fatigue if c.difference is not None}
    for name, source in (
        ("braking_impulse_bws", UserMessage("feedback.source.braking")),
        ("overstride_m", UserMessage("feedback.source.overstride")),
    ):
        change = changes.get(name)
        rise = (
            0.0 if change is None else 100 * clear_difference(change.difference) / abs(change.first.value)
        )
        if rise >= 5:
            yield SourcedText(
                UserMessage("feedback.rose", {"metric": _metric_label(f.run, name), "rise": rise}), source
            )
    cadence = changes.get("cadence_spm")
    drop = 0.0 if cadence is None else -clear_difference(cadence.difference)
    if drop >= 2:
        fell = UserMessage("feedback.cadence_fell", {"drop": drop})
        yield SourcedText(fell, UserMessage("feedback.source.steady"))


def _next_target(f: SessionFindings) -> tuple[str, SourcedText]:
    if f.worst_pain > 3:
        return "hold", SourcedText(UserMessage("feedback.target.pain"), UserMessage("feedback.source.pain"))
    found = _judged_share(f.coached) if f.coached is not None else None
    if found is None:
        learns = {"first": _LEARNS.first_min, "full": _LEARNS.full_min, "runs": _LEARNS.full_runs}
        return "none", SourcedText(
            UserMessage("feedback.target.none"), UserMessage("feedback.source.baseline", learns)
        )
    share, seconds, silent = found
    time_in_range = {"share": 100 * share, "minutes": seconds / 60}
    judged = {
        "judged": UserMessage("feedback.judged_silent" if silent else "feedback.judged", time_in_range)
    }
    fading, step = UserMessage("feedback.source.fading"), UserMessage("feedback.source.step")
    raised = _is_raised(f.run)
    if raised and any(c.withheld == UNANSWERED and c.fault is Fault.CADENCE_LOW for c in f.run.cues):
        return "lower", SourcedText(UserMessage("feedback.target.unanswered"), step)
    if seconds < LEAST_S:
        return "hold", SourcedText(UserMessage("feedback.target.unsure", judged), fading)
    if _run_counts(f):
        last = "feedback.target.last" if _at_last_step(f.run) else "feedback.target.raise"
        return "raise", SourcedText(UserMessage(last, judged), step)
    if raised and share < 0.4:
        return "lower", SourcedText(UserMessage("feedback.target.lower", judged), step)
    return "hold", SourcedText(UserMessage("feedback.target.hold", judged), step)


def _run_counts(f: SessionFindings) -> bool:
    if f.coached is None:
        return False
    b = f.coached.in_band
    return counts_for_next_step(b.on_in_s, b.off_s, b.off_in_s)


def _is_raised(run: SessionData) -> bool:
    """Whether the target lay above the own cadence; lower than that none is set."""
    return run.settings.coach is None or run.settings.coach.step > 0


def _at_last_step(run: SessionData) -> bool:
    coach = run.settings.coach
    return coach is not None and coach.step >= len(coach.target.steps)


def _judged_share(coached: CoachedRun) -> tuple[float, float, bool] | None:
    """Share in band, of how many seconds, and whether without cues: those count where there are enough."""
    b = coached.in_band
    if b.off_s >= (LEAST_S if b.on_s >= LEAST_S else 60):
        return b.off_in_s / b.off_s, float(b.off_s), True
    return (b.on_in_s / b.on_s, float(b.on_s), False) if b.on_s >= 30 else None


def _metric_label(run: SessionData, metric: str) -> UserMessage:
    """The name of a metric, which says so where it is modelled."""
    label = UserMessage(f"metric.{metric}.label")
    return UserMessage("feedback.modelled", {"metric": label}) if metric in run.modelled else label
