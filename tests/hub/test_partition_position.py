"""How far a partition is, as bytes and back; whatever stands there instead is refused."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import DecodeError
from monitor.hub.partition_position import PartitionPosition, unpack_position


def test_a_position_comes_back() -> None:
    position = PartitionPosition(7, claims=2).claimed()
    assert position == PartitionPosition(7, os.getpid(), 3)
    assert unpack_position(position.pack(), 7) == position


@given(st.binary(max_size=40))
def test_what_is_no_position_is_refused(junk: bytes) -> None:
    for bad in (
        junk,
        b"{}",
        b'{"sequence": 1.5}',
        b'{"sequence": true}',
        b'{"sequence": 1, "claims": "x"}',
    ):
        with pytest.raises(DecodeError, match="cannot be read"):
            unpack_position(bad, 100)


@pytest.mark.parametrize(
    "position", [PartitionPosition(8), PartitionPosition(-1), PartitionPosition(1, 1, -1)]
)
def test_a_position_of_another_log_is_refused(position: PartitionPosition) -> None:
    with pytest.raises(DecodeError, match="none of this log"):
        unpack_position(position.pack(), 7)
