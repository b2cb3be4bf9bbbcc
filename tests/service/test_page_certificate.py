"""A certificate that a phone trusts once it trusts the runner's own authority."""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from pathlib import Path

import pytest

from monitor.core.errors import StoreError
from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.secret import Secret
from monitor.service.page_certificate import machine_names, make_page_certificate
from monitor.sinks.live_state import LiveState
from monitor.web.app import serving
from monitor.web.live_feed import LiveFeed
from tests.broker import program


@pytest.fixture(autouse=True)
def _openssl() -> None:
    program("openssl", "openssl")


def fetch(url: str, authority: Path) -> bytes:
    trusted = ssl.create_default_context(cafile=authority)
    with urllib.request.urlopen(url, context=trusted, timeout=20) as answer:
        return bytes(answer.read())


async def test_the_page_comes_over_https_and_gives_away_its_authority_and_no_key(tmp_path: Path) -> None:
    made = await asyncio.to_thread(make_page_certificate, tmp_path / "certificate")
    web = WebSettings(port=0, certificate=made.certificate, key=made.key)
    feed = LiveFeed(LiveState(), SystemClock())
    async with serving(feed, web, Secret("token-0123456789-token")) as url:
        base = url.split("?")[0]
        given = await asyncio.to_thread(fetch, f"{base}certificate", made.authority)
        assert given == made.authority.read_bytes()
        assert b"PRIVATE" not in given
        assert b"gaitcue" in await asyncio.to_thread(fetch, base, made.authority)


def test_a_certificate_for_another_address_is_of_the_same_authority(tmp_path: Path) -> None:
    first = make_page_certificate(tmp_path, ["192.168.1.20"])
    authority, certificate = first.authority.read_bytes(), first.certificate.read_bytes()
    second = make_page_certificate(tmp_path, ["192.168.1.30"])
    assert second.authority.read_bytes() == authority
    assert second.certificate.read_bytes() != certificate


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    made = make_page_certificate(tmp_path / "certificate")
    for path in (made.key, made.key.with_name("ca.key")):
        assert path.stat().st_mode & 0o077 == 0
    there = {p.name for p in made.key.parent.iterdir()}
    assert there <= {"ca.crt", "ca.key", "server.crt", "server.key", "ca.srl"}


def test_without_openssl_or_room_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="apt-get install openssl"):
        make_page_certificate(tmp_path)
    monkeypatch.undo()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        make_page_certificate(tmp_path / "file")


def test_this_machine_has_names_and_an_address() -> None:
    assert {"localhost", "127.0.0.1"} < set(machine_names())
