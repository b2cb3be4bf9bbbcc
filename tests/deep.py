"""What ``make deep`` does beyond ``make test``: every scenario instead of one of each kind, more examples.

A law is searched for what breaks it with as many examples as its cost allows in every run of the suite;
what is rare is left to ``make deep``, as mutated inputs are to ``make fuzz`` and faults to ``make soak``.
"""

from __future__ import annotations

import os

DEEP = os.environ.get("GAITCUE_DEEP") == "1"


def example_count(in_every_run: int, when_deep: int) -> int:
    """Return how many examples of a law are tried."""
    return when_deep if DEEP else in_every_run
