"""Shared days to InfluxDB: each day once, again when it has changed, and gone when sharing ends.

A day's points are a function of what the runner shares, so nothing waits here but the days whose points
are others than those that arrived: they are made anew at every delivery.  What may be at the server is
written down before it is sent (``monitor.storage.sent_days``).

1. Where an item is not shared any more, everything of the runner is deleted there first; what is still
   shared is sent again afterwards.  Nothing is sent while a deletion has not been carried out.
2. A server gets nothing before it has shown that it can delete: of one that is new, what is there under
   this name is deleted first.
3. A day that has changed is deleted and sent again, because a value that is taken back must not stay.

What is shared is asked for while the lock is held, so that no other process sends what was withdrawn
since.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.core.errors import SinkError
from monitor.core.file_lock import exclusive_lock
from monitor.sinks.influx.deletion import Deletion
from monitor.sinks.influx.line_protocol import protocol_lines
from monitor.sinks.influx.plan_points import EARLIER_PAIN, PLAN_MEASUREMENTS, shared_day_points
from monitor.sinks.influx.sink import InfluxSink
from monitor.storage.sent_days import SentDays, read_sent_days, write_sent_days
from monitor.training.sharing import SharedDay

BUSY = "another gaitcue on this machine is delivering them just now"
"""Why nothing was delivered while another process did."""
_POINTS = 2000  # in a request


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingReport:
    """A ``SharingReport`` says what a delivery did: days sent, and whether what was there was deleted.

    ``left_at`` are servers of earlier settings, where something was left.
    """

    sent: int = 0
    deleted: bool = False
    left_at: tuple[str, ...] = ()


class SharedDaysDelivery:
    """``SharedDaysDelivery`` brings the shared days of ``athlete`` to the server of ``sink``.

    ``load`` returns what is shared now and may block; ``path`` is the file of what was sent, ``server`` a
    name of the server and its bucket.
    """

    def __init__(
        self,
        sink: InfluxSink,
        server: str,
        athlete: str,
        load: Callable[[], Sequence[SharedDay]],
        path: Path,
    ) -> None:
        self._sink = sink
        self._server = server
        self._athlete = athlete
        self._load = load
        self._path = path

    async def deliver(self) -> SharingReport:
        """Deliver what has changed.  ``SinkError`` if something waits: what has not arrived, or a deletion.

        It may be called any number of times, by several processes.
        """
        if not await asyncio.to_thread(self._path.parent.is_dir):
            return SharingReport()  # nobody has ever written anything down
        with contextlib.ExitStack() as held:
            lock = exclusive_lock(self._path.with_suffix(".lock"))
            if not await asyncio.to_thread(held.enter_context, lock):
                raise SinkError(BUSY)
            days = await asyncio.to_thread(self._load)
            sent = _at_server(await asyncio.to_thread(read_sent_days, self._path), self._server)
            items = days[-1].items if days else frozenset()
            if not items and not sent.items:
                return SharingReport(left_at=sent.left_at)
            async with self._sink.connected():
                deleted = sent.server != self._server or not set(sent.items) <= items
                if deleted:
                    sent = await self._delete_all(sent)
                count = await self._send_changed(days, sent)
            return SharingReport(sent=count, deleted=deleted, left_at=sent.left_at)

    async def _delete_all(self, sent: SentDays) -> SentDays:
        for measurement, kind in (*((name, "") for name in PLAN_MEASUREMENTS), EARLIER_PAIN):
            await self._sink.delete_points(
                Deletion(measurement=measurement, athlete=self._athlete, kind=kind)
            )
        left_at = tuple(server for server in sent.left_at if server != self._server)
        return await self._keep(SentDays(server=self._server, left_at=left_at))

    async def _send_changed(self, days: Sequence[SharedDay], sent: SentDays) -> int:
        """Delete and send the days that are others than those that arrived; return how many were sent."""
        digests = {str(day.day): self._digest(day) for day in days}
        changed = [day for day in days if sent.days.get(str(day.day)) != digests[str(day.day)]]
        gone = [datetime.date.fromisoformat(day) for day in sent.days.keys() - digests.keys()]
        if not changed and not gone:
            return 0
        there = [day.day for day in changed if str(day.day) in sent.days]
        items = tuple(sorted({*sent.items, *(days[-1].items if days else ())}))
        on_the_way = dict(sent.days) | {str(day.day): "" for day in changed}
        sent = await self._keep(replace(sent, items=items, days=on_the_way))
        for first, last in _ranges([*there, *gone]):
            for measurement in PLAN_MEASUREMENTS:
                await self._sink.delete_points(
                    Deletion(measurement=measurement, athlete=self._athlete, first=first, last=last)
                )
        points = shared_day_points(self._athlete, changed)
        for start in range(0, len(points), _POINTS):
            await self._sink.send_points(points[start : start + _POINTS])
        await self._keep(replace(sent, days=digests))
        return len(changed)

    def _digest(self, day: SharedDay) -> str:
        return hashlib.sha256(protocol_lines(shared_day_points(self._athlete, [day]))).hexdigest()[:16]

    async def _keep(self, sent: SentDays) -> SentDays:
        await asyncio.to_thread(write_sent_days, self._path, sent)
        return sent


def deletion_waits(sent: SentDays, items: Iterable[str]) -> bool:
    """Return whether something may be at a server that is not shared any more."""
    return sent.damaged or not set(sent.items) <= set(items)


def _at_server(sent: SentDays, server: str) -> SentDays:
    """What was sent as seen from this server: of another one it is something that was left there."""
    if sent.damaged:
        return SentDays(items=("?",))
    if sent.server in ("", server):
        return sent
    left_at = {*sent.left_at, sent.server} if sent.items else {*sent.left_at}
    back = ("?",) if server in left_at else ()
    return SentDays(items=back, left_at=tuple(sorted(left_at)))


def _ranges(days: Iterable[datetime.date]) -> Iterator[tuple[datetime.date, datetime.date]]:
    """Yield the first and last day of each unbroken row of days."""
    row: list[datetime.date] = []
    for day in sorted(days):
        if row and day != row[-1] + datetime.timedelta(days=1):
            yield row[0], row[-1]
            row = []
        row.append(day)
    if row:
        yield row[0], row[-1]
