"""Everything that follows from one finished session, found once: the page, the texts and the API show it.

``session_findings`` is the whole flow: the arrays of a ``SessionData`` go through one function for each
subject, and each gives frozen dataclasses, empty or None where the sensors could not tell.
``monitor.review.feedback_text`` makes sentences of them, ``monitor.review.report`` the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.core.message_catalogues import UserMessage
from monitor.review.asymmetry import Legs, compare_legs
from monitor.review.cue_outcomes import CoachedRun, CueOutcome, coached_run, cue_outcomes
from monitor.review.data_quality import data_limits
from monitor.review.downhill import Downhill, downhill
from monitor.review.history_comparison import (
    BaselineChange,
    PreviousRunsComparison,
    against_baseline,
    against_previous_runs,
)
from monitor.review.offline_comparison import OfflineComparison, against_offline
from monitor.review.splits import Change, Split, changes_over_thirds, kilometres, laps
from monitor.review.time_in_band import session_tracks
from monitor.storage.session_data import SessionData
from monitor.storage.session_info import StepColumns


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFindings:
    """The findings about one finished session, from which texts and reports are made.

    ``coached`` is None where no target was in force; ``outcomes`` are those of the cues that were due;
    ``fatigue`` compares the first with the last third of the running.
    """

    run: SessionData
    coached: CoachedRun | None
    outcomes: Sequence[CueOutcome]
    legs: Sequence[Legs]
    kilometres: Sequence[Split]
    laps: Sequence[Split]
    fatigue: Sequence[Change]
    previous: Sequence[PreviousRunsComparison]
    baseline: Sequence[BaselineChange]
    downhill: Downhill | None
    offline: OfflineComparison | None
    limits: Sequence[UserMessage]

    @property
    def worst_pain(self) -> float:
        """The highest pain noted about this session, from 0 (also without a note) to 10."""
        pains = (n.value for n in self.run.notes if n.kind == "pain" and n.value is not None)
        return max(pains, default=0.0)


def session_findings(
    run: SessionData,
    steps: StepColumns,
    previous: Sequence[SessionData] = (),
    first_strides: Sequence[Mapping[str, Any]] = (),
) -> SessionFindings:
    """Return everything that follows from a session.

    previous: the runner's earlier sessions, the newest first.  first_strides: the rows that re-analysis
    stored of the first strides, empty if it has not been run.
    """
    outcomes = cue_outcomes(run.cues, session_tracks(run))
    return SessionFindings(
        run=run,
        coached=coached_run(run, outcomes),
        outcomes=outcomes,
        legs=compare_legs(run, steps),
        kilometres=kilometres(run),
        laps=laps(run),
        fatigue=changes_over_thirds(run),
        previous=against_previous_runs(run, previous),
        baseline=against_baseline(run),
        downhill=downhill(run),
        offline=against_offline(run, steps, first_strides),
        limits=data_limits(run),
    )
