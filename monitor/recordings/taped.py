"""A tape as a recording: its packets exactly as they came."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from monitor.errors import ConfigError
from monitor.packet import Packet
from monitor.recordings.recording import Recording, Wearing
from monitor.tape import TapeReader


def read_tape(path: Path, wearing: Wearing) -> Recording:
    """The session of a tape; where its sensors were worn is on it."""
    if wearing.placement or wearing.side:
        raise ConfigError(f"{path}: a tape knows where its sensors were worn; leave out placement and side")
    with TapeReader(path) as tape:
        header, duration_s, count = tape.header, tape.duration_s(), tape.count()

    def packets() -> Iterator[Packet]:
        with TapeReader(path) as again:
            yield from again.packets()

    return Recording(
        path.stem, header.settings, duration_s, count, packets, header.session, header.started_utc
    )
