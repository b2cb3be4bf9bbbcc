"""Whoever dawdles over a request is cut off, and costs nobody else anything meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request, Response, WebSocket
from websockets.asyncio.client import connect

from monitor.core import http_connection
from monitor.core.http_server import listen, running

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def app() -> FastAPI:
    made = FastAPI()

    @made.post("/read")
    async def read(request: Request) -> Response:
        return Response(str(len(await request.body())))

    @made.post("/unread")
    async def unread() -> Response:
        return Response("no")

    @made.post("/slow")
    async def slow(request: Request) -> Response:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            await asyncio.sleep(0.2)
        return Response(str(size))

    @made.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text(text)

    return made


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server with a tenth of the patience."""
    monkeypatch.setattr(http_connection, "HEAD_S", 0.5)
    monkeypatch.setattr(http_connection, "BODY_S", 0.5)
    listener = listen("127.0.0.1", 0, "error.port_of_page")
    async with running(app(), listener, "test server"):
        yield listener.getsockname()[1]


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[Link]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def ended_after(reader: asyncio.StreamReader) -> float:
    """How long it takes until the other side closes."""
    began = asyncio.get_running_loop().time()
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(5):
            while await reader.read(65_536):
                pass
    return asyncio.get_running_loop().time() - began


async def body_of(reader: asyncio.StreamReader) -> bytes:
    """The body of the next answer."""
    top = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in top.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return await reader.readexactly(int(length.partition(b":")[2]))


def head(path: str, length: int) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.mark.parametrize(
    "first", [b"", b"POST /read HTTP/1.1\r\nHost: x\r\n", head("/read", 5000), head("/read", 5000) + b"ab"]
)
async def test_who_says_no_more_is_cut_off(port: int, first: bytes) -> None:
    async with connected(port) as (reader, writer):
        writer.write(first)
        assert 0.3 < await ended_after(reader) < 2


async def drip(writer: asyncio.StreamWriter, piece: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("first", [b"POST /read HTTP/1.1\r\nHost: x\r\nX: ", head("/read", 5000)])
async def test_slowloris_a_byte_now_and_then_is_not_enough(port: int, first: bytes) -> None:
    async with connected(port) as (reader, writer), asyncio.TaskGroup() as group:
        writer.write(first)
        dripping = group.create_task(drip(writer, b"a"))
        assert await ended_after(reader) < 2
        dripping.cancel()


async def test_a_body_that_comes_on_may_take_its_time(port: int) -> None:
    async with connected(port) as (reader, writer):
        writer.write(head("/read", 40_000))
        for _ in range(20):
            writer.write(b"a" * 2000)
            await writer.drain()
            await asyncio.sleep(0.1)
        assert await body_of(reader) == (b"40000")


async def test_a_server_that_reads_slowly_blames_nobody_else(port: int) -> None:
    async with connected(port) as (reader, writer):
        writer.write(head("/slow", 2_000_000))
        writer.write(b"a" * 2_000_000)
        async with asyncio.timeout(30):
            await writer.drain()
            assert await body_of(reader) == b"2000000"


async def test_what_nobody_reads_is_thrown_away_up_to_a_limit(port: int) -> None:
    for size, cut in ((1_000_000, False), (30_000_000, True)):
        async with connected(port) as (reader, writer):
            writer.write(head("/unread", size))
            try:
                for _ in range(size // 100_000):
                    writer.write(b"a" * 100_000)
                    await writer.drain()
                assert await body_of(reader) == b"no"
                writer.write(head("/read", 2) + b"ab")
                assert await body_of(reader) == (b"2")
                assert not cut
            except (ConnectionError, asyncio.IncompleteReadError):
                assert cut


async def test_a_connection_too_many_is_dropped_and_one_that_ends_makes_room(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(http_connection, "HEAD_S", 60.0)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(connected(port))
        async with connected(port) as (reader, _):
            assert await ended_after(reader) < 1
    await asyncio.sleep(0.1)
    async with connected(port) as (reader, writer):
        writer.write(head("/read", 2) + b"ab")
        assert await body_of(reader) == (b"2")


async def test_a_websocket_brings_no_body_and_may_say_nothing_for_as_long_as_it_likes(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page only listens: it was cut off after the patience for a body, and came back every 20 s."""
    monkeypatch.setattr(http_connection, "BODY_S", 0.0)  # whoever is waited for is cut off at once
    async with connect(f"ws://127.0.0.1:{port}/echo") as socket:
        for text in ("one", "two", "three"):
            await socket.send(text)
            assert await socket.recv() == text
