"""XML in pieces to calls of a handler, safely: nothing outside the file is read and no entity is expanded.

Expat reads as it goes, so a file of any length takes the memory of its deepest element.  Prefixes are cut
off: writers of TCX and GPX choose them freely and often forget to declare them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol
from xml.parsers import expat

from monitor.core.errors import InputError

_PIECE = 1 << 16
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_OTHER_CODE = re.compile(rb"""\s*<\?xml[^>]*encoding=["'](?!utf-?8["'])""", re.IGNORECASE)
_ENDS_EARLY = (
    expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION, expat.errors.XML_ERROR_PARTIAL_CHAR,
)  # fmt: skip


class XmlHandler(Protocol):
    """An ``XmlHandler`` takes the elements of a file in their order, by names without prefix."""

    def open_element(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take the start of an element; names of attributes are without prefix too."""

    def close_element(self, name: str, text: str) -> None:
        """Take the end of an element with the text since the last tag, without blanks around it."""


def pieces_of(data: bytes) -> Iterator[bytes]:
    """Yield these bytes in pieces of 64 kB.

    Devices write names in codes of their own into files that call themselves UTF-8: what is none in them
    becomes a mark, instead of ending the file there.
    """
    if not data.startswith(_UTF16) and _OTHER_CODE.match(data) is None:
        data = data.decode("utf-8", "replace").encode()
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]


def parse_xml(pieces: Iterable[bytes], handler: XmlHandler) -> str:
    """Give ``handler`` every element, and return what is wrong with the file: empty if nothing is.

    Where it is cut off or broken, the handler has what stands before.  ``InputError`` if the file declares
    entities, which no watch does and which can be made to blow up or to read other files.
    """
    parser, text = expat.ParserCreate(), list[str]()
    parser.buffer_text = True

    def start(name: str, attributes: Mapping[str, str]) -> None:
        text.clear()
        handler.open_element(_plain_name(name), {_plain_name(k): v for k, v in attributes.items()})

    def end(name: str) -> None:
        handler.close_element(_plain_name(name), "".join(text).strip())
        text.clear()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text.append
    parser.EntityDeclHandler = _refuse_entity
    try:
        begun = False
        for piece in pieces:
            piece = piece if begun else piece.lstrip(b" \t\r\n")  # before it no declaration may stand
            begun = begun or bool(piece)
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as exc:
        early = expat.errors.messages[exc.code] in _ENDS_EARLY
        return "it ends early" if early else f"its XML is broken in line {exc.lineno}"
    except (LookupError, ValueError):
        return "its encoding is not known"
    return ""


def _plain_name(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse_entity(*_: object) -> None:
    raise InputError("error.xml_entities")
