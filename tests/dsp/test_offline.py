"""Looking ahead must give better numbers than not looking ahead, or it is not worth having."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.offline import OFFLINE_REST_S, centred_mean, steps_after_rehearsal, undo_smoothing
from dsp.readings import Readings
from dsp.simulation.runner import Bout, Device, SimulatedRun, simulated_imu, simulated_run
from dsp.speed import SpeedFusion
from dsp.types import ImuChunk, Metric, Placement, Runner, Side, Step, Worn

BOUTS = [Bout(seconds=20.0, speed_mps=2.4 + 0.7 * (k % 2)) for k in range(6)]
RUN = simulated_run(BOUTS, seed=4)
SHOES = [Worn("L", Placement.FOOT, Side.LEFT), Worn("R", Placement.FOOT, Side.RIGHT)]


def worn_by(run: SimulatedRun) -> list[ImuChunk]:
    turned = Device(misaligned_deg=(14.0, 9.0, -20.0))
    return [simulated_imu(run, w.placement, w.side, turned, w.sensor, seed=n) for n, w in enumerate(SHOES)]


def pieces(chunks: list[ImuChunk], start_s: float, end_s: float) -> list[ImuChunk]:
    """Half a second of each sensor in turn."""
    out = []
    for a in np.arange(start_s, end_s, 0.5):
        for c in chunks:
            rows = slice(*np.searchsorted(c.t_s, (a - 1e-9, min(a + 0.5, end_s) - 1e-9)))
            assert c.gyr_rads is not None
            out.append(ImuChunk(c.sensor, c.t_s[rows], c.acc_ms2[rows], c.gyr_rads[rows]))
    return out


@pytest.fixture(scope="module")
def chunks() -> list[ImuChunk]:
    return worn_by(RUN)


@pytest.fixture(scope="module")
def records(chunks: list[ImuChunk]) -> list[object]:
    engine = Engine(SHOES)
    return [r for c in pieces(chunks, 0, RUN.seconds) for r in engine.push(c)] + list(engine.finish())


def truth(name: str, t_s: np.ndarray) -> np.ndarray:
    values = RUN.cadence_spm if name == "cadence_spm" else RUN.speed_mps
    return np.asarray(values[np.clip(np.searchsorted(RUN.ic_s, t_s, side="right") - 1, 0, None)])


@pytest.mark.parametrize("name", ["cadence_spm", "speed_mps"])
def test_a_second_looked_at_again_is_nearer_the_truth(records: list[object], name: str) -> None:
    steps = sorted((r for r in records if isinstance(r, Step)), key=lambda s: s.ic_s)
    live = {
        r.t_s: r.estimate.value
        for r in records
        if isinstance(r, Metric) and r.estimate.metric == name and not r.side
    }
    t_s = np.array([t for t in live if 10 < t < 115])
    ic_s = np.array([s.ic_s for s in steps])
    value = np.array([e.value if (e := s.get(name)) else np.nan for s in steps])
    again = centred_mean(t_s, ic_s, undo_smoothing(ic_s, value) if name == "speed_mps" else value)
    real = truth(name, t_s)
    off_live = np.sqrt(np.mean((np.array([live[t] for t in t_s.tolist()]) - real) ** 2))
    off_again = np.sqrt(np.mean((again - real) ** 2))
    assert off_again < 0.8 * off_live


def test_what_the_live_filter_did_is_undone_exactly() -> None:
    book, ic_s = SpeedFusion(), np.arange(60) * 0.36
    raw = 3 + np.random.default_rng(2).normal(0, 0.1, 60)
    live = []
    for t, v in zip(ic_s.tolist(), raw.tolist(), strict=True):
        book.push_foot(t, v)
        found, _ = book.at(t, Readings())
        assert found is not None
        live.append(found.value)
    assert undo_smoothing(ic_s, np.array(live)) == pytest.approx(raw, abs=1e-9)


def test_nothing_is_smoothed_across_a_hole_or_made_up() -> None:
    ic_s = np.concatenate((np.arange(20) * 0.4, 60 + np.arange(20) * 0.4))
    speed = np.where(ic_s < 30, 2.0, 4.0)
    speed[5] = np.nan
    out = undo_smoothing(ic_s, speed)
    assert np.isnan(out[5])
    assert out[~np.isnan(out)] == pytest.approx(speed[~np.isnan(speed)])
    assert np.isnan(centred_mean(np.array([30.0]), ic_s, speed)).all()


def test_the_first_strides_are_better_with_axes_learned_from_later_ones(
    chunks: list[ImuChunk], records: list[object]
) -> None:
    early, later = pieces(chunks, 0, 15), pieces(chunks, 15, 75)
    again = steps_after_rehearsal(SHOES, Runner(), early, later, 75 + OFFLINE_REST_S)
    live = [r for r in records if isinstance(r, Step)]

    def off(steps: list[Step]) -> float:
        angles = [e.value for s in steps if s.ic_s < 4 and (e := s.get("foot_strike_deg"))]
        settled = np.mean([e.value for s in live if 44 < s.ic_s < 58 and (e := s.get("foot_strike_deg"))])
        assert len(angles) > 3
        return float(np.abs(np.array(angles) - settled).mean())

    assert again[0].ic_s == pytest.approx(live[0].ic_s, abs=0.02)
    assert off(again) <= off(live)
