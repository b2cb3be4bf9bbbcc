"""XML written as it comes: escaped, without what XML cannot hold, never the whole document in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

_FORBIDDEN = dict.fromkeys([*(n for n in range(32) if n not in (9, 10, 13)), 0xFFFE, 0xFFFF])
"""Characters that no XML document may hold, not even escaped."""
_FORBIDDEN |= dict.fromkeys(range(0xD800, 0xE000))


class XmlStream:
    """``XmlStream`` writes elements to an open binary file, in the order in which they are given."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = XMLGenerator(out, "utf-8", short_empty_elements=True)
        self._out.startDocument()

    @contextmanager
    def element(self, name: str, attributes: Mapping[str, str] | None = None) -> Iterator[None]:
        """Open an element and close it at the end of the ``with`` block."""
        cleaned = {key: text.translate(_FORBIDDEN) for key, text in (attributes or {}).items()}
        self._out.startElement(name, AttributesImpl(cleaned))
        yield
        self._out.endElement(name)
        self._out.ignorableWhitespace("\n")

    def write(self, name: str, text: str, attributes: Mapping[str, str] | None = None) -> None:
        """Write an element that holds nothing but a text."""
        with self.element(name, attributes):
            self._out.characters(text.translate(_FORBIDDEN))

    def close(self) -> None:
        """End the document and write what is left of it; the file stays open."""
        self._out.endDocument()
