"""A phone with the app Sensor Logger (iOS, Android): acceleration, angular rate, speed of its GPS.

Format: awesome-sensor-logger PUSHING.md, UNITS.md and CROSSPLATFORM.md.  The same JSON comes over HTTP
and MQTT; messages may come out of order and are put back by their number.  Nothing in them says on
which platform they were made, so the settings must: iOS turns all signs of acceleration around and
gives uncalibrated acceleration in g, unless "Standardise Units & Frames" is on in the app.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsp.types import GRAVITY_MS2, Array
from monitor.core.errors import ConfigError, DecodeError, RepeatedPacket, StrangersPacket
from monitor.core.packet import Decoded, Packet, Samples, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices.binary_fields import MAX_SPEED_MPS, acc_rows, gyr_rows
from monitor.devices.json_fields import json_number, read_object
from monitor.devices.stream_merger import StreamMerger

SENSOR_LOGGER_CHANNEL = "push"

OPTIONS = ("platform", "over", "topic", "standardised", "speed")
PLATFORMS = ("android", "ios")
_WAIT_S = 3.0  # for a message that is missing, while later ones are here
_MOST_WAITING = 50
_DECIDE_S = 1.0  # of samples, until it is clear which signals this recording has
_HOLE_S = 0.1  # over which nothing is interpolated
_SET_BACK_S = 0.05  # rows of one sensor that go back further than this: the phone's clock was set
_DEFAULT_HZ, _FASTEST_HZ = 100.0, 1000.0
_ENOUGH = 10  # samples to tell the rate from

_GRAVITY, _GYROSCOPES = "gravity", ("gyroscope", "gyroscopeuncalibrated")
_ACCELEROMETERS = ("accelerometer", "totalacceleration", "accelerometeruncalibrated")
"""In order of preference.  The first lacks gravity and is used where gravity is there to be added."""

_WITHOUT_GRAVITY = (
    'switch on "Gravity" in Sensor Logger: its accelerometer alone does not feel which way is up'
)


_Row = tuple[str, float, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """A push of one phone: ``number`` counts in ``recording``; ``rows`` are (name, s, values) as sent.

    ``device`` is what the app calls this phone, empty if it does not.
    """

    device: str
    recording: str
    number: int
    rows: tuple[_Row, ...]


def decode(payload: bytes) -> PhoneMessage:
    """Decode one JSON body.  ``time`` is UTC in ns; names are compared without regard to case."""
    body = read_object(payload, "Sensor Logger message")
    rows, count = body.get("payload"), json_number(body.get("messageId"))
    if not isinstance(rows, list) or count is None:
        raise DecodeError("Sensor Logger message without messageId and payload")
    read = tuple(found for row in rows if (found := _read_row(row)) is not None)
    if rows and not read:
        raise DecodeError("Sensor Logger message in which no row has name, time and values")
    device = str(body.get("deviceId") or "")
    return PhoneMessage(device, str(body.get("sessionId")), int(count), read)


def _read_row(row: object) -> _Row | None:
    """Rows of sensors that have no time or no values concern us not."""
    if not isinstance(row, dict) or not isinstance(row.get("values"), dict):
        return None
    time_ns = json_number(row.get("time"))
    if time_ns is None or not 0 < time_ns < 1e19:
        return None
    return str(row.get("name")).lower().replace(" ", ""), time_ns * 1e-9, row["values"]


class SensorLoggerDecoder:
    """A decoder of one phone's samples, speed and battery: of the first one that sends, and of no other."""

    def __init__(self, settings: SensorSettings) -> None:
        platform = settings.options.get("platform")
        if platform not in PLATFORMS:
            raise ConfigError("error.phone_platform", name=settings.name)
        if settings.options.get("over", "http") not in ("http", "mqtt"):
            raise ConfigError("error.phone_over", name=settings.name)
        topic = settings.options.get("topic", "-")
        if not isinstance(topic, str) or not topic or any(c in topic for c in "+#\x00"):
            raise ConfigError("error.phone_topic", name=settings.name)
        as_ios = platform == "ios" and not settings.options.get("standardised", False)
        self._scale = dict.fromkeys(_ACCELEROMETERS, -1.0 if as_ios else 1.0)
        if as_ios:
            self._scale["accelerometeruncalibrated"] = -GRAVITY_MS2
        self._gps = bool(settings.options.get("speed", True))
        self._rate_hz = settings.rate_hz
        self._told_gravity = False
        self._link = -1
        self._device = ""
        self._begin_recording("")

    def _begin_recording(self, recording: str) -> None:
        self._recording = recording
        self._next: int | None = None  # number of the message that is due
        self._waiting: dict[int, tuple[float, PhoneMessage]] = {}  # with their arrival
        self._signals = MotionSignals(self._rate_hz)
        self._last_s: dict[str, float] = {}  # time of the last row of each sensor

    def decode(self, packet: Packet) -> list[Decoded]:
        """Return all that is in order now that this ``push`` body has come."""
        if packet.channel != SENSOR_LOGGER_CHANNEL:
            raise DecodeError(f"a phone has no channel {packet.channel!r}")
        message, arrival_s = decode(packet.payload), packet.arrival_ns * 1e-9
        if message.device and message.rows:
            if self._device not in ("", message.device):
                raise StrangersPacket("another phone sends under this name; to use it, start a new run")
            self._device = message.device
        if packet.link != self._link or message.recording != self._recording:
            self._link = packet.link
            self._begin_recording(message.recording)
        if self._next is not None and message.number < self._next:
            raise RepeatedPacket(
                f"Sensor Logger message {message.number} came twice, or too late to be used"
            )
        self._waiting[message.number] = (arrival_s, message)
        out: list[Decoded] = []
        for ready in self._in_order(arrival_s):
            out += self._take_rows(ready)
        return out

    def _in_order(self, now_s: float) -> Iterator[PhoneMessage]:
        """Messages whose turn it is; one that stays away is given up after ``_WAIT_S``."""
        while self._waiting:
            first = min(self._waiting)
            overdue = len(self._waiting) > _MOST_WAITING or any(
                now_s - arrival_s > _WAIT_S for arrival_s, _ in self._waiting.values()
            )
            if self._next not in (None, first) and not overdue:
                return
            self._next = first + 1
            yield self._waiting.pop(first)[1]

    def _take_rows(self, message: PhoneMessage) -> list[Decoded]:
        out: list[Decoded] = []
        for number, rows in enumerate(self._rows_by_clock(message)):
            if number > 0:
                self._signals.forget_waiting()
            for name, t_s, values in rows:
                if name in self._scale or name == _GRAVITY or name in _GYROSCOPES:
                    self._signals.push(name, t_s, values)
                elif name == "location":
                    out += self._speed_values(t_s, values)
                elif name == "battery":
                    out += _battery_values(t_s, values)
            joined = self._signals.take()
            if joined is not None:
                out.append(self._decode_samples(*joined))
        if self._signals.lacks_gravity and not self._told_gravity:
            self._told_gravity = True
            out.append(Values(note=_WITHOUT_GRAVITY))
        return out

    def _rows_by_clock(self, message: PhoneMessage) -> list[list[_Row]]:
        """The rows before the phone's clock was set back, and those after each time that it was.

        Each sensor's rows come in the order in which they were taken, those of the next one after them.
        """
        pieces: list[list[_Row]] = [[]]
        place = dict.fromkeys(self._last_s, 0)
        for row in message.rows:
            name, t_s, _ = row
            if name in self._last_s and t_s < self._last_s[name] - _SET_BACK_S:
                place[name] += 1
                if place[name] == len(pieces):
                    pieces.append([])
            self._last_s[name] = t_s
            pieces[place.setdefault(name, 0)].append(row)
        return pieces

    def _decode_samples(self, device_s: Array, rows: Mapping[str, Array]) -> Samples:
        lead = next(iter(rows))
        total = rows[lead] * self._scale[lead]
        if _GRAVITY in rows:
            total = total + rows[_GRAVITY] * self._scale[lead]
        gyr = next((rows[name] for name in _GYROSCOPES if name in rows), None)
        return Samples(
            acc_ms2=acc_rows(total, 1.0),
            gyr_rads=None if gyr is None else gyr_rows(gyr, 1.0),
            nominal_hz=self._signals.rate_hz,
            device_s=device_s,
            in_order=True,
        )

    def _speed_values(self, t_s: float, values: Mapping[str, Any]) -> list[Decoded]:
        """Speed of the GPS, m/s; negative means that it does not know."""
        speed = json_number(values.get("speed"))
        if not self._gps or speed is None or not 0 <= speed <= MAX_SPEED_MPS:
            return []
        return [Values({"speed_mps": speed}, device_s=t_s)]


