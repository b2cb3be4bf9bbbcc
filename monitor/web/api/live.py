"""The routes of the run that is going on, which there are with or without stored sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, HTTPException, Request, Response

from monitor.core.http_guard import is_runner, request_language, visitor_of_request
from monitor.core.line_answer import LineAnswer
from monitor.core.message_catalogues import catalogue
from monitor.core.metric_legend import metric_legend
from monitor.web.api.models.live import LegendJson, LineAnswerJson, LiveJson
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


def say_line(
    request: Request,
    text: Annotated[
        str, Body(embed=True, description="what the runner is to hear: one line of 140 characters")
    ],
) -> Response:
    """Tell the runner a line of a coach, once, at a calm moment of the run that is going on."""
    visitor, feed = visitor_of_request(request), request.app.state.live_feed
    if visitor is not None and not feed.is_of(visitor.athlete):
        raise HTTPException(403, "This is the run of somebody else.")
    answer = feed.say_line(text)
    if answer is not LineAnswer.WAITS:
        words = catalogue(request_language(request)).text(f"live.line.{answer.value}")
        raise HTTPException(_LINE_REFUSALS[answer], words)
    return json_response({"state": answer.value})


_LINE_REFUSALS = {LineAnswer.NO_LINE: 422, LineAnswer.NO_RUN: 409, LineAnswer.TOO_MANY: 429}

LIVE_ROUTES = (
    ApiRoute("GET", "/legend", "Live", get_legend, LegendJson, (422,)),
    ApiRoute("GET", "/live", "Live", get_live, LiveJson),
    ApiRoute("POST", "/live/line", "Live", say_line, LineAnswerJson, (409, 422, 429)),
)
