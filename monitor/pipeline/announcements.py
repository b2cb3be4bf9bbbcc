"""What is said about sensors and the run: what is missing, and what works all the same."""

from __future__ import annotations

from collections.abc import Sequence

from dsp.cueing.baseline import Baseline
from dsp.types import Cue, Placement, Problem, Readiness, SensorProblem
from monitor.core.records import LinkState, SensorStatus
from monitor.core.session_settings import CoachSettings, SensorSettings, SilenceReason
from monitor.pipeline.cue_policy import notice

_LOST_S = 8.0  # silent for so long
_PROBLEMS = {
    Problem.CLIPPED: "The range of {name} is too small. Its slope, speed and braking are left out.",
    Problem.LOOSE: "The mount of {name} is loose. Its slope, braking and foot strike are left out.",
    Problem.SAME_FOOT: "{name} is on the same foot as the other sensor. Left and right are not told apart.",
    Problem.NO_STEPS: "{name} feels you running but finds no steps. Tighten it; check its place and side.",
}
CUES_OFF = "cues are off"
"""``Band.muted`` where there are no cues by the runner's choice, or no more of them."""
SILENCES: dict[SilenceReason, str] = {
    "": "your plan has no cues for today",
    "calm": "your plan has no cues in its calm phase",
    "hold": "your plan has no cues before a week without a bad run",
    "red": "your plan has no cues before a run went well",
}
"""``Band.muted`` while the plan of coming back keeps form cues silent, by its reason."""
CUES_ENDED = "cues_ended"
"""``Cue.wording`` of the notice after which a run has no targets and no cues."""


class SensorAnnouncer:
    """A watcher of statuses that gives a notice when a sensor is lost or back."""

    def __init__(self, sensors: Sequence[SensorSettings]) -> None:
        self._placement = {s.name: s.placement for s in sensors}
        self._silent: set[str] = set()
        self._lost: set[str] = set()

    def push(self, status: SensorStatus) -> list[Cue]:
        """Return at most one notice per loss and one per return."""
        name = status.sensor
        if status.link is LinkState.STREAMING:
            self._silent.discard(name)
            if name not in self._lost:
                return []
            self._lost.discard(name)
            return [notice(status.t_s, "sensor_back", f"{name} is back.")]
        if status.received == 0:  # it has not come yet, so it is not missed
            return []
        self._silent.add(name)
        if name in self._lost or status.silent_s < _LOST_S:
            return []
        self._lost.add(name)
        return [notice(status.t_s, "sensor_lost", f"{name} is silent. {self._what_still_works(name)}")]

    def _what_still_works(self, lost: str) -> str:
        """What still works without it."""
        left = [n for n in self._placement if n not in self._silent]
        bodies = [n for n in left if self._placement[n] is not Placement.POD]
        if self._placement[lost] is Placement.POD:
            if not left:
                return "No numbers and no cues until it is back."
            return f"Without what it gave, numbers and cues go on from {_names_as_text(left)}."
        if bodies:
            return f"Cadence and cues go on from {_names_as_text(bodies)}; left and right are not compared."
        if left:
            return f"Only what {_names_as_text(left)} can tell is left."
        return "No numbers and no cues until it is back."


def problem_notice(found: SensorProblem) -> Cue:
    """Return the notice of what is wrong with a sensor, and what is missing for it."""
    return notice(found.t_s, f"sensor_{found.problem}", _PROBLEMS[found.problem].format(name=found.sensor))


def moved_notice(found: Readiness) -> Cue:
    """Return the notice that a sensor was found to sit otherwise than before."""
    text = f"{found.sensor} has moved on its mount. Its new position is being learned."
    return notice(found.t_s, "sensor_moved", text)


def learning_notice(t_s: float, known: Baseline, learns_min: int, cues: bool) -> Cue:
    """Return the notice at the start of a run that still learns, and does so for ``learns_min`` minutes."""
    have, need = int(known.minutes("cadence_spm", False)), known.params
    text = f"Learning your own cadence: {have} of {need.full_min:.0f} min in {known.runs} of "
    text += f"{need.full_runs} runs. All numbers are shown meanwhile"
    text += f"; cues begin after {learns_min} min of steady running." if cues else "."
    if known.height_m is None:
        text += " Your height is not set, so the first guess is wider; leg-relative numbers are left out."
    return notice(t_s, "learning", text)


def baseline_ready_notice(t_s: float, known: Baseline, speed_mps: float | None, grade: float) -> Cue:
    """Return the notice that the first answer of this run is there."""
    expected = known.expect("cadence_spm", speed_mps, grade)
    assert expected is not None
    text = f"Your own cadence here is {expected.value:.0f} ± {expected.sd:.1f} steps/min; cues begin."
    return notice(t_s, "learned", text)


def silence_text(settings: CoachSettings) -> str:
    """Return why a session that may not cue has none, as it stands on its bands."""
    return CUES_OFF if not settings.cues.on or settings.today is None else SILENCES[settings.today.silence]


def cues_ended_notice(t_s: float) -> Cue:
    """Return the notice that there are no targets and no cues any more; it says to nobody why."""
    return notice(t_s, CUES_ENDED, "No targets and no cues in this run from here on.")


def no_speed_notice(t_s: float) -> Cue:
    """Return the notice that nothing tells how fast the runner is."""
    return notice(
        t_s,
        "no_speed",
        "No speed source: one cadence target for every pace, so only clear drift is cued; overstride and "
        "braking are not cued.",
    )


def _names_as_text(names: Sequence[str]) -> str:
    return " and ".join(names)
