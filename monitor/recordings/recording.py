"""``Recording``: settings and packets of one session, whatever they were read from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dsp.types import Placement, Side
from monitor.core.activity_facts import ActivityFacts
from monitor.core.errors import ConfigError
from monitor.core.packet import Packet
from monitor.core.session_settings import SessionSettings


@dataclass(frozen=True, slots=True)
class Wearing:
    """``Wearing`` is what the operator says about a file that does not say it itself."""

    placement: Placement | None = None
    side: Side | None = None
    with_speed: bool = False
    columns: str = ""  # of a CSV that is not in our own form; see ``monitor.recordings.generic_csv``


WEARABLE = ", ".join(p for p in Placement if p is not Placement.POD)
"""Placements of sensors that give samples, as a list for messages."""


def require_placement(path: Path, wearing: Wearing, device: str = "sensor") -> Placement:
    """Return where the operator says that the device was worn; ``ConfigError`` if he does not."""
    if wearing.placement is None:
        raise ConfigError("error.placement_missing", path=path, device=device, wearable=WEARABLE)
    return wearing.placement


@dataclass(frozen=True, slots=True)
class Recording:
    """``Recording`` holds settings and packets of one session; ``packets`` may be called again and again.

    ``count`` is the number of packets.  ``started_utc`` and ``session`` are empty where the file does not
    tell.  ``remarks`` are what the runner should know about the file; ``source`` is the file's fingerprint,
    ``member`` where in an archive it stood, empty for a file of its own.  ``damaged_packets`` of a tape
    cannot be read any more.
    """

    title: str
    settings: SessionSettings
    duration_s: float
    count: int
    packets: Callable[[], Iterator[Packet]]
    session: str = ""
    started_utc: str = ""
    remarks: tuple[str, ...] = ()
    facts: ActivityFacts = field(default_factory=ActivityFacts)
    source: str = ""
    member: str = ""
    damaged_packets: int = 0
