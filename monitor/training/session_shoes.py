"""Which pair of shoes a session was run in: by an answer, by the session, by its pods, by default.

The first of these that tells wins:

1. the runner's last answer for the session (a correction is a new answer),
2. what the session itself says (a tag, a run that was written down),
3. the serials of its pods, where they all belong to one pair; a pod that moved belongs to the pair whose
   entry named it last,
4. the pair that is marked as default, else the pair of the run before.

A default, and a pod, count from the day of the entry on, and never for a pair that was retired by then: a
new pair does not take the kilometres of the past.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.training.entries import Entry, SessionShoeEntry, ShoeEntry, entries_of
from monitor.training.plan_runs import PlanRun

ChosenBy = Literal["answer", "session", "pods", "default", "last", ""]
"""What told the pair of a session; empty where nothing does."""


@dataclass(frozen=True, slots=True)
class SessionShoe:
    """A ``SessionShoe`` is the pair of a session, empty where it is not known, and what told it."""

    shoe: str = ""
    by: ChosenBy = ""


def session_shoes(standing: Sequence[Entry], runs: Sequence[PlanRun]) -> dict[str, SessionShoe]:
    """Return the pair of every session by its id; ``runs`` are in the order of time."""
    answers = shoe_answers(standing)
    pairs = entries_of(ShoeEntry, standing)
    told: dict[str, SessionShoe] = {}
    last = ""
    for run in runs:
        shoe = session_shoe(run, answers.get(run.session), pairs, last)
        told[run.session] = shoe
        last = shoe.shoe or last
    return told


def shoe_answers(standing: Sequence[Entry]) -> dict[str, str]:
    """Return what the runner answered last for each session that was asked about."""
    return {e.session: e.shoe for e in entries_of(SessionShoeEntry, standing)}


def session_shoe(run: PlanRun, answer: str | None, pairs: Sequence[ShoeEntry], last: str) -> SessionShoe:
    """Return the pair of one session; ``last`` is that of the session before."""
    if answer is not None:
        return SessionShoe(answer, "answer")
    if run.shoe:
        return SessionShoe(_pair_named(run.shoe, pairs), "session")
    in_use = _pairs_in_use(pairs, run.day)
    owners = {_pod_owner(pod, pairs, run.day) for pod in run.pods} - {""}
    if len(owners) > 1:  # two pairs at once: nobody knows which
        return SessionShoe()
    if owners:
        return SessionShoe(owners.pop(), "pods")
    marked = [e.shoe for e in in_use.values() if e.default]
    if marked:
        return SessionShoe(marked[-1], "default")
    return SessionShoe(last, "last") if last in in_use else SessionShoe()


def _pair_named(text: str, pairs: Sequence[ShoeEntry]) -> str:
    """The pair whose name or model this is, in capitals or not; the text itself where there is none."""
    asked = text.casefold()
    named = [e.shoe for e in pairs if asked in (e.shoe.casefold(), e.model.casefold())]
    return named[-1] if named else text


def _pairs_in_use(pairs: Sequence[ShoeEntry], day: datetime.date) -> dict[str, ShoeEntry]:
    """The last entry of every pair that was not retired on this day, the pair last written about last."""
    latest: dict[str, ShoeEntry] = {}
    for entry in pairs:
        if entry.day <= day:
            latest.pop(entry.shoe, None)
            latest[entry.shoe] = entry
    return {name: e for name, e in latest.items() if not e.retired}


def _pod_owner(pod: str, pairs: Sequence[ShoeEntry], day: datetime.date) -> str:
    """The pair in use whose entry named this pod last, empty if none does."""
    asked = pod.casefold()
    named = [e for e in _pairs_in_use(pairs, day).values() if asked in map(str.casefold, e.pods)]
    return named[-1].shoe if named else ""
