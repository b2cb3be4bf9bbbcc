"""Emulated inertial sensors: Movesense, Polar H10 and WitMotion, command by command and byte by byte.

Formats and behaviour are those of the decoders' sources; what is sent comes from a ``ImuSignal``.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable

import numpy as np
from bumble.core import UUID
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service

from dsp.types import GRAVITY_MS2, Array
from monitor.devices.gatt import sig_uuid
from monitor.simulation.emulated.pods import Pod, Ticker, notifying
from monitor.simulation.emulated.radio import Radio

ImuSignal = Callable[[Array], tuple[Array, Array]]
"""Sample numbers (n,) to ``acc_ms2`` and ``gyr_rads``, (n, 3) each."""

NUMBERED_WRAP = 4000

_P, _R = Characteristic.Properties, Characteristic.Permissions
_WRITE = _P.WRITE | _P.WRITE_WITHOUT_RESPONSE


def numbered_samples(number: Array) -> tuple[Array, Array]:
    """Return samples that carry their own number: x is that many mg, modulo ``NUMBERED_WRAP``."""
    acc = np.zeros((len(number), 3))
    acc[:, 0] = (number % NUMBERED_WRAP) * GRAVITY_MS2 / 1000
    return acc, np.zeros((len(number), 3))


class Imu(Pod):
    """A pod that measures from ``start`` on; ``made`` samples so far, one packet every ``per_packet``.

    ``ppm`` is how much too fast its clock and its sampling run.
    """

    signal: ImuSignal = staticmethod(numbered_samples)
    per_packet = 8
    rate_hz = 208.0
    ppm = 0.0

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.made = 0
        self._commands: deque[bytes] = deque()
        self._commanded = asyncio.Event()

    async def measure(self) -> None:
        """Send samples in time, and answers to commands between them."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sample(), name=f"samples of {self.name}")
            group.create_task(self._answer(), name=f"answers of {self.name}")

    def send(self, first: int, acc_ms2: Array, gyr_rads: Array) -> list[bytes]:
        """Return the notifications for these samples, none while nobody asked for them."""
        raise NotImplementedError

    def obey(self, command: bytes) -> list[bytes]:
        """Carry out a command and return the notifications that answer it."""
        raise NotImplementedError

    data: Characteristic[bytes]
    answers: Characteristic[bytes]

    async def _sample(self) -> None:
        period_s, beat = 0.0, Ticker(0.0)
        while True:
            asked_s = self.per_packet / self.rate_hz / (1 + self.ppm * 1e-6)
            if asked_s != period_s:
                period_s, beat = asked_s, Ticker(asked_s)
            await beat.wait()
            first, self.made = self.made, self.made + self.per_packet
            for payload in self.send(first, *self.signal(np.arange(first, self.made, dtype=np.float64))):
                await self.notify(self.data, payload)

    async def _answer(self) -> None:
        while True:
            await self._commanded.wait()
            self._commanded.clear()
            while self._commands:
                for payload in self.obey(self._commands.popleft()):
                    await self.notify(self.answers, payload)

    def commands(self, uuid: str) -> Characteristic[bytes]:
        """Return a characteristic whose writes are taken as commands."""
        return Characteristic(uuid, _WRITE, _R.WRITEABLE, CharacteristicValue(write=self._written))

    def _written(self, _connection: Connection, value: bytes) -> None:
        self._commands.append(bytes(value))
        self._commanded.set()


class Movesense(Imu):
    """An IMU with GATT SensorData: commands by reference; values over 150 bytes come in two parts.

    As with real ones, a subscription outlives its link.
    """

    def __init__(self, radio: Radio, serial: str = "204830000001", battery_pct: int = 87) -> None:
        self._battery_pct = battery_pct
        self._subscribed: dict[int, str] = {}
        self._serial = serial
        self.data = self.answers = notifying("34800002-7185-4d5d-b431-630e7050e8f0")
        command = self.commands("34800001-7185-4d5d-b431-630e7050e8f0")
        service = Service(UUID("34802252-7185-4d5d-b431-630e7050e8f0"), [command, self.data])
        super().__init__(radio, f"Movesense {serial}", [service], [sig_uuid(0x180D)], serial, None)

    def obey(self, command: bytes) -> list[bytes]:
        """Return the answer to HELLO, SUBSCRIBE, UNSUBSCRIBE and two GETs; anything else is 404."""
        code, ref, path = command[0], command[1], command[2:].rstrip(b"\0").decode("ascii")
        ok = bytes((1, ref)) + struct.pack("<H", 200)
        if code == 0:
            return [bytes((1, ref, 1)) + self._serial.encode() + b"\0emulated\0\0gaitcue\0001.0\0"]
        if code == 1 and path.startswith("/Meas/IMU6/"):
            self.rate_hz = float(path.rsplit("/", 1)[1])
            self.per_packet = max(1, round(self.rate_hz / 13)) if self.rate_hz < 208 else 8
            self._subscribed[ref] = path
            return [ok]
        if code == 2:
            self._subscribed.pop(ref, None)
            return [ok]
        if code == 4 and path == "/System/Energy/Level":
            return [ok + bytes([self._battery_pct])]
        if code == 4 and path == "/Time/Detailed":
            ms = self._ms(self.made)
            return [ok + struct.pack("<QIII", 1_790_000_000_000_000 + 1000 * ms, ms, 1024, 20)]
        return [bytes((1, ref)) + struct.pack("<H", 404)]

    def send(self, first: int, acc_ms2: Array, gyr_rads: Array) -> list[bytes]:
        """Return u32 ms of the first sample, all acc, all gyro in deg/s; cut at 150 bytes."""
        out = []
        arrays = np.concatenate((acc_ms2, np.degrees(gyr_rads))).astype("<f4").tobytes()
        value = struct.pack("<I", self._ms(first)) + arrays
        for ref in self._subscribed:
            out.append(bytes((2, ref)) + value[:150])
            if len(value) > 150:
                out.append(bytes((3, ref)) + value[150:])
        return out

    def _ms(self, number: int) -> int:
        return round(1000 * number / self.rate_hz) & 0xFFFFFFFF


