"""Records into InfluxDB, by way of the store: what is not taken now is taken later.

InfluxDB 2 is what this was made for; InfluxDB 3 and VictoriaMetrics take the same
``/api/v2/write``.  The async client neither batches nor tries again: ``monitor.sinks.outbox`` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import itertools
import logging
import operator
import re
import sqlite3
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence, Set
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from monitor.core.errors import ConfigError, SinkError, SinkRefused, StoreError
from monitor.core.monotonic import MonotonicClock
from monitor.core.records import Out, SessionEnded, SessionStarted, SinkStatus
from monitor.sinks.influx.deletion import Deletion
from monitor.sinks.influx.line_protocol import Point, protocol_lines
from monitor.sinks.influx.points import note_points, record_points
from monitor.sinks.influx.run_points import RUN_MEASUREMENTS, day_point, run_points
from monitor.sinks.influx.run_rollup import RunRollup, RunRollups
from monitor.sinks.influx.schema import RAW_MEASUREMENTS, RECORD_MEASUREMENTS
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.outbox import Outbox, OutboxParams
from monitor.storage.changed_days import dates_of_run, forget_changed_days, read_changed_days
from monitor.storage.session_info import SessionInfo, WaitingRecord
from monitor.storage.store import Store

if TYPE_CHECKING:
    from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
INFLUX_SINK = "influx"
"""The name of the sink, and of its place in the store."""

_TOO_OLD = re.compile(r"partial write: (points beyond|dropped \d+ points outside) retention policy")
"""What InfluxDB 1 and 2 answer where (some) points are older than the bucket keeps; the rest is stored."""

INFLUX_REMEDIES = {
    401: "the token is not known there; make one that may write to the bucket (GAITCUE_INFLUX_TOKEN)",
    403: "the token may not write to this bucket; give it that right",
    404: "there is no such bucket or organisation; make it, or correct [influx] in the settings",
}
"""What to do about HTTP statuses that mean the access, not the records: these wait until it is mended."""


class CannotDelete(SinkError):
    """The server knows no way to delete points."""


class InfluxSink:
    """A sink that delivers to InfluxDB what the store holds and what a running session adds to it.

    ``session`` is the id of the running session, None where only what waits is to be sent.
    """

    name = INFLUX_SINK

    def __init__(
        self,
        settings: InfluxSettings,
        store: Store,
        time: MonotonicClock,
        session: str | None = None,
        params: OutboxParams | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._info: dict[str, SessionInfo] = {}  # of the session that was delivered last
        self._rollups = RunRollups(store)
        self._client: InfluxDBClientAsync | None = None
        self.outbox = Outbox(INFLUX_SINK, store, self._deliver, time, session=session, params=params)

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Deliver until the batches end and all of the session has arrived.

        First the days whose runs have changed; where that fails, the next run or ``stack send`` does it.
        """
        async with self.connected():
            try:
                await self.replace_changed_days()
            except (SinkError, StoreError) as exc:
                _log.warning("%s: days with changed runs wait: %s", INFLUX_SINK, exc.log_text)
            await self.outbox.run(batches)

    def report(self, t_s: float) -> SinkStatus | None:
        """Return how delivery is doing at session second ``t_s``, None if nothing has changed."""
        return self.outbox.report(t_s)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Hold the client for a block; connections are made when they are needed.

        ``outbox``, ``send_notes``, ``send_points`` and ``delete_points`` work inside such a block only.
        """
        client = _make_client(self._settings, await asyncio.to_thread(_read_client_files, self._settings))
        try:
            self._client = client
            yield
        finally:
            self._client = None
            await client.close()  # type: ignore[no-untyped-call]

    async def send_notes(self, sessions: Sequence[str]) -> None:
        """Send what was logged about these sessions (ids), all of it every time, as it may have changed.

        Raises ``SinkError`` when the server fails.
        """

        def points() -> list[Point]:
            some = [(self._store.session(s), self._store.notes(s)) for s in sessions]
            return [point for info, notes in some for point in note_points(info, notes)]

        await self.send_points(await asyncio.to_thread(points))

    async def replace_changed_days(self) -> None:
        """Delete the runs and days that have changed since they were sent, and send what is there now.

        With them go their single seconds; the other runs of these days are sent anew.  Raises ``SinkError``
        when the server fails; on one that cannot delete, what is gone stays there.
        """
        changed = await asyncio.to_thread(read_changed_days, self._store)
        if not changed.days:
            return
        for athlete, dates in changed.days.items():
            deleted = await self._delete_days(athlete, dates)
            for info in await asyncio.to_thread(self._sessions_of_days, athlete, dates):
                if deleted:
                    await self._send_seconds(info.id)
                if info.ended:
                    await self.send_points(await asyncio.to_thread(self._points_of_run, info.id))
        await asyncio.to_thread(forget_changed_days, self._store, changed)

    async def _delete_days(self, athlete: str, dates: Set[datetime.date]) -> bool:
        """Delete all that the server has of these days, and return whether it could."""
        for measurement, date in itertools.product(
            (*RUN_MEASUREMENTS, *RECORD_MEASUREMENTS), sorted(dates)
        ):
            try:
                await self.delete_points(
                    Deletion(measurement=measurement, athlete=athlete, first=date, last=date)
                )
            except (CannotDelete, SinkRefused) as exc:
                _log.warning("%s: a deleted run stays at the server: %s", INFLUX_SINK, exc.log_text)
                return False
        return True

    async def _send_seconds(self, session: str) -> None:
        row = 0
        while batch := await asyncio.to_thread(self._store.page, session, row):
            await self.outbox.send(batch)
            row = batch[-1][0]

    def _sessions_of_days(self, athlete: str, dates: Set[datetime.date]) -> list[SessionInfo]:
        """The sessions that began on one of these dates, by UTC or by the runner's clock."""
        mine = (info for info in self._store.sessions() if info.athlete == athlete)
        return [info for info in mine if dates_of_run(info) & dates]

    async def send_runs(self, sessions: Sequence[str], progress: Callable[[], None] = lambda: None) -> None:
        """Connect and send the points of these sessions (ids) as runs, and of their days.

        ``progress`` is called after each.  Raises ``SinkError`` when the server fails.
        """
        async with self.connected():
            for session in sessions:
                await self.send_points(await asyncio.to_thread(self._points_of_run, session))
                progress()

    async def _deliver(self, batch: Sequence[WaitingRecord]) -> None:
        for bucket, body in await asyncio.to_thread(self._bodies_of_batch, batch):
            await self._write(body, bucket)

    def _bodies_of_batch(self, batch: Sequence[WaitingRecord]) -> list[tuple[str, bytes]]:
        """By bucket the lines of these records, and of the runs and days that end with them."""
        points = []
        for session, group in itertools.groupby(batch, key=operator.itemgetter(1)):
            if session not in self._info:
                self._info = {session: self._store.session(session)}
            waiting = list(group)
            held = self._store.bands(session, waiting[0][0])
            activity = self._store.activity(session, waiting[0][0])
            records = [record for _, _, record in waiting]
            points += record_points(self._info[session], records, held, activity)
            if any(isinstance(record, SessionStarted) for record in records):
                self._earlier_rollups(self._info[session])  # so that the end of the run waits for no other
            if any(isinstance(record, SessionEnded) for record in records):
                points += self._points_of_run(session)
        return self._by_bucket(points)

    def _points_of_run(self, session: str) -> list[Point]:
        """The points of a run that has ended and of its day, made from the store.

        A run that cannot be read is set aside, so that nothing else waits for it.
        """
        try:
            run = self._rollups.rollup(session)
            today = [self._rollup_if_readable(s.id) for s in self._rollups.runs_of_day(run.info)]
            earlier = self._earlier_rollups(run.info)
        except StoreError as exc:
            error = SinkError if isinstance(exc.__cause__, sqlite3.OperationalError) else SinkRefused
            raise error(str(exc), log_text=exc.log_text) from exc
        day = day_point([r for r in today if r is not None])
        return run_points(run, earlier) + ([] if day is None else [day])

    def _earlier_rollups(self, info: SessionInfo) -> list[RunRollup]:
        """What a run is compared with; runs that cannot be read are left out."""
        found = [self._rollup_if_readable(s.id) for s in self._rollups.runs_before(info)]
        return [r for r in found if r is not None]

    def _rollup_if_readable(self, session: str) -> RunRollup | None:
        try:
            return self._rollups.rollup(session)
        except StoreError as exc:
            _log.warning("%s: left out of its runner's weeks: %s", session, exc.log_text)
            return None

    def _by_bucket(self, points: Sequence[Point]) -> list[tuple[str, bytes]]:
        """The points as lines, those of the raw bucket first; only buckets that get any."""
        raw = [p for p in points if p.measurement in RAW_MEASUREMENTS]
        kept = [p for p in points if p.measurement not in RAW_MEASUREMENTS]
        bodies = ((self._settings.raw_bucket, raw), (self._settings.bucket, kept))
        return [(bucket, body) for bucket, some in bodies if (body := protocol_lines(some))]

    async def send_points(self, points: Sequence[Point]) -> None:
        """Send points; ``SinkError`` when the server fails."""
        for bucket, body in self._by_bucket(points):
            await self._write(body, bucket)

    async def delete_points(self, deletion: Deletion) -> None:
        """Delete points and return when they are gone; ``SinkError`` where the server cannot.

        By ``/api/v2/delete`` of InfluxDB 2; where there is none, by the DELETE of InfluxQL, which version 1
        has.
        """
        bucket = self._bucket_of(deletion.measurement)
        try:
            await self._ask(lambda client: _delete(client, deletion, bucket))
        except SinkError as exc:
            if getattr(exc.__cause__, "status", None) not in (404, 405):
                raise
            await self._delete_by_influxql(deletion, exc)

    def _bucket_of(self, measurement: str) -> str:
        return self._settings.raw_bucket if measurement in RAW_MEASUREMENTS else self._settings.bucket

    async def _delete_by_influxql(self, deletion: Deletion, without: SinkError) -> None:
        url, bucket = self._settings.url, self._bucket_of(deletion.measurement)
        try:
            answer = await self._ask(lambda client: _query(client, deletion.influxql(), bucket))
        except SinkError as exc:
            if getattr(exc.__cause__, "status", None) in (400, 401, 404, 405):  # it knows neither
                raise CannotDelete(f"{url} deletes nothing: {without}") from exc
            raise
        if '"error"' in answer:
            raise CannotDelete(f"{url} deletes nothing: {answer[:200]}", log_text=f"{url} deletes nothing")

    async def _write(self, body: bytes, bucket: str) -> None:
        """One request.  After a time-out it may have been carried out all the same.

        What is older than the bucket keeps is dropped by the server, which has taken the rest: no fault.
        """
        org = self._settings.org
        try:
            await self._ask(lambda client: client.write_api().write(bucket=bucket, org=org, record=body))
        except SinkRefused as exc:
            if not _TOO_OLD.search(str(exc)):
                raise

    async def _ask(self, request: Callable[[InfluxDBClientAsync], Awaitable[_T]]) -> _T:
        """The answer to a request; what went wrong in the words of our errors."""
        from aiohttp import ClientError
        from influxdb_client.rest import ApiException

        s = self._settings
        assert self._client is not None
        try:
            return await request(self._client)
        except TimeoutError as exc:
            raise SinkError(f"{s.url} did not answer within {s.timeout_s:g} s") from exc
        except ApiException as exc:
            raise _error_of(exc.status, exc.message, s) from exc
        except (ClientError, OSError) as exc:
            raise SinkError(f"{s.url} cannot be reached ({exc or type(exc).__name__})") from exc


