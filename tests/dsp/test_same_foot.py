"""Two sensors on one foot, told as left and right, are one foot."""

from __future__ import annotations

from dsp.same_foot import SameFootWatch
from dsp.simulation.runner import Device, simulated_imu
from dsp.types import Contact, Placement, Problem, Side, Step, Worn
from tests.dsp.simulation.test_mishaps import SIDES, problems, records, run_on, shoes, values

PAIR = [Worn("left", Placement.FOOT, Side.LEFT), Worn("right", Placement.FOOT, Side.RIGHT)]


def contact(sensor: str, t_s: float) -> Contact:
    return Contact(sensor, Placement.FOOT, SIDES[sensor], t_s, None, 0.003, None, t_s + 0.3)


def watched(times: dict[str, list[float]]) -> tuple[SameFootWatch, list[Problem]]:
    watch, found = SameFootWatch(PAIR), []
    for t, sensor in sorted((t, s) for s, ts in times.items() for t in ts):
        found += [p.problem for p in watch.push(contact(sensor, t))]
    return watch, found


def test_both_pods_on_one_foot_are_noticed_and_no_step_counts_twice() -> None:
    run = run_on()
    other = Device(rate_hz=208.0, misaligned_deg=(30.0, 10.0, -20.0))
    worn = {
        "left": shoes(run)["left"],
        "right": simulated_imu(run, Placement.FOOT, Side.LEFT, other, "right", 9),
    }
    found = records(worn)
    assert problems(found) == [("right", Problem.SAME_FOOT)]
    late = [r for r in found if isinstance(r, Step) and 9.8 < r.ic_s < 58]
    assert len(late) == sum((run.ic_s[run.left] > 9.8) & (run.ic_s[run.left] < 58))
    assert {s.side for s in late} == {None}
    assert abs(values(late, "cadence_spm").mean() - 166) < 1
    whole, half = (
        [r for r in x if getattr(getattr(r, "estimate", None), "metric", "") == "braking_dose_bws"][-1]
        for x in (records(shoes(run)), found)
    )
    assert abs(half.estimate.value / whole.estimate.value - 1) < 0.05  # type: ignore[union-attr]


def test_alternating_feet_are_two_even_if_uneven() -> None:
    left = [0.7 * k for k in range(40)]
    assert watched({"left": left, "right": [t + 0.28 for t in left]})[1] == []


def test_a_few_jumps_on_both_feet_are_no_reason() -> None:
    left = [0.7 * k for k in range(40)]
    right = [t + (0.01 if 15 <= k < 18 else 0.35) for k, t in enumerate(left)]
    assert watched({"left": left, "right": right})[1] == []


def test_a_pod_put_back_on_its_own_foot_counts_again() -> None:
    left = [0.7 * k for k in range(60)]
    right = [t + (0.005 if k < 25 else 0.35) for k, t in enumerate(left)]
    watch, found = watched({"left": left, "right": right})
    assert found == [Problem.SAME_FOOT]
    assert not watch.active
