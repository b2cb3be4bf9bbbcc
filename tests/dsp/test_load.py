"""The braking load of a run is that of all its running, or says how much of it is not known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from dsp.engine import Engine
from dsp.load import BrakingLoad
from dsp.simulation.mishaps import flopping, with_bursts_lost
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import Estimate, ImuChunk, Metric, Placement, Record, Runner, Side, Worn
from tests.dsp.gait import cut

RUN = simulated_run([Bout(seconds=60, speed_mps=2.9, cadence_spm=166)], seed=5)
SUMS = ("braking_dose_bws", "braking_damage_index")


def shoe(name: str, side: Side, **device: object) -> ImuChunk:
    seed = 3 if side is Side.LEFT else 4
    made = Device(rate_hz=104, **device)  # type: ignore[arg-type]
    return simulated_imu(RUN, Placement.FOOT, side, made, name, seed)


FIRM = {"L": shoe("L", Side.LEFT), "R": shoe("R", Side.RIGHT)}
LOOSE = {
    "L": flopping(FIRM["L"], RUN.ic_s[RUN.left], 20),
    "R": flopping(FIRM["R"], RUN.ic_s[np.logical_not(RUN.left)], 20),
}
BELT = simulated_imu(RUN, Placement.PELVIS, None, Device(rate_hz=104), "belt", 5)


def records(chunks: dict[str, ImuChunk]) -> list[Record]:
    worn = [
        Worn("belt", Placement.PELVIS) if n == "belt" else Worn(n, Placement.FOOT, Side(n)) for n in chunks
    ]
    engine = Engine(worn, Runner(height_m=1.75))
    pieces = sorted((p for c in chunks.values() for p in cut(c, [10])), key=lambda p: float(p.t_s[-1]))
    return [r for p in pieces for r in engine.push(p)] + engine.finish()


def at_end(chunks: dict[str, ImuChunk]) -> dict[str, Estimate]:
    found = [r for r in records(chunks) if isinstance(r, Metric) and r.side is None]
    return {m.estimate.metric: m.estimate for m in found}


def test_the_load_goes_on_where_loose_shoes_hide_the_braking_and_says_how_unsure_it_is() -> None:
    firm, loose = at_end(FIRM), at_end(LOOSE)
    assert "braking_impulse_bws" in firm
    for name in SUMS:
        assert abs(loose[name].value - firm[name].value) < 2 * loose[name].sd
        assert loose[name].value == pytest.approx(firm[name].value, rel=0.3)
    dose = loose["braking_dose_bws"]
    assert dose.sd / dose.value > 2 * firm["braking_dose_bws"].sd / firm["braking_dose_bws"].value
    assert loose["braking_dose_flat_ratio"].sd > 2 * firm["braking_dose_flat_ratio"].sd


def test_what_packets_took_away_counts_like_the_steps_beside_it() -> None:
    lost = {n: with_bursts_lost(c, 0.2, seed) for seed, (n, c) in enumerate(FIRM.items(), 1)}
    whole, found = at_end(FIRM), at_end(lost)
    assert found["braking_dose_bws"].value == pytest.approx(whole["braking_dose_bws"].value, rel=0.07)


def test_a_belt_beside_two_pods_on_one_foot_counts_no_leg_twice() -> None:
    second = replace(shoe("R", Side.LEFT, misaligned_deg=(10.0, 0.0, 40.0)), sensor="R")
    whole, found = at_end({**FIRM, "belt": BELT}), at_end({"L": FIRM["L"], "R": second, "belt": BELT})
    for name in SUMS:
        assert found[name].value == pytest.approx(whole[name].value, rel=0.06)


def test_there_is_no_load_while_no_braking_is_known() -> None:
    assert not set(SUMS) & at_end({"belt": BELT}).keys()
    load = BrakingLoad()
    load.push_unknown(100.0)
    assert load.estimates() == []


def test_unknown_seconds_count_with_the_mean_of_the_known_ones() -> None:
    load = BrakingLoad()
    load.push_unknown(20.0)
    for _ in range(60):
        load.push((0.02, 0.002), 0.35, step_s=0.5, slope_pct=0.0, run_s=0.5)
    load.push_unknown(10.0)
    found = {e.metric: e for e in load.estimates()}
    assert found["braking_dose_bws"].value == pytest.approx(60 / 0.5 * 0.02)
    assert found["braking_dose_bws"].sd == pytest.approx(2.4 * math.hypot(0.1, 0.3 / 2))
    assert found["braking_damage_index"].value == pytest.approx(120)
    assert found["braking_damage_index"].sd == pytest.approx(120 * math.hypot(0.3, 0.5))
    assert found["braking_dose_flat_ratio"].value == pytest.approx(1)
    assert found["braking_dose_flat_ratio"].sd == pytest.approx(math.hypot(0.1, 0.15))


def test_a_pause_adds_no_load() -> None:
    """Two bouts of 20 s with half a minute of standing between them weigh as much as 40 s."""
    bout, still = Bout(seconds=20, speed_mps=3.0), Bout(seconds=30, speed_mps=0)
    found = []
    for parts in ([Bout(seconds=40, speed_mps=3.0)], [bout, still, bout]):
        chunk = simulated_imu(
            simulated_run(parts, seed=2), Placement.FOOT, Side.LEFT, Device(rate_hz=104), "L", 2
        )
        found.append(at_end({"L": chunk})["braking_dose_bws"].value)
    assert found[1] == pytest.approx(found[0], rel=0.08)