async def _delete(client: InfluxDBClientAsync, deletion: Deletion, bucket: str) -> None:
    start, stop = deletion.span
    api = client.delete_api()
    await api.delete(start, stop, deletion.predicate(), bucket=bucket)


async def _query(client: InfluxDBClientAsync, statement: str, bucket: str) -> str:
    answer = await client.api_client.call_api(  # type: ignore[no-untyped-call]
        "/query", "POST", query_params=[("db", bucket), ("q", statement)], response_type="str"
    )
    return str(answer)


def _error_of(status: int | None, message: object, settings: InfluxSettings) -> SinkError:
    """What the server's answer means for the records; its words may quote them, so they are not logged."""
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    reason = " ".join(text.split())[:300]
    if status in INFLUX_REMEDIES:
        return SinkError(f"{settings.url} answers {status}: {INFLUX_REMEDIES[status]}")
    if status is not None and 400 <= status < 500 and status != 429:
        return SinkRefused(f"{status}: {reason}", log_text=f"refused with {status}")
    answer = f"{settings.url} answers {status}"
    return SinkError(f"{answer}: {reason}", log_text=answer)


def _make_client(settings: InfluxSettings, context: ssl.SSLContext) -> InfluxDBClientAsync:
    from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

    return InfluxDBClientAsync(
        url=settings.url,
        token=settings.token.reveal() if settings.token else "",
        org=settings.org,
        timeout=round(1000 * settings.timeout_s),
        enable_gzip=True,
        allow_redirects=False,  # the token goes to this address, and nowhere that an answer points to
        ssl_context=context,
    )


def _read_client_files(settings: InfluxSettings) -> ssl.SSLContext:
    """Everything that reads files, the library included."""
    import influxdb_client.client.influxdb_client_async  # noqa: F401

    return ssl.create_default_context(cafile=settings.ca_file)


def require_influx_client() -> None:
    """Raise ``ConfigError``, which names the extra to install, unless the client of InfluxDB is there."""
    if find_spec("influxdb_client") is None or find_spec("aiohttp") is None:
        raise ConfigError("error.extra", extra="influx")
