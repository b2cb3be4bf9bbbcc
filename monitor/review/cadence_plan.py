"""The plan of one runner: the own normal, and how much cueing the next run gets.

One JSON file per athlete, made from the kept sessions and from nothing else, so that it can be thrown
away and learned anew.  A session is read with the same ``Coach`` that ran it live.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from dsp.cueing.baseline import Baseline
from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.records import Out
from monitor.core.session_settings import CoachSettings, CueSettings, SessionSettings
from monitor.pipeline.coach import Coach
from monitor.review.time_in_band import in_band, record_tracks
from monitor.storage.plan_file import Plan, PlannedRun
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

FADE = (1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.1)
"""Share of the time with cues, run by run (Crowell & Davis 2011, Willy 2016); then silent probes."""
_KEPT = 0.7
"""Two probes in a row with less of the time in band than this, and the plan goes two steps back."""
LEAST_S = 300
"""A run with fewer judged seconds is no step of the plan."""


def plan_week(plan: Plan, today: datetime.date) -> int:
    """Return the week of the increase: 1 until seven days after the first coached run, and so on."""
    if not plan.runs:
        return 1
    first = datetime.datetime.fromisoformat(plan.runs[0].started_utc).date()
    return 1 + max(0, (today - first).days) // 7


def cue_share(plan: Plan) -> float:
    """Return the share of the next run in which cues may be spoken; 0 is a silent probe."""
    step = weak = 0
    for run in plan.runs:
        if step < len(FADE):
            step += 1
            continue
        weak = weak + 1 if run.off_s and run.off_in_s < _KEPT * run.off_s else 0
        if weak == 2:
            step, weak = len(FADE) - 2, 0
    return FADE[step] if step < len(FADE) else 0.0


def coach_settings(plan: Plan, settings: CoachSettings, today: datetime.date, seed: int) -> CoachSettings:
    """Return what a run that starts now is coached by; ``settings`` hold what the user has set."""
    share = cue_share(plan) if settings.cues.plan == "fade" else 1.0
    return replace(
        settings, baseline=plan.baseline, week=plan_week(plan, today), cue_share=share, seed=seed
    )


def learn_session(plan: Plan, info: SessionInfo, records: Sequence[Out]) -> Plan:
    """Return the plan after this session, whose ``records`` are in the order in which they were stored."""
    session: SessionSettings = json_codec.from_json(SessionSettings, json.loads(info.settings))
    was = session.coach or CoachSettings(cues=CueSettings(on=False))
    coach = Coach(replace(was, baseline=plan.baseline), session)
    coach.push([r for r in records if json_codec.kind_of(r) not in ("cue", "band")])  # type: ignore[misc]
    band, runs = in_band(record_tracks(records)), plan.runs
    if was.cues.on and band.on_s + band.off_s >= LEAST_S:
        run = PlannedRun(
            session=info.id,
            started_utc=info.started_utc,
            cue_share=was.cue_share,
            off_s=band.off_s,
            off_in_s=band.off_in_s,
        )
        runs = (*runs, run)
    known = coach.baseline.to_dict() if coach.learned_s or plan.baseline is not None else None
    return Plan(baseline=known, seen=(*plan.seen, info.id), runs=runs)


def catch_up(
    plan: Plan, store: Store, athlete: str, progress: Callable[[SessionInfo], None] = lambda info: None
) -> Plan:
    """Return the plan after every ended live run of this athlete that is not in it yet, the oldest first.

    ``progress`` is called with each session before it is read.
    """
    return _learn_all(plan, store, _begin_plan(plan, store, athlete, coached=True), progress)


def relearn(
    store: Store, athlete: str, progress: Callable[[SessionInfo], None] = lambda info: None
) -> Plan:
    """Return a plan learned from nothing, out of every kept session of this athlete, imported ones too."""
    return _learn_all(Plan(), store, _begin_plan(Plan(), store, athlete, coached=False), progress)


def frozen_plan(plan: Plan) -> Plan:
    """Return the plan with a baseline that learns no more; ``StoreError`` while there is none."""
    if plan.baseline is None:
        raise StoreError("nothing has been learned yet: run first, or gaitcue baseline --relearn")
    baseline = Baseline.from_dict(plan.baseline)
    baseline.frozen = True
    return replace(plan, baseline=baseline.to_dict())


def _begin_plan(plan: Plan, store: Store, athlete: str, *, coached: bool) -> list[SessionInfo]:
    return [
        info
        for info in reversed(store.sessions())
        if info.athlete == athlete and info.ended and info.id not in plan.seen
        if not coached or json.loads(info.settings).get("coach") is not None
    ]


def _learn_all(
    plan: Plan, store: Store, sessions: Iterable[SessionInfo], progress: Callable[[SessionInfo], None]
) -> Plan:
    for info in sessions:
        progress(info)
        plan = learn_session(plan, info, store.records(info.id))
    return plan
