"""What a run that has ended is missing on the disk: success is never claimed for a loss."""

from __future__ import annotations

import logging
from pathlib import Path

from monitor.core.errors import StoreError
from monitor.core.message_catalogues import EnglishText
from monitor.core.write_trouble import WriteTrouble
from monitor.recordings.tape import Tape
from monitor.storage.recovery import recover
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store

_log = logging.getLogger(__name__)


def loss_of_run(
    store: Store | None, tape: Tape | None, session: str, *, stored_whole: bool
) -> StoreError | None:
    """Return what is lost of a run whose tape is closed, or not stored yet; None if all of it is kept.

    ``stored_whole``: whether the store was given all of its records.  Where it was not, or the tape could
    not be finished, the session is completed from its tape now, if that can be done.
    """
    if tape is None:
        return None
    whole = stored_whole
    if store is not None and not (stored_whole and tape.finished):
        whole = _complete(store, session)
    if tape.missing:
        return _loss_of_packets(tape, session if store is not None else str(tape.path))
    if store is not None and not whole:
        reason = EnglishText(str(store.trouble or WriteTrouble.FAILING))
        return StoreError("error.run_not_stored", session=session, reason=reason, tape=tape.path)
    if not tape.finished and store is None:
        return StoreError("error.tape_not_finished", path=tape.path)
    return None


def _loss_of_packets(tape: Tape, name: str) -> StoreError:
    reason = EnglishText(tape.loss_reason)
    if tape.missing == tape.accepted:
        return StoreError("error.run_lost", reason=reason, folder=tape.path.parent)
    return StoreError(
        "error.run_in_part", lost=tape.missing, accepted=tape.accepted, reason=reason, name=name
    )


def _complete(store: Store, session: str) -> bool:
    """Complete the session from its tape; return whether the store has all of it now."""
    try:
        recover(store)
        info = store.session(session)
    except StoreError as exc:
        _log.error("%s could not be completed from its tape: %s", session, exc.log_text)
        return False
    return info.status is not SessionStatus.LIVE and Path(info.tape).is_file()
