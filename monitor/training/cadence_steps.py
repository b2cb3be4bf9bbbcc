"""At which step of the increase a run is coached: by the runner's response, never by the calendar.

Steps are 0 (the own cadence) and one for each share in ``TargetParams.steps``.  Rules and sources: a step
is kept when it is run without help (Crowell & Davis 2011; Willy 2016); pain above 3 of 10 is the usual
limit of loading (Thomee 1997; Silbernagel 2007); a quicker step loads calf and Achilles tendon more, and
that is where runners dropped out (te Brake 2023); tissue loses what is not used within weeks.  How many
runs, minutes and days is a choice.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dsp.cueing.baseline import REFERENCE_MPS, Baseline
from dsp.cueing.target import TargetParams
from dsp.types import Runner
from monitor.core.session_settings import CoachSettings
from monitor.storage.plan_file import Plan, PlannedRun, RunPain
from monitor.training.tables import DoseRules, Tables, VerdictRules

FADE = (1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.1)
"""Share of the time with cues, run by run at the last step (Crowell & Davis 2011, Willy 2016); then
silent probes."""
LEAST_S = 300
"""Fewer judged seconds tell nothing of a run, except that there was one, and what hurt."""
KEPT_SHARE = 0.7
"""Share of the time without cues in band that makes a run count for the next step."""
_WITH_CUES_S = 600  # seconds in band with cues, which make it count as well
_RUNS = 2  # at a step, then the next
_CALF = re.compile(r"calf|calves|achill|wade", re.IGNORECASE)


PainAnswer = Literal["good", "none", "freeze", "down"]
"""What a run's pain means for the step: free to count, unanswered, no raise, a step back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResponse:
    """A ``RunResponse`` is how a run went for the step: seconds in band, and what its pain means.

    ``coached``: the run had a target, at ``step``.  ``noted``: somebody said how it felt, which alone
    lifts a freeze.  ``calf``: calf or Achilles tendon hurt.  ``most``: the highest step that the phase
    allowed then.  ``entries`` are the ids of what was said of it.
    """

    day: datetime.date
    coached: bool = True
    step: int = 0
    on_in_s: float = 0.0
    off_s: float = 0.0
    off_in_s: float = 0.0
    answer: PainAnswer = "good"
    noted: bool = True
    calf: bool = False
    most: int | None = None
    entries: tuple[str, ...] = ()


def noted_responses(plan: Plan, limits: VerdictRules) -> tuple[RunResponse, ...]:
    """Return the responses of all runs by the pains that were noted, for a runner without a plan of return.

    A run without a note counts as no reported pain; pain above the limit of an unknown cause stops the
    raise.  Pain of a run without a target counts as well, and
    so does that of a session that was deleted.
    """
    coached = {run.session: run for run in plan.runs}
    pains: dict[str, list[RunPain]] = {session: [] for session in coached}
    for pain in plan.pains:
        pains.setdefault(pain.session, []).append(pain)
    responses = (_noted_response(coached.get(session), noted, limits) for session, noted in pains.items())
    return tuple(sorted(responses, key=lambda response: response.day))


def _noted_response(run: PlannedRun | None, pains: Sequence[RunPain], limits: VerdictRules) -> RunResponse:
    freezes = any(p.value > limits.ok.unknown and not _CALF.search(p.words) for p in pains)
    response = RunResponse(
        day=datetime.date.fromisoformat(pains[0].day) if run is None else _run_day(run),
        coached=False,
        answer="freeze" if freezes else "good",
        noted=bool(pains),
        calf=any(p.value > limits.calf and _CALF.search(p.words) for p in pains),
    )
    if run is None:
        return response
    return replace(
        response, coached=True, step=run.step, on_in_s=run.on_in_s, off_s=run.off_s, off_in_s=run.off_in_s
    )


