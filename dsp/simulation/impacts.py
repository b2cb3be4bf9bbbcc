"""How a worn case rings after every landing."""

from __future__ import annotations

import math

import numpy as np

from dsp.types import Array


def trunk_ringing(t_s: Array, at_s: Array, kick_ms2: Array, ring_hz: float, damping: float) -> Array:
    """Return a damped oscillation (n, 3) after every impact.

    It goes towards its ``kick_ms2``, (3,) or (impacts, 3), first.
    """
    last = np.clip(np.searchsorted(at_s, t_s, side="right") - 1, 0, None)
    since = np.clip(t_s - at_s[last], 0, 10)
    w = 2 * math.pi * ring_hz
    wave = np.exp(-damping * w * since) * np.sin(w * math.sqrt(1 - damping**2) * since)
    return np.asarray(wave[:, None] * np.broadcast_to(kick_ms2, (len(at_s), 3))[last])


def mount_ringing(t_s: Array, at_s: Array, kick_ms2: Array, ring_hz: float, damping: float) -> Array:
    """Return acceleration (n, 3) of a case that swings on its mount after every impact and comes to rest.

    The second derivative of ``(1 - exp(-rise t))^2 exp(-damping w t) sin(w t)``, scaled so that its peak is
    ``kick_ms2``, (3,) or (impacts, 3): unlike a decaying wave of acceleration it moves the case neither
    away nor on, which would read as a slope of several per cent.
    """
    last = np.clip(np.searchsorted(at_s, t_s, side="right") - 1, 0, None)
    since = np.clip(t_s - at_s[last], 0, 10)
    peak = np.abs(_ringing_wave(np.arange(0.0, 0.1, 1e-4), ring_hz, damping)).max()
    wave = np.where(t_s >= at_s[0], _ringing_wave(since, ring_hz, damping) / peak, 0.0)
    return np.asarray(wave[:, None] * np.broadcast_to(kick_ms2, (len(at_s), 3))[last])


def _ringing_wave(since_s: Array, ring_hz: float, damping: float) -> Array:
    w = 2 * math.pi * ring_hz
    spin, rise = w * math.sqrt(1 - damping**2), w
    out = np.zeros(len(since_s))
    for weight, fall in ((1, damping * w), (-2, damping * w + rise), (1, damping * w + 2 * rise)):
        sine, cosine = np.sin(spin * since_s), np.cos(spin * since_s)
        out += weight * np.exp(-fall * since_s) * ((fall**2 - spin**2) * sine - 2 * fall * spin * cosine)
    return out
