"""A recording as a source: its packets at their own pace, faster, or as fast as they are taken."""

from __future__ import annotations

import asyncio
from itertools import islice

from monitor.core.monotonic import MonotonicClock
from monitor.recordings.recording import Recording
from monitor.sources.protocol import Emit

_PACKETS_PER_READ = 64  # read off the event loop, and at full speed emitted, in one go


class Replay:
    """``Replay`` is a recording as a source; ``speed`` 1 is real time, infinity does not wait at all."""

    live = False

    def __init__(self, recording: Recording, time: MonotonicClock, speed: float = 1.0) -> None:
        if not speed > 0:
            raise ValueError("speed must be positive")
        self.name = f"replay of {recording.title}"
        self._recording = recording
        self._time = time
        self._speed = speed

    async def run(self, emit: Emit) -> None:
        """Emit every packet of the recording, the first one at once, and return."""
        began_s = self._time.now_s()
        first_ns: int | None = None
        packets = self._recording.packets()
        while piece := await asyncio.to_thread(lambda: list(islice(packets, _PACKETS_PER_READ))):
            for packet in piece:
                first_ns = packet.arrival_ns if first_ns is None else first_ns
                due_s = began_s + (packet.arrival_ns - first_ns) * 1e-9 / self._speed
                if (wait_s := due_s - self._time.now_s()) > 0:
                    await self._time.sleep(wait_s)
                emit(packet)
