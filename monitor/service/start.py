"""A live run on the configured sensors: what is wrong is reported before anything is started."""

from __future__ import annotations

import asyncio
import datetime
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dsp.cueing.target import increase_at_step
from monitor.core.errors import ConfigError, StoreError
from monitor.core.http_access import WebSettings
from monitor.core.message_catalogues import catalogue
from monitor.core.monotonic import SystemClock
from monitor.core.session_settings import IntervalPlan, SessionSettings, TodaysLimits
from monitor.core.settings_path import default_path
from monitor.devices.registry import DEVICES
from monitor.review import cadence_plan
from monitor.review.training_plan import TrainingPlan
from monitor.service.config import Config, data_folder, load_config, setup_words
from monitor.service.live_session import LiveOptions, result_console, run_session
from monitor.service.runner_plan import own_tables_folder, plan_tables, runner_now, todays_plan
from monitor.service.session_store import open_store
from monitor.service.todays_limits import todays_limits
from monitor.service.wiring import configured_sources
from monitor.storage.plan_file import Plan, plan_path, read_plan, write_plan
from monitor.storage.store import Store
from monitor.training.cadence_steps import StepChange, coach_settings, next_step, step_worth_it
from monitor.training.planned_intervals import planned_intervals

_log = logging.getLogger(__name__)


def run_live(
    config: Config,
    title: str,
    web: WebSettings | None = None,
    tape: Path | None = None,
    *,
    wait: bool = False,
) -> None:
    """Run on the configured sensors until Ctrl-C, coached by the plan of today, and keep it as a session.

    A run that is ended on the page may be followed by another.  With ``wait`` each begins as a pause that
    the page ends.  With ``tape`` nothing but that tape is written, and nobody is coached.
    """
    runs = 1
    while runs:
        runs -= 1

        def count_run() -> None:
            nonlocal runs
            runs += 1

        today = TodaysRun(config.session) if tape is not None else todays_run(config)
        live = LiveOptions(
            title=title,
            settings=today.settings,
            intervals=today.intervals,
            sources=lambda time: configured_sources(config, time),
            web=web,
            tape=tape,
            summary=True,
            origin="sensors",
            wait=wait,
            new_run=None if tape is not None else count_run,
        )
        run_session(config, live, result_console())


@dataclass(frozen=True, slots=True)
class TodaysRun:
    """The settings of a run that begins now, and by their origin the intervals that the page offers."""

    settings: SessionSettings
    intervals: Mapping[str, Sequence[IntervalPlan]] = field(default_factory=dict)


def todays_run(config: Config) -> TodaysRun:
    """Return the session's settings with today's coaching, after the plan has learned from earlier runs.

    The plan file is written where something was learned; which sessions is logged.  Where the plan of
    return cannot be read nobody knows what today allows: then there are no cues, which is logged.
    """
    path = plan_path(data_folder(config), config.athlete)
    before = read_plan(path)
    with open_store(config) as store:
        plan = cadence_plan.catch_up(
            before, store, config.athlete, lambda i: _log.info("learning from %s", i.id)
        )
        training = _readable_plan(config, store)
    if plan != before:
        write_plan(path, plan)
    step = _todays_step(config, plan, training)
    coach = coach_settings(plan, config.coach, step, secrets.randbits(32))
    limits = TodaysLimits(form_cues=False) if training is None else todays_limits(config, training)
    share = 100 * increase_at_step(step.step, config.target)
    _log.info(
        "target: own cadence %+.1f %%: %s", share, catalogue("en").text(f"training.step.{step.reason}")
    )
    planned = () if training is None else planned_intervals(training.now, training.tables.ladders.walk_run)
    settings = replace(config.session, coach=replace(coach, today=limits))
    return TodaysRun(settings, {"plan": planned, "settings": config.intervals})


def _readable_plan(config: Config, store: Store) -> TrainingPlan | None:
    try:
        return todays_plan(config, store)
    except StoreError as exc:
        _log.error("the plan cannot be read, so there are no cues today: %s", exc)
        return None


def _todays_step(config: Config, plan: Plan, training: TrainingPlan | None) -> StepChange:
    """The step of today's target: by the plan of return if one runs, else by the pains that were noted."""
    runner, today = config.session.runner, runner_now().date()
    if training is None or training.now.cadence_step is None:
        tables = plan_tables(own_tables_folder())
        return next_step(plan, runner, config.target, today, tables)
    now = StepChange(today, training.now.cadence_step, training.now.cadence_reason)
    return step_worth_it(now, plan, runner, config.target)


def ready_config(path: Path | None) -> Config:
    """Return the settings if there is something to run on; else the error says what to do.

    ``ConfigError`` without sensors, ``BluetoothOff`` without the Bluetooth that they need.
    """
    config = load_config(path)
    if not config.sensor:
        raise ConfigError("error.no_sensors", path=path or default_path(), command=setup_words(path))
    if not configured_sources(config, SystemClock()):
        kinds = ", ".join(sorted({s.kind for s in config.sensor}))
        raise ConfigError("error.not_live", kinds=kinds)
    if config.bluetooth.radio == "machine" and any(DEVICES[s.kind].gatt for s in config.sensor):
        from monitor.sources.bluetooth.scanner import check_adapters

        asyncio.run(check_adapters(config.bluetooth, SystemClock()))
    return config


def new_tape_path(path: Path) -> Path:
    """Return ``path`` if a new tape can be written there; ``ConfigError`` with the reason otherwise."""
    if path.suffix != ".tape":
        raise ConfigError("error.tape_name", path=path, name=path.name)
    if path.exists():
        raise ConfigError("error.tape_there", path=path)
    if not path.parent.is_dir():
        raise ConfigError("error.no_folder", path=path, parent=path.parent)
    return path


def tape_named_by_date() -> Path:
    """Return the name of a tape begun now in the current folder, in local time: 2026-03-01-183012.tape."""
    return Path(f"{datetime.datetime.now():%Y-%m-%d-%H%M%S}.tape")
