"""Inflating what others packed: never more than a limit, and whatever breaks is an ``InputError``.

What a packed file says of its sizes is asked first and never believed: bytes are counted as they come.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Protocol, cast

from monitor.core.errors import InputError

BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError, RuntimeError,
    ValueError, LookupError, ArithmeticError,
)  # fmt: skip
"""What the standard library raises at bytes that are damaged, or encrypted (``RuntimeError``)."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of packing in a zip.  Only of these the standard library inflates no more than it is asked for; a
piece of bzip2 or LZMA becomes as large as it says.  No export uses others."""
_ENCRYPTED = 1
_PIECE = 1 << 20
_ALWAYS_IN_ALL = 1_000_000_000
_LARGEST_RATIO = 300
_LARGEST_IN_ALL = 20_000_000_000
"""Bytes that any packed file may have inflated, how many times as large as itself, and never more: of a
zip's files 20,000 runs of an hour as TCX, of a tape four days.  TCX shrinks to a thirtieth, a tape to a
half; what is to be feared shrinks to a thousandth."""
_XZ_MEMORY = 100_000_000  # bytes: the largest preset of xz takes 65 MB
DamageError = Callable[[Exception], InputError]
"""Makes the error of a file that is damaged, of what the standard library says."""


class PackedSource(Protocol):
    """A file that is inflated while it is read."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many of the next bytes, none at the end."""


def zip_error(exc: Exception) -> InputError:
    """Return the error of a damaged zip."""
    return InputError("error.zip_damaged", error=exc)


class InflatedFile(io.RawIOBase):
    """``InflatedFile`` reads a packed file to its end, or to the ``limit`` of bytes; then ``InputError``.

    ``InputError`` of ``error`` where it is damaged.
    """

    def __init__(self, source: PackedSource, limit: int, error: DamageError) -> None:
        super().__init__()
        self._source, self._limit, self._error = source, limit, error
        self.count = 0  # bytes so far

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, into: object, /) -> int:
        """Read into a buffer and return how many bytes."""
        view = memoryview(cast(bytearray, into)).cast("B")
        try:
            piece = self._source.read(min(len(view), _PIECE))
        except BROKEN as exc:
            raise self._error(exc) from exc
        self.count += len(piece)
        if self.count > self._limit:
            raise size_error(self._limit)
        view[: len(piece)] = piece
        return len(piece)


def size_error(limit: int) -> InputError:
    """Return the error of what inflates to more than ``limit`` bytes."""
    return InputError("error.packed_large", limit=f"{limit / 1e6:.0f}")


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Return a zip whose names can be read; ``InputError`` if it is none."""
    try:
        return zipfile.ZipFile(file)
    except BROKEN as exc:
        raise zip_error(exc) from exc


def open_member(packed: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int, where: str = "") -> IO[bytes]:
    """Return a member of a zip to be read, at most ``limit`` bytes; ``InputError`` if it cannot be.

    ``where`` names it in what is said of damage.
    """

    def damaged(exc: Exception) -> InputError:
        return _placed(zip_error(exc), where)

    if member.file_size > limit:
        raise _placed(size_error(limit), where)
    if member.compress_type not in _METHODS and not member.flag_bits & _ENCRYPTED:
        raise _placed(InputError("error.zip_method"), where)
    try:
        source = packed.open(member)
    except BROKEN as exc:
        raise damaged(exc) from exc
    return io.BufferedReader(InflatedFile(source, limit, damaged), _PIECE)


def _placed(error: InputError, where: str) -> InputError:
    return InputError("error.at", where=where, what=error) if where else error


def largest_inflated(size: int) -> int:
    """Return how many bytes a packed file of ``size`` bytes may have inflated, all that is in it."""
    return min(max(_ALWAYS_IN_ALL, _LARGEST_RATIO * size), _LARGEST_IN_ALL)


class XzStream:
    """``XzStream`` reads the one stream of an ``.xz`` file in little memory, whatever it asks for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._inflater = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def read(self, size: int, /) -> bytes:
        """Return at most so many of the next bytes, none at the end; ``EOFError`` if it is cut short."""
        while not self._inflater.eof:
            packed = self._file.read(_PIECE) if self._inflater.needs_input else b""
            if self._inflater.needs_input and not packed:
                raise EOFError("the file is cut short")
            if piece := self._inflater.decompress(packed, size):
                return piece
        return b""


def open_xz(file: IO[bytes], limit: int, error: DamageError) -> IO[bytes]:
    """Return an ``.xz`` file to be read, at most ``limit`` bytes of it.

    ``InputError`` of ``error`` where it is damaged.
    """
    return io.BufferedReader(InflatedFile(XzStream(file), limit, error), _PIECE)


def inflate_into(source: IO[bytes], out: IO[bytes]) -> int:
    """Copy all that is left and return how many bytes that were."""
    count = 0
    while piece := source.read(_PIECE):
        count += out.write(piece)
    return count
