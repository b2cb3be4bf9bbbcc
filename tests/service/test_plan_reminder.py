"""The reminder of a morning: once a day, at the runner's hour, and nothing in it of how the runner is."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.errors import SinkError
from monitor.core.http_access import WebSettings
from monitor.review.training_plan import TrainingPlan
from monitor.service import plan_reminder
from monitor.service.config import Config, StoreSettings
from monitor.service.plan_reminder import due_reminder, question_link, send_reminder
from monitor.sinks.push.alerts import Alert, AlertSettings
from monitor.training.plan_settings import PlanSettings
from tests.review.plan_days import plan_of
from tests.training.diary import Diary, calm_then_rebuild, date

HEALTH = "pain|schmerz|knee|knie|swell|schwell|run|lauf|morning pain|hurt|weh"


def config(folder: Path, **others: object) -> Config:
    made = Config(plan=PlanSettings(morning_at="07:00"), store=StoreSettings(folder=folder))
    return replace(made, **others)  # type: ignore[arg-type]


def at(clock: str, day: int = 8) -> datetime.datetime:
    time = datetime.time.fromisoformat(clock)
    return datetime.datetime.combine(date(day), time, datetime.timezone(datetime.timedelta(hours=1)))


def waiting(day: int = 8) -> TrainingPlan:
    """A plan whose question of this morning is not answered."""
    return plan_of(calm_then_rebuild(), day)


@pytest.fixture
def pushes(monkeypatch: pytest.MonkeyPatch) -> list[Alert]:
    sent: list[Alert] = []

    def channels(_: Config, alert: Alert) -> list[object]:
        async def send() -> None:
            sent.append(alert)

        return [("ntfy", send)]

    monkeypatch.setattr(plan_reminder, "push_channels", channels)
    return sent


@pytest.mark.parametrize(
    ("clock", "reminds"),
    [("06:59", False), ("07:00", True), ("11:59", True), ("12:00", False), ("23:00", False)],
)
def test_it_reminds_from_the_runners_hour_on_for_a_morning(
    tmp_path: Path, clock: str, reminds: bool
) -> None:
    assert (due_reminder(waiting(), config(tmp_path), at(clock), False) is not None) == reminds


def test_without_an_hour_or_in_quiet_hours_nobody_is_woken(tmp_path: Path) -> None:
    assert due_reminder(waiting(), config(tmp_path, plan=PlanSettings()), at("07:30"), False) is None
    quiet = AlertSettings(language="en", quiet_from="22:00", quiet_to="08:00")
    assert due_reminder(waiting(), config(tmp_path, alerts=quiet), at("07:30"), False) is None
    assert due_reminder(waiting(), config(tmp_path, alerts=quiet), at("08:00"), False) is not None


def test_only_what_is_due_is_asked(tmp_path: Path) -> None:
    answered = calm_then_rebuild()
    answered.morning(8)
    assert due_reminder(plan_of(answered, 8), config(tmp_path), at("07:30"), False) is None
    assert due_reminder(plan_of(Diary(), 8), config(tmp_path), at("07:30"), False) is None
    stopped = calm_then_rebuild()
    stopped.flag(8)
    assert due_reminder(plan_of(stopped, 8), config(tmp_path), at("09:30"), False) is None
    sunday = calm_then_rebuild()
    reminder = due_reminder(plan_of(sunday, 6), config(tmp_path), at("07:30", 6), False)
    assert reminder is not None
    assert reminder.kind == "weekly"  # the morning of day 6 is answered


def test_it_comes_once_a_day_and_again_on_the_next(tmp_path: Path, pushes: list[Alert]) -> None:
    lines: list[str] = []
    settings = config(tmp_path)
    for clock in ("06:45", "07:00", "07:15", "09:00"):
        assert send_reminder(waiting(), settings, at(clock), lines.append)
    assert len(pushes) == len(lines) == 1
    assert send_reminder(waiting(9), settings, at("07:00", 9), lines.append)
    assert len(pushes) == 2


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_locked_phone_shows_no_word_of_health(tmp_path: Path, pushes: list[Alert], language: str) -> None:
    alerts = AlertSettings(language=language)  # type: ignore[arg-type]
    web = WebSettings(host="192.168.1.20", port=8770)
    send_reminder(waiting(), config(tmp_path, alerts=alerts, web=web), at("07:00"), lambda _: None)
    (alert,) = pushes
    assert not re.search(HEALTH, f"{alert.title} {alert.text}", re.IGNORECASE)
    assert alert.link == "http://192.168.1.20:8770/plan"
    assert "token" not in alert.link


def test_there_is_no_link_to_where_no_phone_gets(tmp_path: Path) -> None:
    assert question_link(config(tmp_path)) == ""
    assert question_link(config(tmp_path, web=WebSettings(host="0.0.0.0", port=0))) == ""


def test_what_no_service_took_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, tried, lines = [True], [0], list[str]()

    def channels(_: Config, __: Alert) -> list[object]:
        async def send() -> None:
            tried[0] += 1
            if broken[0]:
                raise SinkError("no network")

        return [("ntfy", send)]

    monkeypatch.setattr(plan_reminder, "push_channels", channels)
    assert not send_reminder(waiting(), config(tmp_path), at("07:00"), lines.append)
    assert "no network" in lines[-1]
    broken[0] = False
    assert send_reminder(waiting(), config(tmp_path), at("07:15"), lines.append)
    assert send_reminder(waiting(), config(tmp_path), at("07:30"), lines.append)
    assert tried == [2]


def test_without_a_service_the_line_is_all_and_comes_once(tmp_path: Path) -> None:
    lines: list[str] = []
    settings = config(tmp_path, alerts=AlertSettings(language="en"))
    for clock in ("07:00", "07:15"):
        assert send_reminder(waiting(), settings, at(clock), lines.append)
    assert lines == ["Your morning question is waiting."]
