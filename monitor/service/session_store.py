"""The store of a user's settings, ready for use: what a killed program left in it is completed first."""

from __future__ import annotations

from monitor.service.config import Config, data_folder
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store


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
