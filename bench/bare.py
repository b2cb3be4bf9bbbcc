"""The least anybody could do with the samples: one low-pass over them, in one piece."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import numpy as np
from scipy.signal import butter, sosfilt

from dsp.types import ImuChunk


def cost_s(chunks: Sequence[ImuChunk], times: int = 5) -> float:
    """Return the CPU seconds of ``sosfilt`` (fourth order, 30 Hz) over all samples; the median of some."""
    sos = butter(4, 30.0, fs=200.0, output="sos")
    data = [np.hstack([x for x in (c.acc_ms2, c.gyr_rads) if x is not None]) for c in chunks]
    spent = []
    for _ in range(times):
        began = time.process_time()
        for x in data:
            sosfilt(sos, x, axis=0)
        spent.append(time.process_time() - began)
    return max(statistics.median(spent), 1e-9)
