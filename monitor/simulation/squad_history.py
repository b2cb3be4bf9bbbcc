"""Four made-up weeks of the simulated squad: what its runs came to, second by second, without any sensor.

No signal is simulated and nothing is detected: the numbers of a second are an athlete's own normal, a
little noisy, changed as the story of that athlete has it.  So weeks are there in seconds, and boards,
alerts, lists and reports have something to show; nothing about the program's accuracy follows from them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dsp.types import (
    Activity,
    ActivityChange,
    Array,
    Band,
    Cue,
    CueKind,
    Estimate,
    Fault,
    Gap,
    Metric,
)
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.pipeline.cue_policy import SILENT_BY_PLAN
from monitor.simulation.squad import Athlete, OwnNormal, own_normal
from monitor.storage.new_session import session_id
from monitor.training.entries import AfterEntry, DeclareEntry, Entry, MorningEntry, SharedItem, ShareEntry

STORY_DAYS = 28
"""Days before today that have a history."""
_CHANGES_DAYS = 7  # what changes does so in the last week
_WARM_UP_S, _BLOCK_S, _CUED_S = 300, 600, 420
_LOW, _HIGH = 0.97, 1.04  # edges of the cadence's band, as shares of its target (the coach's own)
_LOAD_HIGH = 1.15
_STARTS_AT = datetime.time(16, tzinfo=datetime.UTC)
_SENSORS = ("footL", "footR", "pelvis")


@dataclass(frozen=True, slots=True, kw_only=True)
class FourWeeks:
    """The story of an athlete's last four weeks: runs every ``every_days`` days of ``minutes`` each.

    ``off``, ``braking`` and ``balance`` are pairs of how it was for three weeks and how it is now: cadence
    off its target (a share), braking as a multiple of the own normal, and contact balance in % left.
    ``shares`` are items of a plan of coming back; without any the athlete has none.
    """

    every_days: int
    minutes: int
    off: tuple[float, float] = (0.0, 0.0)
    braking: tuple[float, float] = (1.0, 1.0)
    balance: tuple[float, float] = (50.0, 50.0)
    shares: tuple[SharedItem, ...] = ()


STORIES: Mapping[str, FourWeeks] = {
    "Ada": FourWeeks(every_days=2, minutes=42),
    "Bea": FourWeeks(every_days=2, minutes=30, off=(-0.02, 0.0), shares=("phase",)),
    "Cem": FourWeeks(every_days=2, minutes=33, off=(-0.01, -0.03), braking=(1.0, 1.22)),  # tiring
    "Dag": FourWeeks(every_days=3, minutes=24, shares=("phase", "allowance", "pain")),  # on hold
    "Eli": FourWeeks(every_days=3, minutes=27, balance=(50.4, 55.5)),  # limping
    "Fay": FourWeeks(every_days=3, minutes=24),  # with a sensor that fails
    "Gus": FourWeeks(every_days=3, minutes=21, off=(-0.02, -0.055)),  # out of band
    "Hana": FourWeeks(every_days=3, minutes=18, off=(-0.05, -0.01)),  # learning
    "demo": FourWeeks(every_days=2, minutes=31, off=(-0.02, 0.0), braking=(1.0, 0.92)),  # coming back
}
"""By the name of the athlete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run of the made-up weeks: its id, whose it is, when it began (UTC), and its records."""

    session: str
    athlete: str
    started: datetime.datetime
    seconds: int
    records: tuple[Out, ...]

    @property
    def sensors(self) -> tuple[str, ...]:
        """The names of the sensors that were worn."""
        return _SENSORS


def past_runs(a: Athlete, today: datetime.date) -> Iterator[PastRun]:
    """Yield the runs of an athlete of the squad in the days before ``today``, the oldest first.

    The same athlete and day give the same runs.
    """
    story, own = STORIES[a.name], own_normal(a)
    seconds = 60 * story.minutes
    for day in days_with_a_run(a, today):
        started = datetime.datetime.combine(day, _STARTS_AT)
        session = past_session(a, day)
        rng = np.random.default_rng([day.toordinal(), round(1000 * a.speed_mps)])
        body = _records(a, story, own, (today - day).days, seconds, rng)
        first = SessionStarted(session, a.name, started.isoformat(), _SENSORS)
        last = SessionEnded(session, float(seconds), "the input ended")
        yield PastRun(
            session=session, athlete=a.name, started=started, seconds=seconds, records=(first, *body, last)
        )


def past_entries(a: Athlete, today: datetime.date) -> list[Entry]:
    """Return what an athlete has written down in these weeks: none without a plan.

    The last run hurt, so who answers for pain is held.
    """
    story = STORIES[a.name]
    if not story.shares:
        return []
    first = today - datetime.timedelta(days=STORY_DAYS)
    out: list[Entry] = [
        DeclareEntry(
            id="declared",
            made_utc=utc_at(first, 6),
            day=first,
            place="behind",
            reference_km=22.0,
            longest_km=9.0,
        )
    ]
    out += [
        ShareEntry(id=f"share-{item}", made_utc=utc_at(first, 7), day=first, item=item, on=True)
        for item in story.shares
    ]
    hurts = "pain" in story.shares
    for run in days_with_a_run(a, today):
        last = (today - run).days == 1
        during, now = (6.0, 5.0) if last and hurts else (1.0, 1.0)
        out.append(evening_of(a, run, during, now))
        out.append(_next_morning(run + datetime.timedelta(days=1), pain=4.0 if last and hurts else 0.0))
    return out


def days_with_a_run(a: Athlete, today: datetime.date) -> list[datetime.date]:
    """Return the days on which an athlete of the squad ran, the oldest first."""
    every = STORIES[a.name].every_days
    return [
        today - datetime.timedelta(days=ago) for ago in range(STORY_DAYS, 0, -1) if (ago - 1) % every == 0
    ]


def past_session(a: Athlete, day: datetime.date) -> str:
    """Return the name of the session of an athlete's run on this day."""
    return session_id(datetime.datetime.combine(day, _STARTS_AT).isoformat(), a.name)


