"""Stored sessions as the plan sees them: how far, how long, how much downhill, how the target was kept.

A session is summed up once and the result kept beside it, so that a plan over years reads no metrics.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from dsp.types import Activity, Placement
from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.local_time import local_start
from monitor.core.session_settings import SensorSettings
from monitor.storage.session_info import Note, SessionInfo
from monitor.storage.store import Store
from monitor.training.entries import AfterEntry
from monitor.training.plan_runs import PlanRun

if TYPE_CHECKING:
    from monitor.storage.session_data import Mask, SessionData

_KIND = "plan run"
_RULES = 2  # of this module: a session that was summed up by others is summed up anew
_METRICS = (
    "cadence_spm", "speed_mps", "slope_pct", "braking_impulse_bws", "braking_dose_bws",
    "braking_dose_flat_ratio",
)  # fmt: skip
_LEAST_RUN_S = 60.0
_LEAST_WALK_S = 600.0
_WALKS = ("walking", "hiking")


def stored_plan_runs(
    store: Store, athlete: str, since: datetime.date, now: datetime.datetime
) -> tuple[PlanRun, ...]:
    """Return all runs and walks of an athlete from ``since`` on that have ended, the oldest first.

    What is neither (a sensor that lay on a table) is left out.  ``now`` is when the plan learns of those
    that it has not seen yet: a file that is imported later cannot have decided a day before.
    """
    mine = [
        info
        for info in reversed(store.sessions())
        if info.athlete == athlete and info.ended and _start(info).date() >= since
    ]
    found = ((info, _plan_run(store, info, now)) for info in mine)
    return tuple(replace(run, shoe=_tagged_shoe(info)) for info, run in found if run is not None)


def _tagged_shoe(info: SessionInfo) -> str:
    """The pair that the session's tag names; it may change without the session, so it is not kept."""
    return next((tag.removeprefix("shoe=") for tag in info.tags if tag.startswith("shoe=")), "")


def run_of_session(run: SessionData) -> PlanRun | None:
    """Return a session as the plan sees it, None if nobody ran in it for a minute or walked for ten.

    Kilometres are those of running (of a walk all), minutes those on foot, as they are counted in a run.
    """
    from monitor.review.downhill import downhill
    from monitor.review.time_in_band import in_band, session_tracks

    start = _start(run.info)
    running_s = min(float(run.running.sum()), run.timer_s)
    walking = run.mask(run.activity.get(Activity.WALK, ())) & ~run.mask(run.pauses)
    on_foot_s = min(float((run.running | walking).sum()), run.timer_s)
    walk = run.info.sport in _WALKS or running_s < _LEAST_RUN_S
    if walk and on_foot_s < _LEAST_WALK_S:
        return None
    moving = run.running | walking if walk else run.running
    down, band, coach = downhill(run), in_band(session_tracks(run)), run.settings.coach
    return PlanRun(
        session=run.info.id,
        day=start.date(),
        start=start.replace(tzinfo=None),
        km=_length_km(run, moving),
        km_sd=_length_sd_km(run, moving),
        minutes=on_foot_s / 60,
        descent_m=None if down is None else down.descent_m,
        descent_s=None if down is None else down.seconds,
        braking_dose_bws=None if down is None else down.total_bws,
        cued=coach is not None and coach.cues.on,
        step=0 if coach is None else coach.step,
        on_in_s=float(band.on_in_s),
        off_s=float(band.off_s),
        off_in_s=float(band.off_in_s),
        walk=walk,
        pods=shoe_pods(run.settings.sensors),
    )


def shoe_pods(sensors: Iterable[SensorSettings]) -> tuple[str, ...]:
    """Return what tells the sensors on the shoes from others: names they advertise, serial numbers.

    A name that ends in a serial number, as ``Movesense 231330000123``, stands for that number too.
    """
    on_shoe = (s.match for s in sensors if s.placement in (Placement.FOOT, Placement.POD) and s.match)
    both = (text for match in on_shoe for text in (match, match.split()[-1]))
    return tuple(dict.fromkeys(text for text in both if any(c.isdigit() for c in text)))


def noted_answers(store: Store, runs: Iterable[PlanRun], athlete: str) -> tuple[AfterEntry, ...]:
    """Return the pains that were noted of sessions as answers after those runs.

    A note tells one number: it counts for the run and for after it.  Its session's day is its own.
    """
    answers = []
    offsets = {i.id: i.utc_offset_s for i in store.sessions() if i.athlete == athlete}
    for run in runs:
        if run.session in offsets:
            notes = [n for n in store.notes(run.session) if n.kind == "pain" and n.value is not None]
            answers += [_answer(run, note, offsets[run.session]) for note in notes]
    return tuple(answers)


def _answer(run: PlanRun, note: Note, offset_s: int | None) -> AfterEntry:
    made = local_start(note.made_utc, offset_s)
    offset = made.utcoffset() or datetime.timedelta()
    pain = note.value or 0.0
    return AfterEntry(
        id=f"note-{run.session}-{note.id}",
        made_utc=made.astimezone(datetime.UTC),
        day=run.day,
        utc_offset_s=int(offset.total_seconds()),
        session=run.session,
        during=pain,
        now=pain,
    )


def _length_km(run: SessionData, moving: Mask) -> float | None:
    """How far these seconds led; half of a distance is none."""
    import numpy as np

    speed = run.value("speed_mps")
    if not moving.any() or np.isfinite(speed[moving]).mean() < 0.5:
        return None
    return float(np.nansum((speed * run.timed_s)[moving])) / 1000


def _length_sd_km(run: SessionData, moving: Mask) -> float | None:
    """One standard deviation of that length; errors of speed last (a mount, a scale), so they add up."""
    import numpy as np

    speed = run.columns.get("speed_mps")
    if speed is None or _length_km(run, moving) is None:
        return None
    sd = speed.sd[moving & np.isfinite(speed.value)]
    if not np.isfinite(sd).any():
        return None
    return float(np.nanmean(sd) * run.timed_s[moving & np.isfinite(speed.value)].sum()) / 1000


def _plan_run(store: Store, info: SessionInfo, now: datetime.datetime) -> PlanRun | None:
    """The run of a session as it was kept, or made and kept now."""
    earlier = store.analyses(info.id, _KIND)
    if earlier and earlier[-1].get("rules") == _RULES and earlier[-1]["version"] == _mark(info):
        with contextlib.suppress(ValueError, KeyError):
            raw = earlier[-1]["run"]
            return None if raw is None else json_codec.from_json(PlanRun, raw)
    from monitor.storage.session_data import load_session

    first_seen = earlier[0]["made_utc"] if earlier else now.isoformat()
    run = run_of_session(load_session(store, info.id, _METRICS))
    if run is not None and info.source:
        run = replace(run, stored_day=local_start(first_seen, info.utc_offset_s).date())
    body = {"rules": _RULES, "run": None if run is None else json_codec.to_json(run)}
    with contextlib.suppress(StoreError):  # where there is no room it is summed up again next time
        store.add_analysis(info.id, _KIND, _mark(info), now.isoformat(), body)
    return run


def _mark(info: SessionInfo) -> str:
    """What the summary depends on and may change: the records' version, the sport."""
    return f"{info.version} {info.sport}".strip()


def _start(info: SessionInfo) -> datetime.datetime:
    """When the session began on the runner's clock."""
    return local_start(info.started_utc, info.utc_offset_s)
