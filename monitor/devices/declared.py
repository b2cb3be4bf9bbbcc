"""Bluetooth IMUs that a TOML file describes: those we ship, and the user's own.

``monitor.devices.declared_schema`` is what a file may say; this carries it out.
"""

from __future__ import annotations

import functools
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.types import Array
from monitor.core import toml_reader
from monitor.core.errors import ConfigError, DecodeError
from monitor.core.message_catalogues import EnglishText, MessageValue, UserMessage
from monitor.core.packet import Decoded, Packet, Samples, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices.binary_fields import acc_rows, gyr_rows, unpack
from monitor.devices.declared_schema import Column, DeclaredStream, Description, DeviceOption, SelfTest
from monitor.devices.gatt import Ask, GattSpec, Pause, Script, ScriptStep, Write
from monitor.devices.sample_times import SampleTimer

DESCRIPTION_OPTION = "description"
"""The option that holds a user's description: its text, so that a tape can be read without the file."""

_LONGEST_LINE = 1024
_MOST_BUFFERED = 4096  # bytes of a frame that is not complete yet

_Table = NDArray[np.float64]
"""(n, fields) rows of numbers."""


# ---------------------------------------------------------------------------- loading


def parse_description(text: str, path: Path) -> Description:
    """Return a checked description whose own tests pass; every mistake is a line of the ``ConfigError``."""
    found = toml_reader.read_toml_text(Description, text, {}, path)
    wrong = [
        UserMessage("error.self_test", {"path": str(path), "n": n, "why": why})
        for n, test in enumerate(found.test, 1)
        if (why := _self_test_fault(found, test))
    ]
    if wrong:
        raise ConfigError.listing(wrong)
    return found


@functools.cache
def shipped_description(name: str) -> Description:
    """Return the description of a device that comes with the program, by its file name without ending."""
    place = files("monitor.devices") / "described" / f"{name}.toml"
    return parse_description(place.read_text(encoding="utf-8"), Path(f"{name}.toml"))


@functools.lru_cache(maxsize=64)
def _parse_own_description(text: str, name: str) -> Description:
    return parse_description(text, Path(name))


def sensor_description(settings: SensorSettings) -> Description:
    """Return the description that the settings carry; ``ConfigError`` where they carry none."""
    text, name = settings.options.get(DESCRIPTION_OPTION), settings.options.get("device", "description")
    if not isinstance(text, str):
        raise ConfigError("error.no_description", name=settings.name)
    return _parse_own_description(text, f"{name}.toml")


def _self_test_fault(d: Description, test: SelfTest) -> MessageValue | None:
    """What is wrong; None if nothing."""
    stream = next((s for s in d.stream if s.id == test.stream), d.stream[0])
    reader, rows = StreamReader(stream, None), list[Samples]()
    try:
        for text in test.hex:
            rows += [s for s in reader.read(bytes.fromhex(text)) if isinstance(s, Samples)]
    except DecodeError as exc:
        return EnglishText(str(exc))
    count = sum(map(len, rows))
    if test.rows is not None and count != test.rows:
        return UserMessage("self_test.rows", {"count": count, "expected": test.rows})
    if not test.row < max(count, 1):
        return UserMessage("self_test.row", {"count": count, "row": test.row})
    if not count:
        return UserMessage("self_test.none") if test.accel or test.gyro else None
    acc, gyr = (
        np.concatenate([s.acc_ms2 for s in rows]),
        [s.gyr_rads for s in rows if s.gyr_rads is not None],
    )
    found = {"accel": acc, "gyro": np.concatenate(gyr) if gyr else acc * np.nan}
    for kind, expected in (("accel", test.accel), ("gyro", test.gyro)):
        channel = stream.of(kind)
        if not expected or channel is None:
            continue
        got = found[kind][test.row] / (channel.si / channel.scale)
        if len(expected) != 3 or not np.allclose(got, expected, rtol=0, atol=test.within):
            value = f"{np.round(got, 6).tolist()} {channel.unit}"
            return _unexpected(kind, value, str(list(expected)))
    return _wrong_time(test, rows)


def _unexpected(name: str, value: str, expected: str) -> UserMessage:
    return UserMessage("self_test.value", {"name": name, "value": value, "expected": expected})


def _wrong_time(test: SelfTest, rows: list[Samples]) -> UserMessage | None:
    times = [s.device_s for s in rows if s.device_s is not None]
    if test.time_s is None:
        return None
    got = float(np.concatenate(times)[test.row]) if times else math.nan
    return None if abs(got - test.time_s) <= 1e-6 else _unexpected("time_s", str(got), str(test.time_s))


# ---------------------------------------------------------------------------- decoding


class DeclaredDecoder:
    """A decoder of all streams of one device, as its description says."""

    def __init__(self, settings: SensorSettings, described: Description | None = None) -> None:
        self._d = described or sensor_description(settings)
        self._rate_hz = _rate_hz(self._d, settings)
        self._link = -1
        self._readers: dict[str, StreamReader] = {}

    def decode(self, packet: Packet) -> list[Decoded]:
        """Decode a notification of the characteristic that the stream named by the packet's channel has."""
        if packet.link != self._link:
            self._link = packet.link
            self._readers = {s.id: StreamReader(s, self._rate_hz) for s in self._d.stream}
        reader = self._readers.get(packet.channel)
        if reader is None:
            raise DecodeError(f"a {self._d.label} has no characteristic {packet.channel!r}")
        return reader.read(packet.payload)


