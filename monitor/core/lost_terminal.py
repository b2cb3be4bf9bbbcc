"""A terminal that is gone: its window was closed, or the remote login that held it was lost."""

from __future__ import annotations

import os
from collections.abc import Iterable

_STANDARD = (0, 1, 2)


def open_terminals() -> list[int]:
    """Return those of the standard descriptors (input, output, errors) that are terminals now."""
    return [number for number in _STANDARD if os.isatty(number)]


def silence_lost_terminals(terminals: Iterable[int]) -> bool:
    """Send what goes to those of these descriptors whose terminal is gone nowhere; False if none is.

    A write to a lost terminal fails for ever, and a run that is ending has better things to do.
    """
    lost = [number for number in terminals if not os.isatty(number)]
    if lost:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in lost:
            os.dup2(nowhere, number)
        os.close(nowhere)
    return bool(lost)
