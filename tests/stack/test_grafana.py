"""Dashboards: what is committed is what the code makes, and every query finds what a squad has sent."""

from __future__ import annotations

import asyncio
import datetime
import json
import math
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from dsp.metrics import METRICS
from dsp.types import CueKind, Fault
from grafana.__main__ import COLOURS, files
from grafana.alerts import RULES, Rule, rules
from grafana.panels import NO_CELL, NOTHING, grafana_unit
from grafana.published import CHECK, ask_packages, packages_installed, series_frame
from grafana.returning import NOT_SHARED
from grafana.squad import NOW
from monitor.core.message_catalogues import catalogue
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out, SessionEnded, SessionStarted, SinkStatus
from monitor.core.secret import Secret
from monitor.pipeline.session import Session
from monitor.service.config import Config, StoreSettings
from monitor.service.squad_weeks import add_weeks, send_weeks
from monitor.simulation.squad import SQUAD, squad_recordings
from monitor.simulation.squad_history import past_runs
from monitor.sinks.influx.plan_points import shared_day_points
from monitor.sinks.influx.schema import INFLUX_SCHEMA
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.influx.sink import InfluxSink
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from monitor.training.sharing import SharedDay, SharedShoe
from monitor.training.tables import Phase
from tests.sinks.influx.test_plan_points import FULL_DAY
from tests.stack.servers import TOKEN, Influx, bucket_of, fetch, influx_in, needed

ROOT = Path(__file__).parents[2]
EVERY_BOARD = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
BOARDS = [path for path in EVERY_BOARD if path.stem != "hub"]
"""Those that ask the time-series server; a hub's asks Prometheus (``test_hub_files``)."""
STARTED = "2026-01-05T08:00:00+00:00"
EARLIER = "2026-01-03T08:00:00+00:00"
SPAN = "time >= '2026-01-03T00:00:00Z' AND time < '2026-01-06T00:00:00Z'"
KINDS = {"timeseries", "table", "stat", "state-timeline", "bargauge"}
RUNNERS = [a for a in SQUAD if a.name in ("Bea", "Cem", "Fay")]  # shank and silent; fades; a sensor fails


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    """A server that has got the simulated runs of three, each on two days, through the real sink.

    They are short; a long one of the day between is made up.
    """
    needed("influxd", "nginx")
    folder = tmp_path_factory.mktemp("grafana")
    with influx_in(folder) as server, Store(folder / "gaitcue.db") as store:
        for recording in squad_recordings(RUNNERS, 150.0):
            _keep(store, recording)
        for athlete in RUNNERS:
            *_, past = past_runs(athlete, datetime.date(2026, 1, 5))
            at = past.started.isoformat()
            store.begin(SessionInfo(id=past.session, athlete=athlete.name, title="made up", started_utc=at))
            store.write(past.session, past.records)
            store.end(past.session, float(past.seconds))
        asyncio.run(_send(server, store))
        asyncio.run(_send_shared_days(server, store))
        yield server


def _keep(store: Store, recording: Any) -> None:
    name = recording.settings.athlete
    session = Session(recording.settings)
    records: list[Out] = []
    for packet in recording.packets():
        records += session.push(packet)
    records += session.finish()
    records += [SinkStatus(60.0, "mqtt", True, "delivering", 12, 0, 1.5)]
    for run, at in ((f"early-{name}", EARLIER), (f"run-{name}", STARTED)):
        begun = SessionStarted(run, name, at, ("footL", "footR", "pelvis"))
        store.begin(SessionInfo(id=run, athlete=name, title="squad", started_utc=at))
        store.write(run, [begun, *records, SessionEnded(run, session.t_s, "the input ended")])
        store.end(run, session.t_s)
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
    """Bea shares everything and is held; Cem the phase alone.  Weeks begin on the fifth, a Monday."""
    full = replace(FULL_DAY, day=datetime.date(2026, 1, 5), during=4.0)
    sunday = replace(FULL_DAY, day=datetime.date(2026, 1, 4), hurt_in=None, shoes=(SharedShoe(1, 400.0),))
    phase = SharedDay(day=full.day, items=frozenset({"phase"}), phase=Phase.FULL, held=False)
    sink = InfluxSink(InfluxSettings(url=server.url, token=Secret(TOKEN)), store, SystemClock())
    run = next(
        info.id for info in store.sessions() if info.athlete == SHARES[0] and info.started_utc == STARTED
    )
    full = replace(full, hurt_in=run)
    async with sink.connected():
        for name, days in zip(SHARES, ([sunday, full], [phase]), strict=True):
            await sink.send_points(shared_day_points(name, days))


