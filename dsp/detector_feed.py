"""One sensor in the engine: its detector, and the samples the detector need not look at yet.

A look costs about the same for one sample as for a hundred.  Each detector says when its next look can
bring a contact (``due_s``) and when it can move the time up to which all is decided (``still_s``); until
then samples wait here.  A contact therefore comes with the same sample as if every one had been looked
at, and the engine asks for an early look (``look``) only where ``done_s`` of this sensor holds up
another.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from dsp.types import Contact, Gap, ImuChunk, Readiness, SensorProblem

Detection = list[Contact | Gap | Readiness | SensorProblem]


class Detector(Protocol):
    """A detector turns samples of one sensor into contacts, the same however they are cut."""

    @property
    def done_s(self) -> float:
        """Return the time (s) before which no further contact will lie."""

    @property
    def due_s(self) -> float:
        """Return the time (s) before which further samples can bring no contact."""

    @property
    def still_s(self) -> float:
        """Return the time (s) before which further samples cannot move ``done_s``."""

    def push(self, chunk: ImuChunk, /) -> Detection:
        """Return what these samples complete, in order of decision."""

    def finish(self) -> Detection:
        """Return what can still be decided when no more samples come."""


class Feed:
    """A feed keeps samples until they can decide something, then gives them to the detector in one piece.

    So a detector works about three times a stride, however small the packets are.
    """

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self.seen_s = -math.inf  # time of the last sample
        self._waiting: list[ImuChunk] = []
        self._note_times()

    def _note_times(self) -> None:
        """Take over the detector's times, which only a look can move and every packet asks for."""
        self.done_s = self.detector.done_s
        self._due_s, self._still_s = self.detector.due_s, self.detector.still_s

    def push(self, chunk: ImuChunk) -> Detection:
        """Return what these samples bring, with the same sample as if every one were looked at."""
        self._waiting.append(chunk)
        self.seen_s = chunk.t_s.item(-1)
        return self.look() if self.seen_s >= self._due_s else []

    def reaches(self, t_s: float) -> bool:
        """Return whether a look now could move the detector's ``done_s`` to ``t_s``."""
        return bool(self._waiting) and self.seen_s >= t_s and self.seen_s >= self._still_s

    def look(self) -> Detection:
        """Give the detector all samples that wait, and return what they bring."""
        if not self._waiting:
            return []
        chunk = _joined_chunks(self._waiting)
        self._waiting = []
        out = self.detector.push(chunk)
        self._note_times()
        return out

    def finish(self) -> Detection:
        """Return what the samples that wait and the end of the input bring."""
        return self.look() + self.detector.finish()


def _joined_chunks(chunks: list[ImuChunk]) -> ImuChunk:
    if len(chunks) == 1:
        return chunks[0]
    rates = [c.gyr_rads for c in chunks if c.gyr_rads is not None]
    return ImuChunk(
        chunks[0].sensor,
        np.concatenate([c.t_s for c in chunks]),
        np.concatenate([c.acc_ms2 for c in chunks]),
        np.concatenate(rates) if rates else None,
    )
