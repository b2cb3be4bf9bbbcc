"""What a sensor feels of walking, jogging, jumping and riding lies on the right side of the border."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from dsp.activity import _ANKLE_RESTLESSNESS as ANKLE_BORDER
from dsp.activity import _TRUNK_VIGOUR as TRUNK_BORDER
from dsp.gait_evidence import EVIDENCE_RATE_HZ, ankle_restlessness, lands, rest_share, trunk_vigour
from dsp.types import Array

T = np.arange(0, 2, 1 / EVIDENCE_RATE_HZ)


def leg(stride_s: float, rest_s: float, swing_g: float) -> Array:
    """An ankle at 1 g for ``rest_s`` of every stride, and swinging for the rest of it."""
    at = T % stride_s
    return np.where(at < rest_s, 1.0, 1 + swing_g * np.sin(5 * np.pi * (at - rest_s) / (stride_s - rest_s)))


def flight(steps_hz: float, contact: float, peak_g: float) -> Array:
    """A trunk in free fall but for half a sine in the ``contact`` share of every step."""
    at = (T * steps_hz) % 1
    return np.where(at < contact, peak_g * np.sin(np.pi * at / contact), 0.2)


def test_a_leg_that_rests_walks_and_one_that_never_does_runs() -> None:
    walking = [leg(1.1, 0.3, 1.2), leg(1.3, 0.25, 0.9), leg(1.0, 0.26, 1.0)]
    running = [leg(0.75, 0.08, 1.5), leg(0.85, 0.1, 1.2), leg(0.65, 0.0, 3.0)]
    assert max(ankle_restlessness(x) for x in walking) < ANKLE_BORDER
    assert min(ankle_restlessness(x) for x in running) > ANKLE_BORDER


def test_a_brisk_walk_as_light_as_a_jog_is_a_walk() -> None:
    """Real: 136 steps/min down to 0.18 g, up to 1.9 g (SisFall); jogs land harder and step faster."""
    brisk = 1 + 0.85 * np.sin(2 * np.pi * 2.2 * T)
    assert brisk.min() < 0.2
    assert trunk_vigour(brisk) < TRUNK_BORDER
    jogs = [flight(140 / 60, 0.6, 2.3), flight(154 / 60, 0.65, 2.0), flight(170 / 60, 0.55, 2.8)]
    assert min(trunk_vigour(x) for x in jogs) > TRUNK_BORDER


def test_single_jumps_and_a_rough_road_have_no_step_rate() -> None:
    jump = np.ones(len(T))
    jump[20:35], jump[35:39] = 0.1, 4.0
    assert trunk_vigour(jump) == 0
    road = 1 + 0.8 * np.random.default_rng(5).standard_normal(len(T))
    assert trunk_vigour(road) == 0


def test_the_share_of_rest_counts_what_neither_turns_nor_pulls() -> None:
    acc = np.array([1.0, 1.1, 1.5, 0.9])
    gyr = np.array([0.1, 2.0, 0.1, 1.0])
    assert rest_share(acc, gyr, 1.5) == pytest.approx(0.5)
    assert rest_share(acc, gyr, 2.5) == pytest.approx(0.75)


@pytest.mark.parametrize("turns_per_min", [60, 80, 100])
def test_a_pedal_never_lands_and_a_runner_always_does(turns_per_min: int) -> None:
    t = np.arange(0, 2, 1 / EVIDENCE_RATE_HZ)
    crank = 1 + 0.6 * np.sin(2 * np.pi * turns_per_min / 60 * t)
    assert not lands(crank)
    stride = (t % 0.7) / 0.7
    running = np.where(stride < 0.3, 2.2, 1.0) + 3 * np.exp(-(((stride - 0.02) / 0.02) ** 2))
    assert lands(running)


OTHER_THREADS = """
import time
import numpy as np
from dsp.gait_evidence import trunk_vigour

window = 1 + np.sin(np.arange(100))
trunk_vigour(window)
whole_s, own_s = time.process_time(), time.thread_time()
for _ in range(1000):
    trunk_vigour(window)
whole_s, own_s = time.process_time() - whole_s, time.thread_time() - own_s
print((whole_s - own_s) / own_s)
"""


def test_vigour_is_made_by_one_core_alone() -> None:
    """Where NumPy shares a product, cores wait for each other, for milliseconds where they are busy."""
    done = subprocess.run([sys.executable, "-c", OTHER_THREADS], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.1
