"""Texts that others wrote: names and notes as they may be stored, and as they may be shown anywhere.

Any script is welcome.  What is not text stays out: control characters (they move the cursor of a terminal,
or ring its bell), marks that turn the direction of what follows, characters without a meaning, and halves
of characters (file names that are not UTF-8).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

LONGEST_NAME = 60
"""Characters of the name of a runner; they become folders, topics and tags."""
LONGEST_TITLE = 200
"""Characters of a title or tag."""

_NEVER_SHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
"""C0 and C1 controls, marks of direction (also embedded and isolated), line and paragraph separators,
byte order marks, annotations, surrogates, noncharacters and tags.  Joiners stay: Persian and emojis have
them."""
_STAND_IN = "\N{REPLACEMENT CHARACTER}"
_NOT_IN_FILES = re.compile(r"""[/\\:*?"<>|#%&;\x60$!]""")
_SUM = re.compile("-[0-9a-f]{8}$")
_FORMULA = ("=", "+", "-", "@")
_JOINERS = "\u200c\u200d"  # of Persian and Indic scripts
_LINE_ENDS = str.maketrans(dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029", " "))
_SPACES = re.compile(r"\s+")


def file_name_part(name: str) -> str:
    """Return a name as a part of a file's name, on any system and in addresses: its spaces and what has a
    meaning there become hyphens.
    """
    return "-".join(_NOT_IN_FILES.sub(" ", clean_line(name)).split()).strip("-.") or "runner"


def private_file_name(name: str, reserved: Iterable[str] = ()) -> str:
    """Return the beginning of the names of somebody's own files, which no other name has.

    It is the name where that may be a file's; else its part that may, and a sum of the name.  So it is with
    a name that ends in one of ``reserved``, as the files of another then would.
    """
    part = file_name_part(name)
    if part == name and not name.endswith(tuple(reserved)) and not _SUM.search(name):
        return name
    return f"{part}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"


def topic_level(name: str) -> str:
    """Return a name as one level of a topic or a word of an id: what is neither letter (of any script, with
    its marks), digit, ``_``, ``.`` nor ``-`` becomes a hyphen.
    """
    letters = (c if unicodedata.category(c)[0] in "LMN" or c in "_.-" else " " for c in clean_line(name))
    return "-".join("".join(letters).split()).strip("-") or "runner"


def table_cell(text: str) -> str:
    """Return a text as a cell of a CSV file that no spreadsheet takes for a formula.

    Before ``=``, ``+``, ``-``, ``@`` stands an apostrophe then, as such programs themselves do it.
    """
    return f"'{text}" if text[:1] in _FORMULA and text[:1] else text


def printable_text(text: str, most: int | None = None) -> str:
    """Return a text on one line that can do no harm where it is shown, cut after ``most`` characters.

    Ends of lines and tabs become spaces, other characters that are never shown U+FFFD.
    """
    line = _NEVER_SHOWN.sub(_STAND_IN, text.translate(_LINE_ENDS)) if not text.isprintable() else text
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"


def tag_text(text: str) -> str:
    """Return a text as it stands in a tag of a time series: what is not seen there is a space or U+FFFD.

    Joiners stay: Persian and Indic names are written with them.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _JOINERS else _blank_or_stand_in(c) for c in text)


def _blank_or_stand_in(c: str) -> str:
    return " " if unicodedata.category(c) == "Zs" or ord(c) in _LINE_ENDS else _STAND_IN


def clean_line(text: str, most: int = LONGEST_TITLE) -> str:
    """Return a line as it is stored: NFC, without what is never shown, its spaces single, at most ``most``
    characters.

    For what is read from files and the air; it may be empty.
    """
    line = _SPACES.sub(" ", _NEVER_SHOWN.sub("", _SPACES.sub(" ", unicodedata.normalize("NFC", text))))
    return _cut(line.strip(), most).strip()


def clean_note(text: str, most: int) -> str:
    """Return a text of several lines as it is stored; each line is like that of ``clean_line``."""
    lines = [clean_line(line, most) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return _cut("\n".join(lines).strip(), most)


def line_complaint(text: str, most: int = LONGEST_TITLE) -> str:
    """Return what is wrong with a name that somebody gives, to stand behind what it is; empty if nothing.

    In English, as the limits of settings are.
    """
    if not text.strip():
        return "must not be empty"
    if len(text) > most:
        return f"must not be longer than {most} characters"
    if _NEVER_SHOWN.search(text):
        return "must not have control characters, or marks that turn the direction of writing"
    return ""


def _cut(text: str, most: int) -> str:
    """The first ``most`` characters; a letter keeps or loses all its marks."""
    if len(text) <= most:
        return text
    end = most
    while end > 0 and _joins(text, end):
        end -= 1
    return text[: end or most]


def _joins(text: str, at: int) -> bool:
    """Whether the character at ``at`` belongs to the one before it."""
    return bool(unicodedata.combining(text[at])) or text[at] in "\u200d\ufe0f" or text[at - 1] == "\u200d"
