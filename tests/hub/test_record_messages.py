"""Records of a run as messages, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.activity_facts import LapMark, TimerPause
from monitor.core.errors import DecodeError
from monitor.core.json_codec import RECORD_KINDS
from monitor.core.records import SinkStatus
from monitor.hub.hosted_run import RecordBatch
from monitor.hub.record_messages import pack_records, unpack_records
from tests.hub.test_hosted_run import WHOLE


def test_every_record_of_a_run_comes_back() -> None:
    batch = RecordBatch(7, WHOLE)
    assert unpack_records(pack_records(batch)) == batch
    assert len({type(record) for record in WHOLE}) > len(RECORD_KINDS) / 2


def test_pauses_and_laps_come_back() -> None:
    batch = RecordBatch(3, WHOLE[-1:], (TimerPause(20.0, 9.5),), (LapMark(12.0, "manual"),))
    assert unpack_records(pack_records(batch)) == batch


def test_an_edition_comes_back() -> None:
    batch = RecordBatch(3, WHOLE[-1:], edition=4)
    assert unpack_records(pack_records(batch)) == batch
    assert b"edition" not in pack_records(RecordBatch(3, WHOLE[-1:]))


def test_a_record_without_a_number_comes_back() -> None:
    batch = RecordBatch(0, [SinkStatus(1.0, "hub", True, "delivering", behind_s=None)])
    assert unpack_records(pack_records(batch)) == batch


@given(st.binary(max_size=60))
def test_what_holds_no_records_is_refused(junk: bytes) -> None:
    for bad in (
        junk,
        b'{"first": -1, "records": []}',
        b'{"first": "0", "records": []}',
        pack_records(RecordBatch(0, WHOLE[:1]))[:-1] + b', "edition": -1}',
        pack_records(RecordBatch(0, WHOLE[:1]))[:-1] + b', "edition": "1"}',
        b'{"first": 0, "records": [["unknown", {}]]}',
        b'{"first": 0, "records": [["step", {}]]}',
        b'{"first": 0, "records": 5}',
        pack_records(RecordBatch(0, WHOLE[:1]))[:-1] + b', "pauses": [{}]}',
        pack_records(RecordBatch(0, WHOLE[:1]))[:-1] + b', "laps": 5}',
    ):
        with pytest.raises(DecodeError):
            unpack_records(bad)
