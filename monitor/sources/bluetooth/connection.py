"""One connection to one sensor: connecting, the start script, the stream, and its definite end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable

from bleak import BleakClient
from bleak.args.bluez import BlueZNotifyArgs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak_retry_connector import BleakClientWithServiceCache, establish_connection

from monitor.core.errors import SensorError, SensorLost
from monitor.core.monotonic import MonotonicClock
from monitor.devices import device_information
from monitor.devices.gatt import Ask, GattSpec, Pause, Read, Script, ScriptStep, Write
from monitor.sources.bluetooth.error_messages import BLEAK_ERRORS, sensor_errors
from monitor.sources.bluetooth.scanner import Advertisement, Scanner

_log = logging.getLogger(__name__)

_CONNECT_S = 20.0  # for one attempt to connect; then the others get their turn
_SETUP_S = 30.0  # for all of a start script
_CLOSE_S = 10.0  # for the stop script and the disconnection; BlueZ takes 2 to 3 s
_SILENT_S = 2.0  # a sensor is never called silent sooner,
_SILENT_PERIODS = 5  # nor within this many periods of its stream
_MOST_UNCLAIMED = 100  # notifications kept between two steps of a script, for one that only waits
_BATTERY_S = 300.0  # between two readings of the battery
_READ_S = 5.0  # for reading a value; a sensor that is slow with it must not hide a lost link for longer

OnNotification = Callable[[str, bytes], None]
"""Is called with the name of the characteristic and the payload the moment they arrive."""


@contextlib.asynccontextmanager
async def open_connection(
    scanner: Scanner,
    advertisement: Advertisement,
    name: str,
    spec: GattSpec,
    time: MonotonicClock,
    *,
    acquire: bool = False,
    failed_before: bool = False,
) -> AsyncIterator[Connection]:
    """Connect to the device, give the connection to the block, and always disconnect after it.

    ``name`` is the sensor's, for messages; ``acquire`` as ``acquire_notify`` in ``BluetoothSettings``;
    ``failed_before``: the last attempt with it did not come to stream; then what the system remembers of it
    is not used, and see ``Scanner.exclusive``.  ``SensorError`` if it cannot be connected.

    A client that is not disconnected keeps delivering: bleak 3.1 on BlueZ then brings every notification of
    the next connection twice.
    """
    gone = asyncio.Event()
    async with scanner.exclusive(advertisement.address, failed_before=failed_before):
        with sensor_errors(name):
            async with asyncio.timeout(_CONNECT_S):
                client = await establish_connection(
                    BleakClientWithServiceCache,
                    advertisement.device,
                    name,
                    disconnected_callback=lambda _: gone.set(),
                    max_attempts=1,
                    use_services_cache=not failed_before,
                    pair=spec.bonded,
                )
    if client.is_connected:
        gone.clear()  # a link that broke in between and was made again within the attempt
    connection = Connection(client, gone, name, spec, time, acquire)
    try:
        yield connection
    finally:
        await connection.close()


class Connection:
    """``Connection`` is one connected sensor: call ``start``, then ``wait_until_lost``.

    A start script is a generator of ``ScriptStep``s: each is carried out here, and what a device answers
    is sent back into the script.  A step that waits for an answer without having asked may find it among
    the notifications that came since the step before (``_unclaimed``).
    """

    def __init__(
        self,
        client: BleakClient,
        gone: asyncio.Event,
        name: str,
        spec: GattSpec,
        time: MonotonicClock,
        acquire: bool,
    ) -> None:
        self._last_arrival_s = time.now_s()
        self._client = client
        self._gone = gone
        self._name = name
        self._spec = spec
        self._time = time
        self._bluez: BlueZNotifyArgs = {"use_start_notify": not acquire}
        self._notify: OnNotification | None = None
        self._asked: tuple[Ask, asyncio.Future[bytes]] | None = None
        self._unclaimed: deque[tuple[str, bytes]] = deque(maxlen=_MOST_UNCLAIMED)
        self._started = False

    async def serial(self) -> str:
        """Return the serial number that the device tells, empty if it tells none."""
        return device_information.device_text(
            await self._read(device_information.DEVICE_INFORMATION_UUID["serial"]) or b""
        )

    async def battery(self) -> bytes | None:
        """Return the bytes of Battery Level, None if the device has none."""
        return await self._read(device_information.BATTERY_LEVEL)

    async def start(self, on_notification: OnNotification) -> None:
        """Subscribe to the characteristics and run the start script; ``on_notification`` gets what comes.

        ``SensorError`` if a characteristic is missing, the device refuses, or it takes too long.
        """
        self._notify = on_notification
        self._started = True
        try:
            async with asyncio.timeout(_SETUP_S):
                for name in (*self._spec.notify, *self._find_characteristics(self._spec.optional)):
                    await self._subscribe(name)
                await self._run_script(self._spec.start())
        except TimeoutError as exc:
            raise SensorLost(f"{self._name} did not finish its set-up within {_SETUP_S:.0f} s") from exc
        self._last_arrival_s = self._time.now_s()

    async def wait_until_lost(self, on_battery: Callable[[bytes], None]) -> None:
        """Wait until the stream ends or falls silent, which raises ``SensorLost``.

        ``on_battery`` gets the bytes of Battery Level at once and then every few minutes.
        """
        limit_s = max(_SILENT_S, _SILENT_PERIODS * self._spec.period_s)
        due_s = self._time.now_s()
        while not self._gone.is_set():
            now_s = self._time.now_s()
            if now_s - self._last_arrival_s > limit_s:
                raise SensorLost(f"{self._name} is connected but has sent nothing for {limit_s:.0f} s")
            if now_s >= due_s:
                due_s = now_s + _BATTERY_S
                if (level := await self.battery()) is not None:
                    on_battery(level)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SILENT_S / 4):
                    await self._gone.wait()
        raise SensorLost(f"{self._name} is out of range or switched off")

    async def close(self) -> None:
        """Run the stop script if that is possible, and disconnect in any case."""
        self._notify = None
        try:
            async with asyncio.timeout(_CLOSE_S):
                if self._started and not self._gone.is_set():
                    await self._run_script(self._spec.stop())
        except (*BLEAK_ERRORS, SensorError) as exc:
            _log.debug("%s: was not told to stop (%s)", self._name, type(exc).__name__)
        finally:
            await self._disconnect()

    async def _disconnect(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._client.disconnect()
        except BLEAK_ERRORS as exc:
            _log.debug("%s: was not disconnected (%s)", self._name, type(exc).__name__)

    async def _subscribe(self, name: str) -> None:
        characteristic = self._find_characteristic(name)

        def arrived(_: BleakGATTCharacteristic, data: bytearray) -> None:
            self._pass_on_notification(name, bytes(data))

        with sensor_errors(self._name):
            await self._client.start_notify(characteristic, arrived, bluez=self._bluez)

    def _pass_on_notification(self, name: str, payload: bytes) -> None:
        if self._notify is None:
            return  # a late callback of a connection that is closed
        self._notify(name, payload)
        self._last_arrival_s = self._time.now_s()
        if self._asked is not None and not self._asked[1].done():
            ask, answer = self._asked
            if name == ask.answer_on and payload.startswith(ask.prefix):
                answer.set_result(payload)
        else:
            self._unclaimed.append((name, payload))

    async def _run_script(self, script: Script) -> None:
        answer: bytes | None = None
        with contextlib.closing(script):
            while True:
                try:
                    step = script.send(answer)
                except StopIteration:
                    return
                answer = await self._run_script_step(step)

    async def _run_script_step(self, step: ScriptStep) -> bytes | None:
        match step:
            case Write():
                await self._write(step)
                return None
            case Ask():
                return await self._ask(step)
            case Read():
                return await self._read(self._spec.characteristics[step.characteristic])
            case Pause():
                await self._time.sleep(step.seconds)
                return None

    async def _write(self, step: Write | Ask) -> None:
        characteristic = self._find_characteristic(step.characteristic)
        with sensor_errors(self._name):
            await self._client.write_gatt_char(characteristic, step.payload, response=step.response)

    async def _ask(self, step: Ask) -> bytes | None:
        while self._unclaimed and not step.payload:
            name, payload = self._unclaimed.popleft()
            if name == step.answer_on and payload.startswith(step.prefix):
                return payload
        self._unclaimed.clear()
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked = (step, answer)
        try:
            if step.payload:
                await self._write(step)
            async with asyncio.timeout(step.timeout_s):
                return await answer
        except TimeoutError:
            if self._gone.is_set():
                raise SensorLost(f"{self._name} went away during its set-up") from None
            return None
        finally:
            self._asked = None

    async def _read(self, uuid: str) -> bytes | None:
        """Return a value; None if the device has no such characteristic or will not tell."""
        found = self._client.services.get_characteristic(uuid) if self._client.is_connected else None
        if found is None or "read" not in found.properties:
            return None
        try:
            async with asyncio.timeout(_READ_S):
                return bytes(await self._client.read_gatt_char(found))
        except BLEAK_ERRORS as exc:
            _log.debug("%s: a value could not be read (%s)", self._name, type(exc).__name__)
            return None

    def _find_characteristic(self, name: str) -> BleakGATTCharacteristic:
        with sensor_errors(self._name):
            found = self._client.services.get_characteristic(self._spec.characteristics[name])
        if found is None:
            raise SensorError(f"{self._name} lacks the characteristic {name!r}: it is of another kind")
        return found

    def _find_characteristics(self, names: tuple[str, ...]) -> list[str]:
        with sensor_errors(self._name):
            return [
                name
                for name in names
                if self._client.services.get_characteristic(self._spec.characteristics[name])
            ]
