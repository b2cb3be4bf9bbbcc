"""The sink against real servers that are killed, stopped, full, locked and contradicted: count exactly."""

from __future__ import annotations

import asyncio
import datetime
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dsp.types import Activity, ActivityChange, Metric, Step
from monitor.core.errors import SinkError
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out, SensorStatus, SessionEnded, SessionStarted
from monitor.core.retry import Backoff
from monitor.core.secret import Secret
from monitor.pipeline.session import Session
from monitor.simulation.simulated_runner import simulated_recording
from monitor.simulation.squad import SQUAD
from monitor.simulation.squad_history import past_runs
from monitor.sinks.influx.schema import RECORD_MEASUREMENTS
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.influx.sink import INFLUX_SINK, InfluxSink
from monitor.sinks.outbox import OutboxParams
from monitor.storage.changed_days import note_changed_run, read_changed_days
from monitor.storage.session_edit import delete_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.stack.servers import RAW_BUCKET, TOKEN, Influx, VictoriaMetrics

SESSION = "2026-01-01T00-00-00-ann"
SECONDS = 90.0
QUICK = OutboxParams(limit=300, every_s=0.02, backoff=Backoff(first_s=0.05, longest_s=0.2))


@pytest.fixture(scope="module")
def run() -> list[Out]:
    """All records of a minute and a half of a simulated runner."""
    recording = simulated_recording(SECONDS)
    session = Session(recording.settings)
    records: list[Out] = [SessionStarted(SESSION, "Ann B", "2026-01-01T00:00:00+00:00", ("footL",))]
    for packet in recording.packets():
        records += session.push(packet)
    return [*records, *session.finish(), SessionEnded(SESSION, session.t_s, "the input ended")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "gaitcue.db") as made:
        started = "2026-01-01T00:00:00+00:00"
        made.begin(SessionInfo(id=SESSION, athlete="Ann B", title="", started_utc=started))
        yield made


def sink(store: Store, url: str, *, live: bool = False, token: str = TOKEN) -> InfluxSink:
    settings = InfluxSettings(url=url, token=Secret(token), timeout_s=0.5 if live else 30.0)
    return InfluxSink(settings, store, SystemClock(), SESSION if live else None, QUICK)


async def nothing() -> AsyncIterator[list[Out]]:
    for batch in list[list[Out]]():
        yield batch


