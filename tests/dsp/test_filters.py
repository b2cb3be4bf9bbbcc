"""The building blocks do what their names say, in any cut of the input."""

from __future__ import annotations

import pickle
import subprocess
import sys
from importlib.machinery import PathFinder

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import _sigtools, lfilter

from dsp.filters import (
    Block,
    Fir,
    History,
    Hole,
    Resampler,
    RunningMean,
    parabola_offset,
    scipy_filter,
    spread,
)
from dsp.types import Array

RNG = np.random.default_rng(7)
NOISE = RNG.standard_normal((700, 3))
CUTS = st.lists(st.integers(0, 300), min_size=1, max_size=8)


def cut(x: Array, sizes: list[int]) -> list[Array]:
    return np.split(x, np.minimum(np.cumsum(sizes), len(x)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fir(5.0, 100.0),
        lambda: RunningMean(1.5, 100.0),
    ],
    ids=["fir", "running mean"],
)
@settings(max_examples=25, deadline=None)
@given(sizes=CUTS)
def test_the_answer_is_the_same_to_the_last_bit_however_the_input_was_cut(make, sizes: list[int]) -> None:
    whole, pieces = make(), make()
    assert np.array_equal(
        whole.push(NOISE), np.concatenate([pieces.push(piece) for piece in cut(NOISE, sizes)])
    )


def test_a_fir_keeps_slow_waves_at_their_delay_and_stops_fast_ones() -> None:
    t = np.arange(600) / 100.0
    slow, fast = np.sin(2 * np.pi * 1.0 * t), np.sin(2 * np.pi * 20.0 * t)
    fir = Fir(5.0, 100.0)
    out, late = fir.push(slow), fir.delay
    assert np.abs(out[200:] - slow[200 - late : 600 - late]).max() < 0.03
    assert np.abs(Fir(5.0, 100.0).push(fast)[200:]).max() < 0.01


def test_a_filter_starts_as_if_the_first_sample_had_lasted_for_ever() -> None:
    still = np.full((50, 3), 9.8)
    assert np.allclose(Fir(5.0, 100.0).push(still), 9.8, atol=1e-12)


def test_a_running_mean_is_plain_until_it_is_full_and_then_forgets() -> None:
    out = RunningMean(0.5, 100.0).push(NOISE)
    assert np.allclose(out[:50], np.cumsum(NOISE[:50], axis=0) / np.arange(1, 51)[:, None])
    assert np.allclose(out[60], 0.98 * out[59] + 0.02 * NOISE[60])


def blocks(resampler: Resampler, t: Array, x: Array) -> tuple[Array, Array]:
    found = [b for b in resampler.push(t, x) if isinstance(b, Block)]
    rate = resampler.rate_hz
    return np.concatenate([b.t0_s + np.arange(len(b.x)) / rate for b in found]), np.concatenate(
        [b.x for b in found]
    )


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 150.0, 208.0, 500.0])
def test_resampling_keeps_a_wave_of_running(rate_hz: float) -> None:
    t = np.arange(0, 5, 1 / rate_hz) + 0.3
    grid, x = blocks(Resampler(200.0), t, np.sin(2 * np.pi * 3.0 * t)[:, None])
    assert np.allclose(np.diff(grid), 0.005)
    assert np.abs(x[:, 0] - np.sin(2 * np.pi * 3.0 * grid)).max() < (0.02 if rate_hz == 50 else 0.004)


def test_jitter_of_the_sample_times_does_not_move_the_wave() -> None:
    t = np.cumsum(RNG.uniform(0.006, 0.014, 500))
    grid, x = blocks(Resampler(200.0), t, np.sin(2 * np.pi * 2.0 * t)[:, None])
    assert np.abs(x[:, 0] - np.sin(2 * np.pi * 2.0 * grid)).max() < 0.01


def test_a_short_hole_is_bridged_and_marked_a_long_one_ends_the_grid() -> None:
    t = np.arange(300) / 100.0
    keep = ((t < 1.0) | (t > 1.06)) & ((t < 2.0) | (t > 2.3))
    found = Resampler(100.0).push(t[keep], np.ones((keep.sum(), 1)))
    holes = [h for h in found if isinstance(h, Hole)]
    assert [(round(h.start_s, 2), round(h.end_s, 2)) for h in holes] == [(1.99, 2.31)]
    made = [b for b in found if isinstance(b, Block)]
    assert [b.fresh for b in made] == [True, True]
    assert made[0].filled.sum() == pytest.approx(7, abs=1)
    assert not made[1].filled.any()


