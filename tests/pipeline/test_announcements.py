"""What is wrong with a sensor is said to the runner, once, in both languages."""

from __future__ import annotations

import pytest

from dsp.types import Cue, CueKind, Problem, Readiness, SensorProblem
from monitor.core.message_catalogues import catalogue
from tests.coached_runner import learned_baseline, new_coach


def said(record: SensorProblem | Readiness) -> list[Cue]:
    return [r for r in new_coach(learned_baseline()).push([record]) if isinstance(r, Cue)]


@pytest.mark.parametrize("problem", list(Problem))
def test_every_problem_of_a_sensor_is_a_notice_in_both_languages(problem: Problem) -> None:
    (cue,) = said(SensorProblem(20.0, "left shoe", problem))
    assert (cue.kind, cue.wording) == (CueKind.NOTICE, f"sensor_{problem}")
    texts = [catalogue(language).translate_recorded(cue.why) for language in ("en", "de")]
    assert all(text.startswith(("left shoe", "Der Messbereich von left shoe")) for text in texts)
    assert texts[0] != texts[1] != cue.why


def test_a_mount_that_slipped_is_said_and_one_that_is_being_learned_is_not() -> None:
    (cue,) = said(Readiness(20.0, "left shoe", 0, 20, shifted=True))
    assert cue.wording == "sensor_moved"
    assert "verrutscht" in catalogue("de").translate_recorded(cue.why)
    assert said(Readiness(20.0, "left shoe", 5, 20)) == []
