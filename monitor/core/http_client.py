"""Requests that leave this program: they go where the settings say, not where an answer points to."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import urllib.request
from typing import Any
from urllib.parse import urlsplit

FORBIDDEN_ADDRESS = "must not be link-local (169.254.x.x, fe80::): a cloud keeps its secrets there"
"""Why an address of the settings is refused."""
_METADATA = ipaddress.ip_address("fd00:ec2::254")  # the one of them that is not link-local


def check_address(url: str) -> None:
    """Raise ``ValueError`` if the host of ``url`` is an address that nothing may be asked of or sent to.

    Also in the old ways to write one (``0xA9FEA9FE``, ``169.254.43518``).  Names are not looked up here:
    ``make_opener`` looks at where they have led.
    """
    host = (urlsplit(url).hostname or "").partition("%")[0]
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        try:
            address = socket.inet_ntoa(socket.inet_aton(host))
        except (OSError, UnicodeError):
            return
    if is_forbidden(address):
        raise ValueError(FORBIDDEN_ADDRESS)


def is_forbidden(address: str) -> bool:
    """Return whether this address (in figures) is link-local, or where a cloud keeps secrets."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped.is_link_local
    return ip.is_link_local or ip == _METADATA


def make_opener() -> urllib.request.OpenerDirector:
    """Return an opener of URLs over http and https alone, without redirects and forbidden addresses.

    A redirect is an ``HTTPError`` with its status; a name that leads to a forbidden address an ``OSError``.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),  # of the environment, which is the user's as the settings are
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _HttpHandler(),
        _HttpsHandler(),
    ):
        opener.add_handler(handler)
    return opener


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _check_peer(self.sock)


class _SecureConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _check_peer(self.sock)


def _check_peer(sock: socket.socket) -> None:
    """End a connection that a name has led to the wrong place, before anything is sent."""
    if is_forbidden(sock.getpeername()[0]):
        sock.close()
        raise OSError(f"its address {FORBIDDEN_ADDRESS}")


class _HttpHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_Connection, req)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_SecureConnection, req)
