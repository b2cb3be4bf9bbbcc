"""Samples of a file as packets that a radio would send, and whether they can be what is said of them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dsp.types import Array, Placement, Runner, Side
from monitor.core.errors import InputError
from monitor.core.packet import Packet
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices import plain
from monitor.recordings.recording import Recording

PACKET_S = 0.1  # samples of this much time travel together
_SPEED_SENSOR = "treadmill"
_GPS_SENSOR = "gps"

REST_LOW_MS2, REST_HIGH_MS2 = 5.5, 80.0
"""Median norm of specific force, standing to sprinting, foot to pelvis.  All recordings of runners
and walkers we measured lie within 7.6 and 48 m/s²; the same in g would lie below 5."""
LONGEST_RECORDING_S = 4 * 86_400.0
"""The longest races take less, watches stop before, and views hold every second of a session."""
_JUMP_S = 86_400.0
_FASTEST_RADS = 75.0
"""99th percentile of the norm of angular rate; the fastest gyroscopes end at 4000 deg/s = 70 rad/s."""


@dataclass(frozen=True, slots=True)
class Signal:
    """``Signal`` is one sensor of a file: ``t_s`` (n,), ``acc_ms2`` (n, 3), ``gyr_rads`` (n, 3) or None."""

    placement: Placement
    side: Side | None
    t_s: Array
    acc_ms2: Array
    gyr_rads: Array | None
    left_out: int = 0  # samples on the other side of a jump of the clock

    @property
    def name(self) -> str:
        """The sensor's name is its placement and side: ``footL``, ``pelvis`` ..."""
        return f"{self.placement}{self.side or ''}"

    @property
    def rate_hz(self) -> float:
        """The median rate of the samples in Hz."""
        return float(1 / np.median(np.diff(self.t_s)))


def recording_from_signals(
    title: str,
    streams: Sequence[Signal],
    runner: Runner | None = None,
    speed: dict[str, float] | None = None,
    track: _Track | None = None,
) -> Recording:
    """Return a recording of these signals, one sensor each.

    ``speed`` are readings that held all the time; ``track`` are times (n,) and values (n,) of what a GPS
    gave, by quantity (NaN where it did not).
    """
    streams, track = _from_zero(streams, track)
    sensors = [
        SensorSettings(name=s.name, kind="plain", placement=s.placement, side=s.side, rate_hz=s.rate_hz)
        for s in streams
    ]
    start, end = min(float(s.t_s[0]) for s in streams), max(float(s.t_s[-1]) for s in streams)
    if speed:
        sensors.append(SensorSettings(name=_SPEED_SENSOR, kind="plain", placement=Placement.POD))
    if track:
        sensors.append(SensorSettings(name=_GPS_SENSOR, kind="plain", placement=Placement.POD))
    settings = SessionSettings(runner=runner or Runner(), sensors=tuple(sensors))
    left_out = sum(s.left_out for s in streams)
    remarks = (f"its clock jumped by more than a day: {left_out} samples are left out",) if left_out else ()

    def packets() -> Iterator[Packet]:
        flows = [_imu_packets(s) for s in streams]
        if speed:
            flows.append(_speed_packets(speed, start, end))
        if track:
            flows.append(_track_packets(*track))
        return heapq.merge(*flows, key=lambda packet: packet.arrival_ns)

    count = sum(len(_packet_edges(s.t_s)) - 1 for s in streams)
    count += len(np.arange(start, end, 1.0)) if speed else 0
    count += len(track[0]) if track else 0
    return Recording(title, settings, end - start, count, packets, remarks=remarks)


def checked_signal(signal: Signal, where: str) -> Signal:
    """Return the signal without samples that are not numbers: they leave a hole, which becomes a gap.

    A hole of more than a day is a clock that jumped (from 1970 to now): the larger part is returned.
    ``InputError`` unless the rest can be what it is said to be.
    """
    acc, gyr = signal.acc_ms2, signal.gyr_rads
    if len(acc) < 2:
        raise InputError("error.few_samples", where=where, count=len(acc))
    good = np.isfinite(acc).all(axis=1)
    if gyr is not None:
        good &= np.isfinite(gyr).all(axis=1)
    if good.mean() < 0.5:
        raise InputError("error.nan", where=where)
    if good.sum() < 2:
        raise InputError("error.few_samples", where=where, count=int(good.sum()))
    finite = Signal(
        signal.placement, signal.side, signal.t_s[good], acc[good], None if gyr is None else gyr[good]
    )
    finite = _larger_part(finite)
    if len(finite.t_s) < 2:
        raise InputError("error.few_samples", where=where, count=len(finite.t_s))
    _check_plausible(finite, where)
    if finite.t_s[-1] - finite.t_s[0] > LONGEST_RECORDING_S:
        raise InputError("error.long_recording", where=where, days=LONGEST_RECORDING_S / 86_400)
    return finite


