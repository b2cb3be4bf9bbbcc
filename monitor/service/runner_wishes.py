"""What a runner, or a coach, asks of the session that is running: a packet, so that the tape has it too."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from monitor.core.errors import StoreError
from monitor.core.line_answer import LineAnswer
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import Outage
from monitor.core.packet import PAUSE, Packet, say_line_packet, stop_cues_packet, wish_packet
from monitor.core.safe_text import clean_line
from monitor.pipeline.coach_lines import LONGEST_LINE
from monitor.service.red_flag_watch import RedFlagWatch

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 1.0
_MOST_LINES, _WITHIN_S = (
    5,
    600.0,
)  # of a coach (a choice): more would be talk, or a program that repeats itself


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
        self._lines_s: deque[float] = deque(maxlen=_MOST_LINES)
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

    def say_line(self, text: str, *, when_stopped: bool) -> LineAnswer:
        """Let a coach's line be said to the runner at a calm moment, and return whether it waits for that.

        ``when_stopped``: in a run that was stopped, too.  At most five lines in ten minutes are taken.
        """
        words = clean_line(text, LONGEST_LINE + 1)
        if not words or len(words) > LONGEST_LINE:
            return LineAnswer.NO_LINE
        if self._emit is None:
            return LineAnswer.NO_RUN
        now_s = self._now_s()
        if len(self._lines_s) == _MOST_LINES and now_s - self._lines_s[0] < _WITHIN_S:
            return LineAnswer.TOO_MANY
        self._lines_s.append(now_s)
        self._emit(say_line_packet(now_s, words, when_stopped=when_stopped))
        return LineAnswer.WAITS

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
