"""A WebSocket whose visitor is asked for again while messages pass."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.types import Message

from monitor.core.http_sockets import ASK_AGAIN_S, NO_LONGER, WatchedSocket

TEXT: Message = {"type": "websocket.receive", "text": "x"}
NEWS: Message = {"type": "websocket.send", "text": "news"}
CLOSED: Message = {"type": "websocket.close", "code": NO_LONGER}
LEFT: Message = {"type": "websocket.disconnect", "code": NO_LONGER}


@dataclass
class Line:
    """Both ends of a socket, a clock, and whether the visitor may stay."""

    now_s: float = 0.0
    may: bool = True
    asked: int = 0
    sent: list[Message] = field(default_factory=list)

    async def receive(self) -> Message:
        return TEXT

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def may_stay(self) -> bool:
        self.asked += 1
        return self.may

    def watched(self) -> WatchedSocket:
        return WatchedSocket(self.receive, self.send, self.may_stay, lambda: self.now_s)


async def test_who_may_stay_is_asked_for_now_and_then_only() -> None:
    line = Line()
    socket = line.watched()
    for second in range(21):
        line.now_s = float(second)
        await socket.send(NEWS)
        assert await socket.receive() == TEXT
    assert line.sent == [NEWS] * 21
    assert line.asked == 20 // ASK_AGAIN_S


async def test_who_may_not_stay_hears_no_more() -> None:
    line = Line()
    socket = line.watched()
    line.may, line.now_s = False, ASK_AGAIN_S
    await socket.send(NEWS)
    await socket.send(NEWS)
    assert line.sent == [CLOSED]
    assert await socket.receive() == LEFT


async def test_of_who_may_not_stay_nothing_is_taken() -> None:
    line = Line()
    socket = line.watched()
    assert await socket.receive() == TEXT
    line.may, line.now_s = False, ASK_AGAIN_S
    assert await socket.receive() == LEFT
    assert line.sent == [CLOSED]
