"""A step finds its estimates by metric, and this index is no part of what it is."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import pytest

from dsp.types import Estimate, Side, Step
from monitor.core.json_codec import from_json, to_json

CADENCE = Estimate("cadence_spm", 171.0, 0.4, "foot")
CONTACT = Estimate("contact_ms", 240.0, 6.0, "foot")
STEP = Step("left", Side.LEFT, 4.1, 4.35, (CADENCE, CONTACT))


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda step: pickle.loads(pickle.dumps(step)),
        lambda step: from_json(Step, to_json(step)),
        lambda step: replace(step, sensor="left"),
    ],
    ids=["copy", "deepcopy", "pickle", "json", "replace"],
)
def test_every_copy_of_a_step_is_equal_and_answers_alike(copied: Callable[[Step], Step]) -> None:
    step = copied(STEP)
    assert step == STEP
    assert hash(step) == hash(STEP)
    assert repr(step) == repr(STEP)
    assert step.get("contact_ms") == CONTACT
    assert step.get("power_w") is None


def test_a_changed_step_answers_with_its_new_estimates() -> None:
    assert replace(STEP, estimates=(CADENCE,)).get("contact_ms") is None


def test_of_two_estimates_of_one_metric_the_first_counts() -> None:
    assert replace(STEP, estimates=(CONTACT, replace(CONTACT, value=1.0))).get("contact_ms") is CONTACT


def test_the_index_is_neither_stored_nor_matched_nor_to_be_changed() -> None:
    assert set(to_json(STEP)) == {"sensor", "side", "ic_s", "to_s", "estimates"}
    match STEP:
        case Step(sensor, side, ic_s, to_s, estimates):
            assert (sensor, side, ic_s, to_s, estimates) == (
                "left", Side.LEFT, 4.1, 4.35, (CADENCE, CONTACT),
            )  # fmt: skip
    with pytest.raises(FrozenInstanceError):
        STEP.estimates = ()  # type: ignore[misc]