def evening_of(a: Athlete, day: datetime.date, during: float, now: float) -> AfterEntry:
    """Return how an athlete's run of this day felt: pain in it and afterwards, of 10."""
    return AfterEntry(
        id=f"after-{day}", made_utc=utc_at(day, 18), day=day,
        session=past_session(a, day), during=during, now=now,
    )  # fmt: skip


def _next_morning(day: datetime.date, pain: float) -> MorningEntry:
    return MorningEntry(
        id=f"morning-{day}", made_utc=utc_at(day, 5), day=day,
        pain=pain, tender="same", swelling="none", as_before=pain == 0,
    )  # fmt: skip


def utc_at(day: datetime.date, hour: int) -> datetime.datetime:
    """Return a full hour of a day, in UTC."""
    return datetime.datetime.combine(day, datetime.time(hour), datetime.UTC)


def _records(
    a: Athlete, story: FourWeeks, own: OwnNormal, ago: int, seconds: int, rng: np.random.Generator
) -> list[Out]:
    """The records between the first and the last, in the order of time."""
    now = max(0.0, 1 - (ago - 1) / _CHANGES_DAYS)
    target = own.cadence_spm
    t_s = np.arange(seconds)
    tires = a.fades / own.cadence_spm * np.clip(2 * t_s / seconds - 1, 0, 1)
    cadence = target * (1 + _between(story.off, now) - tires) + _noise(rng, seconds, 1.2)
    braking = own.braking_impulse_bws * (_between(story.braking, now) + _noise(rng, seconds, 0.03))
    columns = {
        "cadence_spm": cadence,
        "speed_mps": a.speed_mps * (1 + 0.03 * np.sin(t_s / 200)) + _noise(rng, seconds, 0.02),
        "overstride_m": own.overstride_m * (1 + _noise(rng, seconds, 0.04)),
        "braking_impulse_bws": braking,
        "contact_ms": own.contact_ms + _noise(rng, seconds, 3.0),
        "contact_balance_pct": _between(story.balance, now) + _noise(rng, seconds, 0.4),
        "heart_rate_bpm": a.heart_bpm - 20 * np.exp(-t_s / 240) + _noise(rng, seconds, 1.0),
    }
    lost_s = 2 * seconds // 3 if a.fails and ago <= _CHANGES_DAYS else seconds
    columns = {
        name: np.where(t_s < lost_s, v, np.nan) if name in _OF_BOTH_FEET else v
        for name, v in columns.items()
    }
    out: list[Out] = [ActivityChange(0.0, Activity.RUN, 2.0)]
    bands = _bands(target, own, seconds)
    for second in range(seconds):
        out += bands.get(second, ())
        at = float(second)
        out += [Metric(at, None, Estimate(n, v, _SDS[n], _HOW[n])) for n, v in _row(columns, second)]
        if second % _BLOCK_S == _WARM_UP_S + 60 and cadence[second - 30 : second].mean() < _LOW * target:
            out.append(_cue(at, float(cadence[second - 30 : second].mean()), target))
    if lost_s < seconds:
        out.append(Gap("footL", float(lost_s), float(seconds)))
    return out


