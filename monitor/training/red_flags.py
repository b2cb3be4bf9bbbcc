"""Red flags: which stand on a day, and the answer to them.  STOP ends by ``cleared`` alone."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.message_catalogues import UserMessage
from monitor.training.entries import ClearedEntry, Entry, FlagEntry, entries_of
from monitor.training.plan_day import StopAnswer
from monitor.training.tables import RedFlag

URGENCY = (
    "emergency_call",
    "emergency",
    "emergency_department",
    "today",
    "this_week_no_impact",
    "this_week",
    "this_month",
)
"""Answers, the most urgent first."""
_UNKNOWN_ANSWER = "today"  # a flag that is in no table, from another version or an own copy


def stop_answer(
    standing: Sequence[Entry], flags: Sequence[RedFlag], emergency_number: str
) -> StopAnswer | None:
    """Return the answer to the flags that no ``cleared`` ended; None where none stands.

    The most urgent decides.  An empty ``emergency_number`` leaves the words "emergency number".
    """
    cleared = entries_of(ClearedEntry, standing)
    ticked = [e for e in entries_of(FlagEntry, standing) if not any(ends_flag(c, e) for c in cleared)]
    if not ticked:
        return None
    answers = {flag.name: flag.answer for flag in flags}

    def urgency(entry: FlagEntry) -> int:
        return URGENCY.index(answers.get(entry.flag, _UNKNOWN_ANSWER))

    worst = min(ticked, key=lambda e: (urgency(e), e.day, e.made_utc, e.id))
    answer = answers.get(worst.flag, _UNKNOWN_ANSWER)
    number = emergency_number or UserMessage("plan.emergency_number")
    return StopAnswer(
        flags=tuple(dict.fromkeys(e.flag for e in sorted(ticked, key=urgency))),
        answer=answer,
        message=UserMessage(f"plan.stop.{answer}", {"number": number}),
        entries=tuple(e.id for e in ticked),
    )


def ends_flag(cleared: ClearedEntry, flag: FlagEntry) -> bool:
    """Return whether a clearance is of this flag: for its day or a later one, and written down after it."""
    return cleared.day >= flag.day and cleared.made_utc >= flag.made_utc


def flag_messages(flags: Sequence[RedFlag]) -> dict[str, UserMessage]:
    """Return the words of every red flag of a table by its name, in the order in which they are asked."""
    return {flag.name: UserMessage(f"plan.flag.{flag.name}") for flag in flags}
