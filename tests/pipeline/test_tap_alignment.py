"""Sensors brought into one time by taps that both of them felt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import Array, Placement, Side
from monitor.core.packet import Packet
from monitor.pipeline.tap_alignment import (
    Alignment,
    align_by_taps,
    alignment_advice,
    find_taps,
    sync_delays,
)
from monitor.recordings.readers import read_recording
from monitor.recordings.recording import Recording
from monitor.recordings.signals import Signal, recording_from_signals
from monitor.recordings.tape import Tape, TapeHeader
from monitor.service.sensor_alignment import acceleration_signals, write_sync_delays_to_tape

STILL_S = 20.0
RATE_HZ = 200.0
LATE_S = 0.037  # the right shoe's packets come later by this, always


def knocked(t_s: Array, acc: Array, at_s: list[float], seed: int) -> Array:
    """The same with knocks: 8 ms pulses that ring, each of its own strength and direction."""
    rng, out = np.random.default_rng(seed), acc.copy()
    for at in at_s:
        x = t_s - at
        pulse = np.where(x >= 0, np.exp(-np.maximum(x, 0) / 0.01) * np.cos(2 * np.pi * 35 * x), 0.0)
        pulse[(x > -0.004) & (x < 0)] = 1.0
        direction = rng.normal(size=3)
        out += np.outer(pulse, direction / np.linalg.norm(direction)) * rng.uniform(25, 60)
    return out


def shoes(taps: list[float], run_s: float = 60.0) -> Recording:
    """Stand, run, stand; both shoes are knocked at the same instants."""
    bouts = [Bout(seconds=run_s, speed_mps=2.8)]
    run, signals = simulated_run(bouts, seed=3), []
    for n, side in enumerate(Side):
        c = simulated_imu(run, Placement.FOOT, side, Device(), f"foot{side}", 5 + n)
        assert c.gyr_rads is not None
        rest = np.arange(0, STILL_S, 1 / RATE_HZ)
        noise = np.random.default_rng(n)
        up = np.array([0.0, 0.0, 9.81])
        still = [up + noise.normal(0, 0.05, (len(rest), 3)) for _ in range(2)]
        t_s = np.concatenate((rest, STILL_S + c.t_s - c.t_s[0], STILL_S + run_s + 0.5 + rest))
        order = np.concatenate(([True], np.diff(t_s) > 0))
        acc = np.concatenate((still[0], c.acc_ms2, still[1]))
        gyr = np.concatenate((rest[:, None] * [0, 0, 0], c.gyr_rads, rest[:, None] * [0, 0, 0]))
        acc = knocked(t_s, acc, taps, seed=9 + n)
        signals.append(Signal(Placement.FOOT, side, t_s[order], acc[order], gyr[order]))
    return recording_from_signals("knocked shoes", signals)


def late(recording: Recording, by_s: float = LATE_S) -> Recording:
    """The right shoe's packets arrive later."""

    def packets() -> list[Packet]:
        moved = [
            replace(p, arrival_ns=p.arrival_ns + round(by_s * 1e9)) if p.sensor == "footR" else p
            for p in recording.packets()
        ]
        return sorted(moved, key=lambda p: p.arrival_ns)

    return replace(recording, packets=lambda: iter(packets()))


END_S = STILL_S + 60.5 + 8
TAPS = [6.0, 7.1, 7.9, END_S, END_S + 0.9, END_S + 2.1]


def test_taps_are_found_and_steps_are_not() -> None:
    signals = acceleration_signals(late(shoes(TAPS), 0.0))
    for t_s, acc in signals.values():
        assert find_taps(t_s, acc) == pytest.approx(TAPS, abs=0.005)


def test_the_offset_is_found_at_both_ends_with_its_uncertainty() -> None:
    (found,) = align_by_taps(acceleration_signals(late(shoes(TAPS))))
    assert found.sensor == "footR"
    assert found.end is not None
    for end in (found.start, found.end):
        assert end.taps == 3
        assert end.offset_s == pytest.approx(LATE_S, abs=0.004)
        assert end.sd_s < 0.003
    assert found.delay_s == pytest.approx(LATE_S, abs=4 * found.sd_s)
    assert found.drift_ppm is not None
    drift, sd = found.drift_ppm
    assert abs(drift) < 4 * sd
    assert sync_delays("footL", [found]) == {"footL": 0.0, "footR": found.delay_s}


