"""Steps or strides: whom to believe, and when to change one's mind."""

from __future__ import annotations

import pytest

from dsp.types import Placement
from monitor.core.packet import Packet, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices.cadence_unit import AGREE_S, MAX_STEP_GAP_S, CadenceResolver, CadenceUnit
from monitor.devices.registry import DEVICES


def fed(
    unit: CadenceResolver, raw: float, speed_mps: float | None, seconds: float, start_s: float = 0.0
) -> list[str]:
    """One reading a second; what was said."""
    said = []
    for k in range(int(seconds) + 1):
        unit.spm(raw, speed_mps, start_s + k)
        said.append(unit.note())
    return [note for note in said if note]


def test_the_standard_is_believed_until_something_speaks_against_it() -> None:
    assert CadenceResolver().spm(75, 1.9, 0.0) == 150  # neither speed nor number tells


@pytest.mark.parametrize("device", ["TICKR X", "TICKR X 1A2B", "RUNN 4711", "Technogym Run", "tickr x"])
def test_known_step_counters_are_in_the_table(device: str) -> None:
    assert CadenceResolver(device=device).spm(75, 1.9, 0.0) == 75


def test_the_users_word_goes_before_the_table() -> None:
    unit = CadenceResolver(override="strides", device="TICKR X")
    assert unit.spm(88, 3.0, 0.0) == 176


@pytest.mark.parametrize(
    ("raw", "speed_mps", "unit"),
    [
        (161, 3.36, CadenceUnit.STEPS),  # Technogym Run; 161 strides would be 322 steps
        (187, 1.57, CadenceUnit.STEPS),  # NPE Runn
        (90, 3.0, CadenceUnit.STRIDES),  # Garmin
        (51, 1.2, CadenceUnit.STRIDES),  # a walker's strides
        (112, 1.4, CadenceUnit.STEPS),  # a walker's steps
        (124, 1.9, CadenceUnit.STEPS),  # short steps behind a pram; 248 is nobody's at that speed
        (110, None, CadenceUnit.STEPS),  # a walker's, from a pod without a speed
        (84, None, CadenceUnit.STRIDES),  # as the standard has it, where nothing speaks against it
        (110, 7.0, CadenceUnit.STRIDES),  # a sprint
    ],
)
def test_speed_and_number_tell_the_unit(raw: float, speed_mps: float | None, unit: CadenceUnit) -> None:
    resolver = CadenceResolver()
    assert fed(resolver, raw, speed_mps, AGREE_S + 1) == []
    assert resolver.unit is unit


def test_once_settled_only_long_agreement_changes_the_unit() -> None:
    unit = CadenceResolver()
    fed(unit, 90, 3.0, AGREE_S + 1)
    assert unit.unit is CadenceUnit.STRIDES
    assert fed(unit, 170, 3.0, AGREE_S - 2, start_s=100) == []
    assert unit.unit is CadenceUnit.STRIDES
    fed(unit, 90, 3.0, 2, start_s=130)  # the agreement starts anew
    assert fed(unit, 170, 3.0, AGREE_S - 2, start_s=140) == []
    assert unit.unit is CadenceUnit.STRIDES
    said = fed(unit, 170, 3.0, AGREE_S + 2, start_s=200)
    assert unit.unit is CadenceUnit.STEPS
    assert len(said) == 1


def test_evidence_across_a_silence_does_not_add_up() -> None:
    unit = CadenceResolver(override="strides")
    for k in range(40):
        unit.spm(170, 3.0, k * (MAX_STEP_GAP_S + 1))
        assert unit.note() == ""


def test_a_contradiction_of_the_user_is_told_once_and_obeyed_for_ever() -> None:
    unit = CadenceResolver(override="strides")
    said = fed(unit, 170, 3.0, 10 * AGREE_S)
    assert len(said) == 1
    assert "looks like steps" in said[0]
    assert "the settings say strides" in said[0]
    assert unit.unit is CadenceUnit.STRIDES
    assert unit.spm(170, 3.0, 1000.0) is None  # 340 steps a minute: absent rather than invented


def test_the_raw_number_is_kept_whatever_is_made_of_it() -> None:
    settings = SensorSettings(name="pod", kind="rsc", placement=Placement.POD, cadence_unit="strides")
    decoder = DEVICES["rsc"].decoder(settings)
    notes = []
    for k in range(40):
        (values,) = decoder.decode(Packet("pod", k * 10**9, "rsc", bytes.fromhex("000003AA")))
        assert isinstance(values, Values)
        assert values.values["cadence_raw"] == 170
        assert "cadence_spm" not in values.values
        notes.append(values.note)
    assert len([note for note in notes if note]) == 1
