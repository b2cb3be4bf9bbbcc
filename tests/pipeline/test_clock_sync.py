"""The time base against simulated links of known truth."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.types import Array
from monitor.pipeline.clock_sync import PacketTimes, SensorClock, _middle
from monitor.simulation.simulated_runner import RadioModel

PACKETS_HZ, ROWS = 13.0, 8
RATE_HZ = PACKETS_HZ * ROWS
CRYSTALS = {
    "clean": RadioModel(stall_every_s=None),
    "stalls every 20 s": RadioModel(stall_every_s=20.0),
    "stalls every 5 s": RadioModel(stall_every_s=5.0),
    "stalls and 3 % loss": RadioModel(stall_every_s=5.0, loss=0.03),
}
COUNTS = CRYSTALS | {
    "7000 ppm fast": RadioModel(stall_every_s=5.0, loss=0.03, ppm=7000.0),
    "7000 ppm slow": RadioModel(stall_every_s=20.0, ppm=-7000.0),
}
LINKS = [(name, False) for name in CRYSTALS] + [(name, True) for name in COUNTS]


def last_times(times: list[PacketTimes]) -> list[float]:
    """Session time of the last row of each packet that is placed now."""
    return [float(t.t_s[-1]) for t in times]


def place(clock: SensorClock, arrival_s: float, device_s: Array, *link: int) -> Array:
    """Times of the rows that this packet brought into use: its own, and those that waited for it."""
    t_s = np.concatenate([np.empty(0), *(t.t_s for t in clock.push(arrival_s, device_s, *link))])
    return t_s[np.isfinite(t_s)]


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
        placed += last_times(clock.push(float(arrival_s[k]), device_s))
    placed += last_times(clock.flush())
    return true_s[kept], np.array(placed), arrival_s[kept]


@pytest.mark.parametrize(("name", "counted"), LINKS)
def test_time_error_is_below_two_milliseconds_after_half_a_minute(name: str, counted: bool) -> None:
    clock, radio = SensorClock(counted=counted), COUNTS[name]
    true_s, placed_s, arrival_s = run(clock, radio)
    late = true_s > 30
    raw_ms = 1e3 * np.std(arrival_s[late] - true_s[late])
    error_ms = 1e3 * np.std(placed_s[late] - true_s[late])
    assert 15 < raw_ms < 100  # what the radio made of it
    assert error_ms < 2
    assert clock.segments == 1
    assert clock.ppm == pytest.approx(radio.ppm, abs=60)
    assert clock.sd_s is not None
    assert error_ms / 4 < 1e3 * clock.sd_s < 2
    assert 1e3 * clock.jitter_s == pytest.approx(raw_ms, rel=0.3)


@pytest.mark.parametrize(("name", "counted"), LINKS)
def test_time_moves_forward_and_never_steps_far(name: str, counted: bool) -> None:
    true_s, placed_s, arrival_s = run(SensorClock(counted=counted), COUNTS[name], seconds=120, seed=3)
    assert (np.diff(placed_s) > 0).all()
    assert (placed_s <= arrival_s).all()
    off = np.abs(np.diff(placed_s) / np.diff(true_s) - 1)[true_s[1:] > 30]
    assert (off < 0.02).all()
    assert np.mean(off < 0.005) > 0.998  # a packet that is earlier than all before it is believed at once


def test_perfect_arrivals_leave_device_times_untouched() -> None:
    clock, placed = SensorClock(), []
    device_s = np.arange(3000 * ROWS).reshape(-1, ROWS) / RATE_HZ
    for row in device_s:
        placed += place(clock, float(row[-1]), row).tolist()
    assert placed == pytest.approx(device_s[: len(placed) // ROWS].ravel(), abs=1e-9)
    assert len(placed) == device_s.size


def test_the_first_packets_wait_a_second_and_no_longer() -> None:
    clock = SensorClock()
    assert clock.push(0.2, np.array([10.0, 10.1])) == []
    assert clock.tick(1.0) == []
    (waited,) = clock.tick(1.2)
    assert waited.t_s == pytest.approx([0.1, 0.2])
    assert last_times(clock.push(1.3, np.array([11.0, 11.1]))) == pytest.approx([1.2])


def test_a_first_packet_that_is_old_does_not_set_the_clock() -> None:
    clock = SensorClock()
    placed = place(clock, 5.0, np.array([90.0, 90.1])).tolist()
    for k in range(1, 30):
        placed += place(clock, 5.0 + 0.1 * k, np.array([100.0, 100.05]) + 0.1 * k).tolist()
    assert placed[0] == pytest.approx(5.05)
    assert placed[-1] == pytest.approx(5.0 + 0.1 * 29)


def test_first_packets_that_all_come_late_are_timed_by_those_in_time() -> None:
    """Bodies of the first four seconds come at once, then each in time."""
    clock, placed = SensorClock(), []
    for k in range(20):
        arrival_s = max(4.0 + 0.001 * k, 0.5 * (k + 1))
        placed += place(clock, arrival_s, 1e9 + 0.5 * k + np.arange(50) * 0.01).tolist()
    assert placed == pytest.approx(0.01 * np.arange(1000) + 0.01, abs=0.02)


def test_a_delay_that_grows_over_a_minute_is_no_slow_clock() -> None:
    """From 0.1 to 10 s within a minute, and back at once; the device's clock is right all the time."""
    clock, true_s, placed = SensorClock(), [], []
    for k in range(400):
        taken_s = 0.5 * k + np.arange(1, 51) * 0.01
        delay_s = 0.1 + 10 * float(np.clip((taken_s[-1] - 60) / 60, 0, 1)) * (taken_s[-1] < 120)
        true_s += taken_s.tolist()
        placed += place(clock, float(taken_s[-1]) + delay_s, 700.0 + taken_s).tolist()
    error_s = np.array(placed) - np.array(true_s[: len(placed)])
    assert len(placed) == len(true_s)
    assert np.abs(error_s - 0.1).max() < 0.1


