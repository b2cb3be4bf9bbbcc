"""What two seconds of one sensor say for running and against walking, as one number a placement.

A walker always has a foot on the ground and, on each leg, a rest; a runner has neither.  What of it a
sensor feels depends on where it is worn:

- **foot, shank** (with a gyroscope): the share of samples at rest, ``rest_share``.  Walking feet rest for
  a third of the stride, running ones hardly.
- **ankle** (acceleration alone): how far from 1 g it usually is, over the longest time in a row that it
  is at 1 g: ``ankle_restlessness``.  Walking legs rest for 0.2 s and more at a time, running ones for at
  most 0.14 s.
- All of these only of legs that land, which those on a bicycle do not: ``lands``.
- **waist, hip, pelvis**: how quick the steps are, how far the force rises above the weight, and how
  much further than it falls below: ``trunk_vigour``.  Flight alone does not tell them apart: a brisk walk
  of elderly people goes as close to free fall as a jog (both 0.18 g), but its steps are slower, its
  landings softer, and its force swings up and down alike.

Windows are put on one grid of 50 Hz, so that a sensor's own rate does not matter; only the share of rest
counts samples as they come.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from dsp.types import Array

EVIDENCE_RATE_HZ = 50.0
_STILL_G = 0.2  # this close to 1 g is rest
_SHORTEST_REST_S = 0.04  # added to every rest: the grid sees none shorter
_STEP_HZ = np.arange(1.2, 3.61, 0.05)  # 72 to 216 steps a minute
_LEAST_FALL_G = 0.05
_LEAST_SHARE = 0.20  # of the movement must be at the step rate; real runs: 0.3 to 0.8, jumps less


def rest_share(acc_g: Array, gyr_rads: Array, most_rads: float) -> float:
    """Return the share of samples (n,) at rest, from norms of acceleration in g and rotation in rad/s.

    Rest is turning slower than ``most_rads``.
    """
    return float(np.mean((gyr_rads < most_rads) & (np.abs(acc_g - 1) < _STILL_G)))


def lands(acc_g: Array, least_hz: float = 2.6) -> bool:
    """Return whether a leg's norms (n,) at 50 Hz have landings in them.

    A foot that lands stops within hundredths of a second, one on a pedal never does.  The measure is the
    root mean square frequency of the norm, at least ``least_hz``: 99 of 100 windows of two seconds of
    running legs are above 3.3 Hz (Fukuchi 2017, Hamner 2013, Har-Lab, PyShoe), of walking ankles above 2.9
    (Har-Lab); feet, ankles and shanks on a crank of 60 to 100 turns a minute (simulated) have 1.3 to 2.5.
    """
    swing = acc_g - acc_g.mean()
    power, change = float(swing @ swing) / len(swing), np.diff(acc_g)
    least = 2 * np.pi * least_hz / EVIDENCE_RATE_HZ
    return float(change @ change) / max(1, len(change)) > least**2 * power


def ankle_restlessness(acc_g: Array) -> float:
    """Return the usual distance from 1 g over the longest rest, in g/s, of a leg's norms (n,) at 50 Hz.

    Real ankles (Har-Lab, 4 people): walking 19 of 20 windows below 1.8, and 99 of 100 below 5.9; jogging at
    2.5 m/s 171 of 174 above 5.6, and three of one person's below 2.5.  Legs of 20 virtual runners: 99 of
    100 above 2.9 (Fukuchi 2017, Hamner 2013).
    """
    away = np.abs(acc_g - 1)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (away < _STILL_G).astype(int), [0]))))
    longest = float(np.max(edges[1::2] - edges[::2], initial=0)) / EVIDENCE_RATE_HZ
    return float(np.median(away)) / (longest + _SHORTEST_REST_S)


def trunk_vigour(acc_g: Array) -> float:
    """Return f³ u² / d of the trunk's norms (n,) at 50 Hz: step rate f in Hz, u above and d below 1 g.

    u and d are those that 1 sample in 20 exceeds.  It is 0 where too little of the movement has one rate
    (jumps, a car).  Medians of real waists: 14 people walk at 12.2 at most, however briskly, and jog
    above 20, the slowest at 140 steps/min (SisFall 2017, Har-Lab).
    """
    cosines, sines, hann = _waves(len(acc_g))
    swing = acc_g - acc_g.mean()
    seen = swing * hann
    power = (cosines @ seen) ** 2 + (sines @ seen) ** 2
    top = int(power.argmax())
    at_step_rate = 2 * float(power[top]) / hann.sum() ** 2
    if at_step_rate < _LEAST_SHARE * float(swing @ swing) / len(swing):
        return 0.0
    places = np.array((0.05, 0.95)) * (len(acc_g) - 1)
    fall, rise = (float(q) - 1 for q in np.interp(places, np.arange(len(acc_g)), np.sort(acc_g)))
    return float(_STEP_HZ[top]) ** 3 * max(0.0, rise) ** 2 / max(_LEAST_FALL_G, -fall)


@lru_cache(maxsize=8)
def _waves(n: int) -> tuple[Array, Array, Array]:
    """Cosines and sines of every step rate (49, n) and the window (n,) that n samples are seen through.

    One complex product would be shared by all cores, which wait for each other for milliseconds where
    something else runs on one of them.
    """
    turns = 2 * np.pi * np.outer(_STEP_HZ, np.arange(n) / EVIDENCE_RATE_HZ)
    return np.cos(turns), np.sin(turns), np.hanning(n + 2)[1:-1]
