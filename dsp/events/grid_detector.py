"""What all detectors share: samples of one sensor, put on a uniform grid, go through a state machine.

A detector is split in three.  ``...Params`` (frozen) are its settings, each with its limits and its
origin; ``...Coefficients`` (frozen) follow from the settings, once; ``...State`` is all that changes.  So
``copy.deepcopy(detector.state)`` is a snapshot: given to a fresh detector of the same sensor, models and
settings, it goes on as the first one would have.

Samples are put on a grid (``dsp.filters.Resampler``) and kept for some seconds in a ``History``, addressed
by row.  A decision is taken only when a fixed stretch of rows after it is there, and rests on nothing
later; so what is found never depends on how the samples were cut.  A hole of more than 0.1 s is passed on
as a ``Gap``.  One too long to bridge ends the grid, and nothing is decided across it.

After every block a detector sets three times (``GridState``), with which ``dsp.detector_feed`` and the
engine know what they need not ask for.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from dsp.detector_feed import Detection
from dsp.filters import Block, History, Hole, Resampler
from dsp.types import Array, Gap, ImuChunk, Worn

ACC, GYR, FILLED = slice(0, 3), slice(3, 6), 6
"""Columns of a history of six axes: m/s², rad/s, and 1 where a row was bridged over lost samples."""


@dataclass(slots=True, kw_only=True)
class GridState:
    """GridState holds what changes in every detector: its grid, and how far it has decided.

    ``done_s``: no later contact will be earlier than this.  ``due_s``: samples before this time can bring
    no contact; ``still_s``: and before this time they cannot move ``done_s`` either.
    """

    resampler: Resampler
    history: History
    done_s: float = -math.inf
    due_s: float = -math.inf
    still_s: float = -math.inf


StateT = TypeVar("StateT", bound=GridState)


class GridDetector(ABC, Generic[StateT]):
    """A detector on a uniform grid: ``push`` samples, ``finish`` at the end; ``state`` is the snapshot."""

    def __init__(self, worn: Worn, state: StateT) -> None:
        self.worn = worn
        self.state = state

    @property
    def done_s(self) -> float:
        """Return the time (s) before which no further contact will lie."""
        return self.state.done_s

    @property
    def due_s(self) -> float:
        """Return the time (s) before which further samples can bring no contact."""
        return self.state.due_s

    @property
    def still_s(self) -> float:
        """Return the time (s) before which further samples cannot move ``done_s``."""
        return self.state.still_s

    def push(self, chunk: ImuChunk) -> Detection:
        """Return what these samples complete: contacts, gaps and readiness, in order of decision.

        Raises ``ValueError`` where the placement needs a gyroscope and the samples have none.
        """
        out: Detection = []
        for piece in self.state.resampler.push(chunk.t_s, self._grid_columns(chunk)):
            if isinstance(piece, Hole):
                out += self._interrupt(piece)
                out.append(Gap(self.worn.sensor, piece.start_s, piece.end_s))
            else:
                out += self._detect_in_block(piece)
        return out

    @abstractmethod
    def finish(self) -> Detection:
        """Return what can still be decided when no more samples come."""

    @abstractmethod
    def _grid_columns(self, chunk: ImuChunk) -> Array:
        """The columns (n, k) that go on the grid."""

    @abstractmethod
    def _detect_in_block(self, block: Block) -> Detection:
        """What the next rows of the grid complete."""

    def _interrupt(self, hole: Hole) -> Detection:
        """What a hole completes; the block after it is ``fresh`` unless the hole is bridged."""
        return []


def six_axes(chunk: ImuChunk, worn: Worn) -> Array:
    """Return acceleration and rotation side by side (n, 6); ``ValueError`` without a gyroscope."""
    if chunk.gyr_rads is None:
        raise ValueError(f"{worn.sensor}: a {worn.placement} sensor needs a gyroscope; wear it as 'ankle'")
    return np.concatenate((chunk.acc_ms2, chunk.gyr_rads), axis=1)
