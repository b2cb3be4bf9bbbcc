"""A password or token that cannot be printed by accident, nor end in a log."""

from __future__ import annotations

import dataclasses
import hmac
import typing

_SHORTEST_MASKED = 6
_known: set[str] = set()


class Secret:
    """A text that shows as ``***``; ``reveal()`` is the one way out, so that every use can be found."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not value:
            raise ValueError("a secret must not be empty")
        self._value = value
        _known.update(piece for piece in value.split() if len(piece) >= _SHORTEST_MASKED)

    def reveal(self) -> str:
        """Return the secret itself, for the one call that has to send it."""
        return self._value

    def matches(self, other: str) -> bool:
        """Return whether ``other`` is the secret, in a time that does not tell how much of it was right."""
        return hmac.compare_digest(self._value.encode(), other.encode(errors="replace"))

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other._value)

    def __hash__(self) -> int:
        return hash(self._value)


def secret_fields(settings: type) -> set[str]:
    """Return the names of the fields of a dataclass that hold a secret or nothing."""
    hints = typing.get_type_hints(settings)
    names = (field.name for field in dataclasses.fields(settings))
    return {name for name in names if Secret in (hints[name], *typing.get_args(hints[name]))}


def masked_secrets(text: str) -> str:
    """Return ``text`` with ``***`` for every secret of this process.

    Of a secret of several lines each is masked.  Those of fewer than six characters are left: they would be
    masked in the middle of words.
    """
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, "***")
    return text
