"""A certificate for the page: browsers give Bluetooth, a screen that stays on and an app only over https.

It is signed by an authority of the runner's own, which a phone has to be told to trust once; a new
certificate, for another address, is then trusted too.  Both are made by OpenSSL's command.
"""

from __future__ import annotations

import ipaddress
import shutil
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.core.errors import StoreError
from monitor.core.http_access import AUTHORITY_FILE
from monitor.core.http_server import reachable_host
from monitor.core.private_files import make_private

_AUTHORITY_DAYS, _CERTIFICATE_DAYS = 3650, 825  # iOS and macOS trust none that lasts longer (HT210176)
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True, slots=True)
class PageCertificate:
    """The files of a certificate: it and its key, and the authority that signed it."""

    certificate: Path
    key: Path
    authority: Path


def make_page_certificate(folder: Path, names: Sequence[str] | None = None) -> PageCertificate:
    """Make a certificate for these names and addresses, by default those of this machine, in ``folder``.

    An authority that is there already signs it.  ``StoreError`` if OpenSSL is missing or fails.
    """
    if shutil.which("openssl") is None:
        raise StoreError("error.no_openssl")
    made = PageCertificate(folder / "server.crt", folder / "server.key", folder / AUTHORITY_FILE)
    authority_key = folder / "ca.key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        make_private(folder)
        if not authority_key.exists():
            _make_authority(authority_key, made.authority)
        _make_signed(made, authority_key, names or machine_names())
        make_private(made.key)
        make_private(authority_key)
    except OSError as exc:
        raise StoreError("error.cannot_be_written", path=folder, reason=exc) from exc
    return made


def machine_names() -> list[str]:
    """Return the names and addresses by which this machine is found on its network.  Blocks."""
    host = socket.gethostname().lower().partition(".")[0]
    return list(dict.fromkeys([reachable_host("0.0.0.0"), f"{host}.local", host, "localhost", "127.0.0.1"]))


def _make_authority(key: Path, certificate: Path) -> None:
    _openssl(
        "req", "-x509", *_KEY, "-days", str(_AUTHORITY_DAYS), "-subj", "/CN=Authority of gaitcue",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        "-keyout", str(key), "-out", str(certificate),
    )  # fmt: skip


def _make_signed(made: PageCertificate, authority_key: Path, names: Sequence[str]) -> None:
    request, extensions = made.key.with_name("server.csr"), made.key.with_name("server.ext")
    extensions.write_text(
        f"subjectAltName={','.join(map(_alternative_name, names))}\nextendedKeyUsage=serverAuth\n"
    )
    try:
        _openssl(
            "req", "-new", *_KEY, "-subj", "/CN=gaitcue", "-keyout", str(made.key), "-out", str(request)
        )
        _openssl(
            "x509", "-req", "-in", str(request), "-CA", str(made.authority), "-CAkey", str(authority_key),
            "-CAcreateserial", "-days", str(_CERTIFICATE_DAYS), "-extfile", str(extensions),
            "-out", str(made.certificate),
        )  # fmt: skip
    finally:
        request.unlink(missing_ok=True)
        extensions.unlink(missing_ok=True)


def _alternative_name(name: str) -> str:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return f"DNS:{name}"
    return f"IP:{name}"


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise StoreError("error.openssl", reason=reason)