@pytest.mark.parametrize("size", [400, 7, 1])
def test_a_hole_may_be_bridged_and_told_at_once(size: int) -> None:
    t = np.arange(400) / 100
    keep = (t < 1.995) | (t > 2.205)
    t, x = t[keep], np.sin(2 * t[keep])[:, None]
    resampler = Resampler(100.0, bridge_s=0.3)
    found = [r for k in range(0, len(t), size) for r in resampler.push(t[k : k + size], x[k : k + size])]
    holes = [r for r in found if isinstance(r, Hole)]
    assert holes == [Hole(pytest.approx(1.99), pytest.approx(2.21), bridged=True)]
    blocks = [r for r in found if not isinstance(r, Hole)]
    rows = np.concatenate([b.x[:, 0] for b in blocks])
    assert [b.fresh for b in blocks] == [True] + [False] * (len(blocks) - 1)
    assert np.allclose(rows, np.sin(2 * np.arange(len(rows)) / 100), atol=1e-3)
    before = found[: found.index(holes[0])]
    assert sum(len(b.x) for b in before if not isinstance(b, Hole)) == 200


def test_samples_that_go_back_in_time_are_dropped_and_counted() -> None:
    resampler = Resampler(100.0)
    t = np.array([0.0, 0.01, 0.02, 0.015, 0.02, 0.03, 0.04])
    blocks(resampler, t, np.zeros((7, 1)))
    assert resampler.dropped == 2


@given(st.lists(st.integers(1, 90), min_size=1, max_size=40))
def test_a_history_keeps_at_least_what_it_promised(sizes: list[int]) -> None:
    history, total = History(100.0, 1, keep_s=1.0), 0
    for size in sizes:
        history.append(np.arange(total, total + size, dtype=float)[:, None])
        total += size
        first = history.sure_start
        assert history.start <= first
        assert first == max(0, total - 100)
        assert history.rows(first, total)[:, 0].tolist() == list(range(first, total))
    with pytest.raises(IndexError):
        history.rows(0, total + 1)


def test_a_copy_of_a_history_holds_what_must_be_held_and_goes_on_the_same() -> None:
    history = History(100.0, 2, keep_s=1.0)
    for first in range(0, 390, 30):
        history.append(np.arange(first, first + 30, dtype=float), np.ones(30))
    data = pickle.dumps(history, protocol=5)
    assert len(data) < 100 * 2 * 8 + 1000
    copy = pickle.loads(data)
    assert (copy.start, copy.sure_start, copy.end) == (290, 290, 390)
    for each in (history, copy):
        each.append(np.arange(390, 450, dtype=float), np.ones(60))
        assert each.sure_start == 350
        assert each.rows(290, 450)[:, 0].tolist() == list(range(290, 450))


def test_the_top_of_a_parabola_is_found_between_samples() -> None:
    y = [-((x - 0.3) ** 2) for x in (-1, 0, 1)]
    assert parabola_offset(*y) == pytest.approx(0.3)
    assert parabola_offset(1.0, 1.0, 1.0) == 0.0


def test_the_filter_behind_the_checks_is_lfilter_to_the_last_bit() -> None:
    b, a, zi = Fir(5.0, 100.0).taps, np.array([1.0, 0.0]), np.zeros((32, 3))
    got, expected = scipy_filter()(b, a, NOISE, 0, zi), lfilter(b, a, NOISE, axis=0, zi=zi)
    assert all(np.array_equal(x, y) for x, y in zip(got, expected, strict=True))
    assert scipy_filter() is not lfilter


@pytest.mark.parametrize("loaded", [True, False])
def test_a_scipy_that_has_moved_it_still_filters(loaded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if loaded:
        monkeypatch.delattr(_sigtools, "_linear_filter")
    else:
        monkeypatch.delitem(sys.modules, _sigtools.__name__)
        monkeypatch.setattr(PathFinder, "find_spec", lambda *_: None)
    scipy_filter.cache_clear()
    assert scipy_filter() is lfilter
    scipy_filter.cache_clear()


def test_it_is_loaded_without_the_package_around_it() -> None:
    code = (
        "import sys; from dsp.filters import scipy_filter; name = scipy_filter().__name__; "
        "print(name, 'scipy.signal' in sys.modules); from scipy.signal import _sigtools; "
        "print(_sigtools._linear_filter is scipy_filter())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["_linear_filter", "False", "True"]


@pytest.mark.parametrize("n", [1, 2, 9, 100, 700])
def test_a_spread_is_the_standard_deviation_to_the_last_bit(n: int) -> None:
    assert spread(NOISE[:n, 0]) == NOISE[:n, 0].std()
