"""The runner's plan and log: only the runner may read and write them, whoever else may see the runs."""

from __future__ import annotations

import contextlib
import datetime
from typing import Annotated, Any

from fastapi import Body, Depends, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from monitor.core.errors import StoreError
from monitor.core.http_guard import request_language, visitor_of_request
from monitor.core.http_roles import AccessRole
from monitor.core.message_catalogues import catalogue
from monitor.review.plan_calendar import calendar_days, calendar_text
from monitor.review.plan_report import plan_report, red_flags_report
from monitor.review.rendered_json import rendered_json
from monitor.review.shoe_gait import shoe_change_message, shoe_changes
from monitor.review.training_plan import PlanKeeper, TrainingPlan, new_entry, read_entries
from monitor.storage.store import Store
from monitor.training.entries import Entry, ForeignEntry, entry_to_json
from monitor.training.standing_entries import standing_entries
from monitor.web.api.models.log_entries import EntryJson, LogJson
from monitor.web.api.models.plan import PlanJson, RedFlagsJson, ShoeGaitJson
from monitor.web.api.routes import ApiRoute, CalendarAnswer, LanguageQuery, attachment, json_response
from monitor.web.api.stored import StoreOfRequest, athlete_of_request, refusals_as_http
from monitor.web.sharing_desk import SharingDesk


def _plan_keeper(request: Request) -> PlanKeeper:
    keeper: PlanKeeper | None = request.app.state.plan
    if keeper is None:
        raise HTTPException(404, "There is no plan here: this page belongs to no runner.")
    return keeper


KeeperOfPlan = Annotated[PlanKeeper, Depends(_plan_keeper)]
"""Parameter of an endpoint: where the plan and its tables are, whoever asks."""


def _own_plan_keeper(request: Request, keeper: KeeperOfPlan) -> PlanKeeper:
    athlete = athlete_of_request(request)
    if athlete is not None and athlete != keeper.athlete:
        raise HTTPException(403, "This is the plan of somebody else.")
    return keeper


OwnKeeper = Annotated[PlanKeeper, Depends(_own_plan_keeper)]
"""Parameter of an endpoint: the plan of the runner who asks."""


def get_plan(
    request: Request,
    keeper: OwnKeeper,
    store: StoreOfRequest,
    language: LanguageQuery = "en",
    day: Annotated[
        datetime.date | None, Query(description="a past day, as it was decided then; today if not given")
    ] = None,
    km: Annotated[
        float | None, Query(gt=0, le=500, description="a run that the runner has in mind, in kilometres")
    ] = None,
) -> Response:
    """Return the plan of a day: what is allowed and why, questions, week, checkpoints, calendar."""
    plan = _loaded_plan(request, keeper, store)
    replayed = plan.day(plan.today if day is None else day)
    if replayed is None:
        raise HTTPException(404, "The plan does not know this day.")
    return json_response(plan_report(plan, replayed, keeper.stored_decisions(), km, language))


def get_plan_calendar(
    request: Request, keeper: OwnKeeper, store: StoreOfRequest, language: LanguageQuery = "en"
) -> Response:
    """Return today and the coming week as a calendar file, with nothing in it of how the runner is."""
    days = calendar_days(_loaded_plan(request, keeper, store))
    if not days:
        raise HTTPException(404, "No plan runs.")
    now = request.app.state.runner_now()
    text = calendar_text(days, keeper.athlete, now, language)
    return CalendarAnswer(text, headers=attachment("running-plan.ics"))


def get_red_flags(request: Request, keeper: KeeperOfPlan, language: LanguageQuery = "en") -> Response:
    """Return the red flags with the answers to them, which are those of this program or of own tables."""
    report = red_flags_report(keeper.tables, keeper.settings.emergency_number, language)
    visitor = visitor_of_request(request)
    may = visitor is not None and visitor.role is AccessRole.RUNNER
    own = may and athlete_of_request(request) in (None, keeper.athlete)
    return json_response({**report, "own": own})


