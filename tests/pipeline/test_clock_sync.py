"""The time base against simulated links of known truth."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.types import Array
from monitor.pipeline.clock_sync import SensorClock
from monitor.simulation.simulated_runner import RadioModel

PACKETS_HZ, ROWS = 13.0, 8
RATE_HZ = PACKETS_HZ * ROWS
LINKS = {
    "clean": RadioModel(stall_every_s=None),
    "stalls every 20 s": RadioModel(stall_every_s=20.0),
    "stalls every 5 s": RadioModel(stall_every_s=5.0),
    "stalls and 3 % loss": RadioModel(stall_every_s=5.0, loss=0.03),
    "7000 ppm fast": RadioModel(stall_every_s=5.0, loss=0.03, ppm=7000.0),
    "7000 ppm slow": RadioModel(stall_every_s=20.0, ppm=-7000.0),
}


def run(
    clock: SensorClock, radio: RadioModel, seconds: float = 300.0, seed: int = 0, boot_s: float = 5.0
) -> tuple[Array, Array, Array]:
    """True times, session times and raw arrivals of the last sample of every packet that arrives."""
    true_s = np.arange(1, int(seconds * PACKETS_HZ)) / PACKETS_HZ
    arrival_s = radio.arrivals(true_s, np.random.default_rng(seed))
    kept = np.flatnonzero(np.isfinite(arrival_s))
    back = np.arange(ROWS - 1, -1, -1) / RATE_HZ
    placed = []
    for k in kept:
        device_s = boot_s + (true_s[k] - back) * (1 + radio.ppm * 1e-6)
        placed.append(clock.place(float(arrival_s[k]), device_s)[-1])
    return true_s[kept], np.array(placed), arrival_s[kept]


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("counted", [False, True])
def test_time_error_is_below_two_milliseconds_after_half_a_minute(name: str, counted: bool) -> None:
    clock = SensorClock(counted=counted)
    true_s, placed_s, arrival_s = run(clock, LINKS[name])
    late = true_s > 30
    raw_ms = 1e3 * np.std(arrival_s[late] - true_s[late])
    error_ms = 1e3 * np.std(placed_s[late] - true_s[late])
    assert 15 < raw_ms < 100  # what the radio made of it
    assert error_ms < 2
    assert clock.segments == 1
    assert clock.ppm == pytest.approx(LINKS[name].ppm, abs=60)
    assert clock.sd_s is not None
    assert error_ms / 4 < 1e3 * clock.sd_s < 2
    assert 1e3 * clock.jitter_s == pytest.approx(raw_ms, rel=0.3)


@pytest.mark.parametrize("name", LINKS)
def test_time_moves_forward_and_never_steps_far(name: str) -> None:
    true_s, placed_s, _ = run(SensorClock(), LINKS[name], seconds=120, seed=3)
    steps, true_steps = np.diff(placed_s), np.diff(true_s)
    assert (steps > 0).all()
    assert (np.abs(steps / true_steps - 1)[true_s[1:] > 30] < 0.005).all()


def test_perfect_arrivals_leave_device_times_untouched() -> None:
    clock = SensorClock()
    for k in range(3000):
        device_s = (k * ROWS + np.arange(ROWS)) / RATE_HZ
        assert clock.place(float(device_s[-1]), device_s) == pytest.approx(device_s, abs=1e-9)


def test_a_wrapping_counter_makes_no_jump() -> None:
    clock, wrap_s = SensorClock(), 65.536
    for k in range(4000):
        device_s = (k * ROWS + np.arange(ROWS)) / RATE_HZ
        shown = device_s - wrap_s * np.floor(device_s[-1] / wrap_s)
        arrival_s = float(device_s[-1]) + (0.02 if k % 7 else 0.0)
        assert clock.place(arrival_s, shown, wrap_s=wrap_s) == pytest.approx(device_s, abs=2e-3)
    assert clock.segments == 1


def test_a_reconnect_begins_a_segment_that_keeps_the_rate() -> None:
    clock, radio = SensorClock(), RadioModel(ppm=7000, stall_every_s=None)
    run(clock, radio, seconds=100)
    learned = clock.ppm
    device_s = 1e4 + np.arange(ROWS) / RATE_HZ  # the device was rebooted meanwhile
    t_s = clock.place(140.0, device_s, link=1)
    assert clock.segments == 2
    assert clock.ppm == learned
    assert t_s[-1] == pytest.approx(140.0, abs=1e-6)


def test_a_reboot_on_the_same_link_is_seen_by_its_counter() -> None:
    clock = SensorClock()
    run(clock, RadioModel(), seconds=60, boot_s=100.0)
    t_s = clock.place(61.0, 0.1 + np.arange(ROWS) / RATE_HZ)
    assert len(t_s) == ROWS
    assert clock.segments == 2
    assert t_s[-1] == pytest.approx(61.0, abs=1e-6)


def test_repeats_and_late_packets_are_not_placed_again() -> None:
    clock = SensorClock()
    device_s = np.arange(ROWS) / RATE_HZ
    assert len(clock.place(1.0, device_s)) == ROWS
    assert len(clock.place(1.01, device_s)) == 0
    overlapping = device_s + 3 / RATE_HZ
    assert len(clock.place(1.05, overlapping)) == 3
    assert clock.segments == 1


def test_a_device_that_stays_behind_is_believed_in_the_end() -> None:
    clock = SensorClock()
    for k in range(26):
        clock.place(k / PACKETS_HZ, (k * ROWS + np.arange(ROWS)) / RATE_HZ)
    placed = [
        len(clock.place(2 + k / PACKETS_HZ, (k * ROWS + np.arange(ROWS)) / RATE_HZ)) for k in range(13)
    ]
    assert placed.count(0) < 12
    assert clock.segments == 2


@pytest.mark.parametrize("lost_s", [0.4, 3.0])
def test_a_counted_stream_that_lost_samples_unnoticed_is_put_back_in_place(lost_s: float) -> None:
    clock, radio = SensorClock(counted=True), RadioModel(stall_every_s=None)
    true_s = np.arange(1, 60 * 13) / PACKETS_HZ
    true_s[30 * 13 :] += lost_s  # samples vanish, the count goes on
    arrival_s = radio.arrivals(true_s, np.random.default_rng(2))
    counted_s = np.arange(1, len(true_s) + 1) / PACKETS_HZ
    back = np.arange(ROWS - 1, -1, -1) / RATE_HZ
    error_s = np.array(
        [
            clock.place(float(a), c - back)[-1] - t
            for a, c, t in zip(arrival_s, counted_s, true_s, strict=True)
        ]
    )
    assert clock.segments == 2
    before, after = error_s[20 * 13 : 30 * 13], error_s[45 * 13 :]
    assert after.mean() == pytest.approx(before.mean(), abs=0.015)


def test_a_clock_that_is_set_forward_begins_a_segment() -> None:
    clock = SensorClock()
    run(clock, RadioModel(), seconds=60)
    t_s = clock.place(60.1, 5000.0 + np.arange(ROWS) / RATE_HZ)
    assert clock.segments == 2
    assert t_s[-1] < 60.2


def test_a_backlog_at_the_start_is_forgotten_without_a_step_back() -> None:
    clock = SensorClock()
    device_s = np.arange(-60 * ROWS, 60 * 13 * ROWS).reshape(-1, ROWS) / RATE_HZ
    placed = np.concatenate([clock.place(max(0.0, float(d[-1])), d) for d in device_s])
    assert (np.diff(placed) > 0).all()
    assert placed[-1] == pytest.approx(device_s[-1, -1], abs=1e-3)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 3), st.floats(-20, 20), st.integers(1, 4), st.integers(0, 2)), max_size=60
    ),
    st.sampled_from([None, 65.536]),
)
def test_whatever_comes_times_increase_and_a_twin_agrees(
    packets: list[tuple[float, float, int, int]], wrap_s: float | None
) -> None:
    clock, twin = SensorClock(), None
    arrival_s, last_t, placed = 0.0, -np.inf, []
    for number, (wait_s, jump_s, rows, link) in enumerate(packets):
        arrival_s += wait_s
        device_s = arrival_s + jump_s + np.arange(rows) * 0.01
        if number == len(packets) // 2:
            twin = copy.deepcopy(clock)
        t_s = clock.place(arrival_s, device_s, link, wrap_s)
        if twin is not None:
            assert (twin.place(arrival_s, device_s, link, wrap_s) == t_s).all()
        placed += t_s.tolist()
    for t in placed:
        assert t > last_t
        last_t = t


@pytest.mark.parametrize("links", [[0, 0], [0, 1, 1], [3, 3, 4, 4]])
def test_a_packet_counts_once_in_the_jitter(links: list[int]) -> None:
    """The last segment has two packets: one on the line, one 40 ms above it, so their SD is 20 ms."""
    clock = SensorClock()
    for k, link in enumerate(links):
        late_s = 0.04 if k == len(links) - 1 else 0.0
        clock.place(0.1 + 0.2 * k + late_s, np.array([0.2 * k]), link)
    assert clock.jitter_s == pytest.approx(0.02)
