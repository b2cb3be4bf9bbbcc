"""Memory is flat: what a long session holds does not grow with it."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator

import pytest

from monitor.core.records import Out, SensorStatus, SessionStarted
from monitor.pipeline.session import Session
from monitor.simulation.drifting_runner import coached_settings, drifting_bouts
from monitor.simulation.simulated_runner import recording_of_run, repeat_recording
from monitor.sinks.live_state import LiveState
from monitor.sinks.push.alerts import Alerts, AlertSettings
from monitor.sinks.run_summary import RunSummary
from monitor.sinks.session_log import SessionLog

ROUND_S = 90.0
NOON = "2026-11-25T12:00:00+00:00"


def held_bytes() -> int:
    """What all lists, tables and objects of this process take, without what they point to."""
    gc.collect()
    return sum(sys.getsizeof(thing) for thing in gc.get_objects())


@pytest.mark.parametrize("rounds", [5])
async def test_the_second_half_of_a_session_holds_no_more_than_the_first(rounds: int) -> None:
    """Every step that somebody keeps is 600 bytes: 250 kB in a round, 25 MB in an hour."""
    one = recording_of_run(drifting_bouts(ROUND_S))
    settings = coached_settings(one.settings)
    session, page, alerts = Session(settings), LiveState(history_s=60.0), Alerts(AlertSettings(), NOON)
    summary, log = RunSummary(settings), SessionLog()
    by_round: list[int] = []

    async def batches() -> AsyncIterator[list[Out]]:
        yield [SessionStarted("a", "me", NOON, ())]
        for packet in repeat_recording(one, rounds).packets():
            records: list[Out] = [*session.push(packet)]
            page.push(records)
            for record in records:
                alerts.push(record)
            yield records
            if session.t_s >= ROUND_S * (len(by_round) + 1):
                del records
                by_round.append(held_bytes())

    async def logged() -> AsyncIterator[list[Out]]:
        async for batch in batches():
            for record in batch:
                log._log_record(record)
            yield batch

    await summary.run(logged())
    assert summary.totals.steps.total() > 1000
    assert not any(isinstance(r, SensorStatus) and r.lost for r in session.statuses())
    assert by_round[-1] - by_round[1] < 60_000, by_round
