"""What leaves this program goes where the settings say, and never to a cloud's store of secrets."""

from __future__ import annotations

import http.server
import socket
import threading
import urllib.error
from collections.abc import Iterator

import pytest

from monitor.core import http_client
from monitor.core.http_client import check_address, is_forbidden, make_opener
from monitor.core.secret import Secret
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.push.ntfy import NtfySettings

FORBIDDEN = [
    "http://169.254.169.254/latest/meta-data", "http://169.254.0.1:8086", "http://[fe80::1]:8086",
    "http://[fe80::1%25eth0]", "http://0xA9FEA9FE/", "http://2852039166/", "http://169.254.43518/",
    "http://0251.0376.0251.0376/", "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/",
    "https://user:word@169.254.169.254/",
]  # fmt: skip
ALLOWED = [
    "http://127.0.0.1:8086",
    "http://192.168.1.20",
    "http://[fd00::1]",
    "https://ntfy.sh",
    "http://box.local:8087",
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_link_local_addresses_are_refused_in_every_notation(url: str) -> None:
    with pytest.raises(ValueError, match="link-local"):
        check_address(url)
    with pytest.raises(ValueError, match="link-local"):
        NtfySettings(server=url)
    with pytest.raises(ValueError, match="link-local"):
        InfluxSettings(url=url.replace("user:word@", ""), token=Secret("a-token"))


@pytest.mark.parametrize("url", ALLOWED)
def test_ones_own_network_is_allowed(url: str) -> None:
    check_address(url)


class Redirecting(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def port() -> Iterator[int]:
    Redirecting.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_redirect_is_an_error(port: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        make_opener().open(f"http://127.0.0.1:{port}/", timeout=5)
    assert refused.value.code == 302
    refused.value.close()
    assert Redirecting.asked == ["/"]


def test_a_name_that_leads_to_such_an_address_is_left_before_anything_is_sent(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "is_forbidden", lambda address: address == "127.0.0.1")
    with pytest.raises(urllib.error.URLError, match="link-local"):
        make_opener().open(f"http://localhost:{port}/", timeout=5)
    assert Redirecting.asked == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/plain,x"])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(urllib.error.URLError):
        make_opener().open(url, timeout=5)


def test_what_a_socket_says_of_its_peer_is_understood() -> None:
    assert is_forbidden("fe80::1%3")
    assert not is_forbidden("::1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_forbidden(server.getsockname()[0])
