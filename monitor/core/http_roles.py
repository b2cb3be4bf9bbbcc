"""What a visitor of a server of ours may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class AccessRole(IntEnum):
    """What a visitor may do; each may do what those before it may."""

    READER = 1
    """Look at everything."""
    COACH = 2
    """Write notes and tags too."""
    RUNNER = 3
    """Everything: delete, change, import."""


ROLE_NAMES = {AccessRole.READER: "read-only", AccessRole.COACH: "coach", AccessRole.RUNNER: "runner"}
"""As a user reads and types them."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a token: what they may do, and whose sessions they see (None: everybody's)."""

    name: str
    role: AccessRole
    athlete: str | None = None
