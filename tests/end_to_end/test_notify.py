"""``gaitcue notify``: every channel tried, every failure told with what to do."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.broker import Broker


class Answer(BaseHTTPRequestHandler):
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def notify(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "gaitcue.toml").write_text(text)
    command = [sys.executable, "-m", "monitor", "notify", "--config", str(folder / "gaitcue.toml")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_every_channel_is_tried_and_told(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker(tmp_path)
    broker.start()
    try:
        text = (
            f'[ntfy]\ntopic = "t"\nserver = "{server}"\n[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n'
        )
        text += f'user = "ann"\npassword_file = "{broker.secrets}/ann.password"\ntls = true\n'
        text += f'ca_file = "{broker.ca_file}"\n'
        done = notify(tmp_path, text)
        assert (done.returncode, done.stdout) == (0, "ntfy: accepted\nmqtt: accepted\n"), done.stderr
        monkeypatch.setattr(Answer, "status", 401)
        done = notify(tmp_path, text.replace("ann.password", "bob.password"))
        assert done.returncode == 1
        assert "GAITCUE_NTFY_TOKEN" in done.stdout
        assert "does not know this user or password" in done.stdout
        assert broker.password("bob") not in done.stdout + done.stderr
    finally:
        broker.stop()


def test_without_any_channel_it_says_what_to_set(tmp_path: Path) -> None:
    done = notify(tmp_path, "")
    assert done.returncode == 2
    assert "give [ntfy] a topic" in done.stderr
