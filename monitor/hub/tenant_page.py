"""The pages of a hub for a coach: who of the tenant runs now, and the live page of each.

Who has the token sees all runs of the tenant as a coach does, and can change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request, Response, WebSocket

from monitor.core.http_access import WebSettings
from monitor.core.http_guard import GuardedApp, GuardSettings, RouteRule
from monitor.core.http_roles import AccessRole, Visitor
from monitor.core.secret import Secret
from monitor.hub.tenant_runs import TenantRuns, run_row
from monitor.web.access_rules import PROGRAM_RULES
from monitor.web.api.live import get_legend
from monitor.web.app import add_program_files, page_response, serve_page

HUB_COOKIE = "gaitcue-hub"
"""The cookie of these pages: a runner's own page on the same machine has another."""
NO_SUCH_RUN = 4404
"""Close code of a WebSocket for a run that is not there, or no longer."""
_FOR_READERS = RouteRule(role=AccessRole.READER)
_PAGES = RouteRule(role=AccessRole.READER, in_address=True)
HUB_PAGE_RULES = {
    **PROGRAM_RULES,
    "GET /": _PAGES,
    "GET /run": _PAGES,
    "WEBSOCKET /ws": _FOR_READERS,
    "GET /api/v1/runs": _FOR_READERS,
    "GET /api/v1/legend": _FOR_READERS,
}
"""Who may ask for what; nothing can be changed."""


@dataclass(frozen=True, slots=True)
class _ReaderToken:
    """The one token, with which one may look on."""

    token: Secret

    async def visitor_of(self, token: str) -> Visitor | None:
        return Visitor("", AccessRole.READER) if self.token.matches(token) else None


def hub_page_app(
    runs: TenantRuns, token: Secret, settings: WebSettings, now_s: Callable[[], float]
) -> GuardedApp:
    """Return the application; ``now_s`` gives the monotonic second.  Blocks: it lists and reads files."""
    guard = GuardSettings(
        rules=HUB_PAGE_RULES,
        tokens=_ReaderToken(token),
        names=settings.all_names(),
        origins=settings.names,
        any_ip=not settings.loopback,
        cookie=HUB_COOKIE,
        missing_token="Open the address that gaitcue printed at start, or scan its QR code.",
    )
    app = GuardedApp("Page of a hub of gaitcue", guard)
    add_program_files(app)
    app.add_api_route("/api/v1/legend", get_legend)

    @app.get("/")
    def squad(request: Request) -> Response:
        return page_response("hub/runs.html", request, HUB_COOKIE)

    @app.get("/run")
    def run(request: Request) -> Response:
        return page_response("live/live.html", request, HUB_COOKIE)

    @app.get("/api/v1/runs")
    async def listed() -> list[dict[str, object]]:
        return [run_row(run, now_s()) for run in list(runs.runs.values())]

    @app.websocket("/ws")
    async def stream(socket: WebSocket, run: str = "") -> None:
        await socket.accept()
        followed = runs.runs.get(run)
        if followed is None:
            await socket.close(NO_SUCH_RUN)
        else:
            await serve_page(socket, followed.feed.attach(own=False), followed.feed)

    return app
