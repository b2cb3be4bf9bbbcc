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

    ``entries`` are those that hold.  A run with sensors wins over one that was written down under its id.
    A run of which only the entry after it is left (its session was deleted, or has not come yet) is a run
    of unknown length: what hurt is not forgotten.
    """
    known = {e.session: PlanRun(session=e.session, day=e.day) for e in entries_of(AfterEntry, entries)}
    known |= {e.id: run_of_entry(e) for e in entries_of(ManualRunEntry, entries)}
    known |= {r.session: r for r in runs if max(r.day, r.stored_day or r.day) <= day}
    for after in entries_of(AfterEntry, entries):
        known[after.session] = _with_answer(known[after.session], after)
    return tuple(sorted(known.values(), key=lambda r: (r.day, _clock(r), r.session)))


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


def _clock(run: PlanRun) -> datetime.time:
    return datetime.time.min if run.start is None else run.start.time()
