"""The entries that hold on a day: of an entry and its corrections the one that was made last.

Which entries hold does not depend on the order in which they came.  ``StandingLog`` goes from day to day
and tells what a day has changed.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping

from monitor.training.entries import AnyEntry, Entry, StandingEntries, Withdrawn


def standing_entries(entries: Iterable[AnyEntry], day: datetime.date) -> StandingEntries:
    """Return the entries that hold at the end of ``day``, in the order of the days that they stand for.

    What was made later, or stands for a later day, is left out.  Of an entry and its corrections the one
    that was made last holds, and none of them where that one takes it back.
    """
    log = StandingLog()
    log.advance(day, (e for e in entries if isinstance(e, Entry) and e.written_day <= day))
    return log.entries()


def first_version(entry: Entry, entries: Iterable[AnyEntry]) -> str:
    """Return the id of the entry that this one corrects in the end; its own if it corrects none."""
    return _root(entry, {e.id: e for e in entries if isinstance(e, Entry)})


def entry_order(entry: Entry) -> tuple[datetime.date, datetime.datetime, str]:
    """Return what entries are sorted by: the day they stand for, when they were made, their id."""
    return (entry.day, entry.made_utc, entry.id)


class StandingLog:
    """The entries that hold at the end of a day, from day to day."""

    def __init__(self) -> None:
        self._day = datetime.date.min
        self._made: dict[str, Entry] = {}
        self._replaced: set[str] = set()  # ids that an entry corrects or takes back
        self._latest: dict[str, Entry] = {}  # of an entry and its corrections, by the first one's id
        self._waiting: list[tuple[datetime.date, str]] = []  # of days to come
        self._standing: list[Entry] = []
        self._kinds: dict[type[Entry], list[Entry]] = {}
        self._tuples: dict[type[Entry], tuple[Entry, ...]] = {}
        self._changed: list[Entry] = []

    def advance(self, day: datetime.date, entries: Iterable[Entry]) -> list[Entry]:
        """Take in what was made by the end of ``day``; return what began to hold by it, or ceased to."""
        self._day, self._changed = day, []
        self._take_due()
        new, tangled = list(entries), False
        for entry in new:  # an entry that links others to a third one moves them under its name
            tangled |= entry.id in self._made or bool(entry.replaces and entry.id in self._replaced)
            self._made[entry.id] = entry
            self._replaced |= {entry.replaces} - {""}
        if tangled:
            self._sort_out()
        else:
            for entry in new:
                self._take(_root(entry, self._made), entry)
        return self._changed

    def holds(self, entry: Entry) -> bool:
        """Return whether an entry holds at the end of this day."""
        place = bisect_left(self._standing, entry_order(entry), key=entry_order)
        return place < len(self._standing) and self._standing[place] is entry

    def first_version(self, entry: Entry) -> str:
        """Return the id of the entry that this one corrects in the end; its own if it corrects none."""
        return _root(entry, self._made)

    def entries(self) -> StandingEntries:
        """Return the entries that hold at the end of this day."""
        for kind, mine in self._kinds.items():
            if kind not in self._tuples:
                self._tuples[kind] = tuple(mine)
        return StandingEntries(self._standing, self._tuples)

    def _take(self, root: str, entry: Entry) -> None:
        """Let an entry hold in place of its earlier version, unless that was made later."""
        before = self._latest.get(root)
        if before is not None:
            if (entry.made_utc, entry.id) < (before.made_utc, before.id):
                return
            self._drop(before)
        self._latest[root] = entry
        if isinstance(entry, Withdrawn):
            return
        if entry.day > self._day:
            insort(self._waiting, (entry.day, root))
            return
        for mine in (self._standing, self._kinds.setdefault(type(entry), [])):
            insort(mine, entry, key=entry_order)
        self._tuples.pop(type(entry), None)
        self._changed.append(entry)

    def _drop(self, entry: Entry) -> None:
        if self.holds(entry):
            for mine in (self._standing, self._kinds[type(entry)]):
                del mine[bisect_left(mine, entry_order(entry), key=entry_order)]
            self._tuples.pop(type(entry), None)
            self._changed.append(entry)

    def _take_due(self) -> None:
        """Let the entries hold whose day has come."""
        while self._waiting and self._waiting[0][0] <= self._day:
            _, root = self._waiting.pop(0)
            entry = self._latest.get(root)
            if entry is not None and not self.holds(entry):
                self._take(root, entry)

    def _sort_out(self) -> None:
        """Find anew which entry is a version of which."""
        for entry in self._latest.values():
            self._drop(entry)
        self._latest, self._waiting = {}, []
        for entry in self._made.values():
            self._take(_root(entry, self._made), entry)


def _root(entry: Entry, known: Mapping[str, Entry]) -> str:
    """The id at the end of the chain of corrections; of a circle the least."""
    ids = [entry.id]
    while (at := known.get(ids[-1])) is not None and at.replaces:
        if at.replaces in ids:
            return min(ids[ids.index(at.replaces) :])
        ids.append(at.replaces)
    return ids[-1]
