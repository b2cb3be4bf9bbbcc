"""How the outside systems and the store are doing, read from the store alone."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table

from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store


@dataclass(frozen=True, slots=True)
class FarEnd:
    """``waiting`` records are on their way; ``refused`` counts, by reason, those set aside."""

    name: str
    state: str
    ok: bool
    said_utc: str  # empty: never
    waiting: int
    refused: Counter[str]


def far_ends(store: Store, configured: tuple[str, ...] = ()) -> list[FarEnd]:
    """Every outside system that is set up or was ever told of."""
    told = dict.fromkeys(configured) | store.sinks()
    out = []
    for name, last in sorted(told.items()):
        refused = Counter(reason for _, _, reason in store.quarantined(name))
        waiting = store.backlog(name) if name in configured or store.delivered(name) else 0
        if last is None:
            out.append(FarEnd(name, "nothing was heard of it yet", True, "", waiting, refused))
        else:
            session, status = last
            at = datetime.datetime.fromisoformat(store.session(session).started_utc)
            at += datetime.timedelta(seconds=status.t_s)
            arrived = store.delivered(name) > 0 and not waiting and status.ok
            state = "everything has arrived" if arrived else status.text
            out.append(FarEnd(name, state, status.ok, f"{at:%Y-%m-%d %H:%M:%S}", waiting, refused))
    return out


def delivery_status(store: Store, folder: Path, configured: tuple[str, ...]) -> Iterator[RenderableType]:
    """For the terminal."""
    sessions = store.sessions()
    live = [s.id for s in sessions if s.status is SessionStatus.LIVE]
    tapes = sum(f.stat().st_size for f in folder.glob("tapes/*"))
    size = sum(f.stat().st_size for f in folder.glob("gaitcue.db*"))
    yield f"store: {folder}: {len(sessions)} sessions, {size / 1e6:.1f} MB; tapes {tapes / 1e6:.1f} MB"
    yield f"running now: {', '.join(live) or 'nothing'}"
    ends = far_ends(store, configured)
    if not ends:
        yield "no outside system is set up"
        return
    table = Table()
    for heading in ("outside system", "last heard (UTC)", "state", "waiting", "refused"):
        table.add_column(
            heading, overflow="fold", justify="right" if heading in "waiting refused" else "left"
        )
    for end in ends:
        mark = "" if end.ok and not end.refused else "! "
        table.add_row(end.name, end.said_utc, mark + end.state, str(end.waiting), str(end.refused.total()))
    yield table
    for end in ends:
        for reason, count in end.refused.most_common(10):
            yield f"{end.name} refused {count}: {reason}"
        if end.refused:
            yield "when the cause is mended, gaitcue push SESSION sends a session again"
