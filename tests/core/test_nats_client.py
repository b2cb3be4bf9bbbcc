"""The connection to a hub's log: its settings, and its failures in plain words."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import nats.errors
import pytest

from monitor.core.errors import ConfigError, SinkError
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.secret import Secret
from tests.hub_rig import running_hub
from tests.ports import free_port


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"url": "http://box"}, "nats://"),
        ({"url": "nats://me:secret@box"}, "nats://"),
        ({"url": "nats://a:1,ftp://b"}, "nats://"),
        ({"url": "nats://a", "tenant": ""}, "tenant"),
        ({"url": "nats://a", "user": "me"}, "together"),
        ({"url": "nats://a", "ca_file": Path("ca.crt")}, "tls://"),
        ({"url": "nats://a", "timeout_s": 0.0}, "timeout_s"),
    ],
)
def test_settings_that_cannot_work_are_refused(bad: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        HubSettings(**bad)


def test_several_servers_are_one_hub() -> None:
    settings = HubSettings(url="nats://a:1, nats://b")
    assert settings.servers == ["nats://a:1", "nats://b"]
    assert settings.address == "a:1, b:4222"


async def test_a_hub_that_is_away_is_told() -> None:
    settings = HubSettings(url=f"nats://127.0.0.1:{free_port()}", timeout_s=1.0)
    with pytest.raises(SinkError, match="cannot be reached"):
        async with log_connection(settings):
            raise AssertionError("it is not there")


@pytest.mark.parametrize("greeting", [b"INFO " + b"a" * 200_000, b"INFO " + b"[" * 60_000 + b"\r\n"])
async def test_what_is_no_server_of_nats_is_told(greeting: bytes) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    settings = HubSettings(url=f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout_s=1.0)
    with pytest.raises(SinkError, match="no server of NATS"):
        async with log_connection(settings):
            raise AssertionError("it is none")
    server.close()
    await server.wait_closed()


async def test_a_wrong_password_is_told(tmp_path: Path) -> None:
    accounts = 'accounts { HUB { jetstream: enabled, users: [ { user: "worker", password: "right" } ] } }'
    async with running_hub(tmp_path, accounts=accounts, user="worker", password="right") as good:
        bad = HubSettings(url=good.url, user="worker", password=Secret("wrong-password"), timeout_s=2.0)
        with pytest.raises(SinkError, match="GAITCUE_HUB_PASSWORD"):
            async with log_connection(bad):
                raise AssertionError("it let us in")


async def test_an_authority_that_cannot_be_read_is_the_operators(tmp_path: Path) -> None:
    settings = HubSettings(url="tls://127.0.0.1:1", ca_file=tmp_path / "ca.crt")
    with pytest.raises(ConfigError, match="ca_file"):
        async with log_connection(settings):
            pass


async def test_what_the_server_refuses_inside_is_told(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as settings:
        with pytest.raises(SinkError, match="stream not found"):
            async with log_connection(settings) as log:
                await log.stream_info("NOTHING")


async def test_a_server_that_goes_away_inside_is_told(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as settings:
        connection = log_connection(settings)
        log = await connection.__aenter__()
    with pytest.raises(nats.errors.Error) as told:
        await log.publish("gait.a.b.c.start", b"")
    with pytest.raises(SinkError, match="cannot be reached"):
        await connection.__aexit__(type(told.value), told.value, None)
