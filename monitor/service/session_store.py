"""The store of a user's settings, ready for use: what a killed program left in it is completed first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.core.activity_facts import ActivityFacts
from monitor.service.config import Config, data_folder
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store

if TYPE_CHECKING:
    from monitor.recordings.recording import Recording


def open_store(config: Config) -> Store:
    """Open the store of these settings and complete the sessions that a killed program left behind.

    What was recovered is logged.  ``StoreError`` if the database cannot be used.
    """
    store = Store(data_folder(config) / "gaitcue.db")
    try:
        if any(info.status is SessionStatus.LIVE for info in store.sessions()):
            from monitor.storage.recovery import recover  # all that a run needs, for the few who need it

            recover(store)
    except BaseException:
        store.close()
        raise
    return store


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