def panels() -> list[tuple[str, dict[str, Any]]]:
    return [(path.stem, panel) for path in BOARDS for panel in json.loads(path.read_text())["panels"]]


def filled(query: str) -> str:
    """As Grafana fills in its variables, for all athletes and a day."""
    names = "|".join(a.name for a in RUNNERS)
    out = query.replace("$timeFilter", SPAN).replace("$__interval", "10s").replace(NOW, SPAN)
    out = out.replace("$athlete", f"({names})")
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
        if LOGGED_TODAY in query and "'tag'" not in query:  # tags have the time of their run
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
    hidden = {"id": "custom.hideFrom", "value": {"viz": True, "legend": True, "tooltip": True}}
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


def words_of(panel: dict[str, Any], column: str) -> set[str]:
    """The values of a column that have a word."""
    found: set[str] = set()
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] == column:
            for mappings in (p["value"] for p in override["properties"] if p["id"] == "mappings"):
                found |= {key for m in mappings if m["type"] == "value" for key in m["options"]}
    return found


def test_a_coach_reads_words_where_the_database_has_keys() -> None:
    tables = [(board, p) for board, p in panels() if p["type"] == "table"]
    cues = [p for _, p in tables if any('"fault"' in t["query"] for t in p["targets"])]
    assert len(cues) >= 2
    for panel in cues:
        assert words_of(panel, "Fault") == set(Fault)
        assert words_of(panel, "Kind") == set(CueKind)
    (attention,) = (p for _, p in tables if p["title"] == "Who needs attention")
    said = {key.removeprefix("said.") for key in catalogue("en").keys if key.startswith("said.")}
    assert words_of(attention, "Last cue") == said
    assert "cadence_low" in said


PLAUSIBLE = {
    "cadence_spm": (140, 190), "contact_ms": (180, 380), "speed_mps": (250, 500), "overstride_m": (10, 35),
    "braking_impulse_bws": (0.008, 0.04), "heart_rate_bpm": (140, 170), "duty_factor_pct": (25, 50),
    "foot_strike_deg": (-25, 35), "step_length_m": (0.8, 1.5), "vertical_oscillation_mm": (30, 160),
}  # fmt: skip
"""As they are shown: a pace in s per km, overstride in cm."""


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
def test_every_alert_rule_asks_a_valid_question(seen: Influx, rule: Rule) -> None:
    series = seen.query(rule.query.replace("$timeFilter", SPAN))
    # needs silent stretches of a minute, or five minutes to compare: the weeks of the demo squad have them
    if rule.uid not in ("gaitcue-in-band", "gaitcue-braking", "gaitcue-asymmetry"):
        assert series, rule.query
    if rule.uid == "gaitcue-pain":
        assert fires(rule, series[0])


def fires(rule: Rule, series: dict[str, Any]) -> bool:
    """The answer of Grafana's expressions to one athlete's points."""
    values = [row[1] for row in sorted(series["values"])]
    reduce = {"last": values[-1], "min": min(values), "max": max(values), "count": len(values)}
    condition = rule.condition.replace("&&", "and")
    for name, reducer in rule.numbers.items():
        condition = condition.replace(f"${name}", repr(reduce[reducer]))
    return bool(eval(condition))