def get_log(request: Request, keeper: OwnKeeper) -> Response:
    """Return the entries that hold today, the newest day first."""
    with refusals_as_http(request):
        log = keeper.log
        entries = read_entries(log)
    standing = standing_entries(entries, request.app.state.runner_now().date())
    return json_response(
        {
            "entries": [entry_to_json(entry) for entry in reversed(standing)],
            "unreadable": log.unreadable,
            "foreign": sum(isinstance(entry, ForeignEntry) for entry in entries),
        }
    )


async def add_log_entry(
    request: Request,
    keeper: OwnKeeper,
    kind: Annotated[str, Body(description="kind of the entry, such as after or morning")],
    fields: Annotated[
        dict[str, Any], Body(description="its fields, as the answer has them; day is today if not given")
    ],
    replaces: Annotated[str, Body(description="id of the entry that this one corrects or withdraws")] = "",
) -> Response:
    """Write an entry into the log and return it; a red flag ends the cues of a run that goes on.

    What begins or ends to be shared by it is sent, or deleted at the server, at once.
    """
    entry = await run_in_threadpool(_checked_entry, request, kind, {**fields, "replaces": replaces})
    controls = request.app.state.live_feed.controls
    if kind == "flag" and controls is not None:  # first, and on the loop of the run: not after a disk
        controls.stop_cues("asked")
    came = await run_in_threadpool(_keep_entry, request, keeper, entry)
    return json_response({"entry": entry_to_json(entry), "came": came})


def _checked_entry(request: Request, kind: str, fields: dict[str, Any]) -> Entry:
    with refusals_as_http(request):
        return new_entry(kind, fields, request.app.state.runner_now())


def _keep_entry(request: Request, keeper: PlanKeeper, entry: Entry) -> list[str]:
    """Keep the entry, and return what came of it at the coach's server if it changes what is shared."""
    today = request.app.state.runner_now().date()
    with refusals_as_http(request):
        shared = keeper.load_shared_items(today)
        keeper.add(entry)
        if keeper.load_shared_items(today) == shared:
            return []
        desk: SharingDesk = request.app.state.sharing
        return list(desk.delivery_texts(today, request_language(request), always=True))


def _loaded_plan(request: Request, keeper: PlanKeeper, store: Store) -> TrainingPlan:
    """The plan as it is now; what it decides today is kept, where there is room for it."""
    plan = keeper.load(store, request.app.state.runner_now())
    if plan.entries:
        with contextlib.suppress(StoreError):
            keeper.keep_decision(plan)
    return plan


def get_shoe_gait(
    request: Request, keeper: OwnKeeper, store: StoreOfRequest, language: LanguageQuery = "en"
) -> Response:
    """Return what changed in how the runner ran over the life of each pair of shoes."""
    messages = catalogue(language)
    changes = shoe_changes(keeper.load(store, request.app.state.runner_now()), store)
    texts = (messages.render(shoe_change_message(change)) for change in changes)
    return json_response(
        {
            "changes": [
                {**rendered_json(change, messages), "text": text}
                for change, text in zip(changes, texts, strict=True)
            ],
            "about": messages.text("plan.shoe.gait.about"),
        }
    )


PLAN_ROUTES = (
    ApiRoute("GET", "/plan", "Plan", get_plan, PlanJson, (404, 409, 422)),
    ApiRoute("GET", "/plan/calendar", "Plan", get_plan_calendar, CalendarAnswer, (404, 409, 422)),
    ApiRoute("GET", "/plan/shoe-gait", "Plan", get_shoe_gait, ShoeGaitJson, (404, 409, 422)),
    ApiRoute("GET", "/plan/flags", "Plan", get_red_flags, RedFlagsJson, (404, 422)),
    ApiRoute("GET", "/log", "Plan", get_log, LogJson, (404, 409)),
    ApiRoute("POST", "/log", "Plan", add_log_entry, EntryJson, (404, 409)),
)
"""The routes of the plan: one row makes a route exist."""
