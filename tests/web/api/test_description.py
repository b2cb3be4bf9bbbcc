"""The API describes itself in full, and what it answers is as described."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from dsp.types import Cue, Gap, Runner
from monitor.core.http_pairing import PairedDevices
from monitor.core.http_roles import AccessRole
from monitor.core.json_codec import RECORD_KINDS
from monitor.core.monotonic import SystemClock
from monitor.core.packet import INTERVALS, PAUSE, wish_packet
from monitor.core.session_settings import (
    CoachSettings,
    CueSettings,
    IntervalPlan,
    LapSettings,
    SensorSettings,
    SessionSettings,
    TodaysLimits,
)
from monitor.pipeline.load_watch import UsedAllowance
from monitor.pipeline.run_timer import EndedLap, IntervalPart
from monitor.pipeline.session import Session
from monitor.review import cue_outcomes, downhill, feedback_text, offline_comparison, splits, time_in_band
from monitor.review.asymmetry import Legs
from monitor.review.foot_drawing import FootPath, FootThird
from monitor.review.history_comparison import BaselineChange, PreviousRunsComparison
from monitor.review.training_plan import PlanKeeper, StoredDecision, new_entry
from monitor.service.runner_wishes import RunnerWishes
from monitor.simulation.drifting_runner import coached_settings, drifting_bouts
from monitor.simulation.simulated_runner import RadioModel, recording_of_run
from monitor.sinks.live_state import LiveState
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.reanalysis import NumberChange, Reanalysis
from monitor.storage.session_info import Note, SessionInfo
from monitor.storage.store import Store
from monitor.training import plan_day, strength_today
from monitor.training.entries import ENTRY_KINDS
from monitor.training.plan_day import PlanDay
from monitor.training.plan_settings import PlanSettings
from monitor.training.shoes import ShoeUse
from monitor.training.strength import Adherence
from monitor.training.weekly_score import WeekScore
from monitor.web.api.live import LIVE_ROUTES
from monitor.web.api.models import live, log_entries, plan, records, review, sessions
from monitor.web.api.models.described import ApiList, ApiModel, holds_numbers
from monitor.web.api.models.refusals import RefusalJson
from monitor.web.api.pairing import PAIRING_ROUTES
from monitor.web.api.plan import PLAN_ROUTES
from monitor.web.api.routes import ApiRoute
from monitor.web.api.sessions import SESSION_ROUTES
from monitor.web.api.sharing import SHARING_ROUTES
from monitor.web.live_feed import LiveFeed
from tests.storage_of_files import copy_store
from tests.web.clients import page_client

ALL_ROUTES = (*LIVE_ROUTES, *SESSION_ROUTES, *PLAN_ROUTES, *SHARING_ROUTES, *PAIRING_ROUTES)
ROUTES = {(r.method, r.path): r for r in ALL_ROUTES}
READ = [
    "/legend",
    "/live",
    "/sessions",
    "/sessions/{id}",
    "/sessions/{id}/notes",
    "/sessions/{id}/review",
    "/sessions/{id}/seconds",
    "/sessions/{id}/steps",
    "/sessions/{id}/events",
    "/compare",
    "/trends",
    "/plan",
    "/plan/flags",
    "/plan/sharing",
    "/plan/shoe-gait",
    "/log",
]
FILES = ["/sessions/{id}/page", "/sessions/{id}/export/{format}", "/plan/calendar"]
NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
RUNNER_NOW = NOON + datetime.timedelta(days=3)
WRITTEN: dict[str, dict[str, Any]] = {
    "declare": {"day": "2026-11-24", "began": "2026-11-01", "side": "left", "place": "behind"},
    "after": {"day": "2026-11-26", "session": "2026-11-26T12-00-00-me", "during": 3, "now": 2.5},
    "morning": {"pain": 1, "stiffness_min": 5, "swelling": "none", "tender": "same", "as_before": True},
    "weekly": {"taking_part": 1, "volume": 2, "performance": 0, "pain": 1},
    "strength": {"exercise": "heel_raise", "side": "left", "reps": 22, "benchmark": True},
    "manual_run": {"day": "2026-11-25", "start": "2026-11-25T18:00:00", "km": 5.2, "minutes": 31},
    "shoe": {"shoe": "blue", "model": "Blue 3", "drop_mm": 8, "start_km": 640, "pods": ["A1"]},
    "share": {"item": "shoes", "on": True},
    "session_shoe": {"session": "2026-11-26T12-00-00-me", "shoe": "blue"},
}
"""An entry of every kind that does not stop the plan."""
ONE, TWO = "2026-11-24T12-00-00-me", "2026-11-26T12-00-00-me"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two coached sessions over a radio that loses packets, each with a lap, a pain and a remark.

    They are just long enough that every list of a review holds something.
    """
    folder = tmp_path_factory.mktemp("described")
    recording = recording_of_run(drifting_bouts(90.0), RadioModel(loss=0.02))
    recording = dataclasses.replace(recording, settings=coached_settings(recording.settings))
    with Store(folder / DATABASE) as store:
        for day in (0, 2):
            info = import_recording(store, folder, recording, "me", NOON + datetime.timedelta(days=day))
            store.add_note(info.id, "lap", "", t_s=45.0)
            store.add_note(info.id, "pain", "left calf", value=2.0)
            store.add_note(info.id, "remark", "the file ends early")
    return folder


