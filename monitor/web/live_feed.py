"""Records onto the live page: folded into its state, and every change sent to every open page."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

from monitor.core.channel import Channel
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import RepeatedEvent
from monitor.core.records import Out
from monitor.sinks.live_state import LiveState
from monitor.sources.web_bluetooth.page_socket import PageListener

_log = logging.getLogger(__name__)

AT_MOST_EVERY_S = 0.1  # a step is on the page within 250 ms
MOST_CHANGES_BEHIND = 100  # by so many a slow page may lie behind; then it starts over


class LiveFeed:
    """A sink with one state and any number of open pages; a page that cannot keep up costs nobody anything.

    Every message says which session second it is now (``at_s``), so that a page can lay sounds on
    the runner's steps; ``pace`` is how many session seconds pass in one of the clock's.  ``stop_cues`` is
    what a page may ask of the run that goes on: to end targets and cues, for this reason.  It returns
    whether there is a run to ask.  ``radio`` takes what a page hears that is the radio of the sensors.
    """

    name = "web"

    def __init__(
        self,
        live_state: LiveState,
        time: MonotonicClock,
        at_s: Callable[[], float] = lambda: 0.0,
        pace: float = 1.0,
        stop_cues: Callable[[str], bool] = lambda reason: False,
        radio: PageListener | None = None,
    ) -> None:
        self.live_state = live_state
        self.radio = radio
        self.stop_cues = stop_cues
        self._time = time
        self._at_s = at_s
        self._pace = pace if math.isfinite(pace) else None
        self._pages: set[Channel[str]] = set()
        self._slow = RepeatedEvent(_log, time.now_s, logging.INFO)

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Send changes to every open page, at most every ``AT_MOST_EVERY_S``, until the batches end."""
        async for batch in batches:
            change = self.live_state.push(batch)
            if change:
                self._send_message(change)
            await self._time.sleep(AT_MOST_EVERY_S)

    def is_of(self, athlete: str | None) -> bool:
        """Return whether the run that is going on is this athlete's; None stands for all of them."""
        session = self.live_state.state()["session"]
        return athlete is None or (session is not None and session["athlete"] == athlete)

    def attach(self) -> Channel[str]:
        """Return the messages (JSON texts) for one more page: first the whole state, then every change.

        The channel is closed when the page lies more than ``MOST_CHANGES_BEHIND`` changes behind.
        """
        page: Channel[str] = Channel(MOST_CHANGES_BEHIND)
        everything = {
            "all": self.live_state.state(),
            "pace": self._pace,
            "at_s": round(self._at_s(), 4),
            "radio": self.radio is not None,
        }
        page.put(json.dumps(everything, allow_nan=False))
        self._pages.add(page)
        _log.debug("web: a page is open (%d)", len(self._pages))
        return page

    def detach(self, page: Channel[str]) -> None:
        """Forget a page that is gone; its channel gets nothing more."""
        self._pages.discard(page)
        _log.debug("web: a page is closed (%d left)", len(self._pages))

    def close(self) -> None:
        """Close the channels of all open pages, which ends their connections."""
        for page in self._pages:
            page.close()

    def _send_message(self, change: dict[str, Any]) -> None:
        message = json.dumps({"change": change, "at_s": round(self._at_s(), 4)}, allow_nan=False)
        for page in list(self._pages):
            page.put(message)
            if page.dropped:
                self._slow.happened("web: a page cannot keep up and starts over")
                page.close()
                self._pages.discard(page)
