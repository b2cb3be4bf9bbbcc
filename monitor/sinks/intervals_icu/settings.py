"""The settings of intervals.icu: a key makes it a far end."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.core.secret import Secret

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalsIcuSettings:
    """Settings of intervals.icu: nothing is sent without ``token``, the API key of the site's settings."""

    token: Secret | None = None
    url: str = "https://intervals.icu"
    timeout_s: float = 30.0  # for a whole request

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError(
                'url must be like "https://intervals.icu": the key must not travel in the open'
            )
        if not parts.hostname or parts.username or parts.query:
            raise ValueError('url must be like "https://intervals.icu"')
        if not 0.1 <= self.timeout_s <= 300:
            raise ValueError(f"timeout_s must be between 0.1 and 300, not {self.timeout_s:g}")
