"""One page that is connected: its clock, its conversations with devices, and what it hears."""

from __future__ import annotations

import asyncio
import itertools
import logging

from monitor.core.errors import DecodeError, SensorError
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import RepeatedEvent
from monitor.core.packet import Packet, wish_packet
from monitor.core.records import LinkState
from monitor.sources.web_bluetooth.page_backlog import PageBacklog
from monitor.sources.web_bluetooth.page_clock import PageClock
from monitor.sources.web_bluetooth.page_conversation import Operation, PageConversation
from monitor.sources.web_bluetooth.page_messages import (
    PageAlive,
    PageBatch,
    PageDevice,
    PageEntry,
    PageHello,
    PageLateBatch,
    PageLateEnd,
    PageLost,
    PageMessage,
    PageResult,
    PageTime,
    PageWish,
    decode_page_message,
    encode_service_message,
)
from monitor.sources.web_bluetooth.page_run import PageQueue, PageRun, PageSensor
from monitor.sources.web_bluetooth.page_socket import PageGone, PageSocket

_log = logging.getLogger(__name__)

_ASK_EVERY_S = 5.0
_FIRST_ASKED = 4  # questions for the time before anything else is taken
_AWAY_S = 15.0  # without a word, though a page speaks every second: its network is gone
_GONE = "is out of range or switched off; the phone searches on"