class MotionSignals:
    """The motion signals of one recording, joined at the times of its accelerometer."""

    def __init__(self, rate_hz: float | None) -> None:
        self.rate_hz = rate_hz or _DEFAULT_HZ
        self.lacks_gravity = False
        self._given_hz = rate_hz
        self._new: dict[str, list[tuple[float, float, float, float]]] = {}
        self._names: tuple[str, ...] | None = None  # once it is clear which there are
        self._join: StreamMerger | None = None

    def push(self, name: str, t_s: float, values: Mapping[str, Any]) -> None:
        """Take one sample; one that is not three numbers is left out."""
        x, y, z = (json_number(values.get(axis)) for axis in "xyz")
        if x is not None and y is not None and z is not None:
            self._new.setdefault(name, []).append((t_s, x, y, z))

    def forget_waiting(self) -> None:
        """Forget what waits, because the phone's clock was set back."""
        self._new.clear()
        if self._names is not None:
            self._join = StreamMerger(self._names, _HOLE_S)

    def take(self) -> tuple[Array, dict[str, Array]] | None:
        """Return times and rows by name, the accelerometer first; None while there is nothing."""
        if self._names is None:
            self._decide_signals()
        if self._join is None or self._names is None:
            return None
        for name in self._names:
            rows = np.array(sorted(self._new.pop(name, ()))).reshape(-1, 4)
            _, first = np.unique(rows[:, 0], return_index=True)
            self._join.push(name, rows[first, 0], rows[first, 1:])
        self._new.clear()
        joined = self._join.take()
        return None if joined is None else (joined[0], dict(zip(self._names, joined[1], strict=True)))

    def _decide_signals(self) -> None:
        """Which signals belong together, from what came in the first second."""
        t_s = [row[0] for rows in self._new.values() for row in rows]
        if not t_s or max(t_s) - min(t_s) < _DECIDE_S:
            return
        have = [name for name in _ACCELEROMETERS if name in self._new]
        gyro = [name for name in _GYROSCOPES if name in self._new][:1]
        if have[:1] == [_ACCELEROMETERS[0]] and _GRAVITY in self._new:
            names = [have[0], _GRAVITY]
        else:
            names = [name for name in have if name != _ACCELEROMETERS[0]][:1]
        self.lacks_gravity = bool(have) and not names
        if not names:
            self._new.clear()
            return
        self._names = (*names, *gyro)
        self._join = StreamMerger(self._names, _HOLE_S)
        times = np.unique([row[0] for row in self._new[names[0]]])
        if self._given_hz is None and len(times) >= _ENOUGH:
            self.rate_hz = float(np.clip(1.0 / np.median(np.diff(times)), 1.0, _FASTEST_HZ))


def _battery_values(t_s: float, values: Mapping[str, Any]) -> list[Decoded]:
    level = json_number(values.get("batteryLevel"))
    if level is None or not 0 <= level <= 1:
        return []
    return [Values({"battery_pct": 100.0 * level}, device_s=t_s)]
