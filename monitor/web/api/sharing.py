"""What a coach sees of the plan: shown to the runner, switched on and off, sent and deleted at once."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Body, Request, Response

from monitor.core.http_guard import request_language
from monitor.core.message_catalogues import Language, catalogue
from monitor.training.entries import SharedItem
from monitor.training.plan_settings import needs_guardian
from monitor.training.sharing import SHARED_ITEMS
from monitor.web.api.models.sharing import SharingJson
from monitor.web.api.plan import OwnKeeper
from monitor.web.api.routes import ApiRoute, LanguageQuery, json_response
from monitor.web.api.stored import refusals_as_http
from monitor.web.sharing_desk import SharingDesk


def get_sharing(request: Request, keeper: OwnKeeper, language: LanguageQuery = "en") -> Response:
    """Return every item with what a coach would see of it, and whether it is shared."""
    with refusals_as_http(request):
        return json_response(_sharing_json(request, language))


def switch_sharing(
    request: Request,
    keeper: OwnKeeper,
    items: Annotated[list[SharedItem], Body(description="items that are switched", max_length=10)],
    on: Annotated[
        bool, Body(strict=True, description="true: a coach sees them from now on; false: not any more")
    ],
    guardian: Annotated[
        bool, Body(strict=True, description="true: a guardian agrees, needed under 16")
    ] = False,
) -> Response:
    """Switch items, send or delete at the server what follows from it, and return how sharing stands.

    Where the server fails, what was switched is so all the same, and the answer says what waits.
    """
    desk, language = _desk_of(request), request_language(request)
    with refusals_as_http(request):
        desk.switch(items, request.app.state.runner_now(), on=on, guardian=guardian)
        came = list(desk.delivery_texts(_today(request), language, always=True))
        return json_response(_sharing_json(request, language, came))


def _desk_of(request: Request) -> SharingDesk:
    desk: SharingDesk = request.app.state.sharing
    return desk


def _today(request: Request) -> datetime.date:
    today: datetime.date = request.app.state.runner_now().date()
    return today


def _sharing_json(request: Request, language: Language, came: Iterable[str] = ()) -> dict[str, Any]:
    desk, today, text = _desk_of(request), _today(request), catalogue(language).text
    shared = desk.state(today).items
    return {
        "items": [
            {
                "item": item,
                "label": text(f"plan.share.{item}"),
                "sees": text(f"plan.share.sees.{item}"),
                "shared": item in shared,
            }
            for item in SHARED_ITEMS
        ],
        "notes": desk.state_texts(today, language),
        "came": list(came),
        "needs_guardian": bool(needs_guardian(desk.keeper.settings, today)),
    }


SHARING_ROUTES = (
    ApiRoute("GET", "/plan/sharing", "Plan", get_sharing, SharingJson, (404, 409, 422)),
    ApiRoute("POST", "/plan/sharing", "Plan", switch_sharing, SharingJson, (404, 409)),
)
"""The routes of sharing: one row makes a route exist."""
