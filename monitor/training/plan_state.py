"""The state of a plan at the end of a day, and what its rules share."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.training.plan_day import PhaseChange, ReasonWriter, StopAnswer
from monitor.training.plan_settings import PlanSettings
from monitor.training.red_flags import stop_answer
from monitor.training.tables import Phase, Tables
from monitor.training.verdict import Evidence, Verdict
from monitor.training.walk_run import LadderPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanState:
    """The state of a plan at the end of a day, from which the next day goes on.

    ``declared`` is the id of the declaration, ``tissue`` what it says it is, ``begun`` its day;
    ``reference_km`` and ``reference_minutes`` are a usual week, ``longest_km`` is the longest run before
    it or before calm; ``judged`` are the verdicts that have counted, by session; ``spent`` the RED runs
    that led a phase back; ``cleared`` the ids of clearances that counted.
    """

    declared: str = ""
    tissue: str = ""
    begun: datetime.date | None = None
    phase: Phase = Phase.NONE
    since: datetime.date | None = None
    reference_km: float | None = None
    reference_minutes: float | None = None
    longest_km: float | None = None
    ladder: LadderPlace | None = None
    judged: Mapping[str, Verdict] = field(default_factory=dict)
    spent: frozenset[str] = frozenset()
    cleared: frozenset[str] = frozenset()
    changes: tuple[PhaseChange, ...] = ()

    @property
    def on_ladder(self) -> bool:
        """Whether the walk-run ladder decides what a run is."""
        return self.ladder is not None and not self.ladder.finished


@dataclass(frozen=True, slots=True)
class PlanBookmark:
    """The state of a plan at the end of a day, from which later days can be decided."""

    day: datetime.date
    state: PlanState


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRules:
    """What the rules of a plan share: settings, tables, and the writer of reasons."""

    settings: PlanSettings
    tables: Tables

    @property
    def writer(self) -> ReasonWriter:
        """The writer of reasons with the grades of the tables."""
        return ReasonWriter(self.tables.grades)

    def stop(self, evidence: Evidence) -> StopAnswer | None:
        """Return the answer to the red flags that stand, None where there are none."""
        return stop_answer(evidence.standing, self.tables.flags, self.settings.emergency_number)
