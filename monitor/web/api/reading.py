"""What the API tells of stored sessions: descriptions, reviews, records, files and comparisons."""

from __future__ import annotations

import dataclasses
import io
import math
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import HTTPException, Query, Request, Response
from fastapi import Path as PathParameter

from monitor.core import json_codec
from monitor.core.http_guard import is_runner
from monitor.exports.formats import EXPORTS, export_session
from monitor.exports.tables import second_columns, step_table
from monitor.review.compare import compare_sessions, metric_trends
from monitor.review.rendered_json import interval_json
from monitor.review.report import session_review
from monitor.storage import tape_archive
from monitor.storage.session_data import load_session
from monitor.storage.session_info import SessionInfo
from monitor.web.api.routes import FileAnswer, LanguageQuery, attachment, json_response
from monitor.web.api.stored import SessionId, StoreOfRequest, athlete_of_request, session_json
from monitor.web.review_file import review_html


def get_sessions(store: StoreOfRequest) -> Response:
    """Return all sessions, the newest first, with the bytes their tapes take."""
    infos = store.sessions()
    bytes_of = tape_archive.tape_sizes(infos)
    return json_response([session_json(info, bytes_of.get(info.id)) for info in infos])


def get_session(id: SessionId, store: StoreOfRequest) -> Response:
    """Return one session, with its settings."""
    info = store.session(id)
    described = session_json(info, tape_archive.tape_sizes([info]).get(id))
    return json_response(described | {"settings": _settings_json(info)})


def get_review(id: SessionId, store: StoreOfRequest, language: LanguageQuery = "en") -> Response:
    """Return everything that a review shows."""
    return json_response(session_review(store, id, language))


def get_review_page(id: SessionId, store: StoreOfRequest, language: LanguageQuery = "en") -> Response:
    """Return the review as one HTML file that needs nothing else."""
    html = review_html(session_review(store, id, language))
    return Response(html, media_type="text/html", headers=attachment(f"{id}.html"))


def get_seconds(
    id: SessionId,
    store: StoreOfRequest,
    column: Annotated[
        list[str] | None, Query(description="name of a column that is wanted; all if not given")
    ] = None,
) -> Response:
    """Return columns of every whole second; null where not known."""
    table = second_columns(load_session(store, id))
    return json_response({k: _as_list(v) for k, v in table.items() if column is None or k in column})


def get_steps(id: SessionId, store: StoreOfRequest) -> Response:
    """Return columns of every step; null where not known."""
    return json_response({k: _as_list(v) for k, v in step_table(store, load_session(store, id)).items()})


def get_events(id: SessionId, store: StoreOfRequest) -> Response:
    """Return everything else that was recorded: cues, bands, sensors."""
    store.session(id)
    records = [*store.gaps(id), *store.events(id)]
    return json_response([{"kind": json_codec.kind_of(r), **json_codec.to_json(r)} for r in records])


def get_notes(id: SessionId, store: StoreOfRequest) -> Response:
    """Return notes, pain, laps and pauses of a session."""
    store.session(id)
    return json_response([dataclasses.asdict(n) for n in store.notes(id)])


def get_export(
    id: SessionId,
    format: Annotated[str, PathParameter(description=f"one of {', '.join(EXPORTS)}")],
    request: Request,
    store: StoreOfRequest,
) -> Response:
    """Return a session as a file for other programs; several files come as a zip."""
    if format == "tape" and not is_runner(request):
        raise HTTPException(403, "The tape is the runner's own; its samples are there as imu-csv.")
    with tempfile.TemporaryDirectory() as folder:
        return _file_answer(export_session(store, id, format, Path(folder)), f"{id}.{format}")


def get_comparison(
    store: StoreOfRequest,
    session: Annotated[
        list[str], Query(description="ids of two sessions or more; the first is the measure")
    ],
) -> Response:
    """Return sessions at matched speed and grade, each against the first."""
    rows = [
        {
            "metric": r.metric,
            "means": [*map(interval_json, r.means)],
            "differences": [*map(interval_json, r.differences)],
            "modelled": r.modelled,
        }
        for r in compare_sessions(store, session)
    ]
    return json_response(rows)


def get_trends(
    request: Request,
    store: StoreOfRequest,
    athlete: Annotated[str, Query(description="the runner; that of the newest session if not given")] = "",
    weeks: Annotated[int, Query(ge=1, le=520, description="how far to look back from the newest")] = 12,
) -> Response:
    """Return every metric over weeks, at the same speed and grade."""
    newest = next(iter(store.sessions()), None)
    who = athlete_of_request(request) or athlete or (newest.athlete if newest else "")
    return json_response(
        {
            name: [
                {"when": p.when, "session": p.session, "modelled": p.modelled, **interval_json(p.found)}
                for p in points
            ]
            for name, points in metric_trends(store, who, weeks).items()
        }
    )


def _settings_json(info: SessionInfo) -> dict[str, Any]:
    """The settings as they were stored; where they are not readable, what can be said all the same."""
    try:
        settings = json_codec.parse_json(info.settings)
    except ValueError:
        settings = None
    return settings if isinstance(settings, dict) else {"athlete": info.athlete}


def _as_list(column: Any) -> list[Any]:
    values = column.tolist() if hasattr(column, "tolist") else list(column)
    return [None if isinstance(v, float) and not math.isfinite(v) else v for v in values]


def _file_answer(paths: Sequence[Path], name: str) -> Response:
    if len(paths) == 1:
        data, name = paths[0].read_bytes(), paths[0].name
    else:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
            for path in paths:
                out.write(path, path.name)
        data, name = packed.getvalue(), f"{name}.zip"
    return FileAnswer(data, headers=attachment(name))
