"""The routes of the run that is going on, which there are with or without stored sessions."""

from __future__ import annotations

from fastapi import HTTPException, Request, Response

from monitor.core.http_guard import is_runner, visitor_of_request
from monitor.core.metric_legend import metric_legend
from monitor.web.api.models.live import LegendJson, LiveJson
from monitor.web.api.routes import ApiRoute, LanguageQuery, json_response


def get_legend(language: LanguageQuery = "en") -> Response:
    """Return what every number is, and how and where it is shown."""
    return json_response(metric_legend(language))


def get_live(request: Request) -> Response:
    """Return the newest of everything in the run that is going on."""
    visitor, feed = visitor_of_request(request), request.app.state.live_feed
    if visitor is not None and not feed.is_of(visitor.athlete):
        raise HTTPException(403, "This is the run of somebody else.")
    return json_response(feed.state(own=is_runner(request)))


LIVE_ROUTES = (
    ApiRoute("GET", "/legend", "Live", get_legend, LegendJson, (422,)),
    ApiRoute("GET", "/live", "Live", get_live, LiveJson),
)
