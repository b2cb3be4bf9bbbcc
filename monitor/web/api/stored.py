"""The store as a request gets it, and its refusals as HTTP errors."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi import Path as PathParameter

from monitor.core import json_codec
from monitor.core.errors import ConfigError, InputError, MonitorError, StoreError
from monitor.core.http_guard import request_language, visitor_of_request
from monitor.core.local_time import local_start
from monitor.storage.backup import DATABASE
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store


def _sessions_folder(request: Request) -> Path:
    return Path(request.app.state.folder)


class _AthleteStore(Store):
    """The store as a device sees it that was paired for one athlete: the others' sessions are not there."""

    def __init__(self, path: Path, athlete: str) -> None:
        super().__init__(path)
        self._athlete = athlete

    def sessions(self) -> list[SessionInfo]:
        return [info for info in super().sessions() if info.athlete == self._athlete]

    def session(self, session_id: str) -> SessionInfo:
        info = super().session(session_id)
        if info.athlete != self._athlete:
            raise StoreError("error.no_session", session=session_id)
        return info


def _request_store(request: Request, folder: Annotated[Path, Depends(_sessions_folder)]) -> Iterator[Store]:
    """The store for one request; its errors become HTTP ones that say what to do."""
    athlete = athlete_of_request(request)
    path = folder / DATABASE
    with (
        refusals_as_http(request),
        Store(path) if athlete is None else _AthleteStore(path, athlete) as opened,
    ):
        if athlete is not None and "id" in request.path_params:
            opened.session(request.path_params["id"])
        yield opened


@contextlib.contextmanager
def refusals_as_http(request: Request) -> Iterator[None]:
    """Raise the errors of what is done inside as HTTP ones, in the language of the page."""
    try:
        yield
    except (InputError, ConfigError) as exc:
        raise HTTPException(422, refusal_text(exc, request)) from exc
    except StoreError as exc:
        status = 404 if exc.messages[0].key == "error.no_session" else 409
        raise HTTPException(status, refusal_text(exc, request)) from exc


def refusal_text(exc: MonitorError, request: Request, *folders: Path) -> str:
    """Return what an error says in the language of the page, without where its files are.

    Left out are the folder of the sessions and ``folders``, as they are nobody's business out there.
    """
    text = exc.text_in(request_language(request))
    places = (*folders, Path(request.app.state.folder))
    for path in (*places, *(place.resolve() for place in places)):
        text = text.replace(f"{path}{os.sep}", "").replace(str(path), "…")
    return text


def athlete_of_request(request: Request) -> str | None:
    """Return the only athlete whose sessions may be seen by who asks, None for all."""
    visitor = visitor_of_request(request)
    return None if visitor is None else visitor.athlete


StoreOfRequest = Annotated[Store, Depends(_request_store)]
"""Parameter of an endpoint: the store, closed when the answer is made."""
FolderOfRequest = Annotated[Path, Depends(_sessions_folder)]
"""Parameter of an endpoint: the folder in which store and tapes lie."""
SessionId = Annotated[str, PathParameter(description="id of a session, as /api/v1/sessions lists it")]
"""Parameter of an endpoint: a session of the path."""


def session_json(info: SessionInfo, tape_bytes: int | None) -> dict[str, Any]:
    """Return the fields of ``SessionJson``: what is stored of a session, and the size of its tape."""
    out = json_codec.to_json(info)
    del out["settings"], out["tape"]
    start = local_start(info.started_utc, info.utc_offset_s)
    return {**out, "started_local": start.isoformat(), "tape_bytes": tape_bytes}
