"""What a page still has of a run that has ended: gathered, and added to the session of that run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from monitor.core.errors import MonitorError
from monitor.core.packet import Packet, wish_packet
from monitor.sources.web_bluetooth.page_messages import PageLateBatch, PageWish
from monitor.sources.web_bluetooth.page_run import AddLatePackets

_log = logging.getLogger(__name__)

MOST_GATHERED = 200_000
"""Notifications: twenty minutes of three IMUs, some 60 MB.  More are added in parts."""


class PageBacklog:
    """``PageBacklog`` gathers batches of earlier runs (``push``) until they are added (``add``)."""

    def __init__(self, add_late: AddLatePackets) -> None:
        self._add_late = add_late
        self._run = ""
        self._packets: list[Packet] = []
        self._links: dict[str, list[tuple[str, int]]] = {}

    def push(self, batch: PageLateBatch) -> bool:
        """Take a batch; return whether there are so many now that they have to be added first."""
        if batch.run != self._run:
            self._run, self._packets, self._links = batch.run, [], {}
        self._packets += self._packets_of(batch)
        return len(self._packets) >= MOST_GATHERED

    async def add(self) -> bool:
        """Add what was gathered to its session and forget it; return whether that could be done."""
        packets, self._packets = self._packets, []
        if not packets:
            return True
        try:
            count = await asyncio.to_thread(self._add_late, self._run, packets)
        except MonitorError as exc:
            _log.warning("web_bluetooth: what came late could not be added to its run: %s", exc.log_text)
            return False
        _log.info("web_bluetooth: %d packets of an earlier run came late and were added to it", count)
        return True

    def _packets_of(self, batch: PageLateBatch) -> Iterable[Packet]:
        for heard in batch.entries:
            if isinstance(heard, PageWish):
                yield wish_packet(heard.page_s - batch.zero_s, heard.channel)
                continue
            links = self._links.setdefault(heard.sensor, [])
            connection = (batch.page, heard.connection)
            if connection not in links[-1:]:
                links.append(connection)
            arrival_ns = max(0, round((heard.page_s - batch.zero_s) * 1e9))
            yield Packet(heard.sensor, arrival_ns, heard.channel, heard.payload, len(links) - 1)
