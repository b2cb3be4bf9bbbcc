"""The routes by which a device gives back its one-time code, gets a token of its own and renews it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, HTTPException, Request, Response

from monitor.core.errors import StoreError
from monitor.core.http_roles import ROLE_NAMES
from monitor.web.api.models.pairing import PairedJson, RenewedJson
from monitor.web.api.routes import ApiRoute, json_response
from monitor.web.api.stored import refusal_text
from monitor.web.page_cookie import set_page_cookie


def pair_device(
    request: Request,
    code: Annotated[str, Body(description="the code that gaitcue pair showed")],
    as_cookie: Annotated[
        bool, Body(strict=True, description="the token comes as the cookie of a page, not in the answer")
    ] = False,
) -> Response:
    """Return the token of this device for the one-time code that it brings."""
    request.app.check_guesses(request)
    try:
        paired = request.app.state.devices.exchange(code)
    except StoreError as exc:
        raise HTTPException(409, refusal_text(exc, request)) from exc
    if paired is None:
        request.app.count_guess(request, code)
        raise HTTPException(401, "This code is wrong, was used, or is too old: gaitcue pair makes another.")
    token, device = paired
    about = {"name": device.name, "role": ROLE_NAMES[device.role], "athlete": device.athlete}
    response = json_response({**about, "token": None if as_cookie else token})
    if as_cookie:
        set_page_cookie(response, request, token)
    return response


def renew_token(request: Request) -> Response:
    """Return a new token for the device that brings this one; null where it need not be renewed yet.

    The old token works until ten minutes after the new one has been used for the first time.
    """
    _, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        return json_response({"token": request.app.state.devices.renewed(token.strip())})
    except StoreError as exc:
        raise HTTPException(409, refusal_text(exc, request)) from exc


PAIRING_ROUTES = (
    ApiRoute("POST", "/pair", "Devices", pair_device, PairedJson, (409,)),
    ApiRoute("POST", "/pair/renew", "Devices", renew_token, RenewedJson, (409,)),
)
"""How a device gets its token, for which it needs none, and the next one."""
