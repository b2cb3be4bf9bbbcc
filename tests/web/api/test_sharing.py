"""What a coach sees, over the API: the runner's own switches, and what came of them at the server."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from monitor.core.errors import SinkError
from monitor.core.http_pairing import PairedDevices
from monitor.core.http_roles import AccessRole
from monitor.review.training_plan import PlanKeeper
from monitor.sinks.influx.shared_days import SharingReport
from monitor.storage.sent_days import SentDays, sent_days_path, write_sent_days
from monitor.training.plan_settings import PlanSettings
from monitor.training.sharing import SHARED_ITEMS
from tests.web.clients import page_client

EVENING = datetime.datetime(2026, 11, 24, 20, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
PATH = "/api/v1/plan/sharing"


class Server:
    """A coach's server: what every delivery found shared; it may be away."""

    def __init__(self, keeper: PlanKeeper) -> None:
        self.keeper = keeper
        self.got: list[set[str]] = []
        self.away = False

    def deliver(self) -> SharingReport:
        shared = set(self.keeper.load_shared_items(EVENING.date()))
        path = sent_days_path(self.keeper.folder, self.keeper.athlete)
        if self.away:
            raise SinkError("http://box.local cannot be reached")
        deleted = bool(self.got) and not self.got[-1] <= shared
        self.got.append(shared)
        write_sent_days(path, SentDays(server="http://box.local", items=tuple(shared)))
        return SharingReport(sent=2 if shared else 0, deleted=deleted)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(PlanKeeper(tmp_path, "ann"))


def client_of(server: Server, *, with_server: bool = True) -> TestClient:
    deliver = server.deliver if with_server else None
    client = page_client(server.keeper.folder, plan=server.keeper, deliver=deliver)
    client.app.state.runner_now = lambda: EVENING  # type: ignore[attr-defined]
    return client


def switch(client: TestClient, *items: str, on: bool, **more: Any) -> Any:
    answer = client.post(PATH, json={"items": items, "on": on, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def shared_in(answer: Any) -> set[str]:
    return {item["item"] for item in answer["items"] if item["shared"]}


def test_everything_is_off_and_says_what_a_coach_would_see(server: Server) -> None:
    answer = client_of(server).get(PATH).json()
    assert [item["item"] for item in answer["items"]] == list(SHARED_ITEMS)
    assert shared_in(answer) == set()
    assert all(item["sees"] for item in answer["items"])
    assert "warning signs are never sent" in answer["notes"][0]
    german = client_of(server).get(f"{PATH}?language=de").json()
    assert german["items"][2]["label"] == "Schmerz"
    assert server.got == []


def test_a_switch_is_delivered_at_once_and_withdrawing_deletes(server: Server) -> None:
    client = client_of(server)
    answer = switch(client, "pain", "phase", on=True)
    assert (shared_in(answer), answer["came"]) == ({"pain", "phase"}, ["2 days were sent."])
    answer = switch(client, "pain", on=False)
    assert shared_in(answer) == {"phase"}
    assert answer["came"][0] == "What was sent before was deleted at the server."
    assert server.got == [{"pain", "phase"}, {"phase"}]
    assert shared_in(client.get(PATH).json()) == {"phase"}


def test_an_entry_of_the_log_that_shares_or_withdraws_is_delivered_at_once_too(server: Server) -> None:
    client = client_of(server)

    def write(kind: str, **body: Any) -> Any:
        answer = client.post("/api/v1/log", json={"kind": kind, "fields": {}, **body})
        assert answer.status_code == 200, answer.text
        return answer.json()

    shared = write("share", fields={"item": "pain", "on": True})
    assert "sent" in shared["came"][0]
    assert write("morning", fields={"pain": 1})["came"] == []
    assert server.got == [{"pain"}]
    assert "deleted" in write("withdrawn", replaces=shared["entry"]["id"])["came"][0]
    assert server.got == [{"pain"}, set()]


def test_a_server_that_is_away_is_told_and_the_switch_holds(server: Server) -> None:
    client = client_of(server)
    switch(client, *SHARED_ITEMS, on=True)
    server.away = True
    answer = switch(client, *SHARED_ITEMS, on=False)
    assert shared_in(answer) == set()
    assert "has not been deleted yet: http://box.local cannot be reached" in answer["came"][0]
    assert any("gaitcue stack send tries it now" in note for note in answer["notes"])


def test_without_a_server_nothing_is_sent_and_that_is_said(server: Server) -> None:
    answer = switch(client_of(server, with_server=False), "pain", on=True)
    assert answer["came"] == ["No server is set up, so nothing is sent ([influx] in the settings)."]
    assert server.got == []


def test_under_sixteen_a_guardian_agrees_first(tmp_path: Path) -> None:
    server = Server(PlanKeeper(tmp_path, "kim", PlanSettings(born_year=EVENING.year - 14)))
    client = client_of(server)
    assert client.get(PATH).json()["needs_guardian"]
    refused = client.post(PATH, json={"items": ["pain"], "on": True})
    assert (refused.status_code, "guardian must agree" in refused.json()["detail"]) == (422, True)
    assert server.keeper.log.lines() == []
    assert shared_in(switch(client, "pain", on=True, guardian=True)) == {"pain"}


@pytest.mark.parametrize("body", [{"items": ["flags"], "on": True}, {"items": ["pain"]}, {"on": True}])
def test_other_words_switch_nothing(server: Server, body: dict[str, Any]) -> None:
    assert client_of(server).post(PATH, json=body).status_code == 422
    assert server.got == server.keeper.log.lines() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("role", "athlete"),
    [(AccessRole.READER, "ann"), (AccessRole.COACH, "ann"), (AccessRole.RUNNER, "bob")],
)
def test_nobody_else_sees_or_switches_it(
    server: Server, method: str, role: AccessRole, athlete: str
) -> None:
    client = client_of(server)
    devices: PairedDevices = client.app.state.devices  # type: ignore[attr-defined]
    paired = devices.exchange(devices.make_code("tablet", role, athlete))
    assert paired is not None
    header = {"Authorization": f"Bearer {paired[0]}"}
    answer = client.request(method, PATH, json={"items": ["pain"], "on": True}, headers=header)
    assert answer.status_code == 403
    assert server.got == server.keeper.log.lines() == []
