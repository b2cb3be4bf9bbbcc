"""What begins a fault and what ends it, in widths of the band."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from dsp.cueing.drift import CADENCE_DRIFT, DriftDetector, DriftParams, ScatterEstimate


def noise(seconds: int, sd: float, seed: int = 1) -> np.ndarray:
    rng, out, e = np.random.default_rng(seed), np.empty(seconds), 0.0
    for k in range(seconds):
        e = 0.85 * e + math.sqrt(1 - 0.85**2) * sd * rng.standard_normal()
        out[k] = e
    return out


def out_seconds(
    deviations: Iterable[float], scatter: float, unsure: float = 0.0, unsure_long: float = 0.0
) -> list[int]:
    detector = DriftDetector(CADENCE_DRIFT)
    return [
        k for k, d in enumerate(deviations) if detector.push(float(d), scatter, 2.8, unsure, unsure_long)
    ]


def test_a_change_is_found_within_seconds_where_the_scatter_is_small() -> None:
    out = out_seconds([0.0] * 60 + [1.2] * 20, 0.18)
    assert 60 + 4 <= out[0] <= 60 + 8


def test_an_offset_that_was_always_there_is_found_slowly_and_only_outside() -> None:
    assert out_seconds(0.9 + noise(3600, 0.05), 0.18) == []
    assert 9 <= out_seconds(1.5 + noise(600, 0.05), 0.18)[0] <= 130


def test_a_change_that_ends_inside_is_the_runners_own_business() -> None:
    assert out_seconds([0.0] * 300 + [0.6] * 300, 0.18) == []


def test_a_lapse_that_is_over_is_not_spoken_of() -> None:
    assert out_seconds([0.0] * 60 + [2.0] * 12 + [-0.2] * 100, 0.9) == []


@pytest.mark.parametrize("unsure", [0.0, 1.0])
def test_an_unsure_target_keeps_silent(unsure: float) -> None:
    assert bool(out_seconds([0.0] * 60 + [1.3] * 60, 0.18, unsure)) is (unsure == 0)


def test_what_is_unsure_for_a_minute_does_not_count_over_minutes() -> None:
    steady = [1.6] * 300
    assert out_seconds(steady, 0.3, unsure=1.0)[0] >= 119
    assert out_seconds(steady, 0.3, unsure=1.0, unsure_long=1.0) == []


def test_a_wobble_over_the_line_is_no_return() -> None:
    lapse = np.concatenate((np.zeros(60), np.full(60, 1.5), np.full(4, 0.2), np.full(60, 1.5)))
    out = out_seconds(lapse, 0.3)
    assert out == list(range(out[0], len(lapse)))


def test_a_return_ends_the_fault() -> None:
    out = out_seconds([0.0] * 60 + [1.5] * 30 + [0.0] * 60, 0.18)
    assert 90 + 4 < out[-1] < 90 + 15


@pytest.mark.parametrize(("scatter", "soonest", "latest"), [(0.18, 6, 9), (0.3, 11, 15), (0.45, 20, 25)])
def test_a_return_takes_longer_to_be_sure_of_where_single_seconds_scatter(
    scatter: float, soonest: int, latest: int
) -> None:
    out = out_seconds([0.0] * 60 + [2.0] * 60 + [0.0] * 90, scatter)
    assert soonest <= out[-1] + 1 - 120 <= latest


def test_good_seconds_before_a_fault_are_no_return() -> None:
    lapse = np.concatenate((np.zeros(300), np.full(40, 2.0)))
    out = out_seconds(lapse, 0.5)
    assert out[0] < 320
    assert out == list(range(out[0], len(lapse)))


def test_a_fault_that_is_over_is_not_found_again_in_a_longer_window() -> None:
    out = out_seconds(np.concatenate((np.zeros(240), np.full(60, 3.0), np.zeros(240))), 0.3)
    assert out == list(range(out[0], out[-1] + 1))
    assert out[-1] < 300 + 30


def test_a_return_is_settled_once_and_half_a_window_after_it() -> None:
    detector, out, settled = DriftDetector(CADENCE_DRIFT), [], []
    for k, value in enumerate([0.0] * 60 + [2.0] * 30 + [0.0] * 60):
        if detector.push(value, 0.18, 2.8):
            out.append(k)
        if detector.settled:
            settled.append(k)
    assert settled == [out[-1] + 1 + 5]
    assert detector.settled_sd(0.18) < 0.18 * math.sqrt(1.85 / 0.15 / 10)


def test_what_follows_a_return_counts_when_it_settles() -> None:
    for after, error in ((0.0, 4 / 15), (3.0, 16 / 15)):
        detector = DriftDetector(CADENCE_DRIFT)
        errors = []
        for value in [0.0] * 60 + [2.0] * 30 + [0.0] * 9 + [after] * 9:
            detector.push(value, 0.18, 2.8)
            errors += [detector.error] if detector.settled else []
        assert errors == [pytest.approx(error)]


@pytest.mark.parametrize("doubt", [0.0, 1.0])
def test_a_change_is_judged_by_the_doubt_of_its_own_seconds(doubt: float) -> None:
    detector = DriftDetector(CADENCE_DRIFT)
    for value in [0.0] * 300 + [1.2] * 40:
        detector.push(value, 0.5, 2.8, 1.0 if value else 0.0)
    for _ in range(4):  # the hill is over
        detector.push(1.2, 0.5, 2.8, 0.0)
        assert not detector.out
    detector.end_excursion()
    assert any(detector.push(1.2, 0.5, 2.8, doubt) for _ in range(60)) is (doubt == 0)


def test_the_present_scatter_is_measured_and_a_change_of_level_is_not_scatter() -> None:
    it = ScatterEstimate(0.3, 0.1)
    for value in noise(900, 0.6):
        it.push(value)
    assert it.sd == pytest.approx(0.6, rel=0.2)
    before = it.sd
    for value in 5 + noise(30, 0.6, seed=2):
        it.push(value)
    assert it.sd < 1.25 * before


def test_a_fault_that_could_never_end_is_refused() -> None:
    with pytest.raises(ValueError, match="leave must be below edge"):
        replace(CADENCE_DRIFT, leave=0.9)
    with pytest.raises(ValueError, match="positive"):
        DriftParams(evidence=0.0)


def test_a_fault_lasts_from_its_first_second_to_its_return_and_nothing_of_it_counts_for_the_next() -> None:
    detector = DriftDetector(CADENCE_DRIFT)
    lasted = []
    for deviation in [1.6] * 600:  # always there, so that no change speaks for it
        detector.push(deviation, 0.3, 2.8)
        lasted.append(detector.lasting_s)
    began = next(k for k, s in enumerate(lasted) if s)
    assert lasted[began:] == list(range(lasted[began], lasted[began] + len(lasted) - began))
    while detector.out:
        detector.push(0.0, 0.3, 2.8)
    assert detector.lasting_s == 0
    detector.push(3.0, 0.3, 2.8)
    assert detector.lasting_s <= 1
