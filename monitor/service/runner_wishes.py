"""What a runner asks of the session that is running: it becomes a packet, so that the tape has it too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from monitor.core.errors import StoreError
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import Outage
from monitor.core.packet import PAUSE, Packet, stop_cues_packet, wish_packet
from monitor.service.red_flag_watch import RedFlagWatch

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 1.0


class RunnerWishes:
    """A way into the running session, for the pages: every wish takes the way of the sensors' packets.

    So the tape has it before it is followed, and replay, recovery and review follow it at the same place.
    ``now_s`` gives the session second of now; ``flags`` tells of red flags that were written down
    elsewhere; with ``wait`` the run begins as a pause.  Everything is called on the event loop of the
    session.
    """

    def __init__(
        self, now_s: Callable[[], float], flags: RedFlagWatch | None = None, *, wait: bool = False
    ) -> None:
        self._now_s = now_s
        self._flags = flags
        self._emit: Callable[[Packet], None] | None = None
        self._end: Callable[[], None] = lambda: None
        self._stopped = False
        self._wait = wait
        self.ended = False  # the runner has ended it
        self.again = asyncio.Event()  # the runner wants another run

    def open(self, emit: Callable[[Packet], None], end: Callable[[], None] = lambda: None) -> None:
        """Let wishes through to ``emit`` from now on; ``end`` is called to end the run."""
        self._emit, self._end = emit, end
        if self._wait:
            emit(wish_packet(0.0, PAUSE))

    def close(self) -> None:
        """Let no wish through any more: the input has ended."""
        self._emit = None

    def stop_cues(self, reason: str) -> bool:
        """End targets and cues of the running session, and return whether there is one.

        ``reason`` goes on the tape and into no record; it has no word of the runner's log.  Asked again, it
        is done already.
        """
        if self._emit is None:
            return False
        if not self._stopped:
            self._stopped = True
            self._emit(stop_cues_packet(self._now_s(), reason))
        return True

    def ask_timer(self, channel: str, payload: bytes = b"") -> bool:
        """Hand a wish to the timer of the running session, and return whether there is one."""
        if self._emit is None:
            return False
        self._emit(wish_packet(self._now_s(), channel, payload))
        return True

    def end_run(self) -> bool:
        """End the running session in order, and return whether there was one."""
        if self._emit is None:
            return False
        self.ended = True
        self.close()
        self._end()
        return True

    def start_next(self) -> bool:
        """Ask for another run after one that the runner has ended, and return whether that can be."""
        if self.ended:
            self.again.set()
        return self.ended

    async def follow_red_flags(self, time: MonotonicClock) -> None:
        """Follow the log: end the cues within about a second where a red flag is written down anywhere.

        The files are read in a thread.  It goes on until it is cancelled; a log that cannot be read is
        looked at again.
        """
        outage = Outage(_log, "the runner's log", time.now_s)
        while self._flags is not None:
            try:
                if await asyncio.to_thread(self._flags.has_new_stop):
                    self.stop_cues("asked")
                outage.over()
            except StoreError as exc:
                outage.failed(exc)
            await time.sleep(_LOOK_EVERY_S)
