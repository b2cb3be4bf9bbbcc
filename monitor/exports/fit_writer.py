"""Messages as the bytes of a FIT file, each encoded as soon as it is given.

Fields, definitions, header and checksum are fit-tool's (profile 21.212).  Its own builder keeps every
message with every field of the profile until the end, which takes 150 MB and 3 s for an hour; here one
message of each set of fields is filled again and again.  Import this module where a file is written, not at
the top of a module: fit-tool costs 0.3 s at start-up.
"""

from __future__ import annotations

import datetime
import struct
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from fit_tool.base_type import BaseType
from fit_tool.data_message import DataMessage
from fit_tool.definition_message import DefinitionMessage
from fit_tool.developer_field import DeveloperField
from fit_tool.fit_file_header import FitFileHeader, ProtocolVersion
from fit_tool.profile.messages.activity_message import ActivityMessage
from fit_tool.profile.messages.developer_data_id_message import DeveloperDataIdMessage
from fit_tool.profile.messages.device_info_message import DeviceInfoMessage
from fit_tool.profile.messages.event_message import EventMessage
from fit_tool.profile.messages.field_description_message import FieldDescriptionMessage
from fit_tool.profile.messages.file_id_message import FileIdMessage
from fit_tool.profile.messages.lap_message import LapMessage
from fit_tool.profile.messages.record_message import RecordMessage
from fit_tool.profile.messages.session_message import SessionMessage
from fit_tool.profile.profile_type import (
    Activity,
    Event,
    EventType,
    FileType,
    LapTrigger,
    Manufacturer,
    SessionTrigger,
    Sport,
    SubSport,
)
from fit_tool.record import Record
from fit_tool.utils.crc import crc16

_MESSAGES: Mapping[str, type[Any]] = {
    m.NAME: m
    for m in (
        FileIdMessage, DeviceInfoMessage, DeveloperDataIdMessage, FieldDescriptionMessage, EventMessage,
        RecordMessage, LapMessage, SessionMessage, ActivityMessage,
    )
}  # fmt: skip
_NAMED_VALUES: Mapping[str, type[Enum]] = {
    "activity": Activity, "event": Event, "event_type": EventType, "file": FileType,
    "lap_trigger": LapTrigger, "manufacturer": Manufacturer, "session_trigger": SessionTrigger,
    "sport": Sport, "sub_sport": SubSport,
}  # fmt: skip
"""Types of fields whose values have names."""
_LOCAL_NUMBERS = 16
_PROTOCOL = (2, 0)  # the first with developer fields

_Value = float | str | Sequence[int] | datetime.datetime
_Shape = tuple[str, tuple[tuple[str, int], ...], tuple[int, ...]]


class FitWriter:
    """``FitWriter`` takes messages in the order of the file and returns its bytes when it is closed.

    Developer fields belong to the developer data index 0 and must be added before they are written.
    """

    def __init__(self) -> None:
        self._body = bytearray()
        self._developer: dict[int, BaseType] = {}
        self._defined: dict[_Shape, DataMessage] = {}
        self._shapes: list[_Shape | None] = [None] * _LOCAL_NUMBERS
        self._next = 0

    def add_developer_field(self, number: int, *, whole: bool) -> int:
        """Make a developer field known, uint8 if ``whole`` else float32; return the number of that type."""
        self._developer[number] = BaseType.UINT8 if whole else BaseType.FLOAT32
        return int(self._developer[number].value)

    def write(
        self, name: str, values: Mapping[str, _Value], developer: Mapping[int, float] | None = None
    ) -> None:
        """Encode one message: fields by name in units of the profile, developer fields by number.

        Times are aware datetimes, values of a list of the profile are names.  Raises ``KeyError`` for a
        name that the profile does not have and ``fit_tool.FitEncodingError`` for a number that the field
        cannot hold.
        """
        own = developer or {}
        shape = (name, tuple((field, _room_of(v)) for field, v in values.items()), tuple(own))
        message = self._defined.get(shape) or self._new_message(shape)
        for field, value in zip(message.fields, values.values(), strict=True):
            _set_value(field, value)
        for field, number in zip(message.developer_fields, own.values(), strict=True):
            field.set_value(0, number)
        if shape not in self._defined:
            self._write_definition(shape, message)
        self._body += Record.from_message(message).to_bytes()

    def profile_name(self, kind: str, name: str, otherwise: str) -> str:
        """Return ``name`` if the profile has it for this kind of field, else ``otherwise``."""
        return name if name.upper() in _NAMED_VALUES[kind].__members__ else otherwise

    def close(self) -> bytes:
        """Return the bytes of the whole file, with header and checksum."""
        header = FitFileHeader(len(self._body), ProtocolVersion(*_PROTOCOL), gen_crc=True)
        data = bytes(header.to_bytes()) + self._body
        return data + struct.pack("<H", crc16(data))

    def _new_message(self, shape: _Shape) -> DataMessage:
        name, fields, developer = shape
        kind = _MESSAGES[name]
        known = {field.name: field for field in kind().fields}
        own = [
            DeveloperField(number, base_type=self._developer[number], growable=True) for number in developer
        ]
        return DataMessage(
            self._next, kind.ID, name=name, fields=[known[f] for f, _ in fields], developer_fields=own
        )

    def _write_definition(self, shape: _Shape, message: DataMessage) -> None:
        """Write the definition of a message under a local number, the one unused for longest."""
        gone = self._shapes[self._next]
        if gone is not None:
            del self._defined[gone]
        self._shapes[self._next] = shape
        self._defined[shape] = message
        self._next = (self._next + 1) % _LOCAL_NUMBERS
        self._body += Record.from_message(DefinitionMessage.from_data_message(message)).to_bytes()


def _room_of(value: _Value) -> int:
    """Return how much room a value takes, as far as it differs within one field."""
    return len(value) if isinstance(value, (str, Sequence)) else 1


def _set_value(field: Any, value: _Value) -> None:
    if isinstance(value, datetime.datetime):
        field.set_value(0, int(value.timestamp()) * 1000)
    elif field.type_name in _NAMED_VALUES and isinstance(value, str):
        field.set_value(0, _NAMED_VALUES[field.type_name][value.upper()])
    elif isinstance(value, Sequence) and not isinstance(value, str):
        field.set_values(value)
    else:
        field.set_value(0, value)
