"""Who may see the page: everyone on this machine, and on a network whoever has the token."""

from __future__ import annotations

import ipaddress
import logging
import secrets
from dataclasses import dataclass
from pathlib import Path

from monitor.core.errors import ConfigError
from monitor.core.secret import Secret

_log = logging.getLogger(__name__)

SHORTEST_TOKEN = 12
"""Characters that a token set by the user must have; our own have 22 (128 bit)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Settings of the live page: where it listens, and who may see it.

    ``host`` 127.0.0.1 is this machine only; 0.0.0.0 is the whole network, with a token.
    """

    host: str = "127.0.0.1"
    port: int = 8765  # free in the IANA list of registered ports' common uses; 0: any free one
    token: Secret | None = None  # without one, a random one is made and kept in the data folder
    certificate: Path | None = None  # with its key: the page comes over https, which phones ask of apps
    key: Path | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port must be between 0 and 65535, not {self.port}")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key must be given together")
        if self.token and len(self.token.reveal()) < SHORTEST_TOKEN:
            raise ValueError(f"token must have at least {SHORTEST_TOKEN} characters")

    @property
    def loopback(self) -> bool:
        """Whether the page is for this machine only."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def needed_token(settings: WebSettings, folder: Path) -> Secret | None:
    """Return the token that visitors must bring: the one that is set, else none on loopback, else our own.

    Our own is random and kept in ``folder/web-token`` (mode 600), so that a phone that was let in
    once stays in when the service restarts.  Delete that file to lock everyone out.  Raises
    ``ConfigError`` if it cannot be written or read.
    """
    if settings.token or settings.loopback:
        return settings.token
    path = folder / "web-token"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(16) + "\n", encoding="ascii")
            _log.info("a new token for the page is in %s", path)
        return Secret(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as exc:
        raise ConfigError("error.page_token", path=path, error=exc) from exc
