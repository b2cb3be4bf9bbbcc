"""Dashboards: what is committed is what the code makes, and every query finds what a squad has sent."""

from __future__ import annotations

import asyncio
import datetime
import json
import math
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dsp.metrics import METRICS
from grafana.__main__ import files
from grafana.alerts import RULES
from grafana.panels import grafana_unit
from grafana.returning import NOT_SHARED
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out, SessionEnded, SessionStarted, SinkStatus
from monitor.core.secret import Secret
from monitor.pipeline.session import Session
from monitor.simulation.squad import SQUAD, squad_recordings
from monitor.sinks.influx.plan_points import shared_day_points
from monitor.sinks.influx.schema import INFLUX_SCHEMA
from monitor.sinks.influx.sink import InfluxSettings, InfluxSink
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.sharing import SharedDay
from monitor.training.tables import Phase
from tests.sinks.influx.test_plan_points import FULL_DAY
from tests.stack.servers import TOKEN, Influx, influx_in, needed

ROOT = Path(__file__).parents[2]
BOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
STARTED = "2026-01-05T08:00:00+00:00"
SPAN = "time >= '2026-01-05T00:00:00Z' AND time < '2026-01-06T00:00:00Z'"
KINDS = {"timeseries", "table", "stat", "state-timeline", "bargauge"}
RUNNERS = [a for a in SQUAD if a.name in ("Bea", "Cem", "Fay")]  # shank and silent; fades; a sensor fails


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    """A server that has got three simulated runs through the real sink."""
    needed("influxd", "nginx")
    folder = tmp_path_factory.mktemp("grafana")
    with influx_in(folder) as server, Store(folder / "gaitcue.db") as store:
        for recording in squad_recordings(RUNNERS, 150.0):
            _keep(store, recording)
        asyncio.run(_send(server, store))
        asyncio.run(_send_shared_days(server, store))
        yield server


def _keep(store: Store, recording: Any) -> None:
    name = recording.settings.athlete
    session = Session(recording.settings)
    records: list[Out] = [SessionStarted(f"run-{name}", name, STARTED, ("footL", "footR", "pelvis"))]
    for packet in recording.packets():
        records += session.push(packet)
    records += session.finish()
    records += [SinkStatus(60.0, "mqtt", True, "delivering", 12, 0, 1.5)]
    records.append(SessionEnded(f"run-{name}", session.t_s, "the input ended"))
    store.begin(SessionInfo(id=f"run-{name}", athlete=name, title="squad", started_utc=STARTED))
    store.write(f"run-{name}", records)
    store.end(f"run-{name}", session.t_s)
    store.tag(f"run-{name}", ["track"])
    store.add_note(f"run-{name}", "note", "rain")


async def _send(server: Influx, store: Store) -> None:
    async def nothing() -> AsyncIterator[list[Out]]:
        for batch in list[list[Out]]():
            yield batch

    sink = InfluxSink(InfluxSettings(url=server.url, token=Secret(TOKEN)), store, SystemClock())
    await sink.run(nothing())
    async with sink.connected():
        await sink.send_notes([f"run-{a.name}" for a in RUNNERS])


SHARES, SHARES_NOTHING = ("Bea", "Cem"), "Fay"


async def _send_shared_days(server: Influx, store: Store) -> None:
    """Bea shares everything and is held; Cem the phase alone."""
    full = replace(FULL_DAY, day=datetime.date(2026, 1, 5), during=4.0)
    phase = SharedDay(day=full.day, items=frozenset({"phase"}), phase=Phase.FULL, held=False)
    sink = InfluxSink(InfluxSettings(url=server.url, token=Secret(TOKEN)), store, SystemClock())
    async with sink.connected():
        for name, day in zip(SHARES, (full, phase), strict=True):
            await sink.send_points(shared_day_points(name, [day]))


def panels() -> list[tuple[str, dict[str, Any]]]:
    return [(path.stem, panel) for path in BOARDS for panel in json.loads(path.read_text())["panels"]]


def filled(query: str) -> str:
    """As Grafana fills in its variables, for all athletes and a day."""
    names, runs = ("|".join(f"{word}{a.name}" for a in RUNNERS) for word in ("", "run-"))
    out = query.replace("$timeFilter", SPAN).replace("$__interval", "10s")
    out = out.replace("$athlete", f"({names})").replace("$session", f"({runs})")
    assert "$" not in out.replace("$/", ""), out
    return out


NOT_SIMULATED = ("battery_pct", "strap_speed_lost_mps")
"""Simulated sensors have no battery, and no simulated strap measures the chest's forward speed."""

LOGGED_TODAY = '"note"'
"""Notes carry the time at which they were logged: now."""


