"""What the API changes: titles and tags, notes, splitting and joining, deleting, and import."""

from __future__ import annotations

import dataclasses
import datetime
import logging
import re
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import Body, HTTPException, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.concurrency import run_in_threadpool

from monitor.core.errors import MonitorError
from monitor.core.http_guard import is_runner, request_language
from monitor.core.message_catalogues import catalogue
from monitor.recordings.readers import read_recording
from monitor.storage import session_edit
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.reanalysis import reanalyze
from monitor.storage.record_rows import LATEST_S
from monitor.storage.session_edit import MOST_TAGS
from monitor.storage.session_info import tags_for_others
from monitor.storage.store import Store
from monitor.web.api.routes import json_response
from monitor.web.api.stored import (
    FolderOfRequest,
    SessionId,
    StoreOfRequest,
    athlete_of_request,
    refusal_text,
    session_json,
)

_log = logging.getLogger(__name__)
_LONGEST_NAME = 60  # characters, of up to four bytes: file systems take 255 bytes
_WRITTEN_AT_ONCE = 1_000_000  # bytes of an uploaded file between two visits to the disk


def change_session(
    id: SessionId,
    request: Request,
    store: StoreOfRequest,
    title: Annotated[
        str | None, Body(description="new title; as it is if not given", max_length=2000)
    ] = None,
    tags: Annotated[
        list[str] | None, Body(description="all its tags; as they are if not given", max_length=MOST_TAGS)
    ] = None,
) -> Response:
    """Rename a session, or set all its tags."""
    if title is not None:
        if not is_runner(request):
            raise HTTPException(403, "This device was paired for less than that.")
        store.rename(id, title)
    if tags is not None:
        if not is_runner(request) and tags_for_others(tags) != tuple(tags):
            raise HTTPException(403, "Effort and shoes are noted by the runner alone.")
        store.tag(id, session_edit.edited_tags(dataclasses.replace(store.session(id), tags=()), tags))
    return json_response(session_json(store.session(id), None))


def remove_session(
    id: SessionId,
    store: StoreOfRequest,
    really: Annotated[str, Query(description="the session's id once more")] = "",
) -> Response:
    """Delete a session, its tape included; it cannot be brought back."""
    info = store.session(id)
    if really != id:
        raise HTTPException(422, "say really=<the session's id>; it cannot be brought back")
    return json_response({"deleted": id, "freed_bytes": session_edit.delete_session(store, info)})


def add_session_note(
    id: SessionId,
    request: Request,
    store: StoreOfRequest,
    text: Annotated[str, Body(description="what should be remembered")] = "",
    pain: Annotated[
        float | None, Body(strict=True, ge=0, le=10, allow_inf_nan=False, description="0 none to 10 worst")
    ] = None,
    t_s: Annotated[
        float | None,
        Body(
            strict=True,
            ge=0,
            le=LATEST_S,
            allow_inf_nan=False,
            description="seconds since the session's start",
        ),
    ] = None,
) -> Response:
    """Add a note, or pain from 0 to 10, and return all notes."""
    if not text.strip() and pain is None:
        raise HTTPException(422, "give a text, or pain from 0 to 10")
    if pain is not None and not is_runner(request):
        raise HTTPException(403, "Pain is noted by the runner alone.")
    store.add_note(id, "note" if pain is None else "pain", text, t_s=t_s, value=pain)
    return json_response([dataclasses.asdict(n) for n in store.notes(id)])


def remove_session_note(
    id: SessionId,
    note: Annotated[int, PathParameter(ge=0, lt=2**63, description="id of the note")],
    store: StoreOfRequest,
) -> Response:
    """Remove a note and return those that are left."""
    store.remove_note(id, note)
    return json_response([dataclasses.asdict(n) for n in store.notes(id)])


def cut_session(
    id: SessionId,
    store: StoreOfRequest,
    folder: FolderOfRequest,
    at_s: Annotated[
        float,
        Body(
            embed=True,
            strict=True,
            ge=0,
            le=LATEST_S,
            allow_inf_nan=False,
            description="seconds since the session's start",
        ),
    ],
) -> Response:
    """Make two sessions out of one."""
    parts = session_edit.split_session(store, folder, store.session(id), at_s)
    return json_response([session_json(info, None) for info in parts])


def reanalyze_session(id: SessionId, store: StoreOfRequest) -> Response:
    """Make the numbers of a session anew with this version's engine and return what changed."""
    return json_response(dataclasses.asdict(reanalyze(store, store.session(id))))


def join_sessions(
    store: StoreOfRequest,
    folder: FolderOfRequest,
    sessions: Annotated[
        list[str], Body(embed=True, max_length=100, description="ids of two sessions or more")
    ],
) -> Response:
    """Make one session out of several of the same sensors."""
    merged = session_edit.merge_sessions(store, folder, [store.session(s) for s in sessions])
    return json_response(session_json(merged, None))


async def import_file(
    name: Annotated[str, PathParameter(description="name of the file; its ending tells its kind")],
    request: Request,
    folder: FolderOfRequest,
    athlete: Annotated[str, Query(description="the runner", max_length=200)] = "me",
    placement: Annotated[
        str | None, Query(description="where the sensor was worn, if the file does not tell")
    ] = None,
    side: Annotated[str | None, Query(description="L or R, if the file does not tell")] = None,
    columns: Annotated[
        str, Query(description="what the columns of a table are, as for gaitcue import")
    ] = "",
) -> Response:
    """Keep the file in the body as a session."""
    how = (placement, side, columns)
    who = athlete_of_request(request) or athlete
    made = await run_in_threadpool(tempfile.TemporaryDirectory)
    try:
        path = Path(made.name) / _file_name(name)
        await _write_body(request, path)
        return await run_in_threadpool(_import_upload, request, folder, path, who, how)
    finally:
        await run_in_threadpool(made.cleanup)


def _file_name(name: str) -> str:
    """A name that every system takes for that of a file in a folder, with the ending of ``name``."""
    return re.sub(r"[^\w.-]", "_", name)[-_LONGEST_NAME:].lstrip(".") or "file"


async def _write_body(request: Request, path: Path) -> None:
    """Put the body into a file piece by piece: it may be larger than what fits into memory."""
    waiting = bytearray()
    async for piece in request.stream():
        waiting += piece
        if len(waiting) >= _WRITTEN_AT_ONCE:
            await run_in_threadpool(_append, path, bytes(waiting))
            waiting.clear()
    await run_in_threadpool(_append, path, bytes(waiting))


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as out:
        out.write(data)


def _import_upload(
    request: Request,
    folder: Path,
    path: Path,
    athlete: str,
    how: tuple[str | None, str | None, str],
) -> Response:
    try:
        with Store(folder / DATABASE) as store:
            recording = read_recording(path, how[0], how[1], columns=how[2])
            info = import_recording(store, folder, recording, athlete, datetime.datetime.now(datetime.UTC))
    except MonitorError as exc:
        raise HTTPException(422, refusal_text(exc, request, path.parent)) from exc
    except Exception as exc:  # of one file, which must not look like a mistake of the server
        _log.exception("%s: an error that is a bug, here or in a library", path.name)
        kind = type(exc).__name__
        text = catalogue(request_language(request)).text("say.import.unexpected", path=path.name, kind=kind)
        raise HTTPException(422, text) from exc
    remarks = [
        catalogue(request_language(request)).translate_recorded(remark) for remark in recording.remarks
    ]
    return json_response(session_json(info, None) | {"remarks": remarks})
