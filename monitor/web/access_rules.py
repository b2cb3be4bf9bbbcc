"""Who may use which route of the page: every one has its row here, and a test walks them all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from monitor.core.http_access import WebSettings
from monitor.core.http_guard import RouteRule
from monitor.core.http_limits import BodyLimits
from monitor.core.http_roles import AccessRole

_PROGRAM = RouteRule(role=None)
"""Files of this program, which hold nobody's numbers."""
_LIVE = RouteRule(role=AccessRole.READER, open_at_home=True)
_READ = RouteRule(role=AccessRole.READER)
_PAGE = RouteRule(role=AccessRole.READER, in_address=True)
_NOTE = RouteRule(role=AccessRole.COACH)
_LINE = RouteRule(role=AccessRole.COACH, body=BodyLimits(size=2000, depth=1, items=5))
_OWN = RouteRule(role=AccessRole.RUNNER)
_DIARY = RouteRule(
    role=AccessRole.RUNNER,
    body=BodyLimits(size=8000, depth=4, items=100),
    refusal="The log and the plan are the runner's own. The runner chooses item by item what a coach sees: "
    "phase, allowance, pain, strength, shoes.",
)
_CODE = RouteRule(role=None, body=BodyLimits(size=1000, depth=1, items=5))
_SESSION = "/api/v1/sessions/{id}"

PROGRAM_FOLDERS = ("live", "radio", "review", "plan", "shared", "hub")
"""The folders of ``static`` whose files make the pages."""
PROGRAM_RULES = {f"GET /{folder}/{{path:path}}": _PROGRAM for folder in PROGRAM_FOLDERS} | {
    "GET /sw.js": _PROGRAM
}
"""Of what may be had by anyone."""

ACCESS_RULES: Mapping[str, RouteRule] = MappingProxyType(
    {
        **PROGRAM_RULES,
        "GET /pair": _PROGRAM,
        "GET /certificate": _PROGRAM,
        "POST /api/v1/pair": _CODE,
        "POST /api/v1/pair/renew": _READ,
        "GET /": RouteRule(role=AccessRole.READER, open_at_home=True, in_address=True),
        "WEBSOCKET /ws": _LIVE,
        "WEBSOCKET /ws/radio": _OWN,
        "GET /api/v1/live": _LIVE,
        "POST /api/v1/live/line": _LINE,
        "GET /api/v1/legend": _LIVE,
        "POST /api/v1/run": RouteRule(
            role=AccessRole.RUNNER, body=BodyLimits(size=1000, depth=2, items=10)
        ),
        "GET /review": _PAGE,
        "GET /plan": _PAGE,
        "GET /api/v1/plan": _DIARY,
        "GET /api/v1/plan/calendar": _DIARY,
        "GET /api/v1/plan/flags": _LIVE,  # a list of this program, which the live page shows
        "GET /api/v1/plan/shoe-gait": _DIARY,
        "GET /api/v1/plan/sharing": _DIARY,
        "POST /api/v1/plan/sharing": _DIARY,
        "GET /api/v1/log": _DIARY,
        "POST /api/v1/log": _DIARY,
        "GET /api/v1/docs": _PAGE,
        "GET /api/v1/openapi.json": _READ,
        "GET /api/v1/sessions": _READ,
        f"GET {_SESSION}": _READ,
        f"PATCH {_SESSION}": _NOTE,  # tags; the title is the runner's (``change_session``)
        f"DELETE {_SESSION}": _OWN,
        f"POST {_SESSION}/split": _OWN,
        "POST /api/v1/merge": _OWN,
        f"POST {_SESSION}/reanalyse": _OWN,
        f"GET {_SESSION}/notes": _READ,
        f"POST {_SESSION}/notes": _NOTE,
        f"DELETE {_SESSION}/notes/{{note}}": _OWN,
        f"GET {_SESSION}/review": _READ,
        f"GET {_SESSION}/page": _READ,
        "GET /api/v1/compare": _READ,
        "GET /api/v1/trends": _READ,
        f"GET {_SESSION}/seconds": _READ,
        f"GET {_SESSION}/steps": _READ,
        f"GET {_SESSION}/events": _READ,
        f"GET {_SESSION}/export/{{format}}": _READ,
        "PUT /api/v1/import/{name}": _OWN,
    }
)
"""By method and path.  What the body of a file to import may have is a setting (``rules_of``)."""


def rules_of(settings: WebSettings) -> Mapping[str, RouteRule]:
    """Return the rules as the settings have them."""
    upload = BodyLimits(size=settings.largest_import_mb * 1_000_000, depth=None)
    return {**ACCESS_RULES, "PUT /api/v1/import/{name}": RouteRule(role=AccessRole.RUNNER, body=upload)}
