"""Delivery from the store: all of it, in order, whatever the far end does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsp.types import Gap
from monitor.core.errors import ConfigError, SinkError, SinkRefused
from monitor.core.records import Out
from monitor.core.retry import Backoff
from monitor.sinks.outbox import Outbox, OutboxParams
from monitor.sinks.protocol import ReportsStatus
from monitor.storage.session_info import SessionInfo, WaitingRecord
from monitor.storage.store import Store

SESSION = "2026-01-01T00-00-00-me"
QUICK = OutboxParams(limit=4, backoff=Backoff(first_s=0.5, longest_s=0.5, jitter=0))


class MadeUp:
    """Time that passes when it is waited for."""

    def __init__(self) -> None:
        self.t_s = 0.0

    def now_s(self) -> float:
        return self.t_s

    async def sleep(self, seconds: float) -> None:
        self.t_s += seconds
        await asyncio.sleep(0)


class FarEnd:
    """Answers as told, one answer for each call: None takes the batch, an error is raised.

    ``late``: the batch is taken and the error raised all the same, as after a time-out.
    """

    def __init__(self, answers: Sequence[Exception | None] = (), *, late: bool = False) -> None:
        self.got: list[int] = []
        self.largest = 0
        self.bad: set[int] = set()
        self._answers = iter(answers)
        self._late = late

    async def deliver(self, batch: Sequence[WaitingRecord]) -> None:
        self.largest = max(self.largest, len(batch))
        error = next(self._answers, None)
        if error is not None and not self._late:
            raise error
        if self.bad & {row for row, _, _ in batch}:
            raise SinkRefused("field type conflict")
        self.got += [row for row, _, _ in batch]
        if error is not None:
            raise error


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as made:
        begin(made, SESSION)
        yield made


def begin(store: Store, session: str) -> None:
    store.begin(SessionInfo(id=session, athlete="me", title="", started_utc="2026-01-01T00:00:00+00:00"))


def gaps(n: int) -> list[Out]:
    return [Gap("left foot", float(k), k + 0.5) for k in range(n)]


async def until(true: Callable[[], bool]) -> None:
    """Give the others their turn; the test's own time limit ends it."""
    while not true():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


async def nothing() -> AsyncIterator[list[Out]]:
    for batch in list[list[Out]]():
        yield batch


def outbox(store: Store, far: FarEnd, params: OutboxParams = QUICK, session: str | None = None) -> Outbox:
    return Outbox("far", store, far.deliver, MadeUp(), session=session, params=params)


async def test_everything_arrives_once_and_in_order_at_an_end_that_works(store: Store) -> None:
    await asyncio.to_thread(store.write, SESSION, gaps(30))
    far = FarEnd()
    await outbox(store, far).run(nothing())
    assert far.got == list(range(1, 31))
    assert far.largest == QUICK.limit
    assert await asyncio.to_thread(store.backlog, "far") == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(failing=st.lists(st.booleans(), max_size=12), late=st.booleans(), n=st.integers(1, 25))
async def test_whatever_fails_every_record_arrives_and_the_order_of_first_arrivals_is_kept(
    tmp_path_factory: pytest.TempPathFactory, failing: list[bool], late: bool, n: int
) -> None:
    far = FarEnd([SinkError("away") if fails else None for fails in failing], late=late)

    def filled() -> Store:
        store = Store(tmp_path_factory.mktemp("store") / "gaitcue.db")
        begin(store, SESSION)
        store.write(SESSION, gaps(n))
        return store

    store = await asyncio.to_thread(filled)
    await outbox(store, far).run(nothing())
    await asyncio.to_thread(store.close)
    assert list(dict.fromkeys(far.got)) == list(range(1, n + 1))
    if not late:
        assert len(far.got) == n


async def test_what_is_refused_is_set_aside_with_its_reason_and_the_rest_arrives(store: Store) -> None:
    await asyncio.to_thread(store.write, SESSION, gaps(20))
    far = FarEnd()
    far.bad = {3, 4, 17}
    sink = outbox(store, far)
    await sink.run(nothing())
    assert sorted(far.got) == [row for row in range(1, 21) if row not in far.bad]
    aside = await asyncio.to_thread(store.quarantined, "far")
    assert aside == [(row, SESSION, "field type conflict") for row in (3, 4, 17)]
    news = sink.report(5.0)
    assert news is not None
    assert (news.ok, news.dropped, news.t_s) == (False, 3, 5.0)


