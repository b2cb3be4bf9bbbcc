"""What a page that has just been opened would show."""

from __future__ import annotations

from dsp.types import Estimate, Metric
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
