"""The page behind a real Caddy with the configuration that is shipped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from dsp.types import Placement
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.secret import Secret
from monitor.core.session_settings import SensorSettings
from monitor.sinks.live_state import LiveState
from monitor.sources.web_bluetooth.source import WebBluetoothSource
from monitor.web.app import serving
from monitor.web.live_feed import LiveFeed
from tests.ports import free_port
from tests.stack.servers import needed

SHIPPED = Path(__file__).parents[2] / "config" / "caddy" / "Caddyfile"
TOKEN = "token-0123456789-token"
FOR_TESTS = """{
	admin off
	skip_install_trust
	auto_https disable_redirects
	storage file_system %s
}
"""


@contextlib.contextmanager
def caddy(folder: Path, outside: int, inside: int) -> Iterator[Path]:
    """Caddy on ``outside`` before a page on ``inside``; the certificate of its own authority."""
    needed("caddy")
    text = SHIPPED.read_text()
    for shipped, here in (
        ("gait.example.org {", f"https://localhost:{outside} {{\n\ttls internal"),
        ("127.0.0.1:8765", f"127.0.0.1:{inside}"),
    ):
        assert shipped in text
        text = text.replace(shipped, here)
    file = folder / "Caddyfile"
    file.write_text(FOR_TESTS % folder + text)
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield folder / "pki" / "authorities" / "local" / "root.crt"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    """The address outside, and what trusts it."""
    outside, inside = free_port(), free_port()
    time = SystemClock()
    pod = SensorSettings(name="pod", kind="rsc", placement=Placement.POD)
    source = WebBluetoothSource([pod], time)
    feed = LiveFeed(LiveState(), time, radio=source)
    web = WebSettings(port=inside, names=(f"localhost:{outside}",))
    listening = asyncio.create_task(source.run(lambda item: None))
    async with serving(feed, web, Secret(TOKEN)):
        with caddy(tmp_path, outside, inside) as authority:
            async with asyncio.timeout(60):
                while not await asyncio.to_thread(is_ready, authority, outside):  # noqa: ASYNC110 -- another program
                    await asyncio.sleep(0.1)
            trusted = await asyncio.to_thread(ssl.create_default_context, cafile=str(authority))
            yield f"localhost:{outside}", trusted
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


def is_ready(authority: Path, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return authority.exists()
    return False


def status(url: str, trusted: ssl.SSLContext) -> int:
    try:
        with urllib.request.urlopen(url, context=trusted, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        return exc.code


async def test_pages_and_websockets_pass_and_everybody_needs_the_token(
    behind: tuple[str, ssl.SSLContext],
) -> None:
    place, trusted = behind
    assert await asyncio.to_thread(status, f"https://{place}/", trusted) == 401
    assert await asyncio.to_thread(status, f"https://{place}/?token={TOKEN}", trusted) == 200
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with connect(f"wss://{place}/ws", ssl=trusted, additional_headers=bearer) as socket:
        assert json.loads(await socket.recv())["radio"] is True
    async with connect(f"wss://{place}/ws/radio", ssl=trusted, additional_headers=bearer) as socket:
        await socket.send(json.dumps({"hello": {"queue": "q", "page": "p"}}))
        assert "ask" in json.loads(await socket.recv())
    async with connect(f"wss://{place}/ws/radio", ssl=trusted) as socket:
        with pytest.raises(ConnectionClosed) as refused:
            await socket.recv()
        assert refused.value.rcvd is not None
        assert refused.value.rcvd.code == 4401
