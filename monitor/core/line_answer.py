"""What becomes of a line that a coach writes to a runner, as its writer is told at once."""

from __future__ import annotations

from enum import StrEnum


class LineAnswer(StrEnum):
    """The answers to a coach's line when it comes; that it was said is told by the run's own records."""

    WAITS = "waits"  # for a calm moment
    NO_LINE = "no_line"  # empty or too long
    NO_RUN = "no_run"
    TOO_MANY = "too_many"
