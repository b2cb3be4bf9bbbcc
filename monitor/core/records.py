"""What the service tells its sinks besides the records of ``dsp``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dsp.types import Activity, ActivityChange, Metric, Record, Step


class LinkState(StrEnum):
    """The state of the connection to a sensor, in words a runner understands (``text`` says more)."""

    SEARCHING = "searching"
    CONNECTING = "connecting"
    STREAMING = "streaming"
    SILENT = "silent"
    LOST = "lost"
    OFF = "off"  # Bluetooth is off or the adapter is unplugged


@dataclass(frozen=True, slots=True)
class SensorStatus:
    """A record of how one sensor is doing at ``t_s``, sent on a change and at least every 5 s.

    After an hour of silence it is sent ever more seldom: each time that the silence grew by 0.14 %.
    """

    t_s: float
    sensor: str
    link: LinkState
    text: str
    received: int = 0  # samples or readings so far
    lost: int = 0  # samples known to be missing so far
    rate_hz: float | None = None
    silent_s: float = 0.0  # since the last packet
    battery_pct: float | None = None
    clock_sd_ms: float | None = None  # uncertainty of the time base; None before it is known
    clock_ppm: float | None = None  # how fast its clock runs
    clock_jitter_ms: float | None = None  # SD of arrival about the time base: what was removed
    repeated: int = 0  # packets that came twice or out of turn, and were dropped
    bad: int = 0  # packets that could not be read


SINK_STARTING = "starting"
"""The text of a sink that has had no answer from its far end yet."""


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """A record of how one sink is doing: ``backlog`` records wait, ``dropped`` were given up.

    ``behind_s`` is the session time of now less that of the last record that arrived.
    """

    t_s: float
    sink: str
    ok: bool
    text: str
    backlog: int = 0
    dropped: int = 0
    behind_s: float | None = None


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The first record of a session.  ``started_utc`` ISO 8601."""

    session: str
    athlete: str
    started_utc: str
    sensors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The last record of a session."""

    session: str
    t_s: float
    reason: str


Out = Record | SensorStatus | SinkStatus | SessionStarted | SessionEnded
"""Everything a sink must be able to take; what it has no use for it ignores."""

_OF_A_BODY = ("heart_rate_bpm", "power_w")


def has_movement(records: Iterable[Out]) -> bool:
    """Return whether these records hold anything of a run: a step, walking or running, a heart or power."""
    return any(
        isinstance(r, Step)
        or (isinstance(r, ActivityChange) and r.activity in (Activity.WALK, Activity.RUN))
        or (isinstance(r, Metric) and r.estimate.metric in _OF_A_BODY and r.estimate.value > 0)
        for r in records
    )
