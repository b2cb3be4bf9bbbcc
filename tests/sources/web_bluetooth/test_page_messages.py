"""What a page may say, and what is refused of it: it may be anybody's."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import DecodeError
from monitor.sources.web_bluetooth.page_messages import (
    LARGEST_PAGE_MESSAGE,
    PageBatch,
    PageDevice,
    PageHello,
    PageLost,
    PageNotification,
    PageResult,
    PageTime,
    PageWish,
    base64_text,
    decode_page_message,
)

DEVICE = {
    "sensor": "left",
    "connection": 3,
    "id": "x==",
    "name": "Pod\u202e 1",
    "uuids": ["2a53"],
    "ready": True,
}
VALUES = {
    "hello": {"queue": "q", "page": "p"},
    "time": [4, 1500.0],
    "device": DEVICE,
    "did": [7, "AQI=", ""],
    "batch": [9, "p", 2000, [["left", 3, 1900.5, "data", "AQI="], ["pause", 1950]]],
    "gone": ["left", 3],
    "alive": 2500,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=6),
)


def test_every_message_is_what_it_says() -> None:
    read = {kind: decode_page_message(json.dumps({kind: value})) for kind, value in VALUES.items()}
    assert read["hello"] == PageHello("q", "p")
    assert read["time"] == PageTime(4, 1.5)
    assert read["device"] == PageDevice("left", 3, "x==", "Pod 1", frozenset({"2a53"}), True)
    assert read["did"] == PageResult(7, b"\1\2", "")
    heard = PageNotification("left", 3, 1.9005, "data", b"\1\2")
    assert read["batch"] == PageBatch(9, "p", 2.0, (heard, PageWish("pause", 1.95)))
    assert read["gone"] == PageLost("left", 3)
    assert read["alive"].page_s == 2.5  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "no json",
        '{"alive": 1, "gone": ["left", 3]}',
        '{"alive": NaN}',
        '{"alive": 1e999}',
        '{"alive": true}',
        '{"unknown": 1}',
        '{"gone": ["left", -1]}',
        '{"gone": ["left", 1.5]}',
        '{"gone": ["left", true]}',
        '{"hello": {"queue": "' + "q" * 101 + '", "page": "p"}}',
        '{"did": [7, "not base64", ""]}',
        '{"did": [7, "' + base64_text(bytes(513)) + '", ""]}',
        '{"batch": [1, "p", 2000, [["left", 3, 1900.5, "data"]]]}',
        '{"batch": [1, "p", 2000, [["end", 1900.5]]]}',
        '{"batch": [1, "p", 2000, [["stop_cues", 1900.5]]]}',
        '{"batch": [1, "p", 2000, [["lap", "soon"]]]}',
        '{"batch": [1, "p", 2000, [[["lap"], 1900.5]]]}',
        '{"batch": [1, "p", 2000, [{"a": 1, "b": 2}]]}',
        "[" * 60_000,
        '{"alive": ' + "[" * 100 + "]" * 100 + "}",
        '{"alive": "' + "x" * LARGEST_PAGE_MESSAGE + '"}',
    ],
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        decode_page_message(text)


@given(st.sampled_from(sorted(VALUES)), JSON)
def test_nothing_else_than_a_refusal_comes_of_strange_values(kind: str, value: object) -> None:
    with contextlib.suppress(DecodeError):
        decode_page_message(json.dumps({kind: value}))
