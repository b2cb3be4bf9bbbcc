"""A store that an older version left odd things in: every view opens, without them."""

from __future__ import annotations

import contextlib
import datetime
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from monitor.cli.sessions import _session_properties, sessions_table
from monitor.core.errors import StoreDamaged, StoreError
from monitor.exports.formats import EXPORTS, export_session
from monitor.review.cadence_plan import catch_up
from monitor.review.report import session_review
from monitor.service.config import Config, StoreSettings
from monitor.service.session_store import open_store
from monitor.simulation.simulated_runner import simulated_recording
from monitor.sinks.influx.line_protocol import protocol_lines
from monitor.sinks.influx.points import note_points, record_points
from monitor.sinks.live_state import LiveState
from monitor.sinks.mqtt.messages import record_messages
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.plan_file import Plan
from monitor.storage.store import Store
from monitor.storage.tape_archive import tidy_tapes
from monitor.web.review_file import review_html
from tests.storage_of_files import copy_store
from tests.web.clients import page_client

NOW = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
INF, NAN = float("inf"), float("nan")
COUNT = "(SELECT max(row) + 1 FROM event)"
SESSION = "(SELECT id FROM session)"
Change = Callable[[sqlite3.Connection], object]


def sql(statement: str, *values: object) -> Change:
    return lambda db: db.execute(statement, values)


def note(kind: str, t_s: object, value: object, text: str = "x") -> Change:
    made = "2026-01-01T10:00:00+00:00"
    return sql(f"INSERT INTO note VALUES (NULL, {SESSION}, ?, ?, ?, ?, ?)", kind, t_s, value, text, made)


def event(kind: str, body: object) -> Change:
    text = body if isinstance(body, str) else json.dumps(body)
    return sql(f"INSERT INTO event VALUES (1000000, {SESSION}, ?, ?)", kind, text)


def settings(change: Callable[[dict[str, Any]], object]) -> Change:
    def changed(db: sqlite3.Connection) -> None:
        body = json.loads(db.execute("SELECT settings FROM session").fetchone()[0])
        change(body)
        db.execute("UPDATE session SET settings = ?", (json.dumps(body),))

    return changed


