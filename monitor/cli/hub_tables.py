"""Tables of a hub in the terminal: how far its workers and its store are."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from monitor.core.user_language import user_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from monitor.hub.hub_status import HubStatus, PartitionProgress

_LATE_S = 90.0  # a worker says how far it is every 30 s


def hub_status_parts(status: HubStatus, now: datetime.datetime) -> Iterator[Table | str]:
    """Yield what is to be printed of a hub at ``now`` (UTC): its partitions, its streams, its store."""
    yield _partitions_table(status, now)
    for stream in status.streams:
        yield user_text("say.hub.stream", name=stream.name, n=stream.messages, mb=stream.bytes / 1e6)
    if status.records_waiting is None:
        yield user_text("say.hub.no_store")
    else:
        yield user_text("say.hub.store", n=status.records_waiting)


def _partitions_table(status: HubStatus, now: datetime.datetime) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for heading in ("partition", "last", "position", "waiting", "saved", "claims"):
        table.add_column(user_text(f"say.hub.column.{heading}"), justify="right", no_wrap=True)
    for p in status.partitions:
        late = p.waiting > 0 and (p.saved_utc is None or (now - p.saved_utc).total_seconds() > _LATE_S)
        numbers = [str(n) for n in (p.partition, p.last, p.position if p.readable else "?", p.waiting)]
        bad = late or not p.readable
        table.add_row(*numbers, _saved_text(p, now), str(p.claims), style="red" if bad else None)
    return table


def _saved_text(progress: PartitionProgress, now: datetime.datetime) -> str:
    """How long ago a worker said how far it is."""
    if progress.saved_utc is None:
        return "—"
    seconds = max(0.0, (now - progress.saved_utc).total_seconds())
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