def test_the_demo_squads_weeks_fire_the_alerts_of_their_stories(influx: Influx, tmp_path: Path) -> None:
    """A stack that the demo is connected to has something to say, and of those alone who are meant."""
    today = datetime.datetime.now(datetime.UTC).date()
    config, names = Config(store=StoreSettings(folder=tmp_path)), ("Cem", "Dag", "Eli")
    config = replace(config, influx=InfluxSettings(url=influx.url, token=Secret(TOKEN)))
    recordings = squad_recordings(SQUAD, 8.0)
    with Store(tmp_path / "gaitcue.db") as store:
        console, all_of_them = Console(quiet=True), zip(SQUAD, recordings, strict=True)
        runners = [(a, recording.settings) for a, recording in all_of_them if a.name in names]
        add_weeks(config, store, runners, today, console)
        send_weeks(config, store, names, console)
        assert not store.backlog("influx"), "what is left would hold up the live runs"
    found = {}
    for rule in RULES:
        series = influx.query(
            rule.query.replace("$timeFilter", f"time > now() - {round(rule.days * 86400)}s")
        )
        found[rule.uid] = {one["tags"]["athlete"] for one in series if fires(rule, one)}
    assert found == {
        "gaitcue-in-band": {"Cem"},
        "gaitcue-braking": {"Cem"},
        "gaitcue-asymmetry": {"Eli"},
        "gaitcue-pain": {"Dag"},
        "gaitcue-sensor": set(),
        "gaitcue-outbox": set(),
    }
    assert influx.count("day", "km") == 14 + 10 + 10


def silent_runs(shares: list[float]) -> bytes:
    """Runs of ann, the last of them an hour ago, with these shares of silent seconds in band."""
    begun = round(time.time()) - 3600 - 86_400 * len(shares)
    return "\n".join(
        f"run,athlete=ann,speed=all silent_in_band_pct={share},from_ms=5i,to_ms=6i {begun + 86_400 * k}"
        for k, share in enumerate(shares)
    ).encode()


@pytest.mark.parametrize(("shares", "alert"), [
    ([20.0], False),
    ([90.0, 30.0, 40.0], True),
    ([30.0, 40.0, 80.0], False),  # it clears with the next good run
    ([30.0, 80.0, 40.0], False),
    ([80.0, 59.0, 59.9], True),
])  # fmt: skip
def test_two_silent_runs_are_the_last_two(influx: Influx, shares: list[float], alert: bool) -> None:
    fetch(f"{influx.url}/api/v2/write?org=o&bucket=gait&precision=s", silent_runs(shares), TOKEN)
    rule = RULES[0]
    (series,) = influx.query(rule.query.replace("$timeFilter", f"time > now() - {rule.days}d"))
    assert fires(rule, series) is alert


def test_slow_rules_are_asked_hourly_and_every_alert_links_to_where_it_is_seen() -> None:
    groups = {g["name"]: g for g in rules()["groups"]}  # type: ignore[attr-defined]
    assert {name: g["interval"] for name, g in groups.items()} == {
        "gaitcue: now": "1m",
        "gaitcue: runs": "1h",
    }
    assert len(groups["gaitcue: runs"]["rules"]) == 4
    for group in groups.values():
        for rule in group["rules"]:
            queries = [d["model"]["query"] for d in rule["data"] if "query" in d["model"]]
            per_second = any('FROM "second"' in q or 'FROM "step"' in q for q in queries)
            assert not per_second, "a rule reads runs, days or the newest status"
            link = rule["annotations"]["run"]
            board = "session" if group["interval"] == "1h" else "athlete"
            assert f"/d/gaitcue-{board}?var-athlete={{{{ urlquery $labels.athlete }}}}" in link
            known = {d["refId"] for d in rule["data"]}
            assert set(re.findall(r"\$values\.(\w+)", link)) <= known
            asked = re.findall(
                r"\$(\w+)", next(d for d in rule["data"] if d["refId"] == "fires")["model"]["expression"]
            )
            assert set(asked) <= known


def test_the_link_of_an_alert_is_the_time_of_the_last_run(influx: Influx) -> None:
    fetch(f"{influx.url}/api/v2/write?org=o&bucket=gait&precision=s", silent_runs([30.0, 40.0]), TOKEN)
    data = {d["refId"]: d for d in rules()["groups"][1]["rules"][0]["data"]}  # type: ignore[index]
    for name, value in (("from_ms", 5), ("to_ms", 6)):
        (series,) = influx.query(data[name]["model"]["query"].replace("$timeFilter", "time > now() - 9d"))
        assert [row[1] for row in series["values"]] == [value]


