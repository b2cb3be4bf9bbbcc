"""A sensor whose range is too small says less, not something wrong."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.types import ImuChunk, Reading, Runner, Step
from tests.dsp.gait import WORN, cut, signal


def steps(chunk: ImuChunk, size: int = 10) -> list[Step]:
    engine, out = Engine([WORN["pelvis"]], Runner(height_m=1.75)), []
    for piece in cut(chunk, [size]):
        out += engine.push(Reading("belt", float(piece.t_s[0]), "speed_mps", 3.0))
        out += engine.push(piece)
    return [r for r in out + engine.finish() if isinstance(r, Step)]


def test_a_pelvis_clipped_in_flight_leaves_contact_to_speed_and_height() -> None:
    whole = signal("pelvis")
    clipped = whole.acc_ms2.copy()
    clipped[:, 2] = np.maximum(clipped[:, 2], 1.0)
    free, stuck = (
        steps(ImuChunk("pelvis", whole.t_s, acc, whole.gyr_rads)) for acc in (whole.acc_ms2, clipped)
    )
    assert len(free) == len(stuck)
    assert {e.how for s in free[4:-2] if (e := s.get("contact_ms"))} == {"pelvis"}
    assert {e.how for s in stuck[4:] if (e := s.get("contact_ms"))} == {"model"}
    assert all(s.get("vertical_oscillation_mm") is None for s in stuck[4:])
    assert all(s.to_s is None for s in stuck[4:])


def test_an_axis_that_is_dead_is_not_a_clipped_one() -> None:
    whole = signal("pelvis")
    flat = whole.acc_ms2 * (1.0, 0.0, 1.0)
    found = steps(ImuChunk("pelvis", whole.t_s, flat, whole.gyr_rads))
    assert {e.how for s in found[4:-2] if (e := s.get("contact_ms"))} == {"pelvis"}


@pytest.mark.parametrize("size", [1, 3, 50])
def test_clipping_is_found_however_the_samples_are_cut(size: int) -> None:
    whole = signal("pelvis")
    acc = whole.acc_ms2.copy()
    acc[:, 2] = np.maximum(acc[:, 2], 1.0)
    clipped = ImuChunk("pelvis", whole.t_s, acc, whole.gyr_rads)
    said = [[(s.ic_s, s.to_s, s.estimates) for s in steps(clipped, cut_at)] for cut_at in (10, size)]
    assert [s[0] for s in said[0]] == [s[0] for s in said[1]]
    assert all(to_s is None for _, to_s, _ in said[1][4:])
