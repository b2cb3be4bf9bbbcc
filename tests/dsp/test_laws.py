"""The five laws, for every detector and for the engine."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.engine import DETECTORS, Engine
from dsp.simulation.mishaps import with_bursts_lost
from dsp.simulation.runner import Bout, Device, Gait, simulated_imu, simulated_run
from dsp.types import Contact, Gap, ImuChunk, Placement, Record, Step
from tests.deep import example_count
from tests.dsp.gait import SIMULATED_STRIDE_S, WORN, cut, signal, without

PLACEMENTS = sorted(WORN)


def stage(name: str):
    return DETECTORS[Placement(name)](WORN[name])


def run(detector, pieces: list[ImuChunk]) -> list[object]:
    return [found for piece in pieces for found in detector.push(piece)]


def engine_records(pieces: list[ImuChunk], name: str) -> list[Record]:
    engine = Engine([WORN[name]])
    return [r for piece in pieces for r in engine.push(piece)] + engine.finish()


WHOLE = {name: run(stage(name), [signal(name)]) for name in PLACEMENTS}


@pytest.mark.parametrize("name", PLACEMENTS)
@settings(max_examples=example_count(5, 50), deadline=None)
@given(sizes=st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_chunking_never_matters_to_a_detector(name: str, sizes: list[int]) -> None:
    assert run(stage(name), cut(signal(name), sizes)) == WHOLE[name]


@pytest.mark.parametrize("name", PLACEMENTS)
@pytest.mark.parametrize("sizes", [[1], [7, 3], [40, 1, 200]])
def test_chunking_never_matters_where_packets_are_lost(name: str, sizes: list[int]) -> None:
    chunk = with_bursts_lost(signal(name), 0.2, 3)
    assert run(stage(name), cut(chunk, sizes)) == run(stage(name), [chunk])


@pytest.mark.parametrize("name", PLACEMENTS)
@settings(max_examples=example_count(3, 30), deadline=None)
@given(sizes=st.lists(st.integers(5, 150), min_size=1, max_size=6))
def test_chunking_never_matters_to_the_engine(name: str, sizes: list[int]) -> None:
    def certain(records: list[Record]) -> list[str]:
        return sorted(repr(r) for r in records)

    assert certain(engine_records(cut(signal(name), sizes), name)) == certain(
        engine_records(cut(signal(name), [20]), name)
    )


@pytest.mark.parametrize("name", PLACEMENTS)
def test_an_empty_chunk_is_nothing(name: str) -> None:
    empty = ImuChunk(name, np.empty(0), np.empty((0, 3)), np.empty((0, 3)))
    pieces = [empty]
    for piece in cut(signal(name), [333]):
        pieces += [piece, empty]
    assert run(stage(name), pieces) == WHOLE[name]


@pytest.mark.parametrize("name", PLACEMENTS)
def test_a_copied_twin_goes_on_alike(name: str) -> None:
    first, second = cut(signal(name), [1500])[0], cut(signal(name), [1500])[1:]
    detector = stage(name)
    run(detector, [first])
    twin = copy.deepcopy(detector)
    assert run(detector, second) == run(twin, second)


@pytest.mark.parametrize("name", PLACEMENTS)
@pytest.mark.parametrize("at", [40, 300, 1000])
def test_a_session_that_was_saved_goes_on_alike(name: str, at: int) -> None:
    first, second = cut(signal(name), [at])[0], cut(signal(name), [at])[1:]
    engine = Engine([WORN[name]])
    for piece in cut(first, [20]):
        engine.push(piece)
    restored = pickle.loads(pickle.dumps(engine))
    assert repr([*restored.push(second[0]), *restored.finish()]) == repr(
        [*engine.push(second[0]), *engine.finish()]
    )


@pytest.mark.parametrize("name", PLACEMENTS)
@pytest.mark.parametrize("at", [40, 300, 1500])
def test_the_state_alone_is_a_snapshot(name: str, at: int) -> None:
    """Learning, just learned, and settled: a fresh detector with that state goes on alike."""
    whole = signal(name)
    first, second = cut(whole, [at])[0], cut(whole, [at])[1:]
    detector, fresh = stage(name), stage(name)
    run(detector, [first])
    fresh.state = copy.deepcopy(detector.state)
    assert (fresh.done_s, fresh.due_s, fresh.still_s) == (detector.done_s, detector.due_s, detector.still_s)
    assert run(fresh, second) + fresh.finish() == run(detector, second) + detector.finish()


@pytest.mark.parametrize("name", PLACEMENTS)
@pytest.mark.parametrize(
    ("gait", "speed_mps"), [(Gait.WALK, 1.0), (Gait.WALK, 1.3), (Gait.RUN, 2.0), (Gait.RUN, 5.0)]
)
def test_a_recording_may_end_at_any_row(name: str, gait: Gait, speed_mps: float) -> None:
    """At every row of two strides: what is found is what the whole recording finds, and nothing else."""
    worn, end_s = WORN[name], 12.0
    walk = simulated_run([Bout(seconds=end_s + 3, speed_mps=speed_mps, gait=gait)], seed=3)
    whole = simulated_imu(walk, worn.placement, worn.side, Device(rate_hz=100), name, 3)
    found = np.array([c.ic_s for c in run(stage(name), [whole]) if isinstance(c, Contact)])
    pieces, detector, ends = cut(whole, [1]), stage(name), 0
    stride_s = float(2 * np.diff(walk.ic_s).mean())
    for piece in pieces[: round(100 * end_s)]:
        detector.push(piece)
        if piece.t_s[0] < end_s - 2 * stride_s:
            continue
        ended, ends = stage(name), ends + 1
        ended.state = copy.deepcopy(detector.state)
        last = [c for c in ended.finish() if isinstance(c, Contact)]
        assert all(np.any(np.abs(found - c.ic_s) < 0.1) for c in last)
    assert ends >= 2 * 100 * stride_s - 2


@pytest.mark.parametrize("name", PLACEMENTS)
def test_nothing_but_the_state_changes(name: str) -> None:
    detector = stage(name)
    before = {k: copy.deepcopy(v) for k, v in vars(detector).items() if k != "state"}
    run(detector, cut(without(signal(name), 8.0, 8.5), [333]))
    detector.finish()
    assert {k: v for k, v in vars(detector).items() if k != "state"} == before


@pytest.mark.parametrize("name", PLACEMENTS)
def test_settings_of_a_detector_know_their_limits(name: str) -> None:
    params = stage(name).params
    for field in dataclasses.fields(params):
        with pytest.raises(ValueError, match=field.name):
            dataclasses.replace(params, **{field.name: -1.0})


@pytest.mark.parametrize("name", PLACEMENTS)
def test_inputs_are_not_changed(name: str) -> None:
    chunk, untouched = signal(name), signal(name)
    for array in (chunk.t_s, chunk.acc_ms2, chunk.gyr_rads):
        array.flags.writeable = False
    run(stage(name), [chunk])
    assert np.array_equal(chunk.acc_ms2, untouched.acc_ms2)


@pytest.mark.parametrize("name", PLACEMENTS)
def test_a_gap_is_told_once_and_no_step_spans_it(name: str) -> None:
    found = run(stage(name), [without(signal(name), 8.0, 8.5)])
    gaps = [f for f in found if isinstance(f, Gap)]
    assert len(gaps) == 1
    assert gaps[0].start_s == pytest.approx(8.0, abs=0.02)
    assert gaps[0].end_s == pytest.approx(8.5, abs=0.02)
    for c in found:
        if isinstance(c, Contact) and c.to_s is not None:
            assert not (c.ic_s < 8.0 and c.to_s > 8.5)


@pytest.mark.parametrize("name", PLACEMENTS)
def test_every_stride_is_found_at_its_rhythm(name: str) -> None:
    per_stride = 2 if name == "pelvis" else 1
    times = np.array([c.ic_s for c in WHOLE[name] if isinstance(c, Contact)])
    inner = times[(times > 3) & (times < 12)]
    assert abs(len(inner) - 9 / SIMULATED_STRIDE_S * per_stride) <= 1.5
    assert np.median(np.diff(inner)) == pytest.approx(SIMULATED_STRIDE_S / per_stride, abs=0.01)


@pytest.mark.parametrize("name", PLACEMENTS)
def test_cadence_is_never_off_by_two(name: str) -> None:
    steps = [r for r in engine_records(cut(signal(name), [20]), name) if isinstance(r, Step)]
    cadence = [e.value for s in steps if (e := s.get("cadence_spm")) is not None]
    assert len(cadence) > 10
    assert np.allclose(cadence, 120 / SIMULATED_STRIDE_S, atol=3)


def test_a_placement_never_claims_what_it_cannot_see() -> None:
    steps = [r for r in engine_records(cut(signal("ankle"), [20]), "ankle") if isinstance(r, Step)]
    metrics = {e.metric for s in steps for e in s.estimates}
    assert metrics <= {"cadence_spm", "stride_time_ms", "step_time_ms"}
