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

_LARGEST_IMPORT = 200_000_000  # bytes of one uploaded file


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


_StoreOfRequest = Annotated[Store, Depends(_store)]
_Folder = Annotated[Path, Depends(_folder)]


def api_router(admit: Callable[..., None]) -> APIRouter:
    """Return all paths of the API.

    ``admit`` is a dependency that raises 401 for strangers; ``app.state.folder`` of the application is the
    folder in which the store lies.
    """
    api = APIRouter(prefix="/api/v1", dependencies=[Depends(admit), Depends(_own_pages_only)])
    _session_routes(api)
    _record_routes(api)
    _comparison_routes(api)
    _edit_routes(api)
    _note_routes(api)
    _cut_routes(api)
    _import_route(api)
    return api


def _session_routes(api: APIRouter) -> None:
    @api.get("/sessions", summary="All sessions, the newest first, with the bytes their tapes take")
    def sessions(store: _StoreOfRequest) -> Response:
        infos = store.sessions()
        bytes_of = tape_archive.tape_sizes(infos)
        return json_response([_session(info, bytes_of.get(info.id)) for info in infos])

    @api.get("/sessions/{id}", summary="One session, with its settings")
    def session(id: str, store: _StoreOfRequest) -> Response:
        info = store.session(id)
        settings = {"settings": json.loads(info.settings)}
        return json_response(_session(info, tape_archive.tape_sizes([info]).get(id)) | settings)

    @api.get("/sessions/{id}/review", summary="Everything a review shows")
    def review(id: str, store: _StoreOfRequest) -> Response:
        return json_response(session_review(store, id))

    @api.get("/sessions/{id}/page", summary="The review as one HTML file that needs nothing else")
    def review_page(id: str, store: _StoreOfRequest) -> Response:
        headers = {"Content-Disposition": f'attachment; filename="{id}.html"'}
        return Response(review_html(session_review(store, id)), media_type="text/html", headers=headers)


def _record_routes(api: APIRouter) -> None:
    @api.get("/sessions/{id}/seconds", summary="Columns of every whole second; null where not known")
    def seconds(
        id: str, store: _StoreOfRequest, column: Annotated[list[str] | None, Query()] = None
    ) -> Response:
        table = second_columns(load_session(store, id))
        return json_response({k: _list(v) for k, v in table.items() if column is None or k in column})

    @api.get("/sessions/{id}/steps", summary="Columns of every step; null where not known")
    def steps(id: str, store: _StoreOfRequest) -> Response:
        return json_response({k: _list(v) for k, v in step_table(store, load_session(store, id)).items()})

    @api.get("/sessions/{id}/events", summary="Everything else that was recorded: cues, bands, sensors")
    def events(id: str, store: _StoreOfRequest) -> Response:
        store.session(id)
        records = [*store.gaps(id), *store.events(id)]
        return json_response([{"kind": json_codec.kind_of(r), **json_codec.to_json(r)} for r in records])

    @api.get("/sessions/{id}/notes", summary="Notes, pain and laps")
    def notes(id: str, store: _StoreOfRequest) -> Response:
        store.session(id)
        return json_response([dataclasses.asdict(n) for n in store.notes(id)])

    formats = ", ".join(EXPORTS)

    @api.get("/sessions/{id}/export/{format}", summary=f"A file: {formats} (several come as a zip)")
    def export(id: str, format: str, store: _StoreOfRequest) -> Response:
        with tempfile.TemporaryDirectory() as folder:
            return _file(export_session(store, id, format, Path(folder)), f"{id}.{format}")


def _comparison_routes(api: APIRouter) -> None:
    @api.get("/compare", summary="Sessions at matched speed and grade, each against the first")
    def compare(store: _StoreOfRequest, session: Annotated[list[str], Query()]) -> Response:
        rows = [
            {
                "metric": r.metric,
                "means": [*map(interval_json, r.means)],
                "differences": [*map(interval_json, r.differences)],
            }
            for r in compare_sessions(store, session)
        ]
        return json_response(rows)

    @api.get("/trends", summary="Every metric over weeks, at the same speed and grade")
    def trends(
        store: _StoreOfRequest, athlete: str = "", weeks: Annotated[int, Query(ge=1, le=520)] = 12
    ) -> Response:
        newest = next(iter(store.sessions()), None)
        who = athlete or (newest.athlete if newest else "")
        return json_response(
            {
                name: [{"when": p.when, "session": p.session, **interval_json(p.found)} for p in points]
                for name, points in metric_trends(store, who, weeks).items()
            }
        )