METRIC = f"INSERT INTO metric VALUES (1000001, {SESSION}, ?, ?, ?, ?, ?, 'footL')"
STEP = f"INSERT INTO step VALUES (1000002, {SESSION}, 'footL', ?, ?, ?, ?)"
GAP = f"INSERT INTO gap VALUES (1000003, {SESSION}, 'footL', ?, ?)"
ANALYSIS = f"INSERT INTO analysis VALUES (NULL, {SESSION}, ?, ?, ?, ?)"
TRACK = f"INSERT INTO track VALUES ({SESSION}, ?, ?, ?, ?)"
ODDITIES: dict[str, dict[str, Change]] = {
    "note": {
        "a note at infinity": note("note", INF, None),
        "pain at infinity": note("pain", 1.0, INF),
        "a pause of no end": note("pause", 2.0, INF),
        "a pause that goes back": note("pause", 5.0, -7.0),
        "a lap in a million years": note("lap", 1e14, None),
        "a note that is bytes": note("note", b"x", b"y"),
        "a kind of note nobody knows": note("mood", 1.0, 3.0),
        "escapes in a note": note("note", 1.0, None, "\x1b[2J<script>alert(1)</script>"),
    },
    "started": {
        "year 1": sql("UPDATE session SET started_utc = '0001-01-01T00:00:00+00:00'"),
        "year 9999": sql("UPDATE session SET started_utc = '9999-12-31T23:59:59+00:00'"),
        "no date": sql("UPDATE session SET started_utc = 'yesterday'"),
        "a date without an offset": sql("UPDATE session SET started_utc = '2026-01-01T10:00:00'"),
    },
    "length": {
        "a negative length": sql("UPDATE session SET duration_s = -60"),
        "an endless length": sql("UPDATE session SET duration_s = ?", INF),
        "a length of a century": sql("UPDATE session SET duration_s = 3e9"),
    },
    "status": {
        "a status nobody knows": sql("UPDATE session SET status = 'paused'"),
    },
    "sensors": {
        "sensors that are no list": sql("UPDATE session SET sensors = 'footL'"),
    },
    "tags": {
        "tags that are no list": sql("UPDATE session SET tags = '{'"),
        "tags with numbers": sql("UPDATE session SET tags = '[1, null, \"a\"]'"),
    },
    "offset": {
        "an offset of a year": sql("UPDATE session SET utc_offset_s = 31536000"),
    },
    "sport": {
        "a sport of escapes": sql("UPDATE session SET sport = char(27) || '[2J', sub_sport = '<b>'"),
    },
    "title": {
        "escapes in the title": sql(
            "UPDATE session SET title = char(27) || ']0;x' || char(7) || '<script>'"
        ),
        "no title": sql("UPDATE session SET title = ''"),
    },
    "settings": {
        "settings that are no JSON": sql("UPDATE session SET settings = '{'"),
        "settings that are deep": sql("UPDATE session SET settings = ?", "[" * 100_000),
        "settings that are a list": sql("UPDATE session SET settings = '[]'"),
        "a runner of no height": settings(lambda s: s.update(runner={"height_m": NAN})),
        "a runner of endless mass": settings(lambda s: s.update(runner={"mass_kg": INF})),
        "a sensor of tomorrow": settings(lambda s: s["sensors"][0].update(kind="quantum")),
        "a field of tomorrow": settings(lambda s: s.update(mood="good")),
    },
    "metric": {
        "a metric at infinity": sql(METRIC, INF, None, "cadence_spm", 170.0, 1.0),
        "a metric of yore": sql(METRIC, -1e9, None, "cadence_spm", 170.0, 1.0),
        "a metric that is infinite": sql(METRIC, 5.0, None, "cadence_spm", INF, INF),
        "a metric that is null": sql(METRIC, 5.0, None, "cadence_spm", None, None),
        "a metric that is text": sql(METRIC, 5.0, None, "cadence_spm", "fast", 1.0),
        "a metric nobody knows": sql(METRIC, 5.0, None, "=cmd|' /C calc'!A1", 1.0, 1.0),
        "a side nobody knows": sql(METRIC, 5.0, "M", "contact_ms", 250.0, 1.0),
    },
    "step": {
        "a step at infinity": sql(STEP, "L", INF, INF, b""),
        "a step that never ends": sql(STEP, "L", 5.0, INF, b""),
        "a step of half an estimate": sql(STEP, "L", 5.0, 5.2, b"\0" * 19),
        "a step of words nobody knows": sql(STEP, "L", 5.0, 5.2, b"\xff" * 20),
        "a step of no side": sql(STEP, "M", 5.0, 5.2, b""),
    },
    "gap": {
        "a gap to infinity": sql(GAP, 1.0, INF),
        "a gap that goes back": sql(GAP, 9.0, 1.0),
    },
    "event": {
        "a record of tomorrow": event("telepathy", {"t_s": 1.0}),
        "a record with a new field": event("activity_change", {"t_s": 1.0, "mood": "good"}),
        "a record that is no JSON": event("cue", "{"),
        "a record at infinity": event("sensor_status", '{"t_s": 1e999, "sensor": "x", "link": "lost"}'),
        "a status of text": event("sink_status", '{"t_s": "x"}'),
        "a change to infinity": event("activity_change", '{"t_s": Infinity, "activity": "run"}'),
    },
    "analysis": {
        "an analysis that is no JSON": sql(ANALYSIS, "again", "0", "2026-01-01T00:00:00+00:00", "{"),
    },
    "track": {
        "a track to the moon": sql(TRACK, INF, INF, -INF, INF),
    },
}  # fmt: skip


DAMAGE = {
    "a note that is bytes",
    "sensors that are no list",
    "tags that are no list",
    "settings that are no JSON",
    "a metric that is text",
    "a step of half an estimate",
    "a step of words nobody knows",
    "a record that is no JSON",
    "an analysis that is no JSON",
}
"""What no version has ever written: it is told once, and mended at the next start."""
GROUPS = 7


