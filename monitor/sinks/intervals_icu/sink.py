"""Every finished run to intervals.icu, by its documented API.

``POST /api/v1/athlete/0/activities`` takes one file as ``multipart/form-data``, with ``name`` and
``external_id`` in the address; the athlete ``0`` is the one whose key it is, and the key is the password of
the user ``API_KEY`` (forum.intervals.icu, "API Integration Cookbook").  Our id of the run is the
``external_id``: before a run is sent, the runs of its days are asked for, and one that is there is not sent
again.  A redirect is not followed: the key and the run go to the address of the settings or nowhere.
"""

from __future__ import annotations

import asyncio
import base64
import datetime
import json
import secrets
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from monitor.core.errors import SinkError, SinkRefused, reason_text
from monitor.core.http_client import make_opener
from monitor.core.monotonic import MonotonicClock
from monitor.sinks.finished_runs import FinishedRuns, WriteFit
from monitor.sinks.intervals_icu.settings import IntervalsIcuSettings
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

INTERVALS_SINK = "intervals_icu"
_ACTIVITIES = "/api/v1/athlete/0/activities"
_MOST_BYTES = 20_000_000  # of an answer that is read (a choice)
_REMEDIES = {  # by HTTP status: what waits until it is mended
    401: "the key is not known there; correct GAITCUE_INTERVALS_ICU_TOKEN or token_file",
    403: "the key may not add activities; make a new one in the site's settings",
    404: "this is not its address; correct url in [intervals_icu]",
    408: "it took too long there",
    429: "it has had enough for now",
}


def make_intervals_sink(
    settings: IntervalsIcuSettings,
    store: Store,
    write_fit: WriteFit,
    time: MonotonicClock,
    session: str | None,
) -> FinishedRuns:
    """Return the sink that uploads runs with the key of ``settings``."""
    site = IntervalsIcu(settings)

    async def upload(info: SessionInfo, write: Callable[[Path], None]) -> None:
        await asyncio.to_thread(_upload_file, site, info, write)

    return FinishedRuns(INTERVALS_SINK, store, write_fit, upload, time, session)


def _upload_file(site: IntervalsIcu, info: SessionInfo, write: Callable[[Path], None]) -> None:
    if site.has_run(info):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{info.id}.fit"
        write(path)
        site.upload(info, path.read_bytes())


class IntervalsIcu:
    """The site, as one runner's key sees it; every method blocks for ``timeout_s`` at most.

    Raises ``SinkError`` when it failed or cannot be reached, ``SinkRefused`` when it will never take a run.
    """

    def __init__(self, settings: IntervalsIcuSettings) -> None:
        self._s = settings
        self._opener = make_opener()

    def check_key(self) -> None:
        """Ask for the runner whose key it is; raises if that does not work."""
        self._ask(_ACTIVITIES.rpartition("/")[0], {})

    def has_run(self, info: SessionInfo) -> bool:
        """Return whether a run with this id was uploaded before, perhaps without our hearing of it."""
        began = datetime.datetime.fromisoformat(info.started_utc).date()
        day = datetime.timedelta(days=1)  # they count days of the runner's clock
        answer = self._ask(_ACTIVITIES, {"oldest": str(began - day), "newest": str(began + day)})
        try:
            activities = json.loads(answer)
        except ValueError:
            raise SinkError(f"{self._s.url} answers with something that is no list of activities") from None
        listed = activities if isinstance(activities, list) else []
        return any(isinstance(a, dict) and a.get("external_id") == info.id for a in listed)

    def upload(self, info: SessionInfo, fit: bytes) -> None:
        """Add the run as an activity of its own."""
        boundary = secrets.token_hex(16)
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="run.fit"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + fit + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        self._ask(_ACTIVITIES, {"name": info.title, "external_id": info.id}, body, kind)

    def _ask(self, path: str, query: dict[str, str], body: bytes | None = None, kind: str = "") -> bytes:
        assert self._s.token is not None
        login = base64.b64encode(f"API_KEY:{self._s.token.reveal()}".encode()).decode()
        headers = {"Authorization": f"Basic {login}"} | ({"Content-Type": kind} if kind else {})
        url = f"{self._s.url.rstrip('/')}{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(url, body, headers)
        try:
            with self._opener.open(request, timeout=self._s.timeout_s) as answer:
                return bytes(answer.read(_MOST_BYTES))
        except urllib.error.HTTPError as exc:
            with exc:
                raise self._judge_status(exc.code) from None
        except TimeoutError as exc:
            raise SinkError(f"{self._s.url} did not answer within {self._s.timeout_s:g} s") from exc
        except (OSError, HTTPException) as exc:
            reason = getattr(exc, "reason", exc)
            text = reason_text(reason) if isinstance(reason, Exception) else str(reason)
            raise SinkError(f"{self._s.url} cannot be reached ({text or type(exc).__name__})") from exc

    def _judge_status(self, status: int) -> SinkError:
        """Only what speaks against the run itself is refused for good; all else waits."""
        answer = f"{self._s.url} answers {status}"
        if status in _REMEDIES:
            return SinkError(f"{answer}: {_REMEDIES[status]}")
        if 300 <= status < 400:
            return SinkError(f"{answer}: it has moved; correct url in [intervals_icu]")
        if 400 <= status < 500:
            return SinkRefused(f"{answer}: it will not take this run")
        return SinkError(answer)