@pytest.fixture
def client(folder: Path) -> TestClient:
    """A client of the service, whose live page shows the last session."""
    state = LiveState()
    with Store(folder / DATABASE) as store:
        newest = store.sessions()[0].id
        state.push([*store.gaps(newest), *store.events(newest)])
    keeper = PlanKeeper(folder, "me", PlanSettings(sex="woman", born_year=1974))
    if not keeper.log.lines():
        keeper.add(*(new_entry(kind, fields, RUNNER_NOW) for kind, fields in WRITTEN.items()))
    coach = CoachSettings(today=TodaysLimits(most_km=5.0))
    run = Session(SessionSettings(coach=coach))
    run.push(
        wish_packet(1.0, INTERVALS, b'{"repeats": 2, "work_s": 60, "easy_s": 30, "pace_s_per_km": 280}'),
        wish_packet(70.0, PAUSE),
    )
    client = page_client(folder, LiveFeed(state, SystemClock(), run=run), plan=keeper)
    client.app.state.runner_now = lambda: RUNNER_NOW  # type: ignore[attr-defined]
    return client


@pytest.fixture
def description(client: TestClient) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return described


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def models_of(schema: Any, components: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """All models by name that a schema refers to, directly or through others."""
    if isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in found:
            found[name] = components[name]
            models_of(components[name], components, found)
        for part in schema.values():
            models_of(part, components, found)
    if isinstance(schema, list):
        for part in schema:
            models_of(part, components, found)
    return found


def lacking(name: str, model: dict[str, Any]) -> list[str]:
    """What a model does not say about itself and its fields."""
    out = [] if model.get("description") else [f"{name}: no description"]
    if "properties" not in model and "items" not in model and "additionalProperties" not in model:
        out.append(f"{name}: no fields")
    for field, schema in model.get("properties", {}).items():
        if len(schema.get("description", "").split()) < 1:
            out.append(f"{name}.{field}: no description")
        if holds_numbers(schema) and not schema.get("x-unit"):
            out.append(f"{name}.{field}: no unit")
    return out


def test_every_route_is_in_the_description(description: dict[str, Any]) -> None:
    described = {(method, path) for method, path, _ in operations(description)}
    assert described == {(method, f"/api/v1{path}") for method, path in ROUTES}


def test_every_route_says_what_it_does_takes_and_refuses(description: dict[str, Any]) -> None:
    for method, path, operation in operations(description):
        assert len(operation["summary"]) > 10, path
        assert operation["tags"], path
        assert "401" in operation["responses"], path
        assert ("404" in operation["responses"]) or "{id}" not in path, path
        assert {"403", "421", "429"} <= operation["responses"].keys(), path
        assert ("413" in operation["responses"]) == (method != "GET"), path
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (path, parameter["name"])
        if method in ("POST", "PUT", "PATCH") and path.rsplit("/", 1)[1] not in ("reanalyse", "renew"):
            assert operation["requestBody"]["content"], path


def test_every_route_says_how_its_token_is_brought(description: dict[str, Any]) -> None:
    schemes = description["components"]["securitySchemes"]
    assert {(s["type"], s.get("scheme"), s.get("name")) for s in schemes.values()} == {
        ("http", "bearer", None),
        ("apiKey", None, "gaitcue"),
    }
    assert all(scheme["description"] for scheme in schemes.values())
    for _, path, operation in operations(description):
        assert {name for choice in operation["security"] for name in choice} == schemes.keys(), path


def test_every_answer_is_described_to_its_last_field(description: dict[str, Any]) -> None:
    components = description["components"]["schemas"]
    missing = list[str]()
    for method, path, operation in operations(description):
        for status, response in operation["responses"].items():
            assert response["description"] not in ("", "Successful Response"), (method, path, status)
            ((media_type, content),) = response["content"].items()
            if status == "200" and path.removeprefix("/api/v1") in FILES:
                assert media_type != "application/json", path
                assert content["schema"] == {"type": "string"}, path
                continue
            assert media_type == "application/json", (method, path, status)
            models = models_of(content["schema"], components, {})
            assert models, f"{method} {path} {status} has no model"
            missing += [line for name, model in models.items() for line in lacking(name, model)]
    assert not missing


def test_what_is_sent_is_described_to_its_last_field(description: dict[str, Any]) -> None:
    components = description["components"]["schemas"]
    for _, path, operation in operations(description):
        for content in operation.get("requestBody", {"content": {}})["content"].values():
            for model in models_of(content["schema"], components, {}).values():
                assert all(field.get("description") for field in model["properties"].values()), path


def wrongly_filled(schema: Any, components: dict[str, Any]) -> Iterator[tuple[list[str], Any]]:
    """Every field of a body, also deeper in it: the way to it, and a body with another type there."""
    wrong = {"number": (True, "1"), "integer": (True, "1"), "boolean": (0, "true"), "string": (1, True)}
    if name := str(schema.get("$ref", "")).rpartition("/")[2]:
        schema = components[name]
    for field, about in schema.get("properties", {}).items():
        for choice in about.get("anyOf", [about]):
            for value in wrong.get(choice.get("type"), ()):
                yield [field], {field: value}
            for way, value in wrongly_filled(choice, components):
                yield [field, *way], {field: value}


def test_what_is_sent_must_be_of_the_described_type(
    client: TestClient, description: dict[str, Any]
) -> None:
    """A tick is not a number and a number not a tick, whatever Python takes them for."""
    components, tried = description["components"]["schemas"], 0
    for method, path, operation in operations(description):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for way, body in wrongly_filled(content.get("schema", {}), components):
            answer = client.request(method, path.format(id=TWO, note=1), json=body)
            assert answer.status_code == 422, (path, body)
            assert any(d["loc"] == ["body", *way] for d in answer.json()["detail"]), (path, body)
            tried += 1
    assert tried > 20


@pytest.mark.parametrize("body", [b'{"text": "\xe4"}', b"\x80"])
def test_a_body_that_is_no_text_is_refused_as_described(client: TestClient, body: bytes) -> None:
    sent = {"content": body, "headers": {"content-type": "application/json", "accept-language": "de"}}
    answer = client.post(f"/api/v1/sessions/{ONE}/notes", **sent)
    assert answer.status_code == 422
    assert RefusalJson.model_validate_json(answer.text).detail == "Die Anfrage enthält kein lesbares JSON."


def test_a_method_that_is_not_there_is_told_all_that_are(
    client: TestClient, description: dict[str, Any]
) -> None:
    for path, methods in description["paths"].items():
        answer = client.request("OPTIONS", path.format(id=TWO, note=1, format="fit", name="x.fit"))
        assert answer.status_code == 405, path
        assert set(answer.headers["allow"].split(", ")) == {m.upper() for m in methods}, path


def test_a_field_without_words_or_unit_is_found() -> None:
    class Poor(ApiModel):
        """A model that lacks something."""

        cadence: float
        speed_mps: float
        name: str

    assert lacking("Poor", Poor.model_json_schema()) == [
        "Poor.cadence: no description",
        "Poor.cadence: no unit",
        "Poor.speed_mps: no description",
        "Poor.name: no description",
    ]


# ------------------------------------------------------------------------------- what really comes


def check(route: ApiRoute, text: str, value: Any) -> None:
    """An answer fits its model, and holds nothing that the model does not describe."""
    assert issubclass(route.answer, ApiModel | ApiList)
    read = route.answer.model_validate_json(text, strict=True)
    assert read.model_dump(mode="json", by_alias=True, exclude_unset=True) == value, route.path


@pytest.mark.parametrize("path", READ)
def test_what_is_read_is_as_described(client: TestClient, path: str) -> None:
    query = f"?session={ONE}&session={TWO}" if path == "/compare" else ""
    answer = client.get(f"/api/v1{path.format(id=TWO)}{query}")
    assert answer.status_code == 200
    assert answer.json()
    check(ROUTES["GET", path], answer.text, answer.json())


CHANGED: list[tuple[str, str, dict[str, Any]]] = [
    ("PATCH", "/sessions/{id}", {"json": {"title": "Sunday", "tags": ["shoe=x"]}}),
    ("POST", "/sessions/{id}/notes", {"json": {"text": "calf", "pain": 4, "t_s": 3}}),
    ("DELETE", "/sessions/{id}/notes/{note}", {}),
    ("POST", "/sessions/{id}/reanalyse", {}),
    ("GET", "/sessions/{id}/review", {}),
    ("POST", "/sessions/{id}/split", {"json": {"at_s": 45}}),
    ("POST", "/merge", {"json": {"sessions": [f"{ONE}-1", f"{ONE}-2"]}}),
    ("DELETE", "/sessions/{id}", {"params": {"really": f"{ONE}-1-joined"}}),
]


def test_what_is_changed_is_as_described(folder: Path, tmp_path: Path) -> None:
    """One session after another change, the last of which deletes what they made of it."""
    with Store(copy_store(folder, tmp_path) / DATABASE) as store:
        note = store.notes(ONE)[0].id
    wishes = RunnerWishes(lambda: 0.0)
    wishes.open(lambda packet: None)
    feed = LiveFeed(LiveState(), SystemClock(), controls=wishes)
    client = page_client(tmp_path, feed, plan=PlanKeeper(tmp_path, "me"))
    fit = client.get(f"/api/v1/sessions/{ONE}/export/fit").content
    code = PairedDevices(tmp_path).make_code("tablet", AccessRole.COACH, None)
    others: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/log", {"json": {"kind": "flag", "fields": {"flag": "calf_hot"}}}),
        ("POST", "/plan/sharing", {"json": {"items": ["pain"], "on": True}}),
        ("PUT", "/import/{name}", {"content": fit}),
        ("POST", "/pair", {"json": {"code": code}}),
        ("POST", "/run", {"json": {"do": "pause"}}),
    ]
    for method, path, sent in [*CHANGED, *others]:
        session = sent.get("params", {}).get("really", ONE)
        answer = client.request(
            method, f"/api/v1{path.format(id=session, note=note, name='mine.fit')}", **sent
        )
        assert answer.status_code == 200, (path, answer.text)
        check(ROUTES[method, path], answer.text, answer.json())


