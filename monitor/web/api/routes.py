"""What a route of the API is, and the router that is made of a list of them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response
from fastapi.security import APIKeyCookie, HTTPBearer

from monitor.core.json_codec import finite_json
from monitor.core.message_catalogues import Language
from monitor.web.api.models.described import ApiList, ApiModel
from monitor.web.api.models.refusals import RefusalJson

LanguageQuery = Annotated[Language, Query(description="of the texts: en or de")]

_TOKENS = [
    Depends(HTTPBearer(auto_error=False, description="for programs: the token of the printed address")),
    Depends(APIKeyCookie(name="gaitcue", auto_error=False, description="for pages: set by that address")),
]
"""Ways to bring the token, for the description alone: it is checked before any route."""
_REFUSED = {
    401: "The token is missing or wrong.",
    403: "A page of another site asked for it, or a device that was paired for less.",
    404: "There is no such session.",
    409: "The store cannot do it now, or what it would make is there already.",
    413: "The body is too large.",
    421: "The server was asked by a name that is not its own.",
    429: "Too many wrong tokens came from there.",
    422: "The request is malformed, or asks for what cannot be done.",
}


class FileAnswer(Response):
    """An answer that is a file, to be saved under the name that it brings."""

    media_type = "application/octet-stream"


class CalendarAnswer(Response):
    """An answer that is a calendar (iCalendar, RFC 5545), for the calendar of a phone."""

    media_type = "text/calendar"


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One method of one path below ``/api/v1``.

    ``endpoint`` makes the answer; the first paragraph of its docstring is the summary.  ``answer`` is the
    model of a JSON answer, else the class of the response.  ``refusals`` are the statuses that it may have
    besides those of the guard (and 413 and 422, where it changes something).  ``upload`` says what file
    the body is.
    """

    method: str
    path: str
    tag: str
    endpoint: Callable[..., Any]
    answer: type[ApiModel] | type[ApiList] | type[Response]
    refusals: tuple[int, ...] = ()
    upload: str = ""


def api_router(routes: Iterable[ApiRoute]) -> APIRouter:
    """Return the router with these routes.  Who may use them says ``monitor.web.access_rules``."""
    api = APIRouter(prefix="/api/v1", dependencies=_TOKENS)
    for route in routes:
        summary = inspect.cleandoc(route.endpoint.__doc__ or "").partition("\n\n")[0]
        api.add_api_route(
            route.path,
            route.endpoint,
            methods=[route.method],
            tags=[route.tag],
            summary=" ".join(summary.split()).removesuffix("."),
            responses=_refusal_models(route),
            openapi_extra=_upload_body(route.upload) if route.upload else None,
            **_answer_arguments(route.answer),
        )
    return api


def attachment(name: str) -> dict[str, str]:
    """Return the header with which a file is saved under this name, in any script (RFC 6266, RFC 5987)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    whole = quote(name, safe="")
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}"}


def json_response(value: object) -> Response:
    """Return a response with the value as JSON, without the detour of a model.

    A number that is none becomes null: an oddity in the store breaks no answer.
    """
    try:
        text = json.dumps(value, allow_nan=False, default=str)
    except ValueError:
        text = json.dumps(finite_json(value), allow_nan=False, default=str)
    return Response(text, media_type="application/json")


def _refusal_models(route: ApiRoute) -> dict[int | str, dict[str, Any]]:
    """By status: its meaning and its model.

    Of a file the model is named, not given: FastAPI would describe it under the media type of the file.
    """
    named = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/RefusalJson"}}}}
    model = named if issubclass(route.answer, Response) else {"model": RefusalJson}
    changing = (413, 422) if route.method != "GET" else ()
    statuses = sorted({401, 403, 421, 429, *changing, *route.refusals})
    return {status: {"description": _REFUSED[status], **model} for status in statuses}


def _answer_arguments(answer: type[Any]) -> dict[str, Any]:
    """The arguments of a route that describe what comes back."""
    about = " ".join((answer.__doc__ or "").split("\n\n")[0].split())
    what = "response_class" if issubclass(answer, Response) else "response_model"
    return {what: answer, "response_description": about}


def _upload_body(about: str) -> dict[str, Any]:
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"description": about, "required": True, "content": content}}