_SDS = {
    "cadence_spm": 1.0, "speed_mps": 0.05, "overstride_m": 0.01, "braking_impulse_bws": 0.001,
    "contact_ms": 5.0, "contact_balance_pct": 0.4, "heart_rate_bpm": 1.0,
}  # fmt: skip
"""What the seconds have, with an uncertainty of the order of the real one."""
_HOW = {name: "pod" if name in ("speed_mps", "heart_rate_bpm") else "foot" for name in _SDS}
_OF_BOTH_FEET = ("contact_balance_pct",)


def _between(pair: tuple[float, float], share: float) -> float:
    return pair[0] + share * (pair[1] - pair[0])


def _noise(rng: np.random.Generator, n: int, sd: float) -> Array:
    """Noise that wanders: its SD is ``sd``, and neighbours within ten seconds are alike."""
    smooth = np.convolve(rng.standard_normal(n + 9), np.full(10, 0.1), mode="valid") * np.sqrt(10)
    return np.asarray(sd * smooth, dtype=np.float64)


def _row(columns: Mapping[str, Array], second: int) -> list[tuple[str, float]]:
    values = ((name, float(column[second])) for name, column in columns.items())
    return [(name, value) for name, value in values if value == value]


def _bands(target: float, own: OwnNormal, seconds: int) -> dict[int, list[Band]]:
    """Targets by the second of their beginning: after a warm-up seven minutes with cues, three without."""
    edges = {0: "warm-up"}
    for block in range(_WARM_UP_S, seconds, _BLOCK_S):
        edges |= {block: "", block + _CUED_S: SILENT_BY_PLAN}
    return {second: _bands_from(float(second), target, own, muted) for second, muted in edges.items()}


def _bands_from(at_s: float, target: float, own: OwnNormal, muted: str) -> list[Band]:
    loads = {"overstride_m": own.overstride_m, "braking_impulse_bws": own.braking_impulse_bws}
    cadence = Band(at_s, "cadence_spm", target, _LOW * target, _HIGH * target, muted)
    return [cadence, *(Band(at_s, name, v, None, _LOAD_HIGH * v, muted) for name, v in loads.items())]


def _cue(at_s: float, value: float, target: float) -> Cue:
    fault = Fault.CADENCE_LOW
    why = f"{100 * (1 - value / target):.1f} % below target for 30 s"
    return Cue(at_s, CueKind.CORRECT, fault, "cadence_spm", value, target, fault.value, at_s + 3.0, "", why)