def test_every_route_was_asked() -> None:
    asked = {("GET", path) for path in (*READ, *FILES)} | {(method, path) for method, path, _ in CHANGED}
    assert (
        asked
        | {("PUT", "/import/{name}"), ("POST", "/pair"), ("POST", "/pair/renew"), ("POST", "/log")}
        | {("POST", "/plan/sharing"), ("POST", "/run"), ("POST", "/live/line")}
        == ROUTES.keys()
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sessions/nobody", 404),
        ("GET", "/compare", 422),
        ("GET", f"/compare?session={ONE}", 422),
        ("GET", "/trends?weeks=0", 422),
        ("DELETE", f"/sessions/{ONE}", 422),
        ("GET", "/plan?day=2025-01-01", 404),
        ("GET", "/plan?day=today", 422),
    ],
)
def test_a_refusal_is_as_described(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, f"/api/v1{path}")
    assert answer.status_code == status
    RefusalJson.model_validate_json(answer.text)


def test_an_answer_that_lacks_a_field_or_has_one_too_many_is_found(client: TestClient) -> None:
    """That ``check`` can fail, also deep inside."""
    value = client.get(f"/api/v1/sessions/{TWO}/review").json()
    mean = value["legs"][0]["left"]
    half = mean.pop("ci")
    with pytest.raises(ValidationError, match="ci"):
        check(ROUTES["GET", "/sessions/{id}/review"], json.dumps(value), value)
    mean |= {"ci": half, "another": 1}
    with pytest.raises(AssertionError):
        check(ROUTES["GET", "/sessions/{id}/review"], json.dumps(value), value)


