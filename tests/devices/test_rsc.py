"""A pod's speed and cadence: when 0 m/s is a speed, and what is made of a pod that has none."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest

from dsp.types import Activity, ActivityChange, Cue, CueKind, Metric, Placement, Runner
from monitor.core.packet import Packet, Values
from monitor.core.records import Out
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices.rsc import RscDecoder
from monitor.pipeline.session import Session
from monitor.simulation.drifting_runner import coached_settings

POD = SensorSettings(name="pod", kind="rsc", placement=Placement.POD)
Second = tuple[float, int]
"""Speed (m/s) and the raw number of the cadence field."""


def packets(seconds: list[Second]) -> list[Packet]:
    return [
        Packet("pod", (t + 1) * 10**9, "rsc", struct.pack("<BHB", 4, round(speed * 256), raw))
        for t, (speed, raw) in enumerate(seconds)
    ]


def speeds(seconds: list[Second]) -> list[float | None]:
    decoder = RscDecoder(POD)
    decoded = [v for p in packets(seconds) for v in decoder.decode(p)]
    return [v.values.get("speed_mps") for v in decoded if isinstance(v, Values)]


def records(seconds: list[Second], settings: SessionSettings) -> Sequence[Out]:
    session = Session(settings)
    return [r for p in packets(seconds) for r in session.push(p)] + session.finish()


def test_a_speed_of_0_with_a_cadence_is_no_speed() -> None:
    assert speeds([(0.0, 84)] * 5) == [None] * 5


def test_who_stands_has_the_speed_0() -> None:
    assert speeds([(2.75, 84)] * 2 + [(0.0, 0)] * 2) == [2.75, 2.75, 0.0, 0.0]


def test_at_a_stop_the_speed_is_0_while_the_cadence_still_falls() -> None:
    assert speeds([(2.75, 84), (0.0, 60), (0.0, 30)]) == [2.75, 0.0, 0.0]
    assert speeds([(2.75, 84)] + [(0.0, 84)] * 30)[-1] is None


@pytest.mark.parametrize(
    ("second", "spm", "activity"),
    [
        ((1.9, 124), 124, Activity.WALK),  # a brisk walker behind a pram
        ((0.0, 110), 110, Activity.WALK),  # a walker with a pod that has no speed
        ((0.0, 168), 168, Activity.RUN),
        ((0.0, 84), 168, Activity.RUN),
        ((1.9, 75), 150, Activity.RUN),  # a slow jogger's strides
    ],
)
def test_a_pod_alone_tells_cadence_and_activity(second: Second, spm: float, activity: Activity) -> None:
    out = records([second] * 60, SessionSettings(sensors=(POD,)))
    told = [r for r in out if isinstance(r, Metric) and r.estimate.metric == "cadence_spm"]
    assert len(told) >= 58
    assert {r.estimate.value for r in told} == {spm}
    assert [r.activity for r in out if isinstance(r, ActivityChange)] == [activity]


def test_the_coach_speaks_alike_with_and_without_a_speed() -> None:
    settings = coached_settings(SessionSettings(sensors=(POD,), runner=Runner(height_m=1.75)))

    def cues(speed_mps: float) -> list[tuple[float, CueKind]]:
        run = [(speed_mps, 87)] * 60 + [(speed_mps, 81)] * 120
        out = records(run, settings)
        return [(r.t_s, r.kind) for r in out if isinstance(r, Cue) and r.kind is CueKind.CORRECT]

    assert cues(0.0) == cues(2.8)
    assert len(cues(0.0)) >= 2
