"""Who may see the page: on this machine everyone the run that is going on, all else whoever has a token."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.core.errors import ConfigError, StoreError
from monitor.core.http_pairing import PairedDevices, paired_visitor
from monitor.core.http_roles import AccessRole, Visitor
from monitor.core.private_files import (
    make_own_folder_private,
    make_private,
    make_private_folder,
    write_private_file,
)
from monitor.core.secret import Secret

_log = logging.getLogger(__name__)

SHORTEST_TOKEN = 12
"""Characters that a token set by the user must have; our own have 22 (128 bit)."""
_NAME = re.compile(r"(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d{1,5})?", re.IGNORECASE)
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


AUTHORITY_FILE = "ca.crt"
"""The runner's own authority that signed the page's certificate lies beside that, by this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Settings of the live page: where it listens, and who may see it.

    ``host`` 127.0.0.1 is this machine only; 0.0.0.0 is the whole network, with a token.  ``names`` are
    those it is opened by beside its addresses, as behind a reverse proxy.
    """

    host: str = "127.0.0.1"
    port: int = 8765  # free in the IANA list of registered ports' common uses; 0: any free one
    names: tuple[str, ...] = ()
    token: Secret | None = None  # without one, a random one is made and kept in the data folder
    certificate: Path | None = None  # with its key: the page comes over https, which phones ask of apps
    key: Path | None = None
    largest_import_mb: int = 200  # of one uploaded file (choice); an hour of five sensors has 60

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port must be between 0 and 65535, not {self.port}")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key must be given together")
        if self.token and len(self.token.reveal()) < SHORTEST_TOKEN:
            raise ValueError(f"token must have at least {SHORTEST_TOKEN} characters")
        if not all(_NAME.fullmatch(name) for name in self.names):
            raise ValueError('names must be like "gait.example.org" or "box.local:8443"')
        if not 1 <= self.largest_import_mb <= 2000:
            raise ValueError(f"largest_import_mb must be between 1 and 2000, not {self.largest_import_mb}")

    @property
    def authority(self) -> Path | None:
        """The certificate of the authority that a phone has to be told to trust, None without one."""
        return self.certificate and self.certificate.with_name(AUTHORITY_FILE)

    @property
    def loopback(self) -> bool:
        """Whether the page is for this machine only."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def at_home(self) -> bool:
        """Whether whoever asks is on this machine: nothing that listens elsewhere passes requests on."""
        return self.loopback and not self.names

    def all_names(self) -> Sequence[str]:
        """Return the names that the page may be opened by, beside addresses in figures on a network.

        Blocks: it asks the system for the machine's name.
        """
        own = () if self.loopback else _machine_names()
        bound = () if self.host in ("0.0.0.0", "::") else (self.host,)
        return (*_LOOPBACK_NAMES, *bound, *own, *self.names)


@dataclass(frozen=True, slots=True)
class PageTokens:
    """The tokens of the page: its own, which may do everything, and those of paired devices."""

    token: Secret | None
    devices: PairedDevices | None = None

    async def visitor_of(self, token: str) -> Visitor | None:
        """Return who comes with this token, None for a wrong one."""
        if self.token is not None and self.token.matches(token):
            return Visitor("", AccessRole.RUNNER)
        if self.devices is None:
            return None
        try:
            return await paired_visitor(self.devices, token)
        except StoreError as exc:
            _log.error("paired devices cannot come in: %s", exc.log_text)
            return None

    async def may_stay(self, token: str) -> bool:
        """Return whether a page that came in with this token goes on; a file that is gone ends nothing."""
        if self.devices is None or (self.token is not None and self.token.matches(token)):
            return True
        try:
            return not await asyncio.to_thread(self.devices.is_revoked, token)
        except StoreError as exc:
            _log.error("paired devices cannot be read, and stay: %s", exc.log_text)
            return True


def needed_token(settings: WebSettings, folder: Path) -> Secret:
    """Return the token of the page: the one that is set, else our own.

    Our own is random and kept in ``folder/web-token`` (mode 600), so that a phone that was let in
    once stays in when the service restarts.  Delete that file to lock everyone out but paired devices.
    Raises ``ConfigError`` if it cannot be written or read.
    """
    if settings.token:
        return settings.token
    path = folder / "web-token"
    try:
        make_private_folder(folder)
        if not path.exists() or len(path.read_bytes().strip()) < SHORTEST_TOKEN:  # or cut by a full disk
            write_private_file(path, secrets.token_urlsafe(16) + "\n")
            _log.info("a new token for the page is in %s", path)
        make_private(path)
        make_own_folder_private(folder)
        return Secret(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError, StoreError) as exc:
        raise ConfigError("error.page_token", path=path, error=exc) from exc


def _machine_names() -> Sequence[str]:
    name = socket.gethostname().lower()
    return (name, f"{name.partition('.')[0]}.local") if name else ()
