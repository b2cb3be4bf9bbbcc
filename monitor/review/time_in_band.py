"""Was the target met, and what did the cues do?  The counting is the ledger's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsp.types import Band, Cue, Estimate, Metric
from monitor.review import cue_outcomes
from monitor.storage.session_data import SessionData


@dataclass(frozen=True, slots=True)
class CoachedRun:
    """Time in band, every due cue, and what followed: of all spoken cues, and of speaking itself."""

    in_band: cue_outcomes.InBand
    entries: Sequence[cue_outcomes.CueOutcome]
    response: cue_outcomes.Response
    effect: cue_outcomes.Effect | None

    @property
    def judged_s(self) -> float:
        return float(self.in_band.on_s + self.in_band.off_s)

    @property
    def share(self) -> float | None:
        """In band at all, cued or not."""
        good = self.in_band.on_in_s + self.in_band.off_in_s
        return good / self.judged_s if self.judged_s else None


def coached_run(run: SessionData) -> CoachedRun | None:
    """None where no target was in force."""
    if not run.bands:
        return None
    records = _records(run)
    entries = cue_outcomes.cue_outcomes(records)
    spoken = [e for e in entries if not e.cue.withheld]
    return CoachedRun(
        cue_outcomes.in_band(records), entries, cue_outcomes.response(spoken), cue_outcomes.effect(entries)
    )


def _records(run: SessionData) -> list[Metric | Band | Cue]:
    """What the ledger reads, from the columns: seconds of the metrics that have a band."""
    out: list[Metric | Band | Cue] = [*run.bands, *run.cues]
    for name in {band.metric for band in run.bands} & set(run.columns):
        column = run.columns[name]
        for at in np.flatnonzero(np.isfinite(column.value)).tolist():
            value, sd = float(column.value[at]), float(column.sd[at])
            out.append(Metric(float(at), None, Estimate(name, value, sd, column.how)))
    return out
