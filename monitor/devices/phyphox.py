"""A phone with the app phyphox, asked over its "remote access": acceleration, angular rate.

Format: phyphox-android RemoteServer.java (facts only).  Each answer holds what is new since the last;
buffers are those of its built-in experiments (``acc_time accX accY accZ``, ``gyr_time gyrX ...``),
times in seconds of the experiment.  Fine for a trial; a radio link of its own is better for long runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dsp.types import Array
from monitor.core.errors import ConfigError, DecodeError
from monitor.core.packet import Decoded, Packet, Samples
from monitor.core.session_settings import SensorSettings
from monitor.devices.binary_fields import acc_rows, gyr_rows
from monitor.devices.json_fields import json_number, read_object
from monitor.devices.stream_merger import StreamMerger

PHYPHOX_CHANNEL = "poll"
OPTIONS = ("address",)
BUFFERS = {name: (f"{name}_time", f"{name}X", f"{name}Y", f"{name}Z") for name in ("acc", "gyr")}

_HOLE_S = 0.1
_DEFAULT_HZ = 100.0
_LONGEST_S = 1e6  # of an experiment


def decode(payload: bytes) -> dict[str, Array]:
    """Return new rows (n, 4) of s, x, y, z by signal, in time order; rows with a null are left out."""
    buffers = read_object(payload, "phyphox answer").get("buffer")
    if not isinstance(buffers, dict):
        raise DecodeError("phyphox answer without buffers")
    found: dict[str, Array] = {}
    for signal, names in BUFFERS.items():
        columns = [_buffer_values(buffers.get(name)) for name in names]
        rows = [row for row in zip(*columns, strict=False) if None not in row]
        table = np.array(sorted(r for r in rows if 0 <= r[0] < _LONGEST_S), np.float64).reshape(-1, 4)
        _, first = np.unique(table[:, 0], return_index=True)
        found[signal] = table[first]
    return found


def newest_s(payload: bytes) -> dict[str, float]:
    """Return the time of the last row of each signal that has one: from where the next question goes on."""
    return {signal: float(rows[-1, 0]) for signal, rows in decode(payload).items() if len(rows)}


def experiment_run(payload: bytes) -> str:
    """Return which run of the experiment this is; clearing begins another."""
    status = read_object(payload, "phyphox answer").get("status")
    return str(status.get("session")) if isinstance(status, Mapping) else ""


def _buffer_values(buffer: Any) -> list[float | None]:
    values = buffer.get("buffer") if isinstance(buffer, dict) else None
    return [json_number(value) for value in values] if isinstance(values, list) else []


class PhyphoxDecoder:
    """A decoder of one phone's samples; angular rate where the experiment has it from the start."""

    def __init__(self, settings: SensorSettings) -> None:
        address = settings.options.get("address")
        if not isinstance(address, str) or not address.startswith(("http://", "https://")):
            raise ConfigError("error.phyphox_address", name=settings.name)
        self._rate_hz = settings.rate_hz or _DEFAULT_HZ
        self._link = -1
        self._session = ""
        self._join: StreamMerger | None = None
        self._two = False

    def decode(self, packet: Packet) -> list[Decoded]:
        """Decode the answer to one poll; ``DecodeError`` for anything else."""
        if packet.channel != PHYPHOX_CHANNEL:
            raise DecodeError(f"phyphox has no channel {packet.channel!r}")
        found, run = decode(packet.payload), experiment_run(packet.payload)
        if packet.link != self._link or run != self._session:
            self._link, self._session, self._join = packet.link, run, None
        if self._join is None:
            if not len(found["acc"]):
                return []
            self._join = StreamMerger(("acc", "gyr") if len(found["gyr"]) else ("acc",), _HOLE_S)
            self._two = bool(len(found["gyr"]))
        for signal in ("acc", "gyr") if self._two else ("acc",):
            self._join.push(signal, found[signal][:, 0], found[signal][:, 1:])
        joined = self._join.take()
        if joined is None:
            return []
        device_s, (acc, *gyr) = joined
        return [
            Samples(
                acc_ms2=acc_rows(acc, 1.0),
                gyr_rads=gyr_rows(gyr[0], 1.0) if gyr else None,
                nominal_hz=self._rate_hz,
                device_s=device_s,
            )
        ]