def test_attention_leaves_out_warm_up_walking_and_who_has_finished(influx: Influx) -> None:
    """Ann runs 10 % below her target; Ben does so in his warm-up, Cem while he walks."""
    now = round(time.time())
    lines = [
        f"second,athlete={name},session=s cadence_spm=153,cadence_spm_target=170,"
        f'cadence_spm_muted="{muted}" {now - age}'
        for name, muted in (("ann", ""), ("ben", "warm-up"), ("cem", "walking"), ("dan", "silent by plan"))
        for age in range(1, 40)
    ]
    lines += [f'activity,athlete=eve,session=s activity="finished",code=4i {now - 30}']
    fetch(f"{influx.url}/api/v2/write?org=o&bucket=gait_raw&precision=s", "\n".join(lines).encode(), TOKEN)
    table = next(p for board, p in panels() if board == "squad" and p["type"] == "table")
    score, off = (
        next(t["query"] for t in table["targets"] if f'AS "{name}"' in t["query"])
        for name in ("attention", "cadence_spm_off")
    )
    for query, value in ((score, 330.0), (off, -10.0)):
        text = query.replace("$timeFilter", "time > now() - 15m").replace("$athlete", ".*")
        found = {s["tags"]["athlete"]: s["values"][0][-1] for s in influx.query(text)}
        assert found == {"ann": pytest.approx(value), "dan": pytest.approx(value)}


def test_what_is_committed_is_what_the_code_makes() -> None:
    for path, text in files().items():
        assert path.read_text() == text, f"{path.name} is out of date: run python -m grafana"


def test_athletes_who_are_named_have_the_same_colour_on_every_board() -> None:
    made = [
        json.loads(text)
        for path, text in files(["ann", "ben (2)"]).items()
        if path.parent.name == "dashboards"
    ]
    found = set()
    for panel in (panel for board in made for panel in board["panels"] if panel["type"] == "timeseries"):
        of_athletes = any(t.get("alias", "").startswith("$tag_athlete") for t in panel["targets"])
        colours = {
            (o["matcher"]["options"], p["value"]["fixedColor"])
            for o in panel["fieldConfig"].get("overrides", [])
            for p in o["properties"]
            if o["matcher"]["id"] == "byRegexp" and p["id"] == "color"
        }
        assert bool(colours) == of_athletes
        found |= colours
    assert found == {("/^ann(,|$)/", COLOURS[0]), ("/^ben\\ \\(2\\)(,|$)/", COLOURS[1])}
    assert len(set(COLOURS)) == 12


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
            assert panel["fieldConfig"]["defaults"]["noValue"] in (NOTHING, NO_CELL, NOT_SHARED)
            assert panel["interval"]
            sources = {t["datasource"]["uid"] for t in panel["targets"]}
            assert panel["datasource"]["uid"] in (*sources, "-- Mixed --")
            assert sources <= {"gaitcue", "gaitcue-raw"}
            assert all(t["refId"] and "$athlete" in t["query"] for t in panel["targets"])


def test_every_query_is_asked_where_its_measurement_is() -> None:
    sources = (ROOT / "grafana" / "provisioning" / "datasources" / "influxdb.yaml").read_text()
    for uid, bucket in (("gaitcue", "gait"), ("gaitcue-raw", "gait_raw")):
        assert re.search(rf"uid: {uid}\n(?:.*\n)*?\s+dbName: {bucket}\n", sources)
        asked = [t["query"] for _, p in panels() for t in p["targets"] if t["datasource"]["uid"] == uid]
        assert asked
        assert {bucket_of(query) for query in asked} == {bucket}


def test_lines_have_axis_titles_and_the_colour_of_their_name() -> None:
    for _, panel in panels():
        if panel["type"] == "timeseries":
            defaults = panel["fieldConfig"]["defaults"]
            assert defaults["color"]["mode"] == "palette-classic-by-name", panel["title"]
            assert defaults["custom"]["axisLabel"], panel["title"]
            assert panel["options"]["legend"]["showLegend"]


def test_choosing_a_run_sets_the_time_to_it() -> None:
    """Every way to the review of a run carries its time; the board has no other choice of run."""
    board = json.loads((ROOT / "grafana" / "dashboards" / "session.json").read_text())
    assert [v["name"] for v in board["templating"]["list"]] == ["athlete"]
    lists = [p for _, p in panels() if p["title"] == "Runs"]
    assert len(lists) == 2  # of one athlete beside the review, of all among the trends
    for panel in lists:
        (url,) = (
            link["url"]
            for override in panel["fieldConfig"]["overrides"]
            for prop in override["properties"]
            if prop["id"] == "links"
            for link in prop["value"]
        )
        assert url == (
            '/d/gaitcue-session?var-athlete=${__data.fields["Athlete"]:percentencode}'
            '&from=${__data.fields["from_ms"].numeric}&to=${__data.fields["to_ms"].numeric}'
        )
    assert lists[0]["timeFrom"] == "5y"


