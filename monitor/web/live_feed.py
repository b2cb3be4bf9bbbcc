"""Records onto the live page: folded into its state, and every change sent to every open page."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

from monitor.core.channel import Channel
from monitor.core.json_codec import to_json
from monitor.core.line_answer import LineAnswer
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import RepeatedEvent
from monitor.core.records import Out
from monitor.core.session_settings import IntervalPlan
from monitor.pipeline.plan_privacy import records_for_others
from monitor.pipeline.session import Session
from monitor.sinks.live_state import LiveState
from monitor.sources.web_bluetooth.page_socket import PageListener
from monitor.web.page_changes import PageChanges

_log = logging.getLogger(__name__)

AT_MOST_EVERY_S = 0.1  # a cue is on the page within 250 ms
NUMBERS_EVERY_S = 1.0
ALIVE_EVERY_S = 3.0  # without a change: a page that hears nothing at all looks for another connection
MOST_CHANGES_BEHIND = 100  # by so many a slow page may lie behind; then it starts over


Origin = Literal["sensors", "recording", "simulated"]
"""Where the packets of a run come from: the sensors that are worn now, an earlier run, or none at all."""


class RunControls(Protocol):
    """What a page may ask of the run that goes on; each but a line returns whether there is one to ask."""

    def stop_cues(self, reason: str) -> bool:
        """End targets and cues, for this reason."""

    def ask_timer(self, channel: str, payload: bytes = b"") -> bool:
        """Hand a wish to the timer: a pause, its end, a lap, intervals."""

    def say_line(self, text: str, *, when_stopped: bool) -> LineAnswer:
        """Take a coach's line to the runner, and return what becomes of it."""

    def end_run(self) -> bool:
        """End the run that goes on, in order."""

    def start_next(self) -> bool:
        """Start another run after one that was ended."""


class _Audience:
    """Pages that are told the same: a state, what they were not told of it yet, and the pages."""

    def __init__(self, state: LiveState) -> None:
        self.state = state
        self.changes = PageChanges()
        self.pages: set[Channel[str]] = set()
        self.told_s = 0.0
        self._run: dict[str, Any] = {"timer": {}, "allowance": None}

    def push_run(self, run: dict[str, Any]) -> None:
        """Note what changed in the state of the timer and of the allowance."""
        before, timer = self._run["timer"], run["timer"]
        change = {"timer": {key: value for key, value in timer.items() if before.get(key, ...) != value}}
        if run["allowance"] != self._run["allowance"]:
            change["allowance"] = run["allowance"]
        self.changes.add(change)
        self._run = run

    def push(self, records: Iterable[Out]) -> bool:
        """Fold records in; whether they bring what must be told at once."""
        return self.changes.add(self.state.push(records))