def test_a_counted_stream_whose_delay_grows_and_is_caught_up_with_is_unsure_before_it_is_wrong() -> None:
    """To 2 s within 10 s, which looks like a loss, then 0.3 s less a second, like a fast device."""
    clock, sure = SensorClock(counted=True), list[tuple[int, float]]()
    for k in range(1, 2000):
        taken_s = 0.03 * k
        delay_s = float(np.interp(taken_s, (20.0, 30.0, 36.7), (0.05, 2.05, 0.05)))
        placed = clock.push(taken_s + delay_s, taken_s + np.array([-0.02, -0.01, 0.0]))
        if clock.sd_s is not None and clock.sd_s < 0.3:  # as a session believes it
            sure += [(t.segment, float(t.t_s[-1])) for t in placed]
    pace = [(b[1] - a[1]) / 0.99 for a, b in zip(sure, sure[33:], strict=False) if a[0] == b[0]]
    assert len(pace) > 1300
    assert sum(p < 0.85 for p in pace) < 33  # one second, in which it shows


def test_a_device_that_samples_five_percent_faster_than_told_loses_nothing_once_it_is_known() -> None:
    """No packet is early, so there is no doubt about it, as there is about one that is slow."""
    clock, placed = SensorClock(counted=True), []
    true_s = np.arange(1, 6001) * 0.01 / 1.05
    for number, t in enumerate(true_s.tolist()):
        placed += last_times(clock.push(float(np.ceil(t / 0.03) * 0.03), np.array([number * 0.01])))
    late = np.array(placed)[1500:]
    assert np.isfinite(late).all()
    assert np.std(late - true_s[1500 : len(placed)]) < 0.005
    assert clock.ppm == pytest.approx(50_000, abs=500)


def test_the_uncertainty_grows_when_packets_stray_from_the_line() -> None:
    def sd_s(delays_s: Array) -> float:
        clock = SensorClock()
        for k, delay_s in enumerate(delays_s.tolist()):
            clock.push(float(np.maximum(k, 0)) + delay_s, np.array([k - 0.5, float(k)]))
        assert clock.sd_s is not None
        return clock.sd_s

    strays = np.random.default_rng(1).uniform(0, 0.9, 40)
    assert sd_s(strays * 0.01) < 0.005
    assert 0.05 < sd_s(strays) < 0.4
    assert sd_s(strays[:4]) > 1.5 * sd_s(strays)


@pytest.mark.parametrize("step_s", [0.2, 2.0, 3600.0, 2.6e6, -0.2, -2.0, -8.0, -3600.0])
@pytest.mark.parametrize("row", [0, 25])
def test_a_clock_that_is_set_leaves_the_times_as_they_were(step_s: float, row: int) -> None:
    """Set before a packet or between two of its samples."""
    clock, placed = SensorClock(), []
    for k in range(200):
        device_s = 500.0 + 0.5 * k + np.arange(50) * 0.01
        device_s[row if k == 100 else 0 :] += step_s if k >= 100 else 0.0
        placed += last_times(clock.push(0.58 + 0.5 * k, device_s, in_order=True))
    assert placed == pytest.approx(0.58 + 0.5 * np.arange(200), abs=1e-6)
    assert clock.segments == 1


