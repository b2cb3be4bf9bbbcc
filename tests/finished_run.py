"""Runs in a store, as they are when a live session has just ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from dsp.types import Activity, ActivityChange
from monitor.core.records import Out, SessionEnded
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store


def add_run(
    store: Store, name: str = "2026-11-24T12-00-00-me", *, source: str = "", moves: bool = True
) -> str:
    """A run that has ended, and its id."""
    started = f"{name[:10]}T{name[11:19].replace('-', ':')}+00:00"
    store.begin(SessionInfo(id=name, athlete="me", title="Lunch & run", started_utc=started, source=source))
    what = Activity.RUN if moves else Activity.STAND
    store.write(name, [ActivityChange(0.0, what, 1.0), SessionEnded(name, 60.0, "stopped")])
    store.end(name, 60.0)
    return name


def write_text(session: str, path: Path) -> None:
    """Stands for the FIT writer."""
    path.write_text(f"FIT of {session}")


async def no_batches() -> AsyncIterator[list[Out]]:
    """A session that has ended already."""
    for batch in list[list[Out]]():
        yield batch
