"""Strava's list of a bulk export, ``activities.csv``: what the runner called each activity, and its sport.

Its headings are in the runner's language: the name always is the third column and the sport the fourth, and
files are those cells that look like ``activities/123.fit.gz``.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from monitor.core.safe_text import clean_line
from monitor.recordings.activity_sports import sport_from_list

LIST_NAME = "activities.csv"
_FOLDER = "activities"
_LARGEST = 200_000_000  # bytes of a list


class ListedActivity(NamedTuple):
    """A ``ListedActivity`` is what the list says of a file: its title, sport and sub-sport in FIT's words.

    Each is empty where it says nothing, the sport also where its word is not known, as in other languages.
    """

    title: str = ""
    sport: str = ""
    sub_sport: str = ""


def listed_activities(data: bytes) -> dict[str, ListedActivity]:
    """Return the activities of a list by file (``activities/123.fit.gz``); none if it is no list."""
    out: dict[str, ListedActivity] = {}
    try:
        for row in csv.reader(io.StringIO(data.decode("utf-8-sig", errors="replace"))):
            file = next((cell for cell in row if cell.startswith(f"{_FOLDER}/")), "")
            if file and len(row) > 3:
                title = clean_line(row[2], 100)
                out[file] = ListedActivity(title, *sport_from_list(row[3]))
    except csv.Error:
        return {}
    return out


def activity_on_list(path: Path) -> ListedActivity:
    """Return what the list beside the folder of this file says of it, in an export that was unpacked."""
    if path.parent.name != _FOLDER:
        return ListedActivity()
    listed = path.parent.parent / LIST_NAME
    try:
        status = listed.stat()
        if status.st_size > _LARGEST:
            return ListedActivity()
        return _read_list(listed, status.st_mtime_ns).get(f"{_FOLDER}/{path.name}", ListedActivity())
    except OSError:
        return ListedActivity()


@functools.lru_cache(maxsize=2)
def _read_list(path: Path, changed_ns: int) -> Mapping[str, ListedActivity]:
    """The list as it was when it was last changed: thousands of files ask for it."""
    return listed_activities(path.read_bytes())


def is_export_table(path: Path) -> bool:
    """Return whether this is the list or another of the tables that lie beside it: none is a recording."""
    return path.suffix.lower() == ".csv" and (path.parent / LIST_NAME).is_file()
