"""The plan of one runner: the own normal, and how much cueing the next run gets.

One JSON file per athlete, made from the kept sessions and from nothing else, so that it can be thrown
away and learned anew.  A session is read with the same ``Coach`` that ran it live.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsp.cueing.baseline import Baseline
from monitor.core import json_codec as as_json
from monitor.core.errors import StoreError
from monitor.core.records import Out
from monitor.core.session_settings import CoachSettings, CueSettings, SessionSettings
from monitor.pipeline.coach import Coach
from monitor.review.cue_outcomes import in_band
from monitor.storage.store import SessionInfo, Store

FADE = (1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.1)
"""Share of the time with cues, run by run (Crowell & Davis 2011, Willy 2016); then silent probes."""
KEPT = 0.7
"""Two probes in a row with less of the time in band than this, and the plan goes two steps back."""
LEAST_S = 300
"""A run with fewer judged seconds is no step of the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coached:
    """One run with a target: what share of it had cues, and seconds in band and in all without."""

    session: str
    started_utc: str
    availability: float
    off_s: int = 0
    off_in_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``baseline`` as in ``Baseline.to_dict`` (None: nothing learned), ``seen`` the sessions in it."""

    baseline: dict[str, Any] | None = None
    seen: tuple[str, ...] = ()
    runs: tuple[Coached, ...] = ()

    def week(self, today: datetime.date) -> int:
        """Of the increase: 1 until seven days after the first coached run, and so on."""
        if not self.runs:
            return 1
        first = datetime.datetime.fromisoformat(self.runs[0].started_utc).date()
        return 1 + max(0, (today - first).days) // 7

    def availability(self) -> float:
        """Share of the next run in which cues may be spoken; 0 is a silent probe."""
        step = weak = 0
        for run in self.runs:
            if step < len(FADE):
                step += 1
                continue
            weak = weak + 1 if run.off_s and run.off_in_s < KEPT * run.off_s else 0
            if weak == 2:
                step, weak = len(FADE) - 2, 0
        return FADE[step] if step < len(FADE) else 0.0


def coaching(plan: Plan, settings: CoachSettings, today: datetime.date, seed: int) -> CoachSettings:
    """What a run that starts now is coached by; ``settings`` hold what the user has set."""
    share = plan.availability() if settings.cues.plan == "fade" else 1.0
    return replace(settings, baseline=plan.baseline, week=plan.week(today), availability=share, seed=seed)


def learn(plan: Plan, info: SessionInfo, records: Sequence[Out]) -> Plan:
    """The plan after this session."""
    session: SessionSettings = as_json.load(SessionSettings, json.loads(info.settings))
    was = session.coach or CoachSettings(cues=CueSettings(on=False))
    coach = Coach(replace(was, baseline=plan.baseline), session)
    coach.push([r for r in records if as_json.kind_of(r) not in ("cue", "band")])  # type: ignore[misc]
    band, runs = in_band(records), plan.runs
    if was.cues.on and band.on_s + band.off_s >= LEAST_S:
        run = Coached(
            session=info.id,
            started_utc=info.started_utc,
            availability=was.availability,
            off_s=band.off_s,
            off_in_s=band.off_in_s,
        )
        runs = (*runs, run)
    known = coach.baseline.to_dict() if coach.learned_s or plan.baseline is not None else None
    return Plan(baseline=known, seen=(*plan.seen, info.id), runs=runs)


def catch_up(
    plan: Plan, store: Store, athlete: str, told: Callable[[SessionInfo], None] = lambda info: None
) -> Plan:
    """Learn from every ended live run of this athlete that is not in the plan yet, the oldest first."""
    return _learn_all(plan, store, _new(plan, store, athlete, coached=True), told)


def relearn(store: Store, athlete: str, told: Callable[[SessionInfo], None] = lambda info: None) -> Plan:
    """From nothing, out of every kept session of this athlete, replayed and imported ones too."""
    return _learn_all(Plan(), store, _new(Plan(), store, athlete, coached=False), told)


def frozen(plan: Plan) -> Plan:
    """The same with a baseline that learns no more; ``StoreError`` while there is none."""
    if plan.baseline is None:
        raise StoreError("nothing has been learned yet: run first, or gaitcue baseline --relearn")
    baseline = Baseline.from_dict(plan.baseline)
    baseline.frozen = True
    return replace(plan, baseline=baseline.to_dict())


def plan_file(folder: Path, athlete: str) -> Path:
    """Where the plan of this athlete lies."""
    return folder / "plans" / f"{'-'.join(athlete.split())}.json"


def read(path: Path) -> Plan:
    """The plan, empty if there is none yet; ``StoreError`` if it cannot be read."""
    try:
        plan = as_json.load(Plan, json.loads(path.read_text(encoding="utf-8")))
        if plan.baseline is not None:
            Baseline.from_dict(plan.baseline)
    except FileNotFoundError:
        return Plan()
    except (OSError, ValueError) as exc:
        raise StoreError(
            f"{path}: cannot be read ({exc}); gaitcue baseline --relearn makes it anew"
        ) from exc
    return plan


def write(path: Path, plan: Plan) -> None:
    """All of it or nothing."""
    new = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(as_json.dump(plan), indent=1) + "\n", encoding="utf-8")
        os.replace(new, path)
    except OSError as exc:
        with contextlib.suppress(OSError):
            new.unlink()
        raise StoreError(f"{path}: cannot be written: {exc.strerror}") from exc


def _new(plan: Plan, store: Store, athlete: str, *, coached: bool) -> list[SessionInfo]:
    return [
        info
        for info in reversed(store.sessions())
        if info.athlete == athlete and info.ended and info.id not in plan.seen
        if not coached or json.loads(info.settings).get("coach") is not None
    ]


def _learn_all(
    plan: Plan, store: Store, sessions: Iterable[SessionInfo], told: Callable[[SessionInfo], None]
) -> Plan:
    for info in sessions:
        told(info)
        plan = learn(plan, info, store.records(info.id))
    return plan
