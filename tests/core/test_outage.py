"""What fails again and again is one line when it begins and one when it is over."""

from __future__ import annotations

import asyncio
import logging

import pytest

from monitor.core.errors import SensorLost, SinkError
from monitor.core.outage import REPEAT_S, Outage, RepeatedEvent
from monitor.core.retry import Backoff, retry_until_done
from tests.manual_clock import ManualClock

LOG = logging.getLogger("monitor.sinks.outbox")


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "monitor")


def lines(caplog: pytest.LogCaptureFixture, level: int = logging.INFO) -> list[tuple[str, str]]:
    return [(r.levelname, r.getMessage()) for r in caplog.records if r.levelno >= level]


def test_a_hundred_failures_are_one_warning_and_one_line_at_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now_s = 0.0
    outage = Outage(LOG, "influx", lambda: now_s, sink="influx")
    for now_s in range(100):
        outage.failed(SinkError(f"does not answer; {now_s} records wait"))
    assert outage.over("delivers again")
    assert not outage.over("delivers again")
    assert lines(caplog) == [
        ("WARNING", "influx: does not answer; 0 records wait"),
        ("INFO", "influx: delivers again after 99 s and 100 tries"),
    ]
    assert len(lines(caplog, logging.DEBUG)) == 101
    assert (caplog.records[-1].tries, caplog.records[-1].lasted_s) == (100, 99.0)  # type: ignore[attr-defined]


def test_another_reason_is_a_line_and_not_each_time_that_it_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outage = Outage(LOG, "influx", lambda: 0.0)
    for why in ("away", "the token is unknown", "away", "the token is unknown", *map(chr, range(97, 110))):
        outage.failed(why)
    assert lines(caplog)[:2] == [("WARNING", "influx: away"), ("WARNING", "influx: the token is unknown")]
    assert len(lines(caplog)) == 5


def test_after_the_end_the_next_failure_is_news(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(LOG, "left shoe", lambda: 0.0)
    for _ in range(2):
        outage.failed("left shoe is out of range")
        outage.over("connected")
    assert [text for _, text in lines(caplog)] == 2 * [
        "left shoe is out of range",
        "left shoe: connected after 0 s and 1 try",
    ]


def test_a_failure_that_somebody_else_logs_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(LOG, "mqtt", lambda: 0.0)
    outage.failed(SinkError("not connected", log_text=""))
    assert not outage.over()
    assert not caplog.records


def test_a_flood_is_a_line_a_minute_with_its_number(caplog: pytest.LogCaptureFixture) -> None:
    now_s = 0.0
    event = RepeatedEvent(LOG, lambda: now_s)
    for at_s in (0.0, 1.0, 2.0, REPEAT_S - 0.1, REPEAT_S + 1):
        now_s = at_s
        event.happened("a visitor was refused", route="/")
    event.happened("something else", count=7)
    assert lines(caplog) == [
        ("WARNING", "a visitor was refused"),
        ("WARNING", "a visitor was refused (4 times since the last line)"),
        ("WARNING", "something else (7)"),
    ]


async def test_a_retry_that_works_in_the_end_is_two_lines(caplog: pytest.LogCaptureFixture) -> None:
    time = ManualClock()

    async def attempt(generation: int) -> None:
        if generation < 7:
            raise SensorLost("pod is out of range")

    outage = Outage(LOG, "pod", time.now_s)
    task = asyncio.create_task(
        retry_until_done(attempt, lambda *_: None, outage, time, Backoff(jitter=0.0, longest_s=1.0))
    )
    await time.run(60.0)
    await task
    assert [text for _, text in lines(caplog)] == [
        "pod is out of range",
        "pod: works again after 6 s and 7 tries",
    ]
