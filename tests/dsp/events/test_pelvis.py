"""The pelvis under lost packets: steps, sides and cadence go on; no stride spans a hole."""

from __future__ import annotations

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.events.pelvis import PelvisDetector
from dsp.events.pelvis_state import PelvisParams
from dsp.simulation.runner import Bout, Device, SimulatedRun, simulated_imu, simulated_run
from dsp.types import (
    GRAVITY_MS2,
    Array,
    Contact,
    Gap,
    ImuChunk,
    Metric,
    Placement,
    Record,
    Side,
    Step,
    Worn,
)
from tests.dsp.gait import cut, without

RUN = simulated_run([Bout(seconds=60, speed_mps=3.0)])
BELT = simulated_imu(RUN, Placement.PELVIS, None, Device(rate_hz=100), "belt")


def with_bursts(chunk: ImuChunk, share: float, seed: int) -> ImuChunk:
    """The same without this share of it, in bursts of 20 to 200 ms."""
    rng = np.random.default_rng(seed)
    lost, at_s = np.zeros(len(chunk), bool), 0.0
    while at_s < chunk.t_s[-1]:
        at_s += rng.exponential(0.11 * (1 - share) / share)
        length_s = rng.uniform(0.02, 0.2)
        lost |= (chunk.t_s >= at_s) & (chunk.t_s < at_s + length_s)
        at_s += length_s
    assert chunk.gyr_rads is not None
    return ImuChunk(chunk.sensor, chunk.t_s[~lost], chunk.acc_ms2[~lost], chunk.gyr_rads[~lost])


def records(chunk: ImuChunk, placement: Placement = Placement.PELVIS) -> list[Record]:
    engine = Engine([Worn(chunk.sensor, placement)])
    return [r for piece in cut(chunk, [10]) for r in engine.push(piece)] + engine.finish()


def nearest(steps: list[Step], run: SimulatedRun) -> Array:
    """The number of the true contact nearest to each step."""
    return np.array([int(np.argmin(np.abs(run.ic_s - s.ic_s))) for s in steps])


def cadence_errors(found: list[Record], start_s: float, stop_s: float) -> Array:
    """Cadence of each second less that of the true contacts in its five seconds."""
    seconds = {r.t_s: r.estimate.value for r in found
               if isinstance(r, Metric) and r.estimate.metric == "cadence_spm"}  # fmt: skip
    errors = []
    for t_s, value in seconds.items():
        true = RUN.ic_s[(RUN.ic_s > t_s - 5.3) & (RUN.ic_s < t_s + 0.3)]
        if start_s <= t_s <= stop_s:
            errors.append(value - 60 / np.diff(true).mean())
    return np.array(errors)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("share", "sided", "spm"), [(0.05, 0.97, 0.3), (0.20, 0.85, 1.0)])
def test_bursts_of_lost_packets_cost_neither_sides_nor_cadence(
    share: float, sided: float, spm: float, seed: int
) -> None:
    found = records(with_bursts(BELT, share, seed))
    steps = [s for s in found if isinstance(s, Step) and 6 < s.ic_s < 58]
    true = [k for k, ic in enumerate(RUN.ic_s) if 6 < ic < 58]
    assert abs(len(steps) - len(true)) <= 1
    known = [(s.side is Side.LEFT) == RUN.left[k] for s, k in zip(steps, nearest(steps, RUN), strict=True)
             if s.side is not None]  # fmt: skip
    assert len(known) >= sided * len(true)
    assert all(known)
    errors = cadence_errors(found, 10, 57)
    assert len(errors) > 40
    assert abs(errors.mean()) < spm


def test_a_short_hole_is_told_and_no_stride_spans_it() -> None:
    found = records(without(BELT, 20.0, 20.15))
    gap = next(r for r in found if isinstance(r, Gap))
    assert (gap.start_s, gap.end_s) == (pytest.approx(20.0, abs=0.02), pytest.approx(20.15, abs=0.02))
    strides = [(s.ic_s, e.value) for s in found if isinstance(s, Step) and (e := s.get("stride_time_ms"))]
    assert not any(ic - ms / 1e3 < 20.0 < ic for ic, ms in strides)
    lengths = [(s.ic_s, e.value) for s in found if isinstance(s, Step) and (e := s.get("contact_ms"))]
    assert not any(ic < 20.0 < ic + ms / 1e3 for ic, ms in lengths)


@pytest.mark.parametrize("start_s", [20.0, 24.3, 31.7])
def test_after_five_seconds_without_data_cadence_is_right_or_absent(start_s: float) -> None:
    found = records(without(BELT, start_s, start_s + 5.0))
    errors = cadence_errors(found, start_s, start_s + 20)
    assert len(errors) >= 12
    assert np.abs(errors).max() <= 2
    after = [s for s in found if isinstance(s, Step) and s.ic_s > start_s + 5]
    assert not any(
        s.side is not None and (s.side is Side.LEFT) != RUN.left[k]
        for s, k in zip(after, nearest(after, RUN), strict=True)
    )
    assert after[0].ic_s < start_s + 6.5


