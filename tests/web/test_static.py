"""The files of the pages: every one that is named is there, and nothing else can be had."""

from __future__ import annotations

import colorsys
import json
import mimetypes
import posixpath
import re
from importlib.resources import files
from pathlib import Path, PureWindowsPath
from urllib.parse import quote

import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from monitor.web.app import _ProgramFiles
from tests.web.clients import page_client

STATIC = Path(str(files("monitor.web") / "static"))
SCRIPTS = sorted(STATIC.glob("*/*.js"))
PAGES = {
    "live/live.html": "",
    "review/review.html": "",
    "plan/plan.html": "",
    "review/docs.html": "api/v1/",
    "review/pair.html": "",
    "hub/runs.html": "",
}
"""Each page, and the folder it is opened in."""
SINGLE_FILES = ("review/file.js", "review/baseline_file.js")
"""The scripts of pages that a command writes; they import what the pages do."""


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return page_client(tmp_path)


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
            if path.endswith(".js"):
                todo += imports(path)
    return out


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_needs_is_served(client: TestClient, page: str) -> None:
    for path in needed(page):
        got = client.get(f"/{path}")
        assert got.status_code == 200, path
        assert got.headers["content-type"] != "text/plain"
    assert any(path.startswith("shared/") for path in needed(page))


def test_the_pages_share_only_what_lies_in_shared() -> None:
    for page, others in (
        ("live", ("review/", "plan/")),
        ("review", ("live/", "plan/")),
        ("plan", ("live/", "review/")),
        ("hub", ("live/", "plan/", "review/")),
    ):
        name = "runs" if page == "hub" else page
        assert not [path for path in needed(f"{page}/{name}.html") if path.startswith(others)]


def test_every_module_is_used() -> None:
    used = set().union(*map(needed, PAGES)) | set(SINGLE_FILES)
    assert {path.relative_to(STATIC).as_posix() for path in SCRIPTS} == {
        path for path in used if path.endswith(".js")
    }


def test_the_service_worker_keeps_all_that_the_live_page_needs(client: TestClient) -> None:
    worker = client.get("/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    listed = re.search(r"const FILES = \[([^\]]+)\]", worker.text)
    assert listed is not None
    kept = set(re.findall(r'"([^"]+)"', listed[1]))
    assert kept == needed("live/live.html") - {"live/gaitcue.webmanifest"}


def test_the_live_page_asks_for_all_its_modules_at_once() -> None:
    """Else a slow phone waits for one after another: it learns of a module only from the one before."""
    page = (STATIC / "live/live.html").read_text()
    preloaded = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    assert preloaded == sorted(
        path for path in needed("live/live.html") if path.endswith(".js") and path != "live/live.js"
    )


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
        "/core/catalogues/en.json",
        "/live",
        "/live/",
        "/live/nothing.js",
        "/live//etc/passwd",
        "/live/%00.js",
        "/live/" + 300 * "a" + ".js",
        "/shared/..%2flive/live.html",
        "/shared/..%2f..%2f..%2fcore/http_access.py",
        "/sw.js/live.js",
    ],
)
def test_nothing_else_can_be_had(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


WINDOWS_WAYS_OUT = (
    "..\\app.js", "..\\..\\app.js", "C:\\x.js", "C:x.js", "C:live.js", "\\\\host\\share\\x.js",
    "x\\..\\live.js", "live.js::$DATA", "live.js:stream.js", "con.js", "nul.js", "aux.js", "live.js.",
    "..", ".", "", "/live.js", "\\live.js", "live/..\\..\\x.js", "\\\\?\\C:\\x.js", "LIVE.JS",
)  # fmt: skip


@pytest.mark.parametrize("path", WINDOWS_WAYS_OUT)
def test_no_path_of_windows_leads_out_of_a_folder(client: TestClient, path: str) -> None:
    """Whatever the system would make of it: only names that were listed are looked for at all."""
    served = _ProgramFiles(STATIC / "live")
    assert served.lookup_path(path) == ("", None)
    for name in served.names:
        there = PureWindowsPath("C:/program/live") / name
        assert (there.parent, there.name) == (PureWindowsPath("C:/program/live"), name)
        assert not PureWindowsPath(name).is_reserved()
    if path.strip("./"):  # a client itself takes these out of an address
        assert client.get(f"/live/x{quote(path, safe='')}").status_code == 404


def test_a_link_out_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    """Whoever can write into the folder of the program could lay one there."""
    (tmp_path / "secret.js").write_text("secret")
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "way.js").symlink_to(tmp_path / "secret.js")
    (tmp_path / "open" / "own.js").write_text("own")
    client = TestClient(_ProgramFiles(tmp_path / "open"))
    assert client.get("/own.js").text == "own"
    with pytest.raises(HTTPException) as refused:
        client.get("/way.js")
    assert refused.value.status_code == 404


