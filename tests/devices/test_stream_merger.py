"""Signals that come apart are put together without inventing anything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.types import Array
from monitor.devices.sample_times import SampleTimer
from monitor.devices.stream_merger import KEEP_S, StreamMerger


def line(t: Array) -> Array:
    return np.outer(t, [1.0, -2.0, 0.5])


def all_of(join: StreamMerger) -> tuple[Array, list[Array]]:
    got = join.take()
    assert got is not None
    return got


def test_the_second_signal_is_interpolated_at_the_times_of_the_first() -> None:
    join = StreamMerger(("acc", "gyr"), hole_s=0.1)
    t = np.arange(20) * 0.02
    other = np.arange(-1, 30) * 0.013
    join.push("acc", t, line(t))
    assert join.take() is None
    join.push("gyr", other, line(other) + 3)
    times, (acc, gyr) = all_of(join)
    assert times == pytest.approx(t[t <= other[-1]])
    assert acc == pytest.approx(line(times))
    assert gyr == pytest.approx(line(times) + 3)


def test_rows_inside_a_hole_are_dropped() -> None:
    join = StreamMerger(("acc", "gyr"), hole_s=0.05)
    t = np.arange(100) * 0.01
    holed = t[(t < 0.295) | (t > 0.605)]
    join.push("acc", t, line(t))
    join.push("gyr", holed, line(holed))
    times, _ = all_of(join)
    assert not ((times > 0.295) & (times < 0.595)).any()
    assert len(times) == len(holed)


def test_rows_do_not_wait_for_ever() -> None:
    join = StreamMerger(("acc", "gyr"), hole_s=0.05)
    for k in range(100):
        t = k + np.arange(0, 1, 0.01)
        join.push("acc", t, line(t))
        assert join.take() is None
    assert len(join._t["acc"]) <= (KEEP_S + 1) * 100 + 1


def test_a_clock_that_is_set_back_starts_again() -> None:
    join = StreamMerger(("acc", "gyr"), hole_s=0.05)
    for start in (1000.0, 5.0):
        t = start + np.arange(0, 1, 0.01)
        join.push("acc", t, line(t))
        join.push("gyr", t, line(t))
        times, _ = all_of(join)
        assert times == pytest.approx(t)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 30)), min_size=1, max_size=40))
def test_how_the_signals_were_cut_does_not_matter(cuts: list[tuple[int, int]]) -> None:
    t = np.arange(600) * 0.01
    join, at, got = StreamMerger(("acc", "gyr"), hole_s=0.05), [0, 0], []
    for which, n in cuts:
        name = ("acc", "gyr")[which]
        piece = t[at[which] : at[which] + n]
        at[which] += n
        join.push(name, piece, line(piece))
        if (taken := join.take()) is not None:
            assert taken[1][1] == pytest.approx(line(taken[0]))
            got += taken[0].tolist()
    whole = t[: min(at)] if min(at) else t[:0]
    assert got == pytest.approx(whole.tolist())


@pytest.mark.parametrize("rate_hz", [101.0, 104.0, 107.0])
def test_samples_of_a_device_off_its_rate_lie_evenly(rate_hz: float) -> None:
    """A clock of milliseconds, times of the first sample, packets of 8 from a nominal 104 Hz."""
    spacing = SampleTimer(104.0)
    true = np.arange(2000) / rate_hz
    got = np.concatenate(
        [spacing.from_first(np.floor(true[k] * 1000) / 1000, 8) for k in range(0, 2000, 8)]
    )
    assert (np.diff(got) > 0).all()
    assert np.std((got - true)[400:]) < 0.0006  # a uniform millisecond has 0.29 ms


def test_samples_before_a_last_time_fill_the_time_since_the_packet_before() -> None:
    spacing = SampleTimer(200.0)
    first = spacing.to_last(1.0, 4)
    assert first == pytest.approx([0.985, 0.99, 0.995, 1.0])
    assert spacing.to_last(1.0204, 4) == pytest.approx(1.0 + np.arange(1, 5) * 0.0051)
    after_a_loss = spacing.to_last(1.5, 4)
    assert np.diff(after_a_loss) == pytest.approx(0.0051)


def test_a_clock_that_wraps_between_packets_keeps_its_interval() -> None:
    wrap_s = 2**32 / 1e6
    spacing = SampleTimer(100.0, wrap_s)
    spacing.from_first(wrap_s - 0.098, 10)
    assert np.diff(spacing.from_first(0.0, 10)) == pytest.approx(0.0098)
