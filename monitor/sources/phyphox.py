"""Phones with phyphox: their "remote access" is asked ten times a second for what is new.

A new connection for every question, because the app's server ends kept ones at odd moments.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import urllib.request
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from monitor.core.errors import DecodeError, MonitorError, SensorLost
from monitor.core.http_client import make_opener
from monitor.core.monotonic import MonotonicClock
from monitor.core.outage import Outage
from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.retry import Backoff, isolate_errors, retry_until_done
from monitor.core.session_settings import SensorSettings
from monitor.devices.json_fields import LARGEST_JSON_BODY
from monitor.devices.phyphox import BUFFERS, PHYPHOX_CHANNEL, experiment_run, newest_s
from monitor.sources.protocol import Emit

_log = logging.getLogger(__name__)

_EVERY_S = 0.1
_ANSWER_TIMEOUT_S = 3.0
_OPENER = make_opener()


class Phyphox:
    """``Phyphox`` is the source of all phones with phyphox."""

    name = "phyphox"
    live = True

    def __init__(self, sensors: Sequence[SensorSettings], time: MonotonicClock) -> None:
        self._sensors = sensors
        self._time = time

    async def run(self, emit: Emit) -> None:
        """Ask every phone for new samples until cancelled, each in a task of its own."""
        async with asyncio.TaskGroup() as group:
            for sensor in self._sensors:
                group.create_task(self._poll_until_cancelled(sensor, emit), name=f"sensor {sensor.name}")

    async def _poll_until_cancelled(self, sensor: SensorSettings, emit: Emit) -> None:
        outage = Outage(_log, sensor.name, self._time.now_s, sensor=sensor.name)

        def report(exc: MonitorError, wait_s: float) -> None:
            text = f"{exc}; trying again"
            emit(SensorStatus(self._time.now_s(), sensor.name, LinkState.LOST, text))

        async def attempt(generation: int) -> None:
            with isolate_errors(_log, sensor.name):
                await self._poll_phone(sensor, generation, emit, outage)

        backoff = Backoff(first_s=1.0, longest_s=8.0)
        await retry_until_done(attempt, report, outage, self._time, backoff)

    async def _poll_phone(
        self, sensor: SensorSettings, generation: int, emit: Emit, outage: Outage
    ) -> None:
        """Ask again and again; ``SensorLost`` when there is no answer."""
        address, last_s = str(sensor.options["address"]).rstrip("/"), dict[str, float]()
        run = ""
        while True:
            began_s = self._time.now_s()
            body = await asyncio.to_thread(_get_json, address + data_query(last_s), sensor.name)
            arrival_ns = round(self._time.now_s() * 1e9)
            try:
                newest, now = newest_s(body), experiment_run(body)
            except DecodeError as exc:
                text = "does not answer like phyphox"
                raise SensorLost(
                    f"{sensor.name}: {address} {text}: {exc}", log_text=f"{sensor.name} {text}"
                ) from exc
            outage.over("answers again")
            last_s = {**last_s, **newest} if now == run else newest
            if newest:
                emit(Packet(sensor.name, arrival_ns, PHYPHOX_CHANNEL, body, generation))
            elif not last_s:
                text = "phyphox answers, but its experiment does not run: press play"
                emit(SensorStatus(self._time.now_s(), sensor.name, LinkState.CONNECTING, text))
            run = now
            await self._time.sleep(max(0.0, _EVERY_S - (self._time.now_s() - began_s)))


def data_query(last_s: Mapping[str, float]) -> str:
    """Return path and query that ask for all samples newer than ``last_s``, phyphox's time by signal.

    A signal that is not in it is asked for in full.
    """
    parts = []
    for signal, (time, *axes) in BUFFERS.items():
        if signal in last_s:
            after = f"{last_s[signal]:.6f}"
            parts += [f"{time}={after}", *(f"{a}={after}|{time}" for a in axes)]
        else:
            parts += [f"{name}=full" for name in (time, *axes)]
    return "/get?" + "&".join(parts)


def _get_json(url: str, name: str) -> bytes:
    request = urllib.request.Request(url, headers={"Connection": "close"})
    try:
        with _OPENER.open(request, timeout=_ANSWER_TIMEOUT_S) as answer:
            body: bytes = answer.read(LARGEST_JSON_BODY)
            return body
    except (OSError, http.client.HTTPException, ValueError) as exc:
        where = urlsplit(url).netloc
        text = f"does not answer ({exc}); is remote access on?"
        raise SensorLost(f"{name}: phyphox at {where} {text}", log_text=f"{name}: phyphox {text}") from exc
