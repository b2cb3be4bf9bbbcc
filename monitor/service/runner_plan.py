"""The plan of the settings' runner, by the own tables beside the settings where there are any."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

from monitor.core.errors import ConfigError
from monitor.core.settings_path import athlete_file, default_path
from monitor.review.training_plan import PlanKeeper, TrainingPlan
from monitor.service.config import Config, data_folder, load_config
from monitor.storage.store import Store
from monitor.training.table_files import read_tables, shipped_tables
from monitor.training.tables import Tables


def plan_keeper(config: Config) -> PlanKeeper:
    """Return the log and plan of the settings' runner; ``ConfigError`` if an own table is wrong."""
    return PlanKeeper(data_folder(config), config.athlete, config.plan, plan_tables(own_tables_folder()))


def log_keeper(config: Config) -> PlanKeeper:
    """Return the same for what must not wait until a table is corrected.

    That is the answer to a warning sign, what is shared no longer, export and deletion: where an own table
    is wrong, the tables are ours.
    """
    try:
        return plan_keeper(config)
    except ConfigError:
        return PlanKeeper(data_folder(config), config.athlete, config.plan)


def config_of_athlete(config: Config, athlete: str | None) -> Config:
    """Return the settings with the runner who is meant, and ``[plan]`` of a file of that name, if any."""
    if athlete is None or athlete == config.athlete:
        return config
    path = athlete_file(athlete)
    plan = load_config(path).plan if path.exists() else type(config.plan)()
    return replace(config, athlete=athlete, plan=plan)


def runner_now() -> datetime.datetime:
    """Return the time of now with the offset of this machine, which is the runner's at home."""
    return datetime.datetime.now().astimezone()


def todays_plan(config: Config, store: Store) -> TrainingPlan:
    """Return the plan of the settings' runner as it is now, and keep what it decides today."""
    keeper = plan_keeper(config)
    plan = keeper.load(store, runner_now())
    if plan.entries:
        keeper.keep_decision(plan)
    return plan


def own_tables_folder() -> Path:
    """Return the folder of the runner's own tables: ``plan`` beside the usual settings file."""
    return default_path().with_name("plan")


def plan_tables(folder: Path) -> Tables:
    """Return the tables, those of ``folder`` in the place of ours.

    ``ConfigError`` if one is wrong, with every mistake, its place and what to do about it.
    """
    own = {path.stem: _table_text(path) for path in sorted(folder.glob("*.toml"))}
    return read_tables(own, folder) if own else shipped_tables()


def _table_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError("error.plan_table_unreadable", path=path, error=exc) from exc