@pytest.mark.parametrize(
    ("board", "panel"), panels(), ids=lambda x: x if isinstance(x, str) else x["title"]
)
def test_every_query_of_every_panel_finds_numbers(seen: Influx, board: str, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        query = target["query"]
        if LOGGED_TODAY in query:
            query = query.replace("$timeFilter", "time > now() - 1d")
        absent = any(f'("{name}")' in query for name in NOT_SIMULATED) and "loss_pct" not in query
        if absent or 'FROM "problem"' in query:  # no simulated sensor has one
            seen.query(filled(query))  # it must only be valid
            continue
        series = seen.query(filled(query))
        assert series, query
        values = [v for s in series for row in s["values"] for v in row[1:] if v is not None]
        assert values, query
        assert all(math.isfinite(v) for v in values if isinstance(v, (int, float)))


def returning_table() -> dict[str, Any]:
    return next(panel for board, panel in panels() if board == "returning" and panel["type"] == "table")


def test_the_table_of_who_is_held_tells_why_and_since_when(seen: Influx) -> None:
    newest, everybody = (seen.query(filled(t["query"])) for t in returning_table()["targets"])
    rows = {s["tags"]["athlete"]: dict(zip(s["columns"], s["values"][0], strict=True)) for s in newest}
    bea = rows["Bea"]
    assert (bea["hold"], bea["hold_why"], bea["hold_since"], bea["phase"]) == (1, "red", "2026-03-08", 2)
    assert (rows["Cem"]["hold"], rows["Cem"]["hold_why"]) == (0, "")
    assert (rows["Cem"]["shares_phase"], rows["Cem"]["shares_pain"]) == (1, 0)
    assert SHARES_NOTHING not in rows
    assert SHARES_NOTHING in {s["tags"]["athlete"] for s in everybody}
    hidden = {"id": "custom.hidden", "value": True}
    overrides = returning_table()["fieldConfig"]["overrides"]
    assert [o["matcher"]["options"] for o in overrides if hidden in o["properties"]] == ["Records of runs"]


def test_what_is_not_shared_has_no_number_and_is_said_in_words(seen: Influx) -> None:
    told = [p for board, p in panels() if board == "returning" or p["title"] == "Pain"]
    assert len(told) > 8
    for panel in told:
        assert panel["fieldConfig"]["defaults"]["noValue"] == NOT_SHARED, panel["title"]
        for target in panel["targets"]:
            if 'FROM "session"' not in target["query"]:
                query = filled(target["query"]).replace("(Bea|Cem|Fay)", SHARES_NOTHING)
                assert seen.query(query) == [], panel["title"]
    for override in returning_table()["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] == "Records of runs":
            continue
        (mappings,) = (p["value"] for p in override["properties"] if p["id"] == "mappings")
        (absent,) = (m["options"] for m in mappings if m["type"] == "special")
        assert (absent["match"], absent["result"]["text"]) == ("null+nan", NOT_SHARED)


PLAUSIBLE = {
    "cadence_spm": (140, 190), "contact_ms": (180, 380), "speed_mps": (2, 4), "overstride_m": (0.1, 0.35),
    "braking_impulse_bws": (0.008, 0.04), "heart_rate_bpm": (140, 170), "duty_factor_pct": (25, 50),
    "foot_strike_deg": (-25, 35), "step_length_m": (0.8, 1.5), "vertical_oscillation_mm": (30, 160),
}  # fmt: skip


@pytest.mark.parametrize("name", PLAUSIBLE)
def test_panels_show_numbers_in_the_unit_they_name(seen: Influx, name: str) -> None:
    low, high = PLAUSIBLE[name]
    asked = [t["query"] for _, p in panels() for t in p["targets"] if f'MEAN("{name}")' in t["query"]]
    asked = [q for q in asked if "_target" not in q and "time(1d)" not in q and " AS " not in q]
    assert asked
    for query in asked:
        values = [row[1] for s in seen.query(filled(query)) for row in s["values"] if row[1] is not None]
        values.sort()
        assert low < values[len(values) // 2] < high


def test_the_failing_sensor_and_the_fading_athlete_are_seen(seen: Influx) -> None:
    lost = seen.query('SELECT MAX("loss_pct") FROM "sensor" GROUP BY "athlete"')
    by_athlete = {s["tags"]["athlete"]: s["values"][0][1] for s in lost}
    assert by_athlete["Fay"] > 3 > by_athlete["Cem"]
    deviation = '100 * LAST("cadence_spm") / LAST("cadence_spm_target") - 100'
    off = seen.query(f'SELECT {deviation} FROM "second" GROUP BY "athlete"')
    assert {s["tags"]["athlete"]: s["values"][0][1] for s in off}["Cem"] < -3


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.uid)
def test_every_alert_rule_asks_a_valid_question(seen: Influx, rule: Any) -> None:
    series = seen.query(rule.query.replace("$timeFilter", SPAN))
    if rule.uid != "gaitcue-in-band":  # needs a silent run out of band
        assert series, rule.query
    if rule.uid == "gaitcue-pain":
        assert series[0]["values"][0][1] > rule.limit


def test_what_is_committed_is_what_the_code_makes() -> None:
    for path, text in files().items():
        assert path.read_text() == text, f"{path.name} is out of date: run python -m grafana"


def test_every_stored_metric_and_measurement_is_on_some_panel() -> None:
    asked = " ".join(t["query"] for _, p in panels() for t in p["targets"])
    for m in METRICS:
        assert f'"{m.name}"' in asked, m.name
    for measurement in INFLUX_SCHEMA:
        assert f'FROM "{measurement.name}"' in asked, measurement.name


def test_panels_are_of_known_kinds_with_ids_a_place_and_a_description() -> None:
    for path in BOARDS:
        made = json.loads(path.read_text())
        ids = [p["id"] for p in made["panels"]]
        assert len(ids) == len(set(ids))
        assert made["templating"]["list"][0]["name"] == "athlete"
        for panel in made["panels"]:
            assert panel["type"] in KINDS
            assert panel["description"]
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
            assert panel["datasource"]["uid"] == "gaitcue"
            assert all(t["refId"] and "$athlete" in t["query"] for t in panel["targets"])


def test_the_unit_of_a_metric_is_that_of_the_table() -> None:
    pattern = r'^SELECT (?:MEAN|MAX)\("(\w+)"\) FROM "(?:second|step)"'
    for _, panel in panels():
        names = {name for t in panel["targets"] for name in re.findall(pattern, t["query"])}
        for m in METRICS:
            if m.name in names:
                assert panel["fieldConfig"]["defaults"]["unit"] == grafana_unit(m.unit)