class StreamReader:
    """A reader of one stream of one connection, from bytes to rows to samples and values."""

    def __init__(self, stream: DeclaredStream, rate_hz: float | None) -> None:
        self._s = stream
        self._rate_hz = rate_hz or stream.nominal_hz
        self._spacing = SampleTimer(self._rate_hz, stream.time.wrap_s)
        self._layout = struct.Struct(stream.record.struct) if stream.record.struct else None
        self._head = struct.Struct(stream.frame.header) if stream.frame.header else None
        self._kept = b""  # of a frame that is not complete yet

    def read(self, payload: bytes) -> list[Decoded]:
        """Return the samples and values that this notification completes."""
        modes: dict[str, Callable[[bytes], tuple[Mapping[str, Any], list[tuple[Any, ...]]]]] = {
            "packet": self._packet,
            "sync": self._sync,
            "batch": self._batch,
            "line": self._lines,
        }
        header, rows = modes[self._s.frame.mode](payload)
        if not rows:
            return []
        table = np.array([[float(number) for number in row] for row in rows])
        return [*self._samples(header, rows, table), *self._values(table)]

    def _packet(self, payload: bytes) -> tuple[Mapping[str, Any], list[tuple[Any, ...]]]:
        layout = self._layout
        assert layout is not None
        magic = bytes.fromhex(self._s.frame.magic)
        if len(payload) != layout.size or not payload.startswith(magic):
            raise DecodeError(f"{len(payload)} bytes where a frame of {layout.size} was expected")
        return {}, [layout.unpack(payload)]

    def _sync(self, payload: bytes) -> tuple[Mapping[str, Any], list[tuple[Any, ...]]]:
        """Whole frames; what lies between them is passed over."""
        layout, frame, rows = self._layout, self._s.frame, list[tuple[Any, ...]]()
        assert layout is not None
        kept = (self._kept + payload)[-_MOST_BUFFERED:]
        magic = bytes.fromhex(frame.magic)
        known = (magic, *map(bytes.fromhex, frame.skip))
        while (at := _first_mark(kept, known)) is not None and len(kept) - at >= frame.length:
            if kept.startswith(magic, at):
                rows.append(layout.unpack_from(kept, at))
            kept = kept[at + frame.length :]
        longest = max(map(len, known))
        self._kept = kept[at:] if at is not None else kept[max(0, len(kept) - longest + 1) :]
        return {}, rows

    def _batch(self, payload: bytes) -> tuple[Mapping[str, Any], list[tuple[Any, ...]]]:
        layout, head, frame = self._layout, self._head, self._s.frame
        assert layout is not None
        assert head is not None
        header = dict(zip(frame.header_fields, unpack(head, payload, what="header"), strict=True))
        if not payload.startswith(bytes.fromhex(frame.magic)):
            raise DecodeError("a batch does not begin as it should")
        rest = len(payload) - head.size
        count = rest // layout.size if frame.count == "rest" else header[frame.count]
        if count * layout.size != rest:
            raise DecodeError(f"a batch of {len(payload)} bytes does not hold whole records as it says")
        return header, list(layout.iter_unpack(payload[head.size :]))

    def _lines(self, payload: bytes) -> tuple[Mapping[str, Any], list[tuple[Any, ...]]]:
        """Whole lines of as many numbers as there are fields; others (titles, halves) are passed over."""
        *lines, self._kept = (self._kept + payload)[-_MOST_BUFFERED:].split(b"\n")
        self._kept = self._kept[-_LONGEST_LINE:]
        found = (_numbers(line, self._s.frame.separator, len(self._s.record.fields)) for line in lines)
        return {}, [row for row in found if row is not None]

    def _samples(
        self, header: Mapping[str, Any], rows: list[tuple[Any, ...]], table: _Table
    ) -> Iterator[Samples]:
        accel, gyro = self._s.of("accel"), self._s.of("gyro")
        if accel is None:
            return
        frame = self._s.frame
        number = None
        if frame.sequence in header:
            number = int(header[frame.sequence])
        elif frame.sequence:
            number = _frame_sequence_number(table[0, self._s.record.fields.index(frame.sequence)])
        by_sample = frame.sequence_counts == "samples"
        yield Samples(
            acc_ms2=acc_rows(self._columns(accel, table), accel.si),
            gyr_rads=None if gyro is None else gyr_rows(self._columns(gyro, table), gyro.si),
            nominal_hz=self._rate_hz,
            device_s=self._times(header, table),
            device_wrap_s=self._s.time.wrap_s,
            sequence=number,
            sequence_wrap=None if number is None else 1 << frame.sequence_bits,
            per_sequence=1 if by_sample else len(table),
        )

    def _times(self, header: Mapping[str, Any], table: _Table) -> Array | None:
        time = self._s.time
        if time.source == "count":
            return None
        if time.source == "header":
            place = self._spacing.from_first if time.refers_to == "first" else self._spacing.to_last
            return _require_rising_sample_times(place(float(header[time.field]) * time.scale, len(table)))
        own = table[:, self._s.record.fields.index(time.field)] * time.scale
        if time.wrap_s is not None and np.isfinite(own).all():
            own = own[-1] - np.cumsum(np.append(np.diff(own) % time.wrap_s, 0.0)[::-1])[::-1]
        return _require_rising_sample_times(own)

    def _columns(self, channel: Column, table: _Table) -> _Table:
        """(n, 3) along x, y and z."""
        fields = self._s.record.fields
        order = {
            axis: table[:, fields.index(name)] for axis, name in zip("xyz", channel.fields, strict=True)
        }
        return np.stack([order[a[1]] * (-1.0 if a[0] == "-" else 1.0) for a in channel.axes], axis=1)

    def _values(self, table: _Table) -> list[Values]:
        fields = self._s.record.fields
        last = {
            c.name: table[-1, fields.index(c.fields[0])] * c.si
            for c in self._s.channel
            if c.kind == "value"
        }
        sound = {name: float(value) for name, value in last.items() if math.isfinite(value)}
        return [Values(sound)] if sound else []