def test_no_table_shows_the_name_of_a_field() -> None:
    """What a column is called: the alias or field of the query, unless it is renamed or hidden."""
    for board, panel in panels():
        if panel["type"] != "table":
            continue
        steps = {t["id"]: t["options"] for t in panel["transformations"]}
        renamed = steps["organize"]["renameByName"]
        hidden = {
            o["matcher"]["options"]
            for o in panel["fieldConfig"]["overrides"]
            if any(p["id"] == "custom.hideFrom" for p in o["properties"])
        }
        for target in panel["targets"]:
            chosen = target["query"].split(" FROM ")[0]
            names = re.findall(r'AS "([^"]+)"', chosen) or re.findall(r'"([^"]+)"', chosen)
            for name in names:
                shown = renamed.get(name, name)
                assert name in hidden or not re.search(r"^[a-z]+$|_", shown) or shown == "km", (board, name)


def test_the_unit_of_a_metric_is_that_of_the_table() -> None:
    pattern = r'^SELECT (?:[0-9]+ [*/] )?(?:MEAN|MAX)\("(\w+)"\) FROM "(?:second|step)"'
    for _, panel in panels():
        names = {name for t in panel["targets"] for name in re.findall(pattern, t["query"])}
        for m in METRICS:
            if m.name in names:
                assert panel["fieldConfig"]["defaults"]["unit"] == grafana_unit(m.display_or_unit.unit)


# ------------------------------------------------------------------ against what Grafana itself publishes


def ask_grafana(**question: Any) -> dict[str, Any]:
    """The answer of Grafana's packages; a loud skip without them."""
    if not packages_installed():
        pytest.skip("NOT CHECKED against Grafana's own packages: npm was not reached (.cache/grafana)")
    return ask_packages(**question)


def test_the_check_is_of_the_release_that_the_stack_runs() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    (tag,) = re.findall(r"image: grafana/grafana:(\S+)", compose)
    wanted = json.loads((CHECK / "package.json").read_text())["dependencies"]
    assert {wanted["@grafana/data"], wanted["@grafana/schema"]} == {tag}


UNKNOWN: list[tuple[list[Any], object]] = [
    (["panels", 0, "gridpos"], {}),
    (["panels", 0, "interval"], 5),
    (["panels", 0, "options", "showHeaders"], True),
    (["panels", 1, "fieldConfig", "defaults", "custom", "lineWidth"], "thick"),
    (["panels", 0, "fieldConfig", "overrides", 0, "properties", 0, "id"], "custom.hidden"),
    (["time", "since"], "now-1h"),
]
"""What Grafana does not know, each put into a board of its own."""


def board_with(path: list[Any], value: object, uid: str) -> dict[str, Any]:
    """The squad's board with one mistake, under another name."""
    board: dict[str, Any] = json.loads((ROOT / "grafana" / "dashboards" / "squad.json").read_text())
    part: Any = board
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return board | {"uid": uid}


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """What Grafana's packages answer to all questions that need no server: they take seconds to load."""
    mistaken = [board_with(path, value, f"mistake-{k}") for k, (path, value) in enumerate(UNKNOWN)]
    return ask_grafana(
        boards=[*(json.loads(path.read_text()) for path in EVERY_BOARD), *mistaken],
        names=[athlete.name for athlete in SQUAD],
        values=[
            {"unit": grafana_unit("min/km"), "decimals": 1, "value": 336},
            {"unit": grafana_unit("cm"), "decimals": 1, "value": 21.34},
            {"unit": grafana_unit("BW·s"), "decimals": 4, "value": 0.02},
            {"unit": grafana_unit("steps/min"), "decimals": 0, "value": 171.6},
        ],
    )


def test_the_boards_are_as_the_schema_of_the_pinned_grafana_says(published: dict[str, Any]) -> None:
    assert [error for error in published["errors"] if not error.startswith("mistake-")] == []
    versions = {json.loads(path.read_text())["schemaVersion"] for path in EVERY_BOARD}
    assert versions == {published["schemaVersion"]}


