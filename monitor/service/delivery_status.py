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
class OutsideSystem:
    """The state of delivery to one outside system.

    ``waiting``: records on their way; ``refused``: how many were set aside, by reason.
    """

    name: str
    state: str
    ok: bool
    last_heard_utc: str  # empty: never
    waiting: int
    refused: Counter[str]


def outside_systems(store: Store, configured: tuple[str, ...] = ()) -> list[OutsideSystem]:
    """Return every outside system that is ``configured`` or that the store has ever heard of, by name."""
    last_status = dict.fromkeys(configured) | store.sinks()
    out = []
    for name, last in sorted(last_status.items()):
        refused = Counter(reason for _, _, reason in store.quarantined(name))
        waiting = store.backlog(name) if name in configured or store.delivered(name) else 0
        if last is None:
            out.append(OutsideSystem(name, "no news of it yet", True, "", waiting, refused))
        else:
            session, status = last
            at = datetime.datetime.fromisoformat(store.session(session).started_utc)
            at += datetime.timedelta(seconds=status.t_s)
            arrived = store.delivered(name) > 0 and not waiting and status.ok
            state = "everything has arrived" if arrived else status.text
            out.append(OutsideSystem(name, state, status.ok, f"{at:%Y-%m-%d %H:%M:%S}", waiting, refused))
    return out


def delivery_status(store: Store, folder: Path, configured: tuple[str, ...]) -> Iterator[RenderableType]:
    """Yield lines and a table for the terminal: the store in ``folder``, running sessions, outside systems.

    ``configured``: names of the systems that are set up, listed even if nothing was sent yet.
    """
    sessions = store.sessions()
    live = [s.id for s in sessions if s.status is SessionStatus.LIVE]
    tapes = sum(f.stat().st_size for f in folder.glob("tapes/*"))
    size = sum(f.stat().st_size for f in folder.glob("gaitcue.db*"))
    yield f"store: {folder}: {len(sessions)} sessions, {size / 1e6:.1f} MB; tapes {tapes / 1e6:.1f} MB"
    yield f"running now: {', '.join(live) or 'nothing'}"
    systems = outside_systems(store, configured)
    if not systems:
        yield "no outside system is set up"
        return
    table = Table()
    for heading in ("outside system", "last heard (UTC)", "state", "waiting", "refused"):
        table.add_column(
            heading, overflow="fold", justify="right" if heading in "waiting refused" else "left"
        )
    for system in systems:
        mark = "" if system.ok and not system.refused else "! "
        waiting, refused = str(system.waiting), str(system.refused.total())
        table.add_row(system.name, system.last_heard_utc, mark + system.state, waiting, refused)
    yield table
    for system in systems:
        for reason, count in system.refused.most_common(10):
            yield f"{system.name} refused {count}: {reason}"
        if system.refused:
            yield "when the cause is mended, gaitcue stack send SESSION sends a session again"
