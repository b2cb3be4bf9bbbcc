"""The runner's own time of day: what a clock showed there and then, with its offset from UTC."""

from __future__ import annotations

import datetime

EARLIEST_YEAR, LATEST_YEAR = 1990, 2100
"""In which a session may begin, as FIT can say it: others are of clocks that were never set."""


def parse_start(text: str) -> datetime.datetime:
    """Return when a recording says that it began, in UTC, which is also meant where it names no offset.

    ``ValueError`` for what is no time, or not from ``EARLIEST_YEAR`` to ``LATEST_YEAR``.
    """
    instant = datetime.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=datetime.UTC)
    if not EARLIEST_YEAR <= instant.year <= LATEST_YEAR:
        raise ValueError(f"{text} is no date of a run")
    return instant.astimezone(datetime.UTC)


def local_start(started_utc: str, utc_offset_s: int | None) -> datetime.datetime:
    """Return when a session started, in the runner's local time, with the offset that was valid then.

    ``started_utc`` is ISO 8601, UTC where it names no offset.  ``utc_offset_s`` is what a watch said its
    clock was ahead of UTC; None means the time zone of this machine as it was (or will be) at that
    instant, so that summer and winter time are each right.  ``ValueError`` for what is no time.
    """
    instant = datetime.datetime.fromisoformat(started_utc)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=datetime.UTC)
    if utc_offset_s is None:
        return instant.astimezone()
    return instant.astimezone(datetime.timezone(datetime.timedelta(seconds=utc_offset_s)))


def offset_at(when: datetime.datetime, utc_offset_s: int, known_at: datetime.datetime) -> int:
    """Return what the runner's clock was ahead of UTC at ``when``, in s, if at ``known_at`` it was so much.

    A run over the change to summer time has two.  A file states one of them and no zone: if this machine's
    zone had the same one at ``known_at``, it is taken for the runner's.  A change in another zone cannot
    be known here; then the offset stays what the file says.
    """
    here = known_at.astimezone().utcoffset()
    there = when.astimezone().utcoffset()
    same = here == datetime.timedelta(seconds=utc_offset_s)
    return int(there.total_seconds()) if same and there is not None else utc_offset_s
