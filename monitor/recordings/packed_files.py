"""Packed recordings: one file as ``.gz``, and ``.zip`` exports with many, also zips within them.

Strava's export has ``activities/*.fit.gz`` and others beside ``activities.csv``, which has their names;
Garmin's has zips of FIT files within a zip.  One file at a time is inflated; sizes are limited, each and in
all, and what a zip says of its sizes is checked before anything is read.
"""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from monitor.core.errors import InputError
from monitor.core.safe_text import clean_line
from monitor.recordings.inflation import (
    BROKEN,
    InflatedFile,
    inflate_into,
    open_member,
    open_zip,
    zip_error,
)

_LARGEST = 200_000_000
"""Bytes of one inflated file: 12 h at 1 Hz are 50 MB of TCX and 3 MB of FIT."""
_LARGEST_IN_ALL = 20_000_000_000
"""Bytes of all inflated files of a zip: 20,000 runs of an hour as TCX."""
_MOST_FILES = 200_000
_LISTS = "activities.csv"
_LARGEST_LIST = 50_000_000  # bytes of it: 100,000 activities
_LONGEST_TITLE = 100
_ALWAYS_IN_ALL = 1_000_000_000
_LARGEST_RATIO = 300
"""Bytes of all inflated files that any zip may have, and how many times as large as itself: TCX shrinks to
a thirtieth, a zip to be feared to a thousandth."""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A ``PackedFile`` is one file of a zip, inflated.

    ``path`` is where in the zip, ``ending`` that of the file itself (``.fit`` of a ``.fit.gz``), ``title``
    what a list in the zip calls it, or its name.
    """

    path: str
    title: str
    ending: str
    data: bytes


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
            largest = max(_ALWAYS_IN_ALL, _LARGEST_RATIO * path.stat().st_size)
            yield from _Unpacker(frozenset(endings), min(largest, _LARGEST_IN_ALL)).files(file, "")
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
            titles = _listed_titles(packed)
            for member in members:
                try:
                    yield from self._member(packed, member, where, titles)
                except InputError as exc:
                    yield InputError("error.at", where=f"{where}{member.filename}", what=exc)

    def _member(
        self, packed: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, titles: Mapping[str, str]
    ) -> Iterator[PackedFile | InputError]:
        ending, gzipped = file_ending(member.filename)
        if ending == ".zip":
            with tempfile.TemporaryFile() as inner:
                self._copy(packed, member, inner)
                yield from self.files(inner, f"{where}{member.filename}/")
            return
        out = io.BytesIO()
        self._copy(packed, member, out)
        data = inflate(out.getvalue()) if gzipped else out.getvalue()
        self._left -= len(data) if gzipped else 0
        name = PurePosixPath(member.filename).name
        title = titles.get(member.filename) or name.removesuffix(".gz").rpartition(".")[0] or name
        yield PackedFile(f"{where}{member.filename}", title, ending, data)

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


def _listed_titles(packed: zipfile.ZipFile) -> dict[str, str]:
    """Return the runner's names of activities by file, from Strava's ``activities.csv``.

    Its headings are in the runner's language; the name always is the third column, and files are those
    cells that look like ``activities/123.fit.gz``.
    """
    try:
        member = packed.getinfo(_LISTS)
        out = {}
        with open_member(packed, member, _LARGEST_LIST) as source:
            text = io.TextIOWrapper(source, encoding="utf-8-sig", errors="replace", newline="")
            for row in csv.reader(text):
                file = next((cell for cell in row if cell.startswith("activities/")), "")
                name = clean_line(row[2], _LONGEST_TITLE) if len(row) > 3 else ""
                if file and name:
                    out[file] = name
    except (*BROKEN, InputError, csv.Error):
        return {}
    return out
