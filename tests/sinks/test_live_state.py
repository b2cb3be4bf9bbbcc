"""What a page that has just been opened would show."""

from __future__ import annotations

from dsp.types import Band, Estimate, Metric
from monitor.pipeline.announcements import cues_ended_notice
from monitor.sinks.live_state import LiveState


def test_what_no_sensor_saw_is_marked() -> None:
    live = LiveState()
    live.push(
        [
            Metric(5.0, None, Estimate("contact_ms", 240.0, 14.0, "model")),
            Metric(5.0, None, Estimate("cadence_spm", 170.0, 1.0, "pod")),
        ]
    )
    assert {name: now["modelled"] for name, now in live.state()["now"].items()} == {
        "contact_ms": True,
        "cadence_spm": False,
    }


def test_when_cues_are_ended_no_target_is_left_on_an_open_page_nor_on_a_new_one() -> None:
    live = LiveState()
    live.push([Band(5.0, "cadence_spm", 172.0, 168.0, 178.0)])
    change = live.push(
        [Band(9.5, "cadence_spm", 172.0, 168.0, 178.0, "cues are off"), cues_ended_notice(9.5)]
    )
    assert change["bands"] == {"cadence_spm": None}
    assert change["history"]["band:cadence_spm"][-1] == (9.5, None, None)
    assert live.state()["bands"] == {}
    assert [c["wording"] for c in live.state()["cues"]] == ["cues_ended"]
