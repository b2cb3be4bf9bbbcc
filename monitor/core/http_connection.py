"""One connection to a server of ours, closed when whoever made it dawdles.

uvicorn ends a connection that is idle between two requests (``timeout_keep_alive``) and, by h11, one whose
head is not complete after 16 kB.  It has no limit on how long a head or a body may take, nor on how many
connections there are, and it reads on without end what comes after its answer.  These are here.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""Within so many seconds a request's head must be complete."""
BODY_S = 20.0
"""Within so many seconds of being waited for, a body must bring ``BODY_BYTES`` more."""
BODY_BYTES = 1000
MOST_UNREAD_BYTES = 4_000_000
"""So much of a body is thrown away behind an answer, so that whoever sends it gets to read the answer."""
MOST_CONNECTIONS = 400
"""200 open pages, and as many requests: fewer than the 1,024 files that a process may usually open."""


class GuardedConnection(H11Protocol):
    """``GuardedConnection`` is a connection of uvicorn's with limits on time and on their number."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._timer: asyncio.TimerHandle | None = None
        self._waits_for_body = False
        self._is_websocket = False  # its bytes go elsewhere
        self._bytes = 0  # since the timer was set
        self._unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the time for the first head; a connection too many is dropped at once."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._set_timer(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock of what was still to come."""
        self._set_timer(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, and watch what is still to come."""
        before = self.conn.their_state
        if before is h11.IDLE and self._timer is None:
            self._set_timer(HEAD_S)
        self._bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing() or self._is_websocket:
            self._set_timer(None)
        elif self.conn.their_state is h11.SEND_BODY:
            self._watch_body(len(data))
        elif before is not h11.IDLE or self.conn.their_state is not h11.IDLE:
            self._waits_for_body = False
            self._set_timer(HEAD_S if self.conn.their_state is h11.IDLE else None)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over to the WebSocket; its head has come, and no body follows."""
        self._is_websocket = True
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """Begin to count what still comes of a body that nobody wanted."""
        self._unread = 0
        super().on_response_complete()

    def _watch_body(self, size: int) -> None:
        if self.cycle is not None and self.cycle.response_complete:
            self._unread += size
            if self._unread > MOST_UNREAD_BYTES:
                self.transport.abort()
                return
        if not self._waits_for_body:
            self._waits_for_body = True
            self._set_timer(BODY_S)

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._bytes = 0
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._check_progress)

    def _check_progress(self) -> None:
        """Close the connection unless a body came on, or it is ourselves who do not read it."""
        self._timer = None
        if self._waits_for_body and (self._bytes >= BODY_BYTES or self.flow.read_paused):
            self._set_timer(BODY_S)
        elif not self.transport.is_closing():
            self.transport.abort()
