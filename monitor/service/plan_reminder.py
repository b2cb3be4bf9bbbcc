"""One push a morning, at the runner's hour: that a question waits, and the link to it.

A timer asks often; at most one push a day is sent, from the hour of the settings on and for a few hours,
never in the quiet hours, and only while a question is due.  The message has no word in it of how the
runner is, as a phone shows it while it is locked; nor can it be answered there, as the answer would have.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from monitor.core.errors import MonitorError
from monitor.core.message_catalogues import catalogue
from monitor.core.user_language import user_language, user_text
from monitor.review.training_plan import TrainingPlan
from monitor.service.config import Config, data_folder
from monitor.service.push_channels import PushChannel, push_channels
from monitor.sinks.push.alerts import Alert
from monitor.storage.runner_log import RunnerLog, reminder_log_path
from monitor.web.app import page_address

_HOURS = datetime.timedelta(hours=5)  # after that it is no question of the morning
_ASKED_IN_THE_MORNING = ("morning", "weekly")


@dataclass(frozen=True, slots=True)
class Reminder:
    """A ``Reminder`` is a question that waits: its kind, and the text that says so."""

    kind: str
    text: str


def due_reminder(
    plan: TrainingPlan, config: Config, now: datetime.datetime, reminded: bool
) -> Reminder | None:
    """Return what to remind the runner of at ``now``, None if it is not the time or nothing is due.

    ``reminded``: the runner was reminded today already.
    """
    if reminded or config.plan.morning_at is None or config.alerts.is_quiet(now.time()):
        return None
    begin = now.replace(
        hour=int(config.plan.morning_at[:2]),
        minute=int(config.plan.morning_at[3:]),
        second=0,
        microsecond=0,
    )
    if not begin <= now < begin + _HOURS:
        return None
    due = {question.kind for question in plan.now.questions}
    kind = next((kind for kind in _ASKED_IN_THE_MORNING if kind in due), None)
    if kind is None:
        return None
    return Reminder(kind, catalogue(config.alerts.language).text(f"plan.remind.{kind}"))


def send_reminder(
    plan: TrainingPlan, config: Config, now: datetime.datetime, report: Callable[[str], None]
) -> bool:
    """Send the reminder that is due at ``now``, if any, and ``report`` lines about it; False if all failed.

    It is remembered before it is sent, as two are worse than none; where every service failed it is due
    again.  Without a service the line is all.  ``StoreError`` if it cannot be remembered, ``ConfigError``
    if a service needs what is not installed.
    """
    log = RunnerLog(reminder_log_path(data_folder(config), plan.athlete))
    today = now.date().isoformat()
    sent = [line.get("sent") for line in log.lines() if line.get("day") == today]
    reminder = due_reminder(plan, config, now, reminded=bool(sent) and sent[-1] is True)
    if reminder is None:
        return True
    link = question_link(config)
    alert = Alert(reminder.kind, 0.0, config.alerts.valid_s, "gaitcue", reminder.text, link=link)
    channels = push_channels(config, alert)
    log.add({"day": today, "question": reminder.kind, "sent": True})
    report(reminder.text)
    taken = asyncio.run(_send(channels, report))
    if not taken:
        log.add({"day": today, "question": reminder.kind, "sent": False})
    return taken


async def _send(channels: Sequence[PushChannel], report: Callable[[str], None]) -> bool:
    taken = not channels
    for name, send in channels:
        try:
            await send()
        except MonitorError as exc:
            report(user_text("say.notify.failed", name=name, why=exc.text_in(user_language())))
        else:
            taken = True
    return taken


def question_link(config: Config) -> str:
    """Return the address of the page with the question, without its token; empty where no phone gets there.

    A browser that was let in once is known to the page.
    """
    if config.web.loopback or not config.web.port:
        return ""
    return f"{page_address(config.web, config.web.port, None)}plan"
