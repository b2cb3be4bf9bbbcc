"""The messages of a FIT file, as far as they can be read: little and big endian, compressed time stamps,
chained files, developer fields.

Read with fitdecode, whose profile is 21.171.  Import this module where a file is read, not at the top of a
module: the profile costs 60 ms at start-up.

fitdecode stops at several oddities that real files hold.  Here they are taken out of its way between two
messages: fields without length, developer fields whose length does not fit their type, descriptions of
developer fields that cannot be used.  Messages that nobody here needs are passed over unscaled, so that an
oddity in them costs nothing.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import fitdecode
from fitdecode.types import BASE_TYPE_BYTE, BASE_TYPES

from monitor.core.errors import InputError

_USED = frozenset(
    {"file_id", "record", "event", "lap", "session", "developer_data_id", "field_description"}
)
_TIMES = frozenset({"timestamp", "start_time", "time_created"})
_DAMAGE = (
    fitdecode.FitError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError,
    struct.error,
)  # fmt: skip
"""What fitdecode raises where bytes are not what it expects."""
_FULL_NUMBER: Mapping[int, int] = {kind.type_num: full for full, kind in BASE_TYPES.items()}
"""Numbers of base types by their low five bits, which is all that some files have."""


@dataclass(frozen=True, slots=True)
class FitMessage:
    """``FitMessage`` is one message: its values by field name, scaled to the units of the profile.

    Times are whole seconds since FIT's epoch.  ``developer`` holds the values of developer fields as (name,
    unit, value), named as the file describes them.  What the file marks as not known is left out.
    """

    values: Mapping[str, Any]
    developer: tuple[tuple[str, str, Any], ...] = ()


@dataclass(slots=True)
class FitMessages:
    """``FitMessages`` holds the messages of a file by name, in their order, and what is wrong with it.

    ``damage`` is empty, or says in a few words where reading went wrong first.
    """

    damage: str = ""
    _by_name: dict[str, list[FitMessage]] = field(default_factory=dict)

    def named(self, name: str) -> list[FitMessage]:
        """Return the messages of this name, which are none if the file has none."""
        return self._by_name.get(name, [])

    def first(self, name: str) -> Mapping[str, Any]:
        """Return the values of the first message of this name, empty if there is none."""
        return next((m.values for m in self.named(name)), {})

    def add(self, name: str, message: FitMessage) -> None:
        """Keep a message as the last of its name."""
        self._by_name.setdefault(name, []).append(message)

    def mark_damaged(self, damage: str) -> None:
        """Keep the damage if it is the first one."""
        self.damage = self.damage or damage


def read_messages(data: bytes) -> FitMessages:
    """Return the messages of a FIT file up to the first place that cannot be read.

    Raises ``InputError`` without a file name if this is no FIT file at all.
    """
    if data[8:12] != b".FIT":
        raise InputError("error.not_fit")
    out = FitMessages()
    try:
        for frame in _read_frames(data):
            if isinstance(frame, fitdecode.FitDefinitionMessage):
                _mend_definition(frame)
            elif isinstance(frame, fitdecode.FitDataMessage):
                if frame.name in _USED:
                    out.add(frame.name, _message_values(frame))
            elif _checksum_is_wrong(frame):
                out.mark_damaged("its checksum is wrong")
    except fitdecode.FitEOFError:
        out.mark_damaged("it ends early")
    except fitdecode.FitHeaderError:
        out.mark_damaged("what follows its end is not FIT")
    except _DAMAGE:
        out.mark_damaged("it cannot be decoded to its end")
    return out


def _read_frames(data: bytes) -> Iterator[Any]:
    return iter(
        fitdecode.FitReader(
            io.BytesIO(data),
            processor=_Processor(),
            check_crc=fitdecode.CrcCheck.READONLY,
            error_handling=fitdecode.ErrorHandling.IGNORE,
        )
    )


def _checksum_is_wrong(frame: Any) -> bool:
    matched = frame.crc_matched if isinstance(frame, fitdecode.FitHeader) else frame.matched
    return matched is False  # None: a header may go without


class _Processor(fitdecode.DataProcessorBase):  # type: ignore[misc]  # fitdecode has no types
    """Leaves values as they are, which is twice as fast, and takes unusable descriptions out of the way."""

    def on_process_type(self, reader: Any, field_data: Any) -> None:
        """Leave a value of any type as it is: times stay seconds."""

    def on_process_field(self, reader: Any, field_data: Any) -> None:
        """Leave a field as it is: none needs more than its scale."""

    def on_process_unit(self, reader: Any, field_data: Any) -> None:
        """Leave a unit as it is: that of the profile."""

    def on_process_message(self, reader: Any, data_message: Any) -> None:
        """Make a description of a developer field one that fitdecode can use, or an unknown message."""
        if data_message.name != "field_description":
            return
        for data in data_message.fields:
            if data.name == "fit_base_type_id":
                data.raw_value = _base_type_number(data.raw_value)
        if data_message.get_raw_value("developer_data_index", fallback=None) not in reader.local_dev_types:
            known = data_message.def_mesg
            data_message.def_mesg = fitdecode.FitDefinitionMessage(
                known.is_developer_data, known.local_mesg_num, known.time_offset, None,
                known.global_mesg_num, known.endian, known.field_defs, known.dev_field_defs, known.chunk,
            )  # fmt: skip


def _base_type_number(number: Any) -> int:
    """Return the type's full number; that of bytes if there is no such type."""
    low = number & 0x1F if isinstance(number, int) else -1
    return _FULL_NUMBER.get(low, 0x0D)


def _mend_definition(definition: Any) -> None:
    """Take out of a definition what fitdecode stumbles over in the messages that follow it."""
    definition.field_defs[:] = [f for f in definition.field_defs if f.size]
    definition.dev_field_defs[:] = [f for f in definition.dev_field_defs if f.size]
    for f in definition.dev_field_defs:
        if f.size % f.base_type.size:
            f.base_type = BASE_TYPE_BYTE
    if definition.name not in _USED:
        for f in definition.field_defs:
            f.field = None


def _message_values(frame: Any) -> FitMessage:
    values: dict[str, Any] = {}
    developer = []
    for data in frame.fields:
        name, value = data.name, data.raw_value if data.name in _TIMES else data.value
        if value is None:
            continue
        if data.field_def is not None and data.field_def.is_dev:
            developer.append((str(name or ""), str(data.units or ""), value))
        elif not _is_weak(data, value) or isinstance(values.get(name, ()), tuple):
            values[name] = value
    return FitMessage(values, tuple(developer))


def _is_weak(data: Any, value: Any) -> bool:
    """Return whether another field of that name says it better.

    ``enhanced_speed`` made of ``speed`` is weaker than a field of its own; an array of it, as a Garmin
    FR55 writes it, is weaker than both.
    """
    return data.field_def is None or isinstance(value, tuple)
