"""What a runner asks of the session that is running: it becomes a packet, so that the tape has it too."""

from __future__ import annotations

from collections.abc import Callable

from monitor.core.packet import Packet, stop_cues_packet


class RunnerWishes:
    """A way into the running session, for the pages: every wish takes the way of the sensors' packets.

    So the tape has it before it is followed, and replay, recovery and review follow it at the same place.
    ``now_s`` gives the session second of now.  Everything is called on the event loop of the session.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._emit: Callable[[Packet], None] | None = None

    def open(self, emit: Callable[[Packet], None]) -> None:
        """Let wishes through to ``emit`` from now on."""
        self._emit = emit

    def close(self) -> None:
        """Let no wish through any more: the input has ended."""
        self._emit = None

    def stop_cues(self, reason: str) -> bool:
        """End targets and cues of the running session, and return whether there is one.

        ``reason`` goes on the tape and into no record; it has no word of the runner's log.
        """
        if self._emit is None:
            return False
        self._emit(stop_cues_packet(self._now_s(), reason))
        return True
