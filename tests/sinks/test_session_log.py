"""The log of a session: what changes is a line, what stays the same is none."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from dsp.types import Cue, CueKind, Estimate, Fault, Metric, Step
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted
from monitor.sinks.session_log import SessionLog

STARTED = SessionStarted("s-1", "ann", "2026-11-25T07:00:00+00:00", ("left shoe", "belt"))
STREAMS = SensorStatus(1.0, "left shoe", LinkState.STREAMING, "streaming", received=100)


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "monitor")


async def log(*records: Out) -> None:
    async def batches() -> AsyncIterator[list[Out]]:
        for record in records:
            yield [record]

    await SessionLog().run(batches())


def cue(kind: CueKind, withheld: str = "") -> Cue:
    fault = Fault.CADENCE_LOW
    return Cue(38.0, kind, fault, "cadence_spm", 165.0, 173.0, fault.value, 41.0, withheld, why="too low")


async def test_a_session_begins_and_ends_with_its_summary(caplog: pytest.LogCaptureFixture) -> None:
    steps = [Step("left shoe", None, float(t), t + 0.25, ()) for t in range(1200)]
    seconds = [
        Metric(float(t), None, Estimate("cadence_spm", 170.0 + t % 3, 1.0, "foot")) for t in range(9)
    ]
    lossy = replace(STREAMS, received=998, lost=2)
    await log(STARTED, *steps, *seconds, cue(CueKind.CORRECT), lossy, SessionEnded("s-1", 754.0, "stopped"))
    assert caplog.messages[0] == "session s-1 started for ann, with left shoe, belt"
    assert caplog.messages[-1] == (
        "session s-1 finished after 12:34 min (stopped): 1,200 steps, cadence 171 steps/min, 1 cue, "
        "left shoe lost 0.2 %"
    )
    record = caplog.records[-1]
    assert (record.steps, record.cues, record.duration_s) == (1200, 1, 754.0)  # type: ignore[attr-defined]


async def test_a_pace_is_called_so_and_the_end_of_the_input_is_told_in_plain_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seconds = [Metric(float(t), None, Estimate("speed_mps", 1000 / 330, 0.1, "foot")) for t in range(9)]
    await log(STARTED, *seconds, SessionEnded("s-1", 30.0, "the input ended"))
    assert caplog.messages[-1] == (
        "session s-1 finished after 0:30 min (end of input): 0 steps, pace 5:30 min/km, 0 cues"
    )
    assert caplog.records[-1].reason == "the input ended"  # type: ignore[attr-defined]


async def test_a_cue_and_a_notice_are_lines_and_a_withheld_cue_is_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await log(cue(CueKind.CORRECT), cue(CueKind.CORRECT, "experiment"), cue(CueKind.NOTICE))
    assert caplog.messages == [
        "cue at 0:38: Cadence 165, target 173 steps/min (too low)",
        "notice at 0:38: too low",
    ]


async def test_a_sensor_that_goes_on_streaming_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    await log(*[replace(STREAMS, t_s=float(t), received=100 * t) for t in range(50)])
    assert caplog.messages == ["left shoe is sending data"]


async def test_a_sensor_that_falls_silent_and_comes_back_says_what_is_missing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    silent = replace(STREAMS, link=LinkState.SILENT, text="silent for 3 s", t_s=20.0, silent_s=3.0)
    again = replace(STREAMS, t_s=59.0, lost=4200)
    await log(STREAMS, silent, replace(silent, t_s=25.0), again, replace(again, t_s=64.0))
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("INFO", "left shoe is sending data"),
        ("WARNING", "left shoe: has sent nothing for 3 s"),
        ("INFO", "left shoe is sending data again after 42 s; 4,200 samples are missing"),
    ]
    assert {r.sensor for r in caplog.records} == {"left shoe"}  # type: ignore[attr-defined]


async def test_a_lost_link_is_the_sources_line_and_what_it_says_of_devices_is_not_repeated(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lost = replace(STREAMS, link=LinkState.LOST, text="Anna's watch has serial number 7, not 8", t_s=9.0)
    await log(STREAMS, lost, replace(STREAMS, t_s=19.0))
    assert caplog.messages == ["left shoe is sending data", "left shoe is sending data again after 10 s"]


async def test_a_low_battery_and_unreadable_packets_are_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    low = replace(STREAMS, battery_pct=12.0, bad=1, text="a packet could not be read: 0xdeadbeef")
    await log(STREAMS, *[replace(low, t_s=float(t), bad=t) for t in range(2, 30)])
    assert caplog.messages == [
        "left shoe is sending data",
        "left shoe: battery 12 %, charge it soon",
        "left shoe: sends packets that cannot be read",
    ]
