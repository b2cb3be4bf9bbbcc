"""When a page is told: of a cue at once, of numbers within a second, even if nothing follows them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from dsp.types import Cue, CueKind, Estimate, Fault, Metric
from monitor.core.channel import Channel
from monitor.core.records import Out
from monitor.sinks.live_state import LiveState
from monitor.web.live_feed import LiveFeed
from tests.manual_clock import ManualClock

NUMBER = Metric(1.0, None, Estimate("cadence_spm", 160.0, 0.4, "foot"))
CUE = Cue(1.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 160.0, 172.0, "", 4.0)


class OpenPage:
    """A feed on a clock that a test moves, and a page that is open."""

    def __init__(self) -> None:
        self.time = ManualClock()
        self.feed = LiveFeed(LiveState(), self.time)
        self.records: Channel[Out] = Channel(100)
        self._page = self.feed.attach(own=True)

    def told(self) -> list[dict[str, Any]]:
        """What the page was sent since the last time it was asked."""
        told = [json.loads(text) for text in self._page._waiting]
        self._page._waiting.clear()
        return told


async def test_numbers_come_once_a_second_and_the_last_of_them_too() -> None:
    page = OpenPage()
    running = asyncio.create_task(page.feed.run(page.records.batches()))
    await page.time.run(0.05)
    page.told()
    page.records.put(NUMBER)
    await page.time.run(0.9)
    assert page.told() == []
    await page.time.run(1.1)
    (message,) = page.told()
    assert message["change"]["now"]["cadence_spm"]["value"] == 160.0
    await page.time.run(9.0)
    assert [m["change"] for m in page.told()] == [{}, {}]  # nothing new: only that somebody is there
    page.records.put(CUE)
    await page.time.run(9.05)
    assert [m["change"]["cues"][0]["n"] for m in page.told()] == [1]
    page.records.put(NUMBER)
    page.records.close()
    await page.time.run(9.2)
    await running
    assert len(page.told()) <= 1
