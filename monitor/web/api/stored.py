"""The store as a request gets it, and its refusals as HTTP errors."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi import Path as PathParameter

from monitor.core import json_codec
from monitor.core.errors import ConfigError, InputError, MonitorError, StoreError
from monitor.core.http_guard import is_runner, request_language, visitor_of_request
from monitor.core.local_time import local_start
from monitor.core.records import Out
from monitor.pipeline.plan_privacy import record_for_others, records_for_others, settings_text_for_others
from monitor.review.training_plan import PlanKeeper
from monitor.storage.backup import DATABASE
from monitor.storage.session_info import Note, SessionInfo, WaitingRecord, tags_for_others
from monitor.storage.store import Store


def _sessions_folder(request: Request) -> Path:
    return Path(request.app.state.folder)


class _AthleteStore(Store):
    """The store as a device sees it that was paired for one athlete: the others' sessions are not there.

    Without an ``athlete`` it was paired for all of them.
    """

    def __init__(self, path: Path, athlete: str | None) -> None:
        super().__init__(path)
        self._athlete = athlete

    def sessions(self) -> list[SessionInfo]:
        return [info for info in super().sessions() if self._athlete in (None, info.athlete)]

    def session(self, session_id: str) -> SessionInfo:
        info = super().session(session_id)
        if self._athlete not in (None, info.athlete):
            raise StoreError("error.no_session", session=session_id)
        return info


class _OthersStore(_AthleteStore):
    """The store as a coach or a reader sees it: nothing of the plan, and of pain what is shared.

    ``shares_pain`` returns whether an athlete shares pain: then its numbers are there, never its words.
    """

    def __init__(self, path: Path, athlete: str | None, shares_pain: Callable[[str], bool]) -> None:
        super().__init__(path, athlete)
        self._shares_pain = shares_pain

    def sessions(self) -> list[SessionInfo]:
        return [_info_for_others(info) for info in super().sessions()]

    def session(self, session_id: str) -> SessionInfo:
        return _info_for_others(super().session(session_id))

    def tag(self, session_id: str, tags: Iterable[str]) -> None:
        there = super().session(session_id).tags
        hidden = [tag for tag in there if tag not in tags_for_others(there)]
        super().tag(session_id, [*hidden, *tags])

    def notes(self, session_id: str) -> list[Note]:
        notes = super().notes(session_id)
        if not any(note.kind == "pain" for note in notes):
            return notes
        shared = self._shares_pain(super().session(session_id).athlete)
        return [
            replace(note, text="") if note.kind == "pain" else note
            for note in notes
            if shared or note.kind != "pain"
        ]

    def events(self, session_id: str) -> list[Out]:
        return records_for_others(super().events(session_id))

    def _select_records(self, where: str, *values: object, limit: int = -1) -> list[WaitingRecord]:
        rows = super()._select_records(where, *values, limit=limit)
        return [(row, s, r) for row, s, record in rows if (r := record_for_others(record)) is not None]


def _info_for_others(info: SessionInfo) -> SessionInfo:
    """The session without its effort and shoes, and without what the plan allowed."""
    return replace(info, settings=settings_text_for_others(info.settings), tags=tags_for_others(info.tags))


def _pain_sharing(request: Request) -> Callable[[str], bool]:
    """Whether an athlete shares pain; of others than the runner of this service nobody knows it here."""
    keeper: PlanKeeper | None = request.app.state.plan

    def shares_pain(athlete: str) -> bool:
        today = request.app.state.runner_now().date()
        return (
            keeper is not None and keeper.athlete == athlete and "pain" in keeper.load_shared_items(today)
        )

    return shares_pain


def _request_store(request: Request, folder: Annotated[Path, Depends(_sessions_folder)]) -> Iterator[Store]:
    """The store for one request; its errors become HTTP ones that say what to do."""
    path, athlete = folder / DATABASE, athlete_of_request(request)
    others = not is_runner(request)
    with (
        refusals_as_http(request),
        _OthersStore(path, athlete, _pain_sharing(request))
        if others
        else _AthleteStore(path, athlete) as opened,
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
