"""What a log line looks like, apart from how it is made: ``--help`` lists it and must not load logging."""

from __future__ import annotations

from enum import StrEnum


class LogFormat(StrEnum):
    """What a log line looks like: for people, or for programs that collect it."""

    TEXT = "text"
    JSON = "json"
