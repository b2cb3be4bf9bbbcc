"""Who may do what at a hub, asked of a genuine server for every subject there is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from monitor.core.errors import ConfigError, SinkError
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.secret import Secret
from monitor.hub.accounts import WORKER, accounts_text, add_accounts, coach_user, runner_user
from monitor.hub.streams import PACKET_LOG, POSITION_LOG, RECORD_LOG, SNAPSHOT_LOG, hub_connection
from monitor.sinks.hub.subjects import RunAddress, escape_name
from tests.hub_rig import TENANT, running_hub

OTHER = "other club"
ANN, BEN, EVA = (TENANT, "Ann K."), (TENANT, "ben"), (OTHER, "Ann K.")
WORDS = ("start", "packets", "end", "records")
USERS = {
    WORKER: "w" * 24,
    runner_user(*ANN): "a" * 24,
    runner_user(*BEN): "b" * 24,
    coach_user(TENANT, "coach"): "c" * 24,
}


def as_user(hub: HubSettings, user: str) -> HubSettings:
    return HubSettings(url=hub.url, user=user, password=Secret(USERS[user]), timeout_s=0.5)


async def is_refused(hub: HubSettings, user: str, ask: Callable[[Client], Awaitable[object]]) -> bool:
    """Return whether the server refuses what a user asks: it says so before it answers a ping."""
    errors = list[Exception]()

    async def note(error: Exception) -> None:
        errors.append(error)

    client = await nats.connect(hub.servers, user=user, password=USERS[user], error_cb=note)
    try:
        await ask(client)
        while client.pending_data_size:  # noqa: ASYNC110 - a ping overtakes what is not written yet
            await asyncio.sleep(0)
        await client.flush()
    finally:
        await client.close()
    assert all("permissions violation" in str(error) for error in errors)
    return bool(errors)


async def may_publish(hub: HubSettings, user: str, subject: str) -> bool:
    """Return whether the server takes a message of a user under a subject."""
    return not await is_refused(hub, user, lambda client: client.publish(subject, b"x"))


async def may_read(hub: HubSettings, user: str, subject: str) -> bool:
    """Return whether the server lets a user subscribe to a subject."""
    return not await is_refused(hub, user, lambda client: client.subscribe(subject))


async def test_every_subject_for_every_user(tmp_path: Path) -> None:
    hub_of_workers = {"user": WORKER, "password": USERS[WORKER]}
    async with running_hub(tmp_path, accounts=accounts_text(USERS), **hub_of_workers) as hub:
        ann, coach = runner_user(*ANN), coach_user(TENANT, "coach")
        for owner in (ANN, BEN, EVA):
            for word in WORDS:
                subject = RunAddress(*owner, "s").subject(word)
                own = owner == ANN
                assert await may_publish(hub, ann, subject) == (own and word != "records"), subject
                assert await may_read(hub, ann, subject) == (own and word == "records"), subject
                assert not await may_publish(hub, coach, subject), subject
                assert await may_read(hub, coach, subject) == (owner[0] == TENANT and word == "records"), (
                    subject
                )
                assert await may_publish(hub, WORKER, subject), subject
        for wide in (
            ">",
            "gait.>",
            f"gait.{escape_name(TENANT)}.*.*.packets",
            "$JS.API.>",
            "_INBOX.>",
            "$KV.>",
            "$O.>",
        ):
            assert not await may_read(hub, ann, wide), wide
            assert not await may_read(hub, coach, wide), wide
            assert not await may_publish(hub, ann, wide.replace(">", "x")), wide
        for api in (
            "$JS.API.STREAM.DELETE.PACKETS",
            "$JS.API.STREAM.MSG.GET.PACKETS",
            "$KV.POSITIONS.partition.0",
        ):
            assert not await may_publish(hub, ann, api), api
            assert not await may_publish(hub, coach, api), api


async def test_the_servers_answer_to_a_runner_goes_nowhere_but_to_people(tmp_path: Path) -> None:
    """The server itself brings the answer to where a message says, whatever its sender may publish."""
    async with running_hub(
        tmp_path, accounts=accounts_text(USERS), user=WORKER, password=USERS[WORKER]
    ) as hub:
        heard = list[str]()

        async def hear(message: Msg) -> None:
            heard.append(message.subject)

        async with hub_connection(hub) as streams, log_connection(as_user(hub, runner_user(*ANN))) as log:
            own, others = RunAddress(*ANN, "s").subject("packets"), RunAddress(*BEN, "s")
            client = log._nc
            inside = await nats.connect(hub.servers, user=WORKER, password=USERS[WORKER])
            await inside.subscribe(">", cb=hear)
            await inside.flush()
            sent = await log.publish(own, b"x")  # to the runner's own inbox
            targets = (
                "$KV.POSITIONS.partition.0",
                "$O.SNAPSHOTS.C.x",
                "$JS.API.STREAM.PURGE.RECORDS",
                "_INBOX_worker.x",
                others.subject("records"),
                others.subject("end"),
            )
            for target in targets:
                await client.publish(own, b"x", reply=target)
                await client.publish(own, b"x", headers={"Nats-Trace-Dest": target})
            await client.flush()
            last = await log.publish(own, b"x")
            await inside.flush()
            packets = (await streams.log.stream_info(PACKET_LOG, subjects_filter=">")).state
            for name in (RECORD_LOG, POSITION_LOG, SNAPSHOT_LOG):
                assert (await streams.log.stream_info(name)).state.messages == 0, name
            await inside.close()
        assert (sent.seq, packets.messages) == (1, last.seq)
        assert {subject.split(".", 2)[2] for subject in packets.subjects or ()} == {own}
        assert own in heard
        assert not set(heard) & set(targets)


async def test_a_runner_gets_the_servers_word_that_a_message_is_kept(tmp_path: Path) -> None:
    async with running_hub(
        tmp_path, accounts=accounts_text(USERS), user=WORKER, password=USERS[WORKER]
    ) as hub:
        async with log_connection(as_user(hub, runner_user(*ANN))) as log:
            assert (await log.publish(RunAddress(*ANN, "s").subject("start"), b"x")).seq == 1
        with pytest.raises(SinkError, match="does not let"):
            async with log_connection(as_user(hub, runner_user(*ANN))) as log:
                await log.publish(RunAddress(*BEN, "s").subject("start"), b"x")


def test_users_are_added_and_keep_their_passwords(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    first = add_accounts(folder, TENANT, ["ann"], [])
    second = add_accounts(folder, OTHER, ["ann"], ["coach"])
    assert set(first) == {WORKER, runner_user(TENANT, "ann")}
    assert set(second) == {*first, runner_user(OTHER, "ann"), coach_user(OTHER, "coach")}
    assert all(second[user] == password for user, password in first.items())
    assert len(set(second.values())) == len(second)
    assert json.loads((folder / "users.json").read_text()) == second
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))


@pytest.mark.parametrize("name", ["club-A", "Club: A", "CLUB A"])
def test_no_tenant_gets_the_folder_of_another(tmp_path: Path, name: str) -> None:
    """Who reads the store of the one would have the runs of the other before them."""
    before = add_accounts(tmp_path, "Club A", ["ann"], ["eva"])
    with pytest.raises(ConfigError, match="Club A"):
        add_accounts(tmp_path, name, ["ben"], [])
    assert add_accounts(tmp_path, "Club A", [], []) == before
    assert len(add_accounts(tmp_path, "Club B", ["ben"], [])) == 4


@pytest.mark.parametrize("name", ["", "x" * 61, "a\nb", "a\x1b[2Jb"])
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        add_accounts(tmp_path, TENANT, [name], [])
    assert not list(tmp_path.iterdir())


async def test_no_name_gets_out_of_its_line(tmp_path: Path) -> None:
    users = {WORKER: USERS[WORKER], runner_user('a" } ] }', "b'; $JS.API.>"): "p" * 24}
    async with running_hub(
        tmp_path, accounts=accounts_text(users), user=WORKER, password=USERS[WORKER]
    ) as hub:
        evil = HubSettings(url=hub.url, user=list(users)[1], password=Secret("p" * 24), timeout_s=0.5)
        async with log_connection(evil) as log:
            address = RunAddress('a" } ] }', "b'; $JS.API.>", "s")
            assert (await log.publish(address.subject("start"), b"x")).seq == 1
