"""Names in any script work everywhere, and no text of others does more than being read."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
import socket
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import uvicorn
from fastapi import FastAPI

from monitor.core.monotonic import SystemClock
from monitor.core.records import LinkState, SensorStatus, SessionStarted, SinkStatus
from monitor.core.safe_text import topic_level
from monitor.core.secret import Secret
from monitor.review.report import session_review
from monitor.review.training_plan import PlanKeeper
from monitor.simulation.simulated_runner import simulated_recording
from monitor.sinks.influx.line_protocol import protocol_lines
from monitor.sinks.influx.points import note_points, record_points
from monitor.sinks.influx.write_proxy import writing_athletes
from monitor.sinks.live_state import LiveState
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.store import Store
from monitor.web.app import make_app
from monitor.web.live_feed import LiveFeed
from monitor.web.review_file import review_html, write_review
from monitor.web.sharing_desk import SharingDesk
from tests.end_to_end.test_review_page import opened
from tests.web.clients import TOKEN, page_client

NOW = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
NAMES = ("me", "Jürgen", "Łukasz", "李", "محمد", "דוד", "Nguyễn Thị", "नरेन्द्र", "Zoë/../x", "Ann O'Neil")


@pytest.fixture(scope="module", params=NAMES)
def named(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A store with a run of somebody."""
    folder = tmp_path_factory.mktemp("named")
    with Store(folder / DATABASE) as store:
        recording = simulated_recording(12)
        import_recording(store, folder, recording, unicodedata.normalize("NFD", request.param), NOW)
    return request.param, folder


def test_a_name_in_any_script_can_be_found_looked_at_and_taken_away(named: tuple[str, Path]) -> None:
    name, folder = named
    client = page_client(folder)
    (session,) = client.get("/api/v1/sessions").json()
    assert session["athlete"] == unicodedata.normalize("NFC", name)
    assert not set(session["id"]) & set("/\\ :?#%")
    (tape,) = (folder / "tapes").iterdir()
    assert tape.parent == folder / "tapes"
    for part, ending in (("page", ".html"), ("export/csv", ".csv.zip"), ("export/fit", ".fit")):
        answer = client.get(f"/api/v1/sessions/{session['id']}/{part}")
        assert answer.status_code == 200
        saved = re.search(r"filename\*=UTF-8''(\S+)$", answer.headers["content-disposition"])
        assert saved is not None
        assert unquote(saved[1]) == session["id"] + ending
    assert client.get("/api/v1/trends", params={"athlete": name}).status_code in (200, 422)


def test_a_name_in_any_script_is_a_topic_and_a_tag(named: tuple[str, Path]) -> None:
    name, folder = named
    level = topic_level(name)
    assert level == topic_level(unicodedata.normalize("NFD", name))
    assert not set(level) & set("/+# ")
    assert [c for c in level if c.isalpha()] == [
        c for c in unicodedata.normalize("NFC", name) if c.isalpha()
    ]
    with Store(folder / DATABASE) as store:
        (info,) = store.sessions()
        lines = protocol_lines(record_points(info, store.records(info.id)))
    assert writing_athletes(lines) == {unicodedata.normalize("NFC", name)}


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 61, "a\x1b[2Jb", "a\nb", "\u202eevil", "a\x00", "a\u2066b", "\x9b31m"]
)
def test_what_is_no_name_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    client = page_client(tmp_path)
    csv = "t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2\n" + "".join(f"{k / 100},0,{k % 7},9.8\n" for k in range(500))
    where = {"athlete": name, "placement": "waist"}
    answer = client.put("/api/v1/import/a.csv", params=where, content=csv)
    assert answer.status_code == 422
    assert "name must not" in answer.json()["detail"]


