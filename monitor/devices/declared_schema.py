"""What a file that describes a Bluetooth IMU may say (TOML), and everything it may not.

A description can do nothing but listen to the characteristics it names and write the bytes it
names to them: numbers come out of ``struct`` formats, there are no expressions.  Every limit is
checked when the file is loaded, with its place; the file's own ``[[test]]`` tables are run.
See ``monitor/devices/described/`` for worked examples.
"""

from __future__ import annotations

import re
import struct
import uuid
from dataclasses import dataclass, field
from typing import Literal

_SCHEMA = 1
_LARGEST = 512  # bytes of a frame: more than any notification holds

_ACC_UNITS = {"g": 9.80665, "mg": 0.00980665, "m/s2": 1.0}
_GYR_UNITS = {"deg/s": 0.017453292519943295, "mdeg/s": 1.7453292519943295e-5, "rad/s": 1.0}

_STRUCT = re.compile(r"[<>](\d*[xbBhHiIqQefd])+")
_STEP = re.compile(r"wait \d{1,5}|expect( [0-9a-f]{2})+|[0-9a-f]{2}( [0-9a-f]{2})*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisementMatch:
    """The advertisements of a device: beginnings of its name, its services; of each list one must hold."""

    name_prefix: tuple[str, ...] = ()
    service: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.name_prefix or self.service) or "" in self.name_prefix:
            raise ValueError(
                "name_prefix must begin the name of the devices this is about, or service be given"
            )
        for text in self.service:
            _check_uuid("service", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLayout:
    """The layout of a device's frames in notifications.

    ``packet``: a notification is a frame.  ``sync``: frames of one length follow each other across
    notifications, each begins with ``magic`` (frames that begin with one of ``skip`` are passed over).
    ``batch``: a header, then records, as many as the header's field ``count`` says or (``rest``) fill
    it.  ``line``: text lines of numbers.  ``sequence`` names a counter that tells what was lost.
    """

    mode: Literal["packet", "sync", "batch", "line"] = "packet"
    magic: str = ""
    skip: tuple[str, ...] = ()
    length: int = 0
    header: str = ""
    header_fields: tuple[str, ...] = ()
    count: str = "rest"
    separator: str = ","
    sequence: str = ""
    sequence_bits: int = 16
    sequence_counts: Literal["packets", "samples"] = "packets"

    def __post_init__(self) -> None:
        for name, text in (("magic", self.magic), *(("skip", s) for s in self.skip)):
            if not re.fullmatch("([0-9a-f]{2})*", text):
                raise ValueError(f"{name} must be bytes in hexadecimal, like 5561")
        if self.mode == "sync" and not (self.magic and 0 < self.length <= _LARGEST):
            raise ValueError(
                f"length must be 1 to {_LARGEST} and magic given where frames are found by sync"
            )
        if self.mode == "batch":
            _check_struct("header", self.header, self.header_fields)
            if self.count != "rest" and self.count not in self.header_fields:
                raise ValueError('count must be "rest" or one of header_fields')
        elif self.header or self.header_fields:
            raise ValueError("header belongs to mode batch")
        if not 1 <= self.sequence_bits <= 64:
            raise ValueError("sequence_bits must be 1 to 64")
        if len(self.separator) != 1:
            raise ValueError("separator must be one character")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLayout:
    """The layout of a row: a ``struct`` format (none for numbers of a text line) and its fields' names."""

    fields: tuple[str, ...]
    struct: str = ""

    def __post_init__(self) -> None:
        if self.struct:
            _check_struct("struct", self.struct, self.fields)
        _check_names("fields", self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSource:
    """The source of a row's time.

    ``count``: the device tells none; rows are counted.  ``record``: every row has a field.
    ``header``: the header has the time of the first or the last row.  ``scale`` is seconds per tick,
    ``bits`` the width of a counter that wraps (0: never).
    """

    source: Literal["count", "record", "header"] = "count"
    field: str = ""
    scale: float = 1e-6
    bits: int = 0
    refers_to: Literal["first", "last"] = "first"

    def __post_init__(self) -> None:
        if (self.source == "count") is bool(self.field):
            raise ValueError("field must name the time, unless source is count")
        if not (1e-12 <= self.scale <= 10.0 and 0 <= self.bits <= 64):
            raise ValueError("scale must be seconds per tick and bits 0 to 64")

    @property
    def wrap_s(self) -> float | None:
        """The seconds after which the device's time begins at zero again; None where it never does."""
        return self.scale * 2.0**self.bits if self.bits else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Numbers out of rows: ``accel`` and ``gyro`` have three fields, a ``value`` one and a ``name``.

    number x ``scale`` is in ``unit``; a value's unit is the end of its name (``battery_pct``).
    ``axes`` says which field, with which sign, points along x, y and z.
    """

    kind: Literal["accel", "gyro", "value"]
    fields: tuple[str, ...]
    scale: float = 1.0
    unit: str = ""
    axes: tuple[str, ...] = ("+x", "+y", "+z")
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.fields) != (1 if self.kind == "value" else 3):
            raise ValueError("fields must be three, or one for a value")
        if not (self.scale and abs(self.scale) < 1e12):
            raise ValueError("scale must not be zero")
        units = {"accel": _ACC_UNITS, "gyro": _GYR_UNITS}.get(self.kind)
        if units is not None and self.unit not in units:
            raise ValueError(f"unit must be one of {', '.join(units)}")
        if self.kind == "value" and not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", self.name):
            raise ValueError("name must be a quantity with its unit, like battery_pct")
        if sorted(axis[1:] for axis in self.axes) != ["x", "y", "z"] or {a[:1] for a in self.axes} - {
            *"+-"
        }:
            raise ValueError(
                'axes must be x, y and z in some order, each with its sign, like ["+y", "-x", "+z"]'
            )

    @property
    def si(self) -> float:
        """The factor from the device's number to m/s², rad/s or the value's own unit."""
        return self.scale * (_ACC_UNITS | _GYR_UNITS).get(self.unit, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredStream:
    """A characteristic that notifies.  ``nominal_hz``: rows per second as it comes from the box."""

    id: str
    notify: str
    nominal_hz: float
    record: RecordLayout
    channel: tuple[Column, ...]
    frame: FrameLayout = field(default_factory=FrameLayout)
    time: TimeSource = field(default_factory=TimeSource)
    min_mtu: int = 23

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.id) or self.id == "write":
            raise ValueError("id must be small letters, digits and _")
        _check_uuid("notify", self.notify)
        if not 0.1 <= self.nominal_hz <= 5000:
            raise ValueError("nominal_hz must be between 0.1 and 5000")
        if not 23 <= self.min_mtu <= 517:
            raise ValueError("min_mtu must be between 23 and 517")
        if not self.channel:
            raise ValueError("channel must name what the numbers are")
        self._check_frame()
        self._check_fields()

    def _check_frame(self) -> None:
        frame, size = self.frame, self.record_size
        if (frame.mode == "line") is bool(self.record.struct):
            raise ValueError("record must have a struct, unless frames are lines")
        if frame.length and frame.mode != "batch" and frame.length != size:
            raise ValueError(f"frame says {frame.length} bytes, but its record has {size}")

    def _check_fields(self) -> None:
        own = set(self.record.fields)
        for channel in self.channel:
            for name in set(channel.fields) - own:
                raise ValueError(f"channel uses {name}, which is not a field of the record")
        where = set(self.frame.header_fields) if self.time.source == "header" else own
        if self.time.field and self.time.field not in where:
            raise ValueError(f"time uses {self.time.field}, which is not a field of the {self.time.source}")
        if self.frame.sequence and self.frame.sequence not in own | set(self.frame.header_fields):
            raise ValueError(f"frame uses {self.frame.sequence} as sequence, which is not a field")
        kinds = [c.kind for c in self.channel if c.kind != "value"]
        if len(kinds) != len(set(kinds)) or ("gyro" in kinds and "accel" not in kinds):
            raise ValueError("channel may have one accel, and one gyro beside it")

    @property
    def record_size(self) -> int:
        """The bytes of one record; 0 where records have no fixed layout."""
        return struct.calcsize(self.record.struct) if self.record.struct else 0

    def of(self, kind: str) -> Column | None:
        """Return the accelerometer or gyroscope among the channels, None where there is none."""
        return next((c for c in self.channel if c.kind == kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteTarget:
    """The characteristic that steps are written to."""

    char: str
    response: bool = True

    def __post_init__(self) -> None:
        _check_uuid("char", self.char)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionPacking:
    """An option's value packed with others: ``values`` are numbers, and ``$value`` where it stands."""

    char: str
    struct: str
    values: tuple[int | str, ...]

    def __post_init__(self) -> None:
        _check_uuid("char", self.char)
        _check_struct("struct", self.struct, self.values)
        if any(isinstance(v, str) and v != "$value" for v in self.values):
            raise ValueError("values must be whole numbers or $value")

    def packed(self, value: float) -> bytes:
        """Return the bytes that set the option to ``value``; ``ValueError`` where a number does not fit."""
        numbers = [value if isinstance(v, str) else v for v in self.values]
        codes = re.findall(r"[bBhHiIqQefd]", _one_letter_each(self.struct))
        whole = [float(n) if code in "efd" else round(n) for n, code in zip(numbers, codes, strict=True)]
        try:
            return struct.pack(self.struct, *whole)
        except (struct.error, OverflowError) as exc:
            raise ValueError(f"{value:g} cannot be packed: {exc}") from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOption:
    """A setting of the device: by value the steps that bring it about, or how to pack it."""

    default: float
    steps: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pack: OptionPacking | None = None

    def __post_init__(self) -> None:
        if bool(self.steps) is (self.pack is not None):
            raise ValueError("steps or pack must say how to set it, not both")
        for value, steps in self.steps.items():
            if not re.fullmatch(r"\d+(\.\d+)?", value):
                raise ValueError(f'steps are by value: "{value}" is not a number')
            _check_steps("steps", steps)
        if self.steps and f"{self.default:g}" not in self.steps:
            raise ValueError("default must be one of the values that have steps")
        if self.pack is not None:
            self.pack.packed(self.default)

    def nearest(self, wanted: float) -> float:
        """Return the highest value there are steps for that is not above ``wanted``; else the lowest."""
        values = sorted(map(float, self.steps)) or [wanted]
        return max((v for v in values if v <= wanted), default=values[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """A test in a description: notifications in hexadecimal, and what row ``row`` of all they give must be,
    in the channels' units.
    """

    hex: tuple[str, ...]
    stream: str = ""
    rows: int | None = None
    row: int = 0
    accel: tuple[float, ...] = ()
    gyro: tuple[float, ...] = ()
    time_s: float | None = None
    within: float = 1e-4

    def __post_init__(self) -> None:
        for text in self.hex:
            bytes.fromhex(text)
        if not (self.accel or self.gyro or self.rows is not None):
            raise ValueError("rows, accel or gyro must say what is expected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A device, as its file says.  Option ``rate_hz`` is set by ``rate_hz`` of the sensor's settings.

    ``holders`` are the services that hold its characteristics: only a browser must be told.
    """

    schema: int
    id: str
    label: str
    match: AdvertisementMatch
    stream: tuple[DeclaredStream, ...]
    write: WriteTarget | None = None
    option: dict[str, DeviceOption] = field(default_factory=dict)
    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    test: tuple[SelfTest, ...] = ()
    holders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.schema != _SCHEMA:
            raise ValueError(f"schema must be {_SCHEMA}; this program reads no other")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", self.id):
            raise ValueError("id must be small letters, digits and -")
        for text in self.holders:
            _check_uuid("holders", text)
        _check_names("stream", [s.id for s in self.stream])
        if sum(s.of("accel") is not None for s in self.stream) > 1:
            raise ValueError("stream: only one of them may give acceleration")
        _check_steps("start", self.start)
        _check_steps("stop", self.stop)
        steps = self.start + self.stop + tuple(s for o in self.option.values() for s in o.steps)
        if steps and self.write is None:
            raise ValueError("write must name the characteristic that steps are written to")


def _check_uuid(name: str, text: str) -> None:
    try:
        if str(uuid.UUID(text)) == text:
            return
    except ValueError:
        pass
    raise ValueError(f"{name} must be a UUID in small letters with its four dashes, not {text}")


def _check_struct(name: str, form: str, fields: tuple[object, ...]) -> None:
    if not _STRUCT.fullmatch(form):
        raise ValueError(
            f"{name} must be a struct format of < or > and x b B h H i I q Q e f d, not {form}"
        )
    size = _format_size(form)
    if not 0 < size <= _LARGEST:
        raise ValueError(f"{name} has {size} bytes; 1 to {_LARGEST} are possible")
    count = len(struct.unpack(form, bytes(size)))
    if count != len(fields):
        raise ValueError(f"{name} has {count} numbers, but there are {len(fields)} names for them")


def _format_size(form: str) -> int:
    """Bytes of a format; a count of many digits is too much without being tried."""
    if re.search(r"\d{4}", form):
        return _LARGEST + 1
    return struct.calcsize(form)


def _one_letter_each(form: str) -> str:
    return re.sub(r"(\d+)(.)", lambda m: m[2] * int(m[1]), form)


def _check_names(name: str, names: tuple[str, ...] | list[str]) -> None:
    if not names or len(set(names)) < len(names) or not all(map(_NAME.fullmatch, names)):
        raise ValueError(f"{name} must have names of small letters, digits and _, each once")


def _check_steps(name: str, steps: tuple[str, ...]) -> None:
    for step in steps:
        if not _STEP.fullmatch(step):
            raise ValueError(
                f'{name} must be bytes like "ff aa 03", "wait 100" (ms) or "expect 55", not "{step}"'
            )
