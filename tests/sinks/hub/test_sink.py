"""Runs on their way from a box to the log of a genuine server: whole, in order, once."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.core.monotonic import SystemClock
from monitor.core.nats_client import HubSettings, log_connection
from monitor.core.packet import INTERVALS, RUNNER, Packet, stop_cues_packet, wish_packet
from monitor.core.retry import Backoff
from monitor.core.secret import Secret
from monitor.hub.local_server import running_server
from monitor.hub.streams import PACKET_LOG
from monitor.recordings.tape_blocks import Numbered
from monitor.sinks.hub.run_messages import RunEnd, unpack_end, unpack_packets, unpack_start
from monitor.sinks.hub.sink import HubSink
from monitor.sinks.hub.subjects import RunAddress, parse_subject
from tests.hub_rig import ENDED, TENANT, Box, batches_until, no_batches, running_hub, until


async def sent(settings: HubSettings) -> tuple[list[Numbered], list[RunEnd], list[str]]:
    """Return the packets in the log, the ends, and what stands there in order."""
    rows, ends, order = list[Numbered](), list[RunEnd](), list[str]()
    async with log_connection(settings) as log:
        reader = await log.pull_subscribe("part.>", stream=PACKET_LOG)
        with contextlib.suppress(TimeoutError):
            while True:
                for message in await reader.fetch(100, timeout=0.5):
                    address, what = parse_subject(message.subject)
                    assert address.tenant == TENANT
                    order.append(what)
                    if what == "packets":
                        rows += unpack_packets(message.data)
                    elif what == "end":
                        ends.append(unpack_end(message.data))
                    else:
                        assert unpack_start(message.data).started.athlete == address.athlete
    return rows, ends, order


async def test_nobody_can_use_up_the_names_of_another_runners_messages(tmp_path: Path) -> None:
    """The server drops a message whose name it has had, whoever sent that one."""
    async with running_hub(tmp_path) as settings:
        box = await asyncio.to_thread(Box, tmp_path / "box", "ann")
        await asyncio.to_thread(box.end)
        ann, ben = RunAddress(TENANT, "ann", box.started.session), RunAddress(TENANT, "ben", "his")
        async with log_connection(settings) as log:
            for name in ("start", "0", "end"):
                for guess in (
                    f"{ann.key}/0/{name}",
                    hmac.digest(b"", f"{ann.key}/0/{name}".encode(), "sha256").hex(),
                ):
                    await log.publish(ben.subject("end"), b"x", headers={"Nats-Msg-Id": guess})
            secret = replace(settings, user="ann", password=Secret("of-ann-alone"))
            await (await asyncio.to_thread(box.sink, secret)).run(no_batches())
            last = await log.get_last_msg(PACKET_LOG, f"part.*.{ann.subject('end')}")
            first = await log.get_last_msg(PACKET_LOG, f"part.*.{ann.subject('start')}")
        assert unpack_start(first.data or b"").started == box.started
        assert unpack_end(last.data or b"").packets == len(box.packets)


async def test_a_whole_run_is_sent_while_it_is_recorded(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as settings:
        box, done = await asyncio.to_thread(Box, tmp_path / "box", "ann"), asyncio.Event()
        sink = await asyncio.to_thread(box.sink, settings)
        sending = asyncio.create_task(sink.run(batches_until(done)))
        for share in (0.1, 0.5, 0.8):
            await asyncio.to_thread(box.record, share)
            await until(lambda: box.store.runs_to_send()[0].block > 0)
        await asyncio.to_thread(box.end)
        done.set()
        await sending
        rows, ends, order = await sent(settings)
        assert rows == list(enumerate(box.packets))
        assert ends == [RunEnd(len(box.packets), ENDED)]
        assert (order[0], order[-1], order.count("start")) == ("start", "end", 1)
        assert await asyncio.to_thread(box.store.runs_to_send) == []
        status = sink.report(5.0)
        assert status is not None
        assert (status.ok, status.text, status.t_s) == (True, "delivering", 5.0)
        assert sink.report(6.0) is None


async def test_a_program_that_was_killed_sends_the_rest_at_its_next_start(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as settings:
        box = await asyncio.to_thread(Box, tmp_path / "box", "ann")
        await asyncio.to_thread(box.record, 0.5)
        for _ in range(2):
            sink = await asyncio.to_thread(box.sink, settings)
            sending = asyncio.create_task(sink.run(no_batches()))
            await until(lambda: box.store.runs_to_send()[0].block > 0)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        await asyncio.to_thread(box.end)
        other = await asyncio.to_thread(Box, tmp_path / "box2", "ben")
        other.store.close()
        last = HubSink(settings, box.store, other.started, SystemClock())
        await last.run(no_batches())
        rows, ends, _ = await sent(settings)
        assert rows == list(enumerate(box.packets))
        assert len(ends) == 1


async def test_what_was_acknowledged_but_not_noted_is_not_stored_twice(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as settings:
        box = await asyncio.to_thread(Box, tmp_path / "box", "ann")
        await asyncio.to_thread(box.end)
        for _ in range(2):
            await (await asyncio.to_thread(box.sink, settings)).run(no_batches())
            await asyncio.to_thread(forget_sent, box)  # the kill came before
        rows, ends, _ = await sent(settings)
        assert rows == list(enumerate(box.packets))
        assert len(ends) == 1


async def test_a_hub_that_is_away_costs_nothing_and_gets_everything_later(tmp_path: Path) -> None:
    box = await asyncio.to_thread(Box, tmp_path / "box", "ann")
    async with running_hub(tmp_path) as settings:
        pass
    sink = HubSink(settings, box.store, box.started, SystemClock(), Backoff(first_s=0.05, longest_s=0.1))
    sending = asyncio.create_task(sink.run(no_batches()))
    await asyncio.to_thread(box.end)
    await until(lambda: "the tape keeps" in getattr(sink.report(1.0), "text", ""))
    async with running_server(tmp_path / "nats.conf"):
        await sending
        rows, _, _ = await sent(settings)
    assert rows == list(enumerate(box.packets))


async def test_a_wish_of_the_runner_goes_without_why(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as settings:
        box = await asyncio.to_thread(Box, tmp_path / "box", "ann")
        box.tape.append(stop_cues_packet(0.0, "calf pain at rest"))
        intervals = wish_packet(0.0, INTERVALS, b'{"repeats": 2}')  # without it the hub would time none
        box.tape.append(intervals)
        await asyncio.to_thread(box.end)
        await (await asyncio.to_thread(box.sink, settings)).run(no_batches())
        rows, _, _ = await sent(settings)
        assert rows[:2] == [(0, Packet(RUNNER, 0, "stop_cues", b"")), (1, intervals)]
        log = await asyncio.to_thread(_bytes_below, tmp_path / "log")
        assert b"calf" not in log


async def test_a_run_whose_tape_is_gone_does_not_hold_up_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_hub(tmp_path) as settings:
        box = await asyncio.to_thread(Box, tmp_path / "box", "ann")
        await asyncio.to_thread(box.end)
        await asyncio.to_thread(box.tape.path.unlink)
        other = await asyncio.to_thread(Box, tmp_path / "box2", "ben")
        await asyncio.to_thread(other.store.close)
        await HubSink(settings, box.store, other.started, SystemClock()).run(no_batches())
        assert "is not sent" in caplog.text


async def test_without_the_client_a_hub_cannot_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.core import nats_client

    monkeypatch.setattr(nats_client, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"gaitcue\[hub\]"):
        nats_client.require_nats_client()


def forget_sent(box: Box) -> None:
    """Let the box be as it was before it noted anything."""
    box.store._db.execute("UPDATE hub_run SET sent_block = 0, sent_end = 0")


def _bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*.blk"))