HOSTILE = (
    "<img src=x onerror=alert(1)><script>window.owned = 1</script>",
    "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "[red]x[/red][link=file:///etc]y[/link]",
    "\u202etxt.exe",
    "=cmd|' /C calc'!A1",
    "</script><!--",
)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A store whose every text is hostile, also those that this version would not let in."""
    text = " ".join(HOSTILE)
    with Store(tmp_path / DATABASE) as store:
        info = import_recording(store, tmp_path, simulated_recording(12), "me", NOW)
        store.rename(info.id, text)
        store.tag(info.id, [*HOSTILE, f"shoe={text}"])
        store.add_note(info.id, "note", text, t_s=3.0)
        store.add_note(info.id, "pain", text, value=4.0)
        store.add_note(info.id, "remark", text)
        store._db.execute("UPDATE session SET athlete = ?, sport = ?", (text, text))
        copy = "INSERT INTO note SELECT NULL, session, kind, t_s, value, ?, made_utc FROM note"
        store._db.execute(copy, (text,))
        status = {"t_s": 1.0, "sensor": text, "link": "lost", "text": text}
        row = (10**6, info.id, "sensor_status", json.dumps(status))
        store._db.execute("INSERT INTO event VALUES (?, ?, ?, ?)", row)
    return tmp_path


def test_no_text_commands_a_terminal(
    hostile: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What arrives there is text: no control character but the end of a line, no markup obeyed."""
    from monitor.cli import main

    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("NO_COLOR", "1")
    settings = hostile / "gaitcue.toml"
    settings.write_text(f'[store]\nfolder = "{hostile}"\n')
    config = ["--config", str(settings)]
    for words in (
        ["sessions", "list"], ["sessions", "show", "last"], ["sessions", "tag", "last", "a"],
        ["sessions", "note", "last", HOSTILE[1]], ["sessions", "rename", "last", HOSTILE[1] + "[red]x"],
        ["review", "last", "--out", str(hostile / "out")], ["status"],
    ):  # fmt: skip
        monkeypatch.setattr("sys.argv", ["gaitcue", *words, *config])
        with contextlib.suppress(SystemExit):
            main.main()
    out, err = capfd.readouterr()
    shown = out + err
    assert {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs")} <= {"\n"}
    assert "[red]x[/red]" in shown


def test_no_text_is_a_point_of_another_name_or_time(hostile: Path) -> None:
    with Store(hostile / DATABASE) as store:
        (info,) = store.sessions()
        points = [*record_points(info, store.records(info.id)), *note_points(info, store.notes(info.id))]
        lines = protocol_lines(points)
    names = writing_athletes(lines)
    assert names is not None
    assert len(names) == 1
    assert {line.split(b",")[0] for line in lines.split(b"\n")} <= {
        b"step", b"second", b"activity", b"readiness", b"sensor", b"session", b"note", b"gap", b"problem",
    }  # fmt: skip


def test_the_review_is_inert(hostile: Path) -> None:
    with Store(hostile / DATABASE) as store:
        (info,) = store.sessions()
        html = review_html(session_review(store, info.id, "en"))
    assert "<script>window.owned" not in html
    assert "<img src=x" not in html
    assert "\x1b" not in html


def test_review_file_tab_and_live_page_run_nothing_of_it_in_a_browser(hostile: Path) -> None:
    with Store(hostile / DATABASE) as store:
        (info,) = store.sessions()
        write_review(session_review(store, info.id), hostile / "review.html")
        live = LiveState()
        live.push([SessionStarted(info.id, " ".join(HOSTILE), info.started_utc, HOSTILE[:2])])
        live.push([SensorStatus(1.0, HOSTILE[0], LinkState.LOST, " ".join(HOSTILE))])
        live.push([SinkStatus(1.0, HOSTILE[0], False, " ".join(HOSTILE)), *store.records(info.id)])
    app = make_app(
        LiveFeed(live, SystemClock()),
        Secret(TOKEN),
        hostile,
        sharing=SharingDesk(keeper=PlanKeeper(hostile, "me"), deliver=None),
    )
    with served(app) as url, opened(1366, 768) as (page, troubles):
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for address, ready in (
            (f"file://{hostile}/review.html", "h1"),
            (f"{url}/review?token={TOKEN}", "#timeline"),
            (f"{url}/", "body"),
        ):
            page.goto(address)
            page.wait_for_selector(ready)
            page.wait_for_timeout(1500)
            assert page.evaluate("window.owned") is None, address
            assert page.locator("img[src='x']").count() == 0, address
        assert dialogs == []
        assert not [t for t in troubles if "favicon" not in t]


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a port of its own, in a thread."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", log_config=None))
        thread = threading.Thread(target=server.run, args=([listener],), name="server")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