async def test_giving_up_leaves_all_of_it_for_the_next_start(store: Store) -> None:
    await asyncio.to_thread(store.write, SESSION, gaps(6))
    with pytest.raises(ConfigError):
        await outbox(store, FarEnd([ConfigError("error.no_channel")])).run(nothing())
    far = FarEnd()
    await outbox(store, far).run(nothing())
    assert far.got == [1, 2, 3, 4, 5, 6]


async def test_a_live_session_is_delivered_to_its_last_record_and_then_it_ends(store: Store) -> None:
    far = FarEnd([SinkError("away")] * 3)
    sink = outbox(store, far, session=SESSION)

    async def batches() -> AsyncIterator[list[Out]]:
        for _ in range(5):
            await asyncio.to_thread(store.write, SESSION, gaps(7))
            yield gaps(7)

    running = asyncio.create_task(sink.run(batches()))
    await until(lambda: len(far.got) == 35)
    assert not running.done()  # the store has not been told of the end
    await asyncio.to_thread(store.write, SESSION, gaps(2))
    await asyncio.to_thread(store.end, SESSION, 7.0)
    await running
    assert far.got == list(range(1, 38))


async def test_of_two_that_deliver_from_one_store_one_works_and_the_other_takes_over(store: Store) -> None:
    await asyncio.to_thread(store.write, SESSION, gaps(8))
    first, second = FarEnd(), FarEnd()
    working = asyncio.create_task(outbox(store, first, session=SESSION).run(nothing()))
    await until(lambda: len(first.got) == 8)
    waiting_sink = outbox(store, second, session=SESSION)
    waiting = asyncio.create_task(waiting_sink.run(nothing()))
    await until(lambda: "another" in waiting_sink._state.text)
    working.cancel()
    await asyncio.wait([working])
    await asyncio.to_thread(store.write, SESSION, gaps(3))
    await asyncio.to_thread(store.end, SESSION, 7.0)
    await waiting
    assert (first.got, second.got) == (list(range(1, 9)), [9, 10, 11])


async def test_an_end_that_wants_no_history_gets_none_but_all_that_comes_after(store: Store) -> None:
    await asyncio.to_thread(store.write, SESSION, gaps(5))
    params = OutboxParams(history=False)
    await asyncio.to_thread(outbox, store, FarEnd(), params)  # a session in which it was away all the time
    await asyncio.to_thread(store.write, SESSION, gaps(3))
    far = FarEnd()
    sink = await asyncio.to_thread(outbox, store, far, params)
    await sink.run(nothing())
    assert far.got == [6, 7, 8]


async def test_news_is_told_when_it_changes_and_once_a_minute(store: Store) -> None:
    sink = outbox(store, FarEnd())
    assert isinstance(sink, ReportsStatus)
    assert sink.report(0.0) is not None
    assert sink.report(1.0) is None
    await sink.run(nothing())
    news = sink.report(2.0)
    assert news is not None
    assert news.ok
    sink._time.t_s += 61.0  # type: ignore[attr-defined]
    assert sink.report(62.0) is not None


def test_records_of_a_forgotten_session_are_not_set_aside_any_more(store: Store) -> None:
    store.write(SESSION, gaps(2))
    store.quarantine("far", [(1, SESSION)], "no")
    store.delete(SESSION)
    assert store.quarantined("far") == []


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{r.levelname} {r.getMessage()}" for r in caplog.records if r.levelno >= logging.INFO]


async def test_an_end_that_is_away_is_logged_when_that_begins_and_when_it_is_over(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    await asyncio.to_thread(store.write, SESSION, gaps(10))
    far = FarEnd([None, *[SinkError("far answers 500: step,athlete=me", log_text="far answers 500")] * 6])
    await outbox(store, far).run(nothing())
    assert logged(caplog) == [
        "WARNING far answers 500",
        "INFO far: delivers again after 3 s and 6 tries",
        "INFO far: everything has arrived",
    ]


async def test_what_is_refused_is_one_line_without_its_reason_which_may_quote_it(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    await asyncio.to_thread(store.write, SESSION, gaps(20))
    far = FarEnd()
    far.bad = set(range(3, 15))
    await outbox(store, far).run(nothing())
    assert logged(caplog) == [
        "WARNING far: a record was refused for good; gaitcue stack status says why",
        "INFO far: everything has arrived",
    ]


async def test_what_waits_at_the_end_is_logged_with_its_number(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(store.write, SESSION, gaps(9))
    far = FarEnd([SinkError("away")] * 10_000)
    task = asyncio.create_task(outbox(store, far, session=SESSION).run(nothing()))
    await until(lambda: bool(caplog.records))
    task.cancel()
    await asyncio.wait([task])
    assert logged(caplog) == ["WARNING far: away", "WARNING far: 9 records wait for the next start"]
