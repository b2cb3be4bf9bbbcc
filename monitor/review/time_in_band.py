"""Was the target met, and what did the cues do?  The counting is the ledger's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsp.types import Band, Cue, Estimate, Metric
from monitor.review import cue_outcomes as ledger
from monitor.storage.session_data import Run


@dataclass(frozen=True, slots=True)
class Coached:
    """Time in band, every due cue, and what followed: of all spoken cues, and of speaking itself."""

    in_band: ledger.InBand
    entries: Sequence[ledger.Entry]
    response: ledger.Response
    effect: ledger.Effect | None

    @property
    def judged_s(self) -> float:
        return float(self.in_band.on_s + self.in_band.off_s)

    @property
    def share(self) -> float | None:
        """In band at all, cued or not."""
        good = self.in_band.on_in_s + self.in_band.off_in_s
        return good / self.judged_s if self.judged_s else None


def coached(run: Run) -> Coached | None:
    """None where no target was in force."""
    if not run.bands:
        return None
    records = _records(run)
    entries = ledger.entries(records)
    spoken = [e for e in entries if not e.cue.withheld]
    return Coached(ledger.in_band(records), entries, ledger.response(spoken), ledger.effect(entries))


def _records(run: Run) -> list[Metric | Band | Cue]:
    """What the ledger reads, from the columns: seconds of the metrics that have a band."""
    out: list[Metric | Band | Cue] = [*run.bands, *run.cues]
    for name in {band.metric for band in run.bands} & set(run.columns):
        column = run.columns[name]
        for at in np.flatnonzero(np.isfinite(column.value)).tolist():
            value, sd = float(column.value[at]), float(column.sd[at])
            out.append(Metric(float(at), None, Estimate(name, value, sd, column.how)))
    return out
