"""Two hundred open pages, and some that take nothing: the run and the others do not notice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import socket
from pathlib import Path

import pytest
import websockets
from blockbuster import BlockBuster

from monitor.recordings.tape import TapeReader
from monitor.storage.session_info import SessionStatus
from tests.faults.program import PATIENCE_S, Home, make_tape

PAGES = 200
DEAF = 5


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture(autouse=True)
def may_block(nothing_blocks: BlockBuster) -> None:
    """This loop only waits; the program has one of its own."""
    nothing_blocks.deactivate()


async def follow(url: str) -> float:
    """Read a page's messages to their end and return the session second of the last one."""
    last_s = 0.0
    with contextlib.suppress(websockets.ConnectionClosed):
        async with websockets.connect(url, open_timeout=60, max_size=None) as page:
            while True:
                last_s = float(json.loads(await page.recv())["at_s"])
    return last_s


def deaf_page(port: int, path: str) -> socket.socket:
    """Open a page that never reads; hold on to it."""
    page = socket.socket()
    page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    page.settimeout(30)
    page.connect(("127.0.0.1", port))
    page.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert page.recv(12).endswith(b"101")
    return page


async def test_two_hundred_pages_see_the_run_to_its_end_beside_some_that_read_nothing(
    home: Home, tmp_path: Path
) -> None:
    tape = make_tape(tmp_path / "run.tape", 48.0)
    process = home.start("replay", tape, "--speed", 8, "--web", "--port", 0)
    home.wait_for("is sending data", process)
    assert process.stdout is not None
    line = await asyncio.to_thread(process.stdout.readline)
    found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
    assert found is not None, line
    port = int(found[1])
    deaf = [deaf_page(port, "/ws") for _ in range(DEAF)]
    pages = [asyncio.create_task(follow(f"ws://127.0.0.1:{port}/ws")) for _ in range(PAGES)]
    await asyncio.to_thread(home.wait_for, "finished after", process)
    process.send_signal(signal.SIGTERM)  # the page stays open until then
    await asyncio.to_thread(process.communicate, timeout=PATIENCE_S)
    assert process.returncode == 0
    last_s = await asyncio.gather(*pages)
    assert min(last_s) == max(last_s) == pytest.approx(48, abs=1)
    for page in deaf:
        page.close()
    (session,) = home.sessions()
    assert session.status is SessionStatus.COMPLETE
    with TapeReader(Path(session.tape)) as written, TapeReader(tape) as sent:
        assert written.count() == sent.count()
