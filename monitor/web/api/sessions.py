"""The routes over all stored sessions: one row makes a route exist."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from monitor.web.api import editing, reading
from monitor.web.api.models.records import EventsJson, SecondsJson, StepsJson
from monitor.web.api.models.review import ComparisonsJson, ReviewJson, TrendsJson
from monitor.web.api.models.sessions import (
    DeletedSessionJson,
    DetailedSessionJson,
    ImportedSessionJson,
    NotesJson,
    ReanalysisJson,
    SessionJson,
    SessionsJson,
)
from monitor.web.api.routes import ApiRoute, FileAnswer


class PageAnswer(HTMLResponse):
    """A page of HTML that needs nothing else."""


_STORED = (404, 409, 422)

SESSION_ROUTES = (
    ApiRoute("GET", "/sessions", "Sessions", reading.get_sessions, SessionsJson, (409,)),
    ApiRoute("GET", "/sessions/{id}", "Sessions", reading.get_session, DetailedSessionJson, _STORED),
    ApiRoute("PATCH", "/sessions/{id}", "Sessions", editing.change_session, SessionJson, _STORED),
    ApiRoute("DELETE", "/sessions/{id}", "Sessions", editing.remove_session, DeletedSessionJson, _STORED),
    ApiRoute("POST", "/sessions/{id}/split", "Sessions", editing.cut_session, SessionsJson, _STORED),
    ApiRoute("POST", "/merge", "Sessions", editing.join_sessions, SessionJson, _STORED),
    ApiRoute(
        "POST", "/sessions/{id}/reanalyse", "Sessions", editing.reanalyze_session, ReanalysisJson, _STORED
    ),
    ApiRoute("GET", "/sessions/{id}/notes", "Notes", reading.get_notes, NotesJson, _STORED),
    ApiRoute("POST", "/sessions/{id}/notes", "Notes", editing.add_session_note, NotesJson, _STORED),
    ApiRoute(
        "DELETE", "/sessions/{id}/notes/{note}", "Notes", editing.remove_session_note, NotesJson, _STORED
    ),
    ApiRoute("GET", "/sessions/{id}/review", "Review", reading.get_review, ReviewJson, _STORED),
    ApiRoute("GET", "/sessions/{id}/page", "Review", reading.get_review_page, PageAnswer, _STORED),
    ApiRoute("GET", "/compare", "Review", reading.get_comparison, ComparisonsJson, _STORED),
    ApiRoute("GET", "/trends", "Review", reading.get_trends, TrendsJson, (409, 422)),
    ApiRoute("GET", "/sessions/{id}/seconds", "Records", reading.get_seconds, SecondsJson, _STORED),
    ApiRoute("GET", "/sessions/{id}/steps", "Records", reading.get_steps, StepsJson, _STORED),
    ApiRoute("GET", "/sessions/{id}/events", "Records", reading.get_events, EventsJson, _STORED),
    ApiRoute("GET", "/sessions/{id}/export/{format}", "Files", reading.get_export, FileAnswer, _STORED),
    ApiRoute(
        "PUT", "/import/{name}", "Files", editing.import_file, ImportedSessionJson, (413, 422), "the file"
    ),
)
