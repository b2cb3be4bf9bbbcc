"""What sources hand over and decoders make of it: bytes with their arrival time, then samples."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from dsp.types import Array, built_quickly


@built_quickly
@dataclass(frozen=True, slots=True)
class Packet:
    """A notification, HTTP body or MQTT message exactly as it came.

    ``sensor`` is the name in the settings; ``arrival_ns`` the steady clock of the receiving
    machine, counted from the start of the session; ``channel`` says which characteristic or kind
    of message (the decoder knows its names); ``link`` counts the connections of this sensor, so
    that counters and partial frames of an old connection are never mixed with a new one.
    """

    sensor: str
    arrival_ns: int
    channel: str
    payload: bytes
    link: int = 0


RUNNER = "/runner"
"""The ``sensor`` of packets that bring no data but a wish of the runner or a coach's line; no sensor can be
called so."""
STOP_CUES = "stop_cues"
"""The ``channel`` of the wish to end targets and cues; the payload is why, which no record repeats."""

SAY_LINE = "say_line"
"""The ``channel`` of a line that a coach writes to the runner; the payload is JSON with its ``text``."""


PAUSE, RESUME, LAP, INTERVALS = "pause", "resume", "lap", "intervals"
"""The ``channel`` of wishes to the runner's timer (``monitor.pipeline.run_timer``)."""


def wish_packet(t_s: float, channel: str, payload: bytes = b"") -> Packet:
    """Return the packet that brings a wish of the runner, made at the session second ``t_s``."""
    return Packet(RUNNER, max(0, round(t_s * 1e9)), channel, payload)


def stop_cues_packet(t_s: float, reason: str) -> Packet:
    """Return the packet that ends targets and cues from the session second ``t_s`` on."""
    return wish_packet(t_s, STOP_CUES, reason.encode())


def say_line_packet(t_s: float, text: str, *, when_stopped: bool) -> Packet:
    """Return the packet with a coach's line that came in the session second ``t_s``.

    ``when_stopped``: it may be said in a run that was stopped, too.
    """
    body = json.dumps({"text": text, "when_stopped": when_stopped}, ensure_ascii=False)
    return Packet(RUNNER, max(0, round(t_s * 1e9)), SAY_LINE, body.encode())


@built_quickly
@dataclass(frozen=True, slots=True)
class Samples:
    """IMU rows out of one packet.  ``acc_ms2`` (n, 3), ``gyr_rads`` (n, 3) or None.

    Time, as far as the device tells it: ``device_s`` (n,) seconds on the device's own clock
    (already unwrapped within the packet, ``device_wrap_s`` its range, None if it never wraps), or
    None for devices without a clock, which are timed by counting samples.  ``sequence`` is the
    device's packet or sample number if there is one (``sequence_wrap`` its range) and
    ``per_sequence`` how many samples one count stands for; together they tell how many were lost.
    ``nominal_hz`` is the rate the device was asked for.  ``in_order``: the decoder has put packets in order
    and dropped repeats, so device time that goes back is a clock that was set.
    """

    acc_ms2: Array
    gyr_rads: Array | None
    nominal_hz: float
    device_s: Array | None = None
    device_wrap_s: float | None = None
    sequence: int | None = None
    sequence_wrap: int | None = None
    per_sequence: int = 1
    in_order: bool = False

    def __len__(self) -> int:
        return len(self.acc_ms2)


@dataclass(frozen=True, slots=True)
class Values:
    """Finished numbers out of one packet, by metric-like name with unit (``speed_mps`` ...).

    ``age_s`` is how long before arrival they were true, as far as the device tells;
    ``device_s`` the instant on the device's clock if it gives one.  ``note`` is something the runner
    should hear about the sensor itself; a decoder says each thing once.
    """

    values: dict[str, float] = field(default_factory=dict)
    age_s: float = 0.0
    device_s: float | None = None
    note: str = ""


Decoded = Samples | Values
