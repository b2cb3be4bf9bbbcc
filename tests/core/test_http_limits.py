"""What a request may bring is watched while it streams."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.types import Message

from monitor.core.http_limits import BodyLimits, JsonShape, LimitedBody

VALUES = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=40,
)


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def fits(text: bytes, most: int, size: int = 1000) -> bool:
    shape = JsonShape(most, 10_000)
    try:
        for at in range(0, len(text), size):
            shape.push(text[at : at + size])
    except ValueError:
        return False
    return True


@given(VALUES, st.booleans(), st.integers(1, 7))
def test_the_depth_is_that_of_the_parsed_value_however_it_comes(
    value: object, plain: bool, size: int
) -> None:
    """Brackets and quotes within strings count for nothing, and no cut changes that."""
    text = json.dumps(value, ensure_ascii=plain).encode(errors="replace")
    there = depth(value)
    assert fits(text, there, size)
    assert there == 0 or not fits(text, there - 1, size)


@pytest.mark.parametrize(
    "text", [b"[" * 1_000_000, b'{"a":' * 200_000, b"[" + b"0," * 500_000, b"[" + b"{}," * 300_000]
)
def test_what_no_parser_should_see_is_refused_at_once(text: bytes) -> None:
    began = time.perf_counter()
    assert not fits(text, 16, 65_536)
    assert time.perf_counter() - began < 0.2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_what_a_parser_would_read_in_another_encoding_hides_nothing(encoding: str) -> None:
    """In UTF-16 the letter before the brackets has the byte of a quote."""
    text = ('{"a": "\u2201", "b": ' + "[" * 99 + "]" * 99 + "}").encode(encoding)
    assert depth(json.loads(text)) == 100
    assert not fits(text, 16)


@pytest.mark.parametrize("text", [b'"' + b"\\" * 1_000_000, b'"' + b"[" * 1_000_000, b"1" * 1_000_000])
def test_a_megabyte_takes_a_second_at_most_and_no_memory(text: bytes) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    assert fits(text, 16, 65_536)
    assert time.perf_counter() - began < 1.0
    assert tracemalloc.get_traced_memory()[1] < 200_000
    tracemalloc.stop()


async def test_a_body_without_end_is_read_up_to_its_limit_and_no_further() -> None:
    asked = 0

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": bytes(1000), "more_body": True}

    body = LimitedBody(receive, BodyLimits(size=5000, depth=None))
    for _ in range(5):
        await body()
    with pytest.raises(HTTPException) as refused:
        await body()
    assert refused.value.status_code == 413
    assert asked == 6
