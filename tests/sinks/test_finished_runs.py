"""Runs go out once they have ended: only those that were recorded live, and none twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dsp.types import Activity, ActivityChange
from monitor.core.errors import SinkError, StoreError
from monitor.core.monotonic import SystemClock
from monitor.core.records import SessionEnded
from monitor.sinks.finished_runs import FinishedRuns
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.finished_run import add_run, no_batches, write_text

FILE = f"{1:064x}:0"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as made:
        yield made


class FarEnd:
    """Takes runs, after failing as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.got: list[str] = []

    async def deliver(self, info: SessionInfo, write: Callable[[Path], None]) -> None:
        if self.failures:
            self.failures -= 1
            raise SinkError("away")
        await asyncio.to_thread(write, Path("/dev/null"))
        self.got.append(info.id)


def sink(store: Store, far: FarEnd, session: str | None = None) -> FinishedRuns:
    return FinishedRuns("export", store, write_text, far.deliver, SystemClock(), session)


def test_only_runs_that_were_recorded_live_and_since_it_is_set_up_are_delivered(store: Store) -> None:
    add_run(store, "2026-11-20T12-00-00-me")
    far = FarEnd()
    out = sink(store, far)  # from here on
    add_run(store, "2026-11-21T12-00-00-me", source=FILE)
    add_run(store, "2026-11-22T12-00-00-me", source="replay:x")
    live = add_run(store, "2026-11-23T12-00-00-me")
    add_run(store, "2026-11-24T12-00-00-me", moves=False)
    assert store.backlog("export", runs=True) == 2
    asyncio.run(out.run(no_batches()))
    assert far.got == [live]
    assert store.backlog("export", runs=True) == 0
    asyncio.run(sink(store, far).run(no_batches()))
    assert far.got == [live]


def test_a_run_that_failed_waits_for_the_next_start(store: Store) -> None:
    far = FarEnd(failures=1)
    out = sink(store, far)
    live = add_run(store)
    with pytest.raises(SinkError, match="away"):
        asyncio.run(out.outbox.drain())
    assert store.backlog("export", runs=True) == 1
    assert asyncio.run(sink(store, far).outbox.drain())
    assert far.got == [live]


def test_what_cannot_be_written_as_fit_is_set_aside_and_a_full_disk_is_tried_again(
    store: Store,
) -> None:
    def refuse(session: str, path: Path) -> None:
        raise StoreError("error.fit_nothing", session=session)

    def full(session: str, path: Path) -> None:
        raise StoreError("error.cannot_write", path=path, reason="full") from OSError(28, "full")

    far = FarEnd()
    for write, error in ((refuse, None), (full, SinkError)):
        out = FinishedRuns("export", store, write, far.deliver, SystemClock(), None)
        add_run(store, f"2026-11-2{len(store.sessions())}T12-00-00-me")
        if error is None:
            assert asyncio.run(out.outbox.drain())
        else:
            with pytest.raises(error, match="full"):
                asyncio.run(out.outbox.drain())
    assert [reason for _, _, reason in store.quarantined("export")] == [
        "2026-11-20T12-00-00-me: has no metrics; there is nothing to write into a FIT file"
    ]
    assert store.backlog("export", runs=True) == 1


async def test_it_waits_until_the_store_has_marked_the_run_as_ended(store: Store) -> None:
    far = FarEnd()
    name = "2026-11-24T12-00-00-me"
    out = await asyncio.to_thread(sink, store, far, name)
    info = SessionInfo(id=name, athlete="me", title="", started_utc="2026-11-24T12:00:00+00:00")
    await asyncio.to_thread(store.begin, info)
    records = [ActivityChange(0.0, Activity.RUN, 1.0), SessionEnded(name, 60.0, "stopped")]
    await asyncio.to_thread(store.write, name, records)
    running = asyncio.create_task(out.run(no_batches()))
    await asyncio.sleep(0.3)
    assert far.got == []
    await asyncio.to_thread(store.end, name, 60.0)
    await running
    assert far.got == [name]
