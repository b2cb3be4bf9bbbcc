"""The cookie by which a browser brings its token again."""

from __future__ import annotations

from fastapi import Request, Response

from monitor.core.http_pairing import IDLE_DAYS

PAGE_COOKIE = "gaitcue"


def set_page_cookie(response: Response, request: Request, token: str, name: str = PAGE_COOKIE) -> None:
    """Set the cookie: scripts cannot read it, other sites cannot use it."""
    response.set_cookie(
        name,
        token,
        max_age=IDLE_DAYS * 86400,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