@pytest.mark.parametrize(("ppm", "sure"), [(400.0, True), (70_000.0, False)])
def test_a_device_whose_own_clock_no_crystal_could_be_is_unsure_for_as_long_as_it_seems_so(
    ppm: float, sure: bool
) -> None:
    clock, rows = SensorClock(), np.arange(50) / 100.0
    for k in range(160):
        place(clock, 0.5 * k + 0.55, (0.5 * k + rows) * (1 + ppm * 1e-6))
    assert clock.ppm is not None
    assert clock.sd_s is not None
    assert clock.ppm == pytest.approx(ppm, rel=0.3)
    assert (clock.sd_s < 0.3) is sure


def test_a_pause_during_which_the_clock_was_set_is_still_a_pause() -> None:
    clock = SensorClock()
    for k in range(20):
        clock.push(0.5 * (k + 1), 500.0 + 0.5 * k + np.arange(50) * 0.01)
    t_s = place(clock, 70.0, 5000.0 + np.arange(50) * 0.01)
    assert t_s[0] == pytest.approx(69.51, abs=1e-6)
    assert t_s[-1] == pytest.approx(70.0, abs=1e-6)


def test_a_wrapping_counter_makes_no_jump() -> None:
    clock, wrap_s, placed = SensorClock(), 65.536, []
    device_s = np.arange(4000 * ROWS).reshape(-1, ROWS) / RATE_HZ
    for k, row in enumerate(device_s):
        shown = row - wrap_s * np.floor(row[-1] / wrap_s)
        arrival_s = float(row[-1]) + (0.02 if k % 7 else 0.0)
        placed += place(clock, arrival_s, shown, 0, wrap_s).tolist()
    assert placed == pytest.approx(device_s.ravel(), abs=2e-3)
    assert clock.segments == 1


def test_a_reconnect_begins_a_segment_that_keeps_the_rate() -> None:
    clock, radio = SensorClock(counted=True), RadioModel(ppm=7000, stall_every_s=None)
    run(clock, radio, seconds=100)
    learned = clock.ppm
    device_s = 1e4 + np.arange(ROWS) / RATE_HZ  # the device was rebooted meanwhile
    clock.push(140.0, device_s, link=1)
    assert clock.segments == 2
    assert clock.ppm == learned
    assert last_times(clock.flush()) == pytest.approx([140.0], abs=1e-6)


def test_a_reboot_on_the_same_link_is_seen_by_its_counter() -> None:
    clock = SensorClock()
    run(clock, RadioModel(), seconds=60, boot_s=100.0)
    clock.push(61.0, 0.1 + np.arange(ROWS) / RATE_HZ)
    assert clock.segments == 2
    assert last_times(clock.flush()) == pytest.approx([61.0], abs=1e-6)


def test_repeats_and_late_packets_are_not_placed_again() -> None:
    clock = SensorClock()
    device_s = np.arange(ROWS) / RATE_HZ
    clock.push(1.0, device_s)
    clock.push(1.01, device_s)
    clock.push(1.05, device_s + 3 / RATE_HZ)
    first, again, overlapping = clock.flush()
    assert np.isfinite(first.t_s).all()
    assert (again.t_s == -np.inf).all()
    assert np.isfinite(overlapping.t_s).tolist() == [False] * 5 + [True] * 3
    assert clock.segments == 1


def test_a_device_that_stays_behind_is_believed_in_the_end() -> None:
    clock = SensorClock()
    for k in range(26):
        clock.push(k / PACKETS_HZ, (k * ROWS + np.arange(ROWS)) / RATE_HZ)
    for k in range(13):
        clock.push(2 + k / PACKETS_HZ, (k * ROWS + np.arange(ROWS)) / RATE_HZ)
    assert clock.segments == 2


