"""All stored sessions and the runners' logs in one tar file, and back from it."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import tarfile
import tempfile
from pathlib import Path

from monitor.core.errors import InputError, StoreError
from monitor.core.private_files import create_private_file, make_private
from monitor.recordings.tape import make_plain
from monitor.storage import migrations, tape_archive
from monitor.storage.runner_log import RUNNER_LOG_FOLDER
from monitor.storage.store import TAPES_FOLDER, Store

_log = logging.getLogger(__name__)

DATABASE = "gaitcue.db"


def write_backup(store: Store, path: Path) -> int:
    """Write the database, the tapes and the runners' logs into one tar file and return its size in bytes.

    Tapes of sessions that are still being recorded are left out.  ``StoreError`` if ``path`` exists or
    cannot be written.
    """
    if path.exists():
        raise StoreError("error.backup_exists", path=path)
    if not path.parent.is_dir():
        raise StoreError("error.backup_folder", path=path, parent=path.parent)
    partial = path.with_name(path.name + ".part")
    create_private_file(partial)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder, tarfile.open(partial, "w") as out:
            copy = Path(folder) / DATABASE
            store.copy_to(copy)
            out.add(copy, DATABASE)
            for info in store.sessions():
                tape = tape_archive.tape_file(info)
                if tape is not None and info.ended:
                    make_plain(tape)
                    out.add(tape, f"{TAPES_FOLDER}/{tape.name}")
            for log in sorted((store.path.parent / RUNNER_LOG_FOLDER).glob("*.jsonl")):
                out.add(log, f"{RUNNER_LOG_FOLDER}/{log.name}")
        partial.rename(path)
    except (OSError, tarfile.TarError) as exc:
        raise StoreError("error.cannot_write", path=path, reason=exc) from exc
    finally:
        partial.unlink(missing_ok=True)
    size = path.stat().st_size
    _log.info("backup written to %s, %.1f MB", path, size / 1e6)
    return size


def restore_backup(path: Path, folder: Path) -> int:
    """Unpack a backup into a data folder without sessions and return how many sessions it holds.

    ``StoreError`` if there are sessions already (they would be lost) or the backup is damaged: nothing is
    touched then.  ``InputError`` if ``path`` is not a file.
    """
    if not path.is_file():
        raise InputError("error.backup_is_folder" if path.is_dir() else "error.no_backup", path=path)
    database = folder / DATABASE
    if database.exists():
        with Store(database) as store:
            if store.sessions():
                raise StoreError("error.restore_over", folder=folder, count=len(store.sessions()))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as unpacked:
        _unpack(path, Path(unpacked))
        with Store(Path(unpacked) / DATABASE) as store:
            for info in store.sessions():
                if info.tape:
                    store.move_tape(info.id, str(folder / TAPES_FOLDER / Path(info.tape).name))
            count = len(store.sessions())
        (folder / TAPES_FOLDER).mkdir(exist_ok=True)
        for tape in (Path(unpacked) / TAPES_FOLDER).glob("*"):
            shutil.move(tape, folder / TAPES_FOLDER / tape.name)
        _restore_logs(Path(unpacked) / RUNNER_LOG_FOLDER, folder / RUNNER_LOG_FOLDER)
        for left in folder.glob(f"{DATABASE}*"):
            left.unlink()
        shutil.move(Path(unpacked) / DATABASE, database)
    _log.info("%d sessions restored from %s", count, path)
    return count


def _restore_logs(logs: Path, folder: Path) -> None:
    """Put the runners' logs back where there is none yet: what was written down since stays."""
    for log in logs.glob("*.jsonl"):
        folder.mkdir(exist_ok=True, mode=0o700)
        if not (folder / log.name).exists():
            shutil.move(log, folder / log.name)
            make_private(folder / log.name)


def _own_file(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """A file of a backup as it is unpacked; what we never write, such as one with holes, is left out."""
    return tarfile.data_filter(member, folder) if member.isfile() and not member.issparse() else None


def _unpack(path: Path, folder: Path) -> None:
    try:
        with tarfile.open(path, "r:") as packed:  # not compressed: so it is as large as it looks
            packed.extractall(folder, filter=_own_file)
        db = sqlite3.connect(folder / DATABASE)
        try:
            whole = db.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            ours = db.execute("PRAGMA application_id").fetchone()[0] == migrations.APPLICATION_ID
        finally:
            db.close()
    except (OSError, tarfile.TarError, sqlite3.Error) as exc:
        raise StoreError("error.not_backup", path=path) from exc
    if not (whole and ours):
        raise StoreError("error.backup_damaged", path=path)
