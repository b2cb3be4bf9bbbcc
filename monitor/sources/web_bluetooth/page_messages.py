"""What a page says over its WebSocket, and how: JSON texts with one key, which is the kind of message.

========== ======================================================= =====================================
from page  value                                                   is
========== ======================================================= =====================================
hello      ``{"queue": text, "page": text}``                       which browser, and which load of it
time       ``[call, ms]``                                          the answer to ``ask``
device     ``{"sensor", "connection", "id", "name", "uuids",       a device that the runner chose is
           "ready"}``                                              connected; ready: set up already
did        ``[call, base64 or null, error or ""]``                 what came of ``do``
batch      ``[number, page, ms, [[sensor, connection, ms,          notifications in order; the batch
           channel, base64], ...]]``                               waits until it is ``taken``
                                                                   ``[wish, ms]`` among them is a wish of
                                                                   the runner: pause, resume or lap
late       ``[number, run, zero_ms, page, notifications]``         a batch of an earlier run, whose second
                                                                   0 was then
late_end   ``[number, run]``                                       that was all of it
gone       ``[sensor, connection]``                                a link has ended
alive      ``ms``                                                  nothing waits
========== ======================================================= =====================================

Times are milliseconds of the page's own clock, which only goes forward while it is open.  The service says
``ask``, ``spec``, ``taken``, ``late_taken``, ``do``, ``streams``, ``failed``, ``refused`` and ``over``.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from monitor.core.errors import DecodeError
from monitor.core.http_limits import JsonShape
from monitor.core.packet import LAP, PAUSE, RESUME
from monitor.core.safe_text import clean_line

LARGEST_PAGE_MESSAGE = 65_536
"""Bytes; a page sends at most some 200 notifications at once."""
_DEEPEST, _MOST_ITEMS = 5, 4000
_LONGEST_TEXT = 100  # of a name or an identity
_LARGEST_NOTIFICATION = 512  # bytes: the longest value of an attribute (Bluetooth Core 5.4, vol 3 F 3.2.9)
_MOST_MS = 1e15
_MOST_COUNT = 2**53
_WISHES, _WISH_LENGTH = (PAUSE, RESUME, LAP), 2


@dataclass(frozen=True, slots=True)
class PageHello:
    """A page that has come: ``queue`` is where its notifications wait, ``page`` this load of it."""

    queue: str
    page: str


@dataclass(frozen=True, slots=True)
class PageTime:
    """An answer to question ``call``: the page's clock (s)."""

    call: int
    page_s: float


@dataclass(frozen=True, slots=True)
class PageDevice:
    """A device that is connected to the page, for one of our sensors.

    ``id`` is the browser's own word for it, ``uuids`` its characteristics that may be used; ``ready``: the
    page has set it up by itself, as it was set up before.
    """

    sensor: str
    connection: int
    id: str
    name: str
    uuids: frozenset[str]
    ready: bool


@dataclass(frozen=True, slots=True)
class PageResult:
    """What came of step ``call``: a value or none, or an error."""

    call: int
    value: bytes | None
    error: str


@dataclass(frozen=True, slots=True)
class PageNotification:
    """One notification, when the page heard it (s of its clock)."""

    sensor: str
    connection: int
    page_s: float
    channel: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class PageWish:
    """A wish of the runner to the timer, by its channel, and when it was made (s of the page's clock)."""

    channel: str
    page_s: float


PageEntry = PageNotification | PageWish


@dataclass(frozen=True, slots=True)
class PageBatch:
    """Entries in order, of the load ``page``, which has nothing older: sent at ``page_s``."""

    number: int
    page: str
    page_s: float
    entries: tuple[PageEntry, ...]


@dataclass(frozen=True, slots=True)
class PageLateBatch:
    """Entries of an earlier ``run``, whose second 0 was at ``zero_s`` of the page's clock."""

    number: int
    run: str
    zero_s: float
    page: str
    entries: tuple[PageEntry, ...]


@dataclass(frozen=True, slots=True)
class PageLateEnd:
    """The end of what the page has of an earlier run: its last batch has this number."""

    number: int
    run: str


