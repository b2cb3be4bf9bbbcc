"""XML is read in pieces and safely: no entities, no other files, whatever the cut."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import InputError
from monitor.recordings.xml_events import parse_xml, pieces_of
from tests.track_bytes import gpx_run

DATA = b" \n" + gpx_run(9) + b"\n"


class Listed:
    """A handler that lists what it is given."""

    def __init__(self) -> None:
        self.events: list[tuple[str, ...]] = []

    def open_element(self, name: str, attributes: Mapping[str, str]) -> None:
        self.events.append(("open", name, *attributes))

    def close_element(self, name: str, text: str) -> None:
        self.events.append(("close", name, text))


def parsed(*pieces: bytes) -> tuple[list[tuple[str, ...]], str]:
    handler = Listed()
    damage = parse_xml(pieces, handler)
    return handler.events, damage


@given(cuts=st.lists(st.integers(0, len(DATA)), max_size=12).map(sorted))
def test_the_cut_of_the_pieces_never_matters(cuts: list[int]) -> None:
    ends = [0, *cuts, len(DATA)]
    assert parsed(*(DATA[a:b] for a, b in pairwise(ends))) == parsed(DATA)


def test_prefixes_need_no_declaration_and_are_cut_off() -> None:
    events, damage = parsed(b"<a:b c:d='1'> text <e/> tail </a:b>")
    assert damage == ""
    assert events == [("open", "b", "d"), ("open", "e"), ("close", "e", ""), ("close", "b", "tail")]


@pytest.mark.parametrize(
    "entity",
    [
        b'<!ENTITY a "b">',
        b'<!ENTITY a SYSTEM "file:///etc/hostname">',
        b'<!ENTITY % a SYSTEM "http://127.0.0.1:9/x">',
        b'<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">',
    ],
)
def test_entities_are_refused_where_they_are_declared(entity: bytes) -> None:
    with pytest.raises(InputError, match="declares entities"):
        parsed(b"<!DOCTYPE gpx [" + entity + b"]><gpx>&a;</gpx>")


def test_an_outside_document_type_is_not_fetched() -> None:
    events, damage = parsed(b'<!DOCTYPE gpx SYSTEM "http://127.0.0.1:9/x.dtd"><gpx><a>1</a></gpx>')
    assert damage == ""
    assert ("close", "a", "1") in events


@pytest.mark.parametrize(
    ("data", "damage"),
    [
        (b"", "it ends early"),
        (b"<a>\n<b></a>", "its XML is broken in line 2"),
        (b"<a><b>1</b>", "it ends early"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "encoding"),
        (b"<a>\xff</a>", "its XML is broken in line 1"),
    ],
)
def test_what_is_wrong_is_said_in_a_few_words(data: bytes, damage: str) -> None:
    assert damage in parsed(data)[1]


@pytest.mark.parametrize("head", [b"", b'<?xml version="1.0" encoding="utf-8"?>'])
def test_a_name_that_is_no_utf8_does_not_end_the_file(head: bytes) -> None:
    events, damage = parsed(*pieces_of(head + b"<gpx><name>K\xf6ln</name><trk/></gpx>"))
    assert damage == ""
    assert ("close", "name", "K\ufffdln") in events
    assert ("open", "trk") in events


@pytest.mark.parametrize("code", ["iso-8859-1", "utf-16"])
def test_a_name_in_the_code_that_the_file_declares_is_read(code: str) -> None:
    text = f'<?xml version="1.0" encoding="{code}"?><gpx><name>Köln</name></gpx>'
    events, damage = parsed(*pieces_of(text.encode(code)))
    assert (damage, ("close", "name", "Köln") in events) == ("", True)