@pytest.mark.parametrize("placement", [Placement.WAIST, Placement.HIP])
@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_a_sensor_off_the_middle_sees_all_steps_and_gives_both_legs_one_contact_time(
    placement: Placement, side: Side
) -> None:
    belt = simulated_imu(RUN, placement, side, Device(rate_hz=100), "belt")
    steps = [s for s in records(belt, placement) if isinstance(s, Step) and 8 < s.ic_s < 58]
    true = [k for k, ic in enumerate(RUN.ic_s) if 8 < ic < 58]
    assert abs(len(steps) - len(true)) <= 1
    contact = np.array([e.value for s in steps if (e := s.get("contact_ms"))])
    assert abs(contact[::2].mean() - contact[1::2].mean()) < 5
    assert contact.mean() == pytest.approx(1e3 * np.mean(RUN.to_s - RUN.ic_s), abs=28)


@pytest.mark.parametrize("dip_s", [0.04, 0.05, 0.06])
def test_a_contact_is_never_longer_than_free_fall_leaves_of_the_step(dip_s: float) -> None:
    """A pouch that presses on into flight: the force stays above 0.3 g for most of the step."""
    t = np.arange(4000) / 100
    u = (t / 0.43) % 1 * 0.43 - 0.215
    vertical = 0.05 + (1 - np.exp(-((u / dip_s) ** 2))) * (1.3 - 0.8 * np.cos(2 * np.pi * u / 0.43)) ** 2
    sway = 0.1 * np.sin(np.pi * t / 0.43)
    acc = 9.81 * np.column_stack((sway, sway**2, vertical / vertical.mean()))
    found = records(ImuChunk("belt", t, acc), Placement.WAIST)
    contacts = [e for s in found if isinstance(s, Step) and s.ic_s > 5 and (e := s.get("contact_ms"))]
    falling_ms = 430 * np.mean(np.linalg.norm(acc, axis=1) < 0.4 * 9.81)
    assert len(contacts) > 60
    assert np.mean([e.value for e in contacts]) <= 430 - falling_ms + 1
    assert all(e.value <= 430 - falling_ms + 10 for e in contacts)  # a sample more or less
    assert all(e.sd >= 24 for e in contacts)


@pytest.mark.parametrize(("least_felt_g", "any_step"), [(0.0, True), (PelvisParams().least_felt_g, False)])
def test_a_case_that_is_only_turned_takes_no_step(least_felt_g: float, any_step: bool) -> None:
    """Bending down and up turns the vertical by 60 degrees within a second, at one g throughout."""
    t = np.arange(0, 24, 0.01)
    turned = 0.5 - 0.5 * np.cos(np.pi * np.clip(t[:, None] - (8, 10, 12, 14), 0, 1))
    bent = np.radians(60) * turned @ (1, -1, 1, -1)
    acc = GRAVITY_MS2 * np.column_stack((np.sin(bent), 0 * t, np.cos(bent)))
    detector = PelvisDetector(
        Worn("belt", Placement.PELVIS), params=PelvisParams(least_felt_g=least_felt_g)
    )
    found = [*detector.push(ImuChunk("belt", t, acc)), *detector.finish()]
    assert any(isinstance(c, Contact) for c in found) is any_step


def detected(chunk: ImuChunk, size: int = 10) -> list[Contact]:
    """The contacts of these samples, pushed in pieces of so many, and of their end."""
    detector = PelvisDetector(Worn("belt", Placement.PELVIS))
    found = [c for piece in cut(chunk, [size]) for c in detector.push(piece)] + detector.finish()
    return [c for c in found if isinstance(c, Contact)]


@pytest.mark.parametrize("then", ["the recording ends", "a hole comes"])
def test_a_step_that_was_over_when_samples_ended_was_whole_though_nobody_had_looked(then: str) -> None:
    """The first quick steps are over before the end of a usual one is looked for."""
    run = simulated_run(
        [Bout(seconds=6, speed_mps=2.6, cadence_spm=155), Bout(seconds=3, speed_mps=2.6, cadence_spm=190)]
    )
    belt = simulated_imu(run, Placement.PELVIS, None, Device(rate_hz=100), "belt")
    whole = [c for c in detected(belt) if "step_s" in c.features]
    for end_s in np.arange(6.4, 6.8, 0.02):
        cut_off = without(belt, end_s, 100.0 if then == "the recording ends" else end_s + 1.0)
        found = {c.features["at_s"]: c for c in detected(cut_off, 3)}
        over = [c for c in whole if c.features["at_s"] + c.features["step_s"] < end_s - 0.2]
        assert len(over) > 10
        assert [found[c.features["at_s"]].features for c in over] == [c.features for c in over]
