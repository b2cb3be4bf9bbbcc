"""What several sensors saw of one landing is one step, told by the best of them."""

from __future__ import annotations

import pytest

from dsp.activity import ActivityLog
from dsp.models import MODELS
from dsp.readings import Readings
from dsp.step_fusion import StepFusion
from dsp.types import Activity, ActivityChange, Contact, Gap, Placement, Runner, Side, Step, Worn

FEET = [Worn("left", Placement.FOOT, Side.LEFT), Worn("right", Placement.FOOT, Side.RIGHT)]
ANKLE = Worn("ankle", Placement.ANKLE, Side.LEFT)


def landing(worn: Worn, ic_s: float, to_s: float | None = None) -> Contact:
    return Contact(worn.sensor, worn.placement, worn.side, ic_s, to_s, 0.01, 0.02, known_s=ic_s + 0.4)


class Run:
    """A runner who ran from the start."""

    def __init__(self, *worn: Worn) -> None:
        self.fusion = StepFusion(worn, Runner(), MODELS)
        self.log = ActivityLog()
        self.log.push(ActivityChange(0.0, Activity.RUN, 0.0))

    def lands(self, *group: Contact) -> Step | None:
        return self.fusion.push(group, Readings(), self.log)


def value(step: Step | None, metric: str) -> float | None:
    assert step is not None
    found = step.get(metric)
    return None if found is None else found.value


def test_a_step_takes_time_and_side_from_the_best_sensor_that_saw_it() -> None:
    run = Run(FEET[0], ANKLE)
    step = run.lands(landing(ANKLE, 10.03), landing(FEET[0], 10.0, 10.25))
    assert step is not None
    assert (step.sensor, step.side, step.ic_s, step.to_s) == ("left", Side.LEFT, 10.0, 10.25)


def test_what_a_better_sensor_of_that_leg_did_not_see_is_no_step() -> None:
    run = Run(FEET[0], ANKLE)
    assert run.lands(landing(FEET[0], 10.0))
    assert run.lands(landing(ANKLE, 10.4)) is None
    assert run.lands(landing(ANKLE, 12.0)) is not None  # the foot has been silent for two strides


def test_a_step_lasts_from_the_other_foot_to_this_one() -> None:
    run = Run(*FEET)
    for k in range(6):
        step = run.lands(landing(FEET[k % 2], 10.0 + 0.35 * k))
    assert value(step, "step_time_ms") == pytest.approx(350.0)
    assert value(step, "stride_time_ms") == pytest.approx(700.0)


def test_no_stride_spans_a_gap() -> None:
    run = Run(*FEET)
    for k in range(6):
        run.lands(landing(FEET[k % 2], 10.0 + 0.35 * k))
    run.fusion.note_gap(Gap("left", 11.8, 12.0))
    assert value(run.lands(landing(FEET[0], 12.1)), "stride_time_ms") is None
    assert value(run.lands(landing(FEET[0], 12.8)), "stride_time_ms") == pytest.approx(700.0)