@dataclass(frozen=True, slots=True)
class PageLost:
    """A link of the page that has ended."""

    sensor: str
    connection: int


@dataclass(frozen=True, slots=True)
class PageAlive:
    """A sign of life: all that was heard before this time of the page's clock (s) has been sent."""

    page_s: float


PageMessage = (
    PageHello
    | PageTime
    | PageDevice
    | PageResult
    | PageBatch
    | PageLateBatch
    | PageLateEnd
    | PageLost
    | PageAlive
)


def decode_page_message(text: str) -> PageMessage:
    """Return what a page says; ``DecodeError`` if it is none of the messages above."""
    if len(text) > LARGEST_PAGE_MESSAGE:
        raise DecodeError("a message of the page is too long")
    try:
        JsonShape(_DEEPEST, _MOST_ITEMS).push(text.encode())
        ((kind, value),) = json.loads(text).items()
        return _DECODERS[kind](value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error) as exc:
        raise DecodeError(f"a message of the page cannot be read ({type(exc).__name__})") from None


def encode_service_message(kind: str, value: object) -> str:
    """Return a message of the service for a page."""
    return json.dumps({kind: value}, allow_nan=False)


def base64_text(payload: bytes) -> str:
    """Return bytes as they stand in messages."""
    return base64.b64encode(payload).decode("ascii")


def _hello(value: Any) -> PageHello:
    return PageHello(_text(value["queue"]), _text(value["page"]))


def _time(value: Any) -> PageTime:
    call, ms = value
    return PageTime(_count(call), _seconds(ms))


def _device(value: Any) -> PageDevice:
    return PageDevice(
        _text(value["sensor"]),
        _count(value["connection"]),
        _text(value["id"]),
        clean_line(_text(value["name"])),
        frozenset(map(_text, value["uuids"])),
        value["ready"] is True,
    )


def _result(value: Any) -> PageResult:
    call, payload, error = value
    return PageResult(
        _count(call), None if payload is None else _bytes(payload), clean_line(str(error))[:200]
    )


def _batch(value: Any) -> PageBatch:
    number, page, ms, entries = value
    return PageBatch(_count(number), _text(page), _seconds(ms), tuple(map(_entry, entries)))


def _entry(value: Any) -> PageEntry:
    return _wish(value) if len(value) == _WISH_LENGTH else _notification(value)


def _wish(value: Any) -> PageWish:
    channel, ms = value
    if channel not in _WISHES:
        raise ValueError("not a wish of a page")
    return PageWish(channel, _seconds(ms))


def _notification(value: Any) -> PageNotification:
    sensor, connection, ms, channel, payload = value
    return PageNotification(
        _text(sensor), _count(connection), _seconds(ms), _text(channel), _bytes(payload)
    )


def _late_batch(value: Any) -> PageLateBatch:
    number, run, zero_ms, page, entries = value
    late = tuple(map(_entry, entries))
    return PageLateBatch(_count(number), _text(run), _seconds(zero_ms), _text(page), late)


def _late_end(value: Any) -> PageLateEnd:
    number, run = value
    return PageLateEnd(_count(number), _text(run))


def _lost(value: Any) -> PageLost:
    sensor, connection = value
    return PageLost(_text(sensor), _count(connection))


def _alive(value: Any) -> PageAlive:
    return PageAlive(_seconds(value))


_DECODERS: dict[str, Callable[[Any], PageMessage]] = {
    "hello": _hello,
    "time": _time,
    "device": _device,
    "did": _result,
    "batch": _batch,
    "late": _late_batch,
    "late_end": _late_end,
    "gone": _lost,
    "alive": _alive,
}


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise ValueError("not a short text")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST_COUNT:
        raise ValueError("not a count")
    return value


def _seconds(ms: Any) -> float:
    if isinstance(ms, bool) or not math.isfinite(ms) or abs(ms) > _MOST_MS:
        raise ValueError("not a time")
    return float(ms) / 1000


def _bytes(value: Any) -> bytes:
    payload = base64.b64decode(_encoded(value), validate=True)
    if len(payload) > _LARGEST_NOTIFICATION:
        raise ValueError("longer than a value can be")
    return payload


def _encoded(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not base64")
    return value