@pytest.mark.parametrize("number", range(len(UNKNOWN)))
def test_the_check_finds_what_grafana_does_not_know(published: dict[str, Any], number: int) -> None:
    assert [error for error in published["errors"] if error.startswith(f"mistake-{number}")]


def table_rows(seen: Influx, board: str, title: str, without: str = "-") -> list[dict[str, Any]]:
    """A table as it stands on its board: the real queries, joined by Grafana's own transformations.

    ``without``: a measurement that nobody has written anything to.
    """
    panel = next(p for name, p in panels() if name == board and p["title"] == title)
    asked = [t["query"] for t in panel["targets"] if f'FROM "{without}"' not in t["query"]]
    answers = [seen.query(_in_time(query)) for query in asked]
    frames = [series_frame(series) for series in answers if series]
    ((table,),) = ask_grafana(tables=[{"panel": panel, "frames": frames}])["tables"]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def _in_time(query: str) -> str:
    if LOGGED_TODAY in query and "'tag'" not in query:
        query = query.replace("$timeFilter", "time > now() - 1d")
    return filled(query)


def milliseconds(text: str) -> int:
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def test_grafana_puts_the_squad_side_by_side_with_words_and_the_time_last_heard(seen: Influx) -> None:
    rows = table_rows(seen, "squad", "Who needs attention")
    assert list(rows[0]) == [
        "Athlete", "Doing", "Last heard", "Attention", "Cadence", "Cadence, %", "Overstride",
        "Overstride, %", "Braking impulse", "Braking impulse, %", "min/km", "Contact balance", "Sensors",
        "Last cue", "received",
    ]  # fmt: skip
    assert sorted(row["Athlete"] for row in rows) == ["Bea", "Cem", "Fay"]
    assert [row["Attention"] for row in rows] == sorted((row["Attention"] for row in rows), reverse=True)
    for row in rows:
        assert row["Doing"] == "finished"
        assert 0 <= row["Last heard"] - milliseconds(STARTED) <= 160_000
        assert 200 < row["min/km"] < 500


def test_grafana_lists_the_runs_newest_first_each_with_the_time_of_its_link(seen: Influx) -> None:
    rows = table_rows(seen, "session", "Runs")
    assert list(rows[0])[:5] == ["Date", "Athlete", "Run", "Tags", "km"]
    dates = [row["Date"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    assert len(rows) == 9
    for row in (row for row in rows if row["Run"] == "squad"):
        assert row["from_ms"] == row["Date"] in (milliseconds(STARTED), milliseconds(EARLIER))
        assert row["to_ms"] - row["from_ms"] == pytest.approx(150_000, abs=3000)
        assert 0.2 < row["km"] < 0.8
    pains = {(row["Athlete"], row["Date"]): row["Pain"] for row in rows if row["Pain"] is not None}
    assert pains == {(SHARES[0], milliseconds(STARTED)): 4}, "of the run that hurt, where it is shared"
    bare = table_rows(seen, "trends", "Runs", without="note")
    assert list(bare[0])[:4] == ["Date", "Athlete", "Run", "km"]
    assert [row["Date"] for row in bare] == dates
    newest = [row for row in rows if row["Date"] == milliseconds(STARTED)]
    assert {row["Tags"] for row in newest} == {"track"}


def test_weeks_begin_on_monday_and_a_shoe_counts_what_it_ran_in_each(seen: Influx) -> None:
    (query,) = (
        t["query"] for _, p in panels() if p["title"] == "Kilometres per shoe" for t in p["targets"]
    )
    (series,) = seen.query(filled(query))
    assert series["tags"] == {"athlete": "Bea", "pair": "pair 1"}
    assert series["values"] == [[milliseconds("2026-01-05T00:00:00+00:00") * 10**6, 12.5]]


def test_the_squad_can_be_told_apart_by_colour(published: dict[str, Any]) -> None:
    assert len(set(published["colours"])) == len(SQUAD) == 8


def test_paces_and_lengths_read_as_a_runner_says_them(published: dict[str, Any]) -> None:
    assert published["texts"] == ["05m:36s", "21.3 cm", "0.0200 BW·s", "172 steps/min"]
