"""Stores for tests: a file that is imported as ``gaitcue import`` does it, and copies of a store."""

from __future__ import annotations

import shutil
from pathlib import Path

from monitor.recordings.readers import read_recordings
from monitor.recordings.recording import Wearing
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.fit_bytes import NOON


def import_file(store: Store, folder: Path, data: bytes, name: str = "run.fit") -> SessionInfo:
    """Return the session of a file with one recording."""
    (folder / name).write_bytes(data)
    (recording,) = read_recordings(folder / name, Wearing())
    return import_recording(store, folder, recording, "me", NOON)


def copy_store(made: Path, folder: Path) -> Path:
    """Return ``folder``, which now holds a copy of the store in ``made`` that a test may spoil.

    To make runs once and copy them is a hundred times faster than to make them for every test.
    """
    shutil.copytree(made, folder, dirs_exist_ok=True)
    with Store(folder / DATABASE) as store:
        for info in store.sessions():
            store.move_tape(info.id, str(folder / "tapes" / Path(info.tape).name))
    return folder
