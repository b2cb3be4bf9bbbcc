"""Packed recordings: one file as ``.gz``, and ``.zip`` exports with many, also zips within them.

Strava's export has ``activities/*.fit.gz`` and others beside ``activities.csv``, which has their names;
Garmin's has zips of FIT files within a zip.  One file at a time is inflated; sizes are limited, each and in
all, and what a zip says of its sizes is checked before anything is read.
"""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from monitor.core.errors import InputError
from monitor.recordings.export_list import LIST_NAME, ListedActivity, listed_activities
from monitor.recordings.inflation import (
    BROKEN,
    InflatedFile,
    inflate_into,
    largest_inflated,
    open_member,
    open_zip,
    zip_error,
)

GZIP = b"\x1f\x8b"
"""The first bytes of a ``.gz``, also of one that lost this ending when it was downloaded."""
_LARGEST = 200_000_000
"""Bytes of one inflated file: 12 h at 1 Hz are 50 MB of TCX and 3 MB of FIT."""
_MOST_FILES = 200_000
_LARGEST_LIST = 50_000_000  # bytes of an export's list: 100,000 activities


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A ``PackedFile`` is one file of a zip, inflated.

    ``path`` is where in the zip, ``ending`` that of the file itself (``.fit`` of a ``.fit.gz``), ``title``
    its name without it, ``listed`` what a list in the zip says of it.
    """

    path: str
    title: str
    ending: str
    data: bytes
    listed: ListedActivity


def file_ending(name: str) -> tuple[str, bool]:
    """Return a file's ending in lower case without ``.gz``, and whether there was one."""
    path = PurePosixPath(name.lower())
    packed = path.suffix == ".gz"
    return (PurePosixPath(path.stem) if packed else path).suffix, packed


def inflate(data: bytes) -> bytes:
    """Return what is in a ``.gz``; ``InputError`` if it is damaged or too large."""
    packed = gzip.GzipFile(fileobj=io.BytesIO(data))
    out = io.BytesIO()
    inflate_into(io.BufferedReader(InflatedFile(packed, _LARGEST, _gzip_error)), out)
    return out.getvalue()


def _gzip_error(exc: Exception) -> InputError:
    return InputError("error.gzip_damaged", error=exc)


def zip_names(path: Path) -> list[str]:
    """Return the names of all files in a zip; ``InputError`` if it cannot be read."""
    try:
        with path.open("rb") as file, open_zip(file) as packed:
            return packed.namelist()
    except OSError as exc:
        raise zip_error(exc) from exc


def packed_files(path: Path, endings: Iterable[str]) -> Iterator[PackedFile | InputError]:
    """Yield the files in a zip, and in zips within it, that have one of these endings, also as ``.gz``.

    An ``InputError`` stands for a file that cannot be unpacked, with its place.  It is raised where the zip
    as a whole cannot be.
    """
    try:
        with path.open("rb") as file:
            largest = largest_inflated(path.stat().st_size)
            yield from _Unpacker(frozenset(endings), largest).files(file, "")
    except OSError as exc:
        raise zip_error(exc) from exc


class _Unpacker:
    """Counts what was inflated of one zip and those within it."""

    def __init__(self, endings: frozenset[str], largest: int) -> None:
        self._endings = endings
        self._left = self._largest = largest

    def files(self, file: IO[bytes], where: str) -> Iterator[PackedFile | InputError]:
        """Yield the files of a zip that is called ``where``, itself not packed in another one if empty."""
        with open_zip(file) as packed:
            members = [m for m in packed.infolist() if self._is_wanted(m, inner=bool(where))]
            self._check_sizes(members)
            listed = _packed_list(packed)
            for member in members:
                try:
                    yield from self._member(packed, member, where, listed)
                except InputError as exc:
                    yield InputError("error.at", where=f"{where}{member.filename}", what=exc)

    def _member(
        self,
        packed: zipfile.ZipFile,
        member: zipfile.ZipInfo,
        where: str,
        listed: Mapping[str, ListedActivity],
    ) -> Iterator[PackedFile | InputError]:
        ending, gzipped = file_ending(member.filename)
        if ending == ".zip":
            with tempfile.TemporaryFile() as inner:
                self._copy(packed, member, inner)
                yield from self.files(inner, f"{where}{member.filename}/")
            return
        out = io.BytesIO()
        self._copy(packed, member, out)
        gzipped = gzipped or out.getvalue().startswith(GZIP)
        data = inflate(out.getvalue()) if gzipped else out.getvalue()
        self._left -= len(data) if gzipped else 0
        name = PurePosixPath(member.filename).name
        title = name.removesuffix(".gz").rpartition(".")[0] or name
        said = listed.get(member.filename, ListedActivity())
        yield PackedFile(f"{where}{member.filename}", title, ending, data, said)

    def _is_wanted(self, member: zipfile.ZipInfo, *, inner: bool) -> bool:
        """Return whether this may be a recording: Macs add other files, deeper zips are not opened."""
        path = PurePosixPath(member.filename)
        if member.is_dir() or path.name.startswith(".") or "__MACOSX" in path.parts:
            return False
        ending, gzipped = file_ending(path.name)
        return ending in self._endings or (ending == ".zip" and not gzipped and not inner)

    def _check_sizes(self, members: list[zipfile.ZipInfo]) -> None:
        if sum(m.file_size for m in members) > self._left or len(members) > _MOST_FILES:
            raise InputError("error.zip_large", limit=f"{self._largest / 1e9:g}", files=_MOST_FILES)

    def _copy(self, packed: zipfile.ZipFile, member: zipfile.ZipInfo, out: IO[bytes]) -> None:
        """Inflate a member; ``InputError`` if it is damaged, encrypted or too large."""
        inner = file_ending(member.filename)[0] == ".zip"
        limit = self._left if inner else min(self._left, _LARGEST)
        with open_member(packed, member, limit) as source:
            self._left -= inflate_into(source, out)


def _packed_list(packed: zipfile.ZipFile) -> dict[str, ListedActivity]:
    """Return what the list of an export says of its files, if there is one."""
    try:
        member = packed.getinfo(LIST_NAME)
        with open_member(packed, member, _LARGEST_LIST) as source:
            return listed_activities(source.read())
    except (*BROKEN, InputError):
        return {}
