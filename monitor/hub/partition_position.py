"""How far a partition is, as its worker notes it in the hub's key-value store."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace

from monitor.core.errors import DecodeError
from monitor.core.json_codec import from_json, parse_json, to_json


@dataclass(frozen=True, slots=True)
class PartitionPosition:
    """``PartitionPosition`` is the message of the log up to which no snapshot of a run lacks anything.

    ``claims`` processes have begun to serve the partition so far, ``process`` is the last of them.
    """

    sequence: int
    process: int = 0
    claims: int = 0

    def claimed(self) -> PartitionPosition:
        """Return it as this process takes the partition over."""
        return replace(self, process=os.getpid(), claims=self.claims + 1)

    def pack(self) -> bytes:
        """Return its bytes, of which ``unpack_position`` makes it again."""
        return json.dumps(to_json(self)).encode()


def unpack_position(data: bytes, last: int) -> PartitionPosition:
    """Return the position in these bytes, of a log whose last message is ``last``.

    ``DecodeError`` if there is none, or none of this log: who begins behind its end would leave out what
    comes next.
    """
    try:
        position = from_json(PartitionPosition, parse_json(data))
    except ValueError as exc:
        raise DecodeError("its position cannot be read") from exc
    if {type(position.sequence), type(position.claims)} != {int}:
        raise DecodeError("its position cannot be read")
    if not 0 <= position.sequence <= last or position.claims < 0:
        raise DecodeError("its position is none of this log")
    return position
