"""How the outside systems and the store are doing, read from the store alone."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table

from monitor.core.message_catalogues import catalogue
from monitor.core.records import SINK_STARTING
from monitor.core.user_language import user_language, user_text
from monitor.sinks.finished_runs import RUN_SINKS
from monitor.storage.hub_accounts import HUB_SINK
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from monitor.storage.tape_archive import is_unfinished

WITHOUT_HISTORY = ("mqtt", HUB_SINK)
"""Systems that get nothing from before they were set up."""


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
    out, translate = [], catalogue(user_language()).translate_recorded
    for name, last in sorted(last_status.items()):
        refused = Counter(reason for _, _, reason in store.quarantined(name))
        waiting = _waiting(store, name, configured)
        if last is None:
            out.append(OutsideSystem(name, user_text("say.stack.no_news"), True, "", waiting, refused))
        else:
            session, status = last
            at = datetime.datetime.fromisoformat(store.session(session).started_utc)
            at += datetime.timedelta(seconds=status.t_s)
            if store.delivered(name) > 0 and not waiting and status.ok:
                state = user_text("say.stack.arrived")
            elif waiting and status.text == SINK_STARTING:
                state = user_text("say.stack.no_answer")
            else:
                state = translate(status.text)
            out.append(OutsideSystem(name, state, status.ok, f"{at:%Y-%m-%d %H:%M:%S}", waiting, refused))
    return out


def _waiting(store: Store, name: str, configured: tuple[str, ...]) -> int:
    """How many records or runs wait for a system: for one without an account those that it would get."""
    if name not in configured and not store.has_account(name):
        return 0
    if name in WITHOUT_HISTORY and not store.has_account(name):
        return 0
    if name == HUB_SINK:
        return len(store.runs_to_send())
    return store.backlog(name, runs=name in RUN_SINKS)


def undelivered_texts(store: Store, configured: Sequence[str]) -> list[str]:
    """Return a line for each configured system that has not got everything: how much waits, what to do."""
    out = []
    for system in outside_systems(store, tuple(configured)):
        if system.name not in configured:
            continue
        if system.waiting:
            # What follows the cause is about a run that goes on.
            name, n, state = system.name, system.waiting, system.state.split("; ")[0]
            if name in (*RUN_SINKS, HUB_SINK):
                out.append(user_text("say.run.waiting_runs", name=name, n=n, state=state))
            elif name == "influx":
                out.append(user_text("say.run.waiting_influx", name=name, n=n, state=state))
            else:
                out.append(user_text("say.run.waiting_next_run", name=name, n=n, state=state))
        if system.refused:
            key = "say.run.refused_runs" if system.name in RUN_SINKS else "say.run.refused"
            out.append(user_text(key, name=system.name, n=system.refused.total()))
    return out


def delivery_status(store: Store, folder: Path, configured: tuple[str, ...]) -> Iterator[RenderableType]:
    """Yield lines and a table for the terminal: the store in ``folder``, running sessions, outside systems.

    ``configured``: names of the systems that are set up, listed even if nothing was sent yet.
    """
    sessions = store.sessions()
    live = [s.id for s in sessions if s.status is SessionStatus.LIVE and not is_unfinished(s)]
    tapes = sum(f.stat().st_size for f in folder.glob("tapes/*"))
    size = sum(f.stat().st_size for f in folder.glob("gaitcue.db*"))
    yield user_text(
        "say.stack.store", folder=str(folder), n=len(sessions), size=size / 1e6, tapes=tapes / 1e6
    )
    yield user_text("say.stack.running", sessions=", ".join(live) or user_text("say.stack.nothing"))
    systems = outside_systems(store, configured)
    if not systems:
        yield user_text("say.stack.no_system")
        return
    table = Table()
    for heading in ("system", "heard", "state", "waiting", "refused"):
        right, name = heading in ("waiting", "refused"), user_text(f"say.stack.column.{heading}")
        table.add_column(name, overflow="fold", justify="right" if right else "left")
    for system in systems:
        mark = "" if system.ok and not system.refused else "! "
        waiting, refused = str(system.waiting), str(system.refused.total())
        table.add_row(system.name, system.last_heard_utc, mark + system.state, waiting, refused)
    yield table
    for system in systems:
        for reason, count in system.refused.most_common(10):
            yield user_text("say.stack.refused", name=system.name, count=count, reason=reason)
        if system.refused:
            yield user_text("say.stack.again")
