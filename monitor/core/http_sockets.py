"""A WebSocket that stays open only for as long as its visitor may come in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive, Send

ASK_AGAIN_S = 5.0
"""How long a device that was locked out may still listen, while something passes."""
NO_LONGER = 1008
"""Close code, RFC 6455's for a policy: a page connects again, and is let in or told why it is not."""


class WatchedSocket:
    """``WatchedSocket`` is the WebSocket of a visitor, who is asked for again while messages pass.

    ``may_stay`` returns whether the visitor still may come in.  When not, the socket is closed, the
    application hears that its visitor has left, and nothing passes any more in either direction.
    """

    def __init__(
        self,
        receive: Receive,
        send: Send,
        may_stay: Callable[[], Awaitable[bool]],
        now_s: Callable[[], float],
    ) -> None:
        self._receive, self._send, self._may_stay, self._now_s = receive, send, may_stay, now_s
        self._asked_s = now_s()
        self._closed = False

    async def receive(self) -> Message:
        """Return the next message of the visitor, or that there comes no more."""
        message = await self._receive()
        if await self._is_open():
            return message
        return {"type": "websocket.disconnect", "code": NO_LONGER}

    async def send(self, message: Message) -> None:
        """Send a message to the visitor who still may have it."""
        if await self._is_open():
            await self._send(message)

    async def _is_open(self) -> bool:
        if not self._closed and self._now_s() - self._asked_s >= ASK_AGAIN_S:
            self._asked_s = self._now_s()
            if not await self._may_stay() and not self._closed:
                self._closed = True
                await self._send({"type": "websocket.close", "code": NO_LONGER})
        return not self._closed