class LiveFeed:
    """A sink with any number of open pages; a page that cannot keep up costs nobody anything.

    It has two states: ``live_state`` is the runner's, and another is for pages of others, which learn
    nothing of the runner's plan (``monitor.pipeline.plan_privacy``).

    Every message says which session second it is now (``at_s``), so that a page can lay sounds on
    the runner's steps; ``pace`` is how many session seconds pass in one of the clock's.  ``controls`` takes
    what a page asks of the run that goes on; ``again``: another may follow.  ``run`` is that run: its
    timer, where its sensors are worn and, for the runner's page, how much of today's allowance is used.
    ``radio`` takes what a page hears that is the radio of the sensors.  The page says what is not of the
    sensors worn now, by ``origin``, and offers the runner ``intervals``: those of the ``plan`` of today,
    and those of the ``settings``.
    """

    name = "web"

    def __init__(
        self,
        live_state: LiveState,
        time: MonotonicClock,
        at_s: Callable[[], float] = lambda: 0.0,
        pace: float = 1.0,
        controls: RunControls | None = None,
        radio: PageListener | None = None,
        run: Session | None = None,
        *,
        again: bool = False,
        origin: Origin = "sensors",
        intervals: Mapping[str, Sequence[IntervalPlan]] | None = None,
    ) -> None:
        self.live_state = live_state
        self.radio = radio
        self.controls = controls
        self._run = run
        self._again = again
        self._origin = origin
        self._intervals = to_json(intervals or {})
        self._time = time
        self._at_s = at_s
        self._pace = pace if math.isfinite(pace) else None
        self._own, self._others = _Audience(live_state), _Audience(LiveState())
        self._slow = RepeatedEvent(_log, time.now_s, logging.INFO)

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Send changes to every open page until the batches end: numbers once in ``NUMBERS_EVERY_S``.

        Cues and what else is urgent goes at once, but not more often than every ``AT_MOST_EVERY_S``.
        """
        async with asyncio.TaskGroup() as group:
            numbers = group.create_task(self._send_numbers(), name="numbers to pages")
            async for batch in batches:
                urgent = self._own.push(batch)
                self._others.push(records_for_others(batch))
                if urgent:
                    self._send_changes()
                await self._time.sleep(AT_MOST_EVERY_S)
            numbers.cancel()
        self._send_changes()

    async def _send_numbers(self) -> None:
        while True:
            await self._time.sleep(NUMBERS_EVERY_S)
            self._send_changes(ALIVE_EVERY_S)

    def is_of(self, athlete: str | None) -> bool:
        """Return whether the run that is going on is this athlete's; None stands for all of them."""
        session = self.live_state.state()["session"]
        return athlete is None or (session is not None and session["athlete"] == athlete)

    def state(self, *, own: bool) -> dict[str, Any]:
        """Return the newest of everything as JSON-able data, for the runner (``own``) or for others."""
        audience = self._own if own else self._others
        return {**audience.state.state(), **self._run_state(own=own)}

    def _run_state(self, *, own: bool) -> dict[str, Any]:
        if self._run is None:
            return {"timer": None, "allowance": None}
        used = self._run.allowance if own else None
        rounded = None if used is None else {**to_json(used), "used": round(used.used, 1)}
        return {"timer": self._run.timer.to_json(), "allowance": rounded}

    def attach(self, *, own: bool, controls: bool = False) -> Channel[str]:
        """Return the messages (JSON texts) for one more page: first the whole state, then every change.

        ``own``: the page is the runner's; ``controls``: it may pause and end the run.  The channel is
        closed when the page lies more than ``MOST_CHANGES_BEHIND`` changes behind.
        """
        self._send_changes()  # to the others: what follows is the same for all
        audience = self._own if own else self._others
        page: Channel[str] = Channel(MOST_CHANGES_BEHIND)
        everything = {
            "all": audience.changes.whole(self.state(own=own)),
            "pace": self._pace,
            "controls": controls and self.controls is not None,
            "intervals": self._intervals if own else {},
            "again": self._again,
            "origin": self._origin,
            "places": self._places(),
            "at_s": round(self._at_s(), 4),
            "radio": own and self.radio is not None,
        }
        page.put(json.dumps(everything, allow_nan=False))
        audience.pages.add(page)
        _log.debug("web: a page is open (%d)", self._open_pages())
        return page

    def _places(self) -> dict[str, dict[str, Any]]:
        """Where each sensor is worn, by its name."""
        sensors = () if self._run is None else self._run.settings.sensors
        return {s.name: {"placement": s.placement.value, "side": s.side} for s in sensors}

    def detach(self, page: Channel[str]) -> None:
        """Forget a page that is gone; its channel gets nothing more."""
        self._own.pages.discard(page)
        self._others.pages.discard(page)
        _log.debug("web: a page is closed (%d left)", self._open_pages())

    def close(self) -> None:
        """Close the channels of all open pages, which ends their connections."""
        for page in self._own.pages | self._others.pages:
            page.close()

    def _open_pages(self) -> int:
        return len(self._own.pages) + len(self._others.pages)

    def _send_changes(self, alive_every_s: float = math.inf) -> None:
        """Send what changed; after so long without a change, that nothing did."""
        now_s = self._time.now_s()
        for audience in (self._own, self._others):
            if self._run is not None:
                audience.push_run(self._run_state(own=audience is self._own))
            change = audience.changes.take()
            if change or now_s - audience.told_s >= alive_every_s:
                audience.told_s = now_s
                self._send_message(change, audience.pages)

    def _send_message(self, change: dict[str, Any], pages: set[Channel[str]]) -> None:
        told = {"change": change, "at_s": round(self._at_s(), 4)}
        message = json.dumps(told, allow_nan=False, separators=(",", ":"))
        for page in list(pages):
            page.put(message)
            if page.dropped:
                self._slow.happened("web: a page cannot keep up and starts over")
                page.close()
                pages.discard(page)
