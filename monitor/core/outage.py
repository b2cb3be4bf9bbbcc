"""What goes wrong again and again, as few log lines: one when it begins, one when it is over.

Both take the clock as a function, and the logger of the module that uses them: a line says whose it is.
They may be used from several threads: what can go wrong is a count that is off by one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from monitor.core.errors import MonitorError

_MOST_REASONS = 5
REPEAT_S = 60.0
"""Seconds between two log lines on something that keeps happening (a choice)."""


class Outage:
    """The failures of one thing, ``what``, from the first one to the moment it works again.

    The first failure is a warning, and so is one for another reason than those before (five at most); every
    other one is logged at debug.  The end of it is one line with the number of tries and the time it took.
    ``fields`` stand in JSON lines.
    """

    def __init__(
        self, log: logging.Logger, what: str, now_s: Callable[[], float], **fields: object
    ) -> None:
        self._log = log
        self._what = what
        self._now_s = now_s
        self._fields = fields
        self._reasons: set[str] = set()
        self._began_s = 0.0
        self.tries = 0

    def failed(self, why: MonitorError | str) -> None:
        """Count a failure and log it, at the level that the page above says.

        An error whose ``log_text`` is empty is not counted: somebody else logs it.
        """
        reason = why.log_text if isinstance(why, MonitorError) else why
        if not reason:
            return
        if not self.tries:
            self._began_s = self._now_s()
        self.tries += 1
        shape = re.sub(r"\d+", "0", reason)  # counts and times in it do not make another reason
        fresh = shape not in self._reasons and len(self._reasons) < _MOST_REASONS
        self._reasons.add(shape)
        level = logging.WARNING if fresh else logging.DEBUG
        line = reason if reason.startswith(self._what) else f"{self._what}: {reason}"
        line += "" if fresh else f" (try {self.tries})"
        self._log.log(level, "%s", line, extra={**self._fields, "tries": self.tries})

    def over(self, text: str = "works again") -> bool:
        """Log that it works again; return False, and log nothing, if it did not fail before."""
        if not self.tries:
            return False
        lasted_s = self._now_s() - self._began_s
        tries = "1 try" if self.tries == 1 else f"{self.tries} tries"
        fields = {**self._fields, "tries": self.tries, "lasted_s": round(lasted_s, 1)}
        self._log.info("%s: %s after %.0f s and %s", self._what, text, lasted_s, tries, extra=fields)
        self.tries = 0
        self._reasons.clear()
        return True


class RepeatedEvent:
    """Something that may happen many times a second, such as a refusal, as one log line a minute.

    The first one is logged at once.  Those that follow within ``REPEAT_S`` are only counted; the next one
    after that is logged with their number.
    """

    def __init__(
        self, log: logging.Logger, now_s: Callable[[], float], level: int = logging.WARNING
    ) -> None:
        self._log = log
        self._now_s = now_s
        self._level = level
        self._seen: dict[str, tuple[float, int]] = {}  # text -> when it was logged, how many since

    def happened(self, text: str, *, count: int = 1, **fields: object) -> None:
        """Log ``text``, or count it if it was logged a moment ago; ``fields`` stand in JSON lines.

        ``text`` is one of few: it says what happened and holds no numbers.
        """
        now_s = self._now_s()
        logged_s, held = self._seen.get(text, (-REPEAT_S, 0))
        if now_s - logged_s < REPEAT_S:
            self._seen[text] = (logged_s, held + count)
            self._log.debug("%s", text, extra=fields)
            return
        self._seen[text] = (now_s, 0)
        total = held + count
        many = f" ({total:,} times since the last line)" if held else f" ({count:,})" if count > 1 else ""
        self._log.log(self._level, "%s%s", text, many, extra={**fields, "count": total})
