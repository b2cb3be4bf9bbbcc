"""What a run was for the plan: its numbers from sensors or from what the runner wrote down."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from monitor.training.entries import AfterEntry, Entry, ManualRunEntry, entries_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRun:
    """A ``PlanRun`` is a run (or a walk) as the plan sees it; None is not known.

    ``km`` are those of running (of a walk all), ``km_sd`` one standard deviation of them, ``minutes`` those
    on foot.  ``day`` and ``start`` are the runner's; ``descent_m`` and ``descent_s`` lie below -2 %;
    ``braking_dose_bws`` is the run's braking dose; ``step`` that of the cadence target (``cued``: it had
    one), ``on_in_s``, ``off_s`` and ``off_in_s`` are seconds in band with cues, without, and in band
    without.  ``shoe`` is what the session itself says, ``pods`` are the serials of its pods
    (``monitor.training.session_shoes``).  ``stored_day``: when it came into the store, where that was later
    (a file of a watch).
    """

    session: str
    day: datetime.date
    start: datetime.datetime | None = None
    km: float | None = None
    km_sd: float | None = None
    minutes: float | None = None
    descent_m: float | None = None
    descent_s: float | None = None
    braking_dose_bws: float | None = None
    effort: float | None = None
    pickups: int = 0
    tempo_min: float = 0.0
    cued: bool = False
    step: int = 0
    on_in_s: float = 0.0
    off_s: float = 0.0
    off_in_s: float = 0.0
    walk: bool = False
    shoe: str = ""
    pods: tuple[str, ...] = ()
    stored_day: datetime.date | None = None


def plan_runs_until(
    runs: Iterable[PlanRun], entries: Sequence[Entry], day: datetime.date
) -> tuple[PlanRun, ...]:
    """Return all runs that were known at the end of ``day``, the oldest first.

    ``entries`` are those that hold.
    """
    sensors = {r.session: r for r in runs if arrival_day(r) <= day}
    written = {e.id: e for e in entries_of(ManualRunEntry, entries)}
    afters: dict[str, list[AfterEntry]] = {}
    for after in entries_of(AfterEntry, entries):
        afters.setdefault(after.session, []).append(after)
    known = (
        merge_run(sensors.get(session), written.get(session), afters.get(session, ()))
        for session in {*sensors, *written, *afters}
    )
    return tuple(sorted((run for run in known if run is not None), key=run_order))


def arrival_day(run: PlanRun) -> datetime.date:
    """Return the day on which a run became known: its own, or that on which it came into the store."""
    return max(run.day, run.stored_day or run.day)


def merge_run(
    sensors: PlanRun | None, written: ManualRunEntry | None, afters: Sequence[AfterEntry]
) -> PlanRun | None:
    """Return a run by all that is known of it, with what its runner said; None where there is nothing.

    A run with sensors wins over one that was written down under its id.  A run of which only the entry
    after it is left (its session was deleted, or has not come yet) is a run of unknown length: what hurt
    is not forgotten.
    """
    if sensors is not None:
        run = sensors
    elif written is not None:
        run = run_of_entry(written)
    elif afters:
        run = PlanRun(session=afters[-1].session, day=afters[-1].day)
    else:
        return None
    for after in afters:
        run = _with_answer(run, after)
    return run


def run_order(run: PlanRun) -> tuple[datetime.date, datetime.time, str]:
    """Return what runs are sorted by: day, time of day, session."""
    return (run.day, datetime.time.min if run.start is None else run.start.time(), run.session)


def _with_answer(run: PlanRun, after: AfterEntry) -> PlanRun:
    """The run with what its runner said of it that no sensor tells."""
    return replace(
        run,
        effort=run.effort if after.effort is None else after.effort,
        pickups=after.pickups or run.pickups,
        tempo_min=after.tempo_min or run.tempo_min,
    )


def run_of_entry(entry: ManualRunEntry) -> PlanRun:
    """Return the run that was written down without sensors."""
    return PlanRun(
        session=entry.id,
        day=entry.day,
        start=entry.start,
        km=entry.km,
        minutes=entry.minutes,
        descent_m=entry.descent_m,
        descent_s=entry.descent_s,
        effort=entry.effort,
        pickups=entry.pickups,
        tempo_min=entry.tempo_min,
        walk=entry.walk,
        shoe=entry.shoe,
    )