@dataclass(frozen=True, slots=True)
class StepChange:
    """A change of the step, or a hold: from this day on, at this step, for this reason.

    ``reason`` ends the key of a message, ``training.step.<reason>``; ``entries`` are the ids of what was
    said of the runs that decided.
    """

    day: datetime.date
    step: int
    reason: str
    entries: tuple[str, ...] = ()


def step_history(
    responses: Sequence[RunResponse], today: datetime.date, params: TargetParams, doses: DoseRules
) -> tuple[StepChange, ...]:
    """Return all changes of the step up to today, the oldest first; the last tells the step of today.

    ``responses`` are in the order of time; ``doses`` say what a break takes back.
    """
    place = StepPlace(len(params.steps), doses)
    for response in responses:
        place = place.after(response)
    return place.rested_until(today).changes


@dataclass(frozen=True, slots=True)
class StepPlace:
    """A ``StepPlace`` is the step as it goes from run to run, and all its changes so far.

    ``last`` is the number of steps, ``doses`` say what a break takes back; ``good`` counts runs at this
    step that went well, of which ``said`` are the entries; ``frozen``: by pain, until a run of which
    somebody said that it went well; ``ran`` is the day of the last run.
    """

    last: int
    doses: DoseRules
    good: int = 0
    said: tuple[str, ...] = ()
    frozen: bool = False
    ran: datetime.date | None = None
    changes: tuple[StepChange, ...] = ()

    @property
    def step(self) -> int:
        """The step at which a run is coached now."""
        return self.changes[-1].step if self.changes else 0

    def after(self, response: RunResponse) -> StepPlace:
        """Return the place after a run and what hurt, and after the days without one before it."""
        return self.rested_until(response.day)._ran(response)

    def rested_until(self, day: datetime.date) -> StepPlace:
        """Return the place after the days without a run up to ``day``."""
        days = 0 if self.ran is None else (day - self.ran).days
        rule = self.doses.break_after(days)
        if rule is None:
            return self
        step = self.step - rule.steps_down
        return self._at_step(day, min(1, step) if not rule.share else step, rule.name, ())

    def _ran(self, response: RunResponse) -> StepPlace:
        day, place = response.day, self
        if not self.changes:
            if not response.coached:
                return self  # steps begin with the first target
            place = self._changed(day, 0, "start")
        if response.most and place.step > response.most:
            place = place._at_step(day, response.most, "phase", ())
        freezes = response.answer in ("freeze", "down")
        place = replace(place, ran=day, frozen=place.frozen or freezes)
        if response.calf or response.answer == "down":
            why = "calf" if response.calf else "red"
            return replace(place, good=0, said=())._changed(
                day, max(0, place.step - 1), why, response.entries
            )
        if response.answer == "freeze":
            return place._changed(day, place.step, "pain", response.entries)
        return place._counted(response) if response.answer == "good" else place

    def _counted(self, response: RunResponse) -> StepPlace:
        place = self
        if self.frozen:
            if not response.noted:
                return self
            place = replace(self, frozen=False)._changed(
                response.day, self.step, "settled", response.entries
            )
        in_band = counts_for_next_step(response.on_in_s, response.off_s, response.off_in_s)
        if response.coached and response.step == place.step and in_band:
            place = replace(place, good=place.good + 1, said=(*place.said, *response.entries))
        most = self.last if response.most is None else min(self.last, response.most)
        if place.good >= _RUNS and place.step < most:
            return place._at_step(response.day, place.step + 1, "kept", place.said)
        return place

    def _at_step(self, day: datetime.date, step: int, reason: str, entries: tuple[str, ...]) -> StepPlace:
        """The place at a step that may be another: runs there count anew."""
        place, step = replace(self, good=0, said=()), max(step, 0)
        return place if step == self.step else place._changed(day, step, reason, entries)

    def _changed(
        self, day: datetime.date, step: int, reason: str, entries: tuple[str, ...] = ()
    ) -> StepPlace:
        return replace(self, changes=(*self.changes, StepChange(day, step, reason, entries)))