_FEATURES = bytes((0x0F, 0x05, 0)) + bytes(14)
"""What an H10 offers: ECG and acceleration."""

_WIT_RATES_HZ = {0x06: 10.0, 0x07: 20.0, 0x08: 50.0, 0x09: 100.0, 0x0B: 200.0}


class PolarH10(Imu):
    """An IMU with Polar Measurement Data: acceleration at 25 to 200 Hz, raw 16-bit frames of 36 samples."""

    _ACC = 2
    per_packet = 36

    def __init__(self, radio: Radio, name: str = "Polar H10 12345678") -> None:
        self._running = False
        self.rate_hz = 200.0
        self.data = notifying("fb005c82-02e7-f387-1cad-8acd2d8df0c8")
        control = self.answers = Characteristic(
            "fb005c81-02e7-f387-1cad-8acd2d8df0c8",
            _WRITE | _P.INDICATE | _P.READ,
            _R.READABLE | _R.WRITEABLE,
            CharacteristicValue(read=lambda _: _FEATURES, write=self._written),
        )
        service = Service(UUID("fb005c80-02e7-f387-1cad-8acd2d8df0c8"), [control, self.data])
        super().__init__(radio, name, [service], [sig_uuid(0x180D)], name[-8:])

    def obey(self, command: bytes) -> list[bytes]:
        """Return the answer to a question for settings, to start (with a rate) and to stop."""
        operation, kind = command[0], command[1]
        answer = bytes((0xF0, operation, kind))
        if kind != self._ACC:
            return [answer + b"\x03\x00"]
        match operation:
            case 1:
                rates = struct.pack("<4H", 25, 50, 100, 200)
                ranges = struct.pack("<3H", 2, 4, 8)
                return [answer + b"\0\0" + b"\0\4" + rates + b"\1\1\x10\0" + b"\2\3" + ranges]
            case 2 if self._running:
                return [answer + b"\x06\x00"]
            case 2:
                self._running = True
                at = command.index(b"\0\1", 2)
                self.rate_hz = float(struct.unpack_from("<H", command, at + 2)[0])
                return [answer + b"\0\0"]
            case 3:
                self._running = False
                return [answer + b"\0\0"]
        return [answer + b"\x01\x00"]

    def send(self, first: int, acc_ms2: Array, gyr_rads: Array) -> list[bytes]:
        """Return u64 ns since 2000 of the last sample, frame type 1, int16 mg."""
        if not self._running:
            return []
        last_ns = 800_000_000_000_000_000 + round((first + len(acc_ms2) - 1) / self.rate_hz * 1e9)
        mg = np.round(acc_ms2 / GRAVITY_MS2 * 1000).astype("<i2")
        return [struct.pack("<BQB", self._ACC, last_ns, 1) + mg.tobytes()]


class WitMotion(Imu):
    """An IMU like a WT901BLE: 20 bytes a sample, no clock, no counter; register 3 sets the rate."""

    per_packet = 1

    def __init__(self, radio: Radio, name: str = "WT901BLE68", rate_hz: float = 10.0) -> None:
        self.rate_hz = rate_hz
        self.data = self.answers = notifying("0000ffe4-0000-1000-8000-00805f9a34fb")
        command = self.commands("0000ffe9-0000-1000-8000-00805f9a34fb")
        service = Service(UUID("0000ffe5-0000-1000-8000-00805f9a34fb"), [command, self.data])
        super().__init__(radio, name, [service], (), "", None)
        self._unlocked = False

    def obey(self, command: bytes) -> list[bytes]:
        """Take a write to a register (FF AA register low high), a rate only after the unlocking word."""
        if command == b"\xff\xaa\x69\x88\xb5":
            self._unlocked = True
        elif command[:3] == b"\xff\xaa\x03" and self._unlocked:
            self.rate_hz = _WIT_RATES_HZ.get(command[3], self.rate_hz)
        return []

    def send(self, first: int, acc_ms2: Array, gyr_rads: Array) -> list[bytes]:
        """Return 55 61, acc 16 g, gyro 2000 deg/s and angles (zero) of each sample."""
        acc = np.round(acc_ms2 / GRAVITY_MS2 / 16 * 32768).astype("<i2")
        gyr = np.round(np.degrees(gyr_rads) / 2000 * 32768).astype("<i2")
        rows = np.concatenate((acc, gyr, np.zeros_like(acc)), axis=1)
        return [b"\x55\x61" + row.tobytes() for row in rows]
