"""What the plan of one runner is learned from: the own normal, and how the runs with a target went.

One JSON file per athlete, made from the kept sessions and from nothing else, so that it can be thrown
away and learned anew.  A session is read with the same ``Coach`` that ran it live.  What follows from it
for the next run is in ``monitor.training.cadence_steps``.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from dsp.cueing.baseline import Baseline
from dsp.types import Cue
from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.records import Out
from monitor.core.session_settings import CoachSettings, CueSettings
from monitor.pipeline.announcements import CUES_ENDED
from monitor.pipeline.coach import Coach
from monitor.review.time_in_band import in_band, record_tracks
from monitor.storage.plan_file import Plan, PlannedRun, RunPain
from monitor.storage.record_rows import stored_settings
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store


def learn_session(plan: Plan, info: SessionInfo, records: Sequence[Out]) -> Plan:
    """Return the plan after this session, whose ``records`` are in the order in which they were stored."""
    session = stored_settings(info)
    was = session.coach or CoachSettings(cues=CueSettings(on=False))
    coach = Coach(replace(was, baseline=plan.baseline), session)
    until_stop = itertools.takewhile(
        lambda r: not (isinstance(r, Cue) and r.wording == CUES_ENDED), records
    )
    coach.push([r for r in until_stop if json_codec.kind_of(r) not in ("cue", "band")])  # type: ignore[misc]
    band, runs = in_band(record_tracks(records)), plan.runs
    if was.may_cue:
        run = PlannedRun(
            session=info.id,
            started_utc=info.started_utc,
            cue_share=was.cue_share,
            off_s=band.off_s,
            off_in_s=band.off_in_s,
            on_s=band.on_s,
            on_in_s=band.on_in_s,
            step=was.step,
        )
        runs = tuple(sorted((*runs, run), key=_began))  # a run restored or recovered later comes late
    known = coach.baseline.to_dict() if coach.learned_s or plan.baseline is not None else None
    return replace(plan, baseline=known, seen=(*plan.seen, info.id), runs=runs)


def catch_up(
    plan: Plan, store: Store, athlete: str, progress: Callable[[SessionInfo], None] = lambda info: None
) -> Plan:
    """Return the plan after every ended live run of this athlete that is not in it yet, the oldest first.

    ``progress`` is called with each session before it is read.  The pains are those that are noted now.
    """
    learned = _learn_all(plan, store, _begin_plan(plan, store, athlete, coached=True), progress)
    return replace(learned, pains=noted_pains(learned, store, athlete))


def relearn(
    plan: Plan, store: Store, athlete: str, progress: Callable[[SessionInfo], None] = lambda info: None
) -> Plan:
    """Return a plan learned from nothing, out of every kept session of this athlete, imported ones too.

    Of ``plan`` only the pains of deleted sessions are left.
    """
    learned = _learn_all(Plan(), store, _begin_plan(Plan(), store, athlete, coached=False), progress)
    return replace(learned, pains=noted_pains(plan, store, athlete))


def noted_pains(plan: Plan, store: Store, athlete: str) -> tuple[RunPain, ...]:
    """Return the pains of all runs of an athlete as they stand now, those of deleted ones as they stood."""
    there = [info for info in store.sessions() if info.athlete == athlete]
    ids = {info.id for info in there}
    noted = [pain for pain in plan.pains if pain.session not in ids]
    for info in there:
        day = info.started_utc[:10]
        noted += (
            RunPain(session=info.id, day=day, value=note.value, words=note.text)
            for note in store.notes(info.id)
            if note.kind == "pain" and note.value is not None
        )
    return tuple(sorted(noted, key=lambda pain: (pain.day, pain.session)))


def frozen_plan(plan: Plan) -> Plan:
    """Return the plan with a baseline that learns no more; ``StoreError`` while there is none."""
    if plan.baseline is None:
        raise StoreError("error.nothing_learned")
    baseline = Baseline.from_dict(plan.baseline)
    baseline.frozen = True
    return replace(plan, baseline=baseline.to_dict())


def _began(run: PlannedRun) -> datetime.datetime:
    return datetime.datetime.fromisoformat(run.started_utc)


def _begin_plan(plan: Plan, store: Store, athlete: str, *, coached: bool) -> list[SessionInfo]:
    return [
        info
        for info in reversed(store.sessions())
        if info.athlete == athlete and info.ended and info.id not in plan.seen
        if not coached or stored_settings(info).coach is not None
    ]


def _learn_all(
    plan: Plan, store: Store, sessions: Iterable[SessionInfo], progress: Callable[[SessionInfo], None]
) -> Plan:
    for info in sessions:
        progress(info)
        plan = learn_session(plan, info, store.records(info.id))
    return plan
