"""Modelled or measured: one answer for every estimate, and a field of its own for what a model gives."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dsp.engine import Engine
from dsp.metrics import BY_NAME, METRICS, is_modelled
from dsp.types import Estimate, Metric, Placement, Reading, Runner, Worn


def estimates_of_a_pod(*more: Reading) -> Sequence[Estimate]:
    engine = Engine([Worn("pod", Placement.POD)], Runner())
    out = []
    for t in range(60):
        for quantity, value in (("speed_mps", 3.0), ("cadence_spm", 172.0)):
            out += engine.push(Reading("pod", float(t), quantity, value))
        for reading in more:
            out += engine.push(Reading("pod", float(t), reading.quantity, reading.value))
    return [r.estimate for r in (*out, *engine.finish()) if isinstance(r, Metric)]


def test_of_a_pod_everything_but_its_own_numbers_is_modelled() -> None:
    found = estimates_of_a_pod()
    measured = {e.metric for e in found if not is_modelled(e.metric, e.how)}
    assert measured == {"cadence_spm", "speed_mps", "step_length_m"}
    assert {"contact_ms", "overstride_m", "braking_impulse_bws", "braking_dose_bws"} <= {
        e.metric for e in found if is_modelled(e.metric, e.how)
    }


def test_a_contact_time_that_the_pod_measured_is_not() -> None:
    found = estimates_of_a_pod(Reading("pod", 0.0, "contact_ms", 240.0))
    contacts = [e for e in found if e.metric == "contact_ms" and e.value == 240.0]
    assert contacts
    assert not any(is_modelled(e.metric, e.how) for e in contacts)


@pytest.mark.parametrize(
    ("metric", "how", "modelled"),
    [
        ("overstride_m", "foot", False),
        ("overstride_m", "shank", False),
        ("overstride_m", "pelvis", True),
        ("braking_impulse_bws", "foot", False),
        ("braking_impulse_bws", "shank", True),
        ("peak_braking_bw", "pod", True),
        ("contact_ms", "pelvis", False),
        ("contact_ms", "model", True),
        ("braking_dose_bws", "sum", False),
        ("speed_mps", "pod", False),
        ("heart_rate_bpm", "model 5 strap", False),
    ],
)
def test_what_no_sensor_saw_is_modelled(metric: str, how: str, modelled: bool) -> None:
    assert is_modelled(metric, how) is modelled


def test_every_field_has_numbers_of_its_own() -> None:
    fields = [m.fit for m in METRICS if m.fit is not None]
    numbers = [n for f in fields for n in (f.number, f.model_number) if n >= 0]
    assert len(numbers) == len(set(numbers))
    modelled = {e.metric for e in estimates_of_a_pod() if is_modelled(e.metric, e.how)}
    without = {m for m in modelled if (field := BY_NAME[m].fit) is not None and field.model_number < 0}
    assert not without
