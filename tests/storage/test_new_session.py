"""How a session begins: each under a name of its own."""

from __future__ import annotations

from pathlib import Path

from monitor.core.records import SessionStarted
from monitor.core.session_settings import SessionSettings
from monitor.storage.new_session import begin_run
from monitor.storage.store import Store

STARTED = SessionStarted("2026-11-24T12-00-00-ann", "ann", "2026-11-24T12:00:00+00:00", ())


def test_runs_of_one_second_get_a_number(tmp_path: Path) -> None:
    """The second one was refused, as a run that was there already."""
    with Store(tmp_path / "gaitcue.db") as store:
        for replayed, name in ((False, STARTED.session), (False, "-2"), (True, "-3"), (True, "-4")):
            started, tape = begin_run(store, tmp_path, "run", SessionSettings(), STARTED, replayed=replayed)
            tape.close()
            assert started.session.endswith(name)
            assert started.started_utc == STARTED.started_utc
            assert tape.path.stem == started.session
        assert len(store.sessions()) == 4