FILES = sorted(
    path.relative_to(STATIC).as_posix()
    for path in STATIC.rglob("*")
    if path.is_file() and path.suffix != ".html"
)


@pytest.mark.parametrize("path", FILES)
def test_every_file_but_the_pages_comes_whole_and_is_asked_for_anew(client: TestClient, path: str) -> None:
    got = client.get(f"/{path}")
    assert got.content == (STATIC / path).read_bytes()
    assert got.headers["cache-control"] == "no-cache"


def test_a_file_that_has_not_changed_is_not_sent_twice(client: TestClient) -> None:
    first = client.get("/live/live.js")
    again = client.get("/live/live.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"


def test_media_types_do_not_depend_on_what_the_system_believes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Windows registry may say that a script is plain text, which browsers then refuse to run."""
    monkeypatch.setattr(mimetypes, "_db", mimetypes.MimeTypes())
    mimetypes.add_type("text/plain", ".js")
    assert mimetypes.guess_type("a.js") == ("text/plain", None)
    client = page_client()
    assert client.get("/live/live.js").headers["content-type"] == "text/javascript; charset=utf-8"
    assert client.get("/sw.js").headers["content-type"] == "text/javascript; charset=utf-8"


def test_the_service_worker_rules_the_whole_site(client: TestClient) -> None:
    """Its scope is the folder it lies in; every page registers it at the root."""
    assert client.get("/sw.js").status_code == 200
    assert client.get("/live/sw.js").status_code == 404
    registered = [m for script in SCRIPTS for m in re.findall(r'register\("([^"]+)"', script.read_text())]
    assert registered == ["sw.js"]


def test_modules_share_by_import() -> None:
    for script in SCRIPTS:
        text = script.read_text()
        assert not re.search(r"\b(window|globalThis)\.\w+ *=[^=]", text), script.name


def test_a_metric_is_named_in_a_script_only_where_that_one_is_meant() -> None:
    """The big number and its strip, a card of a hub, the pace of an interval, and the speed of a match."""
    from dsp.metrics import BY_NAME

    named = {
        (script.name, name)
        for script in SCRIPTS
        for name in BY_NAME
        if re.search(rf"\b{name}\b", script.read_text())
    }
    assert named == {
        ("live.js", "cadence_spm"),
        ("run_card.js", "cadence_spm"),
        ("totals.js", "speed_mps"),
        ("tile_items.js", "cadence_spm"),
        ("strip.js", "cadence_spm"),
        ("cues.js", "cadence_spm"),
        ("comparisons.js", "speed_mps"),
    }


def test_what_texts_call_red_is_red() -> None:
    """A hue within 15 degrees of pure red, by day and by night."""
    styles = [sheet.read_text() for sheet in sorted(STATIC.glob("*/*.css"))]
    reds = [color for style in styles for color in re.findall(r"--(?:red|bad): #([0-9a-f]{6})", style)]
    assert len(reds) >= 6
    for color in reds:
        hue, _, saturation = colorsys.rgb_to_hls(*(part / 255 for part in bytes.fromhex(color)))
        assert min(hue, 1 - hue) * 360 < 15, color
        assert saturation > 0.5, color
