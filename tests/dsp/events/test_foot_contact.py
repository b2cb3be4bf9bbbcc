"""A landing is found in walks too, and over lost samples only where seen; no stride is impossible."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.events.foot import FootDetector
from dsp.events.foot_features import saw_landing
from dsp.simulation.runner import Bout, Device, Gait, Style, simulated_imu, simulated_run
from dsp.types import Array, Contact, ImuChunk, Placement, Side, Step, Worn


@pytest.mark.parametrize("speed", [1.8, 2.0])
def test_a_walker_s_landing_is_not_looked_for_near_mid_stance_only(speed: float) -> None:
    """It was up to 0.3 s late there; three quarters are now within 20 ms and all within 80."""
    run = simulated_run([Bout(seconds=40, speed_mps=speed, gait=Gait.WALK)], seed=2)
    detector = FootDetector(Worn("shoe", Placement.FOOT, Side.LEFT))
    chunk = simulated_imu(run, Placement.FOOT, Side.LEFT, Device(rate_hz=100), "shoe")
    found = [c for c in [*detector.push(chunk), *detector.finish()] if isinstance(c, Contact)]
    left = run.ic_s[run.left]
    off_ms = np.array([1e3 * np.abs(left - c.ic_s).min() for c in found])
    learned = left[left > found[0].ic_s - 0.1]
    assert len(found) >= len(learned) - 2
    assert len(learned) > 0.7 * len(left)
    assert np.quantile(off_ms, 0.75) < 20
    assert off_ms.max() < 80


@cache
def run_in_shoes(speed_mps: float, strike_deg: float) -> tuple[Array, Array, ImuChunk]:
    """Contacts and toe-offs of the left foot, and what its shoe sends at 100 Hz."""
    bout = Bout(seconds=40, speed_mps=speed_mps, cadence_spm=170)
    run = simulated_run([bout], Style(strike_deg=strike_deg), seed=5)
    imu = simulated_imu(run, Placement.FOOT, Side.LEFT, Device(rate_hz=100), "shoe", 3)
    return run.ic_s[run.left], run.to_s[run.left], imu


def contacts_without(chunk: ImuChunk, spans: Iterable[tuple[float, float]]) -> list[Contact]:
    """Contacts after the tenth second, of what arrives when the samples of these spans are lost."""
    got = np.ones(len(chunk), bool)
    for start, stop in spans:
        got &= (chunk.t_s < start) | (chunk.t_s >= stop)
    assert chunk.gyr_rads is not None
    detector = FootDetector(Worn("shoe", Placement.FOOT, Side.LEFT))
    sent = ImuChunk("shoe", chunk.t_s[got], chunk.acc_ms2[got], chunk.gyr_rads[got])
    found = [*detector.push(sent), *detector.finish()]
    return [c for c in found if isinstance(c, Contact) and 10 < c.ic_s < 38]


@pytest.mark.parametrize("late_s", [-0.06, -0.04, -0.02, 0.0, 0.02])
def test_a_packet_lost_about_the_lift_off_costs_no_toe_off_and_a_little_certainty(late_s: float) -> None:
    _, to, imu = run_in_shoes(2.9, 0.0)
    hit, sound = to[14:-2:2], contacts_without(imu, [])
    found = contacts_without(imu, [(t + late_s, t + late_s + 0.04) for t in hit])
    assert len(found) == len(sound)
    for c, whole in zip(found, sound, strict=True):
        assert c.to_s is not None
        assert c.to_sd_s is not None
        assert whole.to_s is not None
        assert whole.to_sd_s is not None
        was_hit = np.abs(hit - whole.to_s).min() < 0.05
        assert abs(c.to_s - whole.to_s) < (3 * 0.0033 if was_hit else 3e-3)
        assert (c.to_sd_s > 1.15 * whole.to_sd_s) == was_hit
        assert c.to_sd_s < 1.4 * whole.to_sd_s


def test_two_packets_lost_about_the_lift_off_cost_it() -> None:
    _, to, imu = run_in_shoes(2.9, 0.0)
    hit = to[14:-2:2]
    for c in contacts_without(imu, [(t - 0.05, t + 0.03) for t in hit]):
        assert (c.to_s is None) == (np.abs(hit - c.ic_s - 0.25).min() < 0.1)


@pytest.mark.parametrize("strike_deg", [-15.0, 0.0, 10.0])
@pytest.mark.parametrize("speed_mps", [2.5, 4.5])
@pytest.mark.parametrize("lost_s", [0.1, 0.2])
def test_a_landing_in_a_hole_is_not_taken_for_what_follows_it(
    strike_deg: float, speed_mps: float, lost_s: float
) -> None:
    """A forefoot runner's was claimed 65 to 76 ms late."""
    ic, _, imu = run_in_shoes(speed_mps, strike_deg)
    hit, others = ic[12:-3:2], ic[13:-3:2]
    for end_s in np.arange(0.0, 0.1, 0.02):
        found = np.array(
            [c.ic_s for c in contacts_without(imu, [(t + end_s - lost_s, t + end_s) for t in hit])]
        )
        nearest = ic[np.argmin(np.abs(ic[None] - found[:, None]), axis=1)]
        assert np.abs(found - nearest).max() < 0.012
        assert all(np.abs(found - t).min() < 0.012 for t in others if 10.1 < t < 37.9)


@pytest.mark.parametrize("after_s", [0.03, 0.05])
def test_a_hole_right_after_a_landing_does_not_move_it(after_s: float) -> None:
    """Toes that were up by 80 deg made it 31 ms early."""
    ic, _, imu = run_in_shoes(4.5, 10.0)
    found = contacts_without(imu, [(t + after_s, t + after_s + 0.1) for t in ic[12:-3:2]])
    assert len(found) >= 18
    assert max(np.abs(ic - c.ic_s).min() for c in found) < 0.012


def test_terms_of_which_none_was_seen_or_that_no_foot_has_are_no_landing_s() -> None:
    landing = {"fall_ms": -24.0, "slow_ms": 25.0, "pitch_max_deg": 20.0}
    assert saw_landing(landing)
    assert saw_landing({**landing, "fall_ms": -22.0})
    assert saw_landing({**landing, "slow_ms": 22.0})
    assert not saw_landing({**landing, "fall_ms": -22.0, "slow_ms": 22.0})
    assert not saw_landing({**landing, "pitch_max_deg": 81.0})


@pytest.mark.parametrize("seed", [1, 4])
@pytest.mark.parametrize("walk_mps", [1.2, 1.5, 1.8])
def test_who_begins_to_run_after_walking_climbs_and_falls_nowhere(walk_mps: float, seed: int) -> None:
    """The first stride was read with up to -1000 % of slope, and braking was wrong for twelve seconds."""
    bouts = [
        Bout(seconds=10, speed_mps=walk_mps, gait=Gait.WALK),
        Bout(seconds=20, speed_mps=2.8),
    ]
    run = simulated_run(bouts, seed=seed)
    shoe = simulated_imu(run, Placement.FOOT, Side.LEFT, Device(rate_hz=100), "shoe", seed)
    engine = Engine([Worn("shoe", Placement.FOOT, Side.LEFT)])
    steps = [r for r in [*engine.push(shoe), *engine.finish()] if isinstance(r, Step)]
    slopes = [e.value for s in steps if (e := s.get("slope_pct")) is not None]
    assert len(slopes) > 15
    assert max(map(abs, slopes)) < 15
    braking = [e.value for s in steps if s.ic_s > 14 and (e := s.get("braking_impulse_bws")) is not None]
    assert len(braking) > 10
    assert max(braking) < 0.025
