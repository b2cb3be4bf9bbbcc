"""A file that is imported in a test as ``gaitcue import`` does it."""

from __future__ import annotations

from pathlib import Path

from monitor.recordings.readers import read_recordings
from monitor.recordings.recording import Wearing
from monitor.storage.import_recording import import_recording
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.fit_bytes import NOON


def import_file(store: Store, folder: Path, data: bytes, name: str = "run.fit") -> SessionInfo:
    """Return the session of a file with one recording."""
    (folder / name).write_bytes(data)
    (recording,) = read_recordings(folder / name, Wearing())
    return import_recording(store, folder, recording, "me", NOON)
