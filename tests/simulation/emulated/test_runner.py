"""The samples of the emulated runner: without an end, and without a jump where they begin anew."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("bumble")

from dsp.engine import Engine
from dsp.types import ImuChunk, Metric, Placement, Side, Worn
from monitor.simulation.emulated.runner import emulated_signals

RATE_HZ, SECONDS = 208.0, 100


def test_three_laps_of_the_emulated_runner_are_one_run_at_two_paces() -> None:
    left, right, _ = emulated_signals()
    worn = [Worn("L", Placement.FOOT, Side.LEFT), Worn("R", Placement.FOOT, Side.RIGHT)]
    engine, number = Engine(worn), np.arange(int(SECONDS * RATE_HZ))
    records = []
    for w, signal in zip(worn, (left, right), strict=True):
        records += engine.push(ImuChunk(w.sensor, number / RATE_HZ, *signal(number)))
    records += engine.finish()
    cadence = [
        r.estimate.value for r in records if isinstance(r, Metric) and r.estimate.metric == "cadence_spm"
    ]
    assert len(cadence) >= SECONDS - 3
    assert 160 < min(cadence) < 166
    assert 166 < max(cadence) < 172
    assert np.abs(np.diff(cadence)).max() < 2.5
