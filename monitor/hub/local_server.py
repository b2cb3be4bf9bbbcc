"""A NATS server of one's own on this machine: for the demo, for tests, and for a club's box without
Docker.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import socket
import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

from monitor.core.errors import ConfigError, SinkError
from monitor.core.nats_client import HubSettings, log_connection
from monitor.hub.accounts import ACCOUNTS_FILE
from monitor.hub.streams import HubLayout, create_streams

_log = logging.getLogger(__name__)

_START_S = 10.0
_LARGEST_MESSAGE = 8_000_000  # bytes


def server_program() -> str:
    """Return the path of the server; ``ConfigError`` if it is not installed."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise ConfigError("error.extra", extra="hub-server")
    return found


async def run_local_server(folder: Path, host: str, port: int) -> None:
    """Run a server that keeps its log in ``folder`` and lets in who has an account, until cancelled."""
    config = await asyncio.to_thread(_write_config, folder, host, port)
    async with running_server(config) as process:
        _log.info("hub: the server listens at %s:%d", host, port)
        await process.wait()
    raise SinkError("the hub's server has ended")


def _write_config(folder: Path, host: str, port: int) -> Path:
    """Write the configuration of the server whose accounts are in ``folder``, and return its path."""
    if not (folder / ACCOUNTS_FILE).exists():
        raise ConfigError("error.hub_no_accounts", folder=folder)
    config = folder / "nats.conf"
    include = f'include "{ACCOUNTS_FILE}"'
    config.write_text(nats_config(folder / "log", host, port, include))
    return config


def nats_config(folder: Path, host: str, port: int, accounts: str = "") -> str:
    """Return the text of the server's configuration: where it listens, where it keeps the log, whom it
    lets in.
    """
    return f"""listen: "{host}:{port}"
max_payload: {_LARGEST_MESSAGE}
jetstream {{ store_dir: "{folder}", sync_interval: "1s" }}
{accounts}
"""


@contextlib.asynccontextmanager
async def local_hub(folder: Path, layout: HubLayout) -> AsyncIterator[HubSettings]:
    """Make a hub on a free port, for this machine alone, and run its server while the block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    config = folder / "nats.conf"
    await asyncio.to_thread(config.write_text, nats_config(folder / "log", "127.0.0.1", port))
    settings = HubSettings(url=f"nats://127.0.0.1:{port}")
    async with running_server(config):
        async with log_connection(settings) as log:
            await create_streams(log, layout)
        yield settings


@contextlib.asynccontextmanager
async def running_server(config: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a server with this configuration for as long as the block lasts; ``SinkError`` if it does not
    start.
    """
    program = await asyncio.to_thread(server_program)
    process = await asyncio.create_subprocess_exec(
        program, "--config", str(config), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    drained: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(_START_S):
            last = await _wait_until_ready(process.stderr)
        if last:
            raise SinkError(f"the hub's server did not start: {last}")
        drained = asyncio.create_task(_drain(process.stderr))
        yield process
    except TimeoutError as exc:
        raise SinkError("the hub's server did not start in time") from exc
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        if drained is not None:
            drained.cancel()


async def _wait_until_ready(lines: asyncio.StreamReader) -> str:
    """Return nothing once the server is ready, its last line if it ended instead."""
    last = b""
    async for line in lines:
        last = line
        if b"Server is ready" in line:
            return ""
    return last.decode(errors="replace").strip() or "it said nothing"


async def _drain(lines: asyncio.StreamReader) -> None:
    async for _ in lines:
        pass
