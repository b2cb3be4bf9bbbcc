"""The conversation with a device whose radio is a page: each step is a message, its outcome another.

The steps are those of the family's script (``monitor.devices.gatt``).  Waiting for an answer of the device
is left to the page, so that the page can repeat the whole conversation without us.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable

from monitor.core.errors import SensorError, SensorLost
from monitor.devices.gatt import Ask, GattSpec, Pause, Read, Script, ScriptStep, Write
from monitor.sources.web_bluetooth.page_messages import PageDevice, PageResult, base64_text

Operation = dict[str, object]
SendOperation = Callable[[int, Operation], Awaitable[None]]

_SETUP_S = 60.0  # for all of a start script, over the network of a phone


class PageConversation:
    """``PageConversation`` sets up one device on a page; ``answer`` brings it what came of each step."""

    def __init__(
        self, device: PageDevice, spec: GattSpec, send: SendOperation, calls: itertools.count[int]
    ) -> None:
        self._device = device
        self._spec = spec
        self._send = send
        self._calls = calls
        self._waiting: tuple[int, asyncio.Future[PageResult]] | None = None

    def answer(self, result: PageResult) -> None:
        """Take the outcome of a step; one that nobody waits for is ignored."""
        if self._waiting is not None and self._waiting[0] == result.call and not self._waiting[1].done():
            self._waiting[1].set_result(result)

    async def run(self) -> None:
        """Run the start script, once the characteristics are listened to.

        ``SensorError`` if one is missing, the device refuses, or it takes too long.
        """
        try:
            async with asyncio.timeout(_SETUP_S):
                for name in (*self._spec.notify, *filter(self._has, self._spec.optional)):
                    uuid = self._uuid(name)
                    await self._call({"op": "notify", "uuid": uuid, "channel": name})
                await self._run_script(self._spec.start())
        except TimeoutError:
            raise SensorLost(
                f"{self._device.sensor} did not finish its set-up within {_SETUP_S:.0f} s"
            ) from None

    async def _run_script(self, script: Script) -> None:
        answer: bytes | None = None
        with contextlib.closing(script):
            while True:
                try:
                    step = script.send(answer)
                except StopIteration:
                    return
                answer = await self._call(self._operation(step))

    def _operation(self, step: ScriptStep) -> Operation:
        match step:
            case Write():
                return self._write(step)
            case Ask():
                written = self._write(step) if step.payload else {"op": "wait"}
                awaited = {"channel": step.answer_on, "prefix": base64_text(step.prefix)}
                return {**written, "answer": {**awaited, "ms": round(step.timeout_s * 1000)}}
            case Read():
                uuid = self._spec.characteristics[step.characteristic]
                return {"op": "read", "uuid": uuid}
            case Pause():
                return {"op": "pause", "ms": round(step.seconds * 1000)}

    def _write(self, step: Write | Ask) -> Operation:
        value = base64_text(step.payload)
        return {
            "op": "write",
            "uuid": self._uuid(step.characteristic),
            "value": value,
            "sure": step.response,
        }

    async def _call(self, operation: Operation) -> bytes | None:
        call = next(self._calls)
        outcome: asyncio.Future[PageResult] = asyncio.get_running_loop().create_future()
        self._waiting = (call, outcome)
        try:
            await self._send(call, operation)
            result = await outcome
        finally:
            self._waiting = None
        if result.error:
            raise SensorLost(f"the browser could not set up {self._device.sensor}: {result.error}")
        return result.value

    def _has(self, name: str) -> bool:
        return self._spec.characteristics[name] in self._device.uuids

    def _uuid(self, name: str) -> str:
        if not self._has(name):
            raise SensorError(
                f"{self._device.sensor} lacks the characteristic {name!r}: it is of another kind"
            )
        return self._spec.characteristics[name]
