"""Pages come, hear, leave and come back: what reaches the session, and when it is said to be from."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import math
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.types import Placement, Side
from monitor.core.activity_facts import TimerPause
from monitor.core.errors import ConfigError, StoreError
from monitor.core.packet import RUNNER, Packet, wish_packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.session_settings import SensorSettings
from monitor.devices import movesense, rsc
from monitor.devices.device_information import BATTERY
from monitor.pipeline.run_timer import RunTimer
from monitor.sources.web_bluetooth.page_messages import base64_text
from monitor.sources.web_bluetooth.source import WebBluetoothSource
from tests.manual_clock import ManualClock
from tests.sources.web_bluetooth.fake_page import FakePage

RSC = rsc.CHARACTERISTICS["rsc"]
COMMAND, DATA = movesense.CHARACTERISTICS["command"], movesense.CHARACTERISTICS["data"]
POD = SensorSettings(name="pod", kind="rsc", placement=Placement.POD)
MEASUREMENT = bytes.fromhex("01000 3aa6e00".replace(" ", ""))


def shoe(name: str, side: Side, match: str) -> SensorSettings:
    return SensorSettings(name=name, kind="movesense", placement=Placement.FOOT, side=side, match=match)


@dataclass
class Run:
    """A source that runs on a clock which a test moves."""

    source: WebBluetoothSource
    time: ManualClock
    visits: list[asyncio.Task[None]] = field(default_factory=list)  # the source itself, then its pages
    packets: list[Packet] = field(default_factory=list)
    statuses: list[SensorStatus] = field(default_factory=list)

    def emit(self, item: Packet | SensorStatus) -> None:
        (self.packets if isinstance(item, Packet) else self.statuses).append(item)  # type: ignore[arg-type]

    async def settle(self, seconds: float = 0.0) -> None:
        """Let everything happen that is due in so many seconds from now."""
        await self.time.run(self.time.now_s() + seconds)

    async def until(self, true: Callable[[], object]) -> None:
        """Wait for what happens in a thread; ``TimeoutError`` after 20 s."""
        async with asyncio.timeout(20):
            while not true():
                await self.settle()
                await asyncio.sleep(0.01)

    async def come(self, queue: str = "phone", load: str = "load 1", **more: Any) -> FakePage:
        """A page that has come in, and was told of the sensors."""
        page = FakePage(self.time, **more)
        self.visits.append(asyncio.create_task(self.source.serve_page(page)))
        page.hello(queue, load)
        await self.settle()
        return page

    async def wear(self, page: FakePage, device: str = "RunPod 1", connection: int = 1) -> None:
        """Choose a running pod and set it up."""
        page.device("pod", device, RSC, connection=connection)
        await self.settle()
        await self.do_all(page)

    async def do_all(self, page: FakePage) -> None:
        """Let the page do every step that it is asked for, until there are no more."""
        done = len(page.of("did"))
        for _, _, call, _ in page.of("do")[done:]:
            page.did(call)
            await self.settle()


@contextlib.asynccontextmanager
async def running(*sensors: SensorSettings) -> AsyncIterator[Run]:
    time = ManualClock()
    made = Run(WebBluetoothSource(sensors, time), time)
    made.visits.append(asyncio.create_task(made.source.run(made.emit)))
    await made.settle()
    yield made
    for task in made.visits:
        task.cancel()
    await asyncio.gather(*made.visits, return_exceptions=True)


async def test_a_page_is_told_how_to_find_and_open_each_sensor() -> None:
    async with running(POD, shoe("left", Side.LEFT, "2048")) as run:
        page = await run.come()
        (spec,) = page.of("spec")
        pod, left = spec["sensors"]
        assert (pod["name"], pod["names"], pod["services"]) == ("pod", [], pod["services"])
        assert [s[4:8] for s in pod["services"]] == ["1814"]
        assert {s[4:8] for s in pod["holders"]} == {"1814", "180f"}
        assert (left["names"], left["match"]) == (["Movesense"], "2048")
        assert "34802252-7185-4d5d-b431-630e7050e8f0" in left["holders"]
        assert len(page.of("ask")) >= 4  # its clock comes first
        page.leave()


async def test_the_steps_of_a_conversation_are_the_familys_and_end_in_a_stream() -> None:
    async with running(POD) as run:
        page = await run.come()
        page.device("pod", "RunPod 1", RSC)
        await run.settle()
        ((sensor, connection, call, operation),) = page.of("do")
        assert (sensor, connection) == ("pod", 1)
        assert operation == {"op": "notify", "uuid": RSC, "channel": "rsc"}
        page.did(call)
        await run.settle()
        assert page.of("streams") == [["pod", 1]]
        page.batch(("pod", 0.0, "rsc", MEASUREMENT))
        await run.settle()
        assert run.packets == [Packet("pod", 0, "rsc", MEASUREMENT, 0)]
        page.leave()


async def test_what_a_device_answers_goes_back_into_the_script() -> None:
    async with running(shoe("left", Side.LEFT, "Movesense 1")) as run:
        page = await run.come()
        page.device("left", "Movesense 1", COMMAND, DATA)
        await run.settle()
        for n in range(20):
            if page.of("streams") or page.of("failed"):
                break
            _, _, call, operation = page.of("do")[n]
            reference = operation.get("value") and base64.b64decode(operation["value"])[1]
            page.did(call, None if not reference else bytes((1, reference)) + (200).to_bytes(2, "little"))
            await run.settle()
        assert page.of("streams") == [["left", 1]]
        paths = [base64.b64decode(o["value"])[2:] for *_, o in page.of("do") if "value" in o]
        assert any(path.startswith(b"/Meas/IMU6/") for path in paths)
        page.leave()


async def test_a_device_that_lacks_what_it_needs_or_refuses_is_told_on_the_page_and_to_the_run() -> None:
    async with running(POD) as run:
        page = await run.come()
        page.device("pod", "RunPod 1", "00002a37-0000-1000-8000-00805f9b34fb")
        await run.settle()
        ((sensor, connection, why),) = page.of("failed")
        assert (sensor, connection) == ("pod", 1)
        assert "another kind" in why
        assert run.statuses[-1].link is LinkState.LOST
        page.device("pod", "RunPod 1", RSC, connection=2)
        await run.settle()
        page.did(page.of("do")[-1][2], error="GATT operation failed")
        await run.settle()
        assert "GATT operation failed" in page.of("failed")[-1][2]
        assert math.isinf(run.source.complete_until_s())  # nobody waits for what never streamed
        page.leave()


async def test_every_batch_counts_once_however_often_it_is_sent() -> None:
    async with running(POD) as run:
        page = await run.come()
        await run.wear(page)
        for number in (1, 1, 2, 1, 2, 3):
            page.batch(("pod", 0.1 * number, "rsc", bytes([number])), number=number)
        await run.settle(1.0)
        assert [p.payload for p in run.packets] == [b"\1", b"\2", b"\3"]
        assert page.of("taken") == [1, 1, 2, 1, 2, 3]
        page.leave()


async def test_a_packet_is_from_when_the_page_heard_it_and_never_later_than_now() -> None:
    async with running(POD) as run:
        page = await run.come()
        await run.wear(page)
        await run.settle(10.0)
        page.batch(("pod", 4.0, "rsc", b"a"), ("pod", 7.5, "rsc", b"b"), ("pod", 99.0, "rsc", b"c"))
        await run.settle()
        assert [round(p.arrival_ns / 1e9, 3) for p in run.packets] == [4.0, 7.5, 10.0]
        page.leave()


async def test_while_a_page_is_away_the_session_waits_and_what_waited_comes_with_its_own_time() -> None:
    async with running(POD) as run:
        page = await run.come()
        assert math.isinf(run.source.complete_until_s())
        await run.wear(page)
        page.batch(("pod", 0.0, "rsc", b"a"))
        await run.settle(3.0)
        page.say("alive", page.now_ms())
        await run.settle()
        assert run.source.complete_until_s() == pytest.approx(3.0)
        page.leave()
        await run.settle(60.0)
        assert run.source.complete_until_s() == pytest.approx(3.0)
        assert "cannot be reached" in run.statuses[-1].text
        again = await run.come(load="load 1")
        assert again.of("spec")[0]["taken"] == 1
        again.batch(("pod", 20.0, "rsc", b"b"), ("pod", 40.0, "rsc", b"c"), number=2)
        await run.settle()
        assert [round(p.arrival_ns / 1e9) for p in run.packets] == [0, 20, 40]
        assert {p.link for p in run.packets} == {0}
        assert run.source.complete_until_s() == pytest.approx(40.0)
        again.leave()


WISHED = [
    (("pod", 2.0, "rsc", b"a"), ("", 2.5, "lap", b"")),
    (("pod", 10.0, "rsc", b"b"), ("", 10.5, "pause", b""), ("pod", 11.0, "rsc", b"c")),
    (("", 20.0, "resume", b""), ("pod", 21.0, "rsc", b"d")),
]


async def packets_of_wishes(away: bool) -> list[Packet]:
    """What a run gets in which the runner wishes something, with the network or without it."""
    async with running(POD) as run:
        page = await run.come()
        await run.wear(page)
        if away:
            page.leave()
            await run.settle(30.0)
            assert run.packets == []
            assert run.source.complete_until_s() < 2.0
            page = await run.come()
        for number, batch in enumerate(WISHED, start=1):
            await run.settle(max(0.0, batch[-1][1] - run.time.now_s()))
            page.batch(*batch, number=number)
            page.batch(*batch, number=number)  # as after a break, before it was taken
            await run.settle()
        page.leave()
        return run.packets


async def test_a_wish_without_a_network_comes_in_its_place_once_and_from_when_it_was_made() -> None:
    late = await packets_of_wishes(away=True)
    assert late == await packets_of_wishes(away=False)
    wishes = [(p.channel, p.arrival_ns / 1e9) for p in late if p.sensor == RUNNER]
    assert wishes == [("lap", 2.5), ("pause", 10.5), ("resume", 20.0)]
    timer = RunTimer()
    for packet in late:
        timer.follow(packet.channel, packet.payload, packet.arrival_ns / 1e9)
    assert timer.pauses == [TimerPause(10.5, 9.5)]
    assert [lap.end_s for lap in timer.laps] == [2.5]


async def test_a_wish_of_a_page_that_the_run_has_not_waited_for_counts_from_now() -> None:
    async with running(POD) as run:
        page = await run.come()
        await run.settle(30.0)
        page.batch(("", 5.0, "pause", b""))
        await run.settle()
        assert run.packets == [wish_packet(30.0, "pause")]
        page.leave()


async def test_a_page_that_says_nothing_any_more_is_away() -> None:
    async with running(POD) as run:
        page = await run.come()
        await run.wear(page)
        page.batch(("pod", 0.0, "rsc", b"a"))
        page.answers = False
        await run.settle(30.0)
        assert "cannot be reached" in run.statuses[-1].text


async def test_links_are_counted_over_connections_and_loads() -> None:
    async with running(POD) as run:
        page = await run.come()
        await run.wear(page)
        page.batch(("pod", 0.1, "rsc", b"a"))
        await run.wear(page, connection=2)
        page.batch(("pod", 0.2, "rsc", b"b"), connection=2)
        await run.settle(1.0)
        page.leave()
        loaded = await run.come(load="load 2")
        await run.wear(loaded)
        loaded.batch(("pod", 1.0, "rsc", b"c"), number=3, load="load 2")
        await run.settle()
        assert [(p.payload, p.link) for p in run.packets] == [(b"a", 0), (b"b", 1), (b"c", 2)]
        loaded.leave()


async def test_once_a_device_has_streamed_only_that_device_goes_on() -> None:
    async with running(POD) as run:
        page = await run.come()
        await run.wear(page)
        page.device("pod", "RunPod 2", RSC, connection=2)
        await run.settle()
        ((_, _, why),) = page.of("refused")
        assert "RunPod 2 is another one than before" in why
        page.batch(("pod", 0.1, "rsc", b"a"))
        await run.settle(1.0)
        assert len(run.packets) == 1
        other = await run.come("another phone", "load 9")
        other.device("pod", "RunPod 1", RSC, id="its own id")
        await run.settle()
        assert "another phone or browser" in other.of("refused")[0][2]
        other.batch(("pod", 0.2, "rsc", b"stranger"))
        await run.settle()
        assert len(run.packets) == 1
        page.leave()
        other.leave()


@pytest.mark.parametrize(
    ("match", "name", "fits"),
    [
        ("Movesense 12", "Movesense 12", True),
        ("12", "Movesense 12", True),
        ("12", "Movesense 123", False),
        ("C0:FF:EE:00:00:01", "Movesense 123", True),  # a browser tells no address: the choice counts
    ],
)
async def test_the_name_in_the_settings_is_the_devices(match: str, name: str, fits: bool) -> None:
    async with running(shoe("left", Side.LEFT, match)) as run:
        page = await run.come()
        page.device("left", name, COMMAND, DATA)
        await run.settle()
        assert (page.of("do") != []) is fits
        assert (page.of("refused") == []) is fits
        page.leave()


async def test_a_battery_level_is_passed_on_and_strange_channels_are_not() -> None:
    async with running(POD) as run:
        page = await run.come()
        await run.wear(page)
        page.batch(
            ("pod", 0.0, BATTERY, bytes([87])), ("pod", 0.0, "no such", b"x"), ("nobody", 0.0, "rsc", b"x")
        )
        await run.settle()
        assert [(p.channel, p.payload) for p in run.packets] == [(BATTERY, bytes([87]))]
        page.leave()


async def test_who_speaks_nonsense_or_before_being_asked_costs_nobody_anything() -> None:
    async with running(POD) as run:
        page = FakePage(run.time)
        page.answers = False
        run.visits.append(asyncio.create_task(run.source.serve_page(page)))
        page.hello()
        page.batch(("pod", 0.0, "rsc", b"x"))
        page.raw("{")
        page.raw("[" * 5000)
        await run.settle()
        assert run.packets == []
        page.answers = True
        await run.settle(6.0)
        await run.wear(page)
        page.batch(("pod", 6.0, "rsc", b"y"), number=9)
        await run.settle()
        assert [p.payload for p in run.packets] == [b"y"]
        page.leave()


async def test_what_is_of_an_earlier_run_goes_to_that_run_and_is_then_forgotten() -> None:
    async with running(POD) as run:
        taken: list[tuple[str, list[Packet]]] = []

        def add_late(session: str, packets: Sequence[Packet]) -> int:
            if session == "unknown":
                raise StoreError("error.tape_gone", session=session)
            taken.append((session, list(packets)))
            return len(packets)

        run.source.begin_run("run 2", add_late)
        page = await run.come()
        assert page.of("spec")[0]["late"] is True
        assert page.of("spec")[0]["zero_ms"] == pytest.approx(page.now_ms(0.0), abs=1.0)
        for number, (load, connection, second) in enumerate(
            [("a", 1, 5), ("a", 1, 6), ("a", 2, 7), ("b", 1, 8)]
        ):
            rows = [["pod", connection, 1000.0 * second + 400, "rsc", base64_text(bytes([second]))]]
            page.say("late", [number, "run 1", 400.0, load, rows])
        page.say("late", [4, "run 1", 400.0, "b", [["pause", 9400.0]]])
        page.say("late_end", [4, "run 1"])
        await run.until(lambda: page.of("late_taken"))
        assert page.of("late_taken") == [[4, "run 1"]]
        ((session, packets),) = taken
        assert session == "run 1"
        assert [(p.arrival_ns // 10**9, p.payload, p.link) for p in packets] == [
            (5, b"\5", 0), (6, b"\6", 0), (7, b"\7", 1), (8, b"\x08", 2), (9, b"", 0),
        ]  # fmt: skip
        assert packets[-1] == wish_packet(9.0, "pause")
        page.say("late", [5, "unknown", 400.0, "a", [["pod", 1, 900.0, "rsc", base64_text(b"x")]]])
        page.say("late_end", [5, "unknown"])
        page.say("late_end", [5, "run 1"])  # of which there is nothing more
        await run.until(lambda: len(page.of("late_taken")) == 2)
        assert page.of("late_taken")[1] == [5, "run 1"]
        assert run.packets == []
        page.leave()


async def test_nothing_is_taken_after_the_run() -> None:
    async with running(POD) as run:
        page = await run.come()
        await run.wear(page)
        run.visits[0].cancel()
        await run.settle()
        page.batch(("pod", 0.0, "rsc", b"x"))
        await run.settle()
        assert run.packets == []
        assert page.of("over") == [None]
        assert run.visits[1].done()


def test_two_of_a_kind_must_be_told_apart() -> None:
    with pytest.raises(ConfigError):
        WebBluetoothSource(
            [POD, SensorSettings(name="b", kind="rsc", placement=Placement.POD)], ManualClock()
        )


OUTAGES = st.lists(st.tuples(st.floats(0.1, 20.0), st.booleans()), min_size=1, max_size=12)


@given(OUTAGES, st.floats(-3600.0, 1e6))
def test_whatever_breaks_each_packet_comes_once_in_order_and_from_its_time(
    parts: list[tuple[float, bool]], offset_s: float
) -> None:
    async def go() -> None:
        async with running(POD) as run:
            page = await run.come(ms=1e9 + 1000 * offset_s)
            await run.wear(page)
            waiting: list[tuple[int, float]] = []
            number, heard = 0, list[float]()
            for seconds, online in parts:
                for _ in range(3):
                    await run.settle(seconds / 3)
                    number += 1
                    heard.append(run.time.now_s())
                    waiting.append((number, heard[-1]))
                if not online:
                    page.leave()
                    await run.settle()
                    page = await run.come(ms=1e9 + 1000 * offset_s)
                for n, t_s in waiting[-9:]:  # some of them again
                    page.batch(("pod", t_s, "rsc", n.to_bytes(2, "big")), number=n)
                await run.settle()
                assert run.source.complete_until_s() <= run.time.now_s()
            assert [int.from_bytes(p.payload, "big") for p in run.packets] == list(range(1, number + 1))
            assert [p.arrival_ns / 1e9 for p in run.packets] == pytest.approx(heard, abs=1e-3)
            page.leave()

    asyncio.run(go())