def _edit_routes(api: APIRouter) -> None:
    @api.patch("/sessions/{id}", summary="Rename, or set all tags")
    def change(
        id: str,
        store: _StoreOfRequest,
        title: Annotated[str | None, Body()] = None,
        tags: Annotated[list[str] | None, Body()] = None,
    ) -> Response:
        if title is not None:
            store.rename(id, title.strip()[:200] or id)
        if tags is not None:
            store.tag(id, session_edit.edited_tags(dataclasses.replace(store.session(id), tags=()), tags))
        return json_response(_session(store.session(id), None))

    @api.delete(
        "/sessions/{id}", summary="Really delete a session, its tape included; really must repeat its id"
    )
    def delete(id: str, store: _StoreOfRequest, really: str = "") -> Response:
        info = store.session(id)
        if really != id:
            raise HTTPException(422, "say really=<the session's id>; it cannot be brought back")
        return json_response({"deleted": id, "freed_bytes": session_edit.delete_session(store, info)})


def _note_routes(api: APIRouter) -> None:
    @api.post("/sessions/{id}/notes", summary="Add a note, or pain from 0 to 10")
    def add_note(
        id: str,
        store: _StoreOfRequest,
        text: Annotated[str, Body()] = "",
        pain: Annotated[float | None, Body(ge=0, le=10)] = None,
        t_s: Annotated[float | None, Body(ge=0)] = None,
    ) -> Response:
        if not text.strip() and pain is None:
            raise HTTPException(422, "give a text, or pain from 0 to 10")
        store.add_note(id, "note" if pain is None else "pain", text.strip()[:2000], t_s=t_s, value=pain)
        return json_response([dataclasses.asdict(n) for n in store.notes(id)])

    @api.delete("/sessions/{id}/notes/{note}", summary="Remove a note")
    def remove_note(id: str, note: int, store: _StoreOfRequest) -> Response:
        store.remove_note(id, note)
        return json_response([dataclasses.asdict(n) for n in store.notes(id)])


def _cut_routes(api: APIRouter) -> None:
    @api.post("/sessions/{id}/split", summary="Two sessions out of one")
    def split(
        id: str, store: _StoreOfRequest, folder: _Folder, at_s: Annotated[float, Body(embed=True)]
    ) -> Response:
        parts = session_edit.split_session(store, folder, store.session(id), at_s)
        return json_response([_session(info, None) for info in parts])

    @api.post("/sessions/{id}/reanalyse", summary="Make its numbers anew with this version's engine")
    def reanalyze_session(id: str, store: _StoreOfRequest) -> Response:
        return json_response(dataclasses.asdict(reanalyze(store, store.session(id))))

    @api.post("/merge", summary="One session out of several of the same sensors")
    def merge(
        store: _StoreOfRequest, folder: _Folder, sessions: Annotated[list[str], Body(embed=True)]
    ) -> Response:
        merged = session_edit.merge_sessions(store, folder, [store.session(s) for s in sessions])
        return json_response(_session(merged, None))


def _import_route(api: APIRouter) -> None:
    @api.put("/import/{name}", summary="Keep the file in the body as a session; name tells its kind")
    async def import_file(
        name: str,
        request: Request,
        folder: _Folder,
        athlete: str = "me",
        placement: str | None = None,
        side: str | None = None,
        columns: str = "",
    ) -> Response:
        body = await _body(request)
        return await run_in_threadpool(_imported, folder, name, body, athlete, (placement, side, columns))


def json_response(value: object) -> Response:
    """Return a response with the value as JSON, without the detour of a model; NaN is an error."""
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
    """At most ``_LARGEST_IMPORT`` bytes."""
    out = bytearray()
    async for piece in request.stream():
        out += piece
        if len(out) > _LARGEST_IMPORT:
            raise HTTPException(413, f"more than {_LARGEST_IMPORT // 1_000_000} MB; use gaitcue import")
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
    return json_response(_session(info, None) | {"remarks": list(recording.remarks)})


def _own_pages_only(request: Request) -> None:
    """A page of another site may not change anything through the visitor's browser."""
    origin = request.headers.get("origin")
    if request.method != "GET" and origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "Another site may not change anything here.")
