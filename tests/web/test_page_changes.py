"""Changes are short, and make of a page that follows them what a page opened now would get."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dsp.types import Activity, ActivityChange, Band, Cue, CueKind, Estimate, Fault, Metric, Side, Step
from monitor.core.records import LinkState, Out, SensorStatus
from monitor.sinks.live_state import LiveState
from monitor.web.page_changes import PageChanges

METRICS = st.sampled_from(["cadence_spm", "contact_ms", "speed_mps", "overstride_m"])
ESTIMATES = st.builds(
    Estimate,
    METRICS,
    st.floats(0.0, 300.0),
    st.none() | st.floats(0.0, 9.0),
    st.sampled_from(["foot", "calculated"]),
)


@st.composite
def runs(draw: st.DrawFn) -> list[list[Out]]:
    """Batches of records as they come: each a little later than the one before."""
    t_s, batches = 0.0, list[list[Out]]()
    for size in draw(st.lists(st.integers(0, 5), max_size=12)):
        batches.append([])
        for _ in range(size):
            t_s += draw(st.floats(0.001, 200.0))
            batches[-1].append(draw(record_at(t_s)))
    return batches


def record_at(t_s: float) -> st.SearchStrategy[Out]:
    cue = Cue(t_s, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 160.0, 172.0, "", t_s + 3)
    activities = [ActivityChange(t_s, activity, t_s) for activity in Activity]
    return st.one_of(
        ESTIMATES.map(lambda e: Metric(t_s, None, e)),
        ESTIMATES.map(lambda e: Step("left", Side.LEFT, t_s, None, (e,))),
        st.floats(150, 170).map(lambda low: Band(t_s, "cadence_spm", low + 3, low, low + 6, "")),
        st.sampled_from(activities),
        st.builds(
            lambda link, received: SensorStatus(t_s, "left", link, "", received, rate_hz=received / 7),
            st.sampled_from(list(LinkState)),
            st.integers(0, 9),
        ),
        st.just(cue),
    )


def apply(state: dict[str, Any], change: dict[str, Any]) -> None:
    """As the page does (``live_state.js``)."""
    for key, value in change.items():
        if key == "history":
            for curve, points in value.items():
                line = state["history"].setdefault(curve, [])
                line += points
                while len(line) > 1 and line[1][0] <= line[-1][0] - state["history_s"]:
                    line.pop(0)
        elif key == "beats":
            state["beats"] = sorted([*state["beats"], *value])[-24:]
        elif key in ("now", "sensors"):
            for name, row in value.items():
                new = dict(zip(("t_s", "value", "sd"), row, strict=True)) if isinstance(row, list) else row
                state[key][name] = {**state[key].get(name, {}), **new}
        elif isinstance(value, dict) and key != "session":
            state[key].update(value)
        else:
            state[key] = value


@given(runs(), st.data())
def test_a_page_that_follows_has_what_a_page_opened_now_would_get(
    batches: list[list[Out]], data: st.DataObject
) -> None:
    live, changes = LiveState(), PageChanges()
    page = json.loads(json.dumps(changes.whole(live.state())))
    for batch in batches:
        changes.add(live.push(batch))
        if data.draw(st.booleans()):
            apply(page, json.loads(json.dumps(changes.take())))
    apply(page, json.loads(json.dumps(changes.take())))
    opened = json.loads(json.dumps(changes.whole(live.state())))
    page["t_s"], opened["t_s"] = round(page["t_s"], 2), round(opened["t_s"], 2)
    assert page == opened


def test_cues_activity_and_lost_sensors_are_urgent_and_numbers_are_not() -> None:
    live, changes = LiveState(), PageChanges()

    def urgent(record: Out) -> bool:
        return changes.add(live.push([record]))

    cue = Cue(1.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 160.0, 172.0, "", 4.0)
    assert urgent(cue)
    assert urgent(ActivityChange(1.0, Activity.RUN, 1.0))
    assert not urgent(Metric(1.0, None, Estimate("cadence_spm", 160.0, 0.4, "foot")))
    assert urgent(SensorStatus(1.0, "left", LinkState.STREAMING, ""))
    changes.take()
    assert not urgent(SensorStatus(6.0, "left", LinkState.STREAMING, ""))
    assert urgent(SensorStatus(7.0, "left", LinkState.LOST, "gone"))


def test_a_second_of_a_run_is_a_few_hundred_bytes() -> None:
    live, changes = LiveState(), PageChanges()
    shown = ["cadence_spm", "contact_ms", "speed_mps", "overstride_m", "braking_impulse_bws"]
    sizes = []
    for t in range(100):
        values = [
            Metric(t + 0.123456, None, Estimate(name, 100.0 / 3 + t * 0.37, 0.4321987, "foot"))
            for name in shown
        ]
        changes.add(live.push(values))
        sizes.append(len(json.dumps(changes.take(), separators=(",", ":"))))
    assert sorted(sizes[1:])[-1] < 60 * len(shown)


def test_a_number_that_is_shown_nowhere_is_not_sent() -> None:
    live, changes = LiveState(), PageChanges()
    changes.add(live.push([Metric(1.0, None, Estimate("cadence_spm", 160.0, 0.4, "foot"))]))
    changes.add({"now": {"of no place": {"t_s": 1.0, "value": 1.0, "sd": None}}})
    assert list(changes.take()["now"]) == ["cadence_spm"]
