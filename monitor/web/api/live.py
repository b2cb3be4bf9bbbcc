"""The routes of the run that is going on, which there are with or without stored sessions."""

from __future__ import annotations

import json
from typing import Annotated, get_args

from fastapi import Body, HTTPException, Request, Response

from monitor.core.http_guard import is_runner, request_language, visitor_of_request
from monitor.core.line_answer import LineAnswer
from monitor.core.message_catalogues import catalogue
from monitor.core.metric_legend import metric_legend
from monitor.web.api.models.live import (
    IntervalsJson,
    LegendJson,
    LineAnswerJson,
    LiveJson,
    RunWish,
    RunWishJson,
)
from monitor.web.api.routes import ApiRoute, LanguageQuery, json_response
from monitor.web.live_feed import RunControls


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
    controls: RunControls | None = feed.controls
    answer = LineAnswer.NO_RUN if controls is None else controls.say_line(text, when_stopped=True)
    if answer is not LineAnswer.WAITS:
        words = catalogue(request_language(request)).text(f"live.line.{answer.value}")
        raise HTTPException(_LINE_REFUSALS[answer], words)
    return json_response({"state": answer.value})


_LINE_REFUSALS = {LineAnswer.NO_LINE: 422, LineAnswer.NO_RUN: 409, LineAnswer.TOO_MANY: 429}


async def ask_run(
    request: Request,
    do: Annotated[RunWish, Body(description="what is to happen: " + ", ".join(get_args(RunWish)))],
    intervals: Annotated[
        IntervalsJson | None, Body(description="those to begin; without them they end")
    ] = None,
) -> Response:
    """Let the run that is going on pause or go on, end a lap or itself, begin intervals, or be followed."""
    visitor, feed = visitor_of_request(request), request.app.state.live_feed
    if visitor is not None and not feed.is_of(visitor.athlete):
        raise HTTPException(403, "This is the run of somebody else.")
    controls: RunControls | None = feed.controls
    if controls is None or not _ask(controls, do, intervals):
        raise HTTPException(409, catalogue(request_language(request)).text("live.run.none"))
    return json_response({"did": do})


def _ask(controls: RunControls, do: RunWish, intervals: IntervalsJson | None) -> bool:
    if do == "end":
        return controls.end_run()
    if do == "start":
        return controls.start_next()
    if do == "intervals":
        plan = intervals.model_dump() if intervals is not None else {"repeats": 0}
        return controls.ask_timer(do, json.dumps(plan).encode())
    return controls.ask_timer(do)


LIVE_ROUTES = (
    ApiRoute("GET", "/legend", "Live", get_legend, LegendJson, (422,)),
    ApiRoute("GET", "/live", "Live", get_live, LiveJson),
    ApiRoute("POST", "/live/line", "Live", say_line, LineAnswerJson, (409, 422, 429)),
    ApiRoute("POST", "/run", "Live", ask_run, RunWishJson, (409,)),
)
