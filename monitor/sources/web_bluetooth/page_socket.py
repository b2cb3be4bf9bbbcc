"""The WebSocket of a page that is a radio, as this room sees it and the web room brings it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from monitor.core.packet import Packet


class PageGone(Exception):
    """The page has left, or its network is gone."""


class PageSocket(Protocol):
    """The WebSocket of one page, as text."""

    async def send(self, text: str) -> None:
        """Send a text; ``PageGone`` when there is nobody any more."""
        ...

    async def receive(self) -> str:
        """Return the next text; ``PageGone`` when there comes no more."""
        ...


@runtime_checkable
class PageListener(Protocol):
    """Whoever listens to pages that are radios."""

    def begin_run(self, session: str, add_late: Callable[[str, Sequence[Packet]], int] | None) -> None:
        """Begin a run of this name; ``add_late`` takes what pages still have of earlier ones."""
        ...

    async def serve_page(self, socket: PageSocket) -> None:
        """Serve one page until it has left, or the run is over."""
        ...