def grouped_oddities() -> list[dict[str, Change]]:
    """All but the damage, in groups that have no two of one place: so none of them hides another."""
    groups: list[dict[str, Change]] = [{} for _ in range(GROUPS)]
    for number, place in enumerate(ODDITIES.values()):
        odd = [name for name in place if name not in DAMAGE]
        assert len(odd) <= len(groups)
        for k, name in enumerate(odd):
            groups[(number + k) % len(groups)][name] = place[name]
    return groups


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with Store(folder / DATABASE) as store:
        import_recording(store, folder, simulated_recording(15), "me", NOW)
    return folder


def changed_copy(original: Path, folder: Path, *changes: Change) -> Path:
    copy_store(original, folder)
    with contextlib.closing(sqlite3.connect(folder / DATABASE)) as db, db:
        for change in changes:
            change(db)
    return folder


@pytest.mark.parametrize("group", grouped_oddities(), ids=", ".join)
def test_every_view_opens(group: dict[str, Change], original: Path, tmp_path: Path) -> None:
    try:
        open_every_view(changed_copy(original, tmp_path / "all", *group.values()), tmp_path)
    except Exception as exc:
        exc.add_note(f"what fails alone, too: {failing_alone(group, original, tmp_path)}")
        raise


def open_every_view(folder: Path, files: Path) -> None:
    with Store(folder / DATABASE) as store:
        look_everywhere(store, files)
    ask_everything(folder)
    assert not list(folder.glob("*damaged*"))


def failing_alone(group: dict[str, Change], original: Path, tmp_path: Path) -> list[str]:
    failing = list[str]()
    for number, (name, change) in enumerate(group.items()):
        try:
            open_every_view(changed_copy(original, tmp_path / f"{number}", change), tmp_path)
        except Exception:
            failing.append(name)
    return failing


@pytest.mark.parametrize("oddity", sorted(DAMAGE))
def test_what_is_damaged_is_told_once_and_mended(oddity: str, original: Path, tmp_path: Path) -> None:
    (change,) = (place[oddity] for place in ODDITIES.values() if oddity in place)
    folder = changed_copy(original, tmp_path / "data", change)
    config = Config(store=StoreSettings(folder=folder))
    with contextlib.suppress(StoreDamaged), open_store(config) as store:
        look_everywhere(store, tmp_path)
    for made in tmp_path.glob("data.*"):
        made.unlink()
    with open_store(config) as store:
        look_everywhere(store, tmp_path)
    ask_everything(folder)


def look_everywhere(store: Store, tmp_path: Path) -> None:
    (info,) = store.sessions()
    console = Console(width=200)
    with console.capture() as shown:
        console.print(sessions_table([info], store.paused_s()))
        for _, value in _session_properties(store, info):
            console.print(value, markup=False)
    assert "\x1b[2J" not in shown.get()
    review = session_review(store, info.id, "de")
    assert "<script>alert" not in review_html(review)
    json.dumps(review)
    records = store.records(info.id)
    lines = protocol_lines([*record_points(info, records), *note_points(info, store.notes(info.id))])
    assert lines.count(b"\n") > 300
    assert all(abs(int(line.rpartition(b" ")[2])) < 2**63 for line in lines.split(b"\n"))
    assert b"=inf" not in lines
    assert len(list(record_messages("gait/me", info, records))) > 10
    json.dumps(LiveState().push(records))
    catch_up(Plan(), store, "me")
    list(tidy_tapes(store, NOW, 1e6, None))
    store.sinks()
    while batch := store.outbox("any", 500):
        store.acknowledge("any", batch[-1][0])
    for name in EXPORTS:
        with contextlib.suppress(StoreError):  # of those that hold no places
            export_session(store, info.id, name, tmp_path / f"{store.path.parent.name}.{name}")


def ask_everything(folder: Path) -> None:
    client = page_client(folder)
    (listed,) = client.get("/api/v1/sessions").json()
    own = f"/api/v1/sessions/{listed['id']}"
    for path in (
        "",
        "/review",
        "/page",
        "/seconds",
        "/steps",
        "/events",
        "/notes",
        "/export/csv",
        "/export/fit",
    ):
        answer = client.get(f"{own}{path}")
        assert answer.status_code == 200, f"{path}: {answer.text[:500]}"
    for path in ("/api/v1/trends", "/review", "/"):
        assert client.get(path).status_code in (200, 422)
