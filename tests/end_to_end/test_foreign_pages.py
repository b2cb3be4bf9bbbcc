"""A page of another site in a real browser: it can neither read, nor change, nor frame ours."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.store import Store
from tests.end_to_end.browser import own_browser, shared_browser
from tests.end_to_end.review_tab import review_tab
from tests.end_to_end.test_sessions import address, home, start
from tests.storage_of_files import copy_store

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
__all__ = ["home"]
ATTACK = """
async ([ours, session]) => {
  const found = [];
  const tries = {
    read: () => fetch(`${ours}/api/v1/sessions`, { credentials: "include" }).then((a) => a.text()),
    live: () => fetch(`${ours}/api/v1/live`, { credentials: "include" }).then((a) => a.text()),
    script: () => import(`${ours}/live/clock.js`),
    note: () => fetch(`${ours}/api/v1/sessions/${session}/notes`, { method: "POST",
      credentials: "include", headers: { "Content-Type": "application/json" },
      body: '{"text": "planted"}' }).then((a) => a.text()),
    blind: () => fetch(`${ours}/api/v1/sessions/${session}/notes`, { method: "POST", mode: "no-cors",
      credentials: "include", headers: { "Content-Type": "text/plain" },
      body: '{"text": "planted"}' }).then((a) => a.type === "opaque" ? Promise.reject(a.type) : a.text()),
    remove: () => fetch(`${ours}/api/v1/sessions/${session}?really=${session}`, { method: "DELETE",
      credentials: "include" }).then((a) => a.text()),
    socket: () => new Promise((heard, refused) => {
      const socket = new WebSocket(`${ours.replace("http", "ws")}/ws`);
      socket.onmessage = (event) => heard(event.data);
      socket.onclose = socket.onerror = () => refused("closed");
    }),
    picture: () => new Promise((shown, refused) => {
      const image = new Image();
      [image.onload, image.onerror] = [shown, () => refused("no picture")];
      image.src = `${ours}/shared/icon-192.png`;
    }),
  };
  for (const [name, attempt] of Object.entries(tries))
    await attempt().then(() => found.push(name), () => null);
  return found;
}
"""
FORM = """
<form method="post" enctype="text/plain" action="{ours}/api/v1/sessions/{session}/notes">
<input name='{{"text": "planted", "x": "' value='"}}'></form><script>document.forms[0].submit()</script>
"""


@contextlib.contextmanager
def foreign_site(html: str = "<!doctype html><p>elsewhere") -> Iterator[str]:
    """A site on another port of this machine, which shows ``html``."""

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with Store(folder / DATABASE) as store:
        import_recording(store, folder, simulated_recording(30.0), "me", NOON)
    return folder


@pytest.fixture
def kept(home: Path, made: Path) -> str:
    with Store(copy_store(made, home) / DATABASE) as store:
        return store.sessions()[0].id


@contextlib.contextmanager
def visited(home: Path, browser: Any) -> Iterator[tuple[Any, str, list[str]]]:
    """A browser that has our page open and its cookie, our origin, and every address it asked for."""
    with review_tab(home) as url, browser.new_context() as context:
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("#timeline path.line")
        yield context, f"http://{urlsplit(url).netloc}", asked


def test_a_foreign_page_reads_nothing_and_changes_nothing(home: Path, kept: str) -> None:
    with (
        shared_browser() as browser,
        visited(home, browser) as (context, ours, asked),
        foreign_site() as elsewhere,
    ):
        own_requests = [url for url in asked if url.startswith("http")]
        assert own_requests
        assert {urlsplit(url).netloc for url in own_requests} == {urlsplit(ours).netloc}
        own = context.pages[0].evaluate(ATTACK, [ours, "no-such-session"])
        assert set(own) == {"read", "live", "script", "note", "blind", "remove", "socket", "picture"}
        page = context.new_page()
        page.goto(elsewhere)
        assert page.evaluate(ATTACK, [ours, kept]) == []
        with foreign_site(FORM.format(ours=ours, session=kept)) as form:
            page.goto(form)
            page.wait_for_url(f"{ours}/**")
            assert "planted" not in page.content()
    with Store(home / DATABASE) as store:
        assert [s.id for s in store.sessions()] == [kept]
        assert store.notes(kept) == []


def test_a_foreign_page_cannot_frame_ours(home: Path, kept: str) -> None:
    with (
        shared_browser() as browser,
        visited(home, browser) as (context, ours, _),
        foreign_site(f'<iframe src="{ours}/"></iframe>') as elsewhere,
    ):
        page = context.new_page()
        page.goto(elsewhere)
        page.wait_for_timeout(1000)
        framed = page.frames[1]
        assert framed.url.startswith("chrome-error:")


def test_a_name_that_was_pointed_here_reads_nothing(home: Path, kept: str) -> None:
    """DNS rebinding: to the browser it is the same site, so only the name gives it away."""
    rules = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    with own_browser(rules) as browser, visited(home, browser) as (context, ours, _):
        port = urlsplit(ours).port
        page = context.new_page()
        assert page.goto(f"http://evil.example:{port}/").status == 421
        page.route("**/before", lambda route: route.fulfill(body="it came from elsewhere before"))
        page.goto(f"http://evil.example:{port}/before")
        status = page.evaluate("fetch('/api/v1/live').then((a) => a.status, () => 'kept from asking')")
        assert status in (421, "kept from asking")  # Chromium itself forbids it by now


def test_a_device_is_paired_by_its_code(home: Path, kept: str) -> None:
    import subprocess
    import sys

    from playwright.sync_api import expect

    program = start("review", "--web", "--port", "0")
    try:
        ours = address(program.stdout).removesuffix("review")
        command = [sys.executable, "-m", "monitor", "pair", "--name", "tablet"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        code = next(word for word in said.split() if len(word) == 9 and word[4] == "-")
        with shared_browser() as browser, browser.new_context(locale="de-DE") as context:
            page = context.new_page()
            assert page.goto(f"{ours}review").status == 401
            page.goto(f"{ours}pair#AAAA-AAAA")
            page.click("button")
            expect(page.locator("#trouble")).to_contain_text("Dieser Code ist falsch")
            page.fill("#code", code)
            page.click("button")
            expect(page.locator("#clock")).to_be_visible()
            assert page.goto(f"{ours}review").status == 200
            page.wait_for_selector("#timeline path.line")
            refused = page.evaluate(
                f"fetch('api/v1/sessions/{kept}?really={kept}', {{method: 'DELETE'}}).then((a) => a.status)"
            )
            assert refused == 403
    finally:
        program.terminate()
        program.communicate()
