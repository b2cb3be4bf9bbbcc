"""A run on a worker: the records of an undisturbed run, wherever it is cut, copied or told twice."""

from __future__ import annotations

import pickle
import zlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.activity_facts import LapMark, TimerPause
from monitor.core.errors import InputError
from monitor.core.packet import LAP, PAUSE, RESUME, wish_packet
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.hub.hosted_run import HostedRun, RecordBatch, Snapshot, unpack_snapshot
from monitor.recordings.tape_blocks import Numbered
from monitor.sinks.hub.run_messages import RunEnd, RunStart
from tests.deep import example_count
from tests.hub_rig import ENDED, short_run, short_run_records

RECORDING = short_run()
ROWS: list[Numbered] = list(enumerate(RECORDING.packets()))
STARTED = SessionStarted("s", "me", "2026-01-01T00:00:00+00:00", ())
END = RunEnd(len(ROWS), ENDED)


def new_run() -> HostedRun:
    return HostedRun(RunStart(STARTED, RECORDING.settings, "1"))


def whole_run() -> list[Out]:
    run = new_run()
    return [*run.begin().records, *run.push(ROWS).records, *run.finish(END).records]


WHOLE = whole_run()


def test_it_gives_the_records_of_one_process() -> None:
    records, length_s = short_run_records()
    assert [STARTED, *records, SessionEnded("s", length_s, ENDED)] == WHOLE


@settings(max_examples=example_count(5, 50))
@given(st.lists(st.integers(0, len(ROWS)), max_size=4), st.integers(0, 200))
def test_cuts_snapshots_and_repeats_change_nothing(cuts: list[int], overlap: int) -> None:
    run = new_run()
    batches = [run.begin()]
    for start, end in pairwise(sorted({0, *cuts, len(ROWS)})):
        run = unpack_snapshot(Snapshot(1, run).pack()).run
        batches.append(run.push(ROWS[max(0, start - overlap) : end]))
    batches.append(run.finish(END))
    assert [record for batch in batches for record in batch.records] == WHOLE
    assert numbers_follow(batches)
    assert run.missing == 0
    assert (run.repeated > 0) == (overlap > 0 and len({0, *cuts, len(ROWS)}) > 2)


def numbers_follow(batches: list[RecordBatch]) -> bool:
    return all(b.first == a.first + len(a.records) for a, b in pairwise(batches))


def test_packets_that_are_not_on_the_tape_are_counted() -> None:
    run = new_run()
    run.push(ROWS[:10])
    run.push(ROWS[17:20])
    assert (run.missing, run.next_packet) == (7, 20)


def test_the_end_tells_of_pauses_and_laps() -> None:
    wishes = (wish_packet(5.0, LAP), wish_packet(8.0, PAUSE), wish_packet(11.0, RESUME))
    packets = sorted((*RECORDING.packets(), *wishes), key=lambda p: p.arrival_ns)
    run = new_run()
    assert run.push(list(enumerate(packets))).pauses == ()
    last = run.finish(RunEnd(len(packets), ENDED))
    assert (last.pauses, last.laps) == ((TimerPause(8.0, 3.0),), (LapMark(5.0, "manual"),))
    assert isinstance(last.records[-1], SessionEnded)
    given_up = unpack_snapshot(Snapshot(1, run).pack()).run.give_up()
    assert (given_up.pauses, given_up.laps) == (last.pauses, last.laps)


@pytest.mark.parametrize(
    "junk", [b"", b"junk", zlib.compress(b"junk"), zlib.compress(pickle.dumps("text"))]
)
def test_what_is_no_snapshot_is_refused(junk: bytes) -> None:
    with pytest.raises(InputError):
        unpack_snapshot(junk)


def test_a_snapshot_of_another_version_is_refused() -> None:
    other = Snapshot(1, new_run(), program="0.0.1")
    with pytest.raises(InputError):
        unpack_snapshot(other.pack())
