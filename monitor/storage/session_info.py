"""What the store says of a session beside its records: its description, its notes, its steps as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from dsp.types import Array
from monitor.core.records import Out

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SessionStatus(StrEnum):
    """The state of a session: how far it has come."""

    LIVE = "live"  # being recorded, or left behind by a program that died
    COMPLETE = "complete"
    RECOVERED = "recovered"  # completed from its tape on a later start


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInfo:
    """``SessionInfo`` is what is stored of a session beside its records: one row of the table ``session``.

    ``id`` sorts by time, like ``2026-11-24T13-05-12-me``; ``settings`` is the JSON of its
    ``SessionSettings``; ``tape`` a path, empty if there is none; ``version`` of the program that wrote
    the records.  ``sport``, ``sub_sport``, ``utc_offset_s`` and ``counted_steps`` are those of
    ``ActivityFacts``; ``source`` is the fingerprint of the file that it was imported from.
    """

    id: str
    athlete: str
    title: str
    started_utc: str
    ended: bool = False
    duration_s: float = 0.0
    status: SessionStatus = SessionStatus.LIVE
    sensors: tuple[str, ...] = ()
    tape: str = ""
    settings: str = "{}"
    version: str = ""
    tags: tuple[str, ...] = ()
    sport: str = ""
    sub_sport: str = ""
    utc_offset_s: int | None = None
    source: str = ""
    counted_steps: int | None = None


def tags_for_others(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags without the runner's effort and shoes, which are shared item by item or not at all."""
    return tuple(tag for tag in tags if not tag.startswith(("effort=", "shoe=")))


@dataclass(frozen=True, slots=True)
class Note:
    """A ``Note`` is something that a person or an importer added to a session.

    ``kind`` is ``note``, ``pain`` (``value`` 0 to 10), ``lap`` (which ended at ``t_s``, seconds of the
    session; ``text`` is its trigger), ``pause`` (``value`` seconds long, from ``t_s`` on) or ``remark`` (of
    an importer).
    """

    id: int
    kind: str
    t_s: float | None
    value: float | None
    text: str
    made_utc: str


@dataclass(frozen=True, slots=True)
class StepColumns:
    """``StepColumns`` holds the n steps of a session as arrays (n,).

    ``side`` is ``L``, ``R`` or empty; ``ic_s`` and ``to_s`` are initial contact and toe-off in seconds of
    the session; ``values`` maps the name of each metric that any step has to its values.  NaN stands for
    what is not known.  ``modelled`` maps the name of each metric that no sensor saw in some steps to these.
    """

    side: NDArray[np.str_]
    ic_s: Array
    to_s: Array
    values: Mapping[str, Array]
    modelled: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)


WaitingRecord = tuple[int, str, Out]
"""A record on its way to a far end: its row, its session's id, itself."""
