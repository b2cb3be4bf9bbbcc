"""What ``make deep`` does beyond ``make test``: every scenario instead of one of each kind, more examples.

And what ``make check`` leaves to it: it tries each law with a few examples only.

A law is searched for what breaks it with as many examples as its cost allows in every run of the suite;
what is rare is left to ``make deep``, as mutated inputs are to ``make fuzz`` and faults to ``make soak``.
"""

from __future__ import annotations

import os

DEEP = os.environ.get("GAITCUE_DEEP") == "1"
QUICK = os.environ.get("GAITCUE_QUICK") == "1"
_QUICK_EXAMPLES = 5


def example_count(in_every_run: int, when_deep: int) -> int:
    """Return how many examples of a law are tried."""
    if QUICK:
        return min(in_every_run, _QUICK_EXAMPLES)
    return when_deep if DEEP else in_every_run