@pytest.mark.parametrize("share", [0.04, 0.05, 0.1, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_a_counted_stream_that_goes_on_losing_samples_unnoticed_is_unsure(share: float, seed: int) -> None:
    clock, unsure_s = SensorClock(counted=True), list[float]()
    radio = RadioModel(stall_every_s=None, loss=share)
    true_s = np.arange(1, int(120 * PACKETS_HZ)) / PACKETS_HZ
    arrival_s = radio.arrivals(true_s, np.random.default_rng(seed))
    back = np.arange(ROWS - 1, -1, -1) / RATE_HZ
    for number, at_s in enumerate(arrival_s[np.isfinite(arrival_s)].tolist(), start=1):
        clock.push(at_s, number / PACKETS_HZ - back)
        if clock.sd_s is not None and clock.sd_s > 0.3:  # a step
            unsure_s.append(at_s)
    assert sum(at_s > 45 for at_s in unsure_s) == np.sum(arrival_s > 45)


def test_samples_lost_once_leave_a_counted_stream_sure() -> None:
    clock, radio = SensorClock(counted=True), RadioModel(stall_every_s=None)
    true_s = np.arange(1, int(120 * PACKETS_HZ)) / PACKETS_HZ
    arrival_s = radio.arrivals(true_s, np.random.default_rng(2))
    came = (true_s < 40.0) | (true_s > 41.5)
    back = np.arange(ROWS - 1, -1, -1) / RATE_HZ
    sds = []
    for number, at_s in enumerate(arrival_s[came].tolist(), start=1):
        clock.push(at_s, number / PACKETS_HZ - back)
        sds += [] if clock.sd_s is None else [clock.sd_s]
    assert max(sds) < 0.1


@pytest.mark.parametrize("lost_s", [0.4, 3.0])
def test_a_counted_stream_that_lost_samples_unnoticed_is_put_back_in_place(lost_s: float) -> None:
    clock, radio = SensorClock(counted=True), RadioModel(stall_every_s=None)
    true_s = np.arange(1, 60 * 13) / PACKETS_HZ
    true_s[30 * 13 :] += lost_s  # samples vanish, the count goes on
    arrival_s = radio.arrivals(true_s, np.random.default_rng(2))
    counted_s = np.arange(1, len(true_s) + 1) / PACKETS_HZ
    back = np.arange(ROWS - 1, -1, -1) / RATE_HZ
    placed = []
    for a, c in zip(arrival_s.tolist(), counted_s.tolist(), strict=True):
        placed += last_times(clock.push(a, c - back))
    error_s = np.array(placed) - true_s
    assert clock.segments == 2
    before, after = error_s[20 * 13 : 30 * 13], error_s[45 * 13 :]
    assert after.mean() == pytest.approx(before.mean(), abs=0.015)


def test_a_backlog_from_before_the_session_is_left_out() -> None:
    clock = SensorClock()
    device_s = np.arange(-60 * ROWS, 60 * 13 * ROWS).reshape(-1, ROWS) / RATE_HZ
    placed = np.concatenate([place(clock, max(0.0, float(d[-1])), d) for d in device_s])
    assert placed == pytest.approx(np.arange(60 * 13 * ROWS) / RATE_HZ, abs=1e-3)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 3),  # since the packet before
            st.one_of(st.just(0.0), st.floats(-20, 20), st.sampled_from([3600.0, -3600.0, 2.6e6])),
            st.integers(1, 4),  # rows
            st.integers(0, 2),  # link
            st.one_of(st.just(0.0), st.floats(-3, 3), st.just(1e5)),  # the clock is set inside the packet
        ),
        max_size=60,
    ),
    st.sampled_from([None, 65.536]),
    st.booleans(),
    st.booleans(),
)
def test_whatever_comes_no_sample_is_later_than_its_arrival_and_times_increase(
    packets: list[tuple[float, float, int, int, float]], wrap_s: float | None, counted: bool, in_order: bool
) -> None:
    clock, twin = SensorClock(counted=counted), None
    arrivals: list[float] = []
    times: list[PacketTimes] = []
    again: list[PacketTimes] = []
    for number, (wait_s, jump_s, rows, link, set_s) in enumerate(packets):
        arrivals.append((arrivals[-1] if arrivals else 0.0) + wait_s)
        device_s = arrivals[-1] + jump_s + np.arange(rows) * 0.01
        device_s[rows // 2 :] += set_s if wrap_s is None and not counted else 0.0
        if number == len(packets) // 2:
            twin, again = copy.deepcopy(clock), list(times)
        times += clock.push(arrivals[-1], device_s, link, wrap_s, in_order=in_order)
        if twin is not None:
            again += twin.push(arrivals[-1], device_s, link, wrap_s, in_order=in_order)
    times += clock.flush()
    assert [len(t.t_s) for t in times] == [rows for _, _, rows, _, _ in packets]
    if twin is not None:
        again += twin.flush()
        assert all(np.array_equal(a.t_s, b.t_s, equal_nan=True) for a, b in zip(times, again, strict=True))
    last_t = -np.inf
    for arrival_s, found in zip(arrivals, times, strict=True):
        for t in found.t_s[np.isfinite(found.t_s)].tolist():
            assert max(last_t, -0.001) < t <= arrival_s
            last_t = t


@pytest.mark.parametrize("links", [[0, 0], [0, 1, 1], [3, 3, 4, 4]])
def test_a_packet_counts_once_in_the_jitter(links: list[int]) -> None:
    """The last segment has two packets: one on the line, one 40 ms above it, so their SD is 20 ms."""
    clock = SensorClock()
    for k, link in enumerate(links):
        late_s = 0.04 if k == len(links) - 1 else 0.0
        clock.push(0.1 + 0.2 * k + late_s, np.array([0.2 * k]), link)
    assert clock.jitter_s == pytest.approx(0.02)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_the_middle_of_values_in_order_is_their_median(values: list[float]) -> None:
    ordered = np.sort(np.array(values))
    assert _middle(ordered) == pytest.approx(float(np.median(ordered)), abs=1e-9)
