"""What a request may bring: bytes, and how deep and how much its JSON is, watched while it streams."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

_MARK = re.compile(rb'[\[\]{},"]')
_IN_STRING = re.compile(rb'(?:[^"\\]++|(?:\\[\s\S])++)*+')


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """The most that a body may have; ``depth`` None: it is no JSON, and only its size counts.

    All our JSON is flat: notes nest once.  ``items`` counts the values of all arrays and objects together.
    """

    size: int = 1_000_000  # bytes
    depth: int | None = 16
    items: int = 20_000


class JsonShape:
    """``JsonShape`` follows the brackets of a JSON text that comes in pieces, in one pass and no memory.

    It checks nothing but depth and number of items: whether the text is JSON at all is for its parser,
    which may then be given it without fear.
    """

    def __init__(self, depth: int, items: int) -> None:
        self._most_deep = depth
        self._most_items = items
        self._depth = 0
        self._items = 0
        self._in_string = False
        self._escaped = False  # the last byte of the piece before was a backslash in a string

    def push(self, piece: bytes) -> None:
        """Follow one more piece; ``ValueError`` as soon as it nests too deeply or has too many items.

        So it is with a zero byte: parsers read UTF-16 too, in which a quote is another than here.
        """
        if b"\0" in piece:
            raise ValueError("zero bytes: it must be UTF-8")
        at = 0
        while at < len(piece):
            if self._in_string:
                at = self._after_string(piece, at)
                continue
            mark = _MARK.search(piece, at)
            if mark is None:
                return
            at = mark.end()
            self._count(mark[0])

    def _after_string(self, piece: bytes, at: int) -> int:
        """Where the string ends in which ``at`` lies, the length of the piece if it goes on."""
        if self._escaped:
            self._escaped = False
            return at + 1
        inside = _IN_STRING.match(piece, at)
        end = inside.end() if inside else at
        if end < len(piece):
            self._in_string = piece[end : end + 1] != b'"'
            self._escaped = self._in_string
        return end + 1

    def _count(self, mark: bytes) -> None:
        if mark == b'"':
            self._in_string = True
        elif mark == b",":
            self._items += 1
        elif mark in b"[{":
            self._depth += 1
            self._items += 1
        else:
            self._depth -= 1
        if self._depth > self._most_deep:
            raise ValueError("too many levels")
        if self._items > self._most_items:
            raise ValueError("too many values")


class LimitedBody:
    """``LimitedBody`` is the ASGI ``receive`` of a request, which ends a body that goes over its limits.

    It raises ``HTTPException`` 413 for the size and 422 for the shape of JSON, at the first piece that
    goes over; the rest is not read.
    """

    def __init__(self, receive: Receive, limits: BodyLimits) -> None:
        self._receive = receive
        self._limits = limits
        self._size = 0
        self._shape = None if limits.depth is None else JsonShape(limits.depth, limits.items)

    async def __call__(self) -> Message:
        """Return the next message of the request."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._check(message.get("body", b""))
        return message

    def _check(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limits.size:
            raise too_large(self._limits)
        if self._shape is not None:
            try:
                self._shape.push(piece)
            except ValueError as exc:
                raise HTTPException(422, f"The JSON has {exc}.") from exc


class NoBody:
    """``NoBody`` is the ASGI ``receive`` of a request that has no business to bring a body: there is none.

    What comes all the same is thrown away, while somebody waits for the end of the connection.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._asked = False

    async def __call__(self) -> Message:
        """Return an empty body at first, then wait until the other side is gone."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                return message


def check_length(headers: Any, limits: BodyLimits) -> None:
    """Raise ``HTTPException`` 413 if the header ``Content-Length`` says more than the limit."""
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limits.size:
        raise too_large(limits)


def too_large(limits: BodyLimits) -> HTTPException:
    """Return the refusal of a body over its limit."""
    return HTTPException(413, f"A request may have {limits.size} bytes here.")
