"""The files of the pages: every one that is named is there, and nothing else can be had."""

from __future__ import annotations

import json
import posixpath
import re
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from monitor.core.monotonic import SystemClock
from monitor.sinks.live_state import LiveState
from monitor.web.app import make_app
from monitor.web.live_feed import LiveFeed

STATIC = Path(str(files("monitor.web") / "static"))
SCRIPTS = sorted(STATIC.glob("*/*.js"))
PAGES = {"live/live.html": "", "review/review.html": "", "review/docs.html": "api/v1/"}
"""Each page, and the folder it is opened in."""


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return TestClient(make_app(LiveFeed(LiveState(), SystemClock()), folder=tmp_path))


def imports(path: str) -> list[str]:
    """The paths that a module imports."""
    found = re.findall(r'^import [^;]* from "([^"]+)";', (STATIC / path).read_text(), re.MULTILINE)
    return [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in found]


def needed(page: str) -> set[str]:
    """What a page names in its head, and what its modules import."""
    named = re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', (STATIC / page).read_text())
    todo = [posixpath.normpath(posixpath.join("/", PAGES[page], name)).lstrip("/") for name in named]
    out: set[str] = set()
    while todo:
        path = todo.pop()
        if path not in out:
            out.add(path)
            if path.endswith(".js") and path != "plotly.js":
                todo += imports(path)
    return out


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_needs_is_served(client: TestClient, page: str) -> None:
    for path in needed(page):
        got = client.get(f"/{path}")
        assert got.status_code == 200, path
        assert got.headers["content-type"] != "text/plain"
    assert any(path.startswith("shared/") for path in needed(page))


def test_the_live_page_and_the_review_share_only_what_lies_in_shared() -> None:
    for page, other in (("live", "review/"), ("review", "live/")):
        assert not [path for path in needed(f"{page}/{page}.html") if path.startswith(other)]


def test_every_module_is_used() -> None:
    used = set().union(*map(needed, PAGES)) | {"review/file.js"}
    assert {path.relative_to(STATIC).as_posix() for path in SCRIPTS} == {
        path for path in used if path.endswith(".js") and path != "plotly.js"
    }


def test_the_service_worker_keeps_all_that_the_live_page_needs(client: TestClient) -> None:
    worker = client.get("/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    listed = re.search(r"const FILES = \[([^\]]+)\]", worker.text)
    assert listed is not None
    kept = set(re.findall(r'"([^"]+)"', listed[1]))
    assert kept == needed("live/live.html") - {"live/gaitcue.webmanifest"} | {"phrases.json"}


def test_the_icons_of_the_app_are_where_its_manifest_says(client: TestClient) -> None:
    manifest = json.loads(client.get("/live/gaitcue.webmanifest").text)
    for icon in manifest["icons"]:
        path = posixpath.normpath(posixpath.join("/live", icon["src"]))
        assert client.get(path).headers["content-type"] == icon["type"]


@pytest.mark.parametrize(
    "path",
    [
        "/live/live.html",
        "/app.py",
        "/..%2fapp.py",
        "/live/..%2f..%2fapp.js",
        "/live/..%5c..%5capp.js",
        "/shared/%2e%2e/%2e%2e/app.py",
        "/static/live/live.js",
        "/core/phrases.json",
    ],
)
def test_nothing_else_can_be_had(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_modules_share_by_import_and_read_the_chart_library_in_one_place() -> None:
    for script in SCRIPTS:
        text = script.read_text()
        assert not re.search(r"\b(window|globalThis)\.\w+ *=[^=]", text), script.name
        if script.name != "charts.js":
            assert not re.search(r"\bPlotly\b", text), script.name


def test_a_metric_is_named_in_a_script_only_where_that_one_is_meant() -> None:
    """The big number and its strip, and the speed by which seconds are matched."""
    from dsp.metrics import BY_NAME

    named = {
        (script.name, name)
        for script in SCRIPTS
        for name in BY_NAME
        if re.search(rf"\b{name}\b", script.read_text())
    }
    assert named == {
        ("live.js", "cadence_spm"),
        ("tiles.js", "cadence_spm"),
        ("strip.js", "cadence_spm"),
        ("cues.js", "cadence_spm"),
        ("comparisons.js", "speed_mps"),
    }
