"""A hub's log is asked whether it takes a runner's packets, and has none more afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.errors import SinkError
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.secret import Secret
from monitor.hub.accounts import WORKER, accounts_text, runner_user
from monitor.sinks.hub.log_trial import try_log
from monitor.sinks.hub.subjects import RunAddress
from tests.hub_rig import TENANT, running_hub

ANN = "Ann K."
USERS = {WORKER: "w" * 24, runner_user(TENANT, ANN): "a" * 24}


def as_ann(hub: HubSettings, password: str = "a" * 24) -> HubSettings:
    return replace(hub, user=runner_user(TENANT, ANN), password=Secret(password), timeout_s=2.0)


async def test_a_runner_who_may_send_is_told_so_and_nothing_is_left(tmp_path: Path) -> None:
    async with running_hub(
        tmp_path, accounts=accounts_text(USERS), user=WORKER, password=USERS[WORKER]
    ) as hub:
        async with log_connection(hub) as log:
            await log.publish(RunAddress(TENANT, ANN, "s").subject("start"), b"x")
            await try_log(as_ann(hub), ANN)
            info = await log.stream_info("PACKETS")
        assert (info.state.messages, info.state.last_seq) == (1, 1)
        with pytest.raises(SinkError, match="knows no such user"):
            await try_log(as_ann(hub, "b" * 24), ANN)
        with pytest.raises(SinkError, match=r'does not let .*"gait\.[^"]*"$'):
            await try_log(as_ann(hub), "ben")
        with pytest.raises(SinkError, match="does not let"):
            await try_log(replace(as_ann(hub), tenant="other club"), ANN)


async def test_a_server_without_the_log_is_named(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as hub:
        async with log_connection(hub) as log:
            await log.delete_stream("PACKETS")
        with pytest.raises(SinkError, match="has no log for packets of"):
            await try_log(hub, ANN)
    with pytest.raises(SinkError, match="cannot be reached"):
        await try_log(hub, ANN)