def model_fields(model: type[ApiModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def stored_fields(cls: type) -> set[str]:
    """The keys of a dataclass in JSON."""
    return {f.metadata.get("stored", f.name) for f in dataclasses.fields(cls) if f.init}


@pytest.mark.parametrize("kind", sorted(RECORD_KINDS.keys() - {"step", "metric"}))
def test_the_model_of_a_record_has_its_fields(kind: str) -> None:
    cls = RECORD_KINDS[kind]
    model: type[ApiModel] = getattr(records, f"{cls.__name__}Json")
    assert model_fields(model) == stored_fields(cls) | {"kind"}


@pytest.mark.parametrize(
    ("cls", "model"),
    [
        (Runner, sessions.RunnerJson),
        (SensorSettings, sessions.SensorSettingsJson),
        (CueSettings, sessions.CueSettingsJson),
        (CoachSettings, sessions.CoachSettingsJson),
        (TodaysLimits, sessions.TodaysLimitsJson),
        (LapSettings, sessions.LapSettingsJson),
        (UsedAllowance, live.UsedAllowanceJson),
        (EndedLap, live.LapJson),
        (IntervalPart, live.IntervalPartJson),
        (IntervalPlan, live.IntervalsJson),
        (SessionSettings, sessions.SessionSettingsJson),
        (Note, sessions.NoteJson),
        (NumberChange, sessions.NumberChangeJson),
        (Reanalysis, sessions.ReanalysisJson),
        (feedback_text.SourcedText, review.SourcedTextJson),
        (feedback_text.Feedback, review.FeedbackJson),
        (time_in_band.InBand, review.InBandJson),
        (cue_outcomes.Interval, review.IntervalJson),
        (cue_outcomes.Response, review.ResponseJson),
        (cue_outcomes.Effect, review.EffectJson),
        (cue_outcomes.CoachedRun, review.CoachedRunJson),
        (Legs, review.LegsJson),
        (FootThird, review.FootThirdJson),
        (FootPath, review.FootPathJson),
        (splits.Split, review.SplitJson),
        (splits.Change, review.ChangeJson),
        (PreviousRunsComparison, review.PreviousRunsJson),
        (BaselineChange, review.BaselineChangeJson),
        (downhill.Downhill, review.DownhillJson),
        (offline_comparison.OfflineRow, review.OfflineRowJson),
        (offline_comparison.OfflineComparison, review.OfflineJson),
        (PlanDay, plan.PlanDayJson),
        (plan_day.Allowance, plan.AllowanceJson),
        (plan_day.WeekLeft, plan.WeekLeftJson),
        (plan_day.Reason, plan.ReasonJson),
        (plan_day.Checkpoint, plan.CheckpointJson),
        (plan_day.Stressor, plan.StressorJson),
        (plan_day.StopAnswer, plan.StopAnswerJson),
        (plan_day.PhaseChange, plan.PhaseChangeJson),
        (plan_day.Question, plan.QuestionJson),
        (ShoeUse, plan.ShoeUseJson),
        (strength_today.StrengthToday, plan.StrengthJson),
        (strength_today.StrengthItem, plan.StrengthItemJson),
        (strength_today.LiftedLoad, plan.LiftedLoadJson),
        (Adherence, plan.AdherenceJson),
        (WeekScore, plan.WeekScoreJson),
        (StoredDecision, plan.StoredDecisionJson),
        *((cls, getattr(log_entries, f"{cls.__name__}Json")) for cls in ENTRY_KINDS.values()),
        (Gap, records.GapJson),
        (Cue, live.LiveCueJson),
        (SessionInfo, sessions.SessionJson),
    ],
)
def test_a_model_has_the_fields_of_what_it_describes(cls: type, model: type[ApiModel]) -> None:
    """Also where a short session does not show them all."""
    more = {"n", "tape_bytes", "started_local", "kind"} & model_fields(model)
    less = {"tape", "settings"} if cls is SessionInfo else set[str]()
    assert model_fields(model) - more == stored_fields(cls) - less - more
