"""The store of a user's settings, ready for use: what a killed program left in it is completed first."""

from __future__ import annotations

import datetime
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.core.activity_facts import ActivityFacts
from monitor.core.errors import StoreDamaged, StoreError
from monitor.service.config import Config, data_folder
from monitor.storage.database import damage_mark
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from monitor.storage.tape_archive import lone_tapes

if TYPE_CHECKING:
    from monitor.recordings.recording import Recording

_log = logging.getLogger(__name__)


def open_store(config: Config) -> Store:
    """Open the store of these settings and complete the sessions that a killed program left behind.

    What was recovered is logged.  A database that is damaged is set aside, and a new one made of what can
    be read and of the tapes, which is logged too.  ``StoreError`` if the database cannot be used.
    """
    path = data_folder(config) / "gaitcue.db"
    if path.exists() and damage_mark(path).exists():
        _salvage(path)
    try:
        return _open_and_recover(path)
    except StoreDamaged:
        _salvage(path)
        return _open_and_recover(path)


def _open_and_recover(path: Path) -> Store:
    store = Store(path)
    try:
        if store.read_only is None and lone_tapes(store):
            from monitor.storage.salvage import adopt_tapes  # needed once in the life of a store

            adopt_tapes(store)
        if any(info.status is SessionStatus.LIVE for info in store.sessions()):
            from monitor.storage.recovery import recover  # all that a run needs, for the few who need it

            if store.read_only is None:
                recover(store)
            else:
                _log.warning("unfinished runs wait to be completed: %s", store.read_only)
    except BaseException:
        store.close()
        raise
    return store


def _salvage(path: Path) -> None:
    from monitor.storage.salvage import salvage_store

    try:
        salvage_store(path, datetime.datetime.now())
    except StoreDamaged as exc:
        raise StoreError("error.at", where=path, what=exc) from exc


def replayed_facts(config: Config, recording: Recording) -> ActivityFacts:
    """Return what else is known of a recording that is played back: what its file says beside the numbers.

    A tape has no room for it: there it is what the store says of the session of that tape, if it is there.
    The time zone is left out, since a replay happens here and now.
    """
    facts = recording.facts
    if recording.session:
        with open_store(config) as store:
            if any(info.id == recording.session for info in store.sessions()):
                facts = store.facts(recording.session)
    return replace(facts, utc_offset_s=None)
