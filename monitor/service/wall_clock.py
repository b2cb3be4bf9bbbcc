"""The date of this machine, which may be set in mid-run.

A small computer without a clock of its own begins with the date of its last hour and is set right once it
has a network.  No number of a run depends on it, since session time is steady; but the run is stored and
sent under the date with which it began, and whoever looks for it should know.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from monitor.core.monotonic import MonotonicClock
from monitor.core.records import SinkStatus

_log = logging.getLogger(__name__)

_LEAST_S = 2.0  # smaller steps are those of a clock that is kept right (a choice)
_FORWARD = "this machine's clock was set forward by {change}; the run keeps the date it began with"
_BACK = "this machine's clock was set back by {change}; the run keeps the date it began with"


class WallClock:
    """A watcher that tells of every time that the machine's clock is set.

    ``utc_s`` gives the machine's own time in seconds.
    """

    name = "clock"

    def __init__(self, session_clock: MonotonicClock, utc_s: Callable[[], float] = time.time) -> None:
        self._session_clock = session_clock
        self._utc_s = utc_s
        self._began_utc_s = self._start_of_session()

    def report(self, t_s: float) -> SinkStatus | None:
        """Return the status at session second ``t_s`` that tells of a change, None if there was none."""
        began_s = self._start_of_session()
        change_s = began_s - self._began_utc_s
        if abs(change_s) < _LEAST_S:
            return None
        self._began_utc_s = began_s
        minutes, seconds = divmod(round(abs(change_s)), 60)
        change = f"{minutes // 60}:{minutes % 60:02}:{seconds:02} h"  # the same in every language
        text = (_FORWARD if change_s > 0 else _BACK).format(change=change)
        _log.warning("clock: %s", text)
        return SinkStatus(t_s, self.name, False, text)

    def _start_of_session(self) -> float:
        """When the session began, by the machine's time of now."""
        return self._utc_s() - self._session_clock.now_s()