def _larger_part(signal: Signal) -> Signal:
    """Return the part with the most samples between holes of more than a day."""
    edges = [0, *(np.flatnonzero(np.abs(np.diff(signal.t_s)) > _JUMP_S) + 1).tolist(), len(signal.t_s)]
    a, b = max(pairwise(edges), key=lambda part: part[1] - part[0])
    if b - a == len(signal.t_s):
        return signal
    gyr = None if signal.gyr_rads is None else signal.gyr_rads[a:b]
    left_out = len(signal.t_s) - (b - a)
    t_s, acc = signal.t_s[a:b], signal.acc_ms2[a:b]
    return replace(signal, t_s=t_s, acc_ms2=acc, gyr_rads=gyr, left_out=left_out)


_Track = tuple[Array, Mapping[str, Array]]


def _from_zero(streams: Sequence[Signal], track: _Track | None) -> tuple[Sequence[Signal], _Track | None]:
    """Return signals and track of a session, whose seconds begin at zero: times of a day or less are kept.

    What a GPS gave more than a day before or after the samples is left out.
    """
    start, end = min(float(s.t_s[0]) for s in streams), max(float(s.t_s[-1]) for s in streams)
    shift = 0.0 if 0 <= start <= _JUMP_S else float(np.floor(start))
    if track is not None:
        near = (track[0] >= max(start - _JUMP_S, shift)) & (track[0] <= end + _JUMP_S)
        track = track[0][near] - shift, {name: values[near] for name, values in track[1].items()}
    return [replace(s, t_s=s.t_s - shift) for s in streams] if shift else streams, track


def _check_plausible(signal: Signal, where: str) -> None:
    acc, gyr = signal.acc_ms2, signal.gyr_rads
    norm = float(np.median(np.linalg.norm(acc, axis=1)))
    if not REST_LOW_MS2 <= norm <= REST_HIGH_MS2:
        raise InputError("error.norm", where=where, norm=f"{norm:.3g}")
    if gyr is not None:
        fast = float(np.quantile(np.linalg.norm(gyr, axis=1), 0.99))
        if fast > _FASTEST_RADS:
            raise InputError("error.too_fast", where=where, fast=fast)
    if signal.placement in (Placement.FOOT, Placement.SHANK) and gyr is None:
        raise InputError("error.no_gyroscope", where=where, placement=signal.placement)
    if not 20 <= signal.rate_hz <= 5000:
        raise InputError("error.sample_rate", where=where, rate_hz=f"{signal.rate_hz:.3g}")


def _packet_edges(t_s: Array) -> Array:
    """Return the first rows of the packets, and the end.  A packet ends with its tenth of a second."""
    tenth = np.floor((t_s - t_s[0]) / PACKET_S + 1e-6)
    return np.concatenate(([0], np.flatnonzero(np.diff(tenth)) + 1, [len(t_s)]))


def _imu_packets(stream: Signal) -> Iterator[Packet]:
    cuts, rate_hz = _packet_edges(stream.t_s).tolist(), stream.rate_hz
    number = np.round((stream.t_s - stream.t_s[0]) * rate_hz).astype(np.int64).tolist()
    for a, b in pairwise(cuts):
        t_s = stream.t_s[a:b]
        gyr = None if stream.gyr_rads is None else stream.gyr_rads[a:b]
        payload = plain.encode_imu(number[a], rate_hz, t_s, stream.acc_ms2[a:b], gyr)
        yield Packet(stream.name, round(float(t_s[-1]) * 1e6) * 1000, plain.IMU, payload)


def _speed_packets(speed: dict[str, float], start_s: float, end_s: float) -> Iterator[Packet]:
    payload = plain.encode_values(speed)
    for t_s in np.arange(start_s, end_s, 1.0):
        yield Packet(_SPEED_SENSOR, round(float(t_s) * 1e9), plain.VALUES, payload)


def _track_packets(t_s: Array, columns: Mapping[str, Array]) -> Iterator[Packet]:
    for k, t in enumerate(t_s.tolist()):
        values = {name: float(column[k]) for name, column in columns.items() if np.isfinite(column[k])}
        yield Packet(_GPS_SENSOR, round(t * 1e9), plain.VALUES, plain.encode_values(values))
