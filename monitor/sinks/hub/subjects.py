"""The subjects of one run in the log: ``gait.<tenant>.<athlete>.<session>.<what>``.

A subject of NATS is a list of tokens parted by dots; a token must not be empty nor hold a dot, a blank,
``*`` or ``>``.  Names may hold all of these, so every byte of a name that is not a letter or digit of
ASCII, ``_`` or ``-`` is written as ``=`` and two hexadecimal digits (which keys of NATS's stores may
hold, too).  The way back is exact.
"""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass

from monitor.core.errors import InputError

_ROOT = "gait"
_LONGEST = 1000  # characters of a token: 60 of any script; three fit the 4096 bytes of a server's line
_TOKEN = re.compile(r"(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+")


def escape_name(name: str) -> str:
    """Return a name as one token of a subject; ``InputError`` if it is empty or too long for one."""
    token = urllib.parse.quote(name, safe="").replace(".", "%2E").replace("~", "%7E").replace("%", "=")
    if not 0 < len(token) <= _LONGEST:
        raise InputError("error.hub_name", name=name)
    return token


def unescape_name(token: str) -> str:
    """Return the name that ``escape_name`` made a token of; ``InputError`` if it made no such token."""
    try:
        name = urllib.parse.unquote(token.replace("=", "%"), errors="strict")
    except ValueError as exc:
        raise InputError("error.hub_name", name=token) from exc
    if not _TOKEN.fullmatch(token) or escape_name(name) != token:
        raise InputError("error.hub_name", name=token)
    return name


@dataclass(frozen=True, slots=True)
class RunAddress:
    """``RunAddress`` says whose run it is; two runs of a hub never have the same."""

    tenant: str
    athlete: str
    session: str

    def subject(self, what: str) -> str:
        """Return the subject of the ``start``, ``packets``, ``end`` or ``records`` of the run."""
        return f"{_ROOT}.{self.key}.{what}"

    @property
    def key(self) -> str:
        """The three names as tokens, parted by dots: the run's name in the log."""
        return ".".join(map(escape_name, (self.tenant, self.athlete, self.session)))


def parse_subject(subject: str) -> tuple[RunAddress, str]:
    """Return whose run a subject is about and what of it, whatever tokens stand before the last five.

    ``InputError`` if it is no subject of a run.
    """
    tokens = subject.split(".")[-4:]
    if len(tokens) < 4:
        raise InputError("error.hub_name", name=subject)
    *names, what = tokens
    return RunAddress(*map(unescape_name, names)), what