def counts_for_next_step(on_in_s: float, off_s: float, off_in_s: float) -> bool:
    """Return whether a run kept its target: seconds in band with cues, without, and in band without."""
    alone = off_s >= LEAST_S and off_in_s >= KEPT_SHARE * off_s
    return alone or on_in_s >= _WITH_CUES_S


def _run_day(run: PlannedRun) -> datetime.date:
    """Return the day on which a run began (UTC)."""
    return datetime.datetime.fromisoformat(run.started_utc).date()


def cue_share(runs: Sequence[PlannedRun], step: int, params: TargetParams) -> float:
    """Return the share of the next run, at this step, in which cues may be spoken; 0 is a silent probe.

    Cues fade from the first run at the last step; two probes in a row with less than ``KEPT_SHARE`` of the
    time in band, and they come back two runs' worth.
    """
    last = len(params.steps)
    if step < last:
        return 1.0
    since = next((k for k in range(len(runs), 0, -1) if runs[k - 1].step != last), 0)
    faded = weak = 0
    for run in runs[since:]:
        if run.on_s + run.off_s < LEAST_S:
            continue
        if faded < len(FADE):
            faded += 1
            continue
        weak = weak + 1 if run.off_s and run.off_in_s < KEPT_SHARE * run.off_s else 0
        if weak == 2:
            faded, weak = len(FADE) - 2, 0
    return FADE[faded] if faded < len(FADE) else 0.0


def next_step(
    plan: Plan, runner: Runner, params: TargetParams, today: datetime.date, tables: Tables
) -> StepChange:
    """Return the step at which a run today is coached, and why, for a runner without a plan of return."""
    history = step_history(noted_responses(plan, tables.verdicts), today, params, tables.doses)
    now = history[-1] if history else StepChange(today, 0, "start")
    return step_worth_it(now, plan, runner, params)


def step_worth_it(now: StepChange, plan: Plan, runner: Runner, params: TargetParams) -> StepChange:
    """Return this step, or none with the reason where a quicker step would gain nothing."""
    if plan.baseline is None:
        return now
    why_not = reason_not_to_raise(Baseline.from_dict(plan.baseline), runner.leg_length_m, params)
    return replace(now, step=0, reason=why_not) if why_not else now


def coach_settings(plan: Plan, settings: CoachSettings, now: StepChange, seed: int) -> CoachSettings:
    """Return what a run at this step is coached by; ``settings`` hold what the user has set."""
    fades = settings.cues.plan == "fade"
    share = cue_share(plan.runs, now.step, settings.target) if fades else 1.0
    return replace(
        settings,
        baseline=plan.baseline,
        step=now.step,
        step_reason=now.reason,
        cue_share=share,
        seed=seed,
    )


_SHORT_FIFTH = 0.194 - 0.84 * 0.022
"""Overstride (m) at 2.8 m/s that four of five runners exceed: mean and SD between runners of Fukuchi 2017
(PeerJ 5:e3298), of a leg of ``_LEG_M``."""
_LEG_M = 0.92


def reason_not_to_raise(baseline: Baseline, leg_length_m: float | None, params: TargetParams) -> str:
    """Return why a quicker step would gain nothing, or an empty text.

    ``quick`` is an own cadence of ``params.enough_spm`` at 2.8 m/s or more (Lieberman 2015: braking and
    hip torques least at 170 ± 7 steps/min); ``short`` an overstride among the shortest fifth for this
    speed and leg length.  The result ends the key of a message, ``training.step.<reason>``.
    """
    if params.raise_anyway:
        return ""
    own = baseline.expect("cadence_spm", REFERENCE_MPS, 0.0)
    if own is not None and own.value >= params.enough_spm:
        return "quick"
    line = baseline.lines["overstride_m"]
    if line.seconds < 60 * baseline.params.first_min:
        return ""
    short = _SHORT_FIFTH * (leg_length_m or _LEG_M) / _LEG_M
    return "short" if line.expect(REFERENCE_MPS, 0.0).value <= short else ""
