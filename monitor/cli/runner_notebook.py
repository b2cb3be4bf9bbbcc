"""The runner's log and plan as commands open them, and what they say after something was written down."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.cli.options import resolve_session
from monitor.cli.share import send_shared_days
from monitor.core.errors import ConfigError, InputError
from monitor.core.local_time import local_start
from monitor.core.message_catalogues import Catalogue, UserMessage, catalogue
from monitor.core.user_language import user_language
from monitor.review.entry_text import entry_kind_text, entry_text
from monitor.review.training_plan import PlanKeeper, TrainingPlan, new_entry
from monitor.service.config import Config, load_config
from monitor.service.runner_plan import plan_keeper, runner_now
from monitor.service.session_store import open_store
from monitor.storage.store import Store
from monitor.training.entries import Entry, ManualRunEntry, entries_of
from monitor.training.plan_day import PlanDay, Reason
from monitor.training.plan_runs import PlanRun


@dataclass(frozen=True)
class Notebook:
    """A ``Notebook`` is the log of the settings' runner with the store of the runs, open for a command."""

    config: Config
    store: Store
    keeper: PlanKeeper

    def plan(self) -> TrainingPlan:
        """Return the plan as it is now, and keep what it decides today if there is anything in the log."""
        plan = self.keeper.load(self.store, runner_now())
        if plan.entries:
            self.keeper.keep_decision(plan)
        return plan

    def write(self, entry: Entry, about: Entry | None = None) -> None:
        """Add an entry, say what was noted, and what today allows with it.

        ``about`` is the entry that it takes back.  What begins or ends to be shared by it is sent, or
        deleted at the server, at once.
        """
        shared = self.keeper.load_shared_items(runner_now().date())
        self.keeper.add(entry)
        plan, messages = self.plan(), user_catalogue()
        print(noted_text(entry if about is None else about, plan, messages, taken_back=about is not None))
        print_today(plan.now, messages)
        if plan.shared_items != shared:
            send_shared_days(self.config, always=True)


@contextlib.contextmanager
def open_notebook(settings_file: Path | None) -> Iterator[Notebook]:
    """Open the log that the settings name, and the store beside it."""
    config = load_config(settings_file)
    with open_store(config) as store:
        yield Notebook(config, store, plan_keeper(config))


def noted_text(entry: Entry, plan: TrainingPlan, messages: Catalogue, *, taken_back: bool = False) -> str:
    """Return the line that says that an entry is in the log now, or no longer counts."""
    kind, text = entry_kind_text(entry, messages), entry_text(entry, messages, run_days(plan))
    key = "say.log.taken_back" if taken_back else "say.log.noted"
    what = messages.text("say.log.kind_text", kind=kind, text=text) if text else kind
    return messages.text(key, day=entry.day.isoformat(), what=what)


def run_days(plan: TrainingPlan) -> Mapping[str, datetime.date]:
    """Return the day of every run that the plan knows, by its session."""
    return {run.session: run.day for run in plan.current_runs}


def print_today(decided: PlanDay, messages: Catalogue) -> None:
    """Print the sentence of today with its evidence; the answer to a red flag instead, where one stands."""
    if decided.allowance is None and decided.stop is None:
        print(messages.text("say.plan.none"))
        return
    print(graded_text(decided.reasons[0], messages))


def graded_text(reason: Reason, messages: Catalogue) -> str:
    """Return a reason as a sentence with the grade of its evidence."""
    return messages.text("say.plan.graded", text=messages.render(reason.message), grade=reason.grade)


def entry_of_options(kind: str, fields: Mapping[str, Any], day: datetime.date | None = None) -> Entry:
    """Return a new entry of what a command was told; what was not said is left out.

    ``InputError`` with what is wrong.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    if day is not None:
        given["day"] = day.isoformat()
    for name, value in given.items():
        if isinstance(value, datetime.date):
            given[name] = value.isoformat()
    return new_entry(kind, given, runner_now())


def day_of_option(text: str | None) -> datetime.date | None:
    """Return the day that an option names (``2026-11-24``, ``today``, ``yesterday``), None if none does.

    ``ConfigError`` for what is no day.
    """
    today = runner_now().date()
    words = {"today": today, "yesterday": today - datetime.timedelta(days=1)}
    if text is None or text in words:
        return None if text is None else words[text]
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as exc:
        raise ConfigError("error.no_day", text=text) from exc


def resolve_run(notebook: Notebook, plan: TrainingPlan, session: str | None) -> tuple[str, datetime.date]:
    """Return the session of a run and its day: the newest one, or the one that is meant.

    A run that was written down is found by its id, or by its day if there is no other on it.
    ``InputError`` if there is none, or if it is another runner's.
    """
    if session is None or session == "last":
        runs = plan.current_runs
        if not runs:
            raise InputError("error.log.no_run")
        return runs[-1].session, runs[-1].day
    if (written := _written_run(plan, session)) is not None:
        return written.id, written.day
    info = notebook.store.session(resolve_session(notebook.store, session))
    if info.athlete != notebook.keeper.athlete:
        raise InputError("error.log.others_run", session=info.id, athlete=info.athlete)
    return info.id, local_start(info.started_utc, info.utc_offset_s).date()


def _written_run(plan: TrainingPlan, session: str) -> ManualRunEntry | None:
    """The run without sensors that is meant by its id, its beginning, or by a day with no other run."""
    written = entries_of(ManualRunEntry, plan.standing)
    if re.fullmatch(r"\d{1,3}", session):
        return None
    with contextlib.suppress(ConfigError):
        day = day_of_option(session)
        of_day = [run for run in plan.current_runs if run.day == day]
        return next((e for e in written if len(of_day) == 1 and e.id == of_day[0].session), None)
    fitting = [e for e in written if e.id.startswith(session)]
    return fitting[0] if len(fitting) == 1 else None


def run_name(run: PlanRun) -> UserMessage:
    """Return a run as part of a sentence: its day, and how long it was as far as that is known."""
    day = run.day.isoformat()
    if run.km is not None:
        return UserMessage("say.plan.run_km", {"day": day, "km": run.km})
    if run.minutes is not None:
        return UserMessage("say.plan.run_minutes", {"day": day, "minutes": run.minutes})
    return UserMessage("say.plan.run", {"day": day})


def user_catalogue() -> Catalogue:
    """Return the catalogue of the language in which the program speaks to its user."""
    return catalogue(user_language())
