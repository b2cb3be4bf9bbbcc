"""What is said of outside systems at the end of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.message_catalogues import Language
from monitor.core.records import SINK_STARTING, SessionStarted, SinkStatus
from monitor.core.user_language import choose_language
from monitor.recordings.tape_lock import TapeLock
from monitor.service.delivery_status import delivery_status, outside_systems, undelivered_texts
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

SESSION, START = "2026-11-25T07-00-00-ann", "2026-11-25T07:00:00+00:00"


@pytest.mark.parametrize(
    ("last", "language", "said"),
    [
        (SINK_STARTING, "en", "3 records have not arrived (no answer yet)"),
        (SINK_STARTING, "de", "3 Datensätze sind nicht angekommen (noch keine Antwort)"),
        (
            "http://box did not answer within 10 s; next try in 2 s",
            "en",
            "(http://box did not answer within",
        ),
    ],
)
def test_a_run_that_ends_before_the_first_time_out_says_that_nobody_answered(
    tmp_path: Path, last: str, language: Language, said: str
) -> None:
    choose_language(language)
    with Store(tmp_path / "s.db") as store:
        store.begin(SessionInfo(id=SESSION, athlete="ann", title="", started_utc=START))
        store.write(SESSION, [SessionStarted(SESSION, "ann", START, ())])
        store.write(SESSION, [SinkStatus(float(k), "influx", True, last) for k in range(2)])
        (text,) = undelivered_texts(store, ["influx"])
    assert said in text
    assert SINK_STARTING not in text


def test_what_a_dead_program_left_behind_is_not_running_now(tmp_path: Path) -> None:
    tapes = [tmp_path / f"{name}.tape" for name in ("left", "recorded")]
    lock = TapeLock(tapes[1])
    with Store(tmp_path / "s.db") as store:
        for tape in tapes:
            info = SessionInfo(id=tape.stem, athlete="ann", title="", started_utc=START, tape=str(tape))
            store.begin(info)
        _, running, *_ = delivery_status(store, tmp_path, ())
    lock.leave()
    assert running == "running now: recorded"


def test_what_waits_for_the_broker_is_counted_from_its_first_run_on(tmp_path: Path) -> None:
    """Also where it has acknowledged nothing yet; of what was before it was set up it gets nothing."""
    with Store(tmp_path / "s.db") as store:
        store.begin(SessionInfo(id=SESSION, athlete="ann", title="", started_utc=START))
        for at_once in (False, True):
            waiting = {s.name: s.waiting for s in outside_systems(store, ("influx", "mqtt"))}
            assert waiting == {"influx": 3 * at_once, "mqtt": 3 * at_once}
            if not at_once:
                store.skip_history("mqtt")
                store.write(SESSION, [SessionStarted(SESSION, "ann", START, ())] * 3)
        assert {s.name: s.waiting for s in outside_systems(store)} == {"mqtt": 3}
    with Store(tmp_path / "t.db") as store:
        store.begin(SessionInfo(id=SESSION, athlete="ann", title="", started_utc=START))
        store.write(SESSION, [SessionStarted(SESSION, "ann", START, ())] * 3)
        assert {s.name: s.waiting for s in outside_systems(store, ("influx", "mqtt"))} == {
            "influx": 3,
            "mqtt": 0,
        }
