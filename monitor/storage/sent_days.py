"""What was sent of a runner's shared days, and to which server: what is there must be known to delete it.

One file beside the runner's log, written before anything is sent and after it has arrived.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.private_files import make_own_folder_private, make_private_folder, write_private_file
from monitor.storage.runner_log import RUNNER_LOG_FOLDER, athlete_file_name

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDays:
    """``SentDays`` is what may be at ``server``: items, and days by their date with a digest of each.

    The digest is empty while a day is on its way.  ``left_at`` are servers of earlier settings, where
    something was left.  ``damaged``: the file could not be read, and anything may be there.
    """

    server: str = ""
    items: tuple[str, ...] = ()
    days: Mapping[str, str] = field(default_factory=dict)
    left_at: tuple[str, ...] = ()
    damaged: bool = False


def sent_days_path(folder: Path, athlete: str) -> Path:
    """Return the path of this athlete's file in the data folder."""
    return folder / RUNNER_LOG_FOLDER / f"{athlete_file_name(athlete)}-sent.json"


def read_sent_days(path: Path) -> SentDays:
    """Return what the file says, nothing sent without a file; ``StoreError`` if it cannot be opened."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return SentDays()
    except OSError as exc:
        raise StoreError("error.at", where=path, what=exc) from exc
    try:
        return json_codec.from_json(SentDays, json_codec.parse_checked(text))
    except ValueError:
        _log.warning("%s: is damaged; what was sent of shared days is not known", path)
        return SentDays(damaged=True)


def write_sent_days(path: Path, sent: SentDays) -> None:
    """Write the file, all of it or nothing; it is on the disk when this returns."""
    try:
        make_private_folder(path.parent)
    except OSError as exc:
        raise StoreError("error.cannot_be_written", path=path, reason=exc) from exc
    make_own_folder_private(path.parent.parent)
    write_private_file(path, json_codec.checked_json(json_codec.to_json(sent)))
