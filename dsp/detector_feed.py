"""One sensor in the engine: its detector, and the samples the detector need not look at yet."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from dsp.types import Contact, Gap, ImuChunk, Readiness

Detection = list[Contact | Gap | Readiness]


class Detector(Protocol):
    """Samples of one sensor to contacts; what it finds does not depend on how they are cut."""

    done_s: float
    """No contact will be earlier than this, as far as it has looked."""
    due_s: float
    """Samples before this time can bring no contact,"""
    still_s: float
    """and before this time they cannot move ``done_s`` either."""

    def push(self, chunk: ImuChunk, /) -> Detection: ...

    def finish(self) -> Detection: ...


class Feed:
    """Samples wait here until they can decide something, then the detector gets them in one piece.

    So a detector works about three times a stride, however small the packets are.
    """

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self.seen_s = -math.inf  # time of the last sample
        self._waiting: list[ImuChunk] = []

    def push(self, chunk: ImuChunk) -> Detection:
        """What these samples bring, not later than if every one were looked at."""
        self._waiting.append(chunk)
        self.seen_s = float(chunk.t_s[-1])
        return self.look() if self.seen_s >= self.detector.due_s else []

    def reaches(self, t_s: float) -> bool:
        """Whether a look now could move ``done_s`` to ``t_s``."""
        return bool(self._waiting) and self.seen_s >= max(t_s, self.detector.still_s)

    def look(self) -> Detection:
        """Let the detector have all that waits."""
        if not self._waiting:
            return []
        chunk = _joined(self._waiting)
        self._waiting = []
        return self.detector.push(chunk)

    def finish(self) -> Detection:
        """No more samples."""
        return self.look() + self.detector.finish()


def _joined(chunks: list[ImuChunk]) -> ImuChunk:
    if len(chunks) == 1:
        return chunks[0]
    rates = [c.gyr_rads for c in chunks if c.gyr_rads is not None]
    return ImuChunk(
        chunks[0].sensor,
        np.concatenate([c.t_s for c in chunks]),
        np.concatenate([c.acc_ms2 for c in chunks]),
        np.concatenate(rates) if rates else None,
    )
