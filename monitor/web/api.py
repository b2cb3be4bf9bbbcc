"""The JSON API, version 1: everything that the pages show and do, for programs too.

Described at ``/api/v1/docs`` (nothing is fetched from elsewhere).  Who may come in is decided by the page
(``monitor.web.app``): on this machine everybody, on a network whoever brings the token, as the page's
cookie or as ``Authorization: Bearer``.  What changes something is refused to pages of other sites.
"""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, Depends, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from monitor.core import json_codec
from monitor.core.errors import ConfigError, InputError, MonitorError, StoreError
from monitor.exports.formats import EXPORTS, export_session
from monitor.exports.tables import second_columns, step_table
from monitor.recordings.readers import read_recording
from monitor.review.compare import compare_sessions, metric_trends
from monitor.review.report import interval_json, session_review
from monitor.storage import session_edit, tape_archive
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.reanalysis import reanalyze
from monitor.storage.session_data import load_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.web.review_file import review_html

LARGEST_IMPORT = 200_000_000
"""Bytes of one uploaded file."""


def _folder(request: Request) -> Path:
    return Path(request.app.state.folder)


def _store(folder: Annotated[Path, Depends(_folder)]) -> Iterator[Store]:
    """The store for one request; its errors become HTTP ones that say what to do."""
    try:
        with Store(folder / DATABASE) as opened:
            yield opened
    except (InputError, ConfigError) as exc:
        raise HTTPException(422, str(exc)) from exc
    except StoreError as exc:
        raise HTTPException(404 if "there is no session" in str(exc) else 409, str(exc)) from exc


Kept = Annotated[Store, Depends(_store)]
Folder = Annotated[Path, Depends(_folder)]


def router(admit: Callable[..., None]) -> APIRouter:
    """All paths; ``app.state.folder`` is where the store lies, ``admit`` raises 401 for strangers."""
    api = APIRouter(prefix="/api/v1", dependencies=[Depends(admit), Depends(_own_pages_only)])
    _reading(api)
    _changing(api)
    return api


def _reading(api: APIRouter) -> None:
    @api.get("/sessions", summary="All sessions, the newest first, with the bytes their tapes take")
    def sessions(store: Kept) -> Response:
        infos = store.sessions()
        bytes_of = tape_archive.tape_sizes(infos)
        return answer([_session(info, bytes_of.get(info.id)) for info in infos])

    @api.get("/sessions/{id}", summary="One session, with its settings")
    def session(id: str, store: Kept) -> Response:
        info = store.session(id)
        settings = {"settings": json.loads(info.settings)}
        return answer(_session(info, tape_archive.tape_sizes([info]).get(id)) | settings)

    @api.get("/sessions/{id}/review", summary="Everything a review shows")
    def reviewed(id: str, store: Kept) -> Response:
        return answer(session_review(store, id))

    @api.get("/sessions/{id}/page", summary="The review as one HTML file that needs nothing else")
    def as_file(id: str, store: Kept) -> Response:
        headers = {"Content-Disposition": f'attachment; filename="{id}.html"'}
        return Response(review_html(session_review(store, id)), media_type="text/html", headers=headers)

    @api.get("/sessions/{id}/seconds", summary="Columns of every whole second; null where not known")
    def per_second(id: str, store: Kept, column: Annotated[list[str] | None, Query()] = None) -> Response:
        table = second_columns(load_session(store, id))
        return answer({k: _list(v) for k, v in table.items() if column is None or k in column})

    @api.get("/sessions/{id}/steps", summary="Columns of every step; null where not known")
    def per_step(id: str, store: Kept) -> Response:
        return answer({k: _list(v) for k, v in step_table(store, load_session(store, id)).items()})

    @api.get("/sessions/{id}/events", summary="Everything else that was recorded: cues, bands, sensors")
    def events(id: str, store: Kept) -> Response:
        store.session(id)
        found = [*store.gaps(id), *store.events(id)]
        return answer([{"kind": json_codec.kind_of(r), **json_codec.to_json(r)} for r in found])

    @api.get("/sessions/{id}/notes", summary="Notes, pain and laps")
    def notes(id: str, store: Kept) -> Response:
        store.session(id)
        return answer([dataclasses.asdict(n) for n in store.notes(id)])

    @api.get(
        "/sessions/{id}/export/{format}", summary=f"A file: {', '.join(EXPORTS)} (several come as a zip)"
    )
    def exported(id: str, format: str, store: Kept) -> Response:
        with tempfile.TemporaryDirectory() as made:
            return _file(export_session(store, id, format, Path(made)), f"{id}.{format}")

    @api.get("/compare", summary="Sessions at matched speed and grade, each against the first")
    def compared(store: Kept, session: Annotated[list[str], Query()]) -> Response:
        rows = compare_sessions(store, session)
        return answer(
            [
                {
                    "metric": r.metric,
                    "means": [*map(interval_json, r.means)],
                    "differences": [*map(interval_json, r.differences)],
                }
                for r in rows
            ]
        )

    @api.get("/trends", summary="Every metric over weeks, at the same speed and grade")
    def over_weeks(
        store: Kept, athlete: str = "", weeks: Annotated[int, Query(ge=1, le=520)] = 12
    ) -> Response:
        newest = next(iter(store.sessions()), None)
        who = athlete or (newest.athlete if newest else "")
        found = metric_trends(store, who, weeks)
        return answer(
            {
                name: [{"when": p.when, "session": p.session, **interval_json(p.found)} for p in points]
                for name, points in found.items()
            }
        )


