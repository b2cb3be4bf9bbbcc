"""Samples wait until they can decide something, and nothing is told later for it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dsp.detector_feed import Detection, Feed
from dsp.engine import DETECTORS, Engine
from dsp.types import Contact, Gap, ImuChunk, Metric, Placement, Record, Side, Step, Worn
from tests.dsp.gait import (
    SIMULATED_STRIDE_S,
    WORN,
    cut,
    signal,
    steady_foot_imu,
    steady_pelvis_imu,
    without,
)

PLACEMENTS = sorted(WORN)


class Counting:
    """A detector that counts how often it is asked."""

    def __init__(self, name: str) -> None:
        self._detector = DETECTORS[Placement(name)](WORN[name])
        self.looks = 0

    @property
    def done_s(self) -> float:
        return self._detector.done_s

    @property
    def due_s(self) -> float:
        return self._detector.due_s

    @property
    def still_s(self) -> float:
        return self._detector.still_s

    def push(self, chunk: ImuChunk) -> Detection:
        self.looks += 1
        return [*self._detector.push(chunk)]

    def finish(self) -> Detection:
        return [*self._detector.finish()]


def contacts(found: list[Detection]) -> list[tuple[int, Contact]]:
    """Contacts, each with the number of the push that told it."""
    return [(k, c) for k, told in enumerate(found) for c in told if isinstance(c, Contact)]


@pytest.mark.parametrize("name", PLACEMENTS)
def test_waiting_makes_no_contact_later_and_spares_most_of_the_work(name: str) -> None:
    pieces = cut(signal(name), [4])
    eager, lazy = Counting(name), Counting(name)
    feed = Feed(lazy)
    assert contacts([feed.push(p) for p in pieces]) == contacts([eager.push(p) for p in pieces])
    assert lazy.looks < 0.62 * eager.looks


def test_a_belt_is_looked_at_little_more_than_once_a_step() -> None:
    lazy = Counting("pelvis")
    feed = Feed(lazy)
    steps = contacts([feed.push(p) for p in cut(signal("pelvis"), [10])])
    assert len(steps) > 30
    assert lazy.looks < 1.7 * len(steps)


@pytest.mark.parametrize("name", PLACEMENTS)
def test_samples_that_wait_cannot_move_what_is_decided(name: str) -> None:
    detector, before = DETECTORS[Placement(name)](WORN[name]), -1e9
    for piece in cut(signal(name), [4]):
        still_s, done_s = detector.still_s, detector.done_s
        detector.push(piece)
        if piece.t_s[-1] < still_s:
            assert detector.done_s == done_s
        assert detector.done_s >= before
        before = detector.done_s


def together(streams: list[ImuChunk], size_s: float) -> list[Record]:
    """A shoe and a belt through one engine, in turn, in pieces of ``size_s``."""
    engine, out = Engine(BOTH), list[Record]()
    for k in range(round(SECONDS / size_s)):
        for c in streams:
            a, b = np.searchsorted(c.t_s, [k * size_s - 1e-9, (k + 1) * size_s - 1e-9])
            assert c.gyr_rads is not None
            out += engine.push(ImuChunk(c.sensor, c.t_s[a:b], c.acc_ms2[a:b], c.gyr_rads[a:b]))
    return out + engine.finish()


SECONDS = 16.0
BOTH = [Worn("L", Placement.FOOT, Side.LEFT), Worn("belt", Placement.PELVIS)]


@pytest.mark.parametrize("size_s", [0.9, 2.0, 4.0, SECONDS])
def test_pieces_of_any_length_pushed_in_turn_give_the_same(size_s: float) -> None:
    """Records of each kind in the same order; what one sensor says of itself does not wait for steps."""
    belt = without(steady_pelvis_imu("belt", SECONDS), 5.0, 8.5)  # longer than anybody waits for a sensor
    streams = [steady_foot_imu("L", SECONDS), belt]
    small, large = together(streams, 0.05), together(streams, size_s)
    assert len(large) == len(small) > 300
    for kind in {type(r) for r in small}:
        assert [r for r in large if type(r) is kind] == [r for r in small if type(r) is kind]


def test_a_sensor_that_is_away_is_waited_for_until_the_time_says_so() -> None:
    engine, out = Engine(BOTH), list[Record]()
    foot, belt = steady_foot_imu("L", SECONDS), steady_pelvis_imu("belt", 8.0)
    for k in range(round(SECONDS)):
        for c in (foot, belt):
            a, b = np.searchsorted(c.t_s, [k - 1e-9, k + 1 - 1e-9])
            assert c.gyr_rads is not None
            out += engine.push(ImuChunk(c.sensor, c.t_s[a:b], c.acc_ms2[a:b], c.gyr_rads[a:b]))
    assert max(r.t_s for r in out if isinstance(r, Metric)) <= 8.0
    told = engine.advance(SECONDS)
    assert max(r.t_s for r in told if isinstance(r, Metric)) > 13.0


def test_no_stride_spans_a_gap_although_its_contacts_wait_for_another_sensor() -> None:
    foot = steady_foot_imu("L", SECONDS)
    for k in range(6):
        foot = without(foot, 6.0 + 1.3 * k * SIMULATED_STRIDE_S, 6.13 + 1.3 * k * SIMULATED_STRIDE_S)
    out = together([foot, steady_pelvis_imu("belt", SECONDS)], 0.1)
    gaps = [r for r in out if isinstance(r, Gap)]
    assert len(gaps) == 6
    spanned = 0
    for before, step in pairwise(r for r in out if isinstance(r, Step) and r.sensor == "L"):
        if any(before.ic_s < gap.start_s < step.ic_s for gap in gaps):
            stride = step.get("stride_time_ms")
            assert stride is None or stride.value != pytest.approx(
                1e3 * (step.ic_s - before.ic_s), abs=1e-6
            )
            spanned += 1
    assert spanned >= 3


def test_a_step_has_the_numbers_of_all_its_sensors_however_the_samples_are_cut() -> None:
    streams = [steady_foot_imu("L", SECONDS), steady_pelvis_imu("belt", SECONDS)]
    coarse, fine = ([r for r in together(streams, s) if isinstance(r, Step)] for s in (0.4, 0.02))
    assert coarse == fine
    seen = [s for s in fine if s.sensor == "L" and 5 < s.ic_s < 14]
    assert len(seen) > 8
    assert all(s.get("vertical_oscillation_mm") is not None for s in seen)
