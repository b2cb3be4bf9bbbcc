"""XML from any text: whoever reads it back finds the text, without what no XML document may hold."""

from __future__ import annotations

import io
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from monitor.exports.xml_stream import XmlStream


@given(text=st.text(st.characters(codec=None)), attribute=st.text())
def test_any_text_can_be_read_back(text: str, attribute: str) -> None:
    out = io.BytesIO()
    xml = XmlStream(out)
    with xml.element("a", {"b": attribute}):
        xml.write("c", text)
    xml.close()
    root = ElementTree.fromstring(out.getvalue())
    left = [c for c in text if c in "\t\n\r" or " " <= c < "\ud800" or "\udfff" < c not in "\ufffe\uffff"]
    assert (root.findtext("c") or "") == "".join(left).replace("\r\n", "\n").replace("\r", "\n")
    assert len(root.get("b", "")) <= len(attribute)