def test_the_earliest_sensor_stays_where_it_is() -> None:
    (found,) = align_by_taps(acceleration_signals(late(shoes(TAPS), -0.02)))
    assert sync_delays("footL", [found]) == pytest.approx({"footL": 0.02, "footR": 0.0}, abs=0.004)


def test_without_taps_nothing_is_claimed() -> None:
    assert align_by_taps(acceleration_signals(shoes([]))) == []
    assert align_by_taps(acceleration_signals(shoes([6.0, 7.1]))) == []  # two could be chance


def test_taps_at_the_start_alone_give_no_drift() -> None:
    (found,) = align_by_taps(acceleration_signals(late(shoes(TAPS[:3]))))
    assert found.end is None
    assert found.drift_ppm is None
    assert found.delay_s == pytest.approx(LATE_S, abs=0.004)


def test_taps_that_fit_in_two_ways_decide_nothing() -> None:
    """Evenly spaced ones of which either sensor missed another."""
    t = np.arange(0, 30, 0.005)
    up = np.tile([0.0, 0.0, 9.81], (len(t), 1))
    even = [5.0, 5.5, 6.0, 6.5]
    signals = {"a": (t, knocked(t, up, even[:3], 1)), "b": (t, knocked(t, up, even[1:], 2))}
    found = align_by_taps(signals)
    assert not found or found[0].start.offset_s == pytest.approx(0.5, abs=0.01)


def test_the_uncertainty_is_that_of_the_errors() -> None:
    """Sensors sample at their own instants: 60 pairs knocked five times, at 104 Hz."""
    t, rng, ratios = np.arange(0, 20, 1 / 104), np.random.default_rng(4), []
    for n in range(60):
        offset = rng.uniform(-0.05, 0.05)
        taps = (5 + np.arange(5) * 0.9 + rng.uniform(0, 0.3, 5)).tolist()
        signals = {}
        for name, late_s in (("a", 0.0), ("b", offset)):
            own = t + rng.uniform(0, 1 / 104)
            acc = rng.normal((0.0, 0.0, 9.81), 0.08, (len(t), 3))
            signals[name] = (own + late_s, knocked(own, acc, taps, 2 * n + (name == "b")))
        for found in align_by_taps(signals):
            ratios.append((found.start.offset_s - offset) / found.start.sd_s)
    assert len(ratios) > 50
    assert 0.5 < np.sqrt(np.mean(np.square(ratios))) < 1.5


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    recording = late(shoes(TAPS))
    made = Tape(
        tmp_path / "run.tape", TapeHeader("s", "2026-01-01T00:00:00+00:00", recording.settings, "0")
    )
    for packet in recording.packets():
        made.append(packet)
    made.finish()
    return made.path


def test_a_tape_that_was_settled_is_aligned_from_then_on(tape: Path) -> None:
    (before,) = align_by_taps(acceleration_signals(read_recording(tape)))
    write_sync_delays_to_tape(tape, sync_delays("footL", [before]))
    assert [s.sync_delay_s for s in read_recording(tape).settings.sensors] == [
        0.0,
        pytest.approx(before.delay_s),
    ]
    (after,) = align_by_taps(acceleration_signals(read_recording(tape)))
    assert after.delay_s == pytest.approx(0.0, abs=1e-3)
    packets = [p.payload for p in read_recording(tape).packets()]
    assert packets == [p.payload for p in late(shoes(TAPS)).packets()]  # what came is untouched


def test_uncertainty_covers_what_the_ends_disagree_by() -> None:
    (found,) = align_by_taps(acceleration_signals(late(shoes(TAPS))))
    assert found.end is not None
    torn = Alignment("footR", found.start, replace(found.end, offset_s=found.start.offset_s + 0.02))
    assert torn.sd_s == pytest.approx(0.01)


def test_a_run_that_was_never_aligned_says_so() -> None:
    settings = shoes([]).settings
    assert "gaitcue sensors align" in alignment_advice(settings)
    one, other = settings.sensors
    assert alignment_advice(replace(settings, sensors=(one, replace(other, sync_delay_s=0.03)))) == ""
    assert alignment_advice(replace(settings, sensors=(one,))) == ""
