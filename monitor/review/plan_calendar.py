"""The plan of the coming days as a calendar that other programs read (iCalendar, RFC 5545).

The plan decides by response, so nobody knows the coming days.  They are worked out as if every run were
done as it is allowed, no morning were worse and nothing more were answered: that takes no step forward.
Each day is an event of a whole day without a time zone, rest too: whoever reads the file again gets the
same events changed, and none is left over.  Titles and descriptions have nothing in them of how the
runner is.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.message_catalogues import Language, UserMessage, catalogue
from monitor.review.plan_overview import ladder_view
from monitor.review.training_plan import TrainingPlan
from monitor.training.day_spans import on_days
from monitor.training.decide import plan_day
from monitor.training.entries import MorningEntry
from monitor.training.evidence_timeline import EvidenceTimeline
from monitor.training.phases import next_state
from monitor.training.plan_day import Allowance, PlanDay
from monitor.training.plan_runs import PlanRun
from monitor.training.tables import Phase

COMING_DAYS = 7
"""So many days after today are in the calendar."""
_DAY = datetime.timedelta(days=1)
_FLAT = (Phase.CALM, Phase.REBUILD)
_LINE_OCTETS = 75  # RFC 5545, 3.1
_EPOCH = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_OURS = uuid.UUID("6f2b1c1e-3f0e-5c8a-9d55-7a1f0c0e2b64")


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the calendar with its title."""

    day: datetime.date
    title: UserMessage


def calendar_days(plan: TrainingPlan, count: int = COMING_DAYS) -> tuple[CalendarDay, ...]:
    """Return today, as it was before a run, and the ``count`` days after it; none without a plan."""
    if plan.now.phase is Phase.NONE:
        return ()
    days = (plan.week[-1].decision_before_runs, *assumed_days(plan, count))
    return tuple(CalendarDay(decided.day, day_title(plan, decided)) for decided in days)


def assumed_days(plan: TrainingPlan, count: int) -> tuple[PlanDay, ...]:
    """Return the decisions of the ``count`` days after today, every run done as allowed, none answered.

    Each morning is without pain, or else a run that was too much would let nobody run again.
    """
    timeline = EvidenceTimeline(plan.entries, plan.runs, plan.tables)
    today, decisions = plan.week[-1], []
    state = today.state_before
    for day in (plan.today + k * _DAY for k in range(count + 1)):
        timeline.add([_assumed_morning(day)] if day > plan.today else [])
        evidence = timeline.at(day)
        decided = plan_day(next_state(state, evidence, plan.rules), evidence, plan.rules)
        if day == plan.today:
            decided = today.decision_before_runs
        else:
            decisions.append(decided)
        if not on_days(evidence.runs, day):
            timeline.add(runs=_assumed_run(decided))
        state = next_state(state, timeline.at(day), plan.rules)
    return tuple(decisions)


def _assumed_morning(day: datetime.date) -> MorningEntry:
    """A morning that stands in no way of a run, and makes none GREEN."""
    made = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return MorningEntry(id=f"assumed-{day.isoformat()}", made_utc=made, day=day, pain=0.0)


def _assumed_run(decided: PlanDay) -> list[PlanRun]:
    allowed = decided.allowance
    if allowed is None or not allowed.run:
        return []
    name = f"assumed-{decided.day.isoformat()}"
    km = None if allowed.ladder else allowed.km  # there it is what is left of the week, and not the run
    run = PlanRun(session=name, day=decided.day, km=km, minutes=allowed.minutes, walk=allowed.walk)
    return [run]


def day_title(plan: TrainingPlan, decided: PlanDay) -> UserMessage:
    """Return what a day allows in a few words, with nothing in them of how the runner is."""
    allowed = decided.allowance or Allowance()
    if not allowed.run:
        return UserMessage("plan.calendar.rest")
    if allowed.walk:
        return UserMessage("plan.calendar.walk", {"minutes": allowed.minutes or 0.0})
    row = ladder_view(plan, decided)
    if row is not None and row.walk_min:
        values = {"rounds": row.rounds, "run": row.run_min, "walk": row.walk_min}
        return UserMessage("plan.calendar.walk_run", values)
    how = UserMessage(f"plan.calendar.how.{_how(decided.phase, allowed)}")
    if row is None and allowed.km is not None:
        return UserMessage("plan.calendar.run_km", {"km": allowed.km, "how": how})
    if allowed.minutes is not None:
        return UserMessage("plan.calendar.run", {"minutes": allowed.minutes, "how": how})
    return UserMessage("plan.calendar.free", {"how": how})


def _how(phase: Phase, allowed: Allowance) -> str:
    if allowed.hard:
        return "hard"
    return "flat" if phase in _FLAT else "easy"


# ------------------------------------------------------------------ iCalendar


def calendar_text(
    days: Sequence[CalendarDay], athlete: str, now: datetime.datetime, language: Language
) -> str:
    """Return the days as an iCalendar file, lines ended by CR LF; ``now`` has an offset.

    The same day of the same athlete has the same UID for good.
    """
    messages = catalogue(language)
    made = now.astimezone(datetime.UTC)
    about = messages.text("plan.calendar.about", day=now.date().isoformat())
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//gaitcue//plan//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_escaped(messages.text('plan.calendar.name'))}",
    ]
    for one in days:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{uuid.uuid5(_OURS, f'{athlete} {one.day.isoformat()}')}@gaitcue",
            f"DTSTAMP:{made:%Y%m%dT%H%M%SZ}",
            # a reader keeps the event with the higher number, so each file has a higher one
            f"SEQUENCE:{int((made - _EPOCH).total_seconds() // 60)}",
            f"DTSTART;VALUE=DATE:{one.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{one.day + _DAY:%Y%m%d}",
            f"SUMMARY:{_escaped(messages.render(one.title))}",
            f"DESCRIPTION:{_escaped(about)}",
            "CLASS:PRIVATE",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded_line(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    """A text as the value of a property (RFC 5545, 3.3.11)."""
    for plain in ("\\", ";", ","):
        text = text.replace(plain, f"\\{plain}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def folded_line(line: str) -> str:
    """Fold a line so that none has more than 75 octets in UTF-8; no character is cut in two."""
    parts, part, size = [], "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _LINE_OCTETS:
            parts.append(part)
            part, size = " ", 1
        part, size = part + character, size + octets
    return "\r\n".join([*parts, part])