def _changing(api: APIRouter) -> None:
    @api.patch("/sessions/{id}", summary="Rename, or set all tags")
    def change(
        id: str,
        store: Kept,
        title: Annotated[str | None, Body()] = None,
        tags: Annotated[list[str] | None, Body()] = None,
    ) -> Response:
        if title is not None:
            store.rename(id, title.strip()[:200] or id)
        if tags is not None:
            store.tag(id, session_edit.edited_tags(dataclasses.replace(store.session(id), tags=()), tags))
        return answer(_session(store.session(id), None))

    @api.delete(
        "/sessions/{id}", summary="Really delete a session, its tape included; really must repeat its id"
    )
    def delete(id: str, store: Kept, really: str = "") -> Response:
        info = store.session(id)
        if really != id:
            raise HTTPException(422, "say really=<the session's id>; it cannot be brought back")
        return answer({"deleted": id, "freed_bytes": session_edit.delete_session(store, info)})

    @api.post("/sessions/{id}/notes", summary="Add a note, or pain from 0 to 10")
    def add_note(
        id: str,
        store: Kept,
        text: Annotated[str, Body()] = "",
        pain: Annotated[float | None, Body(ge=0, le=10)] = None,
        t_s: Annotated[float | None, Body(ge=0)] = None,
    ) -> Response:
        if not text.strip() and pain is None:
            raise HTTPException(422, "give a text, or pain from 0 to 10")
        store.add_note(id, "note" if pain is None else "pain", text.strip()[:2000], t_s=t_s, value=pain)
        return answer([dataclasses.asdict(n) for n in store.notes(id)])

    @api.delete("/sessions/{id}/notes/{note}", summary="Remove a note")
    def remove_note(id: str, note: int, store: Kept) -> Response:
        store.remove_note(id, note)
        return answer([dataclasses.asdict(n) for n in store.notes(id)])

    @api.post("/sessions/{id}/split", summary="Two sessions out of one")
    def split(id: str, store: Kept, folder: Folder, at_s: Annotated[float, Body(embed=True)]) -> Response:
        return answer(
            [_session(i, None) for i in session_edit.split_session(store, folder, store.session(id), at_s)]
        )

    @api.post("/sessions/{id}/reanalyse", summary="Make its numbers anew with this version's engine")
    def reanalyzed(id: str, store: Kept) -> Response:
        return answer(dataclasses.asdict(reanalyze(store, store.session(id))))

    @api.post("/merge", summary="One session out of several of the same sensors")
    def merge(store: Kept, folder: Folder, sessions: Annotated[list[str], Body(embed=True)]) -> Response:
        return answer(
            _session(session_edit.merge_sessions(store, folder, [store.session(s) for s in sessions]), None)
        )

    @api.put("/import/{name}", summary="Keep the file in the body as a session; name tells its kind")
    async def bring(
        name: str,
        request: Request,
        folder: Folder,
        athlete: str = "me",
        placement: str | None = None,
        side: str | None = None,
        columns: str = "",
    ) -> Response:
        body = await _body(request)
        return await run_in_threadpool(_imported, folder, name, body, athlete, (placement, side, columns))


def answer(value: object) -> Response:
    """JSON without the detour of a model."""
    return Response(json.dumps(value, allow_nan=False, default=str), media_type="application/json")


def _session(info: SessionInfo, tape_bytes: int | None) -> dict[str, Any]:
    out = json_codec.to_json(info)
    del out["settings"], out["tape"]
    return {**out, "tape_bytes": tape_bytes}


def _list(column: Any) -> list[Any]:
    values = column.tolist() if hasattr(column, "tolist") else list(column)
    return [None if v != v else v for v in values]


def _file(paths: Sequence[Path], name: str) -> Response:
    if len(paths) == 1:
        data, name = paths[0].read_bytes(), paths[0].name
    else:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
            for path in paths:
                out.write(path, path.name)
        data, name = packed.getvalue(), f"{name}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/octet-stream", headers=headers)


async def _body(request: Request) -> bytes:
    """At most ``LARGEST_IMPORT`` bytes."""
    out = bytearray()
    async for piece in request.stream():
        out += piece
        if len(out) > LARGEST_IMPORT:
            raise HTTPException(413, f"more than {LARGEST_IMPORT // 1_000_000} MB; use gaitcue import")
    return bytes(out)


def _imported(
    folder: Path, name: str, body: bytes, athlete: str, how: tuple[str | None, str | None, str]
) -> Response:
    try:
        with tempfile.TemporaryDirectory() as made, Store(folder / DATABASE) as store:
            path = Path(made) / Path(name).name
            path.write_bytes(body)
            recording = read_recording(path, how[0], how[1], columns=how[2])
            info = import_recording(store, folder, recording, athlete, datetime.datetime.now(datetime.UTC))
    except MonitorError as exc:
        raise HTTPException(422, str(exc).replace(f"{made}/", "")) from exc
    return answer(_session(info, None) | {"remarks": list(recording.remarks)})


def _own_pages_only(request: Request) -> None:
    """A page of another site may not change anything through the visitor's browser."""
    origin = request.headers.get("origin")
    if request.method != "GET" and origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "Another site may not change anything here.")