class PageSession:
    """``PageSession`` serves one page until it has left (``serve``)."""

    def __init__(self, run: PageRun, socket: PageSocket, time: MonotonicClock) -> None:
        self._run = run
        self._socket = socket
        self._time = time
        self._tasks = asyncio.TaskGroup()
        self._calls = itertools.count()
        self._asked: dict[int, float] = {}
        self._clock = PageClock()
        self._answered = 0
        self._queue = PageQueue()  # until it has said which
        self._load = ""
        self._set_ups: dict[str, tuple[PageConversation, asyncio.Task[None]]] = {}
        self._spoke_s = time.now_s()
        self._backlog = None if run.add_late is None else PageBacklog(run.add_late)
        self._strange = RepeatedEvent(_log, time.now_s)

    async def serve(self) -> None:
        """Take what the page says, until it has left."""
        try:
            async with self._tasks:
                self._tasks.create_task(self._keep_time(), name="time of a page")
                while True:
                    text = await self._socket.receive()
                    self._spoke_s = self._time.now_s()
                    await self._take_text(text)
        except* PageGone:
            pass
        finally:
            if self._queue.page is self:
                self._queue.page = None

    async def _keep_time(self) -> None:
        """Ask the page for its time, and notice when it says nothing any more."""
        while True:
            call = next(self._calls)
            self._asked[call] = self._time.now_s()
            await self._say("ask", call)
            await self._time.sleep(_ASK_EVERY_S)
            if self._time.now_s() - self._spoke_s > _AWAY_S:
                raise PageGone

    async def _say(self, kind: str, value: object) -> None:
        await self._socket.send(encode_service_message(kind, value))

    async def _take_text(self, text: str) -> None:
        try:
            await self._take(decode_page_message(text))
        except DecodeError as exc:
            self._strange.happened(f"web_bluetooth: {exc}")

    async def _take(self, message: PageMessage) -> None:
        if self._run.emit is None:
            await self._say("over", None)
            raise PageGone
        match message:
            case PageHello():
                self._queue = self._run.queues.setdefault(message.queue, PageQueue())
                self._load = message.page
            case PageTime():
                await self._take_time(message)
            case _ if self._queue.page is not self:
                raise DecodeError("a page speaks before it was asked")
            case PageDevice():
                await self._take_device(message)
            case PageResult():
                for conversation, _ in self._set_ups.values():
                    conversation.answer(message)
            case PageBatch():
                await self._take_batch(message)
            case PageLateBatch():
                if self._backlog is not None and self._backlog.push(message):
                    await self._add_backlog(message.number, message.run)
            case PageLateEnd():
                await self._add_backlog(message.number, message.run)
            case PageLost():
                self._lose(message)
            case PageAlive():
                self._hear_until(message.page_s)

    # ------------------------------------------------------------------ time

    async def _take_time(self, message: PageTime) -> None:
        """After some questions at once the page is let in: its times are known then."""
        asked_s = self._asked.pop(message.call, None)
        if asked_s is None:
            return
        self._clock.push(asked_s, message.page_s, self._time.now_s())
        self._answered += 1
        if self._answered < _FIRST_ASKED:
            call = next(self._calls)
            self._asked[call] = self._time.now_s()
            await self._say("ask", call)
        elif self._load and self._queue.page is not self:
            self._queue.page = self
            sensors = [sensor.for_page() for sensor in self._run.sensors.values()]
            spec = {"run": self._run.id, "taken": self._queue.taken, "sensors": sensors}
            late = self._backlog is not None
            await self._say("spec", spec | {"zero_ms": -1000 * self._clock.at(0.0), "late": late})

    def _session_s(self, page_s: float) -> float:
        """Never later than now, and never back."""
        return max(self._queue.heard_s, min(self._clock.at(page_s), self._time.now_s()))

    def _hear_until(self, page_s: float) -> None:
        self._queue.heard_s = self._session_s(page_s)

    # ------------------------------------------------------------------ what is heard

    async def _take_batch(self, batch: PageBatch) -> None:
        """Every batch once, however often it is sent."""
        if batch.number > self._queue.taken:
            for entry in batch.entries:
                packet = self._packet_of(entry, batch.page)
                if packet is not None and self._run.emit is not None:
                    self._run.emit(packet)
            self._hear_until(batch.page_s)
            self._queue.taken = batch.number
        await self._say("taken", batch.number)

    def _packet_of(self, entry: PageEntry, load: str) -> Packet | None:
        """The packet of what was heard or wished, None for what is not ours."""
        if isinstance(entry, PageWish):
            return wish_packet(self._wished_s(entry), entry.channel)
        sensor = self._run.sensors.get(entry.sensor)
        if sensor is None or sensor.queue is not self._queue:
            self._strange.happened("web_bluetooth: a page sends of a device that is not ours")
            return None
        self._hear_until(entry.page_s)
        return sensor.packet(entry, load, self._queue.heard_s)

    def _wished_s(self, wish: PageWish) -> float:
        """The second of a wish: when it was made, or now where the run has not waited for this page."""
        if all(sensor.queue is not self._queue for sensor in self._run.sensors.values()):
            return self._time.now_s()
        self._hear_until(wish.page_s)
        return self._queue.heard_s

    async def _add_backlog(self, number: int, run: str) -> None:
        """The page forgets what was added, and keeps what could not be."""
        if self._backlog is not None and await self._backlog.add():
            await self._say("late_taken", [number, run])

    # ------------------------------------------------------------------ devices

    async def _take_device(self, device: PageDevice) -> None:
        sensor = self._run.sensors.get(device.sensor)
        if sensor is None:
            raise DecodeError("a page names a sensor that is not there")
        if (running := self._set_ups.pop(sensor.name, None)) is not None:
            running[1].cancel()
        if why := sensor.refusal(device, self._queue):
            await self._refuse(device, why)
        elif device.ready and sensor.is_own(device):
            sensor.begin(self._queue)
        else:
            sensor.begin(self._queue)
            self._tell(sensor, LinkState.CONNECTING, f"found {device.name or 'it'}; connecting")
            self._start_set_up(sensor, device)

    def _start_set_up(self, sensor: PageSensor, device: PageDevice) -> None:
        async def send(call: int, operation: Operation) -> None:
            await self._say("do", [sensor.name, device.connection, call, operation])

        conversation = PageConversation(device, sensor.spec, send, self._calls)
        task = self._tasks.create_task(
            self._set_up(sensor, device, conversation), name=f"set-up of {sensor.name}"
        )
        self._set_ups[sensor.name] = (conversation, task)

    async def _set_up(self, sensor: PageSensor, device: PageDevice, conversation: PageConversation) -> None:
        try:
            await conversation.run()
        except SensorError as exc:
            sensor.abandon()
            self._tell(sensor, LinkState.LOST, f"{exc}; trying again")
            await self._say("failed", [sensor.name, device.connection, str(exc)])
        else:
            sensor.own(device)
            await self._say("streams", [sensor.name, device.connection])

    async def _refuse(self, device: PageDevice, why: str) -> None:
        _log.info("web_bluetooth: a device was refused")
        await self._say("refused", [device.sensor, device.connection, why])

    def _lose(self, lost: PageLost) -> None:
        sensor = self._run.sensors.get(lost.sensor)
        if sensor is not None and sensor.queue is self._queue:
            self._tell(sensor, LinkState.LOST, f"{sensor.name} {_GONE}")

    def _tell(self, sensor: PageSensor, link: LinkState, text: str) -> None:
        sensor.set_state(link, text)
        status = sensor.status(self._time.now_s())
        if self._run.emit is not None and status is not None:
            self._run.emit(status)