def _first_mark(data: bytes, marks: tuple[bytes, ...]) -> int | None:
    found = [at for mark in marks if (at := data.find(mark)) >= 0]
    return min(found, default=None)


def _numbers(line: bytes, separator: str, count: int) -> tuple[float, ...] | None:
    parts = line.decode("ascii", "replace").strip().split(separator)
    if len(parts) != count:
        return None
    try:
        return tuple(float(part) for part in parts)
    except ValueError:
        return None


def _frame_sequence_number(value: float) -> int | None:
    return int(value) if math.isfinite(value) and value >= 0 else None


def _require_rising_sample_times(t_s: Array) -> Array:
    if not np.isfinite(t_s).all() or (np.diff(t_s) <= 0).any():
        raise DecodeError("the times of a frame do not move forward")
    return t_s


# ---------------------------------------------------------------------------- talking


def description_gatt(d: Description, settings: SensorSettings) -> GattSpec:
    """Return a connection that listens to and writes only what the file names."""
    for name in set(settings.options) - {DESCRIPTION_OPTION, "device", *d.option}:
        raise ConfigError("error.option_unknown", name=settings.name, option=name, device=d.id)
    characteristics = {s.id: s.notify for s in d.stream}
    if d.write is not None:
        characteristics["write"] = d.write.char
    characteristics |= {f"option {name}": o.pack.char for name, o in d.option.items() if o.pack is not None}
    steps = [step for name, option in d.option.items() for step in _option_steps(d, name, option, settings)]
    start = [*steps, *_script_steps(d, d.start)]
    stop = list(_script_steps(d, d.stop))
    return GattSpec(
        names=d.match.name_prefix,
        services=d.match.service,
        characteristics=characteristics,
        notify=tuple(s.id for s in d.stream),
        start=lambda: _script_of(start),
        stop=lambda: _script_of(stop),
        period_s=max(0.5, *(2.0 / s.nominal_hz for s in d.stream)),
        holders=d.holders,
    )


def gatt(settings: SensorSettings) -> GattSpec:
    """Return the connection of the user's own description; without one it matches nothing."""
    return (
        description_gatt(sensor_description(settings), settings)
        if DESCRIPTION_OPTION in settings.options
        else GattSpec()
    )


def _option_steps(
    d: Description, name: str, option: DeviceOption, settings: SensorSettings
) -> Iterator[ScriptStep]:
    value = _option_value(name, option, settings)
    if option.pack is None:
        yield from _script_steps(d, option.steps[f"{value:g}"])
        return
    try:
        yield Write(f"option {name}", option.pack.packed(value))
    except ValueError as exc:
        raise ConfigError("error.option_value", name=settings.name, option=name, error=exc) from exc


def _option_value(name: str, option: DeviceOption, settings: SensorSettings) -> float:
    given = settings.rate_hz if name == "rate_hz" else settings.options.get(name)
    if given is None:
        return option.default
    if isinstance(given, str | bool):
        raise ConfigError("error.option_number", name=settings.name, option=name)
    return option.nearest(given)


def _rate_hz(d: Description, settings: SensorSettings) -> float | None:
    """What the device is asked for; None if it is not asked."""
    option = d.option.get("rate_hz")
    return None if option is None else _option_value("rate_hz", option, settings)


def _script_steps(d: Description, steps: tuple[str, ...]) -> Iterator[ScriptStep]:
    response = d.write is None or d.write.response
    for text in steps:
        word, _, rest = text.partition(" ")
        if word == "wait":
            yield Pause(int(rest) / 1000.0)
        elif word == "expect":
            yield Ask("write", b"", d.stream[0].id, bytes.fromhex(rest))
        else:
            yield Write("write", bytes.fromhex(text), response)


def _script_of(steps: list[ScriptStep]) -> Script:
    yield from steps
