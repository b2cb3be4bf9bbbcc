"""A squad's last seven days as a few numbers of each athlete, and what of them to look at first.

What is not shared is None and stays so: it is never a zero, and never a reason to look.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.core.message_catalogues import MessageValues, UserMessage
from monitor.training.sharing import SharedDay

WEEK_DAYS = 7
LEAST_IN_BAND_PCT, MOST_BRAKING_PCT, MOST_BALANCE_POINTS, MOST_PAIN = 60.0, 10.0, 3.0, 3.0
"""Beyond these an athlete is looked at first: the limits of the alerts (``grafana.alerts``)."""
MOST_SILENT_PCT = 10.0
"""More of a run without a sensor is too much: then no cue is given either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSilence:
    """The sensor that was silent for the largest share of a run, in %."""

    sensor: str
    share_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AthleteWeek:
    """An athlete's seven days; None is what is not known or not shared.

    ``km_before`` are the kilometres of a week in the three weeks before.  ``in_band_pct`` is the share of
    cadence in band, cued or silent by plan; ``silent_pct`` that of silent seconds in each of the last two
    runs that have any.  ``braking_pct`` (in % of before) and ``balance_points`` (in % left) say how the
    last run that can be compared differs from the 28 days before it, at the same speeds.  ``pain`` is the
    worst during a run.
    """

    athlete: str
    runs: int = 0
    km: float = 0.0
    km_before: float | None = None
    in_band_pct: float | None = None
    silent_pct: tuple[float, ...] = ()
    braking_pct: float | None = None
    balance_points: float | None = None
    silence: SensorSilence | None = None
    shares_phase: bool = False
    held: bool | None = None
    held_why: str | None = None
    held_since: datetime.date | None = None
    shares_pain: bool = False
    pain: float | None = None


def shared_fields(days: Sequence[SharedDay]) -> dict[str, object]:
    """Return what an athlete shares of these days, the last of which is today, as fields of a week."""
    if not days:
        return {}
    last = days[-1]
    week = [day for day in days if (last.day - day.day).days < WEEK_DAYS]
    pains = [day.during for day in week if day.during is not None]
    return {
        "shares_phase": "phase" in last.items,
        "held": last.held,
        "held_why": last.held_why,
        "held_since": last.held_since,
        "shares_pain": "pain" in last.items,
        "pain": max(pains, default=None),
    }


def reasons_to_look(week: AthleteWeek) -> list[UserMessage]:
    """Return why to look at this athlete, the most important first; none where nothing is to be seen."""
    out = []
    if week.held:
        out.append(UserMessage(f"squad.look.held.{week.held_why}", {"since": str(week.held_since)}))
    if week.pain is not None and week.pain > MOST_PAIN:
        out.append(UserMessage("squad.look.pain", {"pain": week.pain}))
    if week.balance_points is not None and abs(week.balance_points) > MOST_BALANCE_POINTS:
        side = UserMessage(f"squad.side.{'left' if week.balance_points > 0 else 'right'}")
        out.append(UserMessage("squad.look.balance", {"points": abs(week.balance_points), "side": side}))
    if week.braking_pct is not None and week.braking_pct > MOST_BRAKING_PCT:
        out.append(UserMessage("squad.look.braking", {"percent": week.braking_pct}))
    if len(week.silent_pct) > 1 and max(week.silent_pct) < LEAST_IN_BAND_PCT:
        out.append(UserMessage("squad.look.in_band", {"percent": max(week.silent_pct)}))
    if week.silence is not None and week.silence.share_pct > MOST_SILENT_PCT:
        values: MessageValues = {"sensor": week.silence.sensor, "percent": week.silence.share_pct}
        out.append(UserMessage("squad.look.sensor", values))
    if not week.runs:
        out.append(UserMessage("squad.look.no_run"))
    return out


def by_need(weeks: Iterable[AthleteWeek]) -> list[AthleteWeek]:
    """Return the athletes, those first who have the most important reason; by name where they are equal."""
    return sorted(weeks, key=lambda week: (_rank(week), week.athlete))


_ORDER = ("held", "pain", "balance", "braking", "in_band", "sensor", "no_run")


def _rank(week: AthleteWeek) -> int:
    reasons = reasons_to_look(week)
    if not reasons:
        return len(_ORDER)
    word = reasons[0].key.removeprefix("squad.look.")
    return next(k for k, name in enumerate(_ORDER) if word.startswith(name))
