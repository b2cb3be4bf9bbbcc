"""Who tries out tokens: counted by address, and sent away for a while."""

from __future__ import annotations

import hashlib
import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_GUESSES = 10
"""Different wrong tokens that may come from one address within ``FORGET_S``."""
FORGET_S = 60.0
UNGUESSABLE = 22
"""Characters of a token of ours (128 bit) or more: no rate of guesses finds one."""
MOST_ADDRESSES = 1000
"""So many addresses are remembered, the last ones; 1,000 take 1 MB."""


@dataclass(slots=True)
class _Guesses:
    since_s: float
    tokens: set[bytes] = field(default_factory=set)


class WrongTokens:
    """``WrongTokens`` remembers which addresses brought wrong tokens.

    Behind one address there may be many: a network at home or at a club, all visitors of a reverse proxy.
    So one of them who guesses must not keep out the others, who have the right token, while a token that
    somebody chose, and may be guessed, stays safe: whoever looks at a token asks ``wait_s`` before for one
    shorter than ``UNGUESSABLE``, and for others only after they were found to be wrong.

    A token that comes again and again counts once: a phone that still has the token of last year sends
    it twice a second, and guesses nothing.  An IPv6 address counts as its /64, which is one customer's.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._by_address: OrderedDict[str, _Guesses] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """Return how long this address has to wait before it may try a token, 0 if it may now."""
        guesses = self._by_address.get(_counted_address(address))
        if guesses is None or len(guesses.tokens) < MOST_GUESSES:
            return 0.0
        return max(0.0, guesses.since_s + FORGET_S - self._now_s())

    def count(self, address: str, token: str) -> None:
        """Count a wrong token from this address."""
        key, now_s = _counted_address(address), self._now_s()
        guesses = self._by_address.get(key)
        if guesses is None or now_s - guesses.since_s >= FORGET_S:
            guesses = self._by_address[key] = _Guesses(now_s)
        self._by_address.move_to_end(key)
        if len(guesses.tokens) < MOST_GUESSES:
            guesses.tokens.add(hashlib.sha256(token.encode(errors="replace")).digest())
        if len(guesses.tokens) == MOST_GUESSES:
            guesses.since_s = now_s
        while len(self._by_address) > MOST_ADDRESSES:
            self._by_address.popitem(last=False)


def _counted_address(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if ip.version == 6:
        return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip) >> 64 << 64, 64)))
    return str(ip)
