"""The week of every athlete of one store, from its runs and from what each of them shares."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dsp.metrics import BY_NAME
from monitor.core.errors import InputError
from monitor.core.user_language import user_language
from monitor.review.squad_page import write_squad_page
from monitor.review.squad_week import WEEK_DAYS, AthleteWeek, SensorSilence, shared_fields
from monitor.review.training_plan import PlanKeeper
from monitor.service.config import Config, data_folder
from monitor.service.runner_plan import config_of_athlete, plan_keeper, runner_now
from monitor.sinks.influx.run_rollup import (
    RunRollup,
    RunRollups,
    matched_changes,
    runners_date,
    share_pct,
)
from monitor.storage.session_data import load_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

_BEFORE_WEEKS = 3
_BRAKING, _BALANCE = BY_NAME["braking_impulse_bws"].name, BY_NAME["contact_balance_pct"].name


def write_squad_report(config: Config, store: Store, out: Path | None = None) -> Path:
    """Write the page of everybody in the store, by default into the data folder, and return its path.

    ``InputError`` if nobody has run; ``StoreError`` if it cannot be read or written.
    """
    now = runner_now()
    weeks = list(athlete_weeks(store, lambda name: plan_keeper(config_of_athlete(config, name)), now))
    if not weeks:
        raise InputError("error.report.nobody")
    path = out or data_folder(config) / "reports" / f"squad-{now.date()}.html"
    write_squad_page(weeks, now.date(), path, user_language())
    return path


def athlete_weeks(
    store: Store, keeper_of: Callable[[str], PlanKeeper], now: datetime.datetime
) -> Iterator[AthleteWeek]:
    """Yield the seven days up to ``now`` of everybody who has a session in the store, by name.

    ``keeper_of`` gives an athlete's plan, of which only what is shared is looked at.  ``StoreError`` if the
    store cannot be read.
    """
    sessions: dict[str, list[SessionInfo]] = defaultdict(list)
    for info in store.sessions():
        if info.ended:
            sessions[info.athlete].append(info)
    rollups = RunRollups(store)
    for athlete in sorted(sessions):
        shared = shared_fields(keeper_of(athlete).load_shared_days(store, now))
        measured = _measured_fields(store, rollups, sessions[athlete], now.date())
        yield AthleteWeek(athlete=athlete, **measured, **shared)  # type: ignore[arg-type]


def _measured_fields(
    store: Store, rollups: RunRollups, sessions: Sequence[SessionInfo], today: datetime.date
) -> dict[str, object]:
    """What the runs of the last four weeks say; ``sessions``: the newest first."""
    first = today - datetime.timedelta(days=WEEK_DAYS - 1)
    earliest = first - datetime.timedelta(days=WEEK_DAYS * _BEFORE_WEEKS)
    recent = [rollups.rollup(info.id) for info in sessions if earliest <= runners_date(info) <= today]
    moved = [run for run in recent if run.moving_s]
    week = [run for run in moved if run.day >= first]
    before = [run for run in moved if run.day < first]
    fields: dict[str, object] = {
        "runs": len(week),
        "km": sum(run.km for run in week),
        "km_before": sum(run.km for run in before) / _BEFORE_WEEKS if before else None,
        "in_band_pct": share_pct(
            sum(run.on_in_s + run.off_in_s for run in week), sum(run.on_s + run.off_s for run in week)
        ),
        "silent_pct": tuple(_silent_shares(moved))[:2],
        "silence": _worst_silence(store, week),
    }
    return fields | _changes(rollups, week)


def _silent_shares(runs: Sequence[RunRollup]) -> Iterator[float]:
    for run in runs:
        if (share := share_pct(run.off_in_s, run.off_s)) is not None:
            yield share


def _changes(rollups: RunRollups, week: Sequence[RunRollup]) -> dict[str, object]:
    """How the newest run that can be compared differs from the 28 days before it, for each metric."""
    out: dict[str, object] = {}
    for run in reversed(week):
        earlier = [rollups.rollup(info.id) for info in rollups.runs_before(run.info)]
        found = matched_changes(run, earlier)
        if _BRAKING in found and found[_BRAKING].before:
            out["braking_pct"] = 100 * found[_BRAKING].change / found[_BRAKING].before
        if _BALANCE in found:
            out["balance_points"] = found[_BALANCE].change
    return out


def _worst_silence(store: Store, runs: Sequence[RunRollup]) -> SensorSilence | None:
    """The sensor that was silent for the largest share of one of these runs."""
    worst: SensorSilence | None = None
    for run in runs:
        silent: dict[str, float] = defaultdict(float)
        for gap in load_session(store, run.info.id, []).gaps:
            silent[gap.sensor] += gap.end_s - gap.start_s
        for sensor, seconds in silent.items():
            pct = 100 * seconds / max(1.0, run.duration_s)
            if worst is None or pct > worst.share_pct:
                worst = SensorSilence(sensor=sensor, share_pct=pct)
    return worst
