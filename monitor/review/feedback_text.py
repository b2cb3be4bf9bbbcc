"""The text on top of a review: what went well, one thing to work on, and the next target.

Rules, each with its source; they speak about form and never about a diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dsp.cueing.baseline import BaselineParams
from dsp.metrics import BY_NAME
from dsp.types import Fault
from monitor.core.message_catalogues import MessageValue, UserMessage
from monitor.pipeline.cue_policy import UNANSWERED
from monitor.review.block_statistics import Mean, clear_change
from monitor.review.cue_outcomes import CoachedRun
from monitor.review.findings import SessionFindings
from monitor.storage.session_data import SessionData, target_edges
from monitor.training.cadence_steps import LEAST_S, counts_for_next_step

_LEARNS = BaselineParams()
_MUCH_SPM = 2.0  # a change of cadence that is worth working on
_MUCH_BPM = 5.0  # and of heart rate: a usual drift in half an hour
_PLACES = ("tenths", "hundredths", "thousandths", "fourth_place", "fifth_place")
"""To what changes are written, by the decimals of the metric: one more, as in tables."""
_LESS_IS_WELL = ("overstride_m", "braking_impulse_bws")


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
    for name in _LESS_IS_WELL:
        change = next(
            (u for u in f.previous if u.metric == name and clear_change(name, u.difference) < 0), None
        )
        if change is not None and name not in f.run.modelled:
            lower = UserMessage("feedback.lower_than_before", {"metric": _metric_label(f.run, name)})
            yield SourcedText(lower, UserMessage("feedback.source.overstride"))
    yield from _what_stayed_even(f)


def _what_stayed_even(f: SessionFindings) -> Iterator[SourcedText]:
    """What stayed as it was from the start to the end."""
    source = UserMessage("feedback.source.steady")
    changes = {c.metric: c for c in f.fatigue if c.difference is not None}
    at_pace = "_at_pace" if "speed_mps" in f.run.columns else ""
    cadence = changes.get("cadence_spm")
    if cadence is not None and _is_small(cadence.difference):
        change = clear_change(cadence.metric, cadence.difference)
        if change:
            yield SourcedText(
                UserMessage(f"feedback.cadence_little{at_pace}", _by(cadence.metric, change)), source
            )
        else:
            yield SourcedText(UserMessage(f"feedback.cadence_held{at_pace}"), source)
    spread = f.run.value("step_variability_pct")[f.run.running]
    change_of_spread = changes.get("step_variability_pct")
    if change_of_spread and clear_change("step_variability_pct", change_of_spread.difference) > 0:
        return
    if np.isfinite(spread).sum() > 60 and np.nanmedian(spread) < 2.5:
        yield SourcedText(UserMessage("feedback.steady", {"spread": float(np.nanmedian(spread))}), source)


def _is_small(difference: Mean | None) -> bool:
    """Whether a difference of cadence is surely smaller than what is to be worked on."""
    if difference is None or difference.half is None:
        return False
    return abs(difference.value) + difference.half < _MUCH_SPM


def _what_to_work_on(f: SessionFindings) -> Iterator[SourcedText]:
    if f.worst_pain > 3:
        yield SourcedText(UserMessage("feedback.pain"), UserMessage("feedback.source.pain"))
    yield from _what_tired(f)
    yield from _what_was_out_of_range(f)
    yield from _what_legs_differ(f)
    if f.downhill is not None and f.downhill.share > 0.35:
        downhill = UserMessage("feedback.downhill", {"share": 100 * f.downhill.share})
        yield SourcedText(downhill, UserMessage("feedback.source.downhill"))
    if "speed_mps" not in f.run.columns:
        yield SourcedText(UserMessage("feedback.no_speed"))
    yield from _what_else_changed(f)
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
        if change is None:
            continue
        rise = 100 * clear_change(name, change.difference) / abs(change.first.value)
        if rise >= 5:
            yield SourcedText(
                UserMessage("feedback.rose", {"metric": _metric_label(f.run, name), "rise": rise}), source
            )
    by_metric = {name: clear_change(name, change.difference) for name, change in changes.items()}
    if (drop := -by_metric.get("cadence_spm", 0.0)) >= _MUCH_SPM:
        fell = UserMessage("feedback.cadence_fell", {"drop": drop})
        yield SourcedText(fell, UserMessage("feedback.source.steady"))
    if (rise := by_metric.get("heart_rate_bpm", 0.0)) >= _MUCH_BPM:
        rose = UserMessage("feedback.heart_rate_rose", {"rise": rise})
        yield SourcedText(rose, UserMessage("feedback.source.drift"))


def _what_was_out_of_range(f: SessionFindings) -> Iterator[SourcedText]:
    found = None if f.coached is None else _judged_share(f.coached)
    if found is None or found[0] >= 0.6:
        return
    share, seconds, silent = found
    cues = UserMessage("feedback.without_cues" if silent else "feedback.with_cues")
    cadence, (low, high) = f.run.value("cadence_spm"), target_edges(f.run, "cadence_spm")
    above = (cadence > high)[f.run.running].sum() > (cadence < low)[f.run.running].sum()
    little = UserMessage(
        "feedback.in_range_little_above" if above else "feedback.in_range_little",
        {"share": 100 * share, "minutes": seconds / 60, "cues": cues},
    )
    yield SourcedText(little, "" if above else UserMessage("feedback.source.braking"))


def _what_legs_differ(f: SessionFindings) -> Iterator[SourcedText]:
    source = UserMessage("feedback.source.legs")
    for legs in sorted(f.legs, key=lambda legs: legs.metric != "contact_ms"):
        if not legs.stands_out:
            continue
        apart, left = abs(legs.apart.v), legs.apart.v > 0
        if legs.metric == "contact_ms":
            longer = "feedback.left_longer" if left else "feedback.right_longer"
            yield SourcedText(UserMessage(longer, {"apart": apart}), source)
        else:
            more = "feedback.left_more" if left else "feedback.right_more"
            values: dict[str, MessageValue] = {"metric": _metric_label(f.run, legs.metric), "apart": apart}
            yield SourcedText(UserMessage(more, values), source)


def _what_else_changed(f: SessionFindings) -> Iterator[SourcedText]:
    """What the tables point out and no other rule speaks of, so that nothing is said to stand out."""
    for change in f.fatigue:
        by = clear_change(change.metric, change.difference)
        if by:
            values = {"metric": _metric_label(f.run, change.metric), **_by(change.metric, by)}
            yield SourcedText(UserMessage("feedback.changed_at_pace", values))
    for comparison in f.previous:
        by = clear_change(comparison.metric, comparison.difference)
        if by and not (by < 0 and comparison.metric in _LESS_IS_WELL):
            values = {"metric": _metric_label(f.run, comparison.metric), **_by(comparison.metric, by)}
            yield SourcedText(UserMessage("feedback.changed_from_before", values))


def _by(metric: str, change: float) -> dict[str, MessageValue]:
    """How much a metric changed, as tables show it, and into which direction."""
    display = BY_NAME[metric].display_or_unit
    values: dict[str, MessageValue] = {
        "by": abs(change) * display.scale,
        "unit": UserMessage(f"metric.{metric}.unit"),
    }
    return {
        "by": UserMessage(f"feedback.by.{_PLACES[display.decimals]}", values),
        "direction": UserMessage("feedback.higher" if change > 0 else "feedback.lower"),
    }


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