async def until(true: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(true):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def go_through(
    store: Store, run: list[Out], url: str, trouble: Callable[[], object], end: Callable[[], object]
) -> InfluxSink:
    """A session whose records come in pieces; a third of them on there is ``trouble``.

    It has its ``end`` when 300 records wait.
    """
    made = sink(store, url, live=True)
    trouble_is_over: asyncio.Task[None] | None = None

    async def over() -> None:
        await until(lambda: store.backlog(INFLUX_SINK) > 300)
        await asyncio.to_thread(end)

    async def batches() -> AsyncIterator[list[Out]]:
        nonlocal trouble_is_over
        for k in range(0, len(run), 60):
            if k == len(run) // 180 * 60:
                await until(lambda: store.delivered(INFLUX_SINK) > 0)
                await asyncio.to_thread(trouble)
                trouble_is_over = asyncio.create_task(over())
            await asyncio.to_thread(store.write, SESSION, run[k : k + 60])
            yield run[k : k + 60]
            await asyncio.sleep(0.02)
        await asyncio.to_thread(store.end, SESSION, 90.0)

    await made.run(batches())
    assert trouble_is_over is not None
    await trouble_is_over
    return made


def assert_all_of_it_is_there_once(influx: Influx, run: list[Out]) -> None:
    """Every step, every number of every second, every event."""
    assert influx.count("step", "count") == sum(isinstance(r, Step) for r in run)
    metrics = Counter(r.estimate.metric for r in run if isinstance(r, Metric))
    stored = {name: influx.count("second", name) for name in metrics}
    assert stored == dict(metrics)
    changes = [r.t_s for r in run if isinstance(r, ActivityChange)]
    minutes = [60.0 * m for m in range(1, int(SECONDS // 60) + 1)]
    assert influx.count("activity", "code") == len({*changes, *minutes, SECONDS})  # and its end
    states = {(r.sensor, r.t_s) for r in run if isinstance(r, SensorStatus)}
    assert influx.count("sensor", "text") == len(states)
    assert influx.count("session", "duration_s") == 1


async def test_all_arrives_with_its_types_and_sending_it_again_changes_nothing(
    influx: Influx, store: Store, run: list[Out]
) -> None:
    await asyncio.to_thread(store.write, SESSION, run)
    for _ in range(2):
        await sink(store, influx.url).run(nothing())
        assert_all_of_it_is_there_once(influx, run)
        await asyncio.to_thread(store._db.execute, "DELETE FROM delivered")
    fields = influx.query("SHOW FIELD KEYS FROM step")[0]["values"]
    assert ["count", "integer"] in fields
    assert ["contact_ms", "float"] in fields
    assert ["contact_ms_how", "string"] in fields
    first = next(r for r in run if isinstance(r, Metric) and r.estimate.metric == "cadence_spm")
    ((t_ns, value),) = influx.query("SELECT cadence_spm FROM second ORDER BY time LIMIT 1")[0]["values"]
    assert t_ns == 1_767_225_600_000_000_000 + round(first.t_s * 1e9)
    assert value == first.estimate.value


@pytest.mark.parametrize("part", ["server", "proxy"])
async def test_what_is_killed_in_mid_run_loses_and_doubles_nothing(
    influx: Influx, store: Store, run: list[Out], part: str
) -> None:
    """The server dies behind its proxy (502 and broken answers), or nobody listens at all."""
    process = influx.server if part == "server" else influx.proxy
    made = await go_through(store, run, influx.url, process.kill, process.start)
    assert_all_of_it_is_there_once(influx, run)
    state = made.report(0.0)
    assert state is not None
    assert (state.ok, state.backlog, state.dropped) == (True, 0, 0)


async def test_a_server_that_stops_answering_loses_and_doubles_nothing(
    influx: Influx, store: Store, run: list[Out]
) -> None:
    def go_on() -> None:
        time.sleep(0.6)  # longer than the time-out: what was sent may still be carried out
        influx.server.send(signal.SIGCONT)

    try:
        await go_through(store, run, influx.url, lambda: influx.server.send(signal.SIGSTOP), go_on)
    finally:
        influx.server.send(signal.SIGCONT)
    assert_all_of_it_is_there_once(influx, run)


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_full_disk_or_an_overloaded_server_loses_and_doubles_nothing(
    influx: Influx, store: Store, run: list[Out], status: int
) -> None:
    made = await go_through(store, run, influx.url, lambda: influx.answer(status), influx.recover)
    assert_all_of_it_is_there_once(influx, run)
    assert await asyncio.to_thread(store.quarantined, INFLUX_SINK) == []
    assert made.report(0.0) is not None


async def test_a_wrong_token_sets_nothing_aside_and_says_what_to_do(
    influx: Influx, store: Store, run: list[Out]
) -> None:
    await asyncio.to_thread(store.write, SESSION, run)
    wrong = sink(store, influx.url, token="not the token")
    async with wrong.connected():
        with pytest.raises(SinkError, match="the token is not known there; make one"):
            await wrong.outbox.drain()
    assert await asyncio.to_thread(store.quarantined, INFLUX_SINK) == []
    assert await asyncio.to_thread(store.backlog, INFLUX_SINK) == len(run)
    await sink(store, influx.url).run(nothing())
    assert_all_of_it_is_there_once(influx, run)


async def test_a_field_that_means_something_else_there_is_set_aside_and_the_rest_arrives(
    influx: Influx, store: Store, run: list[Out]
) -> None:
    foreign = b'second,athlete=x,session=x cadence_spm="fast" 1767225600000000000'
    await asyncio.to_thread(_raw_write, influx, foreign)
    await asyncio.to_thread(store.write, SESSION, run)
    made = sink(store, influx.url)
    await made.run(nothing())
    aside = await asyncio.to_thread(store.quarantined, INFLUX_SINK)
    cadences = [r for r in run if isinstance(r, Metric) and r.estimate.metric == "cadence_spm"]
    assert len(aside) == len(cadences)
    assert all("field type conflict" in reason for _, _, reason in aside)
    assert influx.count("step", "count") == sum(isinstance(r, Step) for r in run)
    state = made.report(0.0)
    assert state is not None
    assert not state.ok
    assert "refused" in state.text
    assert state.dropped == len(cadences)

    influx.query("DROP MEASUREMENT second")
    records = await asyncio.to_thread(store._select_records, "session = ?", SESSION)
    await asyncio.to_thread(store.release, INFLUX_SINK, SESSION)
    async with made.connected():
        await made.outbox.send(records)
    assert_all_of_it_is_there_once(influx, run)


def _raw_write(influx: Influx, line: bytes) -> None:
    from tests.stack.servers import fetch

    fetch(f"{influx.url}/api/v2/write?org=gaitcue&bucket={RAW_BUCKET}&precision=ns", line, TOKEN)


async def test_a_server_that_is_away_is_told_of_and_everything_waits(store: Store, run: list[Out]) -> None:
    await asyncio.to_thread(store.write, SESSION, run)
    made = sink(store, "http://127.0.0.1:1")
    running = asyncio.create_task(made.run(nothing()))
    await until(lambda: (news := made.report(0.0)) is not None and "cannot be reached" in news.text)
    running.cancel()  # what the service does when its deadline has passed
    await asyncio.wait([running])
    assert await asyncio.to_thread(store.backlog, INFLUX_SINK) == len(run)


async def test_the_receiver_of_another_make_finds_no_line_invalid(
    victoria: VictoriaMetrics, store: Store, run: list[Out]
) -> None:
    await asyncio.to_thread(store.write, SESSION, run)
    await sink(store, victoria.url).run(nothing())
    assert await asyncio.to_thread(victoria.invalid) == 0
    steps = sum(isinstance(r, Step) for r in run)
    assert await asyncio.to_thread(victoria.samples, "step_count") == steps


def squad_store(folder: Path) -> Store:
    """Two weeks of the demo's athlete who runs every third day, as stored runs."""
    made = Store(folder / "weeks.db")
    (hana,) = [a for a in SQUAD if a.name == "Hana"]
    for past in list(past_runs(hana, datetime.date(2026, 3, 30)))[-3:]:
        at = past.started.isoformat()
        made.begin(SessionInfo(id=past.session, athlete="Hana", title="", started_utc=at, utc_offset_s=0))
        made.write(past.session, past.records)
        made.end(past.session, float(past.seconds))
    return made


def run_times(influx: Influx, measurement: str, field: str) -> list[str]:
    series = influx.query(f'SELECT "{field}" FROM "{measurement}"')
    times = {row[0] // 10**9 for one in series for row in one["values"]}
    return sorted(str(datetime.datetime.fromtimestamp(t, datetime.UTC).date()) for t in times)


async def send(store: Store, influx: Influx) -> None:
    await sink(store, influx.url).run(nothing())


def test_a_deleted_run_is_gone_from_the_server_with_its_day(influx: Influx, tmp_path: Path) -> None:
    with squad_store(tmp_path) as store:
        asyncio.run(send(store, influx))
        days = run_times(influx, "run", "km")
        assert days == run_times(influx, "day", "km") == ["2026-03-23", "2026-03-26", "2026-03-29"]
        assert run_times(influx, "second", "cadence_spm")[-1] == days[-1]
        delete_session(store, store.sessions()[0])
        asyncio.run(send(store, influx))
        assert run_times(influx, "run", "km") == run_times(influx, "day", "km") == days[:2]
        for single in RECORD_MEASUREMENTS:
            left = influx.query(f"SELECT * FROM \"{single}\" WHERE time > '2026-03-28T00:00:00Z'")
            assert left == [], "its seconds go with it"
        assert read_changed_days(store).days == {}


def test_the_seconds_of_another_run_of_that_day_stay(influx: Influx, tmp_path: Path) -> None:
    with squad_store(tmp_path) as store:
        last = store.sessions()[0]
        at = last.started_utc.replace("T16", "T08")
        store.begin(SessionInfo(id="morning", athlete="Hana", title="", started_utc=at, utc_offset_s=0))
        store.write("morning", [record for _, _, record in store.page(last.id, 0)][:500])
        store.end("morning", 400.0)
        asyncio.run(send(store, influx))
        where = "WHERE time > '2026-03-29T00:00:00Z' AND time < '2026-03-29T12:00:00Z'"
        before = influx.query(f'SELECT * FROM "second" {where}')
        assert before
        delete_session(store, last)
        asyncio.run(send(store, influx))
        assert influx.query(f'SELECT * FROM "second" {where}') == before
        assert influx.query("SELECT * FROM \"second\" WHERE time > '2026-03-29T12:00:00Z'") == []


def test_after_a_change_a_run_has_the_speeds_and_numbers_of_now_alone(
    influx: Influx, tmp_path: Path
) -> None:
    with squad_store(tmp_path) as store:
        asyncio.run(send(store, influx))
        last = store.sessions()[0]
        before = influx.query(
            'SELECT "seconds" FROM "run" WHERE time > \'2026-03-28T00:00:00Z\' GROUP BY "speed"'
        )
        slower = [
            replace(m, estimate=replace(m.estimate, value=0.8 * m.estimate.value))
            for m in store.metrics(last.id, ["speed_mps", "cadence_spm"])
        ]
        store.replace_measurements(last.id, [ActivityChange(0.0, Activity.RUN, 0.0), *slower], "2")
        note_changed_run(store, last)
        asyncio.run(send(store, influx))
        where = "WHERE time > '2026-03-28T00:00:00Z'"
        after = influx.query(f'SELECT "seconds" FROM "run" {where} GROUP BY "speed"')
        speeds = [{one["tags"]["speed"] for one in series} - {"unknown"} for series in (before, after)]
        assert all(speeds)
        assert not speeds[0] & speeds[1]
        (day,) = influx.query(f'SELECT "km", "contact_ms" FROM "day" {where}')
        assert day["values"][0][1] == pytest.approx(0.8 * 2.3 * 1080 / 1000, rel=0.03)
        assert day["values"][0][2] is None, "a metric that is no more must not stay"
        assert run_times(influx, "run", "km") == ["2026-03-23", "2026-03-26", "2026-03-29"]


def test_a_server_that_cannot_delete_stops_nothing(victoria: VictoriaMetrics, tmp_path: Path) -> None:
    with squad_store(tmp_path) as store:
        store.acknowledge(INFLUX_SINK, store.last_row())
        delete_session(store, store.sessions()[0])
        asyncio.run(send(store, victoria))  # type: ignore[arg-type]
        assert read_changed_days(store).days == {}
